//! A denied event and the line that decided -> the smallest edit of that document that allows the event.
//!
//! An allowlist gets the exact value; a rule gets an exception for the process, and for its parent where it is known; an
//! entry of a block list is removed. What the edit allows beyond the event is for a comparison of both versions to say.

mod insertion;

use std::net::IpAddr;

use telovix_diagnostic::Edit;
use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_document::lower::Policy;
use telovix_document::{Document, EnforcementRule, GuardProcess, GuardianProfile, List};
use telovix_policy::confine::{Confinement, Dimension, Listing, Operation};
use telovix_policy::judge::{Event, Reason, Verdict};
use telovix_policy::value::PathPattern;
use thiserror::Error;

use insertion::Page;

/// An edit that allows an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// The edits, all in one file.
    pub edits: Vec<Edit>,
    /// What they do, in words.
    pub what: String,
}

/// Why no edit is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotProposed {
    /// No policy stops it.
    #[error("no policy stops the event")]
    Allowed,
    /// The event does not say what an entry would have.
    #[error("the event lacks {0}")]
    Lacks(&'static str),
    /// Memory has no path that a list could contain.
    #[error("no list can contain the execution of anonymous memory or of a deleted file")]
    Anonymous,
    /// A file with such a name cannot be listed alone.
    #[error("no entry is exactly `{0}`")]
    NoEntry(String),
    /// The confinement protects the others, and has no list.
    #[error("it protects path rules of the document from being bypassed, and has no list")]
    NoList,
    /// A selector has to be edited by hand.
    #[error("a TracingPolicy decides: edit its selectors")]
    TracingPolicy,
    /// The layout of the document is not edited.
    #[error("the document is written in one line or as JSON: add {0} by hand")]
    Layout(String),
}

/// Returns the edit that takes away what decided an event.
///
/// # Errors
/// When none is proposed.
pub fn permit(
    policy: &Policy,
    sources: &SourceSet,
    verdict: &Verdict<'_>,
    event: &Event,
) -> Result<Permit, NotProposed> {
    let decision =
        verdict.decision.as_ref().filter(|_| verdict.effect > telovix_policy::confine::Effect::Allow);
    let decision = decision.ok_or(NotProposed::Allowed)?;
    let Reason::Names(member) = decision.reason else { return Err(NotProposed::Allowed) };
    let confinement = decision.confinement;
    let document = policy.documents.iter().find(|document| document.confinements.contains(&decision.index));
    let page = Page::new(sources, confinement.span);
    match document.map(|document| &document.document) {
        Some(Document::GuardianProfile(profile)) => of_profile(&page, profile, confinement, event),
        Some(Document::RuntimeGuard(guard)) => {
            let name = confinement.document.id.as_str();
            let process = guard.processes.iter().find(|process| process.name.value == name);
            let process = process.ok_or(NotProposed::NoList)?;
            of_guard(&page, process, confinement, member.map(|member| member.span), event)
        }
        Some(Document::EnforcementRule(rule)) if rule.policy.is_none() => of_rule(&page, rule, event),
        _ => Err(NotProposed::TracingPolicy),
    }
}

fn of_profile(
    page: &Page<'_>,
    profile: &GuardianProfile,
    confinement: &Confinement,
    event: &Event,
) -> Result<Permit, NotProposed> {
    match confinement.dimension {
        Dimension::Spawns => add(page, "allowed_spawns", profile.allowed_spawns.as_ref(), &path(event)?),
        Dimension::Files => add(page, "allowed_files", profile.allowed_files.as_ref(), &path(event)?),
        Dimension::Capabilities => {
            let capability = event.capability.ok_or(NotProposed::Lacks("capability"))?;
            add(page, "allowed_capabilities", profile.allowed_capabilities.as_ref(), capability.short_name())
        }
        Dimension::Syscalls => {
            removal(page, "blocked_syscalls", profile.blocked_syscalls.as_ref(), |syscall| {
                event.syscall == Some(*syscall)
            })
        }
        Dimension::Network => {
            let address = event.address.ok_or(NotProposed::Lacks("address"))?;
            let port = event.port.ok_or(NotProposed::Lacks("port"))?;
            let ports = profile.allowed_dst_ports.as_ref();
            let cidrs = profile.allowed_dst_cidrs.as_ref();
            let misses_port = ports.filter(|list| !list.items.iter().any(|item| item.value.contains(port)));
            let misses_address =
                cidrs.filter(|list| !list.items.iter().any(|item| item.value.contains(address)));
            let mut permit = Permit { edits: Vec::new(), what: String::new() };
            if misses_port.is_some() {
                permit = add(page, "allowed_dst_ports", ports, &port.to_string())?;
            }
            if misses_address.is_some() {
                let more = add(page, "allowed_dst_cidrs", cidrs, &block(address))?;
                let between = if permit.what.is_empty() { "" } else { ", and " };
                permit.what = format!("{}{between}{}", permit.what, more.what);
                permit.edits.extend(more.edits);
            }
            permit.edits.sort_by_key(|edit| edit.span.start);
            if permit.edits.is_empty() { Err(NotProposed::NoList) } else { Ok(permit) }
        }
        Dimension::Template | Dimension::TracingPolicy | Dimension::NameSpace => Err(NotProposed::NoList),
    }
}

