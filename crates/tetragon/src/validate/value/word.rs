//! Names that Tetragon knows for numbers: protocols, address families, TCP states, file types, capabilities.

use telovix_policy::value::Capability;

use super::Problem;
use super::number::{Radix, unsigned};
use crate::codes::VALUE;

const FILE_TYPES: &[&str] = &[
    "blk", "block", "char", "chr", "dir", "fifo", "link", "lnk", "pipe", "reg", "regular", "sock", "socket",
];
/// `IPPROTO_` names that Tetragon knows; ICMPV6 is not among them.
const PROTOCOLS: &[&str] = &[
    "AH", "BEETPH", "COMP", "DCCP", "EGP", "ENCAP", "ESP", "ETHERNET", "GRE", "ICMP", "IDP", "IGMP", "IP",
    "IPIP", "IPV6", "MPLS", "MPTCP", "MTP", "PIM", "PUP", "RAW", "RSVP", "SCTP", "TCP", "TP", "UDP",
    "UDPLITE",
];
/// `AF_` names that Tetragon knows; LOCAL, FILE and ROUTE are not among them.
const FAMILIES: &[&str] = &[
    "ALG",
    "APPLETALK",
    "ASH",
    "ATMPVC",
    "ATMSVC",
    "AX25",
    "BLUETOOTH",
    "BRIDGE",
    "CAIF",
    "CAN",
    "DECnet",
    "ECONET",
    "IB",
    "IEEE802154",
    "INET",
    "INET6",
    "IPX",
    "IRDA",
    "ISDN",
    "IUCV",
    "KCM",
    "KEY",
    "LLC",
    "MCTP",
    "MPLS",
    "NETBEUI",
    "NETLINK",
    "NETROM",
    "NFC",
    "PACKET",
    "PHONET",
    "PPPOX",
    "QIPCRTR",
    "RDS",
    "ROSE",
    "RXRPC",
    "SECURITY",
    "SMC",
    "TIPC",
    "UNIX",
    "UNSPEC",
    "VSOCK",
    "WANPIPE",
    "X25",
    "XDP",
];
const STATES: &[&str] = &[
    "CLOSE",
    "CLOSE_WAIT",
    "CLOSING",
    "ESTABLISHED",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "LAST_ACK",
    "LISTEN",
    "NEW_SYN_RECV",
    "SYN_RECV",
    "SYN_SENT",
    "TIME_WAIT",
];

/// Returns what is wrong with the name of a file type.
pub(super) fn file_type_problem(text: &str) -> Problem {
    (!FILE_TYPES.contains(&text)).then(|| (&VALUE, "is not a file type".to_owned()))
}

/// Returns what is wrong with the name or number of a protocol.
pub(super) fn protocol_problem(text: &str) -> Problem {
    named_problem(text, "IPPROTO_", PROTOCOLS)
}

/// Returns what is wrong with the name or number of an address family.
pub(super) fn family_problem(text: &str) -> Problem {
    named_problem(text, "AF_", FAMILIES)
}

/// Returns what is wrong with the name or number of a TCP state.
pub(super) fn state_problem(text: &str) -> Problem {
    named_problem(text, "TCP_", STATES)
}

fn named_problem(text: &str, prefix: &str, names: &[&str]) -> Problem {
    let known = text.strip_prefix(prefix).is_some_and(|name| names.contains(&name));
    if known || super::number::port_range(text).is_some() {
        return None;
    }
    Some((&VALUE, format!("is not a number or a name such as `{prefix}{}`", names.first().unwrap_or(&""))))
}

/// Returns what is wrong with a capability mask: a number without sign, or names separated by commas.
pub(super) fn mask_problem(text: &str) -> Problem {
    let is_number = unsigned(text, Radix::Prefix).is_some_and(|number| u64::try_from(number).is_ok());
    let is_list = || text.split(',').all(|name| capability(name).is_some());
    (!is_number && !is_list()).then(|| (&VALUE, "is not a number or a list of capabilities".to_owned()))
}

/// Returns the capability for a name as Tetragon spells it: with `CAP_`, except for `DAC_OVERRIDE`.
pub(in crate::validate) fn capability(name: &str) -> Option<Capability> {
    let upper = name.trim().to_ascii_uppercase();
    match upper.as_str() {
        "DAC_OVERRIDE" => Capability::parse("DAC_OVERRIDE").ok(),
        "CAP_DAC_OVERRIDE" => None,
        other if other.starts_with("CAP_") => Capability::parse(other).ok(),
        _ => None,
    }
}
