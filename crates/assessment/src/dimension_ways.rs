//! The known bypasses of each dimension of profiles and guards, and of the match on the subject.

use telovix_platform::{Bypass, Coverage};
use telovix_policy::confine::Dimension;

const INTERPRETER: &str =
    "the interpreter opens the script as data; an exec is seen only for the interpreter";
const LINKED_BY_OTHERS: &str = "another process can give a file a second path; the binary itself cannot";
const LINKED: &str =
    "a hard link is another path, and the Tetragon policy does not stop the binary from making one";
const MOUNTED_BY_OTHERS: &str = "another process can mount the file elsewhere; the binary itself cannot";
const MOUNTED: &str = "the Tetragon policy lets the binary mount, chroot and create namespaces";
const MAPPED: &str =
    "an allowlist of programs does not cover mapped files: libraries are mapped like programs";
const ONLY_OPEN: &str = "Tetragon reads the paths of these operations relative to their mount only";
const ROOT_DIRECTORY: &str = "the path of the root directory matches no filter of Tetragon, negated or not";
const NO_MOUNT: &str =
    "the kernel's hooks for these have the file without its mount, so it has no path there";
const DEVICE: &str =
    "the device is a file in an allowed folder; leave CAP_MKNOD out of `allowed_capabilities`";
const SOCKET_FILE: &str = "connect to a local socket opens no file";
const SPELLING: &str = "the name that the kernel looks up first is the one that later lookups show";
const UNCHECKED: &str = "the kernel asks for these capabilities itself, without the hook (cap_capable)";
const SCRIPT: &str = "the executable of a script's process is its interpreter";
const BOUND: &str = "through a mount that another process made, the binary has another path";
const INHERITED: &str = "an inherited descriptor was opened by another process, under another policy";
const PASSED: &str = "the Tetragon policy does not see descriptors that arrive over a socket";
const LAYER: &str = "the file in the layer has another path, below the overlay's lower directory";
const LOCAL: &str = "a local socket reaches a proxy that may connect anywhere";
const ACCEPTED: &str = "the lists restrict outgoing connections, not incoming ones";
const UNCONNECTED: &str = "the Tetragon policy hooks connect only";
const UNMEASURED: &str = "the Tetragon policy hooks connect only, and TCP fast open was not measured with it";
const SCTP: &str =
    "the addresses of sctp_connectx pass security_sctp_bind_connect, which the Tetragon policy does not hook";
const SCTP_MESSAGE: &str =
    "no hook is called for the addresses that sctp_sendmsg adds from control messages (net/sctp/socket.c)";
const ROUTED: &str = "the Tetragon policy sees the address that is connected to, not the route or the header";
const OTHER_FAMILIES: &str =
    "only IPv4 and IPv6 destinations are judged; `block-socket-raw` stops packet sockets";
const RING: &str = "io_uring does the same work without the system call; deny `io_uring_setup` as well";
const SOCKETCALL: &str = "the 32-bit entry has one call for all of them; list `socketcall` as well";
const NO_X32: &str = "the kernels of the targets are built without the x32 calls";
const OWN_MEMORY: &str =
    "the kernel runs no check when a process reads its own memory, which gives it nothing new";
const AFTER: &str = "the call may have taken effect before its caller dies";
const LOADER: &str = "the executable of the process is then the loader, not the binary";
const COPIED: &str =
    "a copy under another path or name is another program; restrict which processes can write programs";

const fn way(name: &'static str, native: Coverage, engine: Coverage) -> Bypass {
    Bypass { name, native, engine }
}

