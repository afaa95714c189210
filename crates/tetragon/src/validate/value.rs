//! Filter values -> findings, as Tetragon's encoder reads them.

use std::net::IpAddr;

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::value::{Capability, Cidr};
use telovix_syntax::quote;

use crate::codes::{ALWAYS_MATCHES, CRASH, IGNORED, LIMIT, NEVER_MATCHES, VALUE};
use crate::{ArgumentClass, ArgumentFilter, ArgumentType, Operator, Text};

const NUMBERS: usize = 4;
const EQUAL_BYTES: usize = 4_096;
const PREFIX_BYTES: usize = 256;
const POSTFIX_BYTES: usize = 127;
const SUBSTRING_BYTES: usize = 99;
const SUBSTRINGS: usize = 100;
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

/// Reports values that the encoder rejects, and values that cannot match.
pub(super) fn check(filter: &ArgumentFilter, kind: ArgumentType, sink: &mut Sink) {
    use Operator as O;
    let class = kind.class();
    let is_text = matches!(class, ArgumentClass::Text | ArgumentClass::File | ArgumentClass::UnixAddress);
    let limited = match filter.operator.value {
        O::Equal | O::NotEqual => !is_text,
        O::GreaterThan | O::LessThan | O::Gt | O::Lt | O::Mask => true,
        O::InRange | O::NotInRange | O::FileType | O::NotFileType => true,
        _ => false,
    };
    if let Some(fifth) = filter.values.get(NUMBERS).filter(|_| limited) {
        let message = format!("`{}` supports at most {NUMBERS} values", filter.operator.value.name());
        let diagnostic = Diagnostic::new(&LIMIT, fifth.span, message);
        let has_map =
            matches!(filter.operator.value, O::Equal | O::NotEqual) && class != ArgumentClass::CapabilityMask;
        sink.report(if has_map { diagnostic.help("use `InMap` or `NotInMap`") } else { diagnostic });
    }
    let is_substring = matches!(filter.operator.value, O::SubString | O::SubStringIgnoreCase);
    if let Some(more) = filter.values.get(SUBSTRINGS).filter(|_| is_substring) {
        sink.report(Diagnostic::new(
            &LIMIT,
            more.span,
            format!("a hook has at most {SUBSTRINGS} substrings"),
        ));
    }
    for value in &filter.values {
        if let Some((code, problem)) = problem(filter.operator.value, kind, is_text, value) {
            let message = format!("{} {problem}", quote(&shortened(&value.value)));
            sink.report(Diagnostic::new(code, value.span, message));
        }
    }
}

