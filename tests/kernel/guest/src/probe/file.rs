//! Ways to touch a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

use super::passing;
use crate::sys;

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["open-read", path] => File::open(path).map(drop),
        ["flood", times] => {
            let times: u32 = times.parse().ok()?;
            (0..times).for_each(|_| drop(File::open("/srv/secret")));
            Ok(())
        }
        ["open-write", path] => OpenOptions::new().write(true).open(path).map(drop),
        ["open-create", path] => {
            OpenOptions::new().write(true).create(true).truncate(false).open(path).map(drop)
        }
        ["open-truncate", path] => OpenOptions::new().write(true).truncate(true).open(path).map(drop),
        ["openat2", path] => openat2(path, 0, 0).map(drop),
        ["open-relative", folder, name] => {
            std::env::set_current_dir(folder).and_then(|()| File::open(name)).map(drop)
        }
        ["open-path-then-reopen", path] => reopen(path),
        ["open-through-root-link", path] => File::open(format!("/proc/self/root{path}")).map(drop),
        ["open-io-uring", path] => io_uring_open(path),
        ["open-after-delete", path] => {
            let file = OpenOptions::new().custom_flags(libc::O_PATH).read(true).open(path);
            file.and_then(|file| {
                fs::remove_file(path)?;
                File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).map(drop)
            })
        }
        ["read-inherited"] => {
            let mut byte = [0_u8; 1];
            sys::call(libc::SYS_read, [super::HELD, byte.as_mut_ptr() as i64, 1, 0, 0, 0]).map(drop)
        }
        ["offer-descriptor", path] => passing::offer(path),
        ["receive-descriptor", path] => passing::receive(path),
        ["truncate", path] => {
            let path = sys::text(path);
            sys::call(libc::SYS_truncate, [path.as_ptr() as i64, 0, 0, 0, 0, 0]).map(drop)
        }
        ["unlink", path] => fs::remove_file(path),
        ["rmdir", path] => fs::remove_dir(path),
        ["mkdir", path] => fs::create_dir(path),
        ["symlink", target, path] => std::os::unix::fs::symlink(target, path),
        ["link", old, new] => fs::hard_link(old, new),
        ["rename", old, new] => fs::rename(old, new),
        ["link-then-open", old, new] => fs::hard_link(old, new).and_then(|()| File::open(new)).map(drop),
        ["symlink-then-open", old, new] => {
            std::os::unix::fs::symlink(old, new).and_then(|()| File::open(new)).map(drop)
        }
        ["rename-then-open", old, new, path] => {
            fs::rename(old, new).and_then(|()| File::open(path)).map(drop)
        }
        ["exchange", one, other] => {
            let (one, other) = (sys::text(one), sys::text(other));
            let here = i64::from(libc::AT_FDCWD);
            let flags = i64::from(libc::RENAME_EXCHANGE);
            sys::call(libc::SYS_renameat2, [here, one.as_ptr() as i64, here, other.as_ptr() as i64, flags, 0])
                .map(drop)
        }
        ["mknod-fifo", path] => mknod(path, libc::S_IFIFO | 0o644),
        ["chmod-set-id", path] => fs::set_permissions(path, fs::Permissions::from_mode(0o4755)),
        ["fchmod-set-id", path] => {
            File::open(path).and_then(|file| file.set_permissions(fs::Permissions::from_mode(0o2755)))
        }
        ["fchmodat2-set-id", path] => {
            let path = sys::text(path);
            // fchmodat2, since 6.6.
            sys::call(452, [i64::from(libc::AT_FDCWD), path.as_ptr() as i64, 0o4755, 0, 0, 0]).map(drop)
        }
        ["create-set-id", path] => {
            OpenOptions::new().write(true).create_new(true).mode(0o4755).open(path).map(drop)
        }
        ["openat2-create-set-id", path] => openat2(path, libc::O_CREAT | libc::O_WRONLY, 0o4755).map(drop),
        ["unnamed-set-id", folder] => unnamed(folder, 0o4755).map(drop),
        ["unnamed-plain", folder] => unnamed(folder, 0o755).map(drop),
        ["unnamed-then-set-id", folder] => {
            unnamed(folder, 0o755).and_then(|file| file.set_permissions(fs::Permissions::from_mode(0o4755)))
        }
        ["mknod-set-id", path] => mknod(path, libc::S_IFREG | 0o4755),
        ["chown", path] => std::os::unix::fs::chown(path, Some(1), None),
        ["chmod-plain", path] => fs::set_permissions(path, fs::Permissions::from_mode(0o755)),
        _ => return None,
    })
}

