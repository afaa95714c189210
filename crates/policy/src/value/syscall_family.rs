//! A system call -> the other entries of the same operation, and its siblings: other calls with the same result.
//!
//! Sources: `arch/x86/entry/syscalls/syscall_32.tbl` and `syscall_64.tbl` for entries, the manual pages of section 2
//! for siblings. Every name is checked against the table of calls by a test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Syscall;

/// Names that only 32-bit programs have, after the name of the same operation on x86-64. 32-bit programs call some
/// operations by several numbers: for older structures, wider offsets, wider ids, or 64-bit times.
const ENTRIES: &[&[&str]] = &[
    &["chown", "chown32"],
    &["clock_adjtime", "clock_adjtime64"],
    &["clock_getres", "clock_getres_time64"],
    &["clock_gettime", "clock_gettime64"],
    &["clock_nanosleep", "clock_nanosleep_time64"],
    &["clock_settime", "clock_settime64"],
    &["fadvise64", "fadvise64_64"],
    &["fchown", "fchown32"],
    &["fcntl", "fcntl64"],
    &["fstat", "fstat64", "oldfstat"],
    &["fstatfs", "fstatfs64"],
    &["ftruncate", "ftruncate64"],
    &["futex", "futex_time64"],
    &["getdents", "readdir"],
    &["getegid", "getegid32"],
    &["geteuid", "geteuid32"],
    &["getgid", "getgid32"],
    &["getgroups", "getgroups32"],
    &["getresgid", "getresgid32"],
    &["getresuid", "getresuid32"],
    &["getrlimit", "ugetrlimit"],
    &["getuid", "getuid32"],
    &["io_pgetevents", "io_pgetevents_time64"],
    &["lchown", "lchown32"],
    &["lseek", "_llseek"],
    &["lstat", "lstat64", "oldlstat"],
    &["mmap", "mmap2"],
    &["mq_timedreceive", "mq_timedreceive_time64"],
    &["mq_timedsend", "mq_timedsend_time64"],
    &["newfstatat", "fstatat64"],
    &["ppoll", "ppoll_time64"],
    &["pselect6", "pselect6_time64"],
    &["recvmmsg", "recvmmsg_time64"],
    &["rt_sigaction", "sigaction", "signal"],
    &["rt_sigpending", "sigpending"],
    &["rt_sigprocmask", "sigprocmask", "sgetmask", "ssetmask"],
    &["rt_sigreturn", "sigreturn"],
    &["rt_sigsuspend", "sigsuspend"],
    &["rt_sigtimedwait", "rt_sigtimedwait_time64"],
    &["sched_rr_get_interval", "sched_rr_get_interval_time64"],
    &["select", "_newselect"],
    &["semtimedop", "semtimedop_time64"],
    &["sendfile", "sendfile64"],
    &["setfsgid", "setfsgid32"],
    &["setfsuid", "setfsuid32"],
    &["setgid", "setgid32"],
    &["setgroups", "setgroups32"],
    &["setregid", "setregid32"],
    &["setresgid", "setresgid32"],
    &["setresuid", "setresuid32"],
    &["setreuid", "setreuid32"],
    &["settimeofday", "stime"],
    &["setuid", "setuid32"],
    &["stat", "stat64", "oldstat"],
    &["statfs", "statfs64"],
    &["timer_gettime", "timer_gettime64"],
    &["timer_settime", "timer_settime64"],
    &["timerfd_gettime", "timerfd_gettime64"],
    &["timerfd_settime", "timerfd_settime64"],
    &["truncate", "truncate64"],
    &["umount2", "umount"],
    &["uname", "olduname", "oldolduname"],
    &["utimensat", "utimensat_time64"],
    &["wait4", "waitpid"],
];

/// Calls with the same result: blocking one but not another is easy to bypass.
const FAMILIES: &[&[&str]] = &[
    &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    &["chown", "fchown", "fchownat", "lchown"],
    &["clone", "clone3", "fork", "vfork"],
    &["creat", "open", "open_by_handle_at", "openat", "openat2"],
    &["execve", "execveat"],
    &["finit_module", "init_module"],
    &["kexec_file_load", "kexec_load"],
    &["link", "linkat"],
    &["mkdir", "mkdirat"],
    &["mknod", "mknodat"],
    &["fsmount", "mount", "mount_setattr", "move_mount", "open_tree", "open_tree_attr"],
    &["process_vm_readv", "process_vm_writev", "ptrace"],
    &["rename", "renameat", "renameat2"],
    &["rmdir", "unlink", "unlinkat"],
    &["setgid", "setregid", "setresgid"],
    &["setns", "unshare"],
    &["setresuid", "setreuid", "setuid"],
    &["clock_adjtime", "clock_settime", "settimeofday"],
    &["adjtimex", "clock_adjtime"],
    &["accept", "accept4"],
    &["epoll_create", "epoll_create1"],
    &["symlink", "symlinkat"],
    &["ftruncate", "truncate"],
    &["fsetxattr", "lsetxattr", "setxattr", "setxattrat"],
    &["fremovexattr", "lremovexattr", "removexattr", "removexattrat"],
    &["kill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tgkill", "tkill"],
    &["socket", "socketcall"],
    &["connect", "socketcall"],
    &["bind", "socketcall"],
    &["listen", "socketcall"],
    &["pread64", "preadv", "preadv2", "read", "readv"],
    &["pwrite64", "pwritev", "pwritev2", "write", "writev"],
    &["prlimit64", "setrlimit"],
];

