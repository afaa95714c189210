//! `block-execve-tmp`: denies execution from world-writable folders and from memory.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Effect, MemberValue, Operation};
use telovix_policy::value::PathPattern;

use super::{BuiltIn, Clause};
use crate::Template;

/// The list of the template. `/dev/` includes `/dev/shm`; a lint reports that `/var/tmp` is missing.
const PLACES: [&str; 4] = ["/tmp/", "/dev/", "/run/user/", "/proc/self/fd/"];

const INTERPRETER: &str =
    "the interpreter opens the script as data; an exec is seen only for the interpreter";
const LINK: &str = "a hard link or a mount gives the file a path outside the listed places";
const LOADER: &str = "the Tetragon policy hooks exec, and the executed program is the loader";
const DETACHED: &str = "Tetragon reads a path from the root of the process, so one on a detached mount lacks its beginning, \
                        and only 4,096 bytes of it";
const MPROTECT: &str = "Tetragon cannot read a path where memory becomes executable (file_mprotect)";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockExecveTmp,
    title: "execute from /tmp, /dev, /run/user, /proc/self/fd, and anonymous memory",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || {
        let places: Vec<PathPattern> = PLACES
            .iter()
            .map(|text| PathPattern::parse(text).expect("the table holds path patterns"))
            .collect();
        let condition = Condition::Exec { paths: places.iter().collect(), anonymous: true };
        let members = places.into_iter().map(MemberValue::Path).collect();
        vec![Clause { operation: Operation::Exec, condition, members }]
    },
    syscalls: &["execve", "execveat"],
    bypasses: &[
        Bypass {
            name: "execve of a path in a listed place",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::at("bprm_check_security"),
        },
        Bypass {
            name: "execve through a symbolic link, a relative path or /proc/self/fd",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::at("bprm_check_security"),
        },
        Bypass {
            name: "execveat of an open descriptor (fexecve)",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::at("bprm_check_security"),
        },
        Bypass {
            name: "a script in a listed place with a #! line",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::at("bprm_check_security"),
        },
        Bypass {
            name: "exec of a memfd or of a deleted file",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::at("bprm_check_security").measured_on_6_12(),
        },
        Bypass {
            name: "the loader started by hand on a file in a listed place",
            native: Coverage::at("mmap_file"),
            engine: Coverage::open(LOADER).measured_on_6_12(),
        },
        Bypass {
            name: "a mapping made executable afterwards (mprotect)",
            native: Coverage::at("file_mprotect"),
            engine: Coverage::open(MPROTECT).measured_on_6_12(),
        },
        Bypass {
            name: "a path of many components, of another mount namespace or on a detached mount",
            native: Coverage::at("bprm_check_security"),
            engine: Coverage::open(DETACHED).read(),
        },
        Bypass {
            name: "an interpreter given the script as an argument",
            native: Coverage::open(INTERPRETER),
            engine: Coverage::open(INTERPRETER),
        },
        Bypass {
            name: "a hard link or a bind mount that leads out of the listed places",
            native: Coverage::open(LINK),
            engine: Coverage::open(LINK),
        },
    ],
    explanation: include_str!("block_execve_tmp.md"),
};
