//! A policy packed by hand: does the vertical slice hold?

use std::process::Command;

use telovix_bpf_programs::image::{Image, Sections};
use telovix_bpf_programs::layout::*;
use telovix_bpf_runtime::{Places, apply};

pub(crate) fn run() {
    std::fs::create_dir_all("/srv/secret").expect("folder");
    std::fs::write("/srv/secret/key", "x").expect("file");
    std::fs::write("/srv/open", "x").expect("file");
    std::fs::hard_link("/init", "/opt/app").expect("link");
    std::fs::hard_link("/init", "/opt/other").expect("link");
    let show = |title: &str| {
        for (binary, path) in
            [("/opt/app", "/srv/secret/key"), ("/opt/app", "/srv/open"), ("/opt/other", "/srv/secret/key")]
        {
            let status = Command::new(binary).args(["open", path]).status();
            println!("@@ INFO {title} {binary} {path} {status:?}");
        }
    };
    show("before");
    match telovix_bpf_runtime::probe::probe(&Places::default()) {
        Ok(states) => {
            for state in states {
                match state.refused {
                    None => println!("@@ PASS load {}", state.hook),
                    Some(reason) => println!("@@ FAIL load {}: {reason}", state.hook),
                }
            }
        }
        Err(error) => println!("@@ FAIL {error}"),
    }
    let image = image();
    match apply::apply(&Places::default(), &image, &apply::Options::default()) {
        Ok(applied) => println!("@@ PASS {applied:?}"),
        Err(error) => println!("@@ FAIL {error}"),
    }
    show("after");
    println!("@@ INFO {:?}", std::fs::read_to_string("/sys/kernel/security/lsm"));
    let status = telovix_bpf_runtime::status::status(&Places::default(), &Default::default());
    println!("@@ INFO {status:?}");
    let mut events = telovix_bpf_runtime::events::Events::open(&Places::default()).expect("events");
    while let Some(event) = events.take() {
        println!("@@ INFO {event:?}");
    }
    println!("@@ INFO {:?}", telovix_bpf_runtime::switch::remove(&Places::default()));
    show("removed");
}

fn image() -> Image {
    let mut sections = Sections::default();
    sections.push_string("");
    sections.push(Section::Scopes, &0_u32);
    let none = PathState { child: 0, exact: 0, below: 0, subtree: 0 };
    let chunk = |text: &str| {
        let mut chunk = [0; CHUNK];
        chunk[..text.len()].copy_from_slice(text.as_bytes());
        chunk
    };
    let mut edges = vec![
        (
            EdgeKey { node: 2, chunk: chunk("srv") },
            PathState { child: 1 | NODE_HAS_EDGES, exact: 0, below: 0, subtree: 1 },
        ),
        (EdgeKey { node: 1, chunk: chunk("secret") }, PathState { child: 0, exact: 1, below: 1, subtree: 1 }),
        (
            EdgeKey { node: 4, chunk: chunk("opt") },
            PathState { child: 3 | NODE_HAS_EDGES, exact: 0, below: 0, subtree: 1 },
        ),
        (EdgeKey { node: 3, chunk: chunk("app") }, PathState { child: 0, exact: 1, below: 0, subtree: 1 }),
    ];
    edges.sort_by_key(|(key, _)| {
        let mut bytes = Vec::new();
        key.encode(&mut bytes);
        bytes
    });
    for (key, value) in &edges {
        sections.insert(Section::Edges, key, value);
    }
    sections.push(
        Section::Header,
        &Header {
            version: LAYOUT_VERSION,
            reserved: 0,
            subjects: PathState { child: 4 | NODE_HAS_EDGES, exact: 0, below: 0, subtree: 1 },
            names: none,
        },
    );
    sections.push(
        Section::Confinements,
        &Confinement {
            effect: Effect::Deny as u8,
            operation: Operation::File as u8,
            access: Access::ALL,
            scope: 0,
            flags: 0,
        },
    );
    sections.push(
        Section::Origins,
        &Origin { kind: 0, id: 0, name: 0, dimension: 0, file: 0, start: 0, end: 0, line: 0 },
    );
    sections.push(Section::Decisions, &Decision { confinement: 0, next: 0 });
    sections.push(Section::Decisions, &Decision { confinement: 0, next: 0 });
    sections.push(Section::Decisions, &Decision { confinement: 1, next: 0 });
    sections.push(Section::Classes, &1_u32);
    sections.push(Section::Classes, &2_u32);
    sections.push(
        Section::Confinements,
        &Confinement {
            effect: Effect::Log as u8,
            operation: Operation::Exec as u8,
            access: Access::ALL,
            scope: 0,
            flags: 0,
        },
    );
    sections.push(
        Section::Origins,
        &Origin { kind: 0, id: 0, name: 0, dimension: 0, file: 0, start: 0, end: 0, line: 0 },
    );
    let no_automaton = Automaton { root: none, classes: 0, class_count: 0 };
    let nothing = Domain {
        operations: 0,
        strict: 0,
        inherits: 0,
        exec: no_automaton,
        file: no_automaton,
        endpoints: Endpoints { start: 0, count: 0, classes: 0, class_count: 0 },
        syscalls: Syscalls { table: 0, classes: 0, class_count: 0 },
        anonymous_exec: 0,
        slots: [0; Operation::SLOTS],
        capabilities: [0; CAPABILITIES],
    };
    sections.push(
        Section::Domains,
        &Domain {
            operations: 1,
            exec: Automaton {
                root: PathState { child: 0, exact: 1, below: 1, subtree: 1 },
                classes: 1,
                class_count: 1,
            },
            ..nothing
        },
    );
    sections.push(
        Section::Domains,
        &Domain {
            operations: Operation::File.bit(),
            strict: Operation::File.bit(),
            file: Automaton {
                root: PathState { child: 2 | NODE_HAS_EDGES, exact: 0, below: 0, subtree: 1 },
                classes: 0,
                class_count: 1,
            },
            ..nothing
        },
    );
    sections.insert(Section::Subjects, &Subject { path: 1, name: 0 }, &1_u32);
    Image::new(sections).expect("a valid image")
}
