//! `cargo xtask fuzz`: many mutated policies -> panics of the reader and the compiler, in an optimised build.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};

use crate::repository;

/// Cases of one round: a few seconds.
const ROUND: u64 = 20_000;

/// Runs rounds of new cases until the time is up.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let seconds = match arguments {
        [] => 60,
        [flag, seconds] if flag == "--seconds" => seconds.parse().context("`--seconds` takes a number")?,
        _ => bail!("usage: cargo xtask fuzz [--seconds N]"),
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() << 20;
    let mut cases = 0;
    while cases == 0 || Instant::now() < end {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(repository::root());
        command.env("TELOVIX_FUZZ_SEED", seed.to_string()).env("TELOVIX_FUZZ_CASES", ROUND.to_string());
        command.args([
            "test",
            "--release",
            "--quiet",
            "--package",
            "telovix-compiler",
            "--test",
            "mutations",
        ]);
        repository::run(&mut command)?;
        seed += ROUND;
        cases += ROUND;
    }
    println!("{cases} broken policies, no panic");
    Ok(())
}