/// The bypasses of each dimension.
pub(super) static DIMENSIONS: &[(Dimension, &[Bypass])] = &[
    (
        Dimension::Spawns,
        &[
            way(
                "a symbolic link, a relative path, /proc/self/fd or fexecve",
                Coverage::at("bprm_check_security"),
                Coverage::at("bprm_check_security").measured_on_6_12(),
            ),
            way(
                "a memory file or a deleted file",
                Coverage::at("bprm_check_security"),
                Coverage::at("bprm_check_security").measured_on_6_12(),
            ),
            way(
                "the loader, where it is listed, started by hand on another program",
                Coverage::open(MAPPED),
                Coverage::open("the Tetragon policy hooks exec only").measured_on_6_12(),
            ),
            way(
                "an interpreter given a script as an argument",
                Coverage::open(INTERPRETER),
                Coverage::open(INTERPRETER).measured_on_6_12(),
            ),
            way(
                "a hard link at an allowed path",
                Coverage::open(LINKED_BY_OTHERS),
                Coverage::open(LINKED).measured_on_6_12(),
            ),
            way(
                "a mount over an allowed path",
                Coverage::open(MOUNTED_BY_OTHERS),
                Coverage::open(MOUNTED).measured_on_6_12(),
            ),
        ],
    ),
    (
        Dimension::Files,
        &[
            way(
                "a symbolic link, a relative path, /proc/self/root, reopening an O_PATH descriptor",
                Coverage::at("file_open"),
                Coverage::at("file_open").measured_on_6_12(),
            ),
            way(
                "openat through io_uring",
                Coverage::at("file_open"),
                Coverage::at("file_open").measured_on_6_12(),
            ),
            way(
                "opening the root directory to list it",
                Coverage::at("file_open").read(),
                Coverage::open(ROOT_DIRECTORY).measured_on_6_12(),
            ),
            way("truncate", Coverage::at("path_truncate"), Coverage::at("path_truncate").measured_on_6_12()),
            way(
                "unlink, rename, link, mkdir, rmdir, mknod, symlink",
                Coverage::at(
                    "path_unlink, path_rename, path_link, path_mkdir, path_rmdir, path_mknod, path_symlink",
                ),
                Coverage::open(ONLY_OPEN).measured_on_6_12(),
            ),
            way("chmod and chown", Coverage::at("path_chmod, path_chown"), Coverage::open(ONLY_OPEN).read()),
            way(
                "utimes, extended attributes, stat, readlink, inotify",
                Coverage::open(NO_MOUNT).read(),
                Coverage::open(NO_MOUNT).read(),
            ),
            way(
                "a block device made with mknod in an allowed folder",
                Coverage::open(DEVICE).read(),
                Coverage::open(DEVICE).read(),
            ),
            way(
                "connect to a socket file outside of the list",
                Coverage::open(SOCKET_FILE).read(),
                Coverage::open(SOCKET_FILE).read(),
            ),
            way(
                "another spelling on a file system that ignores case or has short names (vfat, casefold)",
                Coverage::open(SPELLING).read(),
                Coverage::open(SPELLING).read(),
            ),
            way("a hard link at an allowed path", Coverage::open(LINKED_BY_OTHERS), Coverage::open(LINKED)),
            way(
                "a mount over an allowed path",
                Coverage::open(MOUNTED_BY_OTHERS),
                Coverage::open(MOUNTED).measured_on_6_12(),
            ),
            way(
                "a blocked file that is deleted but open",
                Coverage::at("file_open"),
                Coverage::at("file_open").measured_on_6_12(),
            ),
            way(
                "a descriptor received over a socket",
                Coverage::at("file_receive"),
                Coverage::open(PASSED).measured_on_6_12(),
            ),
            way("a descriptor inherited at exec", Coverage::open(INHERITED), Coverage::open(INHERITED)),
            way(
                "a blocked file read in the layer of an overlay",
                Coverage::open(LAYER),
                Coverage::open(LAYER).measured_on_6_12(),
            ),
        ],
    ),
    (
        Dimension::Network,
        &[
            way(
                "connect over IPv4 and IPv6",
                Coverage::at("socket_connect"),
                Coverage::at("socket_connect").measured_on_6_12(),
            ),
            way(
                "an IPv4 destination written as IPv4-mapped IPv6",
                Coverage::at("socket_connect"),
                Coverage::at("socket_connect").measured_on_6_12(),
            ),
            way(
                "TCP fast open (sendto with MSG_FASTOPEN)",
                Coverage::at("socket_sendmsg"),
                Coverage::open(UNMEASURED).measured_on_6_12(),
            ),
            way(
                "sendto and sendmsg without connect",
                Coverage::at("socket_sendmsg"),
                Coverage::open(UNCONNECTED).measured_on_6_12(),
            ),
            way(
                "further SCTP addresses (sctp_connectx)",
                Coverage::at("sctp_bind_connect"),
                Coverage::open(SCTP).measured_on_6_12(),
            ),
            way(
                "SCTP addresses in a control message (SCTP_DSTADDRV4, SCTP_DSTADDRV6)",
                Coverage::at("socket_sendmsg"),
                Coverage::open(SCTP_MESSAGE).read(),
            ),
            way(
                "source routes and headers of the process's own (IP_OPTIONS, IPV6_RTHDR, IP_HDRINCL)",
                Coverage::at("socket_setsockopt, socket_sendmsg"),
                Coverage::open(ROUTED).read(),
            ),
            way(
                "a raw IPv6 socket and an address without a family",
                Coverage::at("socket_sendmsg"),
                Coverage::open(UNCONNECTED).read(),
            ),
            way(
                "packet sockets, AF_XDP, AF_VSOCK and other families",
                Coverage::open(OTHER_FAMILIES),
                Coverage::open(OTHER_FAMILIES).measured_on_6_12(),
            ),
            way(
                "a connected socket inherited or received",
                Coverage::open(INHERITED).read(),
                Coverage::open(INHERITED).read(),
            ),
            way(
                "a proxy or resolver reached over a local socket",
                Coverage::open(LOCAL).read(),
                Coverage::open(LOCAL).read(),
            ),
            way("incoming connections", Coverage::open(ACCEPTED).read(), Coverage::open(ACCEPTED).read()),
        ],
    ),
    (
        Dimension::Capabilities,
        &[
            way("any use of a capability", Coverage::at("capable"), Coverage::at("capable")),
            way(
                "mmap below vm.mmap_min_addr, and securebits",
                Coverage::open(UNCHECKED).read(),
                Coverage::open(UNCHECKED).read(),
            ),
        ],
    ),
    (
        Dimension::Syscalls,
        &[
            way(
                "a call that passes no LSM hook: its effect comes first",
                Coverage::open(AFTER),
                Coverage::open(AFTER).measured_on_6_12(),
            ),
            way(
                "the 32-bit entry (int 0x80)",
                Coverage::at("sys_enter"),
                Coverage::at("__ia32_sys_*").measured_on_6_12(),
            ),
            way("an x32 call", Coverage::at("sys_enter"), Coverage::absent(NO_X32).measured_on_6_12()),
            way(
                "process_vm_readv of the caller's own memory",
                Coverage::open(OWN_MEMORY),
                Coverage::at("sys_process_vm_readv").measured_on_6_12(),
            ),
            way(
                "socket calls through socketcall",
                Coverage::open(SOCKETCALL).read(),
                Coverage::open(SOCKETCALL).read(),
            ),
            way("the same work through io_uring", Coverage::open(RING).read(), Coverage::open(RING).read()),
        ],
    ),
    (
        Dimension::NameSpace,
        &[
            way("chroot", Coverage::at("path_chroot"), Coverage::open(MOUNTED).read()),
            way(
                "mount, bind mount, fsconfig, move_mount",
                Coverage::at("sb_mount, sb_kern_mount, move_mount"),
                Coverage::open(MOUNTED).measured_on_6_12(),
            ),
            way(
                "a detached copy of a mount (open_tree)",
                Coverage::at("capable"),
                Coverage::open(MOUNTED).read(),
            ),
            way("pivot_root", Coverage::at("sb_pivotroot"), Coverage::open(MOUNTED).read()),
            way(
                "a user namespace",
                Coverage::at("userns_create"),
                Coverage::open(MOUNTED).measured_on_6_12(),
            ),
            way(
                "unshare or setns of a mount namespace",
                Coverage::at("capable"),
                Coverage::open(MOUNTED).measured_on_6_12(),
            ),
        ],
    ),
];

