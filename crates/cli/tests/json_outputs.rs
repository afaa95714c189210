//! What every command prints with `--format json` -> checked against the published schema of `schemas/output`.
//!
//! Commands that change the kernel print nothing here; the kernel tests (`xtask/src/kernel_test/document.rs`) check
//! what they print in a virtual machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jsonschema::Validator;
use serde_json::Value;

/// Commands that need a kernel with BPF, and their schemas: the kernel tests check what they print.
const KERNEL_COMMANDS: [&str; 6] = ["apply", "confirm", "plan", "remove", "rollback", "status"];

/// Commands that need a server: `tests/clickhouse.rs` checks what they print.
const SERVER_COMMANDS: [&str; 1] = ["load"];

/// Commands whose JSON is a format of others: `report compliance` prints OSCAL, whose schema is NIST's; the transcript
/// `tests/cli/report-compliance` shows it.
const FOREIGN_FORMATS: [&str; 1] = ["report compliance"];

/// Commands that print one document a line.
const LINES: [&str; 2] = ["why", "detect"];

/// Preparations, and schemas with a command that prints a document of each, in the order in which they are run.
/// Each line of `why` and `detect` is a document.
const RUNS: &[(&str, &str)] = &[
    (
        "",
        "chmod 600 keys/*.key && cp keys/release.key policy-signing.ed25519 && chmod 600 policy-signing.ed25519",
    ),
    (
        "",
        "mkdir adopted && cd adopted && git init -q . && printf 'name: amf\ntarget_binary: /opt/amf\nallowed_dst_cidrs: [0.0.0.0/0]\n' > amf.yaml",
    ),
    ("adopt", "cd adopted && telovix adopt --for native --owner noc"),
    ("report", "cd adopted && telovix lint"),
    ("baseline", "cd adopted && telovix baseline"),
    ("", "rm -r adopted"),
    ("report", "telovix lint amf.yaml"),
    ("report", "telovix lint wrong.yaml"),
    ("report", "telovix lint missing.yaml"),
    ("report", "telovix check amf.yaml"),
    ("report", "telovix check amf.yaml --base observing"),
    ("compile", "telovix compile amf.yaml --target native-6.12,tetragon-6.12 --output bundle"),
    ("compile", "telovix compile wrong.yaml"),
    ("fmt", "telovix fmt --check wrong.yaml"),
    ("fmt", "telovix fmt amf.yaml"),
    ("diff", "telovix diff observing deployed"),
    ("diff", "telovix diff amf.yaml amf.yaml"),
    ("query-who", "telovix query who exec /bin/sh --policy amf.yaml"),
    ("query-what", "telovix query what /opt/amf/bin/amf connect --policy amf.yaml"),
    (
        "query-which",
        r#"telovix query which '{"operation": "exec", "binary": "/opt/amf/bin/amf", "path": "/tmp/x"}' --policy amf.yaml"#,
    ),
    ("report", "telovix query who connect localhost --policy amf.yaml"),
    (
        "why",
        r#"printf '{"operation": "exec", "binary": "/opt/amf/bin/amf"}\nnoise\n' | telovix why --policy amf.yaml"#,
    ),
    (
        "why",
        r#"telovix why '{"operation": "exec", "binary": "/opt/amf/bin/amf", "path": "/bin/sh"}' --policy amf.yaml --history tetragon.log"#,
    ),
    (
        "why",
        r#"printf '{"operation": "syscall", "binary": "/opt/amf/bin/amf", "syscall": "reboot"}\n' | telovix why --policy amf.yaml --target native-6.12,tetragon-6.12"#,
    ),
    ("impact", "telovix impact tetragon.log --policy amf.yaml --base deployed"),
    ("generate", "telovix generate tetragon.log"),
    ("generate", "telovix generate tetragon.log --holdout"),
    ("detect", "telovix detect tetragon.log --policy amf.yaml"),
    ("review", "telovix review amf.yaml"),
    ("readiness", "telovix readiness amf.yaml --history tetragon.log"),
    ("inspect", "telovix inspect bundle"),
    ("explain", "telovix explain"),
    ("explain", "telovix explain cidr-any"),
    ("explain-template", "telovix explain block-memfd-create"),
    ("explain-targets", "telovix explain targets"),
    ("exit-codes", "telovix explain exit-codes"),
    ("report", "telovix explain no-such-code"),
    ("keygen", "telovix keygen new --no-passphrase"),
    (
        "trust-change",
        "telovix trust init --key keys/root.key --signing-key keys/release.pub --audit-log audit.ndjson",
    ),
    ("trust-change", "telovix trust set --minimum-epoch 40 --key keys/root.key"),
    ("trust-change", "telovix trust add new.pub --key keys/root.key"),
    ("trust-change", "telovix trust revoke new --reason lost --key keys/root.key"),
    ("trust-show", "telovix trust show"),
    ("sign", "telovix sign bundle --epoch 41"),
    ("verify", "telovix verify bundle"),
    ("verify", "telovix verify bundle --accept --state state.json --audit-log audit.ndjson"),
    ("verify", "telovix verify keys"),
    ("trust-change", "telovix trust rotate release keys/next.pub --key keys/root.key"),
    ("trust-change", "telovix trust add keys/next.pub --role root --key keys/root.key"),
    ("trust-change", "telovix trust sign --key keys/next.key"),
    ("trust-log", "telovix trust log audit.ndjson"),
    (
        "trust-reset-epoch",
        "telovix trust reset-epoch --to 40 --reason rehearsal --state state.json --audit-log audit.ndjson",
    ),
];

