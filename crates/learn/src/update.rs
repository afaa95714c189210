//! A profile and a history -> the profile with entries for what it does not allow yet; everything else of the text stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::{SourceSet, Spanned};
use telovix_diagnostic::{Diagnostic, Severity, Sink};
use telovix_document::{Document, GuardianProfile, List, read};
use telovix_replay::observe::{Actor, Behaviour, Observations};

use crate::entry::{Entry, Review};
use crate::evidence::Evidence;
use crate::learn::{Settings, profile};
use crate::text::line;
use crate::world::{World, directories, paths, programs};

/// A text that is no valid policy.
#[derive(Debug)]
pub struct Refused {
    /// The text.
    pub sources: SourceSet,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// A text after the update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Updated {
    /// The text.
    pub text: String,
    /// Profiles in it.
    pub profiles: u64,
    /// The entries that were added, in the order of the text.
    pub added: Vec<Added>,
    /// What was seen and is not allowed after the update.
    pub review: Vec<Review>,
    /// Denials that no profile of the text is about.
    pub elsewhere: Vec<Elsewhere>,
}

/// Denials that no profile of the text is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// The executable, or the name of the document that denied them.
    pub name: String,
    /// How many.
    pub denied: u64,
}

/// An entry that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Added {
    /// The name of the profile.
    pub profile: String,
    /// The list.
    pub list: &'static str,
    /// The entry.
    pub value: String,
    /// Why it is what it is.
    pub reason: String,
    /// What it was learned from.
    pub evidence: Evidence,
    /// How much more it allows than was seen: paths of other binaries of this history, addresses, or ports.
    pub allows_more: u64,
}

/// An insertion into a text.
struct Edit {
    at: usize,
    text: String,
}

/// Adds to each profile of a text what its binary did in the window and the profile does not allow. A list that is
/// absent does not confine, and stays absent.
///
/// # Errors
/// When the text has an error.
pub fn update(
    name: &str,
    text: &str,
    observations: &Observations,
    settings: &Settings,
) -> Result<Updated, Box<Refused>> {
    let sources = SourceSet::single(name, text);
    let mut sink = Sink::default();
    let documents = read(&sources, &mut sink).documents;
    let diagnostics = sink.into_sorted();
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(Box::new(Refused { sources, diagnostics }));
    }
    let actors = actors(observations, settings);
    let (directories, paths, programs) = (directories(&actors), paths(&actors), programs(&actors));
    let mut updated = Updated {
        text: text.to_owned(),
        profiles: 0,
        added: Vec::new(),
        review: Vec::new(),
        elsewhere: Vec::new(),
    };
    let mut edits = Vec::new();
    let mut known = BTreeSet::new();
    for document in &documents {
        let Document::GuardianProfile(old) = document else { continue };
        updated.profiles += 1;
        let mut own = Behaviour::default();
        let doers = [
            Actor::Binary(old.target_binary.value.as_str().into()),
            Actor::Document(old.name.value.as_str().into()),
        ];
        known.extend(doers.iter().cloned());
        doers.iter().filter_map(|actor| actors.get(actor)).for_each(|behaviour| own.absorb(behaviour));
        not_allowed(old, &mut own);
        let world = World::new(&paths, &directories, &programs, &own);
        let new = profile(old.target_binary.value.as_str(), &own, 1, &world, settings, &observations.kinds);
        let mut page = Page { text, profile: &old.name.value, edits: &mut edits, added: &mut updated.added };
        page.add("allowed_spawns", old.allowed_spawns.as_ref(), new.spawns, "paths of other binaries");
        page.add("allowed_files", old.allowed_files.as_ref(), new.files, "paths of other binaries");
        let ports = new.ports.map(|list| {
            let missing = |first: u16, last: u16| (first..=last).any(|port| !allows_port(old, port));
            list.into_iter().filter(|entry| missing(entry.value.first(), entry.value.last())).collect()
        });
        page.add("allowed_dst_ports", old.allowed_dst_ports.as_ref(), ports, "ports");
        let cidrs = new.cidrs.map(|list| {
            let covered = |entry: &Entry<telovix_policy::value::Cidr>| {
                let inside = own.endpoints.keys().filter(|(address, _)| entry.value.contains(*address));
                inside.map(|(address, _)| *address).all(|address| allows_address(old, address))
            };
            list.into_iter().filter(|entry| !covered(entry)).collect()
        });
        page.add("allowed_dst_cidrs", old.allowed_dst_cidrs.as_ref(), cidrs, "addresses");
        page.add("allowed_capabilities", old.allowed_capabilities.as_ref(), new.capabilities, "");
        updated.review.extend(new.review);
    }
    let elsewhere = actors.iter().filter(|(actor, _)| !known.contains(*actor)).map(|(actor, behaviour)| {
        let (Actor::Binary(name) | Actor::Document(name)) = actor;
        Elsewhere { name: name.to_string(), denied: behaviour.total().denied() }
    });
    updated.elsewhere = elsewhere.filter(|elsewhere| elsewhere.denied > 0).collect();
    // From the end, so that places before an edit stay right.
    edits.sort_by_key(|edit| edit.at);
    for edit in edits.into_iter().rev() {
        updated.text.insert_str(edit.at, &edit.text);
    }
    Ok(updated)
}

