//! A kernel release -> its unpacked image and modules, from the distribution's archive, checked by apt.
//!
//! The mirror is the one this machine's own apt configuration uses; apt brings proxies, credentials and the
//! verification of signatures with it. Nothing is installed: lists, packages and files stay below `target`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::repository;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A kernel the project is tested on.
#[derive(Clone, Copy)]
pub(super) struct Release {
    /// The version people name it by.
    pub(super) name: &'static str,
    /// The distribution's release that has it.
    suite: &'static str,
    /// What the name of the package with the image starts with.
    image: &'static str,
    /// What the name of the package with the modules starts with, where that is another one.
    modules: Option<&'static str>,
    /// The emulated processor. QEMU 7.2 corrupts EFLAGS on cmpxchg16b under TCG now and then, so the guest had
    /// better not see it; but kernels from 6.18 on allocate BPF storage with nothing else (`kmalloc_nolock`).
    pub(super) processor: &'static str,
}

/// The files of one kernel.
pub(super) struct Kernel {
    pub(super) image: PathBuf,
    /// The folder to look for modules in.
    pub(super) tree: PathBuf,
}

impl Release {
    pub(super) const ALL: [Self; 3] = [
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
    pub(super) fn named(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|release| release.name == name);
        found.with_context(|| format!("unknown kernel `{name}`, expected 6.1, 6.12 or 7.2"))
    }
}

/// Downloads and unpacks a kernel, unless an earlier run has.
pub(super) fn fetch(release: Release) -> anyhow::Result<Kernel> {
    let cache = repository::target().join("kernels").join(release.name);
    let tree = cache.join("tree");
    if !tree.exists() {
        let apt = Apt::new(&cache, release.suite)?;
        let partial = cache.join("unpacking");
        for prefix in std::iter::once(release.image).chain(release.modules) {
            let package = apt.newest(prefix)?;
            let file = apt.download(&package)?;
            repository::run(Command::new("dpkg-deb").arg("-x").arg(file).arg(&partial))?;
        }
        std::fs::rename(&partial, &tree)?;
    }
    let image = find(&tree, &|name| name.starts_with("vmlinuz"))
        .with_context(|| format!("no kernel image below `{}`", tree.display()))?;
    Ok(Kernel { image, tree })
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
}

impl Apt {
    fn new(cache: &Path, suite: &str) -> anyhow::Result<Self> {
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
            "APT::Architecture=amd64".to_owned(),
        ];
        let apt = Self { options: options.into(), archives };
        apt.run("apt-get", &["update", "--error-on=any"])?;
        Ok(apt)
    }

    /// The newest signed cloud kernel whose package name starts with `prefix`.
    fn newest(&self, prefix: &str) -> anyhow::Result<String> {
        let names = self.run("apt-cache", &["pkgnames", prefix])?;
        let names = String::from_utf8(names)?;
        let newest =
            names.lines().filter(|name| name.ends_with("-cloud-amd64")).max_by_key(|name| version(name));
        let newest = newest.with_context(|| format!("the archive has no `{prefix}*-cloud-amd64`"))?;
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
