//! What Tetragon targets do of a policy, and the emitted TracingPolicies -> whether both give every case the same effect.

use std::collections::BTreeSet;

use telovix_assessment::{Parents, bypass, hooks, on_target};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_platform::{Backend, Target};
use telovix_policy::confine::{Confinement, Dimension, Effect, Operation};
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Scope;
use telovix_syntax::parse;
use telovix_tetragon::interpret::{Assumptions, Decided, DecidedHook, ways};
use telovix_tetragon::read;

use super::case::cases;
use super::code::{YAML_DISAGREES, YAML_UNREADABLE};
use super::expected::{Door, doors, excess, is_expected_to_be_open};
use super::group::{Group, groups, has_document};
use super::{Depth, Emitted, Tally, Translation, disagree};

pub(super) fn prove(translation: &Translation<'_>, depth: Depth, sink: &mut Sink) -> Tally {
    let mut tally = Tally::default();
    let targets: Vec<Target> =
        translation.targets.iter().copied().filter(|target| target.backend == Backend::Engine).collect();
    for emitted in translation.emitted.iter().filter(|one| !has_document(translation.policy, one)) {
        let message = format!("the emitted TracingPolicy `{}` belongs to no document", emitted.path);
        sink.report(Diagnostic::new(&YAML_UNREADABLE, None, message));
    }
    for group in groups(translation.policy, translation.emitted) {
        let written: Vec<&Confinement> = group
            .documents
            .iter()
            .flat_map(|document| translation.policy.confinements_of(document))
            // Tetragon gets these as written: the interpreter is what they mean.
            .filter(|confinement| confinement.dimension != Dimension::TracingPolicy)
            .collect();
        if written.is_empty() {
            continue;
        }
        if group.emitted.iter().any(|emitted| emitted.text.is_none()) {
            tally.left_out += group.documents.len();
        } else {
            tally.documents += group.documents.len();
            prove_group(&group, &written, &targets, translation.parents, depth, &mut tally, sink);
        }
    }
    tally
}

fn prove_group(
    group: &Group<'_>,
    written: &[&Confinement],
    targets: &[Target],
    parents: Parents,
    depth: Depth,
    tally: &mut Tally,
    sink: &mut Sink,
) {
    let mut policies = Vec::new();
    for emitted in &group.emitted {
        match read_back(emitted) {
            Some(decided) => policies.push((&emitted.scope, decided)),
            None => {
                let message = format!("the emitted TracingPolicy `{}` cannot be read back", emitted.path);
                let span = emitted.sources.first().copied();
                sink.report(Diagnostic::new(&YAML_UNREADABLE, span, message));
            }
        }
    }
    let expected: Vec<Vec<Confinement>> =
        targets.iter().map(|target| on_target(*target, written.iter().copied(), parents)).collect();
    let judges: Vec<Index<'_>> = expected.iter().map(|confinements| Index::new(confinements)).collect();
    for operation in Operation::ALL {
        let own: Vec<&Confinement> =
            written.iter().copied().filter(|confinement| confinement.operation == operation).collect();
        if own.is_empty() {
            continue;
        }
        let names: BTreeSet<&str> = targets
            .iter()
            .flat_map(|target| own.iter().flat_map(|confinement| hooks(*target, confinement)))
            .collect();
        // Another hook that may see the event as well confines another operation.
        let counts = |hook: &DecidedHook| {
            names.contains(hook.name.as_str()) || names.contains("sys_*") && hook.name.contains("sys_")
        };
        let decided: Vec<&Decided> = policies.iter().map(|(_, decided)| decided).collect();
        let Some(events) = cases(operation, &own, &decided, &counts) else {
            tally.too_many += 1;
            continue;
        };
        tally.cases += events.len();
        for event in depth.chosen(events.len()).filter_map(|at| events.get(at)) {
            tally.tried += 1;
            let effects = || judges.iter().map(|judge| judge.judge(event).effect);
            let (low, high) =
                (effects().min().unwrap_or(Effect::Allow), effects().max().unwrap_or(Effect::Allow));
            let found = through_doors(&policies, event, high, counts);
            if found.most == high && (found.least == found.most || found.least >= low && low < high) {
                tally.agreed += 1;
            } else if found.most >= high && found.least <= low && !found.open.is_empty() {
                tally.unexplained += usize::from(!found.open.iter().all(|fact| is_expected_to_be_open(fact)));
                let fact = found.open.into_iter().next().unwrap_or_default();
                *tally.undecided.entry(fact).or_default() += 1;
            } else if let Some(bypass) = known_bypass(event, &own).filter(|_| found.most < high) {
                *tally.bypassed.entry(bypass).or_default() += 1;
            } else if let Some(excess) = excess(event).filter(|_| found.most > high) {
                *tally.stricter.entry(excess).or_default() += 1;
            } else {
                tally.different += 1;
                let place = judges.iter().find_map(|judge| judge.judge(event).decision);
                let span = place
                    .map_or(own.first().map(|first| first.span), |decision| Some(decision.confinement.span));
                if let Some(span) = span {
                    let told = format!("the policy says `{high}` and its TracingPolicies `{}`", found.word());
                    disagree(&YAML_DISAGREES, span, &event.to_string(), &told, sink);
                }
            }
        }
    }
}

