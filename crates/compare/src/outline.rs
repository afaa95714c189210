//! A document on both sides -> its entries by dimension, and which were added or removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use telovix_diagnostic::source::Spanned;
use telovix_document::{
    Document, EnforcementRule, Exception, GuardProcess, GuardianPolicy, GuardianProfile, Invariant, List,
    PolicyPack, RuntimeGuard,
};
use telovix_policy::confine::{Confinement, Dimension, Listing, Region};
use telovix_policy::value::{Scope, Waiver};
use telovix_syntax::{Node, Value};

use super::Piece;
use super::invariant::demands;
use super::piece::Origin;
use super::words::words;

/// Represents everything if a list is missing.
const ANYTHING: &str = "*";

/// Represents a list of a profile that is there and empty.
pub const NOTHING: &str = "(nothing)";

/// The dimensions of a document, each with its entries.
pub type Outline = BTreeMap<&'static str, BTreeSet<String>>;

/// The added and removed entries of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Entries that only the second side has.
    pub added: Vec<String>,
    /// Entries that only the first side has.
    pub removed: Vec<String>,
}

/// Returns the dimensions in which two pieces differ. A document that is missing on one side differs in all.
pub(super) fn changes(before: Option<&Piece<'_>>, after: Option<&Piece<'_>>) -> Vec<(&'static str, Change)> {
    let documents = |piece: &Piece<'_>| !matches!(piece.origin, Origin::Confinements);
    let written = [before, after].into_iter().flatten().all(documents);
    let outline = |piece: Option<&Piece<'_>>| piece.map(|piece| outline(piece, written)).unwrap_or_default();
    let (old, new) = (outline(before), outline(after));
    let both = before.is_some() && after.is_some();
    let none = BTreeSet::new();
    let dimensions: BTreeSet<&'static str> = old.keys().chain(new.keys()).copied().collect();
    let entries = dimensions.into_iter().filter_map(|dimension| {
        let (left, right) = (old.get(dimension), new.get(dimension));
        let lists = is_list(dimension) && both;
        // A new list disallows everything outside it; a removed list allows it again.
        let anything = |absent: bool| (lists && absent).then(|| ANYTHING.to_owned());
        let mut added: Vec<_> = right.unwrap_or(&none).difference(left.unwrap_or(&none)).cloned().collect();
        let mut removed: Vec<_> = left.unwrap_or(&none).difference(right.unwrap_or(&none)).cloned().collect();
        added.extend(anything(right.is_none()));
        removed.extend(anything(left.is_none()));
        (left != right).then_some((dimension, Change { added, removed }))
    });
    entries.collect()
}

/// Returns whether a missing list of the dimension means that everything is allowed.
fn is_list(dimension: &str) -> bool {
    matches!(
        dimension,
        "spawns" | "files" | "ports" | "cidrs" | "capabilities" | "allowed_exec" | "allowed_files"
    )
}

/// Returns whether a dimension only names or labels a document, without changing effects.
pub(super) fn is_label(dimension: &str) -> bool {
    matches!(dimension, "name" | "labels" | "waive" | "compliance_tags" | "pack" | "enabled")
}

/// Returns the pack version that contains a piece.
pub(super) fn pack_name(piece: &Piece<'_>) -> Option<String> {
    match piece.origin {
        Origin::Document(_, placed) | Origin::Process(_, placed, ..) => placed.folder(),
        Origin::Confinements => None,
    }
}

fn outline(piece: &Piece<'_>, written: bool) -> Outline {
    let mut outline = match piece.origin {
        Origin::Document(_, placed) if written => of_document(&placed.document),
        Origin::Process(_, _, guard, process) if written => of_process(guard, process),
        _ => of_confinements(piece.confinements()),
    };
    if written {
        put(&mut outline, "pack", pack_name(piece));
        put(&mut outline, "state", piece.pack_state());
    }
    put(&mut outline, "name", Some(piece.name));
    outline
}

fn put(outline: &mut Outline, dimension: &'static str, value: Option<impl Display>) {
    if let Some(value) = value {
        outline.entry(dimension).or_default().insert(value.to_string());
    }
}

