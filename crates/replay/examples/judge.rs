//! Judges a history on one thread and prints how many events a policy affects, for profilers:
//!
//!     valgrind --tool=callgrind target/release/examples/judge policy.yaml export.ndjson

#![allow(clippy::print_stdout, reason = "an example, whose output is the answer")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::{env, fs, io};

use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_replay::{Impact, Judge, Options, Question, find, scan};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (policy, history) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let sources = SourceSet::single(&policy, &fs::read_to_string(&policy)?);
    let analysis = analyse(&sources, &CompilerOptions::on(Date::FIRST));
    let question = Question { now: Judge::new(&analysis.policy.confinements, &sources), before: None };
    let files = find(&[PathBuf::from(history)]).map_err(|errors| io::Error::other(format!("{errors:?}")))?;
    let options = Options { threads: NonZeroUsize::new(1), ..Options::default() };
    let (tally, amount) = scan(&files, &question, options);
    let impact = Impact::new(&tally, &amount, &question);
    println!("{} of {} events affected", impact.total_events, impact.scanned_events);
    Ok(())
}