/// Returns what each actor did in the window.
fn actors(observations: &Observations, settings: &Settings) -> BTreeMap<Actor, Behaviour> {
    let last = observations.span.map_or(0, |(_, last)| last.hour());
    let range = last + 1 - i64::from(settings.hours)..last + 1;
    let within = observations.actors.iter().map(|(actor, behaviour)| {
        let mut behaviour = behaviour.within(&range);
        if !settings.denied {
            behaviour.remove_denied();
        }
        (actor.clone(), behaviour)
    });
    within.collect()
}

fn contains<T>(list: Option<&List<T>>, of: impl Fn(&T) -> bool) -> bool {
    list.is_none_or(|list| list.items.iter().any(|item| of(&item.value)))
}

fn allows_port(profile: &GuardianProfile, port: u16) -> bool {
    contains(profile.allowed_dst_ports.as_ref(), |range| range.contains(port))
}

fn allows_address(profile: &GuardianProfile, address: std::net::IpAddr) -> bool {
    contains(profile.allowed_dst_cidrs.as_ref(), |cidr| cidr.contains(address))
}

/// Leaves only what a profile does not allow.
fn not_allowed(profile: &GuardianProfile, behaviour: &mut Behaviour) {
    behaviour
        .spawns
        .retain(|path, _| !contains(profile.allowed_spawns.as_ref(), |pattern| pattern.contains(path)));
    behaviour
        .files
        .retain(|path, _| !contains(profile.allowed_files.as_ref(), |pattern| pattern.contains(path)));
    behaviour
        .endpoints
        .retain(|(address, port), _| !allows_port(profile, *port) || !allows_address(profile, *address));
    behaviour
        .capabilities
        .retain(|used, _| !contains(profile.allowed_capabilities.as_ref(), |capability| capability == used));
    if profile.allowed_spawns.is_none() {
        behaviour.anonymous = Default::default();
    }
}

/// A text that gets entries.
struct Page<'run> {
    text: &'run str,
    profile: &'run str,
    edits: &'run mut Vec<Edit>,
    added: &'run mut Vec<Added>,
}

impl Page<'_> {
    fn add<T, U: Display>(
        &mut self,
        list: &'static str,
        old: Option<&List<T>>,
        new: Option<Vec<Entry<U>>>,
        unit: &str,
    ) {
        let (Some(old), Some(new)) = (old, new) else { return };
        if new.is_empty() {
            return;
        }
        let start = old.span.start as usize;
        let is_flow = self.text.get(start..).is_some_and(|rest| rest.starts_with('['));
        let last = old.items.last();
        let edit = match (is_flow, last) {
            (true, last) => in_brackets(start, last, &new),
            (false, Some(last)) => on_lines(self.text, last, &new, unit),
            // A list without brackets and items cannot be read.
            (false, None) => return,
        };
        self.edits.push(edit);
        self.added.extend(new.into_iter().map(|entry| Added {
            profile: self.profile.to_owned(),
            list,
            value: entry.value.to_string(),
            reason: entry.reason.to_string(),
            evidence: entry.evidence,
            allows_more: entry.allows_more,
        }));
    }
}

/// Adds items between brackets, where comments have no place.
fn in_brackets<T, U: Display>(start: usize, last: Option<&Spanned<T>>, new: &[Entry<U>]) -> Edit {
    let items: Vec<String> = new.iter().map(|entry| in_quotes(&entry.value.to_string())).collect();
    let items = items.join(", ");
    match last {
        Some(last) => Edit { at: last.span.end as usize, text: format!(", {items}") },
        None => Edit { at: start + 1, text: items },
    }
}

/// Returns an item for YAML and JSON: a number as it is, and other text in double quotes.
fn in_quotes(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Adds lines after the last item, each with its reason.
fn on_lines<T, U: Display>(text: &str, last: &Spanned<T>, new: &[Entry<U>], unit: &str) -> Edit {
    let (start, end) = (last.span.start as usize, last.span.end as usize);
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let indent: String =
        text.get(line_start..).unwrap_or_default().chars().take_while(|letter| *letter == ' ').collect();
    let rest = text.get(end..).unwrap_or_default();
    let (at, ended) = match rest.find('\n') {
        Some(newline) => (end + newline + 1, true),
        None => (text.len(), false),
    };
    let mut lines = String::new();
    if !ended {
        lines.push('\n');
    }
    for entry in new {
        lines.push_str(&indent);
        lines.push_str(&line(entry, unit));
        lines.push('\n');
    }
    Edit { at, text: lines }
}
