//! A descriptor -> another process, over a socket whose name is made of the file's path.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use crate::sys;

/// struct cmsghdr with one descriptor: length, level, type, the descriptor and four bytes that round it up.
type Control = [u64; 3];

/// Length of struct cmsghdr with one descriptor.
const CONTROL_LENGTH: u64 = 16 + 4;

/// SOL_SOCKET and SCM_RIGHTS, as the second word of struct cmsghdr holds them.
const RIGHTS: u64 = 1 | 1 << 32;

fn address(path: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(path)
}

/// Opens the file, and sends the descriptor to whoever connects first.
pub(super) fn offer(path: &str) -> io::Result<()> {
    let (file, listener) = (File::open(path)?, UnixListener::bind_addr(&address(path)?)?);
    std::thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            let control: Control = [CONTROL_LENGTH, RIGHTS, file.as_raw_fd() as u64];
            let _ = message(&stream, &control, libc::SYS_sendmsg);
        }
    });
    Ok(())
}

/// Takes the descriptor and reads through it. One that did not arrive counts as refused: the kernel installs none.
pub(super) fn receive(path: &str) -> io::Result<()> {
    let stream = UnixStream::connect_addr(&address(path)?)?;
    let control: Control = [0; 3];
    message(&stream, &control, libc::SYS_recvmsg)?;
    // The kernel wrote it without the compiler's knowledge.
    let [length, kind, descriptor]: Control = std::hint::black_box(control);
    if (length, kind) != (CONTROL_LENGTH, RIGHTS) {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    io::Read::read(&mut File::from(sys::own(i64::from(descriptor as i32))), &mut [0]).map(drop)
}

/// sendmsg or recvmsg of one byte and a control message.
fn message(stream: &UnixStream, control: &Control, call: i64) -> io::Result<()> {
    let byte = [0_u8; 1];
    let part = [byte.as_ptr() as u64, 1];
    // struct msghdr: msg_name, msg_namelen, msg_iov, msg_iovlen, msg_control, msg_controllen, msg_flags.
    let message = [0, 0, part.as_ptr() as u64, 1, control.as_ptr() as u64, 24, 0];
    sys::call(call, [i64::from(stream.as_raw_fd()), message.as_ptr() as i64, 0, 0, 0, 0]).map(drop)
}
