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
        ["map-anonymous-executable"] => {
            let access = i64::from(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC);
            let kind = i64::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            sys::call(libc::SYS_mmap, [0, 4096, access, kind, -1, 0]).map(drop)
        }
        ["map-shared-executable"] => {
            shared(4096, libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC).map(drop)
        }
        ["make-shared-executable"] => shared(4096, libc::PROT_READ | libc::PROT_WRITE).and_then(|address| {
            let access = i64::from(libc::PROT_READ | libc::PROT_EXEC);
            sys::call(libc::SYS_mprotect, [address, 4096, access, 0, 0, 0]).map(drop)
        }),
        ["exec-shared", path] => std::fs::read(path).and_then(|program| {
            let address = shared(program.len() as i64, libc::PROT_READ | libc::PROT_WRITE)?;
            sys::poke(address, &program);
            let end = (address + program.len() as i64 + 4095) & !4095;
            let path = format!("/proc/self/map_files/{address:x}-{end:x}");
            Err(Command::new(path).arg("nothing").exec())
        }),
        ["attach-executable"] => attach(),
        // The folder as a mount of its own, which is mounted nowhere.
        ["exec-in-tree", folder, name] => super::namespace::open_tree(folder)
            .and_then(|tree| execute_at(tree.as_fd(), name, libc::AT_SYMLINK_NOFOLLOW)),
        ["exec-in-other-namespace", path] => other_namespace().and_then(|process| {
            Err(Command::new(format!("/proc/{process}/root{path}")).arg("nothing").exec())
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
    execute_at(file, "", libc::AT_EMPTY_PATH)
}

fn execute_at(file: BorrowedFd<'_>, path: &str, flags: i32) -> io::Result<()> {
    let (path, name, argument) = (sys::text(path), sys::text("probe"), sys::text("nothing"));
    let arguments = [name.as_ptr(), argument.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null::<libc::c_char>()];
    let words = [
        i64::from(file.as_raw_fd()),
        path.as_ptr() as i64,
        arguments.as_ptr() as i64,
        environment.as_ptr() as i64,
        i64::from(flags),
        0,
    ];
    sys::call(libc::SYS_execveat, words).map(drop)
}

/// Memory that could be shared, of no file that has a path.
fn shared(length: i64, access: i32) -> io::Result<i64> {
    let kind = i64::from(libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    sys::call(libc::SYS_mmap, [0, length, i64::from(access), kind, -1, 0])
}

/// A System V segment, attached so that it can be executed (`SHM_EXEC`, include/uapi/linux/shm.h).
fn attach() -> io::Result<()> {
    const SHM_EXEC: i64 = 0o100_000;
    let segment = sys::call(libc::SYS_shmget, [i64::from(libc::IPC_PRIVATE), 4096, 0o700, 0, 0, 0])?;
    let attached = sys::call(libc::SYS_shmat, [segment, 0, SHM_EXEC, 0, 0, 0]);
    sys::call(libc::SYS_shmctl, [segment, i64::from(libc::IPC_RMID), 0, 0, 0, 0])?;
    attached.map(drop)
}

/// A process in a mount namespace of its own, which ends by itself.
fn other_namespace() -> io::Result<i32> {
    let (mut ready, done) = io::pipe()?;
    match sys::fork()? {
        0 => {
            let made = sys::call(libc::SYS_unshare, [i64::from(libc::CLONE_NEWNS), 0, 0, 0, 0, 0]);
            drop(done);
            std::thread::sleep(std::time::Duration::from_secs(2));
            sys::exit_with(i32::from(made.is_err()))
        }
        process => {
            drop(done);
            io::Read::read(&mut ready, &mut [0])?;
            Ok(process)
        }
    }
}

/// A memory file with a program's bytes.
fn memory_copy(path: &str) -> io::Result<OwnedFd> {
    let name = sys::text("probe");
    let memory = sys::own(sys::call(libc::SYS_memfd_create, [name.as_ptr() as i64, 0, 0, 0, 0, 0])?);
    let mut file = File::from(memory);
    file.write_all(&std::fs::read(path)?)?;
    Ok(file.into())
}
