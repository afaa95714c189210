//! Measures a comparison of two large policies: `cargo run --release -p telovix-compiler --example difference -- 10000`.
//!
//! Each side has so many profiles with 20 entries in each dimension, 5 % of which differ. Prints the seconds of each step and the
//! most memory the process held; `-- 10000 all` also measures reading both sides in full.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops where it cannot go on"
)]

use std::fmt::Write as _;
use std::time::Instant;

use telovix_compare::{Side, compare, read_both};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower::{Options, Policy, lower};
use telovix_policy::value::Date;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let started = Instant::now();
    let before = SourceSet::new((0..count).map(|at| (name(at), profile(at, false))));
    let after = SourceSet::new((0..count).map(|at| (name(at), profile(at, at % 20 == 0))));
    println!("write    {:8.3} s", started.elapsed().as_secs_f64());
    let as_of = Date::parse("2026-11-20").unwrap();
    let started = Instant::now();
    let (old, new) = read_both(&before, &after, as_of);
    println!("read     {:8.3} s, {} MB", started.elapsed().as_secs_f64(), peak());
    let started = Instant::now();
    let (old_side, new_side) = (Side::of_reading(&old, &before), Side::of_reading(&new, &after));
    let difference = compare(&old_side, &new_side);
    let changed = difference.subjects.iter().filter(|subject| !subject.is_unchanged()).count();
    println!("compare  {:8.3} s, {} MB", started.elapsed().as_secs_f64(), peak());
    println!("{count} profiles a side, {changed} changed: {}", difference.direction);
    // With a second argument: the same without leaving anything out.
    if std::env::args().nth(2).is_some() {
        let started = Instant::now();
        let (old, new) = (policy(&before, as_of), policy(&after, as_of));
        println!("read all {:8.3} s, {} MB", started.elapsed().as_secs_f64(), peak());
        let started = Instant::now();
        let difference = compare(&Side::of_policy(&old, &before), &Side::of_policy(&new, &after)).direction;
        println!("compare  {:8.3} s, {} MB: {difference}", started.elapsed().as_secs_f64(), peak());
    }
}

fn name(at: usize) -> String {
    format!("profiles/{at:06}.yaml")
}

fn profile(at: usize, changed: bool) -> String {
    let extra = usize::from(changed);
    let mut text = format!(
        "kind: GuardianProfile\nname: nf-{at}\ntarget_binary: /opt/nf{at}/bin/nf{at}\nmode: enforce\n"
    );
    let mut list = |name: &str, entry: &dyn Fn(usize) -> String, more: usize| {
        let entries: Vec<_> = (0..20 + more).map(entry).collect();
        writeln!(text, "{name}: [{}]", entries.join(", ")).unwrap();
    };
    list("allowed_spawns", &|entry| format!("/opt/nf{at}/libexec/helper{entry}"), 0);
    list("allowed_files", &|entry| format!("/var/lib/nf{at}/{entry}/"), extra);
    list("allowed_dst_ports", &|entry| format!("{}", 1_000 + 7 * entry), 0);
    list("allowed_dst_cidrs", &|entry| format!("10.{}.{}.0/24", at % 256, entry), extra);
    let capabilities: Vec<_> = telovix_policy::value::Capability::all().map(|one| one.to_string()).collect();
    list("allowed_capabilities", &|entry| capabilities[entry].clone(), extra);
    let syscalls: Vec<_> =
        telovix_policy::value::Syscall::all().map(telovix_policy::value::Syscall::name).collect();
    list("blocked_syscalls", &|entry| syscalls[(at + entry) % syscalls.len()].to_owned(), 0);
    text
}

fn policy(sources: &SourceSet, as_of: Date) -> Policy {
    let mut sink = Sink::default();
    let documents = document::read(sources, &mut sink).documents;
    lower(documents, sources, Options { as_of }, &mut sink)
}

/// Returns the most memory that was resident at once, in megabytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
