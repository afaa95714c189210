//! Policies under `tests/kernel/host/policies` -> signed bundles, by the command that the guest then applies them with.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::repository;

/// Files in the profile that needs more memory than a small control group has.
const LARGE: u32 = 40_000;

/// The files of a host that is about to be operated.
pub(super) struct Delivery {
    /// The command, without what only debuggers read.
    pub(super) telovix: PathBuf,
    /// A folder with the bundles.
    pub(super) bundles: PathBuf,
    /// The trust root that most of them are signed for.
    pub(super) trust_root: PathBuf,
}

/// Compiles and signs all bundles below `target/kernels/host`.
pub(super) fn build(telovix: &Path) -> anyhow::Result<Delivery> {
    let folder = repository::target().join("kernels/host");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let stripped = folder.join("telovix");
    repository::run(Command::new("strip").arg("--strip-debug").arg("-o").arg(&stripped).arg(telovix))?;
    let maker = Maker { telovix: &stripped, folder: &folder };
    maker.run(&["keygen", "host", "--no-passphrase"])?;
    maker.run(&["trust", "init", "--key", "host.ed25519", "--trust-root", "trust-root.json"])?;

    let policies = repository::root().join("tests/kernel/host/policies");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&policies).with_context(|| policies.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().context("a file has a name")?.to_string_lossy().into_owned();
        std::fs::copy(&path, folder.join(format!("{name}.yaml")))?;
        names.push(name);
    }
    names.sort();
    for name in names {
        maker.compile(&name, "native-6.12", &name)?;
        if !name.starts_with("lockout") {
            maker.sign(&name, "fleet")?;
        }
    }
    std::fs::write(folder.join("large.yaml"), large())?;
    maker.compile("large", "native-6.12", "large")?;
    maker.softer("few-b")?;
    maker.compile("b", "native-6.12", "unsigned")?;
    maker.compile("b", "native-6.12", "elsewhere")?;
    maker.sign("elsewhere", "sensor:another")?;
    maker.compile("b", "tetragon-6.12", "engine")?;
    maker.sign("engine", "fleet")?;
    Ok(Delivery {
        telovix: stripped,
        bundles: folder.join("bundles"),
        trust_root: folder.join("trust-root.json"),
    })
}

struct Maker<'a> {
    telovix: &'a Path,
    folder: &'a Path,
}

impl Maker<'_> {
    fn compile(&self, policy: &str, target: &str, bundle: &str) -> anyhow::Result<()> {
        let (policy, bundle) = (format!("{policy}.yaml"), format!("bundles/{bundle}"));
        self.run(&["compile", &policy, "--target", target, "-o", &bundle])
    }

    fn sign(&self, bundle: &str, scope: &str) -> anyhow::Result<()> {
        // `a` and `few-a` are older than those that hosts are switched between.
        let epoch = match bundle {
            // One host accepts all of these, and an epoch for one manifest only.
            "softer" => "4",
            "few-b" => "3",
            older if older.ends_with('a') => "1",
            _ => "2",
        };
        let bundle = format!("bundles/{bundle}");
        let words = ["--key", "host.ed25519", "--trust-root", "trust-root.json", "--scope", scope];
        self.run(&[["sign", &bundle, "--epoch", epoch].as_slice(), &words].concat())
    }

    /// A bundle of the same file, line by line, whose rules kill instead of denying.
    fn softer(&self, policy: &str) -> anyhow::Result<()> {
        let name = format!("{policy}.yaml");
        let folder = self.folder.join("softer");
        std::fs::create_dir_all(&folder)?;
        let text = std::fs::read_to_string(self.folder.join(&name))?;
        std::fs::write(folder.join(&name), text.replace("mode: enforce", "mode: audit"))?;
        let softer = Maker { folder: &folder, ..*self };
        softer.run(&["compile", &name, "--target", "native-6.12", "-o", "../bundles/softer"])?;
        self.sign("softer", "fleet")
    }

    fn run(&self, words: &[&str]) -> anyhow::Result<()> {
        repository::run(Command::new(self.telovix).args(words).current_dir(self.folder)).map(drop)
    }
}

fn large() -> String {
    let mut text =
        "kind: GuardianProfile\nname: large\ntarget_binary: /opt/large\nmode: enforce\nallowed_files:\n"
            .to_owned();
    for number in 0..LARGE {
        let _ = writeln!(text, "  - /srv/data/{}/{number}", number / 1_000);
    }
    text
}
