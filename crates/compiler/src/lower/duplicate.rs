//! Documents that claim the same id, name or process -> errors and warnings that show both.

use std::collections::BTreeMap;

use super::PolicyDocument;
use crate::diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use crate::document::{Document, GuardianProfile, ProfileMode, Scope};
use crate::source::Span;

/// Two documents of one kind with one id.
pub(super) static DUPLICATE_ID: Code = Code {
    id: "duplicate-id",
    title: "two documents have the same id",
    severity: Severity::Error,
    explanation: "Ids name artifacts and events. With the same `profile_id`, `rule_id` or pack version twice, one \
file would overwrite the other, and an event could not say which document it belongs to.\n\nGive each its own id; \
a profile without `profile_id` gets one from its name and binary. Versions of one pack may repeat ids: only one \
version is ever assigned.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         profile_id: gp_00000000000a\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         ---\n\
         kind: GuardianProfile\n\
         profile_id: gp_00000000000a\n\
         name: smf\n\
         target_binary: /opt/smf/bin/smf\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         profile_id: gp_00000000000a\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         ---\n\
         kind: GuardianProfile\n\
         profile_id: gp_00000000000b\n\
         name: smf\n\
         target_binary: /opt/smf/bin/smf\n",
    ),
};

/// Two documents of one kind with one name.
pub(super) static DUPLICATE_NAME: Code = Code {
    id: "duplicate-name",
    title: "two documents of one kind have the same name",
    severity: Severity::Error,
    explanation: "Names are what people and fleets refer to; a policy of the engine that has the name of a loaded \
one is refused.\n\nRename one of them. Versions of one pack may repeat names: only one version is ever assigned.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         ---\n\
         kind: EnforcementRule\n\
         name: no modules\n\
         template: block-bpf-load\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         ---\n\
         kind: EnforcementRule\n\
         name: no bpf\n\
         template: block-bpf-load\n",
    ),
};

/// Two profiles that act on one binary in one place.
pub(super) static PROFILES_OVERLAP: Code = Code {
    id: "profiles-overlap",
    title: "two acting profiles confine the same binary",
    severity: Severity::Warning,
    explanation: "Both profiles act on the same binary on the same sensors. The strongest effect wins, so the \
binary may do only what **both** allow; an entry added to one of them changes nothing while the other lacks it.\n\n\
Merge them, give each its own `target_sensor_id`, or set one to `mode: observe`.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf network\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_dst_ports: [38412]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf again\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: audit\n\
         allowed_dst_ports: [443]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf network\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_dst_ports: [38412]\n\
         ---\n\
         kind: GuardianProfile\n\
         name: amf again\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: observe\n\
         allowed_dst_ports: [443]\n",
    ),
};

/// Two guards with lists for one process name.
pub(super) static GUARDS_OVERLAP: Code = Code {
    id: "guards-overlap",
    title: "two guards confine the same process name",
    severity: Severity::Warning,
    explanation: "Both guards hold for every process of that name. The strongest effect wins, so a process may do \
only what both allow.\n\nMove the lists into one guard.",
    fires: Example::Text(
        "processes:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n---\n\
         processes:\n  soc-ingest:\n    blocked_files: [/etc/shadow]\n",
    ),
    silent: Example::Text(
        "processes:\n  soc-ingest:\n    allowed_network: [10.0.0.0/8]\n---\n\
         processes:\n  soc-correlate:\n    blocked_files: [/etc/shadow]\n",
    ),
};

/// Reports what two documents claim at once.
pub(super) fn report(placed: &[PolicyDocument], sink: &mut Sink) {
    let mut ids = Claims::new(&DUPLICATE_ID, "id", "give each its own id");
    let mut names = Claims::new(&DUPLICATE_NAME, "name", "rename one of them");
    let mut guards = Claims::new(&GUARDS_OVERLAP, "process", "move the lists into one guard");
    for holder in placed {
        match &holder.document {
            Document::GuardianProfile(profile) => {
                ids.claim(
                    "profile",
                    profile.profile_id.value.as_str(),
                    profile.profile_id.span,
                    holder,
                    sink,
                );
                names.claim("profile", &profile.name.value, profile.name.span, holder, sink);
            }
            Document::EnforcementRule(rule) => {
                if let Some(id) = &rule.rule_id {
                    ids.claim("rule", &id.value, id.span, holder, sink);
                }
                names.claim("rule", &rule.name.value, rule.name.span, holder, sink);
                if let Some(policy) = &rule.policy {
                    names.claim("TracingPolicy", &policy.name.value, policy.name.span, holder, sink);
                }
            }
            Document::RuntimeGuard(guard) => {
                for process in &guard.processes {
                    guards.claim("guard", &process.name.value, process.name.span, holder, sink);
                }
            }
            Document::GuardianPolicy(policy) => {
                names.claim("detection", &policy.name.value, policy.name.span, holder, sink);
            }
            Document::TracingPolicy(policy) => {
                names.claim("TracingPolicy", &policy.name.value, policy.name.span, holder, sink);
            }
            Document::PolicyPack(pack) => {
                let name = format!("{}/{}", pack.pack_id.value, pack.version.value);
                ids.claim("pack", &name, pack.pack_id.span, holder, sink);
            }
        }
    }
    report_overlaps(placed, sink);
}

/// Who claimed what first. A claim is free again in another version of the same pack.
struct Claims<'policy> {
    code: &'static Code,
    what: &'static str,
    help: &'static str,
    first: BTreeMap<(&'static str, String), Vec<(Span, &'policy PolicyDocument)>>,
}

impl<'policy> Claims<'policy> {
    fn new(code: &'static Code, what: &'static str, help: &'static str) -> Self {
        Self { code, what, help, first: BTreeMap::new() }
    }

    fn claim(
        &mut self,
        kind: &'static str,
        value: &str,
        span: Span,
        holder: &'policy PolicyDocument,
        sink: &mut Sink,
    ) {
        let claims = self.first.entry((kind, value.to_owned())).or_default();
        // One claim per version of a pack is kept, so a repeated name costs one comparison and not n.
        match claims.iter().find(|(_, other)| !other_version(holder, other)) {
            None => claims.push((span, holder)),
            Some((first, _)) => {
                let message = format!("{kind} {} `{value}` is taken by another document", self.what);
                sink.report(
                    Diagnostic::new(self.code, span, message)
                        .related(*first, format!("the first {kind} with this {}", self.what))
                        .help(self.help),
                );
            }
        }
    }
}

/// Tells whether two documents belong to different versions of one pack.
fn other_version(left: &PolicyDocument, right: &PolicyDocument) -> bool {
    match (&left.pack, &right.pack) {
        (Some(left), Some(right)) => left.id == right.id && left.version != right.version,
        _ => false,
    }
}

/// Reports each acting profile whose binary an earlier acting profile confines on the same sensors.
fn report_overlaps(placed: &[PolicyDocument], sink: &mut Sink) {
    let mut by_binary: BTreeMap<&str, BTreeMap<Scope, (&GuardianProfile, &PolicyDocument)>> = BTreeMap::new();
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
