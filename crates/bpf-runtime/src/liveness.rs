//! Attached programs -> whether the kernel still calls them.
//!
//! A pinned link proves that a program is attached, not that it runs: with `kernel.ftrace_enabled` at 0 the kernel
//! removes every BPF trampoline, and links and maps look as before. So some operations are performed here while the
//! kernel counts calls (`BPF_ENABLE_STATS`), and each of them must have called its program.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use aya::programs::loaded_programs;
use aya::sys::{Stats, enable_stats};
use telovix_bpf_programs::object;

use crate::RuntimeError;

/// The switch of the function tracer, which BPF trampolines depend on.
const FTRACE_SWITCH: &str = "/proc/sys/kernel/ftrace_enabled";

/// Performs an operation.
type Perform = fn() -> io::Result<()>;

/// Operations that any process may perform, and the hook that each must reach.
const PROBES: [(&str, Perform); 5] = [
    ("file_open", open_file),
    ("socket_create", create_socket),
    ("task_alloc", start_thread),
    (object::FORKED, start_thread),
    (object::SYSTEM_CALLS, open_file),
];

/// Fails if the kernel would not call an attached program.
pub(crate) fn require_trampolines() -> Result<(), RuntimeError> {
    if trampolines_are_off()? { Err(RuntimeError::FtraceDisabled) } else { Ok(()) }
}

/// Returns whether `kernel.ftrace_enabled` is 0. A kernel without the switch cannot turn trampolines off.
fn trampolines_are_off() -> Result<bool, RuntimeError> {
    let path = Path::new(FTRACE_SWITCH);
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim() == "0"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(RuntimeError::file(path)(error)),
    }
}

/// Performs operations and returns the hooks among `programs` whose program the kernel did not call, in their order.
/// Hooks that no operation here reaches are among them when `kernel.ftrace_enabled` is 0.
pub(crate) fn not_called(programs: &[(String, u32)]) -> Result<Vec<String>, RuntimeError> {
    if trampolines_are_off()? {
        let on_trampoline = |name: &str| ![object::FORKED, object::SYSTEM_CALLS].contains(&name);
        let names = programs.iter().map(|(name, _)| name).filter(|name| on_trampoline(name));
        return Ok(names.cloned().collect());
    }
    let _counting =
        enable_stats(Stats::RunTime).map_err(|error| RuntimeError::Counting { reason: error.to_string() })?;
    let before = calls(programs);
    for (_, perform) in PROBES {
        // What a policy denies has called its program too.
        let _denied = perform();
    }
    let after = calls(programs);
    let probed = |name: &String| PROBES.iter().any(|(hook, _)| hook == name);
    let silent = programs.iter().filter(|(name, id)| probed(name) && before.get(id) == after.get(id));
    Ok(silent.map(|(name, _)| name.clone()).collect())
}

/// How often each program was called. One that is gone is missing, as it was before and is after.
fn calls(programs: &[(String, u32)]) -> BTreeMap<u32, u64> {
    let ours = |id: u32| programs.iter().any(|(_, program)| *program == id);
    let known = loaded_programs().filter_map(Result::ok).filter(|program| ours(program.id()));
    known.map(|program| (program.id(), program.run_count())).collect()
}

fn open_file() -> io::Result<()> {
    File::open("/proc/self/stat").map(drop)
}

fn create_socket() -> io::Result<()> {
    UnixDatagram::unbound().map(drop)
}

fn start_thread() -> io::Result<()> {
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(|| ())?;
    thread.join().map_err(|_panic| io::ErrorKind::Other.into())
}
