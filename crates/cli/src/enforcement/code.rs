//! Why a policy is not loaded, switched or removed.

use telovix_diagnostic::{Code, Severity};
use telovix_host::{HostError, RuntimeError};

use crate::page::page;
use crate::signing::code as signing;

/// Declares the pages and the list of them.
macro_rules! codes {
    ($($name:ident: $id:literal, $title:literal, $explanation:literal, $fires:literal, $silent:literal;)*) => {
        $(static $name: Code = page($id, $title, $explanation, $fires, $silent);)*

        /// The codes of the verbs about the running kernel.
        pub(crate) const CODES: &[&Code] = &[&VERIFICATION_SKIPPED, $(&$name),*];
    };
}

codes! {
    NO_IMAGE: "no-image", "the bundle has no image to load",
        "Only the native runtime loads images. A bundle for the engine alone holds YAML and a manifest.",
        "`telovix apply` of a bundle compiled for `engine-6.12` only",
        "`telovix apply` of a bundle compiled for `native-6.12`";
    IMAGE_REFUSED: "image-refused", "the image is not one that a compile wrote",
        "An image is loaded only when it is byte for byte what a compile writes: container, layout version, digests, \
         and every number that points somewhere. The active policy is untouched.",
        "an image with one bit flipped", "the image as `telovix compile` wrote it";
    NOT_ROOT: "not-root", "only root changes what the kernel enforces",
        "Loading programs and reading their maps needs root. Nothing was changed.",
        "`telovix status` as an ordinary user", "`sudo telovix status`";
    ARCHITECTURE: "architecture-not-supported", "the kernel programs are for x86-64",
        "System calls have other numbers on other processors, and the programs were not tested there. Nothing was \
         changed.",
        "`telovix apply` on an arm64 host", "`telovix apply` on an x86-64 host";
    KERNEL_TOO_OLD: "kernel-too-old", "the kernel is older than 6.1",
        "Hooks and helpers that the programs need came with 6.1, the oldest kernel that is tested. Nothing was changed.",
        "`telovix apply` on kernel 5.15", "`telovix apply` on kernel 6.1";
    NO_BTF: "no-btf", "the kernel has no type information",
        "The programs are adapted to the kernel when they are loaded, which needs /sys/kernel/btf/vmlinux. \
         Distribution kernels have it; a kernel built without CONFIG_DEBUG_INFO_BTF has not.",
        "a kernel without CONFIG_DEBUG_INFO_BTF", "a distribution kernel from 6.1 on";
    NO_BPF_LSM: "no-bpf-lsm", "the kernel runs without the `bpf` security module",
        "Programs decide at the hooks of the Linux security modules, and only if `bpf` is among the active ones. \
         Add it to the `lsm=` parameter of the kernel command line, after the others, and reboot.",
        "a kernel booted with `lsm=apparmor`", "a kernel booted with `lsm=landlock,yama,apparmor,bpf`";
    NO_BPF_FILE_SYSTEM: "no-bpf-file-system", "the BPF file system is not mounted",
        "Programs and maps outlive the command by being pinned below /sys/fs/bpf. Most systems mount it at boot.",
        "a minimal system without /sys/fs/bpf mounted", "a system with systemd, which mounts it";
    NO_KERNEL_SYMBOL: "no-kernel-symbol", "the kernel does not show where its locks are",
        "Decisions about paths are checked against two counters of the kernel, which move with every rename and mount. \
         Their addresses come from /proc/kallsyms, which shows them to root unless kernel.kptr_restrict is 2.",
        "a host with kernel.kptr_restrict=2", "a host with kernel.kptr_restrict=1";
    BUSY: "busy", "another command is changing the policy",
        "Two commands never change the policy at once. The lock ends with the command that holds it, even if it is killed.",
        "two `telovix apply` at the same time", "one after the other";
    NOTHING_LOADED: "nothing-loaded", "no policy is loaded",
        "There are no maps of ours in the BPF file system, so nothing can be switched, shown or removed.",
        "`telovix status` on a fresh host", "`telovix status` after an apply";
    UNCONFIRMED: "unconfirmed", "the active policy waits to be confirmed",
        "While a deadline runs, the other slot holds the policy that a missed deadline goes back to, so nothing can be \
         loaded there. Confirm or roll back first.",
        "a second `telovix apply` before `telovix confirm`", "`telovix confirm`, then `telovix apply`";
    NOTHING_TO_CONFIRM: "nothing-to-confirm", "no policy waits to be confirmed",
        "The active policy was applied without `--confirm-within`, or was confirmed before.",
        "`telovix confirm` twice", "`telovix confirm` within the deadline";
    REVERTED: "reverted", "the deadline passed and the programs went back by themselves",
        "The kernel keeps the deadline. Past it, programs use the policy before, whether or not any process of ours runs.",
        "`telovix confirm` a minute after `apply --confirm-within 30s`", "`telovix confirm` in time";
    NO_PREVIOUS: "no-previous-generation", "there is no policy to go back to",
        "The other slot is empty: this is the first policy since boot or since the last remove.",
        "`telovix rollback` after the first apply", "`telovix rollback` after the second";
    LOCKOUT: "lockout", "the policy would confine what is needed to undo it",
        "init, the login path, the shell, telovix itself and every program that this command descends from are not \
         confined by accident: a mistake there could not be undone from the host. Name the program with `--confine` if it is meant.",
        "a profile for /usr/sbin/sshd, applied", "the same with `--confine /usr/sbin/sshd`";
    HOOK_NOT_AVAILABLE: "hook-not-available", "the kernel does not let a program watch a hook",
        "A hook that the policy needs could not be used: this kernel has disabled or changed it, or a policy in force \
         denies loading programs. Nothing was switched.",
        "`block-bpf-load` in force and an apply that needs another hook", "an apply on a kernel that was tested";
    PROGRAMS_NOT_LOADED: "programs-not-loaded", "the kernel programs could not be loaded",
        "The object with the programs was not accepted as a whole. The active policy is unchanged.",
        "a kernel older than 6.1", "a kernel from 6.1 on";
    FOREIGN_PIN: "foreign-pin", "maps of another version are in the way",
        "Maps are kept from one apply to the next. Those that another version of telovix left have another shape.",
        "an upgrade of telovix while an old policy is loaded", "`telovix remove` before the upgrade";
    MAP_NOT_FILLED: "map-not-filled", "a map could not be made, filled or read",
        "The kernel had no memory for it, a limit is reached, or the pin is not what it should be. The active policy is \
         unchanged.",
        "a control group with too little memory", "a host with room for the budget that `plan` prints";
    RUNTIME_FILE: "runtime-file", "a file of the runtime could not be read or written",
        "The lock and the copies of loaded images lie in /run/telovix, the pins in /sys/fs/bpf/telovix.",
        "a full /run", "a host with room in /run";
    STILL_LOADED: "still-loaded", "programs are still in the kernel after their pins were removed",
        "Kernels free programs some time later; after a minute something else must hold them. They decide nothing any \
         more, since the policy was emptied first.",
        "a `bpftool` that holds a program", "nothing else that holds our programs";
}

