//! `block-raw-sockets`: denies raw IP sockets.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Effect, Operation, SocketSet, SocketType};

use super::{BuiltIn, Clause};
use crate::Template;

const PASSED: &str = "an existing socket can be inherited or passed; only its creation is denied";
const PACKET: &str = "a packet socket is another family: `block-socket-raw` covers it";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockRawSockets,
    title: "create a raw IP socket",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || {
        let sockets = SocketSet::of(&[SocketSet::INET, SocketSet::INET6], &[SocketType::Raw]);
        vec![Clause {
            operation: Operation::Socket,
            condition: Condition::Socket(sockets),
            members: Vec::new(),
        }]
    },
    syscalls: &["socket"],
    bypasses: &[
        Bypass {
            name: "socket(AF_INET, SOCK_RAW)",
            native: Coverage::at("socket_create"),
            engine: Coverage::at("socket_create").measured_on_6_12(),
        },
        Bypass {
            name: "socket(AF_INET6, SOCK_RAW)",
            native: Coverage::at("socket_create"),
            engine: Coverage::at("socket_create").measured_on_6_12(),
        },
        Bypass {
            name: "io_uring IORING_OP_SOCKET",
            native: Coverage::at("socket_create").read(),
            engine: Coverage::at("socket_create").read(),
        },
        Bypass {
            name: "a packet socket (AF_PACKET, or SOCK_PACKET of AF_INET)",
            native: Coverage::open(PACKET),
            engine: Coverage::open(PACKET),
        },
        Bypass {
            name: "a raw socket inherited or received from another process",
            native: Coverage::open(PASSED).read(),
            engine: Coverage::open(PASSED).read(),
        },
    ],
    explanation: include_str!("block_raw_sockets.md"),
};
