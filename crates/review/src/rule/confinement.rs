//! The confinements of a profile, a rule or a guard -> rules of a review.

use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_document::{Document, template};
use telovix_policy::confine::{
    Confinement, Dimension, DocumentKind, Effect, Gate, Listing, MemberValue, Operation, Subject,
};
use telovix_policy::value::{PathPattern, Scope};

use super::{Draft, Field, Rule, effect_words, listed};
use crate::action::{Action, Harm};
use crate::risk::{Level, Risk};
use crate::threat::Threats;

/// Returns the rules of a document: one for each part of it that confines.
pub(crate) fn rules(policy: &Policy, placed: &PolicyDocument, sources: &SourceSet) -> Vec<Rule> {
    let own = policy.confinements_of(placed).iter();
    // What the native backend adds is no rule that anybody wrote.
    let own = own.filter(|confinement| confinement.dimension != Dimension::NameSpace);
    own.map(|confinement| rule(confinement, placed, sources)).collect()
}

fn rule(confinement: &Confinement, placed: &PolicyDocument, sources: &SourceSet) -> Rule {
    let effect = confinement.acting_effect();
    let subject = subject_words(&confinement.subject);
    let document = &confinement.document;
    Draft {
        document: format!("{} {}", document.kind.name(), document.name),
        source: sources.locate(confinement.span),
        hook: hook(confinement.operation),
        threats: threats(confinement, placed),
        action: action(confinement, effect, &subject, placed),
        risk: risk(confinement, effect, placed),
        fields: fields(confinement, sources),
        span: confinement.span,
        operations: vec![confinement.operation],
        subject,
    }
    .finish()
}

/// Returns the operation and the LSM hooks that stop it. Source: the tables of emission, `operation.rs` of the compiler.
fn hook(operation: Operation) -> String {
    let hooks = match operation {
        Operation::Exec => "LSM `bprm_check_security`",
        Operation::Open => "LSM `file_open` and the hooks of creation, deletion, rename and link",
        Operation::Connect => "LSM `socket_connect`",
        Operation::Capability => "LSM `capable`",
        Operation::Syscall => "entry of the system calls",
        Operation::PivotRoot => "LSM `sb_pivotroot`",
        Operation::Mount => "LSM `sb_mount`, `sb_kern_mount`, `move_mount`",
        _ => return format!("operation `{operation}`"),
    };
    format!("operation `{operation}`: {hooks}")
}

pub(crate) fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Everyone => "every process".to_owned(),
        Subject::Binary(path) => format!("processes of `{path}`"),
        Subject::BaseName(name) => format!("processes of any executable called `{name}`"),
    }
}

pub(crate) fn hosts(scope: &Scope) -> String {
    match scope {
        Scope::Fleet => "on every host".to_owned(),
        Scope::Group(group) => format!("on the hosts of group `{group}`"),
        Scope::Sensor(sensor) => format!("on sensor `{sensor}` only"),
    }
}

fn threats(confinement: &Confinement, placed: &PolicyDocument) -> Threats {
    let mut threats = Threats::default();
    if let Some(description) = description(&placed.document) {
        threats.written(description, "description");
    }
    if confinement.listing == Listing::Blocks {
        for member in &confinement.members {
            match &member.value {
                MemberValue::Path(path) => _ = threats.path(&path.to_string()),
                MemberValue::Syscall(call) => _ = threats.function(&call.to_string()),
                _ => {}
            }
        }
    }
    if threats.is_empty() {
        threats.operation(confinement.operation);
    }
    threats
}

fn description(document: &Document) -> Option<&str> {
    let description = match document {
        Document::GuardianProfile(profile) => &profile.description,
        Document::EnforcementRule(rule) => &rule.description,
        Document::GuardianPolicy(policy) => &policy.description,
        _ => return None,
    };
    description.as_ref().map(|description| description.value.as_str())
}

fn action(confinement: &Confinement, effect: Effect, subject: &str, placed: &PolicyDocument) -> Action {
    let words = effect_words(effect);
    if confinement.gate == Gate::Held {
        return Action::reports(format!(
            "{words} (the pack is not enforced; written: {})",
            effect_words(confinement.effect)
        ));
    }
    let harm = match effect {
        Effect::Deny => Harm::Denied,
        Effect::Kill => Harm::Killed,
        Effect::Allow | Effect::Observe | Effect::Log => return Action::reports(words),
    };
    Action::stops(
        words,
        harm.to(subject, &hosts(&confinement.scope)),
        way_back(confinement.document.kind, placed),
    )
}

