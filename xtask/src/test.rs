//! `cargo xtask test`: all checks that a change must pass before it is merged, in one command.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};

use crate::{bpf, repository};

/// One part of the run.
struct Step {
    name: &'static str,
    commands: Vec<Command>,
    /// Why this machine cannot run it, if it cannot.
    lacks: Option<String>,
}

/// The result of a part.
struct Outcome {
    name: &'static str,
    end: End,
    took: Duration,
    /// The summary lines of the test runners.
    closing: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    Skipped,
}

/// Runs every step, also after one that failed, then prints the result of each.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let kernel = match arguments {
        [] => true,
        [flag] if flag == "--no-kernel" => false,
        _ => bail!("usage: cargo xtask test [--no-kernel]"),
    };
    let mut outcomes = Vec::new();
    for step in steps(kernel) {
        outcomes.push(step.run()?);
    }
    println!("\n== summary");
    for outcome in &outcomes {
        let word = match outcome.end {
            End::Passed => "ok",
            End::Failed => "FAILED",
            End::Skipped => "skipped",
        };
        println!("{word:<7} {:<10} {:>5} s", outcome.name, outcome.took.as_secs());
        for line in &outcome.closing {
            println!("        {line}");
        }
    }
    let failed = outcomes.iter().filter(|outcome| outcome.end == End::Failed);
    let failed: Vec<_> = failed.map(|outcome| outcome.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The parts, cheapest first. The `tests` step also compares generated documents and schemas with the code.
fn steps(kernel: bool) -> Vec<Step> {
    let compiled = repository::target().join("xtask/compiled-policies");
    let compiled = compiled.to_string_lossy();
    let mut steps = vec![
        Step::new("format", [rustfmt()]),
        Step::new("structure", [cargo(&["xtask", "structure"])]),
        Step::new("clippy", [cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])]),
        Step::new("tests", [test_runner()]),
        Step::new("doctests", [cargo(&["test", "--workspace", "--doc"])]),
        Step::new(
            "examples",
            [
                cargo(&["run", "--package", "telovix", "--", "compile", "examples", "-o", &compiled]),
                cargo(&["run", "--package", "telovix", "--", "lint", "examples"]),
            ],
        ),
        // Advisories change without a commit here, so they are checked weekly in CI, not in this step.
        Step::new("deny", [cargo(&["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])])
            .needing(if installed("deny") { Ok(()) } else { Err(anyhow!("cargo-deny is not installed")) }),
        Step::new("object", [cargo(&["xtask", "bpf", "--check"])]).needing(bpf::available()),
    ];
    if kernel {
        steps.push(Step::new("kernel", [cargo(&["xtask", "kernel-test"])]));
    }
    steps
}

fn test_runner() -> Command {
    if installed("nextest") {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"])
    }
}

/// Returns whether cargo has a subcommand of that name on this machine.
fn installed(subcommand: &str) -> bool {
    let asked = Command::new(env!("CARGO")).args([subcommand, "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Checks the layout of every file: `cargo fmt` does not see modules that a macro declares, such as verbs.
fn rustfmt() -> Command {
    let mut command = Command::new("sh");
    let files = "git ls-files -z '*.rs' | xargs -0 rustfmt --edition 2024 --check";
    command.current_dir(repository::root()).args(["-c", files]);
    command
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(repository::root()).args(arguments);
    command
}

impl Step {
    fn new(name: &'static str, commands: impl Into<Vec<Command>>) -> Self {
        Self { name, commands: commands.into(), lacks: None }
    }

    /// Skips the step, with the reason, where this machine lacks what it needs.
    fn needing(mut self, tool: anyhow::Result<()>) -> Self {
        self.lacks = tool.err().map(|reason| format!("{reason:#}"));
        self
    }

    fn run(self) -> anyhow::Result<Outcome> {
        let start = Instant::now();
        let mut outcome =
            Outcome { name: self.name, end: End::Passed, took: Duration::ZERO, closing: Vec::new() };
        if let Some(reason) = self.lacks {
            return Ok(Outcome { end: End::Skipped, closing: vec![reason], ..outcome });
        }
        for mut command in self.commands {
            let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
            let program = command.get_program().to_string_lossy().into_owned();
            let program = program.rsplit('/').next().expect("a split has at least one part");
            println!("\n== {}: {program} {}", self.name, arguments.join(" "));
            let (passed, closing) = follow(&mut command)?;
            if !passed {
                outcome.end = End::Failed;
            }
            outcome.closing.extend(closing);
        }
        outcome.took = start.elapsed();
        Ok(outcome)
    }
}

/// Runs a command, passes its output on as it arrives, and returns the summary lines of test runners.
fn follow(command: &mut Command) -> anyhow::Result<(bool, Vec<String>)> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", command.get_program().to_string_lossy()))?;
    let stdout = child.stdout.take().context("standard output is piped")?;
    let stderr = child.stderr.take().context("standard error is piped")?;
    let errors = thread::spawn(move || pass_on(stderr, std::io::stderr()));
    let mut closing = pass_on(stdout, std::io::stdout());
    closing.extend(errors.join().unwrap_or_default());
    Ok((child.wait()?.success(), closing))
}

fn pass_on(from: impl Read, mut to: impl Write) -> Vec<String> {
    let mut closing = Vec::new();
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if writeln!(to, "{line}").is_err() {
            break;
        }
        let line = line.trim();
        let sums_up = line.starts_with("Summary [")
            || (line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed"))
            || line.ends_with(" skipped") && line.contains(" passed, ");
        if sums_up {
            closing.push(line.to_owned());
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_which_runners_sum_up_close_the_run() {
        let output = "     Summary [   0.6s] 16 tests run: 16 passed, 0 skipped\nrunning 3 tests\n\
                      test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: ok. 0 passed; 0 failed; 1 ignored\n";
        let mut passed_on = Vec::new();
        let closing = pass_on(output.as_bytes(), &mut passed_on);
        assert_eq!(passed_on, output.as_bytes());
        assert_eq!(
            closing,
            [
                "Summary [   0.6s] 16 tests run: 16 passed, 0 skipped",
                "test result: ok. 3 passed; 0 failed; 0 ignored"
            ]
        );
    }

    #[test]
    fn a_step_that_cannot_run_here_says_why_and_runs_nothing() {
        let step = Step::new("deny", [Command::new("/no/such/program")]);
        let outcome = step.needing(Err(anyhow!("cargo-deny is not installed"))).run().unwrap();
        assert!(outcome.end == End::Skipped);
        assert_eq!(outcome.closing, ["cargo-deny is not installed"]);
    }

    #[test]
    fn a_failed_command_fails_its_step_and_the_next_one_still_runs() {
        let echo = || {
            let mut command = Command::new("echo");
            command.arg("test result: ok. 1 passed; 0 failed");
            command
        };
        let outcome = Step::new("tests", [Command::new("false"), echo()]).run().unwrap();
        assert!(outcome.end == End::Failed);
        assert_eq!(outcome.closing, ["test result: ok. 1 passed; 0 failed"]);
    }
}
