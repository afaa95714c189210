//! One line of a file -> a command of the operator or an act of somebody else, and what must come of it.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::enforced::{PROGRAM, Watch};
use super::{TELOVIX, document, expect, fault, kill, unit};
use crate::sys;

/// The unprivileged user `nobody`.
const NOBODY: u32 = 65_534;

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// As written in the file.
    pub(super) text: String,
    words: Vec<String>,
    /// How it may end, and what its output must hold.
    ends: Vec<End>,
    holds: Vec<String>,
}

/// How a command ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Exit(i32),
    Killed,
    /// By itself, as a program does that gets no memory.
    Aborted,
}

/// How long to wait for a deadline in the kernel to pass.
const PATIENCE: Duration = Duration::from_secs(60);

impl Step {
    /// Reads `WORDS`, `WORDS => END: TEXT && TEXT`, where END is an exit code, `killed` or `aborted`, or several with
    /// ` or `.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let (words, outcome) = text.split_once(" => ").unwrap_or((text, ""));
        let (ends, holds) = outcome.split_once(": ").unwrap_or((outcome, ""));
        let end = |word: &str| match word {
            "killed" => Ok(End::Killed),
            "aborted" => Ok(End::Aborted),
            number => Ok(End::Exit(number.parse().with_context(|| format!("no exit code: `{number}`"))?)),
        };
        let ends = ends.split(" or ").filter(|word| !word.is_empty()).map(end);
        Ok(Self {
            text: text.to_owned(),
            words: words.split_ascii_whitespace().map(str::to_owned).collect(),
            ends: ends.collect::<anyhow::Result<_>>()?,
            holds: holds.split(" && ").filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        })
    }

    /// Performs it and checks the result against the file.
    pub(super) fn perform(&self, watch: &mut Watch) -> anyhow::Result<()> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["telovix", rest @ ..] => self.run(telovix(rest)),
            ["keep", path, "telovix", rest @ ..] => self.keep(path, telovix(rest)),
            ["elsewhere", path, rest @ ..] => {
                let mut command = Command::new(path);
                command.args(rest).stdin(Stdio::null()).current_dir("/");
                self.run(command)
            }
            ["as-nobody", "telovix", rest @ ..] => {
                let mut command = telovix(rest);
                command.uid(NOBODY).gid(NOBODY);
                self.run(command)
            }
            ["without-memlock", "telovix", rest @ ..] => fault::without_memlock(|| self.run(telovix(rest))),
            // Whatever the command leaves behind in its group finds no room there afterwards.
            ["full-group", "telovix", rest @ ..] => {
                self.run(fault::with_memory(256 << 20, rest)?)?;
                fault::fill_group()
            }
            ["each-address-space", "telovix", rest @ ..] => self.each_limit(watch, |megabytes| {
                let mut command = telovix(rest);
                sys::with_address_space(&mut command, megabytes << 20);
                Ok(command)
            }),
            ["kill-before-switch", "telovix", rest @ ..] => kill::at_switch(rest, kill::Side::Before),
            ["kill-after-switch", "telovix", rest @ ..] => kill::at_switch(rest, kill::Side::After),
            ["while-locked", "telovix", rest @ ..] => {
                let lock = std::fs::File::options().write(true).open("/run/telovix/lock")?;
                lock.try_lock()?;
                self.run(telovix(rest))
            }
            ["each-flip", image, rest @ ..] => fault::flipped(image, |path| self.run_on(path, rest)),
            ["each-cut", image, rest @ ..] => fault::cut(image, |path| self.run_on(path, rest)),
            ["other-layout", image, rest @ ..] => fault::other_layout(image, |path| self.run_on(path, rest)),
            ["at-once", one, other] => at_once(one, other),
            ["unit", key] => self.run(unit::command(key)?),
            ["enforced", names @ ..] => {
                let names: Vec<&str> = names.iter().copied().filter(|name| *name != "or").collect();
                expect(watch, &names).map(drop)
            }
            ["until", name] => until(name, watch),
            ["past-deadline", reverted, kept] => past_deadline(reverted, kept, watch),
            ["unloaded"] => watch.unloaded(),
            ["until-unloaded"] => until_unloaded(watch),
            rest => act(rest),
        }
    }

    /// Runs a command on a damaged image.
    fn run_on(&self, path: &str, words: &[&str]) -> anyhow::Result<()> {
        let words: Vec<&str> = words.iter().map(|word| if *word == "IMAGE" { path } else { word }).collect();
        match words.as_slice() {
            ["telovix", rest @ ..] => self.run(telovix(rest)),
            _ => bail!("expected `telovix`"),
        }
    }

    /// Runs a command with more and more memory until it has enough. Before that it is refused or killed, as the file
    /// says, at least once, and the enforced policy is unchanged. Which of the two depends on the kernel: it kills when
    /// a page fault meets the limit, and refuses when a map does. A refusal must carry its code.
    fn each_limit(
        &self,
        watch: &mut Watch,
        limited: impl Fn(u64) -> anyhow::Result<Command>,
    ) -> anyhow::Result<()> {
        let (before, mut stopped) = (watch.enforced()?, false);
        for megabytes in (4..96).step_by(2) {
            let (end, printed) = outcome(limited(megabytes)?)?;
            if end == End::Exit(0) {
                return if stopped { Ok(()) } else { bail!("the lowest limit was enough") };
            }
            self.hold(&end, &printed).with_context(|| format!("with {megabytes} MB"))?;
            stopped = true;
            expect(watch, &[before]).with_context(|| format!("with {megabytes} MB"))?;
        }
        bail!("no memory was enough")
    }

    fn run(&self, command: Command) -> anyhow::Result<()> {
        let (end, printed) = outcome(command)?;
        self.hold(&end, &printed)
    }

    /// Runs a command and writes its standard output to a file.
    fn keep(&self, path: &str, mut command: Command) -> anyhow::Result<()> {
        let output = command.output()?;
        std::fs::write(path, &output.stdout)?;
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let code = output.status.code().with_context(|| output.status.to_string())?;
        self.hold(&End::Exit(code), &printed)
    }

    /// Checks how a command ended, and what it printed, against the file.
    fn hold(&self, end: &End, printed: &str) -> anyhow::Result<()> {
        if !self.ends.contains(end) {
            bail!("{end:?}: {}", printed.trim());
        }
        match self.holds.iter().find(|text| !printed.contains(text.as_str())) {
            Some(text) if !matches!(end, End::Killed | End::Aborted) => {
                bail!("no `{text}` in: {}", printed.trim())
            }
            _ => Ok(()),
        }
    }
}

