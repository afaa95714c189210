//! A service unit -> a profile of its main program.
//!
//! ```text
//! unit        text -> the settings of the section `[Service]`
//! capability  CapabilityBoundingSet -> allowed_capabilities
//! syscall     SystemCallFilter -> blocked_syscalls
//! address     IPAddressAllow, IPAddressDeny -> allowed_dst_cidrs
//! program     NoExecPaths, ExecPaths -> allowed_spawns
//! ```
//!
//! Facts are those of systemd.exec(5) and systemd.resource-control(5), systemd 257.

mod address;
mod capability;
mod program;
mod syscall;
mod unit;

use telovix_policy::value::AbsolutePath;
use telovix_tetragon::push_quoted;

use crate::product::Conversion;
use crate::{Change, Effect};
use unit::Unit;

/// The most bytes of a unit that is read.
pub const LARGEST_UNIT: usize = 1 << 20;

/// Settings that confine a service and that a profile does not have.
const NOT_IMPORTED: &[&str] = &[
    "AmbientCapabilities",
    "BindPaths",
    "BindReadOnlyPaths",
    "DeviceAllow",
    "DevicePolicy",
    "DynamicUser",
    "Group",
    "InaccessiblePaths",
    "IPIngressFilterPath",
    "IPEgressFilterPath",
    "KeyringMode",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "NetworkNamespacePath",
    "NoNewPrivileges",
    "PrivateDevices",
    "PrivateIPC",
    "PrivateMounts",
    "PrivateNetwork",
    "PrivateTmp",
    "PrivateUsers",
    "ProcSubset",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProtectSystem",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "RemoveIPC",
    "RestrictAddressFamilies",
    "RestrictFileSystems",
    "RestrictNamespaces",
    "RestrictNetworkInterfaces",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "RootDirectory",
    "RootImage",
    "SocketBindAllow",
    "SocketBindDeny",
    "SystemCallArchitectures",
    "TemporaryFileSystem",
    "UMask",
    "User",
];

/// The lists of a profile, each with its entries as they are written. An absent list does not confine.
#[derive(Debug, Default)]
struct Lists {
    spawns: Option<Vec<String>>,
    cidrs: Option<Vec<String>>,
    capabilities: Option<Vec<String>>,
    syscalls: Vec<String>,
}

/// Imports the unit with this name. Returns nothing when the unit confines nothing that a profile has.
///
/// # Errors
/// With the reason when it does, and a profile cannot be made of it.
pub fn import(name: &str, text: &str) -> Result<Option<Conversion>, String> {
    if text.len() > LARGEST_UNIT {
        return Err(format!("is larger than {LARGEST_UNIT} bytes"));
    }
    let unit = Unit::parse(text);
    let (mut lists, mut changes) = (Lists::default(), Vec::new());
    lists.capabilities = capability::import(&unit, &mut changes);
    lists.syscalls = syscall::import(&unit, &mut changes);
    lists.cidrs = address::import(&unit, &mut changes);
    lists.spawns = program::import(&unit, &mut changes);
    let is_empty = lists.capabilities.is_none() && lists.cidrs.is_none() && lists.spawns.is_none();
    if is_empty && lists.syscalls.is_empty() {
        return Ok(None);
    }
    let binary = binary(&unit)?;
    for setting in unit.settings.iter().filter(|setting| NOT_IMPORTED.contains(&setting.key.as_str())) {
        let why = "not imported: a profile has no such list; systemd goes on enforcing it".to_owned();
        let what = format!("`{}`", setting.key);
        changes.push(Change { line: setting.line, what, why, effect: Effect::Weaker });
    }
    changes.sort_by_key(|change| change.line);
    Ok(Some(Conversion { text: document(name, &binary, &lists), changes }))
}

/// Returns the main program.
fn binary(unit: &Unit) -> Result<String, String> {
    let mut programs = unit.assigned("ExecStart").into_iter();
    let Some(first) = programs.next() else { return Err("has no `ExecStart`".to_owned()) };
    if programs.next().is_some() {
        return Err("has several `ExecStart`, and a profile is of one program".to_owned());
    }
    let word = first.value.split_whitespace().next().unwrap_or_default();
    let path = word.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    if word[..word.len() - path.len()].contains(['+', '!']) {
        return Err(
            "starts its program with full privileges (`+` or `!`), so its settings do not apply to it"
                .to_owned(),
        );
    }
    match AbsolutePath::parse(path) {
        Ok(binary) if !path.contains(['%', '$', '"', '\'', '\\']) => Ok(binary.as_str().to_owned()),
        _ => Err(format!("starts `{path}`, which is not the plain path of a program")),
    }
}

fn document(name: &str, binary: &str, lists: &Lists) -> String {
    let mut text = String::from("kind: GuardianProfile\nname: ");
    push_quoted(&mut text, &name.chars().take(128).collect::<String>());
    text.push_str("\ntarget_binary: ");
    push_quoted(&mut text, binary);
    // The settings of a unit apply to all of its processes.
    text.push_str("\nmode: enforce\nchildren: inherit\n");
    let syscalls = (!lists.syscalls.is_empty()).then_some(&lists.syscalls);
    list(&mut text, "allowed_spawns", lists.spawns.as_ref());
    list(&mut text, "allowed_dst_cidrs", lists.cidrs.as_ref());
    list(&mut text, "allowed_capabilities", lists.capabilities.as_ref());
    list(&mut text, "blocked_syscalls", syscalls);
    text
}

fn list(text: &mut String, key: &str, entries: Option<&Vec<String>>) {
    let Some(entries) = entries else { return };
    text.push_str(key);
    if entries.is_empty() {
        return text.push_str(": []\n");
    }
    text.push_str(":\n");
    for entry in entries {
        text.push_str("  - ");
        push_quoted(text, entry);
        text.push('\n');
    }
}
