//! A bare kernel -> a machine with file systems and loopback; then the mode it was booted in.

use std::panic::catch_unwind;
use std::process::Command;

use telovix_bpf_runtime::{Places, apply, probe};

use crate::{agent, cost, host, policy, race, sys};

/// Needs every hook there is, so that scenarios, which keep them, switch without loading programs.
const EVERYTHING: &str = include_str!("../everything.yaml");

/// Runs as process 1 and never returns.
pub(crate) fn run() -> ! {
    // A panic in process 1 would be a kernel panic without a word.
    let result = catch_unwind(|| {
        sys::mount("proc", "/proc", "proc", 0).expect("a file system mounts");
        let words = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
        prepare(parameter(&words, "telovix.machine=")).expect("file systems mount");
        let filter = parameter(&words, "telovix.filter=");
        match parameter(&words, "telovix.mode=") {
            "scenarios" => scenarios(filter),
            "cost" => cost::run(filter),
            "host" => host::run_all(filter, parameter(&words, "telovix.machine=")),
            "race" => race::run(filter),
            "agent" => {
                let _ = sys::mount("tracefs", "/sys/kernel/tracing", "tracefs", 0);
                agent::run(filter);
            }
            mode => println!("@@ FAIL unknown mode `{mode}`"),
        }
    });
    if result.is_err() {
        println!("@@ FAIL the guest program panicked");
    }
    println!("@@ END");
    sys::power_off();
}

fn parameter<'a>(words: &'a str, name: &str) -> &'a str {
    words.split_ascii_whitespace().find_map(|word| word.strip_prefix(name)).unwrap_or_default()
}

fn prepare(machine: &str) -> std::io::Result<()> {
    for folder in ["/run", "/tmp", "/opt", "/srv", "/sys", "/dev"] {
        std::fs::create_dir_all(folder)?;
    }
    sys::mount("dev", "/dev", "devtmpfs", 0)?;
    // The files for the other machine begin without anything, and mount it themselves.
    if machine.is_empty() {
        sys::mount("sysfs", "/sys", "sysfs", 0)?;
        sys::mount("bpf", "/sys/fs/bpf", "bpf", 0)?;
        sys::mount("securityfs", "/sys/kernel/security", "securityfs", 0)?;
    }
    sys::bring_up_loopback()?;
    let mut modules: Vec<_> = std::fs::read_dir("/modules")?.flatten().map(|entry| entry.path()).collect();
    modules.sort();
    for module in modules {
        let file = std::fs::File::open(module)?;
        let options = sys::text("");
        let words = [i64::from(std::os::fd::AsRawFd::as_raw_fd(&file)), options.as_ptr() as i64, 0, 0, 0, 0];
        sys::call(libc::SYS_finit_module, words)?;
    }
    Ok(())
}

fn scenarios(filter: &str) {
    if "every-hook-loads".contains(filter) {
        match probe::probe(&Places::default()) {
            Ok(states) => {
                let refused: Vec<_> = states.into_iter().filter(|state| state.refused.is_some()).collect();
                match refused.as_slice() {
                    [] => println!("@@ PASS every-hook-loads"),
                    some => println!("@@ FAIL every-hook-loads: {some:?}"),
                }
            }
            Err(error) => println!("@@ FAIL every-hook-loads: {error}"),
        }
    }
    let options = apply::Options { keep_hooks: true, ..apply::Options::default() };
    let everything = policy::image("everything", EVERYTHING).expect("the policy compiles");
    if let Err(error) = apply::apply(&Places::default(), &everything, &options) {
        println!("@@ FAIL apply everything: {error}");
        return;
    }
    let mut files: Vec<_> = std::fs::read_dir("/scenarios").expect("a folder").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        if file.file_name().to_string_lossy().contains(filter) {
            let status = Command::new("/init").arg("scenario").arg(file.path()).status();
            if !matches!(&status, Ok(status) if status.code().is_some()) {
                println!("@@ FAIL {}: the runner ended: {status:?}", file.file_name().to_string_lossy());
            }
        }
    }
}
