//! Why a policy is not loaded, switched or removed.

use telovix_diagnostic::Code;
use telovix_host::{HostError, RuntimeError};

use crate::signing::code as signing;

/// Declares the pages and the list of them.
macro_rules! codes {
    ($($name:ident = $id:literal;)*) => {
        $(static $name: Code = Code::page(include_str!(concat!("code/", $id, ".md")));)*

        /// The codes of the verbs about the running kernel.
        pub(crate) const CODES: &[&Code] = &[&VERIFICATION_SKIPPED, $(&$name),*];
    };
}

codes! {
    NO_IMAGE = "no-image";
    IMAGE_REFUSED = "image-refused";
    NOT_ROOT = "not-root";
    ARCHITECTURE = "architecture-not-supported";
    KERNEL_TOO_OLD = "kernel-too-old";
    NO_BTF = "no-btf";
    NO_BPF_LSM = "no-bpf-lsm";
    NO_BPF_FILE_SYSTEM = "no-bpf-file-system";
    NO_KERNEL_SYMBOL = "no-kernel-symbol";
    BUSY = "busy";
    NOTHING_LOADED = "nothing-loaded";
    UNCONFIRMED = "unconfirmed";
    NOTHING_TO_CONFIRM = "nothing-to-confirm";
    REVERTED = "reverted";
    NO_PREVIOUS = "no-previous-generation";
    LOCKOUT = "lockout";
    HOOK_NOT_AVAILABLE = "hook-not-available";
    PROGRAMS_NOT_LOADED = "programs-not-loaded";
    FOREIGN_PIN = "foreign-pin";
    MAP_NOT_FILLED = "map-not-filled";
    RUNTIME_FILE = "runtime-file";
    STILL_LOADED = "still-loaded";
}

/// A policy is taken without its signature.
pub(super) static VERIFICATION_SKIPPED: Code = Code::page(include_str!("code.md"));

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
