//! A target triple -> the release binary for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use object::LittleEndian;
use object::elf::PT_INTERP;
use object::read::elf::{ElfFile64, ProgramHeader as _};

use crate::repository;

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`.
const UNIT_SEPARATOR: &str = "\u{1f}";

/// What a binary is built for. The standard library for it is installed.
pub(crate) struct Target {
    triple: String,
}

impl Target {
    /// The named target, or the static one of this machine's architecture. A dynamically linked release has to be
    /// asked for by name.
    pub(crate) fn choose(named: Option<&str>) -> anyhow::Result<Self> {
        let static_one = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        let triple = named.unwrap_or(&static_one);
        let sysroot = repository::run(rustc().args(["--print", "sysroot"]))?;
        let sysroot = PathBuf::from(String::from_utf8(sysroot)?.trim());
        if !sysroot.join("lib/rustlib").join(triple).join("lib").is_dir() {
            bail!(
                "target `{triple}` is not installed: run `rustup target add {triple}`, or choose another one with \
                 `--target`, such as `{}-unknown-linux-gnu`, whose binary is linked dynamically",
                std::env::consts::ARCH
            );
        }
        Ok(Self { triple: triple.to_owned() })
    }

    pub(crate) fn triple(&self) -> &str {
        &self.triple
    }

    /// How binaries for this target are linked, as release pages say it.
    pub(crate) fn linkage(&self) -> &'static str {
        if self.is_static() { "static" } else { "dynamic: needs the C library of a Linux distribution" }
    }

    fn is_static(&self) -> bool {
        self.triple.ends_with("-musl")
    }

    /// Builds the binary and checks that it is linked as its target promises.
    pub(crate) fn build(&self) -> anyhow::Result<PathBuf> {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(repository::root());
        command.args(["build", "--locked", "--release", "--package", "telovix", "--target", &self.triple]);
        // Flags of this machine would reach the bytes of the release.
        command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags()?);
        let status = command.status().context("cannot run cargo")?;
        if !status.success() {
            bail!("the release build failed with {status}");
        }
        let built = repository::target().join(&self.triple).join("release/telovix");
        if self.is_static() && has_interpreter(&built)? {
            bail!("`{}` asks for a dynamic linker; a static binary is expected", built.display());
        }
        Ok(built)
    }
}

/// Maps the folders of this machine to the same names everywhere: panics and debug information name source files.
fn flags() -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo = cargo.or_else(home).context("neither CARGO_HOME nor HOME is set")?;
    let map = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    Ok([map(&cargo, "/cargo"), map(repository::root(), "/telovix")].join(UNIT_SEPARATOR))
}

/// Returns whether an ELF file needs a dynamic linker to start.
fn has_interpreter(path: &Path) -> anyhow::Result<bool> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let file = ElfFile64::<LittleEndian>::parse(bytes.as_slice())
        .with_context(|| format!("`{}` is not an ELF file for a 64-bit machine", path.display()))?;
    Ok(file.elf_program_headers().iter().any(|header| header.p_type(LittleEndian) == PT_INTERP))
}

fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(repository::root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_not_installed_is_refused_with_the_command_that_installs_it() {
        let error = Target::choose(Some("mips64-unknown-nowhere")).err().expect("there is no such target");
        assert!(error.to_string().contains("rustup target add mips64-unknown-nowhere"), "{error}");
    }

    #[test]
    fn the_linkage_of_a_binary_is_read_from_its_program_headers() {
        let this = std::env::current_exe().unwrap();
        assert_eq!(has_interpreter(&this).unwrap(), cfg!(target_env = "gnu"));
        assert!(has_interpreter(Path::new(file!())).is_err());
    }

    #[test]
    fn no_folder_of_this_machine_is_left_unmapped() {
        let flags = flags().unwrap();
        assert!(flags.contains(&format!("{}=/telovix", repository::root().display())));
        assert!(flags.contains("=/cargo"));
    }
}
