//! A count -> that many profiles, the same ones in each run.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Profiles in one file: with one file for each profile the file system would be measured.
const PER_FILE: usize = 1_000;

/// Writes profiles with `entries` entries in each dimension below `folder`.
pub(super) fn write(folder: &Path, count: usize, entries: usize) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("telovix.yaml"), SETTINGS)?;
    for first in (0..count).step_by(PER_FILE) {
        let numbers = first..count.min(first + PER_FILE);
        let text: String = numbers.map(|number| profile(number, entries)).collect();
        fs::write(folder.join(format!("profiles-{first:06}.yaml")), text)?;
    }
    Ok(())
}

/// Settings of a repository that also targets Tetragon: with them the profiles compile without a warning.
const SETTINGS: &str = "levels: { open-name-space: note }\ntetragon: { deny_with_kill: true }\n";

/// One profile for one sensor: Tetragon has no room for the policies of a thousand on one host.
fn profile(number: usize, entries: usize) -> String {
    let mut text = format!(
        "---\nkind: GuardianProfile\nprofile_id: gp_{number:012x}\nname: nf-{number}\n\
         target_binary: /opt/nf{number}/bin/nf\nmode: enforce\ntarget_sensor_id: sensor-{number}\n"
    );
    list(&mut text, "allowed_spawns", entries, |entry| format!("/opt/nf{number}/bin/tool-{entry}"));
    list(&mut text, "allowed_files", entries, |entry| match entry {
        0 => "/usr/lib/".to_owned(),
        1 => "/etc/ld.so.cache".to_owned(),
        _ => format!("/var/lib/nf{number}/data-{entry}/"),
    });
    list(&mut text, "allowed_dst_ports", entries, |entry| {
        format!("{}", 1_024 + (number * 7 + entry * 13) % 60_000)
    });
    list(&mut text, "allowed_dst_cidrs", entries, |entry| {
        format!("10.{}.{}.0/24", number % 256, (number / 256 + entry * 11) % 256)
    });
    list(&mut text, "allowed_capabilities", entries, |entry| {
        CAPABILITIES[entry % CAPABILITIES.len()].to_owned()
    });
    list(&mut text, "blocked_syscalls", entries, |entry| SYSCALLS[entry % SYSCALLS.len()].to_owned());
    text.push_str("waive:\n  - name: kill-instead-of-deny\n    reason: a restart is acceptable\n");
    text
}

fn list(text: &mut String, key: &str, entries: usize, entry: impl Fn(usize) -> String) {
    let _infallible = writeln!(text, "{key}:");
    for number in 0..entries {
        let _infallible = writeln!(text, "  - {}", entry(number));
    }
}

const CAPABILITIES: [&str; 20] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_CHROOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "MKNOD",
    "AUDIT_WRITE",
];

const SYSCALLS: [&str; 20] = [
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kexec_load",
    "init_module",
    "finit_module",
    "delete_module",
    "mount",
    "umount2",
    "pivot_root",
    "unshare",
    "setns",
    "swapon",
    "swapoff",
    "reboot",
    "acct",
    "quotactl",
    "personality",
    "userfaultfd",
    "perf_event_open",
];
