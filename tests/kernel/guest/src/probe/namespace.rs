//! Ways to change what paths mean: roots, mounts, namespaces.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use crate::sys;

/// `OPEN_TREE_NAMESPACE` and `FSMOUNT_NAMESPACE`, include/uapi/linux/mount.h, from 7.2 on.
const MOUNT_NAMESPACE: i64 = 2;

const HERE: i64 = libc::AT_FDCWD as i64;
const OPEN_TREE_CLONE: i64 = 1;
const AT_RECURSIVE: i64 = 0x8000;
const FSCONFIG_SET_STRING: i64 = 1;
const FSCONFIG_CMD_CREATE: i64 = 6;
const MOVE_MOUNT_F_EMPTY_PATH: i64 = 4;

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["chroot", folder] => std::os::unix::fs::chroot(folder),
        ["chroot-then-open", folder, path] => {
            std::os::unix::fs::chroot(folder).and_then(|()| File::open(path)).map(drop)
        }
        ["pivot-root", new, old] => {
            let (new, old) = (sys::text(new), sys::text(old));
            sys::call(libc::SYS_pivot_root, [new.as_ptr() as i64, old.as_ptr() as i64, 0, 0, 0, 0]).map(drop)
        }
        ["mount", folder] => sys::mount("none", folder, "tmpfs", 0),
        ["bind", from, to] => sys::mount(from, to, "", libc::MS_BIND),
        ["bind-then-open", from, to, path] => {
            sys::mount(from, to, "", libc::MS_BIND).and_then(|()| File::open(path)).map(drop)
        }
        ["remount", folder] => sys::mount("none", folder, "", libc::MS_REMOUNT | libc::MS_BIND),
        ["unmount", folder] => {
            let folder = sys::text(folder);
            sys::call(libc::SYS_umount2, [folder.as_ptr() as i64, 0, 0, 0, 0, 0]).map(drop)
        }
        ["new-mount", folder] => new_mount(folder),
        ["clone-mount", folder] => open_tree(folder).map(drop),
        ["clone-mount-namespace", folder] => {
            let folder = sys::text(folder);
            let words = [HERE, folder.as_ptr() as i64, MOUNT_NAMESPACE, 0, 0, 0];
            sys::call(libc::SYS_open_tree, words).map(sys::own).map(drop)
        }
        ["new-mount-namespace"] => {
            let kind = sys::text("tmpfs");
            sys::call(libc::SYS_fsopen, [kind.as_ptr() as i64, 0, 0, 0, 0, 0]).map(sys::own).and_then(
                |context| {
                    let context = i64::from(context.as_raw_fd());
                    // FSCONFIG_CMD_CREATE
                    sys::call(libc::SYS_fsconfig, [context, 6, 0, 0, 0, 0])?;
                    sys::call(libc::SYS_fsmount, [context, MOUNT_NAMESPACE, 0, 0, 0, 0])
                        .map(sys::own)
                        .map(drop)
                },
            )
        }
        ["clone-mount-then-open", folder, name] => open_tree(folder).and_then(|tree| {
            let name = sys::text(name);
            let words = [i64::from(tree.as_raw_fd()), name.as_ptr() as i64, 0, 0, 0, 0];
            sys::call(libc::SYS_openat, words).map(sys::own).map(drop)
        }),
        ["move-mount", from, to] => {
            let (from, to) = (sys::text(from), sys::text(to));
            let words = [HERE, from.as_ptr() as i64, HERE, to.as_ptr() as i64, 0, 0];
            sys::call(libc::SYS_move_mount, words).map(drop)
        }
        ["unshare", kinds] => sys::call(libc::SYS_unshare, [flags(kinds)?, 0, 0, 0, 0, 0]).map(drop),
        ["clone", kinds] => {
            child(sys::call(libc::SYS_clone, [flags(kinds)? | i64::from(libc::SIGCHLD), 0, 0, 0, 0, 0]))
        }
        ["clone3", kinds] => {
            let mut arguments = [0_u64; 11];
            arguments[0] = flags(kinds)? as u64;
            arguments[4] = libc::SIGCHLD as u64;
            child(sys::call(libc::SYS_clone3, [arguments.as_ptr() as i64, 88, 0, 0, 0, 0]))
        }
        ["setns", path] => File::open(path).and_then(|file| {
            sys::call(libc::SYS_setns, [i64::from(file.as_raw_fd()), 0, 0, 0, 0, 0]).map(drop)
        }),
        _ => return None,
    })
}

/// Ends the child at once; the parent waits for it.
fn child(result: io::Result<i64>) -> io::Result<()> {
    match result? {
        0 => sys::exit_now(),
        pid => sys::call(libc::SYS_wait4, [pid, 0, 0, 0, 0, 0]).map(drop),
    }
}

pub(super) fn flags(kinds: &str) -> Option<i64> {
    kinds.split(',').try_fold(0, |flags, kind| {
        Some(
            flags
                | i64::from(match kind {
                    "user" => libc::CLONE_NEWUSER,
                    "mount" => libc::CLONE_NEWNS,
                    "net" => libc::CLONE_NEWNET,
                    "pid" => libc::CLONE_NEWPID,
                    "uts" => libc::CLONE_NEWUTS,
                    "ipc" => libc::CLONE_NEWIPC,
                    "cgroup" => libc::CLONE_NEWCGROUP,
                    _ => return None,
                }),
        )
    })
}

pub(super) fn open_tree(folder: &str) -> io::Result<std::os::fd::OwnedFd> {
    let folder = sys::text(folder);
    sys::call(libc::SYS_open_tree, [HERE, folder.as_ptr() as i64, OPEN_TREE_CLONE | AT_RECURSIVE, 0, 0, 0])
        .map(sys::own)
}

fn new_mount(folder: &str) -> io::Result<()> {
    let (kind, key, value) = (sys::text("tmpfs"), sys::text("source"), sys::text("none"));
    let (empty, folder) = (sys::text(""), sys::text(folder));
    let context = sys::own(sys::call(libc::SYS_fsopen, [kind.as_ptr() as i64, 0, 0, 0, 0, 0])?);
    let number = i64::from(context.as_raw_fd());
    let words = [number, FSCONFIG_SET_STRING, key.as_ptr() as i64, value.as_ptr() as i64, 0, 0];
    sys::call(libc::SYS_fsconfig, words)?;
    sys::call(libc::SYS_fsconfig, [number, FSCONFIG_CMD_CREATE, 0, 0, 0, 0])?;
    let mount = sys::own(sys::call(libc::SYS_fsmount, [number, 0, 0, 0, 0, 0])?);
    let words = [
        i64::from(mount.as_raw_fd()),
        empty.as_ptr() as i64,
        HERE,
        folder.as_ptr() as i64,
        MOVE_MOUNT_F_EMPTY_PATH,
        0,
    ];
    sys::call(libc::SYS_move_mount, words).map(drop)
}