fn list<T: Display>(outline: &mut Outline, dimension: &'static str, list: Option<&List<T>>) {
    if let Some(list) = list {
        outline.entry(dimension).or_default().extend(list.items.iter().map(|item| item.value.to_string()));
    }
}

/// Adds a list that allows nothing when it is empty.
fn allowlist<T: Display>(outline: &mut Outline, dimension: &'static str, allowed: Option<&List<T>>) {
    list(outline, dimension, allowed);
    if allowed.is_some_and(|list| list.items.is_empty()) {
        put(outline, dimension, Some(NOTHING));
    }
}

fn texts(outline: &mut Outline, dimension: &'static str, texts: &[Spanned<String>]) {
    texts.iter().for_each(|text| put(outline, dimension, Some(&text.value)));
}

fn of_document(document: &Document) -> Outline {
    match document {
        Document::GuardianProfile(profile) => of_profile(profile),
        Document::EnforcementRule(rule) => of_rule(rule),
        Document::GuardianPolicy(policy) => of_detection(policy),
        Document::PolicyPack(pack) => of_pack(pack),
        Document::TracingPolicy(policy) => {
            let mut outline = Outline::new();
            engine_words(&mut outline, &policy.node);
            texts(&mut outline, "compliance_tags", &policy.compliance_tags);
            outline
        }
        Document::Invariant(invariant) => of_invariant(invariant),
        Document::RuntimeGuard(_) => Outline::new(),
    }
}

fn of_profile(profile: &GuardianProfile) -> Outline {
    let mut outline = Outline::new();
    put(&mut outline, "binary", Some(&profile.target_binary.value));
    put(&mut outline, "mode", Some(profile.mode.value.name()));
    put(&mut outline, "children", Some(profile.children.value.name()));
    put(
        &mut outline,
        "scope",
        profile.target_sensor_id.as_ref().map(|sensor| format!("sensor {}", sensor.value)),
    );
    put(&mut outline, "role", profile.target_nf_role.as_ref().map(|role| &role.value));
    allowlist(&mut outline, "spawns", profile.allowed_spawns.as_ref());
    allowlist(&mut outline, "files", profile.allowed_files.as_ref());
    allowlist(&mut outline, "ports", profile.allowed_dst_ports.as_ref());
    allowlist(&mut outline, "cidrs", profile.allowed_dst_cidrs.as_ref());
    allowlist(&mut outline, "capabilities", profile.allowed_capabilities.as_ref());
    list(&mut outline, "syscalls", profile.blocked_syscalls.as_ref());
    exceptions(&mut outline, &profile.exceptions);
    waivers(&mut outline, &profile.waive);
    texts(&mut outline, "compliance_tags", &profile.compliance_tags);
    outline
}

fn of_rule(rule: &EnforcementRule) -> Outline {
    let mut outline = Outline::new();
    put(&mut outline, "template", Some(rule.template.value.id()));
    put(&mut outline, "enabled", Some(rule.enabled));
    put(&mut outline, "scope", scope(&rule.scope));
    if let Some(policy) = &rule.policy {
        engine_words(&mut outline, &policy.node);
    }
    exceptions(&mut outline, &rule.exceptions);
    waivers(&mut outline, &rule.waive);
    texts(&mut outline, "compliance_tags", &rule.compliance_tags);
    outline
}

fn of_process(guard: &RuntimeGuard, process: &GuardProcess) -> Outline {
    let mut outline = Outline::new();
    put(&mut outline, "mode", Some(guard.mode.value.name()));
    list(&mut outline, "allowed_exec", process.allowed_exec.as_ref().filter(|list| !list.items.is_empty()));
    list(&mut outline, "syscalls", process.blocked_syscalls.as_ref());
    list(&mut outline, "allowed_files", process.allowed_files.as_ref().filter(|list| !list.items.is_empty()));
    list(&mut outline, "blocked_files", process.blocked_files.as_ref());
    list(&mut outline, "allowed_network", process.allowed_network.as_ref());
    list(&mut outline, "blocked_network", process.blocked_network.as_ref());
    put(&mut outline, "max_memory_mb", process.max_memory_mb.as_ref().map(|limit| limit.value));
    put(&mut outline, "max_cpu_percent", process.max_cpu_percent.as_ref().map(|limit| limit.value));
    texts(&mut outline, "on_violation", &guard.alerts.on_violation);
    texts(&mut outline, "on_critical", &guard.alerts.on_critical);
    waivers(&mut outline, &guard.waive);
    texts(&mut outline, "compliance_tags", &guard.compliance_tags);
    outline
}

