//! The first process of a virtual machine -> scenarios run, verdicts printed; started under another name, a probe.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the console is the only way out")]

mod agent;
mod cost;
mod host;
mod machine;
mod policy;
mod probe;
mod race;
mod scenario;
mod sys;

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::process::id() == 1 {
        machine::run();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["scenario", path] => ExitCode::from(u8::from(!scenario::run(path))),
        ["cost", operation] => cost::bench(operation),
        ["host", path] => ExitCode::from(u8::from(!host::run(path))),
        ["fault", words @ ..] => host::fault(words),
        ["in-group", group, program, words @ ..] => host::enter(group, program, words),
        ["compile-images", folder] => cost::compile(folder),
        ["noise", number] => race::noise(number),
        ["race", kind, attempts] => race::race(kind, attempts),
        ["serve"] => probe::serve(),
        _ => probe::run(&arguments),
    }
}
