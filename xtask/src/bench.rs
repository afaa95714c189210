//! `cargo xtask bench`: the published figures -> what this machine measures.

mod history;
mod profiles;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::repository;

/// Entries in each dimension of a generated profile.
const ENTRIES: usize = 20;
/// Dimensions of a generated profile.
const DIMENSIONS: usize = 6;
/// The findings about generated profiles, all of them notes.
const NOTES: [&str; 3] = ["broad-capability", "name-space-closed", "open-name-space"];
/// CPU time that Tetragon needs to validate one policy, measured on the same machine.
const TETRAGON_MILLISECONDS: f64 = 30.0;

/// Builds the release binary and measures it.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    if matches!(arguments, [flag] if flag == "--interpreter") {
        let example = [
            "run",
            "--release",
            "--quiet",
            "--package",
            "telovix-tetragon",
            "--example",
            "interpreter_speed",
        ];
        let told =
            repository::run(Command::new(env!("CARGO")).current_dir(repository::root()).args(example))?;
        print!("{}", String::from_utf8_lossy(&told));
        return Ok(());
    }
    let history = matches!(arguments, [flag] if flag == "--history" || flag == "--replay");
    let many = match arguments {
        [] => 100_000,
        [flag] if flag == "--quick" => 10_000,
        _ if history => 0,
        _ => bail!("usage: cargo xtask bench [--quick | --replay | --interpreter]"),
    };
    let build = ["build", "--release", "--quiet", "--package", "telovix"];
    repository::run(Command::new(env!("CARGO")).current_dir(repository::root()).args(build))?;
    let bench = Bench {
        binary: repository::target().join("release/telovix"),
        folder: repository::target().join("xtask/bench"),
    };
    fs::create_dir_all(&bench.folder)?;
    if history {
        return history::run(&bench.binary, &bench.folder);
    }
    bench.instructions()?;
    bench.emit(1_000)?;
    bench.proof(1_000)?;
    let thousand = bench.compile(1_000)?;
    let manifest = bench.folder.join("1000-compiled/manifest.json");
    budget(&manifest)?;
    let more = bench.compile(many)?;
    println!("\nper profile: {:.3} ms of CPU at 1,000, {:.3} ms at {many}", thousand.each(), more.each());
    if let Some(bytes) = more.bytes_per_entry() {
        println!("bytes of peak memory per entry at {many}: {bytes}");
    }
    Ok(())
}

/// The binary under test and a folder for its files.
struct Bench {
    binary: PathBuf,
    folder: PathBuf,
}

/// The cost of one run.
struct Cost {
    profiles: usize,
    milliseconds: f64,
    /// Unknown when an earlier child, such as the build, used more: the kernel keeps the largest value only.
    peak_bytes: Option<i64>,
}

impl Cost {
    fn each(&self) -> f64 {
        self.milliseconds / self.profiles as f64
    }

    fn bytes_per_entry(&self) -> Option<i64> {
        Some(self.peak_bytes? / (self.profiles * ENTRIES * DIMENSIONS) as i64)
    }
}

fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok()
}

impl Bench {
    /// Compiles generated profiles to both backends and prints CPU time (user and system) and peak memory.
    fn compile(&self, count: usize) -> anyhow::Result<Cost> {
        let input = self.folder.join(format!("{count}"));
        let output = self.folder.join(format!("{count}-compiled"));
        profiles::write(&input, count, ENTRIES)?;
        if output.exists() {
            fs::remove_dir_all(&output)?;
        }
        let mut command = Command::new(&self.binary);
        command.arg("compile").arg(&input).arg("-o").arg(&output);
        println!("\n$ telovix compile {count}/ -o {count}-compiled");
        let cost = measure(&mut command, count)?;
        println!(
            "compared with Tetragon's own validation at {TETRAGON_MILLISECONDS} ms a policy: {:.0} times less CPU",
            TETRAGON_MILLISECONDS / cost.each()
        );
        Ok(cost)
    }

    /// Reads and checks profiles and makes all artifacts of one target of each backend, without writing them.
    fn emit(&self, count: usize) -> anyhow::Result<()> {
        let input = self.folder.join(format!("{count}"));
        profiles::write(&input, count, ENTRIES)?;
        let mut command = Command::new(&self.binary);
        command.arg("lint").arg(&input).args(["--target", "tetragon-6.12", "--target", "native-6.12"]);
        for note in NOTES {
            command.arg("--level").arg(format!("{note}=ignore"));
        }
        println!("\n$ telovix lint {count}/ --target tetragon-6.12 --target native-6.12, its notes ignored");
        measure(&mut command, count)?;
        Ok(())
    }

