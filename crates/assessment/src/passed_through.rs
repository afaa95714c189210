//! TracingPolicies and native targets -> findings: what the image does not contain, and where it differs.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_document::lower::{CustomPolicy, Difference, Direction, Policy, PolicyDocument};
use telovix_platform::{Backend, Target};

use super::codes::{
    TRACING_POLICY_NATIVE, TRACING_POLICY_NOT_NATIVE, TRACING_POLICY_UNWATCHED, TRACING_POLICY_WEAKER_NATIVE,
};
use super::described::passed_through;
use super::list;
use super::waiver::waiver;

/// Reports for every TracingPolicy what native targets do with it.
pub(super) fn report(policy: &Policy, targets: &[Target], sink: &mut Sink) {
    let native: Vec<Target> =
        targets.iter().copied().filter(|target| target.backend == Backend::Native).collect();
    if native.is_empty() {
        return;
    }
    for CustomPolicy { placed, policy: custom, .. } in policy.custom_policies() {
        let what = passed_through(placed);
        if custom.actions.enforcing.is_none() {
            let message = format!("{what} only reports, and is not evaluated on {}", list(&native));
            sink.report(Diagnostic::new(&TRACING_POLICY_UNWATCHED, custom.name.span, message));
            continue;
        }
        report_obstacles(placed, &what, &native, sink);
        report_weaker(placed, &what, &native, sink);
        report_differences(placed, custom.name.span, &what, &native, sink);
    }
}

/// Reports each part that prevents a hook from being enforced.
fn report_obstacles(placed: &PolicyDocument, what: &str, native: &[Target], sink: &mut Sink) {
    if waiver(placed.waivers(), &TRACING_POLICY_NOT_NATIVE).is_some() {
        return;
    }
    for obstacle in &placed.native.obstacles {
        let message = format!("{what} is not enforced on {}: {}", list(native), obstacle.reason);
        sink.report(
            Diagnostic::new(&TRACING_POLICY_NOT_NATIVE, obstacle.span, message)
                .label("the image for native targets does not contain this hook")
                .help(acceptance(placed, &TRACING_POLICY_NOT_NATIVE))
                .help("or compile for Tetragon targets only, or write a profile or a built-in template"),
        );
    }
}

fn report_weaker(placed: &PolicyDocument, what: &str, native: &[Target], sink: &mut Sink) {
    if waiver(placed.waivers(), &TRACING_POLICY_WEAKER_NATIVE).is_some() {
        return;
    }
    for difference in weaker(placed) {
        let message = format!("{what} is weaker on {}: {}", list(native), difference.text);
        sink.report(
            Diagnostic::new(&TRACING_POLICY_WEAKER_NATIVE, difference.span, message)
                .label("matches them in Tetragon")
                .help("write the filter so that it leaves them out in Tetragon as well")
                .help(acceptance(placed, &TRACING_POLICY_WEAKER_NATIVE)),
        );
    }
}

/// Returns what the image denies or kills less than Tetragon.
pub(super) fn weaker(placed: &PolicyDocument) -> impl Iterator<Item = &Difference> {
    placed.native.differences.iter().filter(|difference| difference.direction == Direction::Weaker)
}

/// Notes once for a document what each backend sees and the other does not. What the native runtime denies in addition is
/// no finding.
fn report_differences(
    placed: &PolicyDocument,
    name: telovix_diagnostic::source::Span,
    what: &str,
    native: &[Target],
    sink: &mut Sink,
) {
    let mut others =
        placed.native.differences.iter().filter(|one| one.direction == Direction::Different).peekable();
    if others.peek().is_none() {
        return;
    }
    let message = format!("{what} is enforced on {}, with known differences", list(native));
    let note = Diagnostic::new(&TRACING_POLICY_NATIVE, name, message);
    sink.report(others.fold(note, |note, difference| note.help(difference.text)));
}

/// Returns how a document accepts a weakening.
fn acceptance(placed: &PolicyDocument, code: &Code) -> String {
    match &placed.document {
        Document::TracingPolicy(_) => {
            format!(
                "accept it with the annotation `telovix.io/waive-{}: …`, whose value is the reason",
                code.id
            )
        }
        _ => format!("accept it with `waive: [{{name: {}, reason: …}}]`", code.id),
    }
}