/// Returns why Tetragon does less with an event than one of these says.
fn known_bypass(event: &Event, own: &[&Confinement]) -> Option<&'static str> {
    own.iter().find_map(|confinement| bypass(event, confinement))
}

/// Reads a policy back from its text.
fn read_back(emitted: &Emitted) -> Option<Decided> {
    let sources = SourceSet::single(&emitted.path, emitted.text.as_ref()?);
    let mut sink = Sink::new(Levels::default());
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        parse(id, source, &mut sink, |tree, sink| policies.push(read(&tree.root, sink)));
    }
    match policies.as_slice() {
        [Some(policy)] if !sink.has_errors() => Some(Decided::new(policy)),
        _ => None,
    }
}

/// What policies together do to an event.
struct Found {
    least: Effect,
    most: Effect,
    /// What decides between both, and no event tells.
    open: Vec<String>,
}

impl Found {
    fn word(&self) -> String {
        if self.least == self.most {
            self.most.to_string()
        } else {
            format!("{} or {}", self.least, self.most)
        }
    }
}

/// Returns what happens to an event at each of its doors, if that is as expected; else what happens at the first where it
/// is not.
fn through_doors(
    policies: &[(&Scope, Decided)],
    event: &Event,
    expected: Effect,
    counts: impl Fn(&DecidedHook) -> bool + Copy,
) -> Found {
    let mut first = None;
    // Whether a 32-bit entry that no table knows belongs to this call is open: it shows only where it must act.
    let shut = |door: &&Door| **door != Door::Entry32 || expected > Effect::Allow;
    for door in doors(event).iter().filter(shut) {
        let found = emitted_effect(policies, event, *door, counts);
        if (found.least, found.most) != (expected, expected) {
            return found;
        }
        first = first.or(Some(found));
    }
    first.unwrap_or(Found { least: Effect::Allow, most: Effect::Allow, open: Vec::new() })
}

/// Returns the effects by the hooks that count at a door, over every way to do the operation.
fn emitted_effect(
    policies: &[(&Scope, Decided)],
    event: &Event,
    door: Door,
    counts: impl Fn(&DecidedHook) -> bool,
) -> Found {
    let mut found = Found { least: Effect::Deny, most: Effect::Allow, open: Vec::new() };
    for way in ways(event.operation) {
        let (mut least, mut most) = (Effect::Allow, Effect::Allow);
        for (_, decided) in policies.iter().filter(|(scope, _)| applies(scope, event)) {
            let assumed = if door.is_certain() { Assumptions::default() } else { all_called(decided) };
            let at_door = |hook: &DecidedHook| counts(hook) && door.has(&hook.name);
            let ruling = decided.assuming(event, way, assumed, at_door);
            (least, most) = (least.max(ruling.least), most.max(ruling.most));
            if ruling.least < ruling.most {
                found.open.extend(decided.words(ruling.needs.facts).into_iter().map(str::to_owned));
                let fields = ruling.needs.fields.iter();
                found.open.extend(fields.map(|field| format!("the field `{}`", field.name())));
            }
        }
        (found.least, found.most) = (found.least.min(least), found.most.max(most));
    }
    found
}

/// Assumes that each hook is called for an event that it may see.
fn all_called(decided: &Decided) -> Assumptions {
    let called = decided.facts().filter(|(_, fact)| is_expected_to_be_open(&fact.words));
    called.fold(Assumptions::default(), |all, (id, _)| all.with(id, true))
}

fn applies(scope: &Scope, event: &Event) -> bool {
    match scope {
        Scope::Fleet => true,
        Scope::Sensor(name) => event.sensor.as_deref() == Some(name),
        Scope::Group(name) => event.group.as_deref() == Some(name),
    }
}
