//! `block-memfd-create`: denies creating anonymous memory files.

use telovix_platform::Status::{Absent, Covered, Killed};
use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const SHM: &str = "a file in /dev/shm has a name; `block-execve-tmp` stops its execution";
const UNNAMED: &str =
    "O_TMPFILE makes a file of an ordinary file system; `block-execve-tmp` stops its execution";
const SHARED: &str = "the Tetragon policy hooks what makes a memory file by name; a shared mapping or a System V segment \
                      has none";
const NO_SECRET: &str = "memfd_secret is off by default before 6.6";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockMemfdCreate,
    title: "create an anonymous memory file",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::MemoryFile)],
    syscalls: &["memfd_create", "memfd_secret"],
    bypasses: &[
        Bypass {
            name: "memfd_create",
            native: Coverage::each(
                Covered("file_alloc_security"),
                Covered("file_alloc_security"),
                Covered("inode_init_security_anon"),
            ),
            engine: Coverage::each(
                Killed("sys_memfd_create"),
                Killed("sys_memfd_create"),
                Covered("inode_init_security_anon"),
            )
            .measured_on_6_12(),
        },
        Bypass {
            name: "memfd_secret",
            native: Coverage::each(
                Absent(NO_SECRET),
                Covered("file_alloc_security"),
                Covered("inode_init_security_anon"),
            ),
            engine: Coverage::each(
                Absent(NO_SECRET),
                Killed("sys_memfd_secret"),
                Covered("inode_init_security_anon"),
            )
            .measured_on_6_12(),
        },
        Bypass {
            name: "shared anonymous memory made executable",
            native: Coverage::at("mmap_file"),
            engine: Coverage::open(SHARED).read(),
        },
        Bypass {
            name: "a file in /dev/shm",
            native: Coverage::open(SHM),
            engine: Coverage::open(SHM).measured_on_6_12(),
        },
        Bypass {
            name: "an unnamed file (O_TMPFILE)",
            native: Coverage::open(UNNAMED),
            engine: Coverage::open(UNNAMED).measured_on_6_12(),
        },
    ],
    explanation: include_str!("block_memfd_create.md"),
};
