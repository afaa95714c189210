//! System calls that probes and set-up make, each as thin as the kernel's own.

#![allow(unsafe_code, reason = "system calls on buffers that live as long as the call")]

use std::ffi::CString;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};

/// Turns -1 into the error that the C library left.
pub(crate) fn check(result: i64) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A path for the kernel. Scenario files hold no NUL.
pub(crate) fn text(path: &str) -> CString {
    CString::new(path).expect("no NUL in a scenario")
}

/// Any system call with up to six words.
pub(crate) fn call(number: i64, words: [i64; 6]) -> io::Result<i64> {
    let [a, b, c, d, e, f] = words;
    // SAFETY: callers pass addresses of live buffers only.
    check(unsafe { libc::syscall(number, a, b, c, d, e, f) })
}

/// Takes over a descriptor that the kernel has just returned.
pub(crate) fn own(descriptor: i64) -> OwnedFd {
    // SAFETY: nobody else knows the descriptor.
    unsafe { OwnedFd::from_raw_fd(descriptor as i32) }
}

/// mount(2).
pub(crate) fn mount(source: &str, target: &str, kind: &str, flags: u64) -> io::Result<()> {
    let (source, target, kind) = (text(source), text(target), text(kind));
    // SAFETY: three live strings; no data.
    check(i64::from(unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, std::ptr::null())
    }))
    .map(drop)
}

/// Ends the virtual machine.
pub(crate) fn power_off() -> ! {
    // SAFETY: plain numbers.
    unsafe {
        libc::sync();
        libc::reboot(libc::RB_POWER_OFF);
    }
    loop {
        std::thread::park();
    }
}
