//! Developer tasks: one file per verb; `cargo xtask help` lists them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod bench;
mod bless;
mod bpf;
mod clickhouse;
mod dist;
mod docs;
mod fuzz;
mod kernel_tables;
mod kernel_test;
mod mutate_backends;
mod repository;
mod structure;
mod test;
mod tetragon_test;

use std::process::ExitCode;

/// One developer task.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

/// The exit code of a task that this machine cannot do, as test harnesses know it.
const SKIPPED: u8 = 77;

/// Every verb, in the order `help` prints them.
const VERBS: &[Verb] = &[
    Verb {
        name: "test",
        arguments: "[--no-kernel]",
        summary: "run all checks that a change must pass: format, structure, clippy, tests, examples, kernels",
        run: test::run,
    },
    Verb {
        name: "bench",
        arguments: "[--quick | --replay | --interpreter]",
        summary: "measure CPU time, memory and instructions of the release binary",
        run: bench::run,
    },
    Verb {
        name: "clickhouse",
        arguments: "",
        summary: "put clickhouse-server and chdb into target/clickhouse, for the tests that ask them",
        run: clickhouse::run,
    },
    Verb {
        name: "fuzz",
        arguments: "[--seconds N]",
        summary: "mutate policies at random and look for panics",
        run: fuzz::run,
    },
    Verb {
        name: "mutate-backends",
        arguments: "",
        summary: "put faults into TracingPolicies and images, and show that the proof catches each",
        run: mutate_backends::run,
    },
    Verb {
        name: "bless",
        arguments: "",
        summary: "rewrite every expected file of the tests, docs/reference and schemas",
        run: bless::run,
    },
    Verb {
        name: "docs",
        arguments: "",
        summary: "rewrite docs/reference and schemas from the code",
        run: docs::run,
    },
    Verb {
        name: "structure",
        arguments: "",
        summary: "compare the crates with ARCHITECTURE.md and look for cycles among their modules",
        run: structure::run,
    },
    Verb {
        name: "bpf",
        arguments: "[--check]",
        summary: "build the kernel programs into the committed object; --check fails when it differs",
        run: bpf::run,
    },
    Verb {
        name: "kernel-test",
        arguments: "[--kernel 6.1|6.12|7.2]... [--scenarios | --host [--every-step] | --cost | --race] [FILTER]",
        summary: "boot distribution kernels in a VM and run the scenarios of tests/kernel",
        run: kernel_test::run,
    },
    Verb {
        name: "tetragon-test",
        arguments: "--agent FOLDER [--kernel 6.1|6.12|7.2]... [REPOSITORY]",
        summary: "load the documents of a repository into a build of Tetragon in a VM, and try what they say; \
                  ends with 77 when there is no build",
        run: tetragon_test::run,
    },
    Verb {
        name: "kernel-tables",
        arguments: "[--check]",
        summary: "read the BTF of distribution kernels into the tables of crates/tetragon; --check fails when they differ",
        run: kernel_tables::run,
    },
    Verb {
        name: "dist",
        arguments: "[--target TRIPLE] [--tag vVERSION]",
        summary: "pack a release into target/dist: binary, completions, man pages, checksums, SBOM, notes",
        run: dist::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        help();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        help();
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("error: unknown verb `{name}`");
        help();
        return ExitCode::from(2);
    };
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<tetragon_test::Skipped>() => {
            println!("skipped: {error:#}");
            ExitCode::from(SKIPPED)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() {
    for verb in VERBS {
        eprintln!("cargo xtask {} {}\n    {}", verb.name, verb.arguments, verb.summary);
    }
}
