//! `block-chmod-suid`: denies making setuid and setgid files.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const UNNAMED: &str = "the Tetragon policy hooks path_mknod and inode_create, which are not called for an unnamed file (fs/namei.c, vfs_tmpfile)";
const MOUNTED: &str = "a mounted file system can contain setuid files: `block-mount-syscall` stops that";
const FILE_CAPABILITIES: &str = "file capabilities are an extended attribute, not a mode bit";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockChmodSuid,
    title: "set a setuid or setgid bit, by any call that can",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::SetId)],
    syscalls: &[
        "chmod",
        "creat",
        "fchmod",
        "fchmodat",
        "fchmodat2",
        "mknod",
        "mknodat",
        "open",
        "openat",
        "openat2",
    ],
    bypasses: &[
        Bypass {
            name: "chmod, fchmod, fchmodat, fchmodat2",
            native: Coverage::at("path_chmod"),
            engine: Coverage::at("path_chmod").measured_on_6_12(),
        },
        Bypass {
            name: "open, openat, openat2 or creat with a setuid mode",
            native: Coverage::at("inode_create"),
            engine: Coverage::at("inode_create").measured_on_6_12(),
        },
        Bypass {
            name: "mknod of a regular file with a setuid mode",
            native: Coverage::at("path_mknod"),
            engine: Coverage::at("path_mknod").measured_on_6_12(),
        },
        Bypass {
            name: "an unnamed file (O_TMPFILE) with a setuid mode, linked afterwards",
            native: Coverage::at("file_open"),
            engine: Coverage::open(UNNAMED).measured_on_6_12(),
        },
        Bypass {
            name: "setxattr of security.capability",
            native: Coverage::open(FILE_CAPABILITIES).read(),
            engine: Coverage::open(FILE_CAPABILITIES).read(),
        },
        Bypass {
            name: "mounting a file system with setuid files",
            native: Coverage::open(MOUNTED).read(),
            engine: Coverage::open(MOUNTED).read(),
        },
    ],
    explanation: include_str!("block_chmod_suid.md"),
};