fn of_detection(policy: &GuardianPolicy) -> Outline {
    let mut outline = Outline::new();
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    put(&mut outline, "profile", text(&policy.profile));
    put(&mut outline, "sensor_id", text(&policy.sensor_id));
    put(&mut outline, "target_group_id", text(&policy.target_group_id));
    put(&mut outline, "match_event_kind", text(&policy.match_event_kind));
    put(&mut outline, "match_process_pattern", text(&policy.match_process_pattern));
    put(&mut outline, "match_parent_pattern", text(&policy.match_parent_pattern));
    put(&mut outline, "match_uid", policy.match_uid.as_ref().map(|uid| uid.value));
    list(&mut outline, "match_dst_port", policy.match_dst_port.as_ref());
    put(&mut outline, "match_dst_ip_prefix", policy.match_dst_ip_prefix.as_ref().map(|cidr| cidr.value));
    put(&mut outline, "action", Some(policy.action.name()));
    put(&mut outline, "severity", Some(policy.severity.name()));
    texts(&mut outline, "exceptions", &policy.exceptions);
    texts(&mut outline, "compliance_tags", &policy.compliance_tags);
    outline
}

fn of_invariant(invariant: &Invariant) -> Outline {
    let mut outline = Outline::new();
    let subjects = &invariant.subjects;
    list(&mut outline, "binaries", subjects.binaries.as_ref());
    list(&mut outline, "except", subjects.except.as_ref());
    texts(&mut outline, "roles", &subjects.roles);
    put(&mut outline, "network_facing", Some(subjects.network_facing));
    put(&mut outline, "everyone", Some(subjects.everyone));
    subjects.modes.iter().for_each(|mode| put(&mut outline, "modes", Some(mode.value.name())));
    put(&mut outline, "at_least", Some(invariant.at_least));
    for (dimension, events) in [("never", &invariant.never), ("always", &invariant.always)] {
        for demand in events.iter().flat_map(demands) {
            put(&mut outline, dimension, Some(demand.words));
        }
    }
    invariant.require.iter().for_each(|word| put(&mut outline, "require", Some(word.value.name())));
    outline
}

fn of_pack(pack: &PolicyPack) -> Outline {
    let mut outline = Outline::new();
    put(&mut outline, "version", Some(&pack.version.value));
    put(&mut outline, "pack_kind", Some(pack.pack_kind.value.name()));
    put(&mut outline, "role", pack.target_role.as_ref().map(|role| &role.value));
    put(&mut outline, "enforcement_capable", Some(pack.enforcement_capable.value));
    put(&mut outline, "state", Some(pack.state.value.name()));
    outline
}

/// Lists what an image contains of a document: effects, exceptions, and the listed sets.
fn of_confinements(confinements: &[Confinement]) -> Outline {
    let mut outline = Outline::new();
    for confinement in confinements {
        put(&mut outline, "effect", Some(confinement.acting_effect()));
        put(&mut outline, "children", Some(confinement.children.name()));
        put(&mut outline, "scope", scope(&confinement.scope));
        for exemption in &confinement.exemptions {
            let side = |word: &str, pattern: Option<&dyn Display>| {
                pattern.map(|pattern| format!("{word} {pattern}"))
            };
            let process = side("process", exemption.process.as_ref().map(|pattern| pattern as &dyn Display));
            let parent = side("parent", exemption.parent.as_ref().map(|pattern| pattern as &dyn Display));
            let both: Vec<_> = process.into_iter().chain(parent).collect();
            put(&mut outline, "exceptions", Some(both.join(", ")));
        }
        let named = Region::of(confinement.operation, &confinement.condition);
        let dimension = match (confinement.dimension, confinement.listing) {
            (Dimension::Spawns, _) => "spawns",
            (Dimension::Files, Listing::Allows) => "files",
            (Dimension::Files, Listing::Blocks) => "blocked_files",
            (Dimension::Network, Listing::Allows) => "network",
            (Dimension::Network, Listing::Blocks) => "blocked_network",
            (Dimension::Capabilities, _) => "capabilities",
            (Dimension::Syscalls, _) => "syscalls",
            (Dimension::Template | Dimension::TracingPolicy | Dimension::NameSpace, _) => {
                confinement.operation.name()
            }
        };
        let allows = matches!(dimension, "spawns" | "files" | "network" | "capabilities");
        let listed = if allows { Region::every(confinement.operation).difference(&named) } else { named };
        outline.entry(dimension).or_default().extend(words(&listed));
    }
    outline
}

