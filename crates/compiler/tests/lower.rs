//! Cases of `tests/lower/` -> their confinements and the effect of each on every target.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use telovix_compiler::assessment as target;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_platform::Target;
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Confinement, Exemption, Gate, Listing, MemberValue, Subject};
use telovix_policy::value::Date;
use telovix_policy::value::{Children, Scope};

#[test]
fn lowering_means_what_is_expected() {
    telovix_snapshot::assert_cases("lower", 20, |files| render(&SourceSet::new(files)));
}

/// Returns every confinement, one on each line with its details, then every finding.
fn render(sources: &SourceSet) -> String {
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(sources, &mut sink).documents;
    let as_of = Date::parse("2026-11-21").expect("a date");
    let policy = lower::lower(documents, sources, lower::Options { as_of }, &mut sink);
    let _ = target::assess(&policy, &target::Options::default(), &mut sink);
    let mut said = confinements(&policy, sources);
    for diagnostic in sink.into_sorted() {
        said.push_str(&diagnostic.plain(sources));
    }
    said
}

fn confinements(policy: &Policy, sources: &SourceSet) -> String {
    let mut text = String::new();
    for document in &policy.documents {
        if let Some(folder) = document.folder() {
            let _ = writeln!(text, "in {folder}");
        }
        for confinement in policy.confinements_of(document).iter().chain(policy.native_of(document)) {
            let severity = lower::violation_severity(&document.document, confinement);
            confinement_lines(&mut text, confinement, severity, sources);
        }
    }
    for limit in policy.host_limits() {
        let _ = writeln!(text, "limit {} {} {}", limit.process, limit.resource.field(), limit.limit.value);
    }
    for custom in policy.custom_policies() {
        let _ = writeln!(text, "custom {}", custom.policy.name.value);
    }
    text
}

fn confinement_lines(
    text: &mut String,
    confinement: &Confinement,
    severity: ViolationSeverity,
    sources: &SourceSet,
) {
    let subject = match &confinement.subject {
        Subject::Everyone => "everyone".to_owned(),
        Subject::Binary(path) => path.to_string(),
        Subject::BaseName(name) => format!("any {name}"),
    };
    let _ = writeln!(
        text,
        "{} [{}] {}: {subject} {} -> {} ({}){}{}{}",
        confinement.document.id,
        confinement.dimension.name(),
        sources.locate(confinement.span),
        confinement.operation,
        confinement.effect,
        severity.name(),
        if confinement.children == Children::Inherit { ", children too" } else { "" },
        if confinement.gate == Gate::Held { ", held" } else { "" },
        match &confinement.scope {
            Scope::Fleet => String::new(),
            Scope::Group(group) => format!(", group {group}"),
            Scope::Sensor(sensor) => format!(", sensor {sensor}"),
        },
    );
    let _ = writeln!(text, "  {}", condition(confinement));
    for exemption in &confinement.exemptions {
        let _ = writeln!(text, "  {}", exempt(exemption));
    }
    let mut targets: BTreeMap<(String, String), Vec<Target>> = BTreeMap::new();
    for target in Target::ALL {
        let effect = target::effect(target, confinement);
        let reason = if effect.reason.is_empty() { String::new() } else { format!(" ({})", effect.reason) };
        let key = (format!("{}{reason}", effect.word()), target::hooks(effect.target, confinement).join(" "));
        targets.entry(key).or_default().push(target);
    }
    for ((effect, hooks), on) in targets {
        let names: Vec<String> = on.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  {}: {effect} at [{hooks}]", names.join(" "));
    }
}

fn condition(confinement: &Confinement) -> String {
    let members: Vec<String> = confinement.members.iter().map(|member| value(&member.value)).collect();
    let listed = match (confinement.listing, members.is_empty()) {
        (Listing::Allows, true) => "anything".to_owned(),
        (Listing::Allows, false) => format!("anything but {}", members.join(", ")),
        (Listing::Blocks, true) => "always".to_owned(),
        (Listing::Blocks, false) => members.join(", "),
    };
    match &confinement.condition {
        Condition::Always => "always".to_owned(),
        Condition::Exec { anonymous, .. } => {
            format!("{listed}{}", if *anonymous { ", and anonymous memory" } else { "" })
        }
        Condition::Open { accesses, .. } => {
            let names: Vec<_> = accesses.iter().map(telovix_policy::confine::Access::name).collect();
            format!("{listed} ({})", names.join(" "))
        }
        Condition::Connect(endpoints) => {
            let witness = endpoints.witness();
            let shown = witness.map_or_else(
                || "nothing".to_owned(),
                |endpoint| format!("{} port {}", endpoint.address, endpoint.port),
            );
            format!("{listed}; for one {shown}")
        }
        Condition::Capability(capabilities) => {
            format!("{listed}; mask {:#x}", capabilities.mask())
        }
        Condition::Syscall(syscalls) => {
            let names: Vec<_> = syscalls.iter().map(telovix_policy::value::Syscall::name).collect();
            names.join(" ")
        }
        Condition::Socket(sockets) => {
            let (families, others) = sockets.families();
            let families: Vec<String> = families
                .map(|(family, types)| {
                    let types: Vec<_> =
                        types.into_iter().map(telovix_policy::confine::SocketType::name).collect();
                    format!("family {family}: {}", types.join(" "))
                })
                .collect();
            format!("{}; {} types of other families", families.join(", "), others.len())
        }
    }
}

fn value(value: &MemberValue) -> String {
    match value {
        MemberValue::Path(pattern) => pattern.to_string(),
        MemberValue::Ports(range) => range.to_string(),
        MemberValue::Cidr(cidr) => cidr.to_string(),
        MemberValue::Network(pattern) => pattern.to_string(),
        MemberValue::Capability(capability) => capability.to_string(),
        MemberValue::Syscall(syscall) => syscall.to_string(),
    }
}

fn exempt(exemption: &Exemption) -> String {
    let pattern = |pattern: &Option<telovix_policy::value::PathPattern>| {
        pattern.as_ref().map_or_else(|| "any".to_owned(), ToString::to_string)
    };
    let expiry = exemption.expiry.map_or_else(String::new, |date| format!(" until {date}"));
    format!(
        "exempt {} started by {}: {}{expiry}",
        pattern(&exemption.process),
        pattern(&exemption.parent),
        exemption.reason
    )
}