/// Returns what is wrong with one value.
fn problem(
    operator: Operator,
    kind: ArgumentType,
    is_text: bool,
    value: &Text<'_>,
) -> Option<(&'static Code, String)> {
    use Operator as O;
    let text = value.value.as_ref();
    let bytes = text.len();
    let refuse = |problem: &str| Some((&VALUE, problem.to_owned()));
    match operator {
        O::Equal | O::NotEqual if is_text => match bytes {
            _ if bytes > EQUAL_BYTES => Some((&LIMIT, format!("has {bytes} bytes, more than {EQUAL_BYTES}"))),
            _ if kind == ArgumentType::String && !text.is_empty() && text.bytes().all(|byte| byte == 0) => {
                Some((&CRASH, "consists of NUL characters, which crashes Tetragon".to_owned()))
            }
            0 => Some((&NEVER_MATCHES, "is an empty string, which never matches".to_owned())),
            _ => None,
        },
        O::Prefix | O::NotPrefix => match bytes {
            0 => Some((&ALWAYS_MATCHES, "is an empty prefix, which matches every value".to_owned())),
            1..PREFIX_BYTES => None,
            PREFIX_BYTES => Some((&NEVER_MATCHES, "has 256 bytes, which the lookup truncates".to_owned())),
            _ => Some((&LIMIT, format!("has {bytes} bytes, more than {PREFIX_BYTES}"))),
        },
        O::Postfix | O::NotPostfix => match bytes {
            0 if kind == ArgumentType::CharBuffer => {
                Some((&ALWAYS_MATCHES, "is an empty postfix, which matches every value".to_owned()))
            }
            0 => Some((&CRASH, "is an empty postfix, which crashes Tetragon".to_owned())),
            1..=POSTFIX_BYTES => None,
            _ => Some((&LIMIT, format!("has {bytes} bytes, more than {POSTFIX_BYTES}"))),
        },
        O::SubString | O::SubStringIgnoreCase => (bytes > SUBSTRING_BYTES)
            .then(|| (&LIMIT, format!("has {bytes} bytes, more than {SUBSTRING_BYTES}"))),
        O::Equal | O::NotEqual | O::GreaterThan | O::LessThan | O::Gt | O::Lt | O::Mask => match kind.class()
        {
            ArgumentClass::CapabilityMask => (go_integer(text).is_none() && !is_capability_list(text))
                .then(|| (&VALUE, "is not a number or a list of capabilities".to_owned())),
            _ => number_problem(text, kind),
        },
        O::InMap | O::NotInMap => map_problem(text, kind),
        O::InRange | O::NotInRange => range_problem(text, kind),
        O::SAddr | O::NotSAddr | O::DAddr | O::NotDAddr => address_problem(text),
        O::SPort | O::NotSPort | O::DPort | O::NotDPort => {
            let Some((first, last)) = decimal_range(text, false) else {
                return refuse("is not a port or a range `min:max`");
            };
            (first.max(last) > 65_535).then(|| (&NEVER_MATCHES, "is above 65535".to_owned()))
        }
        O::Protocol => named_problem(text, "IPPROTO_", PROTOCOLS),
        O::Family => named_problem(text, "AF_", FAMILIES),
        O::State => named_problem(text, "TCP_", STATES),
        O::FileType | O::NotFileType => {
            if FILE_TYPES.contains(&text) {
                None
            } else {
                refuse("is not a file type")
            }
        }
        O::SPortPriv
        | O::NotSPortPriv
        | O::DPortPriv
        | O::NotDPortPriv
        | O::CapabilitiesGained
        | O::CelExpression => None,
    }
}

fn number_problem(text: &str, kind: ArgumentType) -> Option<(&'static Code, String)> {
    let Some(number) = go_integer(text) else { return Some((&VALUE, "is not a number".to_owned())) };
    let (least, most) = match (kind.number_bytes(), kind.is_signed()) {
        (8, true) => (i128::from(i64::MIN), i128::from(i64::MAX)),
        (8, false) => (0, i128::from(u64::MAX)),
        (_, true) => (i128::from(i32::MIN), i128::from(i32::MAX)),
        (_, false) => (0, i128::from(u32::MAX)),
    };
    if !(least..=most).contains(&number) {
        return Some((&VALUE, format!("is outside the range of `{}`", kind.name())));
    }
    let narrow = kind.narrow_range().is_some_and(|(least, most)| !(least..=most).contains(&number));
    let negative = number < 0 && kind.class() == ArgumentClass::IntegerSmall;
    (narrow || negative)
        .then(|| (&NEVER_MATCHES, format!("never equals a `{}` as Tetragon reads it", kind.name())))
}

fn map_problem(text: &str, kind: ArgumentType) -> Option<(&'static Code, String)> {
    match decimal_range(text, true) {
        Some((first, _)) if first < 0 && kind.number_bytes() == 4 => {
            Some((&NEVER_MATCHES, "is negative, which a 32-bit map lookup never finds".to_owned()))
        }
        Some(_) => None,
        None => Some((&VALUE, "is not a decimal number or a range `min:max`".to_owned())),
    }
}

