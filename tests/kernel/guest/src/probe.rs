//! A probe's arguments -> one attempt, whose errno is the exit code.

use std::process::ExitCode;

/// Performs the attempt.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["open", path] => std::fs::File::open(path).map(drop),
        ["exec", path] => {
            use std::os::unix::process::CommandExt as _;
            Err(std::process::Command::new(path).args(["true"]).exec())
        }
        ["true"] => Ok(()),
        _ => return ExitCode::from(250),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(error.raw_os_error().unwrap_or(251) as u8),
    }
}
