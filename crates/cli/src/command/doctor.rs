//! The files of a host -> its facts, and which targets stand for it.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};
use telovix_diagnostic::Code;
use telovix_platform::{Difference, Host, Release, Tetragon, Unsupported};
use telovix_workspace::shown;

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// The codes of this verb.
pub(crate) const CODES: &[&Code] = &[&NO_HOST_FACTS];

/// The files with the facts of the host cannot be read.
static NO_HOST_FACTS: Code = Code::page(include_str!("doctor.md"));

/// Read the facts of this host: kernel, LSMs and BTF, and whether policies can be enforced here.
///
/// `--as-target` prints them as a target file, which `--target FILE` and `targets` in `telovix.yaml` take, so that
/// policies are compiled for the hosts of a fleet on another machine. Nothing shows which Tetragon runs here, so say it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix doctor
  telovix doctor --as-target > hosts/edge.yaml
  telovix doctor --as-target --tetragon 1.6 --parents-map > hosts/core.yaml
  telovix compile --target hosts/edge.yaml")]
pub(crate) struct Arguments {
    /// Print a target file.
    #[arg(long)]
    as_target: bool,
    /// The release of the Tetragon that runs here.
    #[arg(long, value_name = "VERSION", value_parser = release)]
    tetragon: Option<Release>,
    /// Tetragon runs with `--parents-map-enabled`.
    #[arg(long, requires = "tetragon")]
    parents_map: bool,
    /// Tetragon runs in Kubernetes.
    #[arg(long, requires = "tetragon")]
    kubernetes: bool,
    /// Read the files of `/proc` and `/sys` below this folder, such as those of another host.
    #[arg(long, value_name = "FOLDER", default_value = "/")]
    root: PathBuf,
}

fn release(version: &str) -> Result<Release, String> {
    let names = || Release::ALL.map(Release::name).join(", ");
    Release::parse(version).ok_or_else(|| format!("the releases with known facts are {}", names()))
}

/// What the files say.
struct Facts {
    kernel: String,
    /// None where the file system of the kernel's security modules is not mounted.
    modules: Option<Vec<String>>,
    /// SHA-256 of the kernel's BTF, in hexadecimal; none in a kernel without.
    btf: Option<String>,
    host: Host,
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let facts = self.facts()?;
        if self.as_target {
            write_target(&facts, &mut streams.data)?;
            return Ok(Exit::Clean);
        }
        let is_supported = write_facts(&facts, &mut streams.data)?;
        Ok(if is_supported { Exit::Clean } else { Exit::Findings })
    }
}

impl Arguments {
    fn facts(&self) -> Result<Facts, Failure> {
        let read = |path: &str| {
            let path = self.root.join(path);
            fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(|error| (path, error))
        };
        let kernel = read("proc/sys/kernel/osrelease").map_err(|(path, error)| unreadable(&path, &error))?;
        let version = Host::kernel_version(&kernel).ok_or_else(|| {
            let message = format!("`{kernel}` is not the release of a kernel");
            Failure::new(Exit::CannotRun, &NO_HOST_FACTS, message)
        })?;
        let modules = match read("sys/kernel/security/lsm") {
            Ok(names) => Some(names.split(',').map(str::to_owned).collect::<Vec<_>>()),
            Err((_, error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err((path, error)) => return Err(unreadable(&path, &error)),
        };
        let path = self.root.join("sys/kernel/btf/vmlinux");
        let btf = match digest(&path) {
            Ok(digest) => Some(digest),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let tetragon = self.tetragon.map(|release| Tetragon {
            release,
            has_parents_map: self.parents_map,
            has_kubernetes: self.kubernetes,
        });
        let host = Host {
            kernel: version,
            machine: Some(std::env::consts::ARCH.to_owned()),
            security_modules: modules.clone(),
            tetragon,
            is_native: btf.is_some(),
        };
        Ok(Facts { kernel, modules, btf, host })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot read `{}`: {error}", shown(path));
    Failure::new(Exit::CannotRun, &NO_HOST_FACTS, message)
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let (mut hash, mut block) = (Sha256::new(), [0; 1 << 16]);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(block.get(..read).unwrap_or_default());
    }
}

/// Writes the facts as a target file.
fn write_target(facts: &Facts, out: &mut dyn Write) -> io::Result<()> {
    let Facts { kernel, modules, btf, host } = facts;
    writeln!(out, "kernel: \"{kernel}\"")?;
    writeln!(out, "arch: {}", host.machine.as_deref().unwrap_or_default())?;
    if let Some(modules) = modules {
        writeln!(out, "lsm: [{}]", modules.join(", "))?;
    }
    if let Some(digest) = btf {
        writeln!(out, "btf_sha256: \"{digest}\"")?;
    }
    writeln!(out, "native: {}", host.is_native)?;
    if let Some(Tetragon { release, has_parents_map, has_kubernetes }) = host.tetragon {
        writeln!(out, "tetragon:")?;
        writeln!(out, "  version: \"{}\"", release.name())?;
        writeln!(out, "  parents_map: {has_parents_map}")?;
        writeln!(out, "  kubernetes: {has_kubernetes}")?;
    }
    Ok(())
}

/// Writes the facts for a reader, and returns whether policies can be enforced here.
fn write_facts(facts: &Facts, out: &mut dyn Write) -> io::Result<bool> {
    let Facts { kernel, modules, btf, host } = facts;
    writeln!(out, "kernel {kernel}, {}", host.machine.as_deref().unwrap_or_default())?;
    match modules {
        Some(modules) => writeln!(out, "LSMs: {}", modules.join(", "))?,
        None => writeln!(out, "LSMs: unknown, /sys/kernel/security is not mounted")?,
    }
    match btf {
        Some(digest) => writeln!(out, "BTF: sha256 {digest}")?,
        None => writeln!(out, "BTF: none, so that the native runtime cannot be loaded")?,
    }
    for difference in host.differences() {
        match difference {
            Difference::Kernel(kernel) => writeln!(out, "facts: those of kernel {} are used", kernel.name())?,
            Difference::Machine => writeln!(out, "facts: those of x86-64 are used")?,
        }
    }
    match host.targets() {
        Ok(targets) if !targets.is_empty() => {
            let names: Vec<&str> = targets.iter().map(|target| target.name()).collect();
            writeln!(out, "targets: {}", names.join(", "))?;
            return Ok(true);
        }
        Ok(_) => writeln!(out, "targets: none, neither the native runtime nor Tetragon runs here")?,
        Err(Unsupported::OldKernel) => writeln!(out, "targets: none, the kernel is older than 6.1")?,
        Err(Unsupported::NoBpfLsm) => {
            writeln!(out, "targets: none, add `bpf` to the kernel parameter `lsm=`")?;
        }
    }
    Ok(false)
}
