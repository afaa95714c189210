//! The system calls that neither std nor aya has: maps of any shape, clocks, users. All unsafe code is here.

#![allow(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

// Commands of bpf(2), include/uapi/linux/bpf.h.
const PROG_ATTACH: i64 = 8;
const PROG_DETACH: i64 = 9;
const PROG_TEST_RUN: i64 = 10;
const MAP_CREATE: i64 = 0;
const MAP_LOOKUP_ELEM: i64 = 1;
const MAP_UPDATE_ELEM: i64 = 2;
const MAP_DELETE_ELEM: i64 = 3;
const MAP_GET_NEXT_KEY: i64 = 4;
const OBJ_GET: i64 = 7;
const PROG_GET_FD_BY_ID: i64 = 13;
const MAP_GET_FD_BY_ID: i64 = 14;
const OBJ_GET_INFO_BY_FD: i64 = 15;
const MAP_UPDATE_BATCH: i64 = 26;

/// `BPF_CGROUP_SYSCTL` and `BPF_F_ALLOW_MULTI`, include/uapi/linux/bpf.h.
const CGROUP_SYSCTL: u32 = 18;
const ALLOW_MULTI: u32 = 2;

/// `CGROUP2_SUPER_MAGIC`, include/uapi/linux/magic.h.
const CGROUP2_MAGIC: i64 = 0x6367_7270;

/// `BPF_FS_MAGIC`, include/uapi/linux/magic.h.
const BPF_FS_MAGIC: i64 = 0xcafe_4a11;

/// The properties of a new map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapShape {
    pub(crate) kind: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) entries: u32,
    pub(crate) flags: u32,
}

#[repr(C)]
#[derive(Default)]
struct CreateAttributes {
    kind: u32,
    key_size: u32,
    value_size: u32,
    entries: u32,
    flags: u32,
    inner_map: u32,
    numa_node: u32,
    name: [u8; 16],
}

