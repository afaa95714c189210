//! Ways to run a program, or to make its bytes executable.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::sys;

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["exec", path, rest @ ..] => {
            let rest = if rest.is_empty() { &["nothing"][..] } else { rest };
            Err(Command::new(path).args(rest).exec())
        }
        ["exec-relative", folder, name] => {
            std::env::set_current_dir(folder).and_then(|()| Err(Command::new(name).arg("nothing").exec()))
        }
        ["exec-descriptor", path] => File::open(path).and_then(|file| execute(file.as_fd())),
        ["exec-proc-descriptor", path] => File::open(path).and_then(|file| {
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            Err(Command::new(path).arg("nothing").exec())
        }),
        ["exec-memory", path] => memory_copy(path).and_then(|file| execute(file.as_fd())),
        ["exec-deleted", path] => File::open(path).and_then(|file| {
            std::fs::remove_file(path)?;
            execute(file.as_fd())
        }),
        ["map-executable", path] => {
            File::open(path).and_then(|file| map(&file, libc::PROT_READ | libc::PROT_EXEC)).map(drop)
        }
        ["make-executable", path] => File::open(path).and_then(|file| {
            let address = map(&file, libc::PROT_READ)?;
            let access = i64::from(libc::PROT_READ | libc::PROT_EXEC);
            sys::call(libc::SYS_mprotect, [address, 4096, access, 0, 0, 0]).map(drop)
        }),
        // The program begins with the file open, at a number that its probe knows.
        ["exec-holding", file, path, rest @ ..] => File::open(file).and_then(|file| {
            sys::call(libc::SYS_dup2, [i64::from(file.as_raw_fd()), super::HELD, 0, 0, 0, 0])?;
            Err(Command::new(path).args(rest).exec())
        }),
        ["spawn", path, rest @ ..] => {
            let rest = if rest.is_empty() { &["nothing"][..] } else { rest };
            Command::new(path).args(rest).status().and_then(|status| match status.code() {
                Some(0) => Ok(()),
                Some(code) => Err(io::Error::from_raw_os_error(code)),
                // Whoever waits for us is told what happened to what we started.
                None => sys::kill_self(),
            })
        }
        _ => return None,
    })
}

fn map(file: &File, access: i32) -> io::Result<i64> {
    let words = [0, 4096, i64::from(access), i64::from(libc::MAP_PRIVATE), i64::from(file.as_raw_fd()), 0];
    sys::call(libc::SYS_mmap, words)
}

/// execveat of an open descriptor, with the one argument `nothing`.
fn execute(file: BorrowedFd<'_>) -> io::Result<()> {
    let (empty, name, argument) = (sys::text(""), sys::text("probe"), sys::text("nothing"));
    let arguments = [name.as_ptr(), argument.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null::<libc::c_char>()];
    let words = [
        i64::from(file.as_raw_fd()),
        empty.as_ptr() as i64,
        arguments.as_ptr() as i64,
        environment.as_ptr() as i64,
        i64::from(libc::AT_EMPTY_PATH),
        0,
    ];
    sys::call(libc::SYS_execveat, words).map(drop)
}

/// A memory file with a program's bytes.
fn memory_copy(path: &str) -> io::Result<OwnedFd> {
    let name = sys::text("probe");
    let memory = sys::own(sys::call(libc::SYS_memfd_create, [name.as_ptr() as i64, 0, 0, 0, 0, 0])?);
    let mut file = File::from(memory);
    file.write_all(&std::fs::read(path)?)?;
    Ok(file.into())
}
