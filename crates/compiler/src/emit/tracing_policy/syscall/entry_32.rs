//! A system call -> the kernel functions that implement it on the 32-bit entry path.
//!
//! A name often means an older call there: `setuid` is the one with 16-bit ids, `clock_settime` the one with
//! 32-bit times, and the call that has this name on 64-bit has another name (`setuid32`, `clock_settime64`). Source:
//! `arch/x86/entry/syscalls/syscall_32.tbl`; every name was looked up in the BTF of Debian's cloud kernels 6.1.176,
//! 6.12.107 and 7.2.13.

use std::sync::OnceLock;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::SyscallSet;
use telovix_policy::value::Syscall;

use super::super::filter::Refusal;
use super::{function, has_no_arguments};

/// Calls whose function is another one than on the 64-bit path, where there is one at all.
const OTHER_FUNCTION: &[(&str, &str)] = &[
    ("_llseek", "llseek"),
    ("_newselect", "select"),
    ("adjtimex", "adjtimex_time32"),
    ("chown", "chown16"),
    ("chown32", "chown"),
    ("clock_adjtime", "clock_adjtime32"),
    ("clock_adjtime64", "clock_adjtime"),
    ("clock_getres", "clock_getres_time32"),
    ("clock_getres_time64", "clock_getres"),
    ("clock_gettime", "clock_gettime32"),
    ("clock_gettime64", "clock_gettime"),
    ("clock_nanosleep", "clock_nanosleep_time32"),
    ("clock_nanosleep_time64", "clock_nanosleep"),
    ("clock_settime", "clock_settime32"),
    ("clock_settime64", "clock_settime"),
    ("clone", "ia32_clone"),
    ("fadvise64", "ia32_fadvise64"),
    ("fadvise64_64", "ia32_fadvise64_64"),
    ("fallocate", "ia32_fallocate"),
    ("fchown", "fchown16"),
    ("fchown32", "fchown"),
    ("fcntl", "fcntl64"),
    ("fstat64", "ia32_fstat64"),
    ("fstatat64", "ia32_fstatat64"),
    ("ftruncate64", "ia32_ftruncate64"),
    ("futex", "futex_time32"),
    ("futex_time64", "futex"),
    ("futimesat", "futimesat_time32"),
    ("getegid", "getegid16"),
    ("getegid32", "getegid"),
    ("geteuid", "geteuid16"),
    ("geteuid32", "geteuid"),
    ("getgid", "getgid16"),
    ("getgid32", "getgid"),
    ("getgroups", "getgroups16"),
    ("getgroups32", "getgroups"),
    ("getresgid", "getresgid16"),
    ("getresgid32", "getresgid"),
    ("getresuid", "getresuid16"),
    ("getresuid32", "getresuid"),
    ("getrlimit", "old_getrlimit"),
    ("getuid", "getuid16"),
    ("getuid32", "getuid"),
    ("io_getevents", "io_getevents_time32"),
    ("lchown", "lchown16"),
    ("lchown32", "lchown"),
    ("lstat64", "ia32_lstat64"),
    ("mmap", "ia32_mmap"),
    ("mmap2", "mmap_pgoff"),
    ("mq_timedreceive", "mq_timedreceive_time32"),
    ("mq_timedreceive_time64", "mq_timedreceive"),
    ("mq_timedsend", "mq_timedsend_time32"),
    ("mq_timedsend_time64", "mq_timedsend"),
    ("nanosleep", "nanosleep_time32"),
    ("oldfstat", "fstat"),
    ("oldlstat", "lstat"),
    ("oldolduname", "olduname"),
    ("oldstat", "stat"),
    ("olduname", "uname"),
    ("ppoll", "ppoll_time32"),
    ("pread64", "ia32_pread64"),
    ("pselect6", "pselect6_time32"),
    ("pwrite64", "ia32_pwrite64"),
    ("readahead", "ia32_readahead"),
    ("readdir", "old_readdir"),
    ("recvmmsg", "recvmmsg_time32"),
    ("rt_sigtimedwait", "rt_sigtimedwait_time32"),
    ("sched_rr_get_interval", "sched_rr_get_interval_time32"),
    ("sched_rr_get_interval_time64", "sched_rr_get_interval"),
    ("select", "old_select"),
    ("semtimedop_time64", "semtimedop"),
    ("sendfile", "sendfile"),
    ("setfsgid", "setfsgid16"),
    ("setfsgid32", "setfsgid"),
    ("setfsuid", "setfsuid16"),
    ("setfsuid32", "setfsuid"),
    ("setgid", "setgid16"),
    ("setgid32", "setgid"),
    ("setgroups", "setgroups16"),
    ("setgroups32", "setgroups"),
    ("setregid", "setregid16"),
    ("setregid32", "setregid"),
    ("setresgid", "setresgid16"),
    ("setresgid32", "setresgid"),
    ("setresuid", "setresuid16"),
    ("setresuid32", "setresuid"),
    ("setreuid", "setreuid16"),
    ("setreuid32", "setreuid"),
    ("setuid", "setuid16"),
    ("setuid32", "setuid"),
    ("stat64", "ia32_stat64"),
    ("stime", "stime32"),
    ("sync_file_range", "ia32_sync_file_range"),
    ("time", "time32"),
    ("timer_gettime", "timer_gettime32"),
    ("timer_gettime64", "timer_gettime"),
    ("timer_settime", "timer_settime32"),
    ("timer_settime64", "timer_settime"),
    ("timerfd_gettime", "timerfd_gettime32"),
    ("timerfd_gettime64", "timerfd_gettime"),
    ("timerfd_settime", "timerfd_settime32"),
    ("timerfd_settime64", "timerfd_settime"),
    ("truncate64", "ia32_truncate64"),
    ("ugetrlimit", "getrlimit"),
    ("umount", "oldumount"),
    ("utime", "utime32"),
    ("utimensat", "utimensat_time32"),
    ("utimensat_time64", "utimensat"),
    ("utimes", "utimes_time32"),
];

