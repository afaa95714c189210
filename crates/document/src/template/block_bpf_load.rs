//! `block-bpf-load`: denies loading BPF programs, and taking those that are there by their numbers.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const CLASSIC: &str =
    "classic filters of sockets and seccomp are translated by the kernel and never pass bpf(2)";
const LOADED: &str = "a program that the process already has, or that is pinned, can still be attached";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockBpfLoad,
    title: "load a BPF program",
    effect: Effect::Deny,
    severity: ViolationSeverity::Critical,
    clauses: || vec![Clause::always(Operation::Bpf)],
    syscalls: &["bpf"],
    bypasses: &[
        Bypass {
            name: "bpf(BPF_PROG_LOAD)",
            native: Coverage::at("bpf"),
            engine: Coverage::at("bpf").measured_on_6_12(),
        },
        Bypass {
            name: "bpf(BPF_PROG_LOAD) with a token",
            native: Coverage::at("bpf").read(),
            engine: Coverage::at("bpf").read(),
        },
        Bypass {
            name: "taking a program, map or link by its number",
            native: Coverage::at("bpf"),
            engine: Coverage::at("bpf").read(),
        },
        Bypass {
            name: "attaching a program that is loaded already",
            native: Coverage::open(LOADED).read(),
            engine: Coverage::open(LOADED).read(),
        },
        Bypass {
            name: "classic filters (SO_ATTACH_FILTER, seccomp)",
            native: Coverage::open(CLASSIC).read(),
            engine: Coverage::open(CLASSIC).read(),
        },
    ],
    explanation: include_str!("block_bpf_load.md"),
};
