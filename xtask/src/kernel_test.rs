//! `cargo xtask kernel-test`: scenarios under `tests/kernel` -> verdicts of real kernels in a VM.

mod bundle;
mod document;
pub(crate) mod initramfs;
pub(crate) mod machine;
pub(crate) mod package;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

use crate::repository;
use bundle::Delivery;
use document::Documents;
use machine::Machine;
use package::Release;

/// An explicit target, so that `crt-static` does not apply to procedural macros.
const GUEST_TARGET: &str = "x86_64-unknown-linux-gnu";
pub(crate) const GUEST: &str = "telovix-kernel-guest";
pub(crate) const TELOVIX: &str = "telovix";

/// What the guest runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// What policies deny: `tests/kernel/*.yaml`.
    Scenarios,
    /// What operators do, and failures: `tests/kernel/host/*.yaml`.
    Host,
    /// The same on a kernel without `bpf` in its list of security modules, with nothing mounted at first.
    HostWithoutLsm,
    Race,
    Cost,
    /// What a build of Tetragon does with emitted documents.
    Agent,
}

/// Boots each kernel, runs the scenarios and prints one line for each, then the sums.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let mut releases = Vec::new();
    let mut filter = String::new();
    let mut modes = vec![Mode::Scenarios, Mode::Host, Mode::HostWithoutLsm];
    let mut every_step = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--kernel" => {
                let name = rest.next().context("`--kernel` needs a value")?;
                releases.push(Release::named(name)?);
            }
            "--cost" => modes = vec![Mode::Cost],
            "--race" => modes = vec![Mode::Race],
            "--host" => modes = vec![Mode::Host, Mode::HostWithoutLsm],
            "--scenarios" => modes = vec![Mode::Scenarios],
            "--every-step" => every_step = true,
            flag if flag.starts_with('-') => bail!("unknown flag `{flag}`"),
            text => text.clone_into(&mut filter),
        }
    }
    if releases.is_empty() {
        releases.extend(Release::ALL);
    }

    let host = modes.contains(&Mode::Host);
    let guest = build(GUEST)?;
    build_images(&guest, modes.contains(&Mode::Cost))?;
    let delivery = if host { Some(bundle::build(&build(TELOVIX)?)?) } else { None };
    let mut sums = Sums::default();
    let mut jobs = Vec::new();
    for release in releases {
        let machine = match prepare(release, &guest, delivery.as_ref()) {
            Ok(machine) => machine,
            Err(error) => {
                println!("SKIP {}: {error:#}", release.name);
                sums.skipped += 1;
                continue;
            }
        };
        jobs.extend(modes.iter().map(|mode| (release.name, machine.clone(), *mode)));
    }
    // Measurements run alone; other machines run one for each processor.
    let verdicts = [Mode::Scenarios, Mode::Host, Mode::HostWithoutLsm];
    let together = if modes.iter().all(|mode| verdicts.contains(mode)) {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    } else {
        1
    };
    let (waiting, sums) = (Mutex::new(jobs.into_iter()), Mutex::new(sums));
    let work = || -> anyhow::Result<()> {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((kernel, machine, mode)) = next else { return Ok(()) };
            let output = boot(&machine, mode, &filter, every_step)?;
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.read(kernel, &output);
            if mode == Mode::Scenarios && filter.is_empty() {
                sums.compare_matrix(kernel, &output);
            }
            if mode == Mode::Host {
                sums.check_documents(kernel, &output, filter.is_empty())?;
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..together).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a worker died"))?)
    })?;
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{} passed, {} failed, {} skipped", sums.passed, sums.failed, sums.skipped);
    if sums.failed > 0 {
        bail!("{} kernel scenarios failed", sums.failed);
    }
    Ok(())
}

/// Boots a machine, and a second time when the emulator has crashed its kernel (see [`Release::processor`]); a scenario
/// cannot make a kernel panic.
pub(crate) fn boot(machine: &Machine, mode: Mode, filter: &str, every_step: bool) -> anyhow::Result<String> {
    let mut output = machine.boot(mode, filter, every_step)?;
    for _ in 0..3 {
        if !output.contains("Kernel panic") {
            break;
        }
        println!("INFO a guest's kernel panicked; booting once more");
        output = machine.boot(mode, filter, every_step)?;
    }
    Ok(output)
}

