//! A file about a host and its operator -> the real `telovix`, run as written, and what is enforced after each command.

mod document;
mod enforced;
mod fault;
mod kill;
mod step;
mod text;
mod unit;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use enforced::Watch;
use step::Step;
use text::Host;

/// Where the initramfs has the command.
const TELOVIX: &str = "/bin/telovix";

/// Folders that a file may fill; emptied before each.
const FOLDERS: [&str; 4] = ["/srv", "/opt", "/tmp", "/var"];

/// What every file finds: a program that policies confine, what it may open and what it may start.
const FILES: [&str; 4] = ["/srv/a", "/srv/b", "/srv/open", "/srv/secret"];
const PROGRAMS: [&str; 3] = [enforced::PROGRAM, "/opt/tool-a", "/opt/tool-b"];

/// Runs the files that are for this machine and whose names hold one of the filters, each in a process of its own.
pub(crate) fn run_all(filter: &str, machine: &str) {
    let mut files = Vec::new();
    for file in std::fs::read_dir("/host").expect("a folder").flatten() {
        let path = file.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !filter.split(',').any(|part| name.contains(part)) {
            continue;
        }
        match std::fs::read_to_string(&path).map_err(Into::into).and_then(|text| Host::parse(&text)) {
            Ok(host) if host.machine != machine || host.slow && !kill::at_every_step() => {}
            Ok(host) => files.push((host.loaded, name, path)),
            Err(error) => println!("@@ FAIL host/{name}: {error:#}"),
        }
    }
    // Those that may begin with programs attached come last, so that these are attached once.
    files.sort();
    for (number, (_, name, path)) in files.iter().enumerate() {
        let status = Command::new("/init").arg("host").arg(path).status();
        if !matches!(&status, Ok(status) if status.code().is_some()) {
            println!("@@ FAIL host/{name}: the runner ended: {status:?}");
        }
        clear(files.get(number + 1).is_some_and(|(loaded, ..)| *loaded));
    }
}

/// Whatever a file did, the next one starts on a host that enforces nothing, and knows nothing of an earlier policy.
fn clear(keep_programs: bool) {
    let emptied = keep_programs && kill::emptied().unwrap_or(false);
    if !emptied {
        let _ = Command::new(TELOVIX).arg("remove").output();
        let _ = std::fs::remove_dir_all("/run/telovix");
    }
}

/// Becomes a program in a control group.
pub(crate) fn enter(group: &str, program: &str, words: &[&str]) -> ExitCode {
    eprintln!("{}", fault::enter(group, program, words));
    ExitCode::FAILURE
}

/// Does what goes wrong on hosts; run under the name of `telovix`, because no other program can.
pub(crate) fn fault(words: &[&str]) -> ExitCode {
    match step::commit_fault(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one file and prints its verdict. True when it passed.
pub(crate) fn run(path: &str) -> bool {
    let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let start = std::time::Instant::now();
    let result = attempt(path);
    let seconds = start.elapsed().as_secs();
    match &result {
        Ok(note) => println!("@@ PASS host/{name}{note} ({seconds} s)"),
        Err(error) => println!("@@ FAIL host/{name}: {error:#} ({seconds} s)"),
    }
    result.is_ok()
}

/// Prepares the folders, runs the steps, then the kills; returns what is worth telling.
fn attempt(path: &str) -> anyhow::Result<String> {
    let host = Host::parse(&std::fs::read_to_string(path)?)?;
    for folder in FOLDERS {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
    }
    for file in FILES {
        std::fs::write(file, "content")?;
    }
    for program in PROGRAMS {
        std::fs::hard_link("/init", program)?;
    }
    // Mounts of this file end with it.
    crate::sys::call(libc::SYS_unshare, [i64::from(libc::CLONE_NEWNS), 0, 0, 0, 0, 0])?;
    let mut watch = Watch::start()?;
    perform(&host.steps, &mut watch)?;
    match &host.kill {
        Some(kill) => kill::sweep(&host, kill, &mut watch),
        None => Ok(format!(": {} steps", host.steps.len())),
    }
}

/// Performs steps until one does not come out as written.
fn perform(steps: &[Step], watch: &mut Watch) -> anyhow::Result<()> {
    for step in steps {
        step.perform(watch).with_context(|| format!("`{}`", step.text))?;
    }
    Ok(())
}

/// Fails unless what is enforced is one of these.
fn expect(watch: &mut Watch, expected: &[&str]) -> anyhow::Result<&'static str> {
    let found = watch.enforced()?;
    if !expected.contains(&found) {
        bail!("{found} is enforced, expected {}", expected.join(" or "));
    }
    Ok(found)
}