fn shell(command: &str, folder: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_telovix"));
    let path = std::env::var("PATH").expect("the tests run with a PATH");
    let programs = binary.parent().expect("a program is in a folder").display();
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{programs}:{path}"))
        .env_remove("TELOVIX_PASSPHRASE")
        .output()
        .expect("sh starts")
}

fn validator(schema: &str) -> Validator {
    let path = telovix_snapshot::root().join(format!("schemas/output/{schema}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    jsonschema::draft202012::new(&schema).expect("a schema is a JSON Schema")
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder of cases") {
        let entry = entry.expect("a folder of cases");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a new folder");
            copy(&entry.path(), &target);
        } else if entry.file_name() != "console" {
            fs::copy(entry.path(), target).expect("a new file");
        }
    }
}

#[test]
fn every_document_is_as_its_schema_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path();
    fs::create_dir(place.join(".git")).expect("a new folder");
    copy(&telovix_snapshot::root().join("tests/cli/impact"), place);
    fs::create_dir(place.join("keys")).expect("a new folder");
    copy(&telovix_snapshot::root().join("tests/cli/signing/keys"), &place.join("keys"));
    fs::write(place.join("wrong.yaml"), "kind: GuardianProfile\nname: a\nmodee: enforce\n")
        .expect("a new file");
    let mut problems = Vec::new();
    for (schema, command) in RUNS {
        if schema.is_empty() {
            assert!(shell(command, place).status.success(), "{command}");
            continue;
        }
        let output = shell(&format!("{command} --format json"), place);
        let text = String::from_utf8(output.stdout).expect("a document is UTF-8");
        let documents: Vec<&str> = if LINES.contains(schema) { text.lines().collect() } else { vec![&text] };
        if text.trim().is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            problems.push(format!("{command}: printed no document\n{said}"));
            continue;
        }
        let validator = validator(schema);
        for document in documents {
            match serde_json::from_str::<Value>(document) {
                Err(error) => problems.push(format!("{command}: not JSON: {error}\n{document}")),
                Ok(value) => {
                    let errors = validator.iter_errors(&value);
                    problems
                        .extend(errors.map(|error| format!("{command}: {}: {error}", error.instance_path())));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_schema_is_used() {
    let schemas = fs::read_dir(telovix_snapshot::root().join("schemas/output")).expect("a folder of schemas");
    let published: BTreeSet<String> = schemas
        .map(|entry| entry.expect("a folder of schemas").path())
        .map(|path| path.file_stem().expect("a schema has a name").to_string_lossy().into_owned())
        .collect();
    let shown = RUNS.iter().map(|(schema, _)| *schema).filter(|schema| !schema.is_empty());
    let used: BTreeSet<String> =
        shown.chain(KERNEL_COMMANDS).chain(SERVER_COMMANDS).map(str::to_owned).collect();
    assert_eq!(published, used);
}

#[test]
fn every_command_with_a_json_format_is_run() {
    let mut missing = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(command) = waiting.pop() {
        let help = shell(&format!("telovix {command} --help"), Path::new(".")).stdout;
        let help = String::from_utf8(help).expect("help is UTF-8");
        let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let below = below.take_while(|line| !line.is_empty()).filter_map(|line| {
            // Continued descriptions are indented further.
            line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split(' ').next()
        });
        waiting.extend(below.filter(|name| *name != "help").map(|name| format!("{command} {name}")));
        let name = command.trim_start();
        let has_json = help.contains("--format <FORMAT>") && !name.is_empty();
        let runs =
            RUNS.iter().any(|(_, run)| run.contains(&format!("telovix {name} ")) || run.ends_with(name));
        let elsewhere = KERNEL_COMMANDS
            .iter()
            .chain(&SERVER_COMMANDS)
            .chain(&FOREIGN_FORMATS)
            .any(|known| *known == name);
        if has_json && !runs && !elsewhere {
            missing.push(name.to_owned());
        }
    }
    assert!(missing.is_empty(), "no run of {missing:?}");
}