fn prepare(release: Release, guest: &Path, delivery: Option<&Delivery>) -> anyhow::Result<Machine> {
    machine::available()?;
    let kernel = package::fetch(release)?;
    let folder = repository::root().join("tests/kernel");
    let images = repository::target().join("kernels/images");
    let archive = initramfs::build(release, &kernel, guest, &folder, &images, delivery)?;
    Ok(Machine { kernel: kernel.image, initramfs: archive, processor: release.processor })
}

/// Builds a static program: the one that is `/init` in the guest and also plays every probe, or the command itself.
pub(crate) fn build(package: &str) -> anyhow::Result<PathBuf> {
    repository::run(
        Command::new(env!("CARGO"))
            .current_dir(repository::root())
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .args(["build", "--quiet", "--package", package, "--target", GUEST_TARGET]),
    )?;
    Ok(repository::target().join(GUEST_TARGET).join("debug").join(package))
}

/// Compiles the policies whose cost is measured, here rather than in the much slower guest.
fn build_images(guest: &Path, wanted: bool) -> anyhow::Result<()> {
    let folder = repository::target().join("kernels/images");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    if wanted {
        repository::run(Command::new(guest).arg("compile-images").arg(&folder))?;
    }
    Ok(())
}

/// The output of the guest without kernel messages. The console may put both on one line.
fn said(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter_map(|line| line.trim_end().split_once("@@ ").map(|(_, said)| said))
}

/// What the guests reported, over all kernels.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Sums {
    /// Compares the cells of a whole run with the file of the kernel in `tests/kernel/measured`.
    fn compare_matrix(&mut self, kernel: &str, output: &str) {
        let cells: Vec<&str> = said(output).filter_map(|line| line.strip_prefix("CELL ")).collect();
        let measured = repository::root().join(format!("tests/kernel/measured/{kernel}.txt"));
        match telovix_snapshot::compare(&measured, &(cells.join("\n") + "\n")) {
            Ok(()) => {
                self.passed += 1;
                println!("{kernel:>5} PASS evasion-matrix: {} cells", cells.len());
            }
            Err(difference) => {
                self.failed += 1;
                println!("{kernel:>5} FAIL evasion-matrix:\n{difference}");
            }
        }
    }

    /// Checks the JSON that commands printed against the published schemas; a whole run prints each at least once.
    fn check_documents(&mut self, kernel: &str, output: &str, whole: bool) -> anyhow::Result<()> {
        let mut documents = Documents::default();
        for line in said(output).filter_map(|line| line.strip_prefix("DOCUMENT ")) {
            documents.read(line)?;
        }
        if whole {
            documents.complete();
        }
        if documents.problems.is_empty() {
            self.passed += 1;
            println!("{kernel:>5} PASS host/schemas: {}", documents.summary());
        } else {
            self.failed += 1;
            println!("{kernel:>5} FAIL host/schemas: {}", documents.problems.join("\n      "));
        }
        Ok(())
    }

    /// Counts and prints the verdict lines of one guest. A guest that did not reach its last line has failed.
    pub(crate) fn read(&mut self, kernel: &str, output: &str) {
        let mut finished = false;
        for line in said(output) {
            match line.split_once(' ').map_or(line, |(word, _)| word) {
                "PASS" => self.passed += 1,
                "FAIL" => self.failed += 1,
                "SKIP" => self.skipped += 1,
                "DOCUMENT" => continue,
                "END" => {
                    finished = true;
                    continue;
                }
                _ => {}
            }
            println!("{kernel:>5} {line}");
        }
        if !finished {
            self.failed += 1;
            let tail: Vec<&str> = output.lines().rev().take(40).collect();
            println!("{kernel:>5} FAIL the guest stopped before its last scenario; its last lines:");
            for line in tail.iter().rev() {
                println!("      | {}", line.trim_end());
            }
        }
    }
}