fn range_problem(text: &str, kind: ArgumentType) -> Option<(&'static Code, String)> {
    let ends: Option<Vec<i128>> = text.split(':').map(go_integer).collect();
    let Some([first, last]) = ends.as_deref() else {
        return Some((&VALUE, "is not a range `min:max`".to_owned()));
    };
    let most = if kind.number_bytes() == 8 { i128::from(i64::MAX) } else { i128::from(u32::MAX) };
    if [first, last].into_iter().any(|end| *end > most || *end < i128::from(i64::MIN)) {
        return Some((&VALUE, format!("is outside the range of `{}`", kind.name())));
    }
    (first > last).then(|| (&NEVER_MATCHES, "is a reversed range".to_owned()))
}

fn address_problem(text: &str) -> Option<(&'static Code, String)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let without_zone = || address.split_once('%')?.0.parse().ok();
    let (parsed, has_zone) = match address.parse::<IpAddr>().ok() {
        Some(address) => (address, false),
        None => match without_zone() {
            Some(address) => (address, true),
            None => return Some((&VALUE, "is not an IP address or CIDR".to_owned())),
        },
    };
    let width = if parsed.is_ipv4() { 32 } else { 128 };
    let plain = |digits: &&str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
    };
    let length = match length {
        None => None,
        Some(digits) => match Some(digits).filter(plain).and_then(|digits| digits.parse::<u8>().ok()) {
            Some(length) if length <= width => Some(length),
            _ => return Some((&VALUE, "has an invalid prefix length".to_owned())),
        },
    };
    match (has_zone, length) {
        (true, Some(_)) => Some((&VALUE, "is a CIDR with a zone".to_owned())),
        (true, None) => Some((&IGNORED, "has a zone, which Tetragon ignores".to_owned())),
        (false, Some(length)) if Cidr::new(parsed, length).is_some_and(Cidr::has_host_bits) => {
            Some((&IGNORED, "has host bits, which Tetragon ignores".to_owned()))
        }
        _ => None,
    }
}

fn named_problem(text: &str, prefix: &str, names: &[&str]) -> Option<(&'static Code, String)> {
    let known = text.strip_prefix(prefix).is_some_and(|name| names.contains(&name));
    if known || decimal_range(text, false).is_some() {
        return None;
    }
    Some((&VALUE, format!("is not a number or a name such as `{prefix}{}`", names.first().unwrap_or(&""))))
}

/// Reads `min:max`, or `n` as the range from it to itself.
fn decimal_range(text: &str, signed: bool) -> Option<(i128, i128)> {
    if let Some(number) = decimal(text, signed) {
        return Some((number, number));
    }
    let (first, last) = text.split_once(':')?;
    Some((decimal(first, signed)?, decimal(last, signed)?))
}

fn decimal(text: &str, signed: bool) -> Option<i128> {
    /// Number of digits that always fit an `i64`.
    const SHORT: usize = 18;
    let digits = if signed { text.strip_prefix(['-', '+']).unwrap_or(text) } else { text };
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let short = (digits.len() <= SHORT).then(|| digits.parse::<i64>().ok().map(i128::from));
    let number = short.unwrap_or_else(|| digits.parse().ok())?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// Reads an integer as Go's `strconv` does with base 0.
fn go_integer(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, rest.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, rest.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, rest.get(2..)?),
        [b'0', _, ..] => (8, rest.get(1..)?),
        _ => (10, rest),
    };
    let digits = digits.replace('_', "");
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let magnitude = i128::from_str_radix(&digits, radix).ok().filter(|_| is_number)?;
    Some(if negative { -magnitude } else { magnitude })
}

fn is_capability_list(text: &str) -> bool {
    !text.is_empty() && text.split(',').all(|name| capability(name).is_some())
}

/// Returns the capability for a name as Tetragon spells it: with `CAP_`, except for `DAC_OVERRIDE`.
pub(super) fn capability(name: &str) -> Option<Capability> {
    let upper = name.trim().to_ascii_uppercase();
    match upper.as_str() {
        "DAC_OVERRIDE" => Capability::parse("DAC_OVERRIDE").ok(),
        "CAP_DAC_OVERRIDE" => None,
        other if other.starts_with("CAP_") => Capability::parse(other).ok(),
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).expect("`char_indices` gives character boundaries")),
        None => text.to_owned(),
    }
}
