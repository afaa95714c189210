//! `block-socket-raw`: denies packet sockets.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Effect, Operation, SocketSet, SocketType};

use super::{BuiltIn, Clause};
use crate::Template;

const PASSED: &str = "an existing socket can be inherited or passed; only its creation is denied";
const XDP: &str = "AF_XDP is a separate family and needs a loaded XDP program: `block-bpf-load` stops that";
const TAP: &str = "a TAP device is opened as a file; a file rule on `/dev/net/tun` stops that";

pub(super) static TEMPLATE: BuiltIn = BuiltIn {
    template: Template::BlockSocketRaw,
    title: "create a packet socket (the other raw path)",
    effect: Effect::Deny,
    severity: ViolationSeverity::High,
    clauses: || {
        let sockets = SocketSet::of(&[SocketSet::PACKET], &SocketType::ALL);
        vec![Clause {
            operation: Operation::Socket,
            condition: Condition::Socket(sockets),
            members: Vec::new(),
        }]
    },
    syscalls: &["socket"],
    bypasses: &[
        Bypass {
            name: "socket(AF_PACKET, SOCK_RAW)",
            native: Coverage::at("socket_create"),
            engine: Coverage::at("socket_create").measured_on_6_12(),
        },
        Bypass {
            name: "socket(AF_PACKET, SOCK_DGRAM)",
            native: Coverage::at("socket_create"),
            engine: Coverage::at("socket_create").measured_on_6_12(),
        },
        Bypass {
            name: "socket(AF_INET, SOCK_PACKET), which the kernel turns into AF_PACKET",
            native: Coverage::at("socket_create"),
            engine: Coverage::at("socket_create").measured_on_6_12(),
        },
        Bypass {
            name: "io_uring IORING_OP_SOCKET",
            native: Coverage::at("socket_create").read(),
            engine: Coverage::at("socket_create").read(),
        },
        Bypass {
            name: "an AF_XDP socket",
            native: Coverage::open(XDP).read(),
            engine: Coverage::open(XDP).read(),
        },
        Bypass {
            name: "a TAP device",
            native: Coverage::open(TAP).read(),
            engine: Coverage::open(TAP).read(),
        },
        Bypass {
            name: "a packet socket inherited or received from another process",
            native: Coverage::open(PASSED).read(),
            engine: Coverage::open(PASSED).read(),
        },
    ],
    explanation: include_str!("block_socket_raw.md"),
};
