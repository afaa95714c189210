//! `cargo xtask kernel-tables`: BTF of distribution kernels -> the tables of hooks, functions, system calls and structs.

mod image;
mod render;
mod rows;

use std::path::Path;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use telovix_btf::Btf;

use crate::kernel_test::package::{self, Machine, Release};
use crate::repository;
use rows::Rows;

/// The functions that published policies hook, and others that no listed kernel has.
const FUNCTIONS: &str = include_str!("kernel_tables/functions.txt");
/// The structs that `resolve` paths go through.
const STRUCTS: &str = include_str!("kernel_tables/structs.txt");
/// Fields of these structs that other kernels or configurations have.
const FIELDS: &str = include_str!("kernel_tables/other-fields.txt");

/// One kernel that was read.
struct Build {
    release: &'static str,
    machine: Machine,
    /// `NAME_VERSION_MACHINE` of the package.
    package: String,
    /// SHA-256 of the BTF, in hexadecimal.
    digest: String,
    btf: Btf,
}

/// Writes the tables, or compares them with the committed ones.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask kernel-tables [--check]"),
    };
    let mut builds = Vec::new();
    for machine in [Machine::Amd64, Machine::Arm64] {
        for release in Release::ALL {
            builds.push(build(release, machine)?);
        }
    }
    for Build { release, machine, package, digest, btf } in &builds {
        println!("{release} {}: {btf:?} of {package}, SHA-256 {digest}", machine.name());
    }
    let rows = Rows::of(&builds);
    let folder = repository::root().join("crates/tetragon/src");
    let files = [
        ("lsm_hook_table.rs", render::hooks(&builds, &rows)),
        ("kernel_function_table.rs", render::functions(&builds, &rows)),
        ("kernel_struct_table.rs", render::structs(&builds, &rows)),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        if !check {
            std::fs::write(&path, text)?;
        } else if std::fs::read_to_string(&path)? != text {
            bail!("`{}` differs from the kernels; `cargo xtask kernel-tables` writes it", path.display());
        }
    }
    Ok(())
}

fn build(release: Release, machine: Machine) -> anyhow::Result<Build> {
    let kernel = package::fetch_for(release, machine)?;
    let btf = read(&kernel.image).with_context(|| kernel.image.display().to_string())?;
    let digest = Sha256::digest(btf.bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    // For `telovix --btf`, and to look at.
    std::fs::write(kernel.image.with_extension("btf"), btf.bytes())?;
    Ok(Build { release: release.name, machine, package: kernel.package, digest, btf })
}

fn read(image: &Path) -> anyhow::Result<Btf> {
    image::btf(&std::fs::read(image)?).context("no BTF in the image of the kernel")
}
