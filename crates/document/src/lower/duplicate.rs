//! Documents that claim the same id, name or process -> errors and warnings that show both.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::value::Scope;
use telovix_syntax::quote;

use super::PolicyDocument;
use crate::{Document, GuardianProfile, ProfileMode};

/// Two documents with the same id or name.
pub(super) static DUPLICATE_DOCUMENT: Code = Code::page(include_str!("duplicate/duplicate-document.md"));

/// Two profiles that confine one binary in one place.
pub(super) static PROFILES_OVERLAP: Code = Code::page(include_str!("duplicate/profiles-overlap.md"));

/// Two guards with lists for one process name.
pub(super) static GUARDS_OVERLAP: Code = Code::page(include_str!("duplicate/guards-overlap.md"));

/// Reports documents with the same id or name, and those that confine the same process.
pub(super) fn report(placed: &[PolicyDocument], sink: &mut Sink) {
    let mut taken = Claims::default();
    for holder in placed {
        for (what, identity, span) in identities(&holder.document) {
            let Some(first) = claim(&mut taken, what, identity, span, holder) else { continue };
            let message = format!("the {what} {} is already used", quote(identity));
            sink.report(
                Diagnostic::new(&DUPLICATE_DOCUMENT, span, message)
                    .related(first, "first used here")
                    .help(format!("give one of the two another {what}, or remove it")),
            );
            // One finding for each document: an equal name mostly comes with an equal id.
            break;
        }
    }
    report_shared_processes(placed, sink);
    report_overlaps(placed, sink);
}

/// The owner of an id or name. Another version of the same pack may have it too.
type Claims<'policy> =
    FxHashMap<(&'static str, Option<&'policy str>, &'policy str), Vec<(Span, &'policy PolicyDocument)>>;

/// Registers an id or name, or returns where it was used before.
fn claim<'policy>(
    claims: &mut Claims<'policy>,
    what: &'static str,
    identity: &'policy str,
    span: Span,
    holder: &'policy PolicyDocument,
) -> Option<Span> {
    let holders = claims.entry((what, namespace(what, &holder.document), identity)).or_default();
    let first = holders.iter().find(|(_, other)| !other_version(holder, other)).map(|(first, _)| *first);
    if first.is_none() {
        holders.push((span, holder));
    }
    first
}

/// The Kubernetes namespace that a name is unique in.
fn namespace<'policy>(what: &str, document: &'policy Document) -> Option<&'policy str> {
    let policy = match document {
        Document::EnforcementRule(rule) => rule.policy.as_ref()?,
        Document::TracingPolicy(policy) => policy,
        _ => return None,
    };
    policy.namespace.as_deref().filter(|_| what == POLICY_NAME)
}

/// The name of a TracingPolicy, in messages.
const POLICY_NAME: &str = "policy name";

/// The ids and names of a document: used in file names, in events and in Tetragon.
fn identities(document: &Document) -> Vec<(&'static str, &str, Span)> {
    fn text<'document>(
        what: &'static str,
        value: &'document Spanned<String>,
    ) -> (&'static str, &'document str, Span) {
        (what, &value.value, value.span)
    }
    match document {
        Document::GuardianProfile(profile) => {
            let id = &profile.profile_id;
            vec![("profile id", id.value.as_str(), id.span), text("profile name", &profile.name)]
        }
        Document::EnforcementRule(rule) => {
            let id = rule.rule_id.iter().map(|id| text("rule id", id));
            let policy = rule.policy.iter().map(|policy| text(POLICY_NAME, &policy.name));
            id.chain([text("rule name", &rule.name)]).chain(policy).collect()
        }
        // Guards have no name; two files may guard one process. Packs are distinguished by their folders.
        Document::RuntimeGuard(_) | Document::PolicyPack(_) => Vec::new(),
        Document::GuardianPolicy(policy) => vec![text("guardian policy name", &policy.name)],
        Document::Invariant(invariant) => vec![text("invariant name", &invariant.name)],
        Document::TracingPolicy(policy) => {
            vec![(POLICY_NAME, policy.name.value.as_str(), policy.name.span)]
        }
    }
}

fn report_shared_processes(placed: &[PolicyDocument], sink: &mut Sink) {
    let mut guarded = Claims::default();
    for holder in placed {
        let Document::RuntimeGuard(guard) = &holder.document else { continue };
        for process in &guard.processes {
            let name = &process.name;
            let Some(first) = claim(&mut guarded, "process", &name.value, name.span, holder) else {
                continue;
            };
            let message =
                format!("process {} has two guards: it may do only what both allow", quote(&name.value));
            sink.report(
                Diagnostic::new(&GUARDS_OVERLAP, name.span, message)
                    .related(first, "first guarded here")
                    .help("move the lists into one guard"),
            );
        }
    }
}

/// Returns whether two documents belong to different versions of one pack.
fn other_version(left: &PolicyDocument, right: &PolicyDocument) -> bool {
    match (&left.pack, &right.pack) {
        (Some(left), Some(right)) => left.id == right.id && left.version != right.version,
        _ => false,
    }
}

/// Reports each profile in mode `audit` or `enforce` whose binary an earlier one confines on the same sensors.
fn report_overlaps(placed: &[PolicyDocument], sink: &mut Sink) {
    let mut by_binary: FxHashMap<&str, BTreeMap<Scope, (&GuardianProfile, &PolicyDocument)>> =
        FxHashMap::default();
    for holder in placed {
        let Document::GuardianProfile(profile) = &holder.document else { continue };
        if profile.mode.value == ProfileMode::Observe {
            continue;
        }
        let binary = profile.target_binary.value.as_str();
        let (earlier, scope) = (by_binary.entry(binary).or_default(), holder.scope());
        let other = match &scope {
            Scope::Fleet => earlier.values().next(),
            scope => earlier.get(&Scope::Fleet).or_else(|| earlier.get(scope)),
        };
        match other {
            Some((first, first_holder))
                if !other_version(holder, first_holder) && profile.name.value != first.name.value =>
            {
                let message = format!(
                    "profiles `{}` and `{}` both confine `{binary}`",
                    first.name.value, profile.name.value
                );
                sink.report(
                    Diagnostic::new(&PROFILES_OVERLAP, profile.target_binary.span, message)
                        .label("may do only what both allow")
                        .related(first.target_binary.span, "the other profile")
                        .help(
                            "merge them, give each its own `target_sensor_id`, or set one to `mode: observe`",
                        ),
                );
            }
            _ => {
                earlier.entry(scope).or_insert((profile, holder));
            }
        }
    }
}
