//! Ways to reach an address, and sockets below the transport.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use crate::sys;

pub(super) fn attempt(words: &[&str]) -> Option<io::Result<()>> {
    Some(match words {
        ["connect-tcp", address, port] => {
            let stream = TcpStream::connect_timeout(&destination(address, port)?, Duration::from_secs(2));
            // No process listens; what counts is that the attempt was allowed.
            match stream {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                other => other.map(drop),
            }
        }
        ["connect-udp", address, port] => {
            let to = destination(address, port)?;
            socket(to).and_then(|socket| socket.connect(to))
        }
        ["send-to", address, port] => {
            let to = destination(address, port)?;
            socket(to).and_then(|socket| socket.send_to(b"x", to)).map(drop)
        }
        ["send-without-family", address, port] => {
            let to = destination(address, port)?;
            socket(to).and_then(|socket| send_raw(&socket, to, 0))
        }
        ["send-many", address, port] => {
            let to = destination(address, port)?;
            socket(to).and_then(|socket| send_many(&socket, to))
        }
        ["fast-open", address, port] => fast_open(destination(address, port)?),
        ["connect-sctp", address, port, more @ ..] => {
            let mut to = vec![destination(address, port)?];
            for pair in more.chunks(2) {
                to.push(destination(pair.first()?, pair.get(1)?)?);
            }
            connect_sctp(&to)
        }
        ["set-option", family, kind, level, option, length] => {
            let words = [family, kind, level, option, length].map(|word| word.parse::<i64>());
            let [Ok(family), Ok(kind), Ok(level), Ok(option), Ok(length)] = words else { return None };
            set_option([family, kind], [level, option, length])
        }
        ["send-with", level, kind, address, port] => {
            let (level, kind) = (level.parse().ok()?, kind.parse().ok()?);
            let to = destination(address, port)?;
            socket(to).and_then(|socket| send_with(&socket, to, level, kind))
        }
        ["send-raw-without-family", address] => send_raw_without_family(address.parse().ok()?),
        ["socket-of-headers"] => {
            let words = [libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_RAW].map(i64::from);
            sys::call(libc::SYS_socket, [words[0], words[1], words[2], 0, 0, 0]).map(sys::own).map(drop)
        }
        ["socket", family, kind] => {
            let (family, kind) = (family.parse().ok()?, kind.parse().ok()?);
            sys::call(libc::SYS_socket, [family, kind, i64::from(libc::IPPROTO_ICMP), 0, 0, 0])
                .map(sys::own)
                .map(drop)
        }
        _ => return None,
    })
}

fn destination(address: &str, port: &str) -> Option<SocketAddr> {
    Some(SocketAddr::new(address.parse::<IpAddr>().ok()?, port.parse().ok()?))
}

fn socket(to: SocketAddr) -> io::Result<UdpSocket> {
    UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })
}

/// struct sockaddr_in with a family of the caller's choice.
fn raw_address(to: SocketAddr, family: u16) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&family.to_le_bytes());
    bytes[2..4].copy_from_slice(&to.port().to_be_bytes());
    if let IpAddr::V4(address) = to.ip() {
        bytes[4..8].copy_from_slice(&address.octets());
    }
    bytes
}

fn send_raw(socket: &UdpSocket, to: SocketAddr, family: u16) -> io::Result<()> {
    let address = raw_address(to, family);
    let words = [i64::from(socket.as_raw_fd()), b"x".as_ptr() as i64, 1, 0, address.as_ptr() as i64, 16];
    sys::call(libc::SYS_sendto, words).map(drop)
}

fn send_many(socket: &UdpSocket, to: SocketAddr) -> io::Result<()> {
    let address = raw_address(to, libc::AF_INET as u16);
    let part = [b"x".as_ptr() as u64, 1];
    // struct mmsghdr: msg_name, msg_namelen, msg_iov, msg_iovlen, msg_control, msg_controllen, msg_flags, msg_len.
    let message = [address.as_ptr() as u64, 16, part.as_ptr() as u64, 1, 0, 0, 0, 0];
    let words = [i64::from(socket.as_raw_fd()), message.as_ptr() as i64, 1, 0, 0, 0];
    sys::call(libc::SYS_sendmmsg, words).map(drop)
}

