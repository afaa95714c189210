//! Ways to end enforcement: the function tracer's switch, and the maps, programs and pins of the active policy.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::sys;

/// The switch that every BPF trampoline depends on.
const TRACER: &str = "sys/kernel/ftrace_enabled";

// Commands of bpf(2), include/uapi/linux/bpf.h.
const GET_PIN: i64 = 7;
const GET_INFO: i64 = 15;

/// A kind of object: the commands that name the next number and that open one, and where its name is in what the kernel
/// says of it (`bpf_prog_info`, `bpf_map_info`).
struct Kind {
    next: i64,
    open: i64,
    name: usize,
}

const PROGRAM: Kind = Kind { next: 11, open: 13, name: 64 };
const MAP: Kind = Kind { next: 12, open: 14, name: 24 };

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["set-tracer", value] => std::fs::write(format!("/proc/{TRACER}"), value),
        ["set-tracer-elsewhere", value, folder] => sys::mount("proc", folder, "proc", 0)
            .and_then(|()| std::fs::write(format!("{folder}/{TRACER}"), value)),
        ["set-tracer-holding", value, path] => {
            File::options().write(true).open(format!("/proc/{TRACER}")).and_then(|file| {
                sys::call(libc::SYS_dup2, [i64::from(file.as_raw_fd()), super::HELD, 0, 0, 0, 0])?;
                Err(Command::new(path).args(["write-inherited", value]).exec())
            })
        }
        ["write-inherited", text] => {
            let words = [super::HELD, text.as_ptr() as i64, text.len() as i64, 0, 0, 0];
            sys::call(libc::SYS_write, words).map(drop)
        }
        ["take-map", name] => take(&MAP, name).map(drop),
        ["take-program", name] => take(&PROGRAM, name).map(drop),
        ["take-pin", path] => {
            let path = sys::text(path);
            bpf(GET_PIN, &[path.as_ptr() as u64, 0]).map(sys::own).map(drop)
        }
        ["lock-memory-image"] => {
            // KEXEC_ARCH_DEFAULT with no segments: unloads what was loaded, after every check.
            sys::call(libc::SYS_kexec_load, [0; 6]).map(drop)
        }
        _ => return None,
    })
}

/// Opens the object with this name by its number; ENOENT when none can be opened that has it.
fn take(kind: &Kind, name: &str) -> io::Result<OwnedFd> {
    let mut words = [0_u32; 3];
    while sys::call(libc::SYS_bpf, [kind.next, words.as_mut_ptr() as i64, 12, 0, 0, 0]).is_ok() {
        words = [words[1], 0, 0];
        let object = match bpf(kind.open, &[u64::from(words[0]), 0]) {
            Ok(object) => sys::own(object),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => continue,
            Err(error) => return Err(error),
        };
        let mut facts = [0_u8; 256];
        let length = facts.len() as u64;
        let descriptor = u64::from(object.as_raw_fd().unsigned_abs());
        bpf(GET_INFO, &[descriptor | length << 32, facts.as_mut_ptr() as u64])?;
        let found = facts.get(kind.name..kind.name + 16).unwrap_or_default();
        if found.split(|byte| *byte == 0).next() == Some(name.as_bytes()) {
            return Ok(object);
        }
    }
    Err(io::Error::from_raw_os_error(libc::ENOENT))
}

/// bpf(2) with an attribute structure, as words.
fn bpf(command: i64, words: &[u64]) -> io::Result<i64> {
    sys::call(libc::SYS_bpf, [command, words.as_ptr() as i64, size_of_val(words) as i64, 0, 0, 0])
}
