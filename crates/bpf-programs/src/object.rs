//! The compiled kernel programs as bytes, so that users build without a BPF compiler.
//!
//! Each program is named after its hook, except [`PLACE_TASKS`]. `cargo xtask bpf`
//! rebuilds the object from `bpf/`; CI fails when the bytes differ.

/// The ELF object.
pub static OBJECT: &[u8] = &ALIGNED.bytes;

/// The program of `iter/task`, which assigns domains to tasks that ran before a generation was loaded.
pub const PLACE_TASKS: &str = "place_task";

/// The program on every write to a setting below `/proc/sys`, attached to the root control group.
pub const WRITE_SETTING: &str = "write_setting";

/// The program that records which program may change the policy. Run once by the loader, never attached.
pub const REGISTER_LOADER: &str = "register_loader";

/// The program on the raw tracepoint of system calls.
pub const SYSTEM_CALLS: &str = "sys_enter";

/// The program on the BTF tracepoint of a finished fork.
pub const FORKED: &str = "sched_process_fork";

/// ELF readers need aligned tables; `include_bytes!` alone does not align.
#[repr(C, align(8))]
struct Aligned<T: ?Sized> {
    bytes: T,
}

static ALIGNED: &Aligned<[u8]> = &Aligned { bytes: *include_bytes!("../object/telovix.bpf.o") };
