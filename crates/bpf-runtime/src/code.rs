//! The codes of [`RuntimeError`](crate::RuntimeError), each with the page that `telovix explain` prints.

telovix_diagnostic::codes! {
    NOT_ROOT = "not-root";
    ARCHITECTURE_NOT_SUPPORTED = "architecture-not-supported";
    KERNEL_TOO_OLD = "kernel-too-old";
    NO_BTF = "no-btf";
    NO_BPF_LSM = "no-bpf-lsm";
    FTRACE_DISABLED = "ftrace-disabled";
    GUARDED = "guarded";
    CONTROL_GROUP_LIMITED = "control-group-limited";
    CALLS_NOT_COUNTED = "calls-not-counted";
    NO_BPF_FILE_SYSTEM = "no-bpf-file-system";
    NO_KERNEL_SYMBOL = "no-kernel-symbol";
    BUSY = "busy";
    NOTHING_LOADED = "nothing-loaded";
    UNCONFIRMED = "unconfirmed";
    NOTHING_TO_CONFIRM = "nothing-to-confirm";
    REVERTED = "reverted";
    NO_PREVIOUS_GENERATION = "no-previous-generation";
    LOCKOUT = "lockout";
    HOOK_NOT_AVAILABLE = "hook-not-available";
    PROGRAMS_NOT_LOADED = "programs-not-loaded";
    FOREIGN_PIN = "foreign-pin";
    MAP_NOT_FILLED = "map-not-filled";
    RUNTIME_FILE = "runtime-file";
    STILL_LOADED = "still-loaded";
}
