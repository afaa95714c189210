//! Any text -> the Tetragon policies in it, judged on an event of each operation: no panic, and a range of effects
//! exactly where something is needed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_policy::confine::Operation;
use telovix_policy::judge::Event;
use telovix_tetragon::interpret::{Decided, Representatives};

fuzz_target!(|text: &str| {
    let sources = SourceSet::single("case.yaml", text);
    let mut sink = Sink::new(Levels::default());
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, sink| {
            policies.extend(telovix_tetragon::read(&tree.root, sink));
        });
    }
    for policy in &policies {
        let decided = Decided::new(policy);
        for operation in Operation::ALL {
            let mut events = Representatives::of(operation);
            events.add(&decided, |_| true);
            let complete = events.events().unwrap_or_default();
            for event in complete.iter().take(64).chain([&Event::new(operation)]) {
                let ruling = decided.judge(event);
                assert!(ruling.least <= ruling.most);
                assert_eq!(ruling.needs.is_empty(), ruling.least == ruling.most);
            }
        }
    }
});
