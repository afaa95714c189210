//! `cargo xtask bench --replay`: the cost of replaying a generated Tetragon export, compared with other tools.

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
    let hundred = folder.join("hundred.yaml");
    fs::write(&hundred, templates_and_profiles())?;
    println!(
        "\n| command | wall s | CPU s | MB/s | MB per CPU s | events per CPU s | peak MB |\n|---|--:|--:|--:|--:|--:|--:|"
    );
    let answer = folder.join("answer");
    let mut processor = Vec::new();
    let mut row = |name: &str, of: u64, command: &mut dyn FnMut() -> Command| -> anyhow::Result<()> {
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
        processor.push((name.to_owned(), cpu / megabytes));
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
    row("`impact`, all templates and 100 profiles, `--threads 1`", bytes, &mut || {
        impact(&export, &hundred, &["--threads", "1"])
    })?;
    for (tool, ending) in [("gzip", "gz"), ("zstd", "zst")] {
        let compressed = folder.join(format!("export.{ending}"));
        if compress(tool, &export, &compressed)? {
            let size = fs::metadata(&compressed)?.len();
            let name = format!("`impact`, one profile, {tool} ({:.0} MB)", size as f64 / 1e6);
            row(&name, bytes, &mut || impact(&compressed, &one, &[]))?;
        }
    }
    row("`wc -l`", bytes, &mut || {
        let mut command = Command::new("wc");
        command.arg("-l").arg(&export);
        command
    })?;
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
    })?;
    if let Some(python) = duckdb() {
        row("DuckDB: files of the binary by path", bytes, &mut || {
            let mut command = Command::new(&python);
            command.args(["-c", DUCKDB]).arg(&export);
            command
        })?;
    } else {
        println!("SKIP DuckDB: no Python in target/clickhouse/venv or on PATH has it (`pip install duckdb`)");
    }
    let of = |name: &str| processor.iter().find(|(row, _)| row == name).map(|(_, cost)| *cost);
    if let Some(own) = of("`impact`, one profile, `--threads 1`") {
        println!("\nprocessor time per byte, as a multiple of one profile on one thread:");
        for (name, cost) in &processor {
            println!("  {:>7.2}  {name}", cost / own);
        }
    }
    Ok(())
}

/// The same question for DuckDB: how many files a binary opened outside of one folder, by path. The columns are named, so that
/// it need not guess them.
const DUCKDB: &str = r#"
import sys, duckdb
kprobe = "STRUCT(process STRUCT(binary VARCHAR), function_name VARCHAR, args STRUCT(file_arg STRUCT(path VARCHAR))[])"
print(duckdb.sql(f"""
  SELECT k.args[1].file_arg.path AS path, count(*) AS events
  FROM (SELECT coalesce(process_kprobe, process_lsm) AS k
        FROM read_ndjson('{sys.argv[1]}', columns = {{process_kprobe: '{kprobe}', process_lsm: '{kprobe}'}}))
  WHERE k.process.binary = '/opt/amf/bin/amf' AND NOT starts_with(k.args[1].file_arg.path, '/var/lib/amf/')
  GROUP BY ALL ORDER BY events DESC"""))
"#;

/// Returns a Python that has DuckDB.
fn duckdb() -> Option<std::path::PathBuf> {
    let own = repository::target().join("clickhouse/venv/bin/python");
    [own, "python3".into()].into_iter().find(|python| {
        let imports = Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
        imports.is_ok_and(|status| status.success())
    })
}

/// Returns a policy with every template, and 100 profiles of which one confines a binary of the export.
fn templates_and_profiles() -> String {
    let mut text = String::new();
    for (at, template) in telovix_document::Template::ALL.iter().enumerate() {
        let id = template.id();
        if id != "custom" {
            text.push_str(&format!(
                "---\nkind: EnforcementRule\nrule_id: er-{at}\nname: {id}\ntemplate: {id}\n"
            ));
        }
    }
    for at in 0..100 {
        let name = if at == 0 { "amf".to_owned() } else { format!("nf{at}") };
        text.push_str(&format!(
            "---\nkind: GuardianProfile\nname: {name}\ntarget_binary: /opt/{name}/bin/{name}\nmode: enforce\n\
             allowed_spawns: [/usr/bin/logger]\nallowed_files: [/var/lib/{name}/, /usr/lib/, /etc/{name}/]\n\
             allowed_dst_ports: [443, 8805]\nallowed_dst_cidrs: [10.0.0.0/8]\nallowed_capabilities: [CHOWN]\n"
        ));
    }
    text
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