/// Sets an option of a new socket to a value that begins with 1.
fn set_option([family, kind]: [i64; 2], [level, option, length]: [i64; 3]) -> io::Result<()> {
    let protocol = if kind == i64::from(libc::SOCK_RAW) { libc::IPPROTO_UDP } else { 0 };
    let socket = sys::own(sys::call(libc::SYS_socket, [family, kind, i64::from(protocol), 0, 0, 0])?);
    let value = [1_u32, 0, 0, 0];
    let words = [i64::from(socket.as_raw_fd()), level, option, value.as_ptr() as i64, length, 0];
    sys::call(libc::SYS_setsockopt, words).map(drop)
}

/// Sends with twelve zero bytes of control data (struct cmsghdr, include/linux/socket.h).
fn send_with(socket: &UdpSocket, to: SocketAddr, level: u64, kind: u64) -> io::Result<()> {
    let address = raw_address(to, libc::AF_INET as u16);
    let part = [b"x".as_ptr() as u64, 1];
    let control = [16 + 12, level | kind << 32, 0, 0];
    let size = size_of_val(&control) as u64;
    // struct msghdr: msg_name, msg_namelen, msg_iov, msg_iovlen, msg_control, msg_controllen, msg_flags.
    let message = [address.as_ptr() as u64, 16, part.as_ptr() as u64, 1, control.as_ptr() as u64, size, 0];
    let words = [i64::from(socket.as_raw_fd()), message.as_ptr() as i64, 0, 0, 0, 0];
    sys::call(libc::SYS_sendmsg, words).map(drop)
}

/// Sends from a raw IPv6 socket to an address whose family is left out, which the kernel takes for IPv6 (net/ipv6/raw.c).
fn send_raw_without_family(to: std::net::Ipv6Addr) -> io::Result<()> {
    // IPPROTO_NONE.
    let words = [i64::from(libc::AF_INET6), i64::from(libc::SOCK_RAW), 59, 0, 0, 0];
    let socket = sys::own(sys::call(libc::SYS_socket, words)?);
    let mut address = [0_u8; 28];
    address[8..24].copy_from_slice(&to.octets());
    let words = [i64::from(socket.as_raw_fd()), b"x".as_ptr() as i64, 1, 0, address.as_ptr() as i64, 28];
    sys::call(libc::SYS_sendto, words).map(drop)
}

/// sctp_connectx (net/sctp/socket.c): addresses one after the other. The first is tried without waiting for it.
fn connect_sctp(to: &[SocketAddr]) -> io::Result<()> {
    const SCTP_SOCKOPT_CONNECTX: i64 = 110;
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
    let words = [i64::from(libc::AF_INET), i64::from(kind), i64::from(libc::IPPROTO_SCTP), 0, 0, 0];
    let socket = sys::own(sys::call(libc::SYS_socket, words)?);
    let bytes: Vec<u8> = to.iter().flat_map(|to| raw_address(*to, libc::AF_INET as u16)).collect();
    let (level, length) = (i64::from(libc::IPPROTO_SCTP), bytes.len() as i64);
    let words =
        [i64::from(socket.as_raw_fd()), level, SCTP_SOCKOPT_CONNECTX, bytes.as_ptr() as i64, length, 0];
    match sys::call(libc::SYS_setsockopt, words) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(()),
        other => other.map(drop),
    }
}

fn fast_open(to: SocketAddr) -> io::Result<()> {
    let socket = sys::own(sys::call(
        libc::SYS_socket,
        [i64::from(libc::AF_INET), i64::from(libc::SOCK_STREAM), 0, 0, 0, 0],
    )?);
    let address = raw_address(to, libc::AF_INET as u16);
    let flags = i64::from(libc::MSG_FASTOPEN);
    let words = [i64::from(socket.as_raw_fd()), b"x".as_ptr() as i64, 1, flags, address.as_ptr() as i64, 16];
    match sys::call(libc::SYS_sendto, words) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        other => other.map(drop),
    }
}
