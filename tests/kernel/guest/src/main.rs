//! The first process of a virtual machine -> scenarios run, verdicts printed; started under another name, a probe.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the console is the only way out")]

mod machine;
mod probe;
mod smoke;
mod sys;

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::process::id() == 1 {
        machine::run();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    probe::run(&arguments)
}
