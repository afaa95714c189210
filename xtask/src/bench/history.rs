//! `cargo xtask bench --history`: the cost of replaying a generated Tetragon export, compared with other tools.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use telovix_replay::synthetic::{Export, Spacing};

use crate::repository;

/// Events of the export: about 1.2 GB.
const EVENTS: u64 = 820_000;
/// How often each command runs; the best is printed.
const ROUNDS: usize = 3;
/// Bytes given to `jq`, which is slow.
const FOR_JQ: u64 = 20_000_000;

/// What one run took.
struct Cost {
    wall: f64,
    cpu: f64,
    peak: u64,
}

/// Generates the export, compresses it and measures.
pub(super) fn run(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let export = folder.join("export.ndjson");
    generate(&export)?;
    let bytes = fs::metadata(&export)?.len();
    println!("export: {EVENTS} events, {:.1} MB, {} bytes each", bytes as f64 / 1e6, bytes / EVENTS);
    let one = folder.join("one.yaml");
    fs::write(
        &one,
        "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\nallowed_files: [/var/lib/amf/]\n",
    )?;
    let all = repository::root().join("examples");
    println!(
        "\n| command | wall s | CPU s | MB/s | MB per CPU s | events per CPU s | peak MB |\n|---|--:|--:|--:|--:|--:|--:|"
    );
    let answer = folder.join("answer");
    let row = |name: &str, of: u64, command: &mut dyn FnMut() -> Command| -> anyhow::Result<()> {
        let mut best: Option<Cost> = None;
        for _ in 0..ROUNDS {
            let mut command = command();
            // `grep` stops at the first match where nothing is kept.
            command.stdout(File::create(&answer)?);
            let cost = measure(command)?;
            if best.as_ref().is_none_or(|best| cost.wall < best.wall) {
                best = Some(cost);
            }
        }
        let Cost { wall, cpu, peak } = best.context("at least one round")?;
        let megabytes = of as f64 / 1e6;
        let events = EVENTS as f64 * of as f64 / bytes as f64;
        println!(
            "| {name} | {wall:.2} | {cpu:.2} | {:.0} | {:.0} | {:.0} | {} |",
            megabytes / wall,
            megabytes / cpu,
            events / cpu,
            peak / 1_000_000
        );
        Ok(())
    };
    let impact = |history: &Path, policy: &Path, more: &[&str]| {
        let mut command = Command::new(binary);
        command
            .arg("impact")
            .arg(history)
            .arg("--policy")
            .arg(policy)
            .args(["--as-of", "2026-11-20"])
            .args(more);
        command
    };
    row("`impact`, one profile", bytes, &mut || impact(&export, &one, &[]))?;
    row("`impact`, one profile, `--threads 1`", bytes, &mut || impact(&export, &one, &["--threads", "1"]))?;
    row("`impact`, examples/ enforced", bytes, &mut || impact(&export, &all, &["--enforced"]))?;
    row("`impact`, examples/ enforced, `--threads 1`", bytes, &mut || {
        impact(&export, &all, &["--enforced", "--threads", "1"])
    })?;
    for (tool, ending) in [("gzip", "gz"), ("zstd", "zst")] {
        let compressed = folder.join(format!("export.{ending}"));
        if compress(tool, &export, &compressed)? {
            let size = fs::metadata(&compressed)?.len();
            let name = format!("`impact`, one profile, {tool} ({:.0} MB)", size as f64 / 1e6);
            row(&name, bytes, &mut || impact(&compressed, &one, &[]))?;
        }
    }
    row("`grep -c` of the binary", bytes, &mut || {
        let mut command = Command::new("grep");
        command.env("LC_ALL", "C").args(["-c", "\"binary\":\"/opt/amf/bin/amf\""]).arg(&export);
        command
    })?;
    let part = folder.join("part.ndjson");
    let length = cut(&export, &part)?;
    row("`jq` of the binary, on a part", length, &mut || {
        let mut command = Command::new("jq");
        command
            .args([
                "-c",
                ".[] | select(.process? and .process.binary == \"/opt/amf/bin/amf\") | .function_name",
            ])
            .arg(&part);
        command
    })
}

fn generate(export: &Path) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(export)?);
    let mut generator = Export::new(1, EVENTS, Spacing::None);
    let mut line = String::new();
    for _ in 0..EVENTS {
        line.clear();
        generator.write(&mut line);
        out.write_all(line.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Compresses with a tool of the machine, if there is one.
fn compress(tool: &str, from: &Path, to: &Path) -> anyhow::Result<bool> {
    let input = File::open(from)?;
    let mut command = Command::new(tool);
    match command.args(["-3", "-c"]).stdin(input).stdout(File::create(to)?).status() {
        Ok(status) => {
            ensure!(status.success(), "`{tool}` failed");
            Ok(true)
        }
        Err(_) => {
            println!("SKIP {tool}: it is not installed");
            Ok(false)
        }
    }
}

/// Writes the first whole lines.
fn cut(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(File::open(from)?, FOR_JQ), &mut bytes)?;
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1));
    fs::write(to, &bytes)?;
    Ok(bytes.len() as u64)
}

/// Runs a command to its end, whatever it answers. Its peak memory is looked at every few milliseconds.
fn measure(mut command: Command) -> anyhow::Result<Cost> {
    let cpu = || -> anyhow::Result<f64> {
        let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        Ok((used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6)
    };
    let before = cpu()?;
    let start = Instant::now();
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("a command to measure")?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = peak.max(resident(&child));
        thread::sleep(Duration::from_millis(3));
    }
    let wall = start.elapsed().as_secs_f64();
    let code = child.wait()?.code();
    ensure!(code.is_some_and(|code| code < 2), "a command ended with {code:?}");
    Ok(Cost { wall, cpu: cpu()? - before, peak })
}

/// Returns the most memory a process has had, in bytes; 0 when it is gone.
fn resident(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
