//! A kernel release -> its unpacked image and modules, from the distribution's archive, checked by apt.
//!
//! The mirror is the one this machine's own apt configuration uses; apt brings proxies, credentials and the
//! verification of signatures with it. Nothing is installed: lists, packages and files stay below `target`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::repository;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The machine that a kernel is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// x86-64, which kernel tests boot.
    Amd64,
    /// 64-bit ARM, of which only tables are made.
    Arm64,
}

impl Machine {
    /// The name that the distribution has for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// A kernel the project is tested on.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    /// The version people name it by.
    pub(crate) name: &'static str,
    /// The distribution's release that has it.
    suite: &'static str,
    /// What the name of the package with the image starts with.
    image: &'static str,
    /// What the name of the package with the modules starts with, where that is another one.
    modules: Option<&'static str>,
    /// The emulated processor. QEMU 7.2 corrupts EFLAGS on cmpxchg16b under TCG now and then, so the guest had
    /// better not see it; but kernels from 6.18 on allocate BPF storage with nothing else (`kmalloc_nolock`).
    pub(crate) processor: &'static str,
}

/// The files of one kernel.
pub(crate) struct Kernel {
    pub(crate) image: PathBuf,
    /// The folder to look for modules in.
    pub(super) tree: PathBuf,
    /// The package with the image and its version, as in the name of its file: `NAME_VERSION_MACHINE`.
    pub(crate) package: String,
}

impl Release {
    pub(crate) const ALL: [Self; 3] = [
        Self {
            name: "6.1",
            suite: "bookworm",
            image: "linux-image-6.1.",
            modules: None,
            processor: "max,-cx16",
        },
        Self {
            name: "6.12",
            suite: "trixie",
            image: "linux-image-6.12.",
            modules: None,
            processor: "max,-cx16",
        },
        Self {
            name: "7.2",
            suite: "sid",
            image: "linux-binary-7.2.",
            modules: Some("linux-modules-7.2."),
            processor: "max",
        },
    ];

    /// Looks a release up by name.
    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|release| release.name == name);
        found.with_context(|| format!("unknown kernel `{name}`, expected 6.1, 6.12 or 7.2"))
    }
}

/// Downloads and unpacks a kernel of x86-64 with its modules, unless an earlier run has.
pub(crate) fn fetch(release: Release) -> anyhow::Result<Kernel> {
    fetch_for(release, Machine::Amd64)
}

/// Downloads and unpacks a kernel, unless an earlier run has; its modules only for x86-64.
pub(crate) fn fetch_for(release: Release, machine: Machine) -> anyhow::Result<Kernel> {
    let (folder, modules) = match machine {
        Machine::Amd64 => (release.name.to_owned(), release.modules),
        Machine::Arm64 => (format!("{}-{}", release.name, machine.name()), None),
    };
    let cache = repository::target().join("kernels").join(folder);
    let tree = cache.join("tree");
    if !tree.exists() {
        let apt = Apt::new(&cache, release.suite, machine)?;
        let partial = cache.join("unpacking");
        for prefix in std::iter::once(release.image).chain(modules) {
            let package = apt.newest(prefix)?;
            let file = apt.download(&package)?;
            repository::run(Command::new("dpkg-deb").arg("-x").arg(file).arg(&partial))?;
        }
        std::fs::rename(&partial, &tree)?;
    }
    let image = find(&tree, &|name| name.starts_with("vmlinuz"))
        .with_context(|| format!("no kernel image below `{}`", tree.display()))?;
    let is_image = |name: &str| name.starts_with(release.image) && name.ends_with(".deb");
    let package = find(&cache.join("archives"), &is_image);
    let package = package.as_deref().and_then(Path::file_stem).context("the package was deleted")?;
    Ok(Kernel { image, tree, package: package.to_string_lossy().into_owned() })
}

/// Returns a file below `folder` whose name `wanted` accepts.
pub(super) fn find(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().ok()?;
        if kind.is_dir() {
            if let Some(path) = find(&entry.path(), wanted) {
                return Some(path);
            }
        } else if kind.is_file() && wanted(&entry.file_name().to_string_lossy()) {
            return Some(entry.path());
        }
    }
    None
}

/// An apt with its own lists and archives, so that the machine's are left alone.
struct Apt {
    options: Vec<String>,
    archives: PathBuf,
    machine: Machine,
}

impl Apt {
    fn new(cache: &Path, suite: &str, machine: Machine) -> anyhow::Result<Self> {
        if !Path::new(KEYRING).exists() {
            bail!("`{KEYRING}` is missing, so packages cannot be verified");
        }
        let lists = cache.join("lists");
        let archives = cache.join("archives");
        std::fs::create_dir_all(lists.join("partial"))?;
        std::fs::create_dir_all(archives.join("partial"))?;
        let sources = cache.join("sources.list");
        let mirror = mirror()?;
        std::fs::write(&sources, format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n"))?;
        let options = [
            format!("Dir::Etc::SourceList={}", sources.display()),
            "Dir::Etc::SourceParts=-".to_owned(),
            format!("Dir::State::Lists={}", lists.display()),
            "Dir::State::status=/dev/null".to_owned(),
            format!("Dir::Cache={}", archives.display()),
            "Acquire::Languages=none".to_owned(),
            format!("APT::Architecture={}", machine.name()),
            format!("APT::Architectures={}", machine.name()),
        ];
        let apt = Self { options: options.into(), archives, machine };
        apt.run("apt-get", &["update", "--error-on=any"])?;
        Ok(apt)
    }

    /// The newest signed cloud kernel whose package name starts with `prefix`.
    fn newest(&self, prefix: &str) -> anyhow::Result<String> {
        let names = self.run("apt-cache", &["pkgnames", prefix])?;
        let names = String::from_utf8(names)?;
        let ending = format!("-cloud-{}", self.machine.name());
        let newest = names.lines().filter(|name| name.ends_with(&ending)).max_by_key(|name| version(name));
        let newest = newest.with_context(|| format!("the archive has no `{prefix}*{ending}`"))?;
        Ok(newest.to_owned())
    }

    fn download(&self, package: &str) -> anyhow::Result<PathBuf> {
        repository::run(self.command("apt-get").args(["download", package]).current_dir(&self.archives))?;
        let file = find(&self.archives, &|name| name.starts_with(&format!("{package}_")));
        file.with_context(|| format!("apt-get left no file for `{package}`"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        repository::run(self.command(program).args(arguments))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for option in &self.options {
            command.args(["-o", option]);
        }
        command
    }
}

/// The numbers in a package name, which order kernels as people do.
fn version(name: &str) -> Vec<u64> {
    let parts = name.split(|letter: char| !letter.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// The first archive in this machine's apt configuration that is a Debian one.
fn mirror() -> anyhow::Result<String> {
    let targets = repository::run(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(ORIGIN) $(REPO_URI)",
        "Created-By: Packages",
    ]))?;
    let targets = String::from_utf8(targets)?;
    let mirror = targets.lines().find_map(|line| line.strip_prefix("Debian "));
    // A security archive has security suites only.
    let mirror = mirror.filter(|uri| !uri.contains("security"));
    Ok(mirror.context("this machine's apt configuration names no Debian archive")?.to_owned())
}
