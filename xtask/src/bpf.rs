//! `cargo xtask bpf`: C programs -> the committed object, byte for byte the same on every machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::repository;

/// The compiler that builds the committed object. Another version gives other bytes.
const CLANG: &str = "clang-19";
const CLANG_VERSION: &str = "19.1.7";
const STRIP: &str = "llvm-strip-19";

/// Builds `crates/bpf-programs/object/telovix.bpf.o`, or compares with it (`--check`).
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask bpf [--check]"),
    };
    let programs = repository::root().join("crates/bpf-programs");
    let committed = programs.join("object/telovix.bpf.o");
    let built = build(&programs)?;
    let bytes = std::fs::read(&built).with_context(|| built.display().to_string())?;
    if check {
        let old = std::fs::read(&committed).with_context(|| committed.display().to_string())?;
        if old != bytes {
            bail!(
                "`{}` differs from what the sources build; run `cargo xtask bpf` and commit it",
                committed.display()
            );
        }
        println!("the committed object is what the sources build");
        return Ok(());
    }
    std::fs::create_dir_all(programs.join("object"))?;
    std::fs::write(&committed, &bytes)?;
    println!("{} ({} bytes)", committed.display(), bytes.len());
    Ok(())
}

/// Fails when the pinned compiler is not installed.
pub(crate) fn available() -> anyhow::Result<()> {
    let version = repository::run(Command::new(CLANG).arg("-dumpversion"))
        .with_context(|| format!("`{CLANG}` is needed to build the kernel programs"))?;
    let version = String::from_utf8_lossy(&version);
    if version.trim() != CLANG_VERSION {
        bail!("`{CLANG}` is version {}, expected {CLANG_VERSION}", version.trim());
    }
    repository::run(Command::new(STRIP).arg("--version"))?;
    Ok(())
}

fn build(programs: &Path) -> anyhow::Result<PathBuf> {
    available()?;
    let folder = repository::target().join("bpf");
    std::fs::create_dir_all(&folder)?;
    let object = folder.join("telovix.bpf.o");
    // Relative names only, so that no path of the building machine reaches the object.
    repository::run(
        Command::new(CLANG)
            .current_dir(programs)
            .args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror"])
            .args(["-Wno-missing-declarations", "-Wno-unused-parameter"])
            .args(["-fdebug-compilation-dir=.", "-fno-ident", "-Ibpf"])
            .args(["-c", "bpf/telovix.bpf.c", "-o"])
            .arg(&object),
    )?;
    // DWARF is for debuggers; the kernel and the loader read BTF only.
    repository::run(Command::new(STRIP).arg("--strip-debug").arg(&object))?;
    Ok(object)
}
