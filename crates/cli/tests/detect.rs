//! `telovix detect` with real processes, pipes and files that grow.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

const KILLS: &str = "\
kind: GuardianPolicy
name: sleeper
match_process_pattern: sleep
action: kill_process
severity: critical
";

fn telovix(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telovix"));
    command.current_dir(folder).args(["detect", "--policy", "policy.yaml", "--format", "json"]);
    command
}

fn folder(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("policy.yaml"), policy).unwrap();
    folder
}

/// A process that sleeps, and is ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        let sleeper = Self(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap());
        // The kernel counts the start in hundredths of a second: what comes next is later.
        std::thread::sleep(Duration::from_millis(30));
        sleeper
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    fn binary(&self) -> String {
        fs::read_link(format!("/proc/{}/exe", self.0.id())).unwrap().display().to_string()
    }

    /// Nanoseconds since the host started.
    fn started(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let ticks = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(19).unwrap();
        ticks.parse::<u64>().unwrap() * 10_000_000
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

/// RFC 3339 of the time that is this many seconds ago.
fn time(ago: u64) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - ago;
    telovix_replay::Moment::from_seconds(i64::try_from(seconds).unwrap()).to_string()
}

/// Encodes bytes in base64.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let bits =
            bytes.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        let letter = |at: usize| match at <= bytes.len() {
            true => char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]),
            false => '=',
        };
        [0, 1, 2, 3].map(letter).iter().collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

/// An execution as Tetragon exports it. `executed` is in nanoseconds since the host started.
fn executed(host: &str, pid: u32, binary: &str, executed: Option<u64>, time: &str) -> String {
    let mut process = json!({"pid": pid, "uid": 0, "binary": binary, "flags": "execve clone"});
    if let Some(executed) = executed {
        process["exec_id"] = base64(&format!("{host}:{executed}:{pid}")).into();
    }
    let parent = json!({"pid": 1, "binary": "/sbin/init"});
    json!({"process_exec": {"process": process, "parent": parent}, "node_name": host, "time": time})
        .to_string()
}

/// Returns the actions that were taken for a stream.
fn actions(folder: &Path, stream: &str, arguments: &[&str]) -> Vec<Value> {
    let mut command = telovix(folder);
    let mut detect = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    detect.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    let output = detect.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).unwrap();
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["record"] == "action").collect()
}

#[test]
fn the_process_of_the_event_is_killed_and_nothing_without_act() {
    let folder = folder(KILLS);
    let mut sleeper = Sleeper::start();
    let (pid, binary) = (sleeper.0.id(), sleeper.binary());
    let event = executed(&host(), pid, &binary, Some(sleeper.started() + 10_000_000), &time(0));
    assert_eq!(actions(folder.path(), &event, &[]), [] as [Value; 0]);
    assert!(sleeper.is_alive());
    let taken = actions(folder.path(), &event, &["--act"]);
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!((&taken[0]["killed"], &taken[0]["pid"]), (&json!(true), &json!(pid)), "{taken:?}");
    assert_eq!(sleeper.0.wait().unwrap().signal(), Some(9));
}

#[test]
fn without_the_moment_of_the_execution_the_executable_decides() {
    let folder = folder(KILLS);
    let mut sleeper = Sleeper::start();
    std::thread::sleep(Duration::from_secs(1));
    let (pid, binary) = (sleeper.0.id(), sleeper.binary());
    let other = executed(&host(), pid, "/opt/other/sleep", None, &time(0));
    let taken = actions(folder.path(), &other, &["--act"]);
    assert!(taken[0]["reason"].as_str().unwrap().contains("its id belongs to"), "{taken:?}");
    assert!(sleeper.is_alive());
    let taken = actions(folder.path(), &executed(&host(), pid, &binary, None, &time(0)), &["--act"]);
    assert_eq!(taken[0]["killed"], true, "{taken:?}");
    assert_eq!(sleeper.0.wait().unwrap().signal(), Some(9));
}

#[test]
fn a_recycled_id_history_and_other_hosts_are_refused() {
    let folder = folder(KILLS);
    let mut sleeper = Sleeper::start();
    let (pid, binary, host) = (sleeper.0.id(), sleeper.binary(), host());
    let started = sleeper.started();
    let cases = [
        // The process with this id was executed before this one started.
        (executed(&host, pid, &binary, Some(started - 50_000_000), &time(0)), "given to another process"),
        (executed(&host, pid, &binary, Some(started + 1), &time(400)), "history"),
        (executed("another-host", pid, &binary, Some(started + 1), &time(0)), "the event is of host"),
        (executed(&host, 1, "/bin/sleep", Some(1), &time(0)), "above 1"),
        (executed(&host, pid, &binary, Some(u64::MAX / 2), &time(0)), "another run of the host"),
        (executed(&host, u32::try_from(i32::MAX).unwrap(), &binary, Some(1), &time(0)), "has ended"),
    ];
    for (event, reason) in cases {
        let taken = actions(folder.path(), &event, &["--act"]);
        assert_eq!(taken[0]["killed"], false, "{event}");
        assert!(taken[0]["reason"].as_str().unwrap().contains(reason), "{taken:?}");
    }
    assert!(sleeper.is_alive());
}