/// A policy is taken without its signature.
pub(super) static VERIFICATION_SKIPPED: Code = Code {
    severity: Severity::Warning,
    ..page(
        "verification-skipped",
        "a policy was taken without looking at its signature",
        "With `--insecure-skip-verify`, `plan` and `apply` take a bundle as it lies there. Whoever can write its folder \
         decides what the kernel enforces, and an old, weaker bundle is as good as the newest. The warning comes every \
         time; while such a policy is loaded, `telovix status` and each line of `telovix events` say `skipped`, and the \
         audit log keeps who did it.",
        "`telovix apply compiled-policies --insecure-skip-verify`",
        "`telovix apply compiled-policies` with a bundle that `telovix sign` signed",
    )
};

/// Returns the page of an error of a host.
pub(super) fn of(error: &HostError) -> &'static Code {
    match error {
        HostError::Refused(refusal) => signing::of(refusal),
        HostError::RootNotFollowed { refusal, .. } => signing::of(refusal),
        HostError::NotVerified { .. } => &signing::NOT_VERIFIED,
        HostError::NoImage { .. } | HostError::ImageNotRead { .. } => &NO_IMAGE,
        HostError::Image { .. } => &IMAGE_REFUSED,
        HostError::State(_) => &signing::HOST_STATE_NOT_USABLE,
        HostError::Log(error) | HostError::DoneNotLogged(error) => signing::of_log(error),
        HostError::Provenance { .. } => &RUNTIME_FILE,
        HostError::Runtime(error) | HostError::NotTidied { source: error, .. } => of_runtime(error),
    }
}