/// A file without a name, which is linked or executed by its descriptor.
fn unnamed(folder: &str, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(libc::O_TMPFILE).mode(mode).open(folder)
}

fn mknod(path: &str, mode: u32) -> io::Result<()> {
    let path = sys::text(path);
    sys::call(libc::SYS_mknod, [path.as_ptr() as i64, i64::from(mode), 0, 0, 0, 0]).map(drop)
}

fn openat2(path: &str, flags: i32, mode: u64) -> io::Result<std::os::fd::OwnedFd> {
    let path = sys::text(path);
    let how = [flags as u64, mode, 0];
    let words = [i64::from(libc::AT_FDCWD), path.as_ptr() as i64, how.as_ptr() as i64, 24, 0, 0];
    sys::call(libc::SYS_openat2, words).map(sys::own)
}

fn reopen(path: &str) -> io::Result<()> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).map(drop)
}

/// Opens a file in an io_uring worker (`IOSQE_ASYNC`), and returns what the completion says.
fn io_uring_open(path: &str) -> io::Result<()> {
    const IORING_OP_OPENAT: u8 = 18;
    const IOSQE_ASYNC: u8 = 1 << 4;
    let path = sys::text(path);
    let mut parameters = [0_u32; 30];
    let ring =
        sys::own(sys::call(libc::SYS_io_uring_setup, [2, parameters.as_mut_ptr() as i64, 0, 0, 0, 0])?);
    let map = |size: usize, offset: i64| {
        let (access, shared) = (i64::from(libc::PROT_READ | libc::PROT_WRITE), i64::from(libc::MAP_SHARED));
        sys::call(libc::SYS_mmap, [0, size as i64, access, shared, i64::from(ring.as_raw_fd()), offset])
    };
    // struct io_uring_params: sq_off from word 10 (head, tail, ring_mask, ring_entries, flags, dropped, array),
    // cq_off from word 20 (head, tail, ring_mask, ring_entries, overflow, cqes).
    let submissions = map(4096, 0)?;
    let entries = map(4096, 0x1000_0000)?;
    let completions = map(4096, 0x800_0000)?;
    let mut entry = [0_u8; 64];
    entry[0] = IORING_OP_OPENAT;
    entry[1] = IOSQE_ASYNC;
    entry[4..8].copy_from_slice(&libc::AT_FDCWD.to_le_bytes());
    entry[16..24].copy_from_slice(&(path.as_ptr() as u64).to_le_bytes());
    sys::poke(entries, &entry);
    sys::poke(submissions + i64::from(parameters[16]), &0_u32.to_le_bytes());
    sys::poke(submissions + i64::from(parameters[11]), &1_u32.to_le_bytes());
    const IORING_ENTER_GETEVENTS: i64 = 1;
    sys::call(libc::SYS_io_uring_enter, [i64::from(ring.as_raw_fd()), 1, 1, IORING_ENTER_GETEVENTS, 0, 0])?;
    let completion: [u8; 16] = sys::peek(completions + i64::from(parameters[25]));
    let result = i32::from_le_bytes([completion[8], completion[9], completion[10], completion[11]]);
    if result < 0 { Err(io::Error::from_raw_os_error(-result)) } else { Ok(()) }
}