const HEIRS: &str = "which ancestors Tetragon knows of after a policy is replaced was not measured";
const TRACER: &str =
    "kprobes and LSM programs of Tetragon need the function tracer; deny writes below /proc/sys";
const UNGUARDED: &str =
    "Tetragon does not guard its maps, programs and pins; deny bpf() and capabilities to profiles";
const LOCKDOWN: &str = "deny CAP_SYS_RAWIO, CAP_SYS_BOOT and CAP_SYS_MODULE, or boot with lockdown=integrity";

/// The bypasses of the match on the subject, and of what keeps the policy in force.
pub(super) static SUBJECTS: &[Bypass] = &[
    way(
        "the binary replaced, renamed or deleted while it runs",
        Coverage::at("task_alloc"),
        Coverage::at("execve").measured_on_6_12(),
    ),
    way("PR_SET_MM_EXE_FILE", Coverage::at("task_alloc"), Coverage::at("execve").measured_on_6_12()),
    way(
        "a process that runs already when the policy is loaded",
        Coverage::at("iter/task"),
        Coverage::at("/proc at agent start").measured_on_6_12(),
    ),
    way(
        "a descendant that inherits, and runs already when the policy is loaded",
        Coverage::at("iter/task"),
        Coverage::open(HEIRS).read(),
    ),
    way(
        "the binary started through the loader by an unconfined process",
        Coverage::open(LOADER).read(),
        Coverage::open(LOADER).read(),
    ),
    way(
        "a copy of the binary under another path or name",
        Coverage::open(COPIED),
        Coverage::open(COPIED).measured_on_6_12(),
    ),
    way(
        "a script whose own path is the target",
        Coverage::open(SCRIPT).read(),
        Coverage::open(SCRIPT).read(),
    ),
    way(
        "the binary started through a bind mount",
        Coverage::open(BOUND).read(),
        Coverage::open(BOUND).read(),
    ),
    way("kernel.ftrace_enabled set to 0", Coverage::at("cgroup/sysctl"), Coverage::open(TRACER).read()),
    way(
        "the policy's maps and programs, by number or pin",
        Coverage::at("bpf_map, bpf_prog"),
        Coverage::open(UNGUARDED).read(),
    ),
    way(
        "the policy's pins removed",
        Coverage::at("inode_unlink, inode_rename, sb_umount"),
        Coverage::open(UNGUARDED).read(),
    ),
    way(
        "/dev/mem, kexec and modules without a signature",
        Coverage::at("locked_down"),
        Coverage::open(LOCKDOWN).read(),
    ),
];