fn way_back(kind: DocumentKind, placed: &PolicyDocument) -> String {
    let edit = match (kind, placed.pack.is_some()) {
        (_, true) => "set `state: observe` in the pack",
        (DocumentKind::GuardianProfile, false) => "set `mode: observe`",
        (DocumentKind::RuntimeGuard, false) => "set `mode: audit` in the guard",
        (DocumentKind::EnforcementRule | DocumentKind::TracingPolicy, false) => "set `enabled: false`",
    };
    format!(
        "native: `telovix rollback` on the host; Tetragon: `tetra tracingpolicy delete NAME`; then {edit}, compile and deliver"
    )
}

fn risk(confinement: &Confinement, effect: Effect, placed: &PolicyDocument) -> Risk {
    if effect <= Effect::Log {
        return Risk::new(Level::Low, "it stops nothing: a legitimate match costs an event");
    }
    let exempt: Vec<_> = confinement
        .exemptions
        .iter()
        .flat_map(|exemption| [&exemption.process, &exemption.parent])
        .filter_map(|pattern| pattern.as_ref().map(ToString::to_string))
        .collect();
    let mut risk = match (&confinement.subject, confinement.listing) {
        (Subject::Everyone, _) => {
            let risk = Risk::new(Level::Medium, "it applies to every process, also to those of the platform");
            risk.with_agents(&[confinement.operation], &exempt)
        }
        (_, Listing::Allows) if confinement.members.is_empty() => {
            Risk::new(Level::High, "the list is empty: every event of the operation is a violation")
        }
        (_, Listing::Allows) => Risk::new(
            Level::Medium,
            "whatever the list lacks is a violation: rare work such as updates, rotation and crash handling may not be in it",
        ),
        (_, Listing::Blocks) => Risk::new(Level::Low, "only the listed values are stopped, for this program"),
    };
    if let Document::GuardianProfile(profile) = &placed.document
        && profile.auto_generated
    {
        risk = risk.and(Level::Medium, "the lists were generated and not reviewed (`auto_generated`)");
    }
    if let Some(built_in) = placed.template().and_then(template::find) {
        risk.reasons.push(format!("`telovix explain {}` says what it breaks", built_in.template.id()));
    }
    risk
}

fn fields(confinement: &Confinement, sources: &SourceSet) -> Vec<Field> {
    let here = || sources.locate(confinement.span);
    let mut fields = Vec::new();
    let mut field = |name: &str, value: String, why: String, source: String| {
        fields.push(Field { field: name.to_owned(), value, why, source });
    };
    let operation = confinement.operation;
    match &confinement.subject {
        Subject::Everyone => {}
        Subject::Binary(path) => {
            let why = "limits the rule to this executable, by its path";
            field("target_binary", path.to_string(), why.to_owned(), here());
        }
        Subject::BaseName(name) => {
            let why = "limits the rule to executables with this base name, in any folder";
            field("processes", name.clone(), why.to_owned(), here());
        }
    }
    let why = match (confinement.listing, confinement.members.is_empty()) {
        (Listing::Allows, true) => format!("allows nothing: every `{operation}` matches"),
        (Listing::Allows, false) => format!("every `{operation}` outside of the list matches"),
        (Listing::Blocks, true) => format!("every `{operation}` of the rule matches"),
        (Listing::Blocks, false) => format!("only `{operation}` of a listed value matches"),
    };
    let values = match (confinement.dimension, confinement.members.is_empty()) {
        (Dimension::Template, true) => "every event".to_owned(),
        _ => listed(confinement.members.iter().map(|member| &member.value)),
    };
    field(confinement.dimension.name(), values, why, here());
    for exemption in &confinement.exemptions {
        let pattern =
            |pattern: &Option<PathPattern>| pattern.as_ref().map_or("any".to_owned(), ToString::to_string);
        let value = format!("process {}, parent {}", pattern(&exemption.process), pattern(&exemption.parent));
        let owner = exemption.owner.as_deref().unwrap_or("not known: no `owner`");
        let end = exemption.expiry.map_or("no end".to_owned(), |expiry| format!("until {expiry}"));
        let why = format!("exempt: {} (owner: {owner}; {end})", exemption.reason);
        field("exceptions", value, why, sources.locate(exemption.span));
    }
    if confinement.scope != Scope::Fleet {
        field("scope", hosts(&confinement.scope), "limits the hosts".to_owned(), here());
    }
    fields
}
