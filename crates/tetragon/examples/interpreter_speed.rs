//! Prints how many events a second the interpreter judges: by one policy, and by a hundred.
//!
//! `cargo xtask bench --interpreter` runs it in an optimised build.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Access, Operation};
use telovix_policy::judge::Event;
use telovix_policy::value::Capability;
use telovix_tetragon::interpret::Decided;
use telovix_tetragon::read;

/// Events of each measurement.
const EVENTS: usize = 1_000_000;

fn main() {
    let files = files(0);
    let events = events();
    let opens: Vec<Event> =
        events.iter().filter(|event| event.operation == Operation::Open).cloned().collect();
    measure("one policy of 40 files, opens", std::slice::from_ref(&files), &opens, EVENTS);
    let hundred: Vec<Decided> = (0..100)
        .map(|number| match number % 4 {
            0 => self::files(number),
            1 => decided(&format!("bprm_check_security\n    args: [{{index: 0, type: linux_binprm}}]\n    selectors:\n    - matchBinaries: [{{operator: In, values: [/opt/{number}/bin]}}]\n      matchArgs: [{{index: 0, operator: NotPrefix, values: [/usr/bin/, /opt/{number}/]}}]\n      matchActions: [{{action: Override, argError: -1}}]\n")),
            2 => decided(&format!("socket_connect\n    args: [{{index: 1, type: sockaddr}}]\n    selectors:\n    - matchArgs: [{{index: 1, operator: SAddr, values: [10.{number}.0.0/16]}}, {{index: 1, operator: NotSPort, values: [\"443\"]}}]\n      matchActions: [{{action: Sigkill}}]\n")),
            _ => decided(&format!("capable\n    args: [{{index: 2, type: int}}]\n    selectors:\n    - matchBinaries: [{{operator: NotIn, values: [/usr/bin/{number}]}}]\n      matchArgs: [{{index: 2, operator: InMap, values: [\"12\", \"21\"]}}]\n      matchActions: [{{action: Override, argError: -1}}]\n")),
        })
        .collect();
    measure("a hundred policies on four hooks, all events", &hundred, &events, EVENTS / 10);
    measure("a hundred policies on four hooks, opens", &hundred, &opens, EVENTS / 10);
}

fn measure(name: &str, policies: &[Decided], events: &[Event], count: usize) {
    let start = Instant::now();
    let mut stopped = 0_usize;
    for event in events.iter().cycle().take(count) {
        let strongest = policies.iter().map(|policy| policy.judge(black_box(event)).most).max();
        stopped += usize::from(strongest > Some(telovix_policy::confine::Effect::Log));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{name}: {:.0} events/s ({stopped} of {count} stopped)", count as f64 / seconds);
}

fn files(number: usize) -> Decided {
    let values: Vec<String> = (0..20).map(|file| format!("/srv/{number}/secret-{file}")).collect();
    let folders: Vec<String> = (0..20).map(|folder| format!("/var/lib/{number}/data-{folder}/")).collect();
    decided(&format!(
        "file_open\n    args: [{{index: 0, type: file}}]\n    selectors:\n    - matchBinaries: [{{operator: In, values: [/usr/sbin/sshd]}}]\n      matchActions: [{{action: NoPost}}]\n    - matchArgs: [{{index: 0, operator: Equal, values: [{}]}}]\n      matchActions: [{{action: Override, argError: -1}}]\n    - matchArgs: [{{index: 0, operator: Prefix, values: [{}]}}]\n      matchActions: [{{action: Sigkill}}]\n",
        values.join(", "),
        folders.join(", ")
    ))
}

fn decided(hook: &str) -> Decided {
    let text = format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: bench}}\nspec:\n  lsmhooks:\n  - hook: {hook}"
    );
    let sources = SourceSet::single("bench.yaml", &text);
    let mut sink = Sink::default();
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, sink| policies.extend(read(&tree.root, sink)));
    }
    assert!(!sink.has_errors(), "{:?}", sink.into_sorted());
    Decided::new(policies.first().expect("one policy"))
}

fn events() -> Vec<Event> {
    let mut events = Vec::new();
    for number in 0..1_000_u32 {
        let path = match number % 4 {
            0 => format!("/srv/{}/secret-{}", number % 100, number % 20),
            1 => format!("/var/lib/{}/data-{}/file-{number}", number % 100, number % 20),
            _ => format!("/usr/share/doc/{number}/copyright"),
        };
        let process = |operation| Event {
            binary: Some(format!("/usr/bin/{}", number % 50)),
            parent: Some("/usr/bin/bash".to_owned()),
            ancestors: Some(vec!["/usr/bin/bash".to_owned(), "/sbin/init".to_owned()]),
            ..Event::new(operation)
        };
        events.push(Event {
            path: Some(path.clone()),
            access: Some([Access::Read].into_iter().collect()),
            ..process(Operation::Open)
        });
        events.push(Event { path: Some(path), anonymous: Some(false), ..process(Operation::Exec) });
        let address = std::net::Ipv4Addr::new(10, (number % 200) as u8, 0, 1);
        events.push(Event { address: Some(address.into()), port: Some(80), ..process(Operation::Connect) });
        let capability = Capability::from_number((number % 41) as u8);
        events.push(Event { capability, ..process(Operation::Capability) });
    }
    events
}
