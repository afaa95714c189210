//! `block-capset-sysadmin`: denies adding CAP_SYS_ADMIN to the capability sets of a process.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Effect, MemberValue, Operation};
use telovix_policy::value::Capability;

use super::{BuiltIn, Clause};
use crate::Template;

const EXEC: &str = "an exec raises capabilities without capset; confine what may be executed";
const USER_NAMESPACE: &str =
    "a new user namespace grants every capability inside it: `block-user-namespace` stops that";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockCapsetSysadmin,
    title: "gain CAP_SYS_ADMIN through capset",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || {
        let condition = Condition::Capability([Capability::SYS_ADMIN].into_iter().collect());
        let members = vec![MemberValue::Capability(Capability::SYS_ADMIN)];
        vec![Clause { operation: Operation::Capset, condition, members }]
    },
    syscalls: &["capset"],
    bypasses: &[
        Bypass {
            name: "capset",
            native: Coverage::at("capset"),
            engine: Coverage::at("capset").measured_on_6_12(),
        },
        Bypass {
            name: "exec of a file with setuid bit or file capabilities",
            native: Coverage::open(EXEC).read(),
            engine: Coverage::open(EXEC).read(),
        },
        Bypass {
            name: "a new user namespace",
            native: Coverage::open(USER_NAMESPACE).read(),
            engine: Coverage::open(USER_NAMESPACE).read(),
        },
    ],
    explanation: include_str!("block_capset_sysadmin.md"),
};