/// Every call that has another entry, with all entries of its operation; made once.
static OPERATIONS: LazyLock<BTreeMap<Syscall, Vec<Syscall>>> = LazyLock::new(|| {
    let operations = ENTRIES.iter().map(|names| parsed(names));
    operations.flat_map(|calls| calls.clone().into_iter().map(move |call| (call, calls.clone()))).collect()
});

fn parsed(names: &[&str]) -> Vec<Syscall> {
    names.iter().filter_map(|name| Syscall::parse(name).ok()).collect()
}

impl Syscall {
    /// Returns every call that is the same operation by another number, the call itself among them: `setuid` and
    /// `setuid32`, `umount2` and the `umount` of 32-bit programs.
    pub fn operation(self) -> impl Iterator<Item = Self> {
        let others = OPERATIONS.get(&self).map_or(&[][..], Vec::as_slice);
        others.iter().copied().filter(move |other| *other != self).chain([self])
    }

    /// Returns the other calls with the same result, by name; not those of the same operation.
    #[must_use]
    pub fn siblings(self) -> Vec<Self> {
        let is_own = |name: &&str| self.operation().any(|call| call.name() == *name);
        let families = FAMILIES.iter().filter(|family| family.iter().any(&is_own));
        let mut siblings: Vec<Self> = families.flat_map(|family| parsed(family)).collect();
        siblings.retain(|sibling| !is_own(&sibling.name()));
        siblings.sort_unstable();
        siblings.dedup();
        siblings
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ENTRIES, FAMILIES, Syscall};

    fn call(name: &str) -> Syscall {
        Syscall::parse(name).unwrap_or_else(|_| panic!("`{name}` is not a system call"))
    }

    #[test]
    fn names_are_those_of_calls_and_one_operation_has_each() {
        let mut seen = BTreeSet::new();
        for names in ENTRIES {
            let [first, others @ ..] = names else { panic!("an operation has a name") };
            assert!(call(first).number().is_some(), "{first} is the name of 64-bit programs");
            assert!(!others.is_empty());
            for name in others {
                assert!(call(name).number().is_none(), "{name} is a name of 32-bit programs alone");
            }
            assert!(names.iter().all(|name| seen.insert(*name)), "{names:?}");
        }
        for family in FAMILIES {
            let calls: Vec<Syscall> = family.iter().map(|name| call(name)).collect();
            assert!(calls.len() > 1, "{family:?}");
        }
    }

    #[test]
    fn every_name_of_32_bit_programs_belongs_to_an_operation_or_has_no_other() {
        let alone: Vec<&str> = Syscall::all()
            .filter(|call| call.number().is_none() && call.operation().count() == 1)
            .map(Syscall::name)
            .collect();
        let expected = [
            "bdflush",
            "break",
            "ftime",
            "gtty",
            "idle",
            "ipc",
            "lock",
            "mpx",
            "nice",
            "prof",
            "profil",
            "socketcall",
            "stty",
            "ulimit",
            "vm86",
            "vm86old",
        ];
        assert_eq!(alone, expected);
    }

    #[test]
    fn an_operation_is_the_same_from_every_entry() {
        for one in Syscall::all() {
            let all: BTreeSet<Syscall> = one.operation().collect();
            assert!(all.contains(&one));
            for other in &all {
                assert_eq!(other.operation().collect::<BTreeSet<_>>(), all, "{one} {other}");
            }
        }
    }

    #[test]
    fn siblings_are_other_calls_to_the_same_end() {
        let names =
            |name: &str| -> Vec<&str> { call(name).siblings().into_iter().map(Syscall::name).collect() };
        assert_eq!(names("clone"), ["clone3", "fork", "vfork"]);
        assert_eq!(names("umount"), Vec::<&str>::new());
        assert_eq!(names("chown32"), ["fchown", "fchownat", "lchown"]);
        assert_eq!(names("acct"), Vec::<&str>::new());
    }
}