/// Calls that return from a signal handler; their stubs are in no BTF.
const RETURNS: &[(&str, &str)] =
    &[("rt_sigreturn", "__do_compat_sys_rt_sigreturn"), ("sigreturn", "__do_compat_sys_sigreturn")];

/// Names that only 32-bit programs have for a function that both entry paths share.
const SHARED: &[&str] = &["getegid32", "geteuid32", "getgid32", "getuid32"];

/// Returns the functions of a call, of which a kernel has at most one; none where the 64-bit path has the same.
pub(super) fn functions(
    syscall: Syscall,
    all: &SyscallSet,
    span: Span,
) -> Result<&'static [String], Refusal> {
    static SPELLED: [OnceLock<Vec<String>>; Syscall::COUNT] = [const { OnceLock::new() }; Syscall::COUNT];
    let name = syscall.name();
    if syscall.ia32_number().is_some() && SHARED.contains(&name) {
        if syscall.operation().all(|entry| all.contains(entry)) {
            return Ok(&[]);
        }
        let message = format!(
            "`{name}` of 32-bit programs has the same kernel function as the call of 64-bit programs"
        );
        return Err(Refusal::cannot_express(span, message));
    }
    let spelled = SPELLED.get(syscall.index());
    Ok(spelled.map_or(&[], |functions| functions.get_or_init(|| spell(syscall))))
}

fn spell(syscall: Syscall) -> Vec<String> {
    let name = syscall.name();
    if syscall.ia32_number().is_none() {
        return Vec::new();
    }
    if let Some((_, function)) = RETURNS.iter().find(|(call, _)| *call == name) {
        return vec![(*function).to_owned()];
    }
    let other = OTHER_FUNCTION.binary_search_by_key(&name, |(call, _)| *call);
    let function = match other.ok().and_then(|place| OTHER_FUNCTION.get(place)) {
        Some((_, function)) => function,
        None if has_no_arguments(syscall) => return Vec::new(),
        None => function(syscall),
    };
    ["__ia32_sys_", "__ia32_compat_sys_"].map(|prefix| [prefix, function].concat()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::{OTHER_FUNCTION, functions};
    use telovix_diagnostic::source::{SourceSet, Span};
    use telovix_policy::value::Syscall;

    fn of(name: &str) -> Result<Vec<String>, String> {
        let call = Syscall::parse(name).expect("a call");
        let sources = SourceSet::single("calls.yaml", name);
        let (id, _) = sources.iter().next().expect("a source");
        let span = Span::new(id, 0, 0);
        functions(call, &[call].into_iter().collect(), span)
            .map(<[String]>::to_vec)
            .map_err(|refusal| refusal.message)
    }

    #[test]
    fn the_table_is_sorted_and_names_calls_of_32_bit_programs() {
        assert!(OTHER_FUNCTION.is_sorted_by(|left, right| left.0 < right.0));
        for (name, _) in OTHER_FUNCTION {
            let number = Syscall::parse(name).expect("a call").ia32_number();
            assert!(number.is_some(), "{name}");
        }
    }

    #[test]
    fn a_name_means_the_call_that_32_bit_programs_have_under_it() {
        let both =
            |name: &str| Ok(["__ia32_sys_", "__ia32_compat_sys_"].map(|at| format!("{at}{name}")).to_vec());
        assert_eq!(of("clone"), both("ia32_clone"));
        assert_eq!(of("setuid"), both("setuid16"));
        assert_eq!(of("setuid32"), both("setuid"));
        assert_eq!(of("getuid"), both("getuid16"));
        assert_eq!(of("sendfile"), both("sendfile"));
        assert_eq!(of("umount2"), both("umount"));
        assert_eq!(of("ptrace"), both("ptrace"));
        assert_eq!(of("sigreturn"), Ok(vec!["__do_compat_sys_sigreturn".to_owned()]));
    }

    #[test]
    fn a_function_of_both_entry_paths_is_hooked_once_or_refused() {
        assert_eq!(of("fork"), Ok(Vec::new()));
        assert_eq!(of("accept"), Ok(Vec::new()));
        assert!(of("getuid32").is_err_and(|message| message.contains("same kernel function")));
    }
}
