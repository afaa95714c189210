//! Where the memory of maps is charged: to the root of the control groups, whatever limits the group has that the command
//! runs in.
//!
//! The kernel charges a map, and from 7.2 on what programs store with tasks, to the group of the process that created the
//! map (`bpf_map_save_memcg`, kernel/bpf/syscall.c), for as long as the map lives. If that group is full, nothing can be
//! remembered about a task any more, on the whole host. The root has no limit.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};

use crate::{RuntimeError, sys};

/// While this lives, the process is in the root group; then it goes back.
#[derive(Debug)]
pub(crate) struct Uncharged {
    /// `cgroup.procs` of the group to go back to; `None` if the process was in the root, or could not leave.
    back: Option<File>,
}

impl Uncharged {
    /// Moves this process to the root group.
    ///
    /// # Errors
    /// It cannot leave its group, and that group or one above has a limit of memory.
    pub(crate) fn enter() -> Result<Self, RuntimeError> {
        let Some(group) = own_group() else { return Ok(Self { back: None }) };
        let moved = sys::root_control_group().and_then(|root| {
            let back = File::options().write(true).open(inside(&root, &format!("{group}/cgroup.procs")))?;
            join(&mut File::options().write(true).open(inside(&root, "cgroup.procs"))?)?;
            Ok(back)
        });
        match moved {
            Ok(back) => Ok(Self { back: Some(back) }),
            Err(_) if sys::root_control_group().is_ok_and(|root| !is_limited(&root, &group)) => {
                Ok(Self { back: None })
            }
            Err(error) => Err(RuntimeError::ControlGroup { group, reason: error.to_string() }),
        }
    }
}

impl Drop for Uncharged {
    fn drop(&mut self) {
        if let Some(back) = &mut self.back {
            // The group may be gone by now, as that of a stopped service is: the root is as good for what is left to do.
            let _ = join(back);
        }
    }
}

/// The process's group of version 2, from the root; `None` if that is the root itself, or if there is none.
fn own_group() -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    (!group.is_empty()).then(|| group.to_owned())
}

/// Whether a group, or one above it, may have only so much memory, or that cannot be said.
fn is_limited(root: &OwnedFd, group: &str) -> bool {
    let above = group.match_indices('/').map(|(at, _)| &group[..at]);
    above.chain([group]).any(|group| {
        let limit = std::fs::read_to_string(inside(root, &format!("{group}/memory.max")));
        match limit {
            Ok(limit) => limit.trim() != "max",
            // Without the memory controller there is no such file.
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    })
}

fn join(processes: &mut File) -> std::io::Result<()> {
    processes.write_all(b"0")
}

/// The path of a file below an open folder, which may be on a mount that is nowhere mounted.
fn inside(folder: &OwnedFd, path: &str) -> String {
    format!("/proc/self/fd/{}/{path}", folder.as_raw_fd())
}