#[repr(C)]
struct ElementAttributes {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct BatchAttributes {
    in_batch: u64,
    out_batch: u64,
    keys: u64,
    values: u64,
    count: u32,
    map: u32,
    element_flags: u64,
    flags: u64,
}

#[repr(C)]
struct ObjectAttributes {
    path: u64,
    object: u32,
    flags: u32,
}

#[repr(C)]
struct AttachAttributes {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
    replaced: u32,
}

#[repr(C)]
#[derive(Default)]
struct RunAttributes {
    program: u32,
    result: u32,
    sizes: [u32; 2],
    data: [u64; 2],
    repeat: [u32; 2],
    context_sizes: [u32; 2],
    context: [u64; 2],
    flags: [u32; 4],
}

#[repr(C)]
struct IdAttributes {
    id: u32,
    next: u32,
    flags: u32,
}

#[repr(C)]
struct InfoAttributes {
    object: u32,
    length: u32,
    info: u64,
}

/// Calls bpf(2) with an attribute structure that outlives the call.
fn bpf<T>(command: i64, attributes: &mut T) -> io::Result<i64> {
    // SAFETY: the kernel reads (and for some commands writes) at most `size_of::<T>()` bytes at the pointer.
    // Addresses inside the structure point at buffers the callers below hold borrowed for the whole call.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Takes ownership of a descriptor that a system call has just returned.
fn own(result: i64) -> OwnedFd {
    // SAFETY: the kernel has made this descriptor for us, and nothing else owns it.
    unsafe { OwnedFd::from_raw_fd(result as i32) }
}

fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd() as u32
}

/// Creates a map. Names are cut to 15 bytes. Kernel 4.15.
pub(crate) fn create_map(name: &str, shape: MapShape) -> io::Result<OwnedFd> {
    let mut attributes = CreateAttributes {
        kind: shape.kind,
        key_size: shape.key_size,
        value_size: shape.value_size,
        entries: shape.entries,
        flags: shape.flags,
        ..CreateAttributes::default()
    };
    for (to, from) in attributes.name.iter_mut().take(15).zip(name.bytes()) {
        *to = from;
    }
    bpf(MAP_CREATE, &mut attributes).map(own)
}

/// Writes one element.
pub(crate) fn update(map: BorrowedFd<'_>, key: &[u8], value: &[u8]) -> io::Result<()> {
    element(MAP_UPDATE_ELEM, map, key.as_ptr(), value.as_ptr().cast_mut())
}

/// Deletes one element.
pub(crate) fn delete(map: BorrowedFd<'_>, key: &[u8]) -> io::Result<()> {
    element(MAP_DELETE_ELEM, map, key.as_ptr(), std::ptr::null_mut())
}

/// Reads one element into `value`, which must have the map's value size.
pub(crate) fn lookup(map: BorrowedFd<'_>, key: &[u8], value: &mut [u8]) -> io::Result<()> {
    element(MAP_LOOKUP_ELEM, map, key.as_ptr(), value.as_mut_ptr())
}

/// Finds the key after `key` (the first, for `None`). False after the last.
pub(crate) fn next_key(map: BorrowedFd<'_>, key: Option<&[u8]>, next: &mut [u8]) -> io::Result<bool> {
    let key = key.map_or(std::ptr::null(), <[u8]>::as_ptr);
    match element(MAP_GET_NEXT_KEY, map, key, next.as_mut_ptr()) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

fn element(command: i64, map: BorrowedFd<'_>, key: *const u8, value: *mut u8) -> io::Result<()> {
    let mut attributes =
        ElementAttributes { map: number(map), padding: 0, key: key as u64, value: value as u64, flags: 0 };
    bpf(command, &mut attributes).map(drop)
}

/// Writes many elements in one call; `keys` and `values` hold `count` of them. Returns how many were written
/// before an error, if any. Kernel 5.6.
pub(crate) fn update_many(
    map: BorrowedFd<'_>,
    keys: &[u8],
    values: &[u8],
    count: u32,
) -> (u32, io::Result<()>) {
    let mut attributes = BatchAttributes {
        in_batch: 0,
        out_batch: 0,
        keys: keys.as_ptr() as u64,
        values: values.as_ptr() as u64,
        count,
        map: number(map),
        element_flags: 0,
        flags: 0,
    };
    match bpf(MAP_UPDATE_BATCH, &mut attributes) {
        Ok(_) => (count, Ok(())),
        Err(error) => (attributes.count.min(count), Err(error)),
    }
}

/// Opens a pinned map, program or link. Kernel 4.4.
pub(crate) fn open_pin(path: &Path) -> io::Result<OwnedFd> {
    let name = CString::new(path.as_os_str().as_encoded_bytes())?;
    let mut attributes = ObjectAttributes { path: name.as_ptr() as u64, object: 0, flags: 0 };
    bpf(OBJ_GET, &mut attributes).map(own)
}

/// Attaches a program to the writes of settings by every task of a control group and below it, beside those that are
/// attached already. Kernel 5.2.
pub(crate) fn attach_to_settings(group: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    let mut attributes = AttachAttributes {
        target: number(group),
        program: number(program),
        kind: CGROUP_SYSCTL,
        flags: ALLOW_MULTI,
        replaced: 0,
    };
    bpf(PROG_ATTACH, &mut attributes).map(drop)
}

/// Detaches a program that [`attach_to_settings`] attached; returns whether it was attached.
pub(crate) fn detach_from_settings(group: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<bool> {
    let mut attributes = AttachAttributes {
        target: number(group),
        program: number(program),
        kind: CGROUP_SYSCTL,
        flags: 0,
        replaced: 0,
    };
    match bpf(PROG_DETACH, &mut attributes) {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Calls a raw tracepoint's program once, in this process. Kernel 5.10.
pub(crate) fn run_program(program: BorrowedFd<'_>) -> io::Result<()> {
    bpf(PROG_TEST_RUN, &mut RunAttributes { program: number(program), ..RunAttributes::default() }).map(drop)
}

/// Opens the root of the control groups, version 2: mounted where it usually is, or through a detached mount of our own.
pub(crate) fn root_control_group() -> io::Result<OwnedFd> {
    for folder in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        if file_system(Path::new(folder)).is_ok_and(|kind| kind == CGROUP2_MAGIC) {
            return Ok(std::fs::File::open(folder)?.into());
        }
    }
    // The mount itself is descriptor enough; to open something on it could be denied by the policy that is active.
    mount_detached("cgroup2")
}

/// The number of the device that a file lies on, as the kernel has it (`new_decode_dev`, include/linux/kdev_t.h).
pub(crate) fn kernel_device(device: u64) -> u32 {
    libc::major(device) << 20 | libc::minor(device)
}

/// Opens a map by its id. Kernel 4.13.
pub(crate) fn open_map(id: u32) -> io::Result<OwnedFd> {
    bpf(MAP_GET_FD_BY_ID, &mut IdAttributes { id, next: 0, flags: 0 }).map(own)
}

/// Returns whether a program with this id is still loaded. Kernel 4.13.
pub(crate) fn program_exists(id: u32) -> io::Result<bool> {
    match bpf(PROG_GET_FD_BY_ID, &mut IdAttributes { id, next: 0, flags: 0 }) {
        Ok(descriptor) => {
            drop(own(descriptor));
            Ok(true)
        }
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads the first 32-bit words of the kernel's information about an object (`bpf_map_info`, `bpf_link_info`).
pub(crate) fn info(object: BorrowedFd<'_>) -> io::Result<[u32; 8]> {
    let mut words = [0_u32; 8];
    let mut attributes = InfoAttributes {
        object: number(object),
        length: size_of_val(&words) as u32,
        info: words.as_mut_ptr() as u64,
    };
    bpf(OBJ_GET_INFO_BY_FD, &mut attributes)?;
    Ok(words)
}

/// Reads a file of a file system that is not mounted, through a detached mount of our own. Kernel 5.2.
pub(crate) fn read_unmounted(kind: &str, file: &str) -> io::Result<String> {
    io::read_to_string(std::fs::File::from(open_unmounted(kind, file)?))
}

fn open_unmounted(kind: &str, file: &str) -> io::Result<OwnedFd> {
    let mount = mount_detached(kind)?;
    let file = CString::new(file)?;
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the string ends with a NUL and lives; the rest are numbers.
    let opened = unsafe { libc::openat(mount.as_raw_fd(), file.as_ptr(), flags) };
    if opened < 0 { Err(io::Error::last_os_error()) } else { Ok(own(opened.into())) }
}

fn mount_detached(kind: &str) -> io::Result<OwnedFd> {
    /// `FSCONFIG_CMD_CREATE`, include/uapi/linux/mount.h.
    const CREATE: libc::c_uint = 6;
    let nothing = std::ptr::null::<libc::c_char>();
    let made = |result: i64| if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) };
    let kind = CString::new(kind)?;
    // SAFETY: the string ends with a NUL and lives; the other word is a number.
    let context = own(made(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), 0) })?);
    let number = context.as_raw_fd();
    // SAFETY: this command takes neither key nor value.
    made(unsafe { libc::syscall(libc::SYS_fsconfig, number, CREATE, nothing, nothing, 0) })?;
    // SAFETY: numbers only.
    Ok(own(made(unsafe { libc::syscall(libc::SYS_fsmount, number, 0, 0) })?))
}

/// Time since boot, with suspend: the clock that the programs read for deadlines and events.
pub(crate) fn boot_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a whole timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The effective user.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Returns whether a folder is on a BPF file system.
pub(crate) fn is_bpf_file_system(path: &Path) -> io::Result<bool> {
    Ok(file_system(path)? == BPF_FS_MAGIC)
}

/// The number of a file system's type.
fn file_system(path: &Path) -> io::Result<i64> {
    let name = CString::new(path.as_os_str().as_encoded_bytes())?;
    // SAFETY: all-zero is a valid statfs; it holds only integers.
    let mut facts: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: the name ends with a NUL and the structure is whole.
    if unsafe { libc::statfs(name.as_ptr(), &raw mut facts) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(facts.f_type as i64)
}
