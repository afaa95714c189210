//! What was read back and compared with the policies -> text and JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use telovix_compiler::proof::{Account, Tally};

use crate::output::text::plural;

/// What was read back of the artifacts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Proven {
    /// Of the TracingPolicies; all zero without a Tetragon target.
    engine: Tried,
    /// Of the image, beyond its comparison as a whole when it is packed; all zero without `--prove`.
    native: Tried,
}

/// What was tried of one backend.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tried {
    /// Documents whose artifacts were read back.
    documents: usize,
    /// Documents outside the sample.
    left_out: usize,
    /// Cases that the policies distinguish.
    cases: usize,
    /// Cases that were tried.
    tried: usize,
    /// Tried cases in which both sides agree.
    agreed: usize,
    /// Tried cases that depend on something no event tells, by what that is.
    undecided: BTreeMap<String, usize>,
    /// Undecided cases of which it is not known beforehand that no event decides them.
    unexplained: usize,
    /// Tried cases in which the target is known to do less, by the open bypass.
    bypassed: BTreeMap<&'static str, usize>,
    /// Tried cases in which the target is known to do more.
    stricter: BTreeMap<&'static str, usize>,
    /// Cases that were decided differently; each is an error.
    different: usize,
    /// Operations of documents with too many cases to make.
    too_many: usize,
}

impl Proven {
    pub(super) fn of(account: &Account) -> Self {
        Self { engine: Tried::of(&account.engine), native: Tried::of(&account.native) }
    }
}

impl Tried {
    fn of(tally: &Tally) -> Self {
        Self {
            documents: tally.documents,
            left_out: tally.left_out,
            cases: tally.cases,
            tried: tally.tried,
            agreed: tally.agreed,
            undecided: tally.undecided.clone(),
            unexplained: tally.unexplained,
            bypassed: tally.bypassed.clone(),
            stricter: tally.stricter.clone(),
            different: tally.different,
            too_many: tally.too_many,
        }
    }
}

/// Prints what was proven.
pub(super) fn write(account: &Account, out: &mut dyn Write) -> io::Result<()> {
    for (name, tally) in [("TracingPolicies", &account.engine), ("image", &account.native)] {
        if tally.documents == 0 {
            continue;
        }
        writeln!(
            out,
            "{name}: {} of {} tried, {} decided as the policies say ({})",
            tally.tried,
            plural(tally.cases, "case"),
            tally.agreed,
            plural(tally.documents, "document"),
        )?;
        for (bypass, count) in &tally.bypassed {
            writeln!(out, "  {count:>6}  open bypass: {bypass}")?;
        }
        for (excess, count) in &tally.stricter {
            writeln!(out, "  {count:>6}  stricter: {excess}")?;
        }
        for (fact, count) in &tally.undecided {
            writeln!(out, "  {count:>6}  depends on: {fact}")?;
        }
        if tally.too_many > 0 {
            writeln!(out, "  {:>6}  operations of documents have too many cases to try", tally.too_many)?;
        }
    }
    Ok(())
}
