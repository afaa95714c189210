//! A document -> its lists, by the type of their entries.

use std::iter;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_document::{Document, Exception, GuardianProfile, List, RuntimeGuard};
use telovix_policy::value::{Cidr, NetworkPattern, PathPattern, PortRange, Syscall};

/// A list of paths and its field.
pub(super) struct PathList<'document> {
    pub(super) field: &'static str,
    pub(super) list: &'document List<PathPattern>,
}

/// Returns the entries of the file allowlists of a document, without those that match every path:
/// `list-confines-nothing` reports them.
pub(super) fn allowed_files(document: &Document) -> impl Iterator<Item = &Spanned<PathPattern>> {
    let lists = paths(document).into_iter().filter(|paths| paths.field == "allowed_files");
    lists.flat_map(|paths| &paths.list.items).filter(|item| !item.value.contains("/x"))
}

/// Returns every list of paths of a document.
pub(super) fn paths(document: &Document) -> Vec<PathList<'_>> {
    fn named<'document>(
        field: &'static str,
        list: &'document Option<List<PathPattern>>,
    ) -> Option<PathList<'document>> {
        list.as_ref().map(|list| PathList { field, list })
    }
    match document {
        Document::GuardianProfile(profile) => {
            let lists = [
                named("allowed_spawns", &profile.allowed_spawns),
                named("allowed_files", &profile.allowed_files),
            ];
            lists.into_iter().flatten().collect()
        }
        Document::RuntimeGuard(guard) => {
            let of_process = guard.processes.iter().flat_map(|process| {
                [
                    named("allowed_exec", &process.allowed_exec),
                    named("allowed_files", &process.allowed_files),
                    named("blocked_files", &process.blocked_files),
                ]
            });
            of_process.flatten().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns every path of a document as text, in block and allow lists, exceptions and binaries.
pub(super) fn path_texts(document: &Document) -> Vec<(String, Span)> {
    fn text(item: &Spanned<PathPattern>) -> (String, Span) {
        (item.value.to_string(), item.span)
    }
    let mut texts: Vec<(String, Span)> =
        paths(document).iter().flat_map(|named| &named.list.items).map(text).collect();
    for exception in exceptions(document) {
        texts.extend([&exception.process, &exception.parent].into_iter().flatten().map(text));
    }
    if let Document::GuardianProfile(profile) = document {
        texts.push((profile.target_binary.value.to_string(), profile.target_binary.span));
    }
    texts
}

/// Returns every list of blocked system calls of a document.
pub(super) fn blocked_syscalls(document: &Document) -> Box<dyn Iterator<Item = &List<Syscall>> + '_> {
    match document {
        Document::GuardianProfile(profile) => Box::new(profile.blocked_syscalls.iter()),
        Document::RuntimeGuard(guard) => {
            Box::new(guard.processes.iter().filter_map(|process| process.blocked_syscalls.as_ref()))
        }
        _ => Box::new(iter::empty()),
    }
}

/// Returns every CIDR block in the allowlists of a document.
pub(super) fn allowed_cidrs(document: &Document) -> Box<dyn Iterator<Item = Spanned<Cidr>> + '_> {
    match document {
        Document::GuardianProfile(profile) => Box::new(items(profile.allowed_dst_cidrs.as_ref())),
        Document::RuntimeGuard(guard) => {
            let allowed = guard.processes.iter().filter_map(|process| process.allowed_network.as_ref());
            let entries = allowed.flat_map(|list| &list.items);
            Box::new(entries.filter_map(|item| item.value.cidr.map(|cidr| Spanned::new(cidr, item.span))))
        }
        _ => Box::new(iter::empty()),
    }
}

/// Returns every CIDR block of a document.
pub(super) fn cidrs(document: &Document) -> Box<dyn Iterator<Item = Spanned<Cidr>> + '_> {
    match document {
        Document::GuardianProfile(profile) => Box::new(items(profile.allowed_dst_cidrs.as_ref())),
        Document::RuntimeGuard(guard) => Box::new(
            network_entries(guard)
                .filter_map(|item| item.value.cidr.map(|cidr| Spanned::new(cidr, item.span))),
        ),
        Document::GuardianPolicy(detection) => Box::new(detection.match_dst_ip_prefix.iter().copied()),
        _ => Box::new(iter::empty()),
    }
}

/// Returns every port range of a document.
pub(super) fn ports(document: &Document) -> Box<dyn Iterator<Item = Spanned<PortRange>> + '_> {
    match document {
        Document::GuardianProfile(profile) => Box::new(items(profile.allowed_dst_ports.as_ref())),
        Document::RuntimeGuard(guard) => Box::new(
            network_entries(guard)
                .filter_map(|item| item.value.ports.map(|ports| Spanned::new(ports, item.span))),
        ),
        Document::GuardianPolicy(detection) => Box::new(items(detection.match_dst_port.as_ref())),
        _ => Box::new(iter::empty()),
    }
}

fn items<T: Copy>(list: Option<&List<T>>) -> impl Iterator<Item = Spanned<T>> {
    list.into_iter().flat_map(|list| &list.items).copied()
}

/// Returns the exceptions of a document.
pub(super) fn exceptions(document: &Document) -> &[Exception] {
    match document {
        Document::GuardianProfile(profile) => &profile.exceptions,
        Document::EnforcementRule(rule) => &rule.exceptions,
        _ => &[],
    }
}

/// Returns each allowlist of a profile: field, place, number of entries.
pub(super) fn allowlists(profile: &GuardianProfile) -> Vec<(&'static str, Span, usize)> {
    fn named<T>(field: &'static str, list: &Option<List<T>>) -> Option<(&'static str, Span, usize)> {
        list.as_ref().map(|list| (field, list.span, list.items.len()))
    }
    let lists = [
        named("allowed_spawns", &profile.allowed_spawns),
        named("allowed_files", &profile.allowed_files),
        named("allowed_dst_ports", &profile.allowed_dst_ports),
        named("allowed_dst_cidrs", &profile.allowed_dst_cidrs),
        named("allowed_capabilities", &profile.allowed_capabilities),
    ];
    lists.into_iter().flatten().collect()
}

/// Returns the entries of the network lists of a guard, allowed and blocked.
fn network_entries(guard: &RuntimeGuard) -> impl Iterator<Item = &Spanned<NetworkPattern>> {
    let lists =
        guard.processes.iter().flat_map(|process| [&process.allowed_network, &process.blocked_network]);
    lists.flatten().flat_map(|list| &list.items)
}