/// Reads lines of a process until one contains a text.
fn until(lines: &mut impl BufRead, text: &str) -> String {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the output ended before `{text}`");
    }
    line
}

#[test]
fn a_violation_leaves_a_pipe_before_the_next_event_comes() {
    let folder = folder(KILLS);
    let mut detect = telovix(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = detect.stdin.take().unwrap();
    let mut stdout = BufReader::new(detect.stdout.take().unwrap());
    for pid in [11, 12, 13] {
        writeln!(stdin, "{}", executed("a", pid, "/bin/sleep", None, &time(0))).unwrap();
        let line = until(&mut stdout, "\"violation\"");
        assert!(line.contains(&format!("\"pid\":{pid}")), "{line}");
    }
    drop(stdin);
    until(&mut stdout, "\"statistics\"");
    assert_eq!(detect.wait().unwrap().code(), Some(1));
}

#[test]
fn a_followed_file_may_grow_rotate_and_shrink_until_a_signal_ends_the_run() {
    let folder = folder(KILLS);
    let log = folder.path().join("events.log");
    let event = |pid| format!("{}\n", executed("a", pid, "/bin/sleep", None, &time(0)));
    fs::write(&log, event(21)).unwrap();
    let mut command = telovix(folder.path());
    command.args(["events.log", "--follow", "--metrics", "detect.prom"]).stdout(Stdio::piped());
    let mut detect = command.spawn().unwrap();
    let mut stdout = BufReader::new(detect.stdout.take().unwrap());
    let mut sees = |pid: u32| {
        let line = until(&mut stdout, "\"violation\"");
        assert!(line.contains(&format!("\"pid\":{pid}")), "{line}");
    };
    sees(21);
    let append = |text: &str| {
        fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(text.as_bytes()).unwrap();
    };
    // Half a line is not an event yet.
    let whole = event(22);
    let (start, end) = whole.split_at(40);
    append(start);
    std::thread::sleep(Duration::from_millis(250));
    append(end);
    sees(22);
    fs::rename(&log, folder.path().join("events.log.1")).unwrap();
    fs::write(&log, event(23)).unwrap();
    sees(23);
    fs::OpenOptions::new().write(true).truncate(true).open(&log).unwrap();
    std::thread::sleep(Duration::from_millis(250));
    append(&event(24));
    sees(24);
    assert!(Command::new("kill").arg(detect.id().to_string()).status().unwrap().success());
    let statistics: Value = serde_json::from_str(&until(&mut stdout, "\"statistics\"")).unwrap();
    assert_eq!((&statistics["violations"], &statistics["malformed"]), (&json!(4), &json!(0)));
    assert_eq!(detect.wait().unwrap().code(), Some(1));
    let metrics = fs::read_to_string(folder.path().join("detect.prom")).unwrap();
    assert!(metrics.contains("telovix_detect_violations_total 4\n"), "{metrics}");
}

#[test]
fn memory_does_not_grow_with_the_stream() {
    let folder = folder("kind: GuardianPolicy\nname: none\nmatch_process_pattern: /nothing\n");
    let mut detect = telovix(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = detect.stdin.take().unwrap();
    let lines: String = (0..2_000)
        .map(|number| {
            executed("a", 2 + number, &format!("/opt/{number}/x"), Some(u64::from(number)), &time(0)) + "\n"
        })
        .collect();
    let peak = || {
        let status = fs::read_to_string(format!("/proc/{}/status", detect.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    for _ in 0..10 {
        stdin.write_all(lines.as_bytes()).unwrap();
    }
    let before = peak();
    // A line of 100 MB, and 30 times as many events.
    let piece = vec![b'x'; 1 << 20];
    (0..100).for_each(|_| stdin.write_all(&piece).unwrap());
    stdin.write_all(b"\n").unwrap();
    for _ in 0..30 {
        stdin.write_all(lines.as_bytes()).unwrap();
    }
    let after = peak();
    drop(stdin);
    assert_eq!(detect.wait_with_output().unwrap().status.code(), Some(0));
    assert!(after < before + 40_000, "{before} kB, then {after} kB");
}