/// Runs a command; how it ended, and all that it printed. Documents among that are printed for the schemas.
fn outcome(mut command: Command) -> anyhow::Result<(End, String)> {
    let output = command.output()?;
    document::show(&command, &output.stdout);
    let printed = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let end = match (output.status.code(), output.status.signal()) {
        (Some(code), _) => End::Exit(code),
        // The second is what happens to a program that has not enough memory to start.
        (None, Some(libc::SIGKILL | libc::SIGSEGV)) => End::Killed,
        (None, Some(libc::SIGABRT)) => End::Aborted,
        (None, _) => bail!("{}: {printed}", output.status),
    };
    Ok((end, printed))
}

/// Waits until a policy is enforced.
fn until(name: &str, watch: &mut Watch) -> anyhow::Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if watch.enforced()? == name {
            return Ok(());
        }
    }
    bail!("`{name}` is not enforced after {} s", PATIENCE.as_secs())
}

/// Waits until the kernel has let go what a killed command took the pins from.
fn until_unloaded(watch: &Watch) -> anyhow::Result<()> {
    let start = Instant::now();
    while watch.unloaded().is_err() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
    }
    watch.unloaded()
}

/// Waits until the deadline passes, and checks what is enforced then against one name; where none runs, what is
/// enforced now against the other.
fn past_deadline(reverted: &str, kept: &str, watch: &mut Watch) -> anyhow::Result<()> {
    let (_, status) = outcome(telovix(&["status", "--format", "json"]))?;
    if status.contains("\"confirm_within\": null") && status.contains("\"reverted\": false") {
        expect(watch, &[kept]).map(drop)
    } else {
        until(reverted, watch)
    }
}

