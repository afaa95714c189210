//! `block-kmod-load`: denies loading kernel modules.

use telovix_platform::Status::{Absent, Covered};
use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockKmodLoad,
    title: "load a kernel module, from memory or from a file",
    effect: Effect::Deny,
    severity: ViolationSeverity::Critical,
    clauses: || vec![Clause::always(Operation::ModuleLoad)],
    syscalls: &["init_module", "finit_module"],
    bypasses: &[
        Bypass {
            name: "finit_module from a file",
            native: Coverage::at("kernel_read_file"),
            engine: Coverage::at("kernel_read_file").measured_on_6_12(),
        },
        Bypass {
            name: "finit_module of a compressed module (READING_MODULE_COMPRESSED)",
            native: Coverage::each(
                Absent("the kernel reads compressed modules as READING_MODULE"),
                Absent("the kernel reads compressed modules as READING_MODULE"),
                Covered("kernel_read_file"),
            )
            .read(),
            engine: Coverage::each(
                Absent("the kernel reads compressed modules as READING_MODULE"),
                Absent("the kernel reads compressed modules as READING_MODULE"),
                Covered("kernel_read_file"),
            )
            .read(),
        },
        Bypass {
            name: "init_module from memory",
            native: Coverage::at("kernel_load_data"),
            engine: Coverage::at("kernel_load_data").measured_on_6_12(),
        },
        Bypass {
            name: "modprobe started by the kernel itself (request_module)",
            native: Coverage::at("kernel_read_file").read(),
            engine: Coverage::at("kernel_read_file").read(),
        },
        Bypass {
            name: "a new kernel through kexec",
            native: Coverage::open("kexec replaces the kernel and loads no module; it needs CAP_SYS_BOOT")
                .read(),
            engine: Coverage::open("kexec replaces the kernel and loads no module; it needs CAP_SYS_BOOT")
                .read(),
        },
    ],
    explanation: include_str!("block_kmod_load.md"),
};