fn scope(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Fleet => None,
        Scope::Group(group) => Some(format!("group {group}")),
        Scope::Sensor(sensor) => Some(format!("sensor {sensor}")),
    }
}

fn exceptions(outline: &mut Outline, exceptions: &[Exception]) {
    for exception in exceptions {
        let process = exception.process.as_ref().map(|pattern| format!("process {}", pattern.value));
        let parent = exception.parent.as_ref().map(|pattern| format!("parent {}", pattern.value));
        let who: Vec<_> = process.into_iter().chain(parent).collect();
        let owner =
            exception.owner.as_ref().map(|owner| format!(", owner {}", owner.value)).unwrap_or_default();
        let until = exception.expiry.as_ref().map(|day| format!(", until {}", day.value)).unwrap_or_default();
        put(
            outline,
            "exceptions",
            Some(format!("{}: {}{owner}{until}", who.join(", "), exception.reason.value)),
        );
    }
}

fn waivers(outline: &mut Outline, waivers: &[Waiver]) {
    for waiver in waivers {
        put(outline, "waive", Some(format!("{}: {}", waiver.name.value, waiver.reason.value)));
    }
}

/// Lists the fields of a Tetragon policy, and separately its labels.
fn engine_words(outline: &mut Outline, node: &Node) {
    let mut words = BTreeSet::new();
    leaves(node, "", &mut words);
    let label = |word: &String| {
        ["metadata.labels.", "metadata.annotations."].iter().any(|start| word.starts_with(start))
    };
    let (labels, words) = words.into_iter().partition::<BTreeSet<_>, _>(label);
    if !labels.is_empty() {
        outline.insert("labels", labels);
    }
    outline.insert("policy", words);
}

/// Lists the scalars of a tree, each with its path. The reader limits the depth of the tree.
fn leaves(node: &Node, route: &str, found: &mut BTreeSet<String>) {
    match &node.value {
        Value::Scalar { text, .. } => {
            found.insert(format!("{route}: {text}"));
        }
        Value::Sequence(items) if items.is_empty() => {
            found.insert(format!("{route}: []"));
        }
        // Tetragon reads lists of values as sets, except positions of arguments.
        Value::Sequence(items)
            if !route.ends_with(".args") && items.iter().all(|item| item.text().is_some()) =>
        {
            items.iter().for_each(|item| leaves(item, route, found));
        }
        Value::Sequence(items) => {
            let mut known: BTreeMap<String, usize> = BTreeMap::new();
            for (at, item) in items.iter().enumerate() {
                let name = identity(item).unwrap_or_else(|| at.to_string());
                let count = known.entry(name.clone()).or_default();
                *count += 1;
                let again = if *count > 1 { format!(" #{count}") } else { String::new() };
                leaves(item, &format!("{route}[{name}{again}]"), found);
            }
        }
        Value::Unreadable => {}
        Value::Mapping(mapping) => {
            for entry in &mapping.entries {
                let dot = if route.is_empty() { "" } else { "." };
                leaves(&entry.value, &format!("{route}{dot}{}", entry.key.value), found);
            }
        }
    }
}

/// Returns what identifies an entry of a list, wherever it is: the hook, function or tracepoint, or a name.
fn identity(item: &Node) -> Option<String> {
    let Value::Mapping(mapping) = &item.value else { return None };
    let text = |key: &str| {
        let entry = mapping.entries.iter().find(|entry| entry.key.value == key)?;
        entry.value.text().map(ToString::to_string)
    };
    let tracepoint = || Some(format!("{}/{}", text("subsystem")?, text("event")?));
    ["hook", "call", "path", "name"].into_iter().find_map(text).or_else(tracepoint)
}
