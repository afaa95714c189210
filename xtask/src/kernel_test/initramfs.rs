//! The guest program, scenarios and modules -> an initramfs (a `newc` archive, which the kernel unpacks itself).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::bundle::Delivery;
use super::package::{self, Kernel, Release};
use crate::repository;

/// Modules the scenarios need that distribution kernels do not build in, each after those it needs itself. The
/// newest kernel has `libcrc32c` built in.
const MODULES: &[&str] = &["overlay", "libcrc32c", "udp_tunnel", "ip6_udp_tunnel", "sctp"];

/// Writes the archive below `target` and returns its path.
pub(super) fn build(
    release: Release,
    kernel: &Kernel,
    guest: &Path,
    scenarios: &Path,
    images: &Path,
    delivery: Option<&Delivery>,
) -> anyhow::Result<PathBuf> {
    let mut archive = Archive::default();
    for folder in ["dev", "proc", "sys", "images", "modules", "scenarios"] {
        archive.folder(folder);
    }
    archive.file("init", 0o755, &std::fs::read(guest)?);
    for (number, name) in MODULES.iter().enumerate() {
        if let Some(bytes) = module(&kernel.tree, name)? {
            archive.file(&format!("modules/{number}-{name}.ko"), 0o644, &bytes);
        }
    }
    archive.files("scenarios", scenarios, ".yaml")?;
    archive.files("images", images, "")?;
    if let Some(delivery) = delivery {
        for folder in ["bin", "etc", "etc/telovix", "host", "history", "bundles"] {
            archive.folder(folder);
        }
        archive.file("bin/telovix", 0o755, &std::fs::read(&delivery.telovix)?);
        archive.file("etc/telovix/trust-root.json", 0o644, &std::fs::read(&delivery.trust_root)?);
        let unit = repository::root().join("examples/systemd/telovix.service");
        archive.file("etc/telovix.service", 0o644, &std::fs::read(unit)?);
        archive.files("host", &scenarios.join("host"), ".yaml")?;
        archive.files("history", &scenarios.join("host/history"), ".ndjson")?;
        for bundle in std::fs::read_dir(&delivery.bundles)? {
            let bundle = bundle?;
            let name = format!("bundles/{}", bundle.file_name().to_string_lossy());
            archive.folder(&name);
            archive.files(&name, &bundle.path(), "")?;
        }
    }
    let path = repository::target().join("kernels").join(release.name).join("initramfs");
    std::fs::write(&path, archive.finish())?;
    Ok(path)
}

/// Writes the archive for a build of Tetragon and documents, and returns its path.
pub(crate) fn build_for_agent(
    release: Release,
    guest: &Path,
    agent: &Path,
    documents: &[(String, Vec<u8>)],
) -> anyhow::Result<PathBuf> {
    let mut archive = Archive::default();
    for folder in ["dev", "proc", "sys", "run", "tmp", "modules", "agent", "agent/bpf", "documents"] {
        archive.folder(folder);
    }
    archive.file("init", 0o755, &std::fs::read(guest)?);
    for program in ["tetragon", "tetra"] {
        archive.file(&format!("agent/{program}"), 0o755, &std::fs::read(agent.join(program))?);
    }
    archive.files("agent/bpf", &agent.join("bpf"), ".o")?;
    for (name, text) in documents {
        archive.file(&format!("documents/{name}"), 0o644, text);
    }
    let path = repository::target().join("kernels").join(release.name).join("initramfs-agent");
    std::fs::write(&path, archive.finish())?;
    Ok(path)
}

/// Reads a kernel module, unpacking it where the distribution compresses it; nothing where there is none.
fn module(tree: &Path, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let plain = format!("{name}.ko");
    let found = package::find(tree, &|file| file == plain || file.starts_with(&format!("{plain}.")));
    let Some(path) = found else { return Ok(None) };
    let bytes = if path.extension().is_some_and(|extension| extension == "xz") {
        repository::run(Command::new("xz").args(["-dc"]).arg(&path))?
    } else {
        std::fs::read(&path)?
    };
    Ok(Some(bytes))
}

/// A `newc` archive (Documentation/driver-api/early-userspace/buffer-format.rst).
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

impl Archive {
    fn folder(&mut self, name: &str) {
        self.entry(name, 0o040_755, &[]);
    }

    fn file(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entry(name, 0o100_000 | mode, content);
    }

    /// Adds the files of a folder whose names have an ending.
    fn files(&mut self, folder: &str, from: &Path, ending: &str) -> anyhow::Result<()> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(from)
            .with_context(|| from.display().to_string())?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|path| path.is_file() && path.to_string_lossy().ends_with(ending));
        files.sort();
        for path in files {
            let name = path.file_name().context("a file has a name")?.to_string_lossy();
            self.file(&format!("{folder}/{name}"), 0o644, &std::fs::read(&path)?);
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.inode += 1;
        let fields = [
            self.inode,
            mode,
            0, // user
            0, // group
            1, // links
            0, // time
            u32::try_from(content.len()).expect("files in an initramfs are below 4 GB"),
            0, // device, twice
            0,
            0, // device number, twice
            0,
            u32::try_from(name.len() + 1).expect("names are short"),
            0, // checksum, unused in this form
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }
}
