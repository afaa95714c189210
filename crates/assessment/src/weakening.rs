//! Written and possible effects -> errors and warnings, unless a waiver accepts them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use telovix_diagnostic::{Certainty, Code, Diagnostic, EntryEdit, Fix, Sink};
use telovix_document::GuardMode;
use telovix_document::lower::{HostLimit, NAME_SPACE_CLOSED, OPEN_NAME_SPACE, Policy, PolicyDocument};
use telovix_platform::{Backend, Target};
use telovix_policy::confine::{Condition, Confinement, Dimension, DocumentKind, Operation, Subject};

use super::codes::{
    DENIAL_RACE, ENGINE_LOCKED_OUT, HOST_LIMIT_UNENFORCED, HOST_LIMIT_UNWATCHED, KILL_INSTEAD_OF_DENY,
    PARENT_EXCEPTION, TRACING_POLICY_NOT_NATIVE, TRACING_POLICY_WEAKER_NATIVE, WAIVABLE, WAIVER_UNUSED,
};
use super::vacuous::confines_nothing;
use super::waiver::waiver;
use super::{Options, TargetEffect, described, effect, engines, list, passed_through, race};

/// Returns the code for the weaker effect of a confinement on a target, if it is weaker than written.
#[must_use]
pub fn weakening(confinement: &Confinement, on_target: &TargetEffect) -> Option<&'static Code> {
    if !on_target.is_weaker_than(confinement.effect) {
        return None;
    }
    Some(match confinement.dimension {
        Dimension::NameSpace => &OPEN_NAME_SPACE,
        _ => &KILL_INSTEAD_OF_DENY,
    })
}

/// Reports everything that is weaker than written and not waived.
pub(super) fn report(policy: &Policy, options: &Options, sink: &mut Sink) {
    for document in &policy.documents {
        let confinements = policy.confinements_of(document);
        for confinement in confinements.iter().chain(policy.native_of(document)) {
            report_weaker(confinement, &options.targets, sink);
            report_locked_out(confinement, &options.targets, sink);
        }
        report_name_space(confinements, &options.targets, sink);
        report_unused_waivers(document, confinements, policy.native_of(document), sink);
    }
    race::report(policy, options, sink);
    passed_through::report(policy, &options.targets, sink);
    for limit in policy.host_limits() {
        report_limit(limit, sink);
    }
}

/// Reports one finding for each reason, with all targets that share it.
fn report_weaker(confinement: &Confinement, targets: &[Target], sink: &mut Sink) {
    let is_closing = confinement.dimension == Dimension::NameSpace;
    if is_closing || waiver(&confinement.waivers, &KILL_INSTEAD_OF_DENY).is_some() {
        return;
    }
    let mut by_reason: BTreeMap<Cow<'static, str>, Vec<Target>> = BTreeMap::new();
    for target in targets {
        let on_target = effect(*target, confinement);
        if weakening(confinement, &on_target).is_some() {
            by_reason.entry(on_target.reason).or_default().push(*target);
        }
    }
    for (reason, targets) in by_reason {
        let message =
            format!("{} requires deny, but {} can only kill", described_list(confinement), list(&targets));
        sink.report(
            Diagnostic::new(&KILL_INSTEAD_OF_DENY, confinement.span, message)
                .label(reason)
                .help("accept it with `waive: [{name: kill-instead-of-deny, reason: …}]`")
                .help("or compile for other targets, or write an effect of kill, or an operation that these targets can deny"),
        );
    }
}

/// Reports a rule that stops the Tetragon agent from loading the BPF programs of its next policy.
fn report_locked_out(confinement: &Confinement, targets: &[Target], sink: &mut Sink) {
    let exempts = confinement.exemptions.iter().any(|exemption| exemption.process.is_some());
    if confinement.operation != Operation::Bpf || exempts {
        return;
    }
    let engines = engines(targets);
    if engines.is_empty() {
        return;
    }
    let message = format!(
        "{} stops Tetragon on {} from loading its next policy",
        described_list(confinement),
        list(&engines)
    );
    sink.report(
        Diagnostic::new(&ENGINE_LOCKED_OUT, confinement.span, message)
            .label("the Tetragon agent loads BPF programs too")
            .help("exempt the agent: `exceptions: [{process: /usr/bin/tetragon, reason: …}]`, with its path on your hosts"),
    );
}

