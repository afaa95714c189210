//! A repository -> what `lint` and `check` report about it, and the baseline that accepts it.

use std::collections::BTreeSet;
use std::mem;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use telovix_compiler::Options;
use telovix_compiler::emit::Receiver;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_workspace::baseline::{Accepts, Origin, Verb};
use telovix_workspace::{Baseline, Compilation, Input};

use crate::command::check::check_set;

/// How a baseline changed, in findings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revised {
    /// Those that are not reported any more and were removed.
    pub(crate) removed: usize,
    /// Those that are new and were added.
    pub(crate) added: usize,
}

/// Runs both verbs on the sources of a whole repository, removes from the baseline what they do not report any more, and adds what is
/// new when there is an origin for it.
pub(crate) fn revise(
    input: Input,
    options: &Options,
    baseline: &mut Baseline,
    origin: Option<&Origin>,
) -> Revised {
    let discard: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
    let Compilation { mut findings, policy, .. } = Compilation::of(input, options, discard);
    let mut sink = Sink::new(options.levels.clone());
    check_set(&policy, &findings.sources, &mut sink);
    // `check` repeats errors of `lint`.
    let key = |found: &Diagnostic| (found.span, found.code.id);
    let of_lint: BTreeSet<_> = findings.diagnostics.iter().map(key).collect();
    let of_check: Vec<_> =
        sink.into_sorted().into_iter().filter(|found| !of_lint.contains(&key(found))).collect();
    let stale_of_lint = baseline.judge(&mut findings, Verb::Lint, Accepts::ErrorsAndWarnings);
    let of_lint = mem::replace(&mut findings.diagnostics, of_check);
    let stale_of_check = baseline.judge(&mut findings, Verb::Check, Accepts::ErrorsAndWarnings);
    let before = baseline.count();
    baseline.prune(&[stale_of_lint, stale_of_check]);
    let kept = baseline.count();
    if let Some(origin) = origin {
        baseline.accept(&findings, Verb::Check, origin.clone());
        findings.diagnostics = of_lint;
        baseline.accept(&findings, Verb::Lint, origin.clone());
    }
    Revised { removed: before - kept, added: baseline.count() - kept }
}

/// Returns the owner of new findings: the one named, else the address that git knows, else `unknown`.
pub(crate) fn owner(named: Option<&String>, folder: &Path) -> String {
    let of_git = || {
        let arguments = ["config", "user.email"];
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        let address = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !address.is_empty()).then_some(address)
    };
    named.cloned().or_else(of_git).unwrap_or_else(|| "unknown".to_owned())
}
