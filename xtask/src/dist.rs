//! `cargo xtask dist`: the repository at one commit -> what a release publishes, below `target/dist`.
//!
//! Same commit and same toolchain, same bytes: times come from the commit, owners are zero, entries are sorted, and
//! paths of the building machine are mapped away.

mod archive;
mod binary;
mod changelog;
mod sbom;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use crate::repository;
use binary::Target;

const USAGE: &str = "usage: cargo xtask dist [--target TRIPLE] [--tag vVERSION]";

/// Where each shell looks for a completion script, by the name that `telovix completions` takes.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "telovix.bash"),
    ("elvish", "telovix.elv"),
    ("fish", "telovix.fish"),
    ("powershell", "_telovix.ps1"),
    ("zsh", "_telovix"),
];

/// Files and folders of the repository that go into the archive under their own names.
const FROM_REPOSITORY: [&str; 5] = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "docs/reference"];

/// Builds, stages, packs and lists; prints what was written.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (target, tag) = read_arguments(arguments)?;
    let version = env!("CARGO_PKG_VERSION");
    if let Some(tag) = tag {
        ensure!(
            tag == format!("v{version}"),
            "tag `{tag}` is not the version of this workspace, `v{version}`"
        );
    }
    // What would stop a release comes before the minutes that a build takes.
    let notes = changelog::section(&read(&repository::root().join("CHANGELOG.md"))?, version)?;
    let target = Target::choose(target)?;
    let seconds = source_date()?;
    let dirty = repository::run(git().args(["status", "--porcelain"]))?;
    if !dirty.is_empty() {
        eprintln!("note: there are uncommitted changes; this is a rehearsal, not a release");
    }

    let built = target.build()?;
    let name = format!("telovix-{version}-{}", target.triple());
    let folder = repository::target().join("dist");
    let staged = folder.join(&name);
    let bill = folder.join(format!("{name}.cdx.json"));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let metadata = sbom::metadata(target.triple())?;
    let lock = read(&repository::root().join("Cargo.lock"))?;
    write(&bill, sbom::document(&metadata, &lock)?.as_bytes())?;
    stage(&staged, &built, &bill)?;

    let packed = folder.join(format!("{name}.tar.gz"));
    write(&packed, &archive::pack(&staged, seconds)?)?;
    let notes_file = folder.join("RELEASE_NOTES.md");
    write(&notes_file, notes.as_bytes())?;
    let sums = folder.join("SHA256SUMS");
    write(&sums, checksums(&folder, version)?.as_bytes())?;

    let size = std::fs::metadata(&packed)?.len();
    println!("{} ({size} bytes, {})", packed.display(), target.linkage());
    for file in [bill, sums, notes_file] {
        println!("{}", file.display());
    }
    Ok(())
}

fn read_arguments(arguments: &[String]) -> anyhow::Result<(Option<&str>, Option<&str>)> {
    let (mut target, mut tag) = (None, None);
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = match flag.as_str() {
            "--target" => &mut target,
            "--tag" => &mut tag,
            _ => bail!(USAGE),
        };
        *value = Some(rest.next().context(USAGE)?.as_str());
    }
    Ok((target, tag))
}

/// The build time in Unix seconds: `SOURCE_DATE_EPOCH`, or the time of the commit.
fn source_date() -> anyhow::Result<u64> {
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => String::from_utf8(repository::run(git().args(["log", "-1", "--format=%ct"]))?)?,
    };
    text.trim().parse().with_context(|| format!("`{}` is not a number of seconds", text.trim()))
}

/// Fills a new folder with the content of the archive.
fn stage(folder: &Path, binary: &Path, bill: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let (completions, pages) = (folder.join("completions"), folder.join("man/man1"));
    for folder in [&completions, &pages] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    copy(binary, &folder.join("telovix"))?;
    copy(bill, &folder.join("telovix.cdx.json"))?;
    for name in FROM_REPOSITORY {
        copy(&repository::root().join(name), &folder.join(name))?;
    }
    for (shell, name) in COMPLETIONS {
        let script = repository::run(Command::new(binary).args(["completions", shell]))?;
        ensure!(!script.is_empty(), "`telovix completions {shell}` printed nothing");
        write(&completions.join(name), &script)?;
    }
    repository::run(Command::new(binary).args(["man", "--output"]).arg(&pages))?;
    ensure!(pages.join("telovix.1").exists(), "`telovix man` wrote no `telovix.1`");
    Ok(())
}

/// Copies a file, or a folder with all that is below it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.is_dir() {
        let parent = to.parent().context("a file of the archive lies in its folder")?;
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        std::fs::copy(from, to).with_context(|| from.display().to_string())?;
        return Ok(());
    }
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The lines of `SHA256SUMS`, for every archive and bill of materials of this version in the folder.
fn checksums(folder: &Path, version: &str) -> anyhow::Result<String> {
    let start = format!("telovix-{version}-");
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(&start) && (name.ends_with(".tar.gz") || name.ends_with(".cdx.json")) {
            files.push(path);
        }
    }
    files.sort();
    let mut lines = String::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let name = file.file_name().context("a listed file has a name")?.to_string_lossy().into_owned();
        writeln!(lines, "{}  {name}", hexadecimal(&Sha256::digest(bytes)))?;
    }
    Ok(lines)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

fn git() -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(repository::root());
    command
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_any_order_and_unknown_ones_are_refused() {
        let read = |text: &str| {
            let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            read_arguments(&arguments)
                .map(|(target, tag)| (target.map(str::to_owned), tag.map(str::to_owned)))
        };
        let both = (Some("t".to_owned()), Some("v1".to_owned()));
        assert_eq!(read("--target t --tag v1").unwrap(), both);
        assert_eq!(read("--tag v1 --target t").unwrap(), both);
        assert_eq!(read("").unwrap(), (None, None));
        for wrong in ["--target", "--quick", "t"] {
            assert!(read(wrong).unwrap_err().to_string().starts_with("usage:"), "{wrong}");
        }
    }

    #[test]
    fn checksums_list_archives_and_bills_of_this_version_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["telovix-1.0.0-b.tar.gz", "telovix-1.0.0-a.cdx.json", "telovix-0.9.0-a.tar.gz", "SHA256SUMS"]
        {
            std::fs::write(folder.path().join(name), "abc").unwrap();
        }
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = format!("{abc}  telovix-1.0.0-a.cdx.json\n{abc}  telovix-1.0.0-b.tar.gz\n");
        assert_eq!(checksums(folder.path(), "1.0.0").unwrap(), expected);
    }

    #[test]
    fn everything_that_is_taken_from_the_repository_is_there() {
        for name in FROM_REPOSITORY {
            assert!(repository::root().join(name).exists(), "{name}");
        }
    }
}
