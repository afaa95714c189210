//! A file with the BTF of a kernel -> what that kernel has, or why the file is refused.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use telovix_btf::Btf;
use telovix_diagnostic::{Code, Diagnostic};
use telovix_syntax::quote;
use telovix_tetragon::KernelSymbols;

use crate::bounded::read_file;
use crate::path::shown;

/// The codes of files with BTF.
pub(crate) const CODES: &[&Code] = &[&BTF_FILE, &BTF_DIGEST];

static BTF_FILE: Code = Code::page(include_str!("kernel_btf/btf-file.md"));
static BTF_DIGEST: Code = Code::page(include_str!("kernel_btf/btf-digest.md"));

/// The BTF of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelBtf {
    /// What the kernel has.
    pub symbols: KernelSymbols,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The file, as it is shown.
    pub name: String,
}

impl KernelBtf {
    /// Reads a copy of `/sys/kernel/btf/vmlinux`.
    ///
    /// # Errors
    /// With the finding, without a place, when the file cannot be read or is no BTF.
    pub fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let name = shown(path);
        let refused = |reason: String| {
            let message = format!("{} is not the BTF of a kernel: {reason}", quote(&name));
            let help = "copy `/sys/kernel/btf/vmlinux` of a host";
            Box::new(Diagnostic::new(&BTF_FILE, None, message).help(help))
        };
        let bytes = read_file(path).map_err(|error| refused(error.to_string()))?;
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let btf = Btf::parse(bytes).map_err(|error| refused(error.to_string()))?;
        let symbols = KernelSymbols::Given(Arc::from(name.as_str()), Arc::new(btf));
        Ok(Self { symbols, digest, name })
    }
}

/// Returns the finding that no file has the digest of a host.
pub(crate) fn other_digest(wanted: &str, files: &[KernelBtf]) -> Option<Diagnostic> {
    if files.iter().any(|file| file.digest.eq_ignore_ascii_case(wanted)) {
        return None;
    }
    let names: Vec<String> = files.iter().map(|file| quote(&file.name)).collect();
    let digests: Vec<&str> = files.iter().map(|file| file.digest.as_str()).collect();
    let message = format!("{} has the digest {}, expected {wanted}", names.join(", "), digests.join(", "));
    let help = "copy `/sys/kernel/btf/vmlinux` of the host again, or correct `btf_sha256`";
    Some(Diagnostic::new(&BTF_DIGEST, None, message).help(help))
}
