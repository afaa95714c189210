//! Reads a made-up repository of profiles and prints how long that took: `read_profiles [PROFILES] [ROUNDS]`.

#![allow(clippy::print_stdout, reason = "an example prints what it measures")]

use std::env;
use std::fmt::Write as _;
use std::time::Instant;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_policy::value::{Capability, Syscall};

fn main() {
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let profiles = numbers.next().unwrap_or(1_000);
    let rounds = numbers.next().unwrap_or(10);
    let sources = SourceSet::new((0..profiles).map(|number| (format!("{number}.yaml"), profile(number))));
    let bytes: usize = sources.iter().map(|(_, source)| source.text().len()).sum();
    println!("{profiles} profiles, {bytes} bytes");
    for _ in 0..rounds {
        let start = Instant::now();
        let mut sink = Sink::new(Levels::default());
        let documents = document::read(&sources, &mut sink).documents;
        println!("{} documents, {} findings, {:?}", documents.len(), sink.count(), start.elapsed());
    }
}

/// Makes a profile with twenty entries in each dimension.
fn profile(number: usize) -> String {
    let mut text = format!(
        "kind: GuardianProfile\nname: nf-{number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n"
    );
    let mut list = |name: &str, item: &dyn Fn(usize) -> String| {
        let _ = writeln!(text, "{name}:");
        for index in 0..20 {
            let _ = writeln!(text, "  - {}", item(index));
        }
    };
    let capabilities: Vec<_> = Capability::all().collect();
    let syscalls: Vec<_> = Syscall::all().collect();
    list("allowed_spawns", &|index| format!("/opt/nf{number}/bin/tool{index}"));
    list("allowed_files", &|index| format!("/var/lib/nf{number}/data{index}/"));
    list("allowed_dst_ports", &|index| format!("{}", 8_000 + index * 7));
    list("allowed_dst_cidrs", &|index| format!("10.{}.{index}.0/24", number % 256));
    list("allowed_capabilities", &|index| format!("{}", capabilities[(number + index) % capabilities.len()]));
    list("blocked_syscalls", &|index| format!("{}", syscalls[(number + index * 3) % syscalls.len()]));
    text
}