fn of_guard(
    page: &Page<'_>,
    process: &GuardProcess,
    confinement: &Confinement,
    member: Option<Span>,
    event: &Event,
) -> Result<Permit, NotProposed> {
    let network = || {
        let address = event.address.ok_or(NotProposed::Lacks("address"))?;
        let port = event.port.ok_or(NotProposed::Lacks("port"))?;
        Ok(match address {
            IpAddr::V4(_) => format!("{}:{port}", block(address)),
            IpAddr::V6(address) => format!("[{address}]/128:{port}"),
        })
    };
    let is_member = |item: Span| member == Some(item);
    match (confinement.operation, confinement.listing) {
        (Operation::Exec, _) => add(page, "allowed_exec", process.allowed_exec.as_ref(), &path(event)?),
        (Operation::Open, Listing::Allows) => {
            add(page, "allowed_files", process.allowed_files.as_ref(), &path(event)?)
        }
        (Operation::Open, Listing::Blocks) => {
            remove(page, "blocked_files", process.blocked_files.as_ref(), is_member)
        }
        (Operation::Connect, Listing::Blocks) => {
            remove(page, "blocked_network", process.blocked_network.as_ref(), is_member)
        }
        (Operation::Connect, Listing::Allows) => match &process.allowed_network {
            Some(list) => add(page, "allowed_network", Some(list), &network()?),
            None => {
                let value = network()?;
                let edit = page.first_key(process.name.span, "allowed_network", &value);
                let edit =
                    edit.ok_or_else(|| NotProposed::Layout(format!("`allowed_network: [\"{value}\"]`")))?;
                Ok(Permit { edits: vec![edit], what: format!("add `{value}` to a new `allowed_network`") })
            }
        },
        (Operation::Syscall, _) => {
            removal(page, "blocked_syscalls", process.blocked_syscalls.as_ref(), |syscall| {
                event.syscall == Some(*syscall)
            })
        }
        _ => Err(NotProposed::NoList),
    }
}

/// Adds an exception. It is about the process, and about its parent where that is known.
fn of_rule(page: &Page<'_>, rule: &EnforcementRule, event: &Event) -> Result<Permit, NotProposed> {
    let process = event.binary.as_deref().ok_or(NotProposed::Lacks("binary"))?;
    exact(process)?;
    let parent = event.parent().filter(|parent| exact(parent).is_ok());
    let mut fields = vec![("process", process.to_owned())];
    fields.extend(parent.map(|parent| ("parent", parent.to_owned())));
    fields.push(("reason", format!("found legitimate: {event}")));
    let last = rule.exceptions.last().map(|exception| exception.span);
    let edit = page.exception(last, rule.template.span, &fields);
    let edit =
        edit.ok_or_else(|| NotProposed::Layout(format!("an exception for the process `{process}`")))?;
    let child = parent.map(|parent| format!(" as a child of `{parent}`")).unwrap_or_default();
    Ok(Permit { edits: vec![edit], what: format!("add an exception for `{process}`{child}") })
}

fn path(event: &Event) -> Result<String, NotProposed> {
    if event.anonymous == Some(true) {
        return Err(NotProposed::Anonymous);
    }
    let path = event.path.clone().ok_or(NotProposed::Lacks("path"))?;
    exact(&path)?;
    Ok(path)
}

/// Checks that a list can contain this path: as a file, or with what is below it.
fn exact(path: &str) -> Result<(), NotProposed> {
    match PathPattern::parse(path) {
        Ok(PathPattern::Tree(file)) if file.as_str() == path => Ok(()),
        _ => Err(NotProposed::NoEntry(path.to_owned())),
    }
}

fn block(address: IpAddr) -> String {
    format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })
}

fn add<T>(page: &Page<'_>, key: &str, list: Option<&List<T>>, value: &str) -> Result<Permit, NotProposed> {
    let list = list.ok_or(NotProposed::NoList)?;
    let edit = page.item(list.span, list.items.last().map(|item| item.span), value);
    Ok(Permit { edits: vec![edit], what: format!("add `{value}` to `{key}`") })
}

fn removal<T>(
    page: &Page<'_>,
    key: &str,
    list: Option<&List<T>>,
    is_it: impl Fn(&T) -> bool,
) -> Result<Permit, NotProposed> {
    let spans: Vec<Span> = list
        .into_iter()
        .flat_map(|list| &list.items)
        .filter(|item| is_it(&item.value))
        .map(|item| item.span)
        .collect();
    remove(page, key, list, |span| spans.contains(&span))
}

/// Removes an entry of a block list.
fn remove<T>(
    page: &Page<'_>,
    key: &str,
    list: Option<&List<T>>,
    is_it: impl Fn(Span) -> bool,
) -> Result<Permit, NotProposed> {
    let list = list.ok_or(NotProposed::NoList)?;
    let spans: Vec<Span> = list.items.iter().map(|item: &Spanned<T>| item.span).collect();
    let at = spans.iter().position(|span| is_it(*span)).ok_or(NotProposed::NoList)?;
    let value = spans.get(at).map_or("", |span| page.text(*span)).to_owned();
    Ok(Permit {
        edits: vec![page.without(list.span, &spans, at)],
        what: format!("remove `{value}` from `{key}`"),
    })
}

#[cfg(test)]
mod tests;
