//! Ways to act on processes, the kernel, and memory without a file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use crate::sys;

/// What makes a call number one of the x32 ABI (`__X32_SYSCALL_BIT`).
const X32_BIT: i64 = 0x4000_0000;

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["ptrace-attach", pid] => ptrace(libc::PTRACE_ATTACH, pid.parse().ok()?),
        ["ptrace-seize", pid] => ptrace(libc::PTRACE_SEIZE, pid.parse().ok()?),
        ["ptrace-me"] => ptrace(libc::PTRACE_TRACEME, 0),
        ["read-memory", pid] => {
            let mut byte = [0_u8; 1];
            let local = [byte.as_mut_ptr() as u64, 1];
            let words = [pid.parse().ok()?, local.as_ptr() as i64, 1, local.as_ptr() as i64, 1, 0];
            match sys::call(libc::SYS_process_vm_readv, words) {
                // No memory is mapped there; the access was granted.
                Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Ok(()),
                other => other.map(drop),
            }
        }
        ["read-own-memory"] => {
            let (mut byte, source) = ([0_u8; 1], [1_u8; 1]);
            let (local, remote) = ([byte.as_mut_ptr() as u64, 1], [source.as_ptr() as u64, 1]);
            let pid = i64::from(std::process::id());
            let words = [pid, local.as_ptr() as i64, 1, remote.as_ptr() as i64, 1, 0];
            sys::call(libc::SYS_process_vm_readv, words).map(drop)
        }
        ["take-descriptor", pid] => {
            let pid = pid.parse().ok()?;
            sys::call(libc::SYS_pidfd_open, [pid, 0, 0, 0, 0, 0]).map(sys::own).and_then(|process| {
                let words = [i64::from(process.as_raw_fd()), 0, 0, 0, 0, 0];
                sys::call(libc::SYS_pidfd_getfd, words).map(sys::own).map(drop)
            })
        }
        ["read-stack", pid] => std::fs::read(format!("/proc/{pid}/syscall")).map(drop),
        ["open-environment", pid] => File::open(format!("/proc/{pid}/environ")).map(drop),
        ["open-memory", pid] => File::open(format!("/proc/{pid}/mem")).map(drop),
        ["memfd-create"] => {
            let name = sys::text("probe");
            sys::call(libc::SYS_memfd_create, [name.as_ptr() as i64, 0, 0, 0, 0, 0]).map(sys::own).map(drop)
        }
        ["memfd-create-x32"] => {
            let name = sys::text("probe");
            let words = [name.as_ptr() as i64, 0, 0, 0, 0, 0];
            sys::call(X32_BIT | libc::SYS_memfd_create, words).map(sys::own).map(drop)
        }
        ["memfd-create-ia32"] => {
            // arch/x86/entry/syscalls/syscall_32.tbl
            sys::low_text("probe").and_then(|name| sys::call_ia32(356, name)).map(sys::own).map(drop)
        }
        ["memfd-secret"] => sys::call(libc::SYS_memfd_secret, [0; 6]).map(sys::own).map(drop),
        ["init-module", path] => std::fs::read(path).and_then(|bytes| {
            let options = sys::text("");
            let words = [bytes.as_ptr() as i64, bytes.len() as i64, options.as_ptr() as i64, 0, 0, 0];
            sys::call(libc::SYS_init_module, words).map(drop)
        }),
        ["finit-module", path] => File::open(path).and_then(|file| {
            let options = sys::text("");
            let words = [i64::from(file.as_raw_fd()), options.as_ptr() as i64, 0, 0, 0, 0];
            sys::call(libc::SYS_finit_module, words).map(drop)
        }),
        ["load-program"] => load_program(),
        ["create-map"] => {
            let attributes = [2_u32, 4, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0];
            sys::call(libc::SYS_bpf, [0, attributes.as_ptr() as i64, 48, 0, 0, 0]).map(sys::own).map(drop)
        }
        ["keep-admin"] => capset(true),
        ["drop-admin-then-regain"] => capset(false).and_then(|()| capset(true)),
        ["set-host-name"] => {
            let name = sys::text("probe");
            sys::call(libc::SYS_sethostname, [name.as_ptr() as i64, 5, 0, 0, 0, 0]).map(drop)
        }
        ["bind-low-port"] => std::net::UdpSocket::bind("127.0.0.1:99").map(drop),
        ["change-owner", path] => std::os::unix::fs::chown(path, Some(1), Some(1)),
        ["call", number] => sys::call(number.parse().ok()?, [0; 6]).map(drop),
        ["call-x32", number] => sys::call(X32_BIT | number.parse::<i64>().ok()?, [0; 6]).map(drop),
        ["call-ia32", number] => sys::call_ia32(number.parse().ok()?, 0).map(drop),
        ["call-ia32-path", number, path] => {
            let number = number.parse().ok()?;
            sys::low_text(path).and_then(|path| sys::call_ia32(number, path)).map(drop)
        }
        ["unshare-ia32", kinds] => {
            // arch/x86/entry/syscalls/syscall_32.tbl
            sys::call_ia32(310, super::namespace::flags(kinds)?).map(drop)
        }
        ["forge-name", other, rest @ ..] => File::open(other).and_then(|file| {
            let words = [
                i64::from(libc::PR_SET_MM),
                i64::from(libc::PR_SET_MM_EXE_FILE),
                i64::from(file.as_raw_fd()),
                0,
                0,
                0,
            ];
            // Refused while the old file is mapped; the attempt that follows is what counts.
            let _ = sys::call(libc::SYS_prctl, words);
            super::attempt(rest).unwrap_or(Ok(()))
        }),
        _ => return None,
    })
}

/// Makes the attempt in a child, which shares nothing with us but what fork copied.
pub(super) fn forked(child: io::Result<i32>, rest: &[&str]) -> Option<io::Result<()>> {
    Some(child.and_then(|pid| {
        if pid == 0 {
            let result = super::attempt(rest).unwrap_or(Err(io::Error::from_raw_os_error(libc::EINVAL)));
            let code = result.err().and_then(|error| error.raw_os_error()).unwrap_or(0);
            sys::exit_with(code);
        }
        sys::wait(pid)
    }))
}

fn ptrace(request: u32, pid: i64) -> io::Result<()> {
    sys::call(libc::SYS_ptrace, [i64::from(request), pid, 0, 0, 0, 0]).map(drop)
}

/// Loads the smallest program there is: a socket filter that returns 0.
fn load_program() -> io::Result<()> {
    let instructions: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];
    let license = sys::text("GPL");
    let mut attributes = [0_u64; 8];
    attributes[0] = 1 | 2 << 32;
    attributes[1] = instructions.as_ptr() as u64;
    attributes[2] = license.as_ptr() as u64;
    sys::call(libc::SYS_bpf, [5, attributes.as_ptr() as i64, 64, 0, 0, 0]).map(sys::own).map(drop)
}

/// Sets this thread's capabilities to all it may have, with or without CAP_SYS_ADMIN as an effective one.
fn capset(admin: bool) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let mut sets = [0_u32; 6];
    sys::call(libc::SYS_capget, [header.as_ptr() as i64, sets.as_mut_ptr() as i64, 0, 0, 0, 0])?;
    // Effective, permitted, inheritable; low word, then high word.
    sets[0] = if admin { sets[1] } else { sets[1] & !(1 << 21) };
    sys::call(libc::SYS_capset, [header.as_ptr() as i64, sets.as_ptr() as i64, 0, 0, 0, 0]).map(drop)
}
