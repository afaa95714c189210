//! A probe's arguments -> one attempt, whose errno is the exit code.
//!
//! A probe is this program under another path, so that a policy tells it apart by that path. Its arguments name an
//! attempt (`open-read /srv/key`); each attempt makes the system calls of one way into an operation.

mod exec;
mod file;
mod guarded;
mod namespace;
mod network;
mod passing;
mod process;

use std::io;
use std::process::ExitCode;

use crate::sys;

/// The exit code for words that name no attempt, which no errno has.
const UNKNOWN: u8 = 255;

/// The number of a descriptor that a program inherits.
const HELD: i64 = 9;

/// Performs the attempt.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match attempt(&words) {
        None => ExitCode::from(UNKNOWN),
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            ExitCode::from(error.raw_os_error().and_then(|code| u8::try_from(code).ok()).unwrap_or(254))
        }
    }
}

/// Performs the attempts that come line by line, and answers each with its errno.
pub(crate) fn serve() -> ExitCode {
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let result = attempt(&words).unwrap_or_else(|| Err(io::Error::from_raw_os_error(i32::from(UNKNOWN))));
        println!("{}", result.err().and_then(|error| error.raw_os_error()).unwrap_or(0));
    }
    ExitCode::SUCCESS
}

/// Performs an attempt in this process; `None` when the words name none.
pub(crate) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    match words {
        ["nothing", ..] => Some(Ok(())),
        ["thread", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            std::thread::spawn(move || attempt(&rest.iter().map(String::as_str).collect::<Vec<_>>()))
                .join()
                .ok()?
        }
        ["fork", rest @ ..] => process::forked(sys::fork(), rest),
        ["vfork", rest @ ..] => process::forked(sys::vfork(), rest),
        _ => exec::attempt(words)
            .or_else(|| file::attempt(words))
            .or_else(|| network::attempt(words))
            .or_else(|| namespace::attempt(words))
            .or_else(|| process::attempt(words))
            .or_else(|| guarded::attempt(words)),
    }
}
