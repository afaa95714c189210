//! Packs a made-up repository of profiles and prints what the image costs: `pack_image [PROFILES] [ROUNDS]`.
//!
//! Every profile has twenty entries of its own in each dimension, so next to nothing can be shared; the thirteen
//! built-in templates act on everybody. Times are CPU time of this thread.

#![allow(clippy::print_stdout, reason = "an example prints what it measures")]

use std::env;
use std::fmt::Write as _;
use std::fs;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{Domain, HOOKS, Section};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::Template;
use telovix_document::lower;
use telovix_image as image;
use telovix_policy::value::{Capability, Date, Syscall};

const ENTRIES: usize = 20;
const DIMENSIONS: usize = 6;

fn main() {
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let profiles: usize = numbers.next().unwrap_or(1_000);
    let rounds: usize = numbers.next().unwrap_or(5);
    let mut texts: Vec<(String, String)> =
        (0..profiles).map(|number| (format!("{number}.yaml"), profile(number))).collect();
    texts.push(("templates.yaml".to_owned(), templates()));
    let sources = SourceSet::new(texts);
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(&sources, &mut sink).documents;
    let as_of = Date::parse("2026-11-20").expect("a date");
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut sink);
    println!("{profiles} profiles, {} confinements", policy.confinements.len());

    let before = status("VmRSS:");
    let mut image = None;
    for _ in 0..rounds.max(1) {
        let start = cpu_milliseconds();
        image = image::pack(&policy.confinements, &sources, &mut sink);
        let packed = cpu_milliseconds();
        let image = image.as_ref().expect("the policy fits an image");
        let file = image.write();
        let written = cpu_milliseconds();
        let read = Image::read(&file).is_ok_and(|again| again == *image);
        let verified = cpu_milliseconds();
        println!(
            "pack and check {:.1} ms, write {:.1} ms, read {:.1} ms (equal: {read}), {} bytes",
            packed - start,
            written - packed,
            verified - written,
            file.len()
        );
    }
    let image = image.expect("packed in the loop");
    let grown = status("VmHWM:").saturating_sub(before);
    print_maps(&image);
    println!(
        "memory beyond the policy: {grown} KiB, {} bytes per entry",
        grown * 1024 / (profiles * ENTRIES * DIMENSIONS)
    );
}

fn print_maps(image: &Image) {
    for section in Section::ALL {
        let count = image.count(section);
        println!(
            "{:24} {count:>9} records {:>10} bytes in the kernel",
            section.name(),
            section.kernel_bytes(count)
        );
    }
    let operations =
        image.records::<Domain>(Section::Domains).fold(0, |bits, domain| bits | domain.operations);
    let used = |hook: &&telovix_bpf_programs::layout::Hook| {
        hook.operations.iter().any(|one| one.bit() & operations != 0)
    };
    let bytes = image.kernel_bytes();
    println!(
        "maps: {bytes} bytes ({:.2} MiB); programs: {}, one per hook",
        bytes as f64 / 1_048_576.0,
        HOOKS.iter().filter(used).count()
    );
}

/// Makes a profile with twenty entries in each dimension.
fn profile(number: usize) -> String {
    let mut text = format!(
        "kind: GuardianProfile\nname: nf-{number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n"
    );
    let mut list = |name: &str, item: &dyn Fn(usize) -> String| {
        let _ = writeln!(text, "{name}:");
        for index in 0..ENTRIES {
            let _ = writeln!(text, "  - {}", item(index));
        }
    };
    let capabilities: Vec<_> = Capability::all().collect();
    let syscalls: Vec<_> = Syscall::all().collect();
    list("allowed_spawns", &|index| format!("/opt/nf{number}/bin/tool{index}"));
    list("allowed_files", &|index| format!("/var/lib/nf{number}/data{index}/"));
    list("allowed_dst_ports", &|index| format!("{}", 1_024 + (number * 7 + index * 13) % 60_000));
    list("allowed_dst_cidrs", &|index| {
        format!("{}.{}.{}.0/24", 10 + number / 65_536, number / 256 % 256, (number % 256 + index * 11) % 256)
    });
    list("allowed_capabilities", &|index| format!("{}", capabilities[(number + index) % capabilities.len()]));
    list("blocked_syscalls", &|index| {
        format!("{}", syscalls[(number * 31 + index * (7 + number % 13)) % syscalls.len()])
    });
    text
}

fn templates() -> String {
    let built_in = Template::ALL.into_iter().filter(|template| *template != Template::Custom);
    built_in
        .map(|template| format!("---\nkind: EnforcementRule\nname: {0}\ntemplate: {0}\n", template.id()))
        .collect()
}

/// CPU time of this thread; 0 where the kernel does not tell.
fn cpu_milliseconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e6
}

/// A line of `/proc/self/status`, in KiB.
fn status(key: &str) -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
