//! `block-user-namespace`: denies creating user namespaces.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Effect, Operation};

use super::{BuiltIn, Clause};
use crate::Template;

const SETNS: &str = "setns joins an existing namespace; creating it was denied";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockUserNamespace,
    title: "create a user namespace",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || vec![Clause::always(Operation::UserNamespace)],
    syscalls: &["clone", "clone3", "unshare"],
    bypasses: &[
        Bypass {
            name: "unshare with CLONE_NEWUSER",
            native: Coverage::at("userns_create"),
            engine: Coverage::at("userns_create").measured_on_6_12(),
        },
        Bypass {
            name: "clone with CLONE_NEWUSER",
            native: Coverage::at("userns_create"),
            engine: Coverage::at("userns_create").measured_on_6_12(),
        },
        Bypass {
            name: "clone3 with CLONE_NEWUSER",
            native: Coverage::at("userns_create"),
            engine: Coverage::at("userns_create").measured_on_6_12(),
        },
        Bypass {
            name: "setns into a user namespace that exists",
            native: Coverage::open(SETNS).read(),
            engine: Coverage::open(SETNS).read(),
        },
    ],
    explanation: include_str!("block_user_namespace.md"),
};
