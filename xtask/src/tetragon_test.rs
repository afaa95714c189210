//! `cargo xtask tetragon-test`: the documents of a repository -> what a build of Tetragon does with them on real kernels.
//!
//! The build is given: a folder with `tetragon`, `tetra`, and the BPF objects in `bpf`. Without one the task is skipped.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::kernel_test::machine::{self, Machine};
use crate::kernel_test::package::{self, Release};
use crate::kernel_test::{self, GUEST, Mode, Sums, TELOVIX, initramfs};
use crate::repository;

/// Why the task was not done.
#[derive(Debug)]
pub(crate) struct Skipped(String);

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    agent: PathBuf,
    kernels: Vec<&'static str>,
    repository: PathBuf,
}

/// Boots each kernel with the build and the documents, and prints one line for each document.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let arguments = Arguments::parse(arguments)?;
    require_build(&arguments.agent)?;
    machine::available().map_err(|error| Skipped(format!("{error:#}")))?;
    let guest = kernel_test::build(GUEST)?;
    let telovix = kernel_test::build(TELOVIX)?;
    let mut sums = Sums::default();
    for release in Release::ALL.into_iter().filter(|release| arguments.kernels.contains(&release.name)) {
        let documents = documents(&telovix, &arguments.repository, release.name)?;
        let kernel = match package::fetch(release) {
            Ok(kernel) => kernel,
            Err(error) => {
                println!("{:>5} SKIP {error:#}", release.name);
                sums.skipped += 1;
                continue;
            }
        };
        let archive = initramfs::build_for_agent(release, &guest, &arguments.agent, &documents)?;
        let machine = Machine { kernel: kernel.image, initramfs: archive, processor: release.processor };
        sums.read(release.name, &kernel_test::boot(&machine, Mode::Agent, "", false)?);
    }
    println!("{} passed, {} failed, {} skipped", sums.passed, sums.failed, sums.skipped);
    if sums.failed > 0 {
        bail!("{} documents failed", sums.failed);
    }
    if sums.passed == 0 {
        return Err(Skipped("no kernel was booted".to_owned()).into());
    }
    Ok(())
}

impl Arguments {
    fn parse(arguments: &[String]) -> anyhow::Result<Self> {
        let (mut agent, mut kernels, mut repository) = (None, Vec::new(), None);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--agent" => agent = Some(PathBuf::from(rest.next().context("`--agent` needs a folder")?)),
                "--kernel" => {
                    kernels.push(Release::named(rest.next().context("`--kernel` needs a value")?)?.name);
                }
                flag if flag.starts_with('-') => bail!("unknown flag `{flag}`"),
                path => repository = Some(PathBuf::from(path)),
            }
        }
        if kernels.is_empty() {
            kernels.extend(Release::ALL.map(|release| release.name));
        }
        let agent =
            agent.ok_or_else(|| Skipped("no build of Tetragon was given with `--agent`".to_owned()))?;
        let repository = repository.unwrap_or_else(|| repository::root().join("examples"));
        Ok(Self { agent, kernels, repository })
    }
}

/// Fails unless the folder has what is started.
fn require_build(agent: &Path) -> Result<(), Skipped> {
    let is_missing = |name: &&&str| !agent.join(name).is_file();
    if let Some(name) = ["tetragon", "tetra"].iter().find(is_missing) {
        return Err(Skipped(format!("`{}` has no `{name}`, a build of Tetragon has", agent.display())));
    }
    let objects = std::fs::read_dir(agent.join("bpf")).into_iter().flatten().flatten();
    let is_object = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "o");
    if !objects.map(|entry| entry.path()).any(|path| is_object(&path)) {
        return Err(Skipped(format!("`{}` has no BPF objects in `bpf`", agent.display())));
    }
    Ok(())
}

/// Compiles a repository for a kernel, and returns the TracingPolicies with their names.
fn documents(telovix: &Path, source: &Path, kernel: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let output = repository::target().join("kernels").join(kernel).join("documents");
    let _ = std::fs::remove_dir_all(&output);
    let target = format!("tetragon-{kernel}");
    repository::run(
        Command::new(telovix).arg("compile").arg(source).args(["--target", &target, "-o"]).arg(&output),
    )?;
    let mut documents = Vec::new();
    collect(&output, &mut documents)?;
    documents.sort();
    if documents.is_empty() {
        bail!("`{}` has no document for Tetragon", source.display());
    }
    Ok(documents)
}

fn collect(folder: &Path, documents: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, documents)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = std::fs::read(&path)?;
            // A document of a mode that enforces nothing has comments only.
            if text.windows(4).any(|word| word == b"kind") {
                let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
                documents.push((format!("{}-{name}", documents.len()), text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Arguments, Skipped, require_build, run};

    fn words(text: &str) -> Vec<String> {
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn without_a_build_the_task_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(&words(&format!("--agent {}", folder.path().display()))).unwrap_err();
        assert!(error.is::<Skipped>() && error.to_string().contains("has no `tetragon`"), "{error}");
        assert!(run(&[]).unwrap_err().is::<Skipped>());
        for name in ["tetragon", "tetra"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let error = require_build(folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("has no BPF objects in `bpf`"), "{error}");
        fs::create_dir(folder.path().join("bpf")).unwrap();
        fs::write(folder.path().join("bpf/bpf_execve_event.o"), "").unwrap();
        require_build(folder.path()).unwrap();
    }

    #[test]
    fn kernels_and_the_repository_are_read() {
        let read = Arguments::parse(&words("--agent build --kernel 6.12 policies")).unwrap();
        assert_eq!(
            (read.kernels.as_slice(), read.repository.to_str()),
            (["6.12"].as_slice(), Some("policies"))
        );
        assert_eq!(Arguments::parse(&words("--agent build")).unwrap().kernels.len(), 3);
        assert!(!Arguments::parse(&words("--agent build --fast")).unwrap_err().is::<Skipped>());
    }
}
