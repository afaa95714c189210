//! A policy -> every known bypass: which targets cover it, and why the others leave it open.

use std::collections::BTreeMap;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Template;
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_document::template;
use telovix_platform::{Bypass, Evidence, Status, Target};
use telovix_policy::confine::{Dimension, Subject};

use super::dimension_ways::{DIMENSIONS, SUBJECTS};

/// A known bypass of a template that some target leaves open.
pub static OPEN_WAY: Code = Code::page(include_str!("evasion.md"));

/// What a bypass is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A built-in template.
    Template(Template),
    /// A dimension of profiles and guards.
    Dimension(Dimension),
    /// The match on the subject of a confinement.
    Subject,
}

impl Topic {
    /// Returns the name for reports: a template's id, a dimension, or `subject`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Template(template) => template.id(),
            Self::Dimension(dimension) => dimension.name(),
            Self::Subject => "subject",
        }
    }

    fn ways(self) -> &'static [Bypass] {
        match self {
            Self::Template(template) => template::find(template).map_or(&[], |built_in| built_in.bypasses),
            Self::Dimension(dimension) => {
                DIMENSIONS.iter().find(|(of, _)| *of == dimension).map_or(&[], |(_, ways)| *ways)
            }
            Self::Subject => SUBJECTS,
        }
    }
}

/// One bypass of one topic on one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evasion {
    /// What it bypasses.
    pub topic: Topic,
    /// The name of the bypass.
    pub way: &'static str,
    /// The target.
    pub target: Target,
    /// Whether it is covered, at which hook, or why not.
    pub status: Status,
    /// How the status is known.
    pub evidence: Evidence,
}

/// Returns every bypass that concerns a policy, by topic, bypass and target; notes what templates leave open.
pub(super) fn collect(policy: &Policy, targets: &[Target], sink: &mut Sink) -> Vec<Evasion> {
    let topics = topics(policy);
    let mut evasions = Vec::new();
    for (topic, users) in &topics {
        for way in topic.ways() {
            evasions.extend(targets.iter().map(|target| Evasion {
                topic: *topic,
                way: way.name,
                target: *target,
                status: way.on(*target),
                evidence: way.evidence(*target),
            }));
        }
        if let Topic::Template(template) = topic {
            note_open_ways(*template, users, targets, sink);
        }
    }
    evasions
}

/// The documents that use a topic: the place of the first, and their number.
struct Users {
    first: Span,
    documents: usize,
}

fn topics(policy: &Policy) -> BTreeMap<Topic, Users> {
    let mut topics: BTreeMap<Topic, Users> = BTreeMap::new();
    for document in &policy.documents {
        let mut own: Vec<Topic> = policy
            .confinements_of(document)
            .iter()
            .flat_map(|confinement| {
                let subject = (confinement.subject != Subject::Everyone).then_some(Topic::Subject);
                [topic_of(document, confinement.dimension), subject]
            })
            .flatten()
            .collect();
        own.sort_unstable();
        own.dedup();
        for topic in own {
            let users = topics.entry(topic).or_insert(Users { first: document.name_span(), documents: 0 });
            users.documents += 1;
        }
    }
    topics
}

fn topic_of(document: &PolicyDocument, dimension: Dimension) -> Option<Topic> {
    match (document.template(), dimension) {
        (Some(template), _) => Some(Topic::Template(template)),
        (_, Dimension::Template) => None,
        (_, dimension) => Some(Topic::Dimension(dimension)),
    }
}

fn note_open_ways(template: Template, users: &Users, targets: &[Target], sink: &mut Sink) {
    for way in Topic::Template(template).ways() {
        let mut by_reason: BTreeMap<&str, Vec<Target>> = BTreeMap::new();
        for target in targets {
            if let Status::Open(reason) = way.on(*target) {
                by_reason.entry(reason).or_default().push(*target);
            }
        }
        for (reason, open) in by_reason {
            let wherever = if open.len() == targets.len() {
                String::new()
            } else {
                format!(" on {}", super::list(&open))
            };
            let message = format!("`{}` leaves a bypass open{wherever}: {}", template.id(), way.name);
            let mut note = Diagnostic::new(&OPEN_WAY, users.first, message).help(reason);
            if users.documents > 1 {
                note = note.label(format!("the first of {} rules with this template", users.documents));
            }
            sink.report(note);
        }
    }
}