/// Returns the page of an error of the runtime.
fn of_runtime(error: &RuntimeError) -> &'static Code {
    match error {
        RuntimeError::NotRoot => &NOT_ROOT,
        RuntimeError::Architecture { .. } => &ARCHITECTURE,
        RuntimeError::KernelTooOld { .. } => &KERNEL_TOO_OLD,
        RuntimeError::NoBtf => &NO_BTF,
        RuntimeError::NoBpfLsm { .. } => &NO_BPF_LSM,
        RuntimeError::NoBpfFileSystem { .. } => &NO_BPF_FILE_SYSTEM,
        RuntimeError::NoSymbol { .. } => &NO_KERNEL_SYMBOL,
        RuntimeError::Busy => &BUSY,
        RuntimeError::NothingLoaded => &NOTHING_LOADED,
        RuntimeError::Unconfirmed { .. } => &UNCONFIRMED,
        RuntimeError::NothingToConfirm => &NOTHING_TO_CONFIRM,
        RuntimeError::Reverted { .. } => &REVERTED,
        RuntimeError::NoPrevious => &NO_PREVIOUS,
        RuntimeError::Lockout { .. } => &LOCKOUT,
        RuntimeError::Hook { .. } => &HOOK_NOT_AVAILABLE,
        RuntimeError::Object { .. } => &PROGRAMS_NOT_LOADED,
        RuntimeError::ForeignPin { .. } => &FOREIGN_PIN,
        RuntimeError::Map { .. } => &MAP_NOT_FILLED,
        RuntimeError::File { .. } => &RUNTIME_FILE,
        RuntimeError::StillLoaded { .. } => &STILL_LOADED,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use telovix_host::{HostError, RuntimeError};

    use super::of;

    /// The page of an error is the one that its code names.
    #[test]
    fn every_error_has_the_page_of_its_code() {
        let (path, text) = (PathBuf::new, String::new);
        let source = || io::Error::from(io::ErrorKind::NotFound);
        let errors = [
            RuntimeError::NotRoot,
            RuntimeError::Architecture { architecture: "" },
            RuntimeError::KernelTooOld { major: 5, minor: 15 },
            RuntimeError::NoBtf,
            RuntimeError::NoBpfLsm { active: text() },
            RuntimeError::NoBpfFileSystem { folder: path() },
            RuntimeError::NoSymbol { symbol: "" },
            RuntimeError::Busy,
            RuntimeError::NothingLoaded,
            RuntimeError::Unconfirmed { generation: 1 },
            RuntimeError::NothingToConfirm,
            RuntimeError::Reverted { generation: 1 },
            RuntimeError::NoPrevious,
            RuntimeError::Lockout { program: text() },
            RuntimeError::Hook { hook: "", reason: text() },
            RuntimeError::Object { reason: text() },
            RuntimeError::ForeignPin { path: path(), reason: text() },
            RuntimeError::Map { map: text(), source: source() },
            RuntimeError::File { path: path(), source: source() },
            RuntimeError::StillLoaded { count: 1, seconds: 1 },
        ];
        let hosts = [
            HostError::NotVerified { path: path(), source: source() },
            HostError::NoImage { bundle: path() },
            HostError::ImageNotRead { path: path(), source: source() },
            HostError::Provenance { folder: path(), source: source() },
        ];
        for error in errors.into_iter().map(HostError::Runtime).chain(hosts) {
            assert_eq!(of(&error).id, error.code());
        }
    }
}