fn report_name_space(confinements: &[Confinement], targets: &[Target], sink: &mut Sink) {
    let Some(closing) = confinements.iter().find(|confinement| confinement.dimension == Dimension::NameSpace)
    else {
        return;
    };
    if targets.iter().any(|target| target.backend == Backend::Native) {
        let binary = match &closing.subject {
            Subject::Binary(path) => path.as_str(),
            _ => &closing.document.name,
        };
        let message = format!(
            "native targets also deny mounts, chroot and new namespaces to `{binary}`: they could bypass its path rules"
        );
        sink.report(
            Diagnostic::new(&NAME_SPACE_CLOSED, closing.span, message)
                .label("confines paths")
                .help("to allow them, waive `open-name-space` with a reason"),
        );
    }
    let open: Vec<Target> = engines(targets);
    let by_path = |one: &&Confinement| matches!(one.dimension, Dimension::Spawns | Dimension::Files);
    let confines_paths = confinements.iter().filter(by_path).any(|one| !confines_nothing(one));
    if open.is_empty() || !confines_paths {
        return;
    }
    let message = format!(
        "`{}` can mount, chroot and create namespaces on {}, where its paths then mean other files",
        closing.document.name,
        list(&open)
    );
    sink.report(
        Diagnostic::new(&OPEN_NAME_SPACE, closing.span, message)
            .label("these paths are only reliable inside one mount namespace")
            .help("add the templates `block-mount-syscall`, `block-pivot-root` and `block-unshare` there, or waive `open-name-space`"),
    );
}

fn report_limit(limit: HostLimit<'_>, sink: &mut Sink) {
    let code: &'static Code = match limit.mode {
        GuardMode::Enforce => &HOST_LIMIT_UNENFORCED,
        GuardMode::Audit | GuardMode::Alert => &HOST_LIMIT_UNWATCHED,
    };
    if waiver(limit.waivers, code).is_some() {
        return;
    }
    let message = format!("no kernel operation covers `{}` of `{}`", limit.resource.field(), limit.process);
    sink.report(
        Diagnostic::new(code, limit.limit.span, message)
            .label("recorded in the manifest but not enforced")
            .help("set the limit in the service's cgroup (`MemoryMax=`, `CPUQuota=`), then remove the field")
            .help(format!("or accept it with `waive: [{{name: {}, reason: …}}]`", code.id)),
    );
}

/// A waiver is compared with every target, not only the selected ones, so that compiling for fewer targets does
/// not make it unused.
fn report_unused_waivers(
    document: &PolicyDocument,
    confinements: &[Confinement],
    native: &[Confinement],
    sink: &mut Sink,
) {
    let passed_through = document.custom_policy().is_some_and(|custom| custom.enabled);
    if confinements.is_empty() && document.host_limits().is_empty() && !passed_through {
        return;
    }
    for waived in document.waivers() {
        let name = waived.name.value.as_str();
        let message = match WAIVABLE.iter().find(|code| code.id == name) {
            None => format!("`{name}` is not a finding that can be waived"),
            Some(code) if !occurs(code, document, confinements) && !occurs(code, document, native) => {
                format!("nothing in this document needs the waiver `{name}`")
            }
            Some(_) => continue,
        };
        let known: Vec<String> = WAIVABLE.iter().map(|code| format!("`{}`", code.id)).collect();
        sink.report(
            Diagnostic::new(&WAIVER_UNUSED, waived.name.span, message)
                .help("remove it: an unused waiver would accept a later weakening silently")
                .fix_by(Fix::entries(Certainty::SameMeaning, vec![EntryEdit::RemoveWithKey(waived.span)]))
                .help(format!("findings that can be waived: {}", known.join(", "))),
        );
    }
}

fn occurs(code: &Code, document: &PolicyDocument, confinements: &[Confinement]) -> bool {
    let engines = engines(&Target::ALL);
    if *code == OPEN_NAME_SPACE {
        let paths =
            |confinement: &Confinement| matches!(confinement.dimension, Dimension::Spawns | Dimension::Files);
        return confinements.iter().any(|confinement| {
            paths(confinement) && confinement.document.kind == DocumentKind::GuardianProfile
        });
    }
    if *code == DENIAL_RACE {
        return race::can_leak(document, confinements, &engines);
    }
    if *code == TRACING_POLICY_NOT_NATIVE {
        return !document.native.is_complete();
    }
    if *code == TRACING_POLICY_WEAKER_NATIVE {
        return passed_through::weaker(document).next().is_some();
    }
    if *code == PARENT_EXCEPTION {
        let by_parent =
            |confinement: &Confinement| confinement.exemptions.iter().any(|one| one.parent.is_some());
        return confinements.iter().any(by_parent);
    }
    if *code == HOST_LIMIT_UNENFORCED || *code == HOST_LIMIT_UNWATCHED {
        let enforced = *code == HOST_LIMIT_UNENFORCED;
        return document.host_limits().iter().any(|limit| (limit.mode == GuardMode::Enforce) == enforced);
    }
    confinements.iter().any(|confinement| {
        Target::ALL.iter().any(|target| weakening(confinement, &effect(*target, confinement)) == Some(code))
    })
}

fn described_list(confinement: &Confinement) -> String {
    match (&confinement.condition, confinement.dimension) {
        (_, Dimension::Template | Dimension::TracingPolicy) => described::document(confinement),
        (Condition::Syscall(_), _) => format!("`blocked_syscalls` of {}", described::document(confinement)),
        (_, dimension) => format!("{} of {}", dimension.name(), described::document(confinement)),
    }
}
