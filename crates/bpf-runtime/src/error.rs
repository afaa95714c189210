//! Why the runtime refused, each reason with its code, the fix, and whether the kernel or the caller is the cause.

use std::io;
use std::path::PathBuf;

use telovix_diagnostic::Code;

use crate::code;

/// A reason why nothing was changed, or why a change stopped. The policy that was active stays active.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Not root.
    #[error("only root can change what the kernel enforces")]
    NotRoot,
    /// Not the processor that the programs were written for.
    #[error("the kernel programs are for x86-64; this machine is `{architecture}`")]
    Architecture {
        /// The machine.
        architecture: &'static str,
    },
    /// The kernel lacks what the programs need.
    #[error("kernel {major}.{minor} is not supported; expected 6.1 or later")]
    KernelTooOld {
        /// First number of its version.
        major: u16,
        /// Second number.
        minor: u16,
    },
    /// The kernel has no BTF type information.
    #[error("the kernel has no BTF type information at `/sys/kernel/btf/vmlinux`")]
    NoBtf,
    /// `bpf` is not among the active security modules.
    #[error("`bpf` is not among the active Linux security modules (`{active}`)")]
    NoBpfLsm {
        /// The list.
        active: String,
    },
    /// `kernel.ftrace_enabled` is 0, so that the kernel calls no attached program.
    #[error("`kernel.ftrace_enabled` is 0, so the kernel calls no program that is attached to a hook")]
    FtraceDisabled,
    /// The active policy was applied by another program, which alone may change it.
    #[error("the active policy was applied by another program, and only that one may change it")]
    Guarded,
    /// Memory of maps would be charged to a group that can be full.
    #[error(
        "memory of the policy would be charged to the control group `{group}`, which has a limit, and this process cannot \
         leave it: {reason}"
    )]
    ControlGroup {
        /// The group, from the root.
        group: String,
        /// What the kernel said.
        reason: String,
    },
    /// The calls of programs cannot be counted.
    #[error("the calls of programs cannot be counted: {reason}")]
    Counting {
        /// What the kernel said.
        reason: String,
    },
    /// No BPF file system.
    #[error("no BPF file system is mounted at `{}`", .folder.display())]
    NoBpfFileSystem {
        /// Where it was expected.
        folder: PathBuf,
    },
    /// The locks that path checks need cannot be found.
    #[error("`/proc/kallsyms` does not show the address of `{symbol}`")]
    NoSymbol {
        /// The kernel variable.
        symbol: &'static str,
    },
    /// Another command is changing the policy.
    #[error("another command is changing the policy")]
    Busy,
    /// Nothing is loaded.
    #[error("no policy is loaded")]
    NothingLoaded,
    /// An unconfirmed generation is active.
    #[error("generation {generation} is pending confirmation")]
    Unconfirmed {
        /// The generation.
        generation: u32,
    },
    /// There is nothing to confirm.
    #[error("no generation is pending confirmation")]
    NothingToConfirm,
    /// The deadline has passed and the previous generation was restored.
    #[error("the deadline has passed: generation {generation} was restored")]
    Reverted {
        /// The generation that is active.
        generation: u32,
    },
    /// There is no earlier generation.
    #[error("there is no previous generation to restore")]
    NoPrevious,
    /// The policy would confine what an operator needs to undo it.
    #[error("the policy would confine `{program}`, which is needed to undo it")]
    Lockout {
        /// The program.
        program: String,
    },
    /// A hook that the policy needs cannot be used on this kernel.
    #[error("no program can be attached to the hook `{hook}` on this kernel: {reason}")]
    Hook {
        /// Name of the hook.
        hook: &'static str,
        /// What the kernel said.
        reason: String,
    },
    /// The object with the programs could not be loaded.
    #[error("the kernel programs could not be loaded: {reason}")]
    Object {
        /// What went wrong.
        reason: String,
    },
    /// Pins that this version did not create.
    #[error("`{}` was left by another version: {reason}", .path.display())]
    ForeignPin {
        /// The pin.
        path: PathBuf,
        /// How it differs.
        reason: String,
    },
    /// A map could not be made or filled.
    #[error("map `{map}`: {source}")]
    Map {
        /// Name of the map.
        map: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("`{}`: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Programs are still loaded.
    #[error("{count} programs are still loaded after {seconds} s")]
    StillLoaded {
        /// How many.
        count: usize,
        /// For how many seconds they were waited for.
        seconds: u64,
    },
}

impl RuntimeError {
    /// Returns the code of this error.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::NotRoot => &code::NOT_ROOT,
            Self::Architecture { .. } => &code::ARCHITECTURE_NOT_SUPPORTED,
            Self::KernelTooOld { .. } => &code::KERNEL_TOO_OLD,
            Self::NoBtf => &code::NO_BTF,
            Self::NoBpfLsm { .. } => &code::NO_BPF_LSM,
            Self::FtraceDisabled => &code::FTRACE_DISABLED,
            Self::Guarded => &code::GUARDED,
            Self::ControlGroup { .. } => &code::CONTROL_GROUP_LIMITED,
            Self::Counting { .. } => &code::CALLS_NOT_COUNTED,
            Self::NoBpfFileSystem { .. } => &code::NO_BPF_FILE_SYSTEM,
            Self::NoSymbol { .. } => &code::NO_KERNEL_SYMBOL,
            Self::Busy => &code::BUSY,
            Self::NothingLoaded => &code::NOTHING_LOADED,
            Self::Unconfirmed { .. } => &code::UNCONFIRMED,
            Self::NothingToConfirm => &code::NOTHING_TO_CONFIRM,
            Self::Reverted { .. } => &code::REVERTED,
            Self::NoPrevious => &code::NO_PREVIOUS_GENERATION,
            Self::Lockout { .. } => &code::LOCKOUT,
            Self::Hook { .. } => &code::HOOK_NOT_AVAILABLE,
            Self::Object { .. } => &code::PROGRAMS_NOT_LOADED,
            Self::ForeignPin { .. } => &code::FOREIGN_PIN,
            Self::Map { .. } => &code::MAP_NOT_FILLED,
            Self::File { .. } => &code::RUNTIME_FILE,
            Self::StillLoaded { .. } => &code::STILL_LOADED,
        }
    }

    /// Returns what to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotRoot => "run the command as root",
            Self::Architecture { .. } => "compile for Tetragon on this machine",
            Self::KernelTooOld { .. } => "run kernel 6.1 or later, or compile for Tetragon",
            Self::NoBtf => "use a kernel built with CONFIG_DEBUG_INFO_BTF",
            Self::NoBpfLsm { .. } => {
                "add `bpf` to the `lsm=` parameter of the kernel command line and reboot"
            }
            Self::FtraceDisabled => "find out who changed it, then `sysctl -w kernel.ftrace_enabled=1`",
            Self::Guarded => "run the `telovix` that applied it, at the same path, outside of every profile",
            Self::ControlGroup { .. } => {
                "run it in a group without `memory.max`, or where /sys/fs/cgroup can be written"
            }
            Self::Counting { .. } => "see the kernel's log (`dmesg`)",
            Self::NoBpfFileSystem { .. } => "mount it: `mount -t bpf bpf /sys/fs/bpf`",
            Self::NoSymbol { .. } => {
                "set `kernel.kptr_restrict` to 0 or 1; the kernel needs CONFIG_KALLSYMS_ALL for path rules"
            }
            Self::Busy => "wait for it to end and try again",
            Self::NothingLoaded => "load one with `telovix apply`",
            Self::Unconfirmed { .. } => "first `telovix confirm` or `telovix rollback`",
            Self::NothingToConfirm => "`telovix status` shows the active generation",
            Self::Reverted { .. } => "apply the policy again, and confirm in time",
            Self::NoPrevious => "`telovix remove` ends enforcement",
            Self::Lockout { .. } => "name the program with `--confine PROGRAM` if this is meant",
            Self::Hook { .. } => "use a newer kernel, or remove the rules that need the hook",
            Self::Object { .. } | Self::Map { .. } => {
                "see the kernel's log (`dmesg`); the active policy is unchanged"
            }
            Self::ForeignPin { .. } => {
                "remove the old policy with the version that loaded it, or delete the folder"
            }
            Self::File { .. } => "check that the folder exists and has free space",
            Self::StillLoaded { .. } => "another process keeps them open; `bpftool prog` lists it",
        }
    }

    /// Returns whether the kernel refused (exit code 3), as opposed to how the command was called.
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::NotRoot | Self::Busy | Self::NothingLoaded | Self::NothingToConfirm | Self::File { .. }
        )
    }

    pub(crate) fn map(map: &str) -> impl FnOnce(io::Error) -> Self {
        let map = map.to_owned();
        move |source| Self::Map { map, source }
    }

    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
