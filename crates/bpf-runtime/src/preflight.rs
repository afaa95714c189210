//! A host -> the facts that the programs need, or the reason why it cannot enforce.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::{RuntimeError, sys};

/// Addresses of the sequence counters that path walks are checked with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locks {
    pub(crate) renames: u64,
    pub(crate) mounts: u64,
}

/// The kernel's symbol table.
const SYMBOLS: &str = "/proc/kallsyms";

/// The oldest kernel that has every hook and helper, and was tested.
const OLDEST: (u16, u16) = (6, 1);

/// Fails unless this process can load programs on this kernel and pin them in `bpffs`.
pub(crate) fn check(bpffs: &Path) -> Result<(), RuntimeError> {
    supported(std::env::consts::ARCH, kernel_version()?)?;
    if sys::effective_user() != 0 {
        return Err(RuntimeError::NotRoot);
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Err(RuntimeError::NoBtf);
    }
    security_modules()?;
    if !sys::is_bpf_file_system(bpffs).unwrap_or(false) {
        return Err(RuntimeError::NoBpfFileSystem { folder: bpffs.to_owned() });
    }
    Ok(())
}

/// Fails unless `bpf` is among the active security modules: without it, programs attach but are never called.
fn security_modules() -> Result<(), RuntimeError> {
    let mounted = std::fs::read_to_string("/sys/kernel/security/lsm");
    let active = match mounted.or_else(|_| sys::read_unmounted("securityfs", "lsm")) {
        Ok(active) => active,
        // As root, only a security module causes this: an active policy that denies mounts.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(RuntimeError::NoBpfLsm { active: format!("cannot be read: {error}") }),
    };
    let active = active.trim_end();
    if active.split(',').any(|module| module == "bpf") {
        Ok(())
    } else {
        Err(RuntimeError::NoBpfLsm { active: active.to_owned() })
    }
}

/// Fails on machines that the programs were not written for: system calls have other numbers there.
fn supported(architecture: &'static str, kernel: (u16, u16)) -> Result<(), RuntimeError> {
    if architecture != "x86_64" {
        return Err(RuntimeError::Architecture { architecture });
    }
    if kernel < OLDEST {
        return Err(RuntimeError::KernelTooOld { major: kernel.0, minor: kernel.1 });
    }
    Ok(())
}

/// Looks up the counters in the kernel's symbol table.
pub(crate) fn locks() -> Result<Locks, RuntimeError> {
    let path = Path::new(SYMBOLS);
    let table = std::fs::File::open(path).map_err(RuntimeError::file(path))?;
    let [renames, mounts] = addresses(BufReader::new(table), ["rename_lock", "mount_lock"])?;
    Ok(Locks { renames, mounts })
}

/// The addresses of symbols in a table of some 150,000 lines, read only as far as needed.
fn addresses<const N: usize>(
    mut table: impl BufRead,
    symbols: [&'static str; N],
) -> Result<[u64; N], RuntimeError> {
    let (mut found, mut line) = ([0; N], String::new());
    while found.contains(&0)
        && table.read_line(&mut line).map_err(RuntimeError::file(Path::new(SYMBOLS)))? > 0
    {
        let mut words = line.split_ascii_whitespace();
        if let (Some(digits), _, Some(name)) = (words.next(), words.next(), words.next()) {
            let wanted = symbols.iter().position(|symbol| *symbol == name);
            // A module further down may have a symbol of the same name.
            if let Some(address) =
                wanted.and_then(|index| found.get_mut(index)).filter(|address| **address == 0)
            {
                *address = u64::from_str_radix(digits, 16).unwrap_or_default();
            }
        }
        line.clear();
    }
    // An address that is hidden from this process reads as 0.
    match symbols.into_iter().zip(found).find(|(_, address)| *address == 0) {
        Some((symbol, _)) => Err(RuntimeError::NoSymbol { symbol }),
        None => Ok(found),
    }
}

/// The running kernel's major and minor number.
pub(crate) fn kernel_version() -> Result<(u16, u16), RuntimeError> {
    let path = Path::new("/proc/sys/kernel/osrelease");
    let text = std::fs::read_to_string(path).map_err(RuntimeError::file(path))?;
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit()).map_while(|part| part.parse().ok());
    let malformed = || RuntimeError::file(path)(std::io::ErrorKind::InvalidData.into());
    Ok((numbers.next().ok_or_else(malformed)?, numbers.next().ok_or_else(malformed)?))
}

#[cfg(test)]
mod tests {
    use super::{addresses, supported};

    #[test]
    fn other_machines_and_older_kernels_are_refused() {
        assert!(supported("x86_64", (6, 1)).is_ok());
        assert!(supported("x86_64", (7, 2)).is_ok());
        let code = |architecture, kernel| supported(architecture, kernel).map_err(|error| error.code().id);
        assert_eq!(code("aarch64", (6, 12)), Err("architecture-not-supported"));
        assert_eq!(code("x86_64", (5, 15)), Err("kernel-too-old"));
        assert_eq!(code("x86_64", (6, 0)), Err("kernel-too-old"));
    }

    #[test]
    fn symbols_are_found_by_their_whole_names() {
        let table =
            "00f0 T my_lock_held\n00f1 d my_lock\n0000 d hidden\n00f2 d other [module]\n00f3 T my_lock_end\n";
        assert_eq!(addresses(table.as_bytes(), ["my_lock", "other"]).ok(), Some([0xf1, 0xf2]));
        for missing in ["hidden", "lock"] {
            let refused =
                addresses(table.as_bytes(), ["my_lock", missing]).map_err(|error| error.to_string());
            assert!(refused.is_err_and(|text| text.contains(missing)));
        }
    }
}
