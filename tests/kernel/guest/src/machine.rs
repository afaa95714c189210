//! A bare kernel -> a machine with file systems, loopback and memory for results; then the mode it was booted in.

use std::panic::catch_unwind;

use crate::{smoke, sys};

/// Runs as process 1 and never returns.
pub(crate) fn run() -> ! {
    // A panic in process 1 would be a kernel panic without a word.
    let result = catch_unwind(|| {
        prepare().expect("file systems mount");
        let words = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
        let mode = parameter(&words, "telovix.mode=");
        match mode {
            _ => smoke::run(),
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

fn prepare() -> std::io::Result<()> {
    sys::mount("proc", "/proc", "proc", 0)?;
    sys::mount("sysfs", "/sys", "sysfs", 0)?;
    sys::mount("dev", "/dev", "devtmpfs", 0)?;
    sys::mount("bpf", "/sys/fs/bpf", "bpf", 0)?;
    sys::mount("securityfs", "/sys/kernel/security", "securityfs", 0)?;
    for folder in ["/run", "/tmp", "/opt", "/srv"] {
        std::fs::create_dir_all(folder)?;
    }
    Ok(())
}
