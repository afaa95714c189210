//! Cases of `tests/targets/` -> the findings, the artifacts and the attached programs on the targets of the first line.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use telovix_compiler::emit::manifest::Manifest;
use telovix_compiler::{Options, Outcome, compile_to};
use telovix_diagnostic::Severity;
use telovix_diagnostic::source::SourceSet;
use telovix_platform::{Release, Target};
use telovix_policy::value::Date;

#[test]
fn targets_get_what_is_expected() {
    telovix_snapshot::assert_cases("targets", 10, |files| {
        let options = files.iter().find_map(|(_, text)| options(text)).expect("a line `# targets: …`");
        report(&SourceSet::new(files), &options)
    });
}

/// A profile with a list of every kind: some entries that all have, and some of its own.
fn profile(number: usize) -> String {
    format!(
        "---\nkind: GuardianProfile\nname: nf{number}\ntarget_binary: /opt/nf{number}/bin/nf\nmode: enforce\n\
         allowed_spawns: [/usr/bin/logger, /opt/nf{number}/bin/]\n\
         allowed_files: [/usr/lib/, /etc/ld.so.cache, /var/lib/nf{number}/]\n\
         allowed_dst_ports: [443, {port}]\nallowed_dst_cidrs: [10.0.0.0/16, 10.{block}.0.0/16]\n\
         allowed_capabilities: [NET_BIND_SERVICE{capability}]\nblocked_syscalls: [ptrace]\n\
         waive: [{{name: kill-instead-of-deny, reason: generated}}]\n",
        port = 5_000 + number,
        block = 1 + number,
        capability = if number.is_multiple_of(3) { ", SYS_NICE" } else { "" },
    )
}

#[test]
fn a_hundred_profiles_with_every_list_load() {
    let text: String = (0..100).map(profile).collect();
    let sources = SourceSet::single("profiles.yaml", &text);
    let target = Target::parse("tetragon-6.12").expect("a target");
    let (outcome, manifest) = compile(&sources, &on(vec![target]));
    let errors: Vec<String> = outcome
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.plain(&sources))
        .collect();
    assert!(errors.is_empty(), "{}", errors.concat());
    let manifest: Manifest<'_> = serde_json::from_slice(&manifest).expect("a manifest");
    let programs = manifest.budget.programs.get(target.name()).expect("a budget");
    let hooks = ["bprm_check_security", "capable", "file_open", "path_truncate", "socket_connect"];
    for hook in hooks {
        let count = programs.get(hook).copied().unwrap_or_default();
        assert!((2..=38).contains(&count), "{hook}: {count}");
    }
}

/// Reads `# targets: a, b`, with the settings of Tetragon after a semicolon.
fn options(text: &str) -> Option<Options> {
    let mut parts = text.lines().next()?.strip_prefix("# targets: ")?.split("; ");
    let parse = |name: &str| Target::parse(name).unwrap_or_else(|| panic!("`{name}` is no target"));
    let mut options = on(parts.next()?.split(", ").map(parse).collect());
    for setting in parts {
        match setting.split_once(' ') {
            Some(("version", version)) => {
                options.engine.release =
                    Release::parse(version).unwrap_or_else(|| panic!("no release {version}"));
            }
            None if setting == "parents_map" => options.engine.features.has_parents_map = true,
            _ => panic!("`{setting}` is no setting"),
        }
    }
    Some(options)
}

fn on(targets: Vec<Target>) -> Options {
    Options { targets, ..Options::on(Date::parse("2026-11-21").expect("a date")) }
}

/// Compiles, and keeps the manifest.
fn compile(sources: &SourceSet, options: &Options) -> (Outcome, Vec<u8>) {
    let mut manifest = Vec::new();
    let mut keep = |path: &str, bytes: &[u8]| {
        if path == "manifest.json" {
            manifest = bytes.to_vec();
        }
        ControlFlow::Continue(())
    };
    let outcome = compile_to(sources, options, &mut keep);
    (outcome, manifest)
}

fn report(sources: &SourceSet, options: &Options) -> String {
    let (outcome, manifest) = compile(sources, options);
    let mut text = String::new();
    for diagnostic in &outcome.diagnostics {
        text.push_str(&diagnostic.plain(sources));
    }
    let Some(artifacts) = outcome.artifacts else {
        text.push_str("no artifacts\n");
        return text;
    };
    for artifact in artifacts {
        let _ = writeln!(text, "{} from {} documents", artifact.path, artifact.sources.len());
    }
    let manifest: Manifest<'_> = serde_json::from_slice(&manifest).expect("a manifest");
    for (target, programs) in &manifest.budget.programs {
        for (hook, count) in programs {
            let _ = writeln!(text, "{target} attaches {count} at {hook}");
        }
    }
    let open = manifest
        .evasions
        .iter()
        .filter(|entry| entry.intent == "files" && entry.way.contains("root directory"));
    for entry in open {
        for (target, status) in &entry.status {
            let _ = writeln!(text, "{}: {target}: {}, {}", entry.way, status.status, status.reason);
        }
    }
    text
}