    /// Counts the instructions of a cold process that compiles one profile, of few entries and of many, compared
    /// with one that prints its version.
    fn instructions(&self) -> anyhow::Result<()> {
        if !has_valgrind() {
            println!("SKIP instructions of a cold process: valgrind is not installed");
            return Ok(());
        }
        let version = self.count(&["--version"])?;
        println!("$ valgrind --tool=callgrind telovix --version: {version} instructions");
        for entries in [1, ENTRIES] {
            let name = format!("1-of-{entries}");
            let (input, output) = (self.folder.join(&name), self.folder.join(format!("{name}-compiled")));
            profiles::write(&input, 1, entries)?;
            for target in ["tetragon-6.12", "native-6.12", "all"] {
                // A folder that is there is read before it is replaced.
                if output.exists() {
                    fs::remove_dir_all(&output)?;
                }
                let (input, output) = (input.to_string_lossy(), output.to_string_lossy());
                let mut arguments = vec!["compile", &input, "-o", &output];
                if target != "all" {
                    arguments.extend(["--target", target]);
                }
                let count = self.count(&arguments)?;
                println!(
                    "one profile, {entries} in each dimension, targets {target}: {count} instructions, ratio {:.2}",
                    count as f64 / version as f64
                );
            }
        }
        Ok(())
    }

    /// Counts what a compile does beyond `lint`, which makes the same artifacts: it proves a sample of them and writes all.
    /// That is the most that the proof takes.
    fn proof(&self, count: usize) -> anyhow::Result<()> {
        if !has_valgrind() {
            println!("SKIP the share of the proof: valgrind is not installed");
            return Ok(());
        }
        let (input, output) =
            (self.folder.join(format!("{count}")), self.folder.join(format!("{count}-proven")));
        profiles::write(&input, count, ENTRIES)?;
        if output.exists() {
            fs::remove_dir_all(&output)?;
        }
        let (input, output) = (input.to_string_lossy(), output.to_string_lossy());
        let (made, whole) =
            (self.count(&["lint", &input])?, self.count(&["compile", &input, "-o", &output])?);
        let share = 100.0 * whole.saturating_sub(made) as f64 / whole as f64;
        println!(
            "\nproof of a sample and writing, of the instructions of a compile of {count}: {share:.1} %"
        );
        Ok(())
    }

    fn count(&self, arguments: &[&str]) -> anyhow::Result<u64> {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.binary)
            .args(arguments);
        let output = command.output()?;
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{printed}");
        let collected = printed.lines().find_map(|line| line.split_once("Collected :"));
        let (_, count) = collected.context("valgrind prints what it collected")?;
        Ok(count.trim().parse()?)
    }
}

/// Runs a command over that many profiles and prints CPU time and peak memory.
fn measure(command: &mut Command, profiles: usize) -> anyhow::Result<Cost> {
    let before = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    succeed(command)?;
    let after = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let spent = |from: nix::sys::time::TimeVal, to: nix::sys::time::TimeVal| {
        (to - from).num_microseconds() as f64 / 1_000.0
    };
    let (user, system) =
        (spent(before.user_time(), after.user_time()), spent(before.system_time(), after.system_time()));
    // In kilobytes.
    let (earlier, peak) = (before.max_rss() * 1_024, after.max_rss() * 1_024);
    let peak_bytes = (peak > earlier).then_some(peak);
    let cost = Cost { profiles, milliseconds: user + system, peak_bytes };
    println!("CPU: {:.0} ms ({user:.0} user, {system:.0} system)", cost.milliseconds);
    match peak_bytes {
        Some(bytes) => println!("peak memory: {} MB", bytes / 1_000_000),
        None => println!("peak memory: no more than the {} MB of a run before", earlier / 1_000_000),
    }
    Ok(cost)
}

/// Prints what the manifest predicts that the image needs in a kernel.
fn budget(manifest: &Path) -> anyhow::Result<()> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest)?)?;
    println!("budget of the image: {}", manifest["budget"]);
    Ok(())
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
