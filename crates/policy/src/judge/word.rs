//! Words and numbers of socket families, socket types and file modes.

use crate::confine::SocketType;

/// Address families by word. Source: `include/linux/socket.h`, unchanged 6.1 to 7.2.
const FAMILIES: [(&str, u16); 14] = [
    ("unspec", 0),
    ("unix", 1),
    ("inet", 2),
    ("ax25", 3),
    ("ipx", 4),
    ("inet6", 10),
    ("key", 15),
    ("netlink", 16),
    ("packet", 17),
    ("can", 29),
    ("bluetooth", 31),
    ("alg", 38),
    ("vsock", 40),
    ("xdp", 44),
];

/// Returns the number of a family: `inet`, `AF_INET`.
pub(super) fn family(text: &str) -> Option<u16> {
    let lower = text.to_ascii_lowercase();
    let name = lower.strip_prefix("af_").unwrap_or(&lower);
    FAMILIES.iter().find(|(word, _)| *word == name).map(|(_, number)| *number)
}

/// Returns the word of a family, if it is in the table.
pub(super) fn family_word(number: u16) -> Option<&'static str> {
    FAMILIES.iter().find(|(_, family)| *family == number).map(|(word, _)| *word)
}

/// Returns a socket type: `raw`, `SOCK_RAW`, and the C names `dgram`, `rdm`, `seqpacket`.
pub(super) fn socket_type(text: &str) -> Option<SocketType> {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("sock_").unwrap_or(&lower) {
        "dgram" => Some(SocketType::Datagram),
        "rdm" => Some(SocketType::Reliable),
        "seqpacket" => Some(SocketType::SequencedPacket),
        name => SocketType::parse(name),
    }
}

/// Returns the type of a number, without the flags SOCK_NONBLOCK and SOCK_CLOEXEC.
/// Source: `SOCK_TYPE_MASK` of `include/linux/net.h`.
pub(super) fn socket_type_of(number: u64) -> Option<SocketType> {
    let flags = 0x800 | 0x8_0000;
    u8::try_from(number & !flags).ok().and_then(SocketType::from_number)
}

/// Returns the mode of octal digits: `4755`, `0o4755`.
pub(super) fn mode(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let octal = !digits.is_empty() && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten().filter(|mode| *mode <= 0o17_7777)
}