/// The command with its arguments.
pub(super) fn telovix(words: &[&str]) -> Command {
    let mut command = Command::new(TELOVIX);
    command.args(words).stdin(Stdio::null()).current_dir("/");
    command
}

/// Two applies at the same moment: each is done or told that the other is busy, and one at least is done.
fn at_once(one: &str, other: &str) -> anyhow::Result<()> {
    let start = |bundle: &str| {
        let mut command = telovix(&["apply", bundle]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    };
    let children = [start(one)?, start(other)?];
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => done += 1,
            Some(2) if printed.contains("[busy]") => {}
            _ => bail!("{}: {printed}", output.status),
        }
    }
    if done == 0 { bail!("both were told that the other is busy") } else { Ok(()) }
}

/// Does what somebody else than the operator does to the host.
pub(super) fn commit_fault(words: &[&str]) -> anyhow::Result<()> {
    act(words)
}

fn act(words: &[&str]) -> anyhow::Result<()> {
    match words {
        ["wait", milliseconds] => std::thread::sleep(Duration::from_millis(milliseconds.parse()?)),
        ["folder", path] => std::fs::create_dir_all(path)?,
        ["delete", path] => std::fs::remove_file(path)?,
        ["program", path] => {
            if let Some(folder) = std::path::Path::new(path).parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::hard_link("/init", path)?;
        }
        ["small-disk", path, size] => {
            std::fs::create_dir_all(path)?;
            sys::mount_with("none", path, "tmpfs", &format!("size={size}"))?;
        }
        ["fill-disk", path] => fault::fill_disk(path)?,
        ["link", from, to] => {
            if let Some(folder) = std::path::Path::new(to).parent() {
                std::fs::create_dir_all(folder)?;
            }
            let _ = std::fs::remove_file(to);
            std::fs::hard_link(from, to)?;
        }
        ["copy-folder", from, to] => {
            std::fs::create_dir_all(to)?;
            for entry in std::fs::read_dir(from)? {
                let entry = entry?;
                std::fs::copy(entry.path(), std::path::Path::new(to).join(entry.file_name()))?;
            }
        }
        ["mount", kind, path] => sys::mount("none", path, kind, 0)?,
        ["hide", path] => sys::mount("none", path, "tmpfs", 0)?,
        ["unhide" | "unmount", path] => {
            let path = sys::text(path);
            sys::call(libc::SYS_umount2, [path.as_ptr() as i64, 0, 0, 0, 0, 0])?;
        }
        ["empty", path] => std::fs::remove_file(format!("{path}/filler"))?,
        ["write", text, path] => std::fs::write(path, text)?,
        ["replace", from, to, path] => {
            let text = std::fs::read_to_string(path)?;
            if !text.contains(from) {
                bail!("no `{from}` in `{path}`");
            }
            std::fs::write(path, text.replace(from, to))?;
        }
        ["pick", part, from, to] => {
            let text = std::fs::read_to_string(from)?;
            let picked: String = text.split_inclusive('\n').filter(|line| line.contains(part)).collect();
            if picked.is_empty() {
                bail!("no line of `{from}` has `{part}`: {text}");
            }
            std::fs::write(to, picked)?;
        }
        // Only under the name of `telovix` can these be done to an active policy.
        ["by-telovix", rest @ ..] => drop(fault::by_telovix(rest)?),
        ["refused", rest @ ..] => match act(rest) {
            Ok(()) => bail!("it was not refused"),
            Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {}
            Err(error) => return Err(error),
        },
        ["nothing"] => {}
        ["turn-off"] => fault::turn_off()?,
        ["unguard"] => fault::unguard()?,
        ["spoil", map] => fault::spoil(map)?,
        ["number-of-map", map] => print!("{}", fault::number_of(map)?),
        ["rename", from, to] => std::fs::rename(from, to)?,
        ["foreign-pin", map] => fault::foreign_pin(map)?,
        ["flood", times] => {
            let status = Command::new(PROGRAM).args(["flood", times]).status()?;
            if !status.success() {
                bail!("the flood ended: {status}");
            }
        }
        ["clean"] => fault::only_ours()?,
        _ => bail!("unknown words"),
    }
    Ok(())
}
