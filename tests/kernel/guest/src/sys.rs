//! System calls that probes and set-up make, each as thin as the kernel's own.

#![allow(unsafe_code, reason = "system calls on buffers that live as long as the call")]

use std::ffi::CString;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

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
    // SAFETY: no other code has the descriptor.
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

/// mount(2) with options.
pub(crate) fn mount_with(source: &str, target: &str, kind: &str, options: &str) -> io::Result<()> {
    let (source, target, kind, options) = (text(source), text(target), text(kind), text(options));
    let words =
        [source.as_ptr() as i64, target.as_ptr() as i64, kind.as_ptr() as i64, 0, options.as_ptr() as i64, 0];
    call(libc::SYS_mount, words).map(drop)
}

/// Brings the loopback device up.
pub(crate) fn bring_up_loopback() -> io::Result<()> {
    let socket =
        own(call(libc::SYS_socket, [i64::from(libc::AF_INET), i64::from(libc::SOCK_DGRAM), 0, 0, 0, 0])?);
    // struct ifreq: a name of 16 bytes, then the flags.
    let mut request = [0_u8; 40];
    request[..2].copy_from_slice(b"lo");
    request[16..18].copy_from_slice(&(libc::IFF_UP as u16).to_le_bytes());
    let number = i64::from(std::os::fd::AsRawFd::as_raw_fd(&socket));
    call(libc::SYS_ioctl, [number, libc::SIOCSIFFLAGS as i64, request.as_ptr() as i64, 0, 0, 0]).map(drop)
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

/// Writes bytes into memory that is shared with the kernel.
pub(crate) fn poke(address: i64, bytes: &[u8]) {
    // SAFETY: the caller has just mapped the page and the kernel laid out where the field is.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
}

/// Reads bytes out of memory that is shared with the kernel.
pub(crate) fn peek<const N: usize>(address: i64) -> [u8; N] {
    // SAFETY: as for `poke`.
    unsafe { std::ptr::read_volatile(address as *const [u8; N]) }
}

/// Ends a child that the raw clone calls made, without running what Rust would run at exit.
pub(crate) fn exit_now() -> ! {
    exit_with(0)
}

/// The same, with a code.
pub(crate) fn exit_with(code: i32) -> ! {
    // SAFETY: ends the process; nothing is used afterwards.
    unsafe { libc::_exit(code) }
}

/// fork(2). Probes have one thread when they fork.
pub(crate) fn fork() -> io::Result<i32> {
    // SAFETY: the child only makes system calls and exits.
    check(i64::from(unsafe { libc::fork() })).map(|pid| pid as i32)
}

/// vfork(2) as the kernel knows it: the parent waits until the child ends. The child has memory of its own, since what
/// it does here would overwrite the parent's stack.
pub(crate) fn vfork() -> io::Result<i32> {
    let flags = i64::from(libc::CLONE_VFORK | libc::SIGCHLD);
    call(libc::SYS_clone, [flags, 0, 0, 0, 0, 0]).map(|pid| pid as i32)
}

/// Waits for a child; its exit code is an errno.
pub(crate) fn wait(pid: i32) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: the pointer is to a live integer.
    check(i64::from(unsafe { libc::waitpid(pid, &raw mut status, 0) }))?;
    if libc::WIFSIGNALED(status) {
        return Err(io::Error::from_raw_os_error(libc::EINTR));
    }
    match libc::WEXITSTATUS(status) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// A system call by the 32-bit entry, with at most one argument.
pub(crate) fn call_ia32(number: i64, argument: i64) -> io::Result<i64> {
    let result: i64;
    // SAFETY: int 0x80 serves a 32-bit call; the argument is a number or a string that stays.
    unsafe {
        std::arch::asm!(
            "push rbx",
            "mov rbx, {argument}",
            "int 0x80",
            "pop rbx",
            argument = in(reg) argument,
            inlateout("rax") number => result,
            in("rcx") 0_u64,
            in("rdx") 0_u64,
            in("rsi") 0_u64,
            in("rdi") 0_u64,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
        );
    }
    let result = result as i32;
    if result < 0 { Err(io::Error::from_raw_os_error(-result)) } else { Ok(i64::from(result)) }
}

/// Ends this process as a signal from elsewhere would.
pub(crate) fn kill_self() -> ! {
    let _ = call(libc::SYS_kill, [i64::from(std::process::id()), i64::from(libc::SIGKILL), 0, 0, 0, 0]);
    exit_now()
}

/// A string below 4 GB, where the 32-bit entry finds it. It stays.
pub(crate) fn low_text(text: &str) -> io::Result<i64> {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT);
    let address = call(libc::SYS_mmap, [0, 4096, i64::from(access), i64::from(kind), -1, 0])?;
    poke(address, text.as_bytes());
    Ok(address)
}

/// The time-stamp counter.
pub(crate) fn instructions() -> u64 {
    // SAFETY: reads a register.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// Starts a program without arguments (vfork and execve, inside the C library) and waits for it.
pub(crate) fn spawn_and_wait(path: &str) -> io::Result<()> {
    let path = text(path);
    let arguments = [path.as_ptr().cast_mut(), std::ptr::null_mut()];
    let environment = [std::ptr::null_mut()];
    let mut pid = 0;
    // SAFETY: strings and arrays live and end with null.
    let result = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            path.as_ptr(),
            std::ptr::null(),
            std::ptr::null(),
            arguments.as_ptr(),
            environment.as_ptr(),
        )
    };
    if result != 0 {
        return Err(io::Error::from_raw_os_error(result));
    }
    wait(pid)
}

/// Waits for a traced process; the signal it stopped with, or nothing when it has ended.
pub(crate) fn wait_stop(pid: i32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: the pointer is to a live integer.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) };
    (waited == pid && libc::WIFSTOPPED(status)).then(|| libc::WSTOPSIG(status))
}

/// Lets a command stop as soon as it is executed, and at whatever its parent asks for from then on.
pub(crate) fn traced(command: &mut Command) {
    // SAFETY: between fork and exec only one system call is made, which takes no memory.
    unsafe {
        command.pre_exec(|| check(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0)).map(drop));
    }
}

/// Lets a command have no more address space than this.
pub(crate) fn with_address_space(command: &mut Command, bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: between fork and exec only one system call is made, on a structure of our own.
    unsafe {
        command.pre_exec(move || check(libc::setrlimit(libc::RLIMIT_AS, &raw const limit).into()).map(drop));
    }
}

/// What a traced process is about to call.
#[derive(Debug)]
pub(crate) struct Registers {
    /// The number of the call.
    pub(crate) call: i64,
    /// Its first three arguments.
    pub(crate) words: [u64; 3],
}

/// Reads what a traced process is about to call.
pub(crate) fn registers(pid: i32) -> Registers {
    // SAFETY: all-zero registers are valid, and the structure is whole.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    // SAFETY: the process is stopped, and the pointer is to a whole structure.
    unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, &raw mut registers) };
    Registers { call: registers.orig_rax as i64, words: [registers.rdi, registers.rsi, registers.rdx] }
}

/// Reads the front of what a stopped process hands to the kernel.
pub(crate) fn peek_into<const N: usize>(pid: i32, address: u64) -> io::Result<[u8; N]> {
    let memory = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut bytes = [0; N];
    std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, address)?;
    Ok(bytes)
}
