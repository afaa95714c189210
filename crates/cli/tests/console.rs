//! `tests/cli/<case>/console`: shell commands -> their output and exit code.
//!
//! A line that starts with `$ ` is a command for the shell, run in a copy of the case's folder. The lines after it are
//! its standard output, then its standard error with `! ` before each line, then `? CODE` when it does not end
//! with 0. Lines that start with `# ` say what the case is about; a line of output that starts like a remark or a
//! command has a `\` before it. `cargo xtask bless` writes what came out; so does
//! `SNAPSHOTS=overwrite cargo test -p telovix --test console`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let cases = telovix_snapshot::root().join("tests/cli");
    let mut folders: Vec<PathBuf> = fs::read_dir(&cases)
        .expect("tests/cli exists")
        .map(|entry| entry.expect("tests/cli can be read").path())
        .filter(|path| path.join("console").is_file())
        .collect();
    folders.sort();
    let trial = |folder: PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || run(&folder))
    };
    libtest_mimic::run(&Arguments::from_args(), folders.into_iter().map(trial).collect()).exit_code()
}

fn run(case: &Path) -> Result<(), Failed> {
    let expected = fs::read_to_string(case.join("console"))?;
    let place = tempfile::tempdir()?;
    // A version control root, so that no configuration above the temporary folder is found.
    fs::create_dir(place.path().join(".git"))?;
    copy(case, place.path())?;
    let mut found = String::new();
    for line in expected.lines() {
        if line.starts_with("# ") {
            writeln!(found, "{line}")?;
        } else if let Some(command) = line.strip_prefix("$ ") {
            play(command, place.path(), &mut found)?;
        }
    }
    telovix_snapshot::compare(&case.join("console"), &found)?;
    Ok(())
}

fn play(command: &str, place: &Path, found: &mut String) -> Result<(), Failed> {
    let binary = Path::new(env!("CARGO_BIN_EXE_telovix"));
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = binary.parent().unwrap_or(binary).display();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(place)
        .env("PATH", format!("{folder}:{path}"))
        .env_remove("CLICOLOR_FORCE")
        .output()?;
    writeln!(found, "$ {command}")?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for line in stdout.lines() {
        let taken = ["# ", "$ ", "\\"].iter().any(|mark| line.starts_with(mark));
        writeln!(found, "{}{}", if taken { "\\" } else { "" }, line.trim_end())?;
    }
    for line in stderr.lines() {
        writeln!(found, "{}", format!("! {line}").trim_end())?;
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(found, "? {code}")?,
        None => writeln!(found, "? killed")?,
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != "console" {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
