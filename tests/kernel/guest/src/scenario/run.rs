//! A scenario -> the lines of its verdict.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use telovix_bpf_programs::image::Image;
use telovix_bpf_runtime::events::{Events, Report};
use telovix_bpf_runtime::{Places, apply};

use super::{Outcome, Scenario};
use crate::{policy, sys};

/// Folders that a scenario may fill; emptied before each.
const FOLDERS: [&str; 3] = ["/srv", "/opt", "/tmp"];

/// Runs one file and prints its verdict lines. Called in a process of its own.
pub(crate) fn run(path: &str) -> bool {
    let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let result = attempt_all(path, &name);
    // Rules that hold for everybody would hold for the next scenario's set-up.
    if let Err(error) = policy::nothing().and_then(|image| load(&image)) {
        println!("@@ FAIL {name}: cannot lift the policy: {error:#}");
        return false;
    }
    match result {
        Ok(failures) if failures.is_empty() => {
            println!("@@ PASS {name}");
            true
        }
        Ok(failures) => {
            println!("@@ FAIL {name}: {}", failures.join("; "));
            false
        }
        Err(error) => {
            println!("@@ FAIL {name}: {error:#}");
            false
        }
    }
}

fn attempt_all(path: &str, name: &str) -> anyhow::Result<Vec<String>> {
    let scenario = Scenario::parse(&std::fs::read_to_string(path)?)?;
    for folder in FOLDERS {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
    }
    // Mounts of this scenario end with it.
    sys::call(libc::SYS_unshare, [i64::from(libc::CLONE_NEWNS), 0, 0, 0, 0, 0])?;
    let mut host = Host::default();
    for line in &scenario.setup {
        host.prepare(line).with_context(|| format!("setup `{line}`"))?;
    }
    load(&policy::image(name, &scenario.policy)?)?;
    let mut events = Events::open(&Places::default())?;
    while events.take().is_some() {}

    let kernel = kernel();
    let mut failures = Vec::new();
    for step in scenario.steps.iter().filter(|step| step.since <= kernel) {
        if step.words == ["apply-again"] {
            load(&policy::image(name, &scenario.policy)?)?;
            continue;
        }
        let outcome = host.attempt(&step.actor, &step.words).with_context(|| step.words.join(" "))?;
        if outcome != step.expected {
            failures.push(format!(
                "{}: {} gave {outcome}, expected {}",
                step.actor,
                step.words.join(" "),
                step.expected
            ));
        }
        if let Some(label) = &step.label {
            let (row, reason) = (&scenario.row, step.open.as_deref().unwrap_or_default());
            let Some(status) = outcome.status() else {
                failures.push(format!("`{} | {}` shows nothing", label.way, label.trick));
                continue;
            };
            if (status == "open") == reason.is_empty() {
                failures.push(format!(
                    "`{} | {}` is {status} with the reason `{reason}`",
                    label.way, label.trick
                ));
            }
            println!("@@ CELL {row} | {} | {} | {status} | {reason}", label.way, label.trick);
        }
    }
    let mut seen = Vec::new();
    while let Some(report) = events.take() {
        seen.push(summary(&report));
    }
    let mut rest = seen.iter();
    for expected in &scenario.events {
        if !rest.any(|event| event == expected) {
            failures.push(format!("no event `{expected}` among {seen:?}"));
            break;
        }
    }
    Ok(failures)
}

fn load(image: &Image) -> anyhow::Result<()> {
    let options = apply::Options { keep_hooks: true, ..apply::Options::default() };
    apply::apply(&Places::default(), image, &options)
        .map(drop)
        .map_err(|error| anyhow::anyhow!("{}: {error}", error.code().id))
}

/// An event in one line, as scenario files write it.
fn summary(report: &Report) -> String {
    let mut text = format!("{} {}", report.operation, report.effect);
    let mut add = |part: String| {
        text.push(' ');
        text.push_str(&part);
    };
    if let Some(path) = &report.path {
        add(path.clone());
    }
    if report.anonymous {
        add("anonymous".to_owned());
    }
    if let (Some(address), Some(port)) = (&report.address, report.port) {
        add(format!("{address} {port}"));
    }
    for number in [report.capability, report.syscall].into_iter().flatten() {
        add(number.to_string());
    }
    if let Some(rule) = &report.rule {
        add(format!("line {}", rule.line));
    }
    text
}

/// The running kernel's major and minor number.
pub(crate) fn kernel() -> (u16, u16) {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split('.').map_while(|part| part.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Everything outside the policy's subjects: set-up, and probes that run.
#[derive(Default)]
pub(crate) struct Host {
    running: BTreeMap<String, Running>,
}

/// A probe that takes attempts from its standard input.
struct Running {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Drop for Host {
    fn drop(&mut self) {
        for running in self.running.values_mut() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Host {
    pub(crate) fn prepare(&mut self, line: &str) -> anyhow::Result<()> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let parent = |path: &str| match Path::new(path).parent() {
            Some(folder) => std::fs::create_dir_all(folder),
            None => Ok(()),
        };
        match words.as_slice() {
            ["program", path] => {
                parent(path)?;
                std::fs::hard_link("/init", path)?;
            }
            ["copy", path] => {
                parent(path)?;
                std::fs::copy("/init", path)?;
            }
            ["file", path] => {
                parent(path)?;
                std::fs::write(path, "content")?;
            }
            ["script", path, interpreter] => {
                parent(path)?;
                std::fs::write(path, format!("#!{interpreter} nothing\n"))?;
                std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
            }
            ["folder", path] => std::fs::create_dir_all(path)?,
            ["link", old, new] => std::fs::hard_link(old, new)?,
            ["symlink", old, new] => std::os::unix::fs::symlink(old, new)?,
            ["rename", old, new] => std::fs::rename(old, new)?,
            ["delete", path] => std::fs::remove_file(path)?,
            ["rmdir", path] => std::fs::remove_dir(path)?,
            ["mount", path] => sys::mount("none", path, "tmpfs", 0)?,
            ["bind", from, to] => sys::mount(from, to, "", libc::MS_BIND)?,
            ["overlay", lower, upper, work, path] => {
                let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
                sys::mount_with("overlay", path, "overlay", &options)?;
            }
            ["run", name, path, parents @ ..] => {
                // `run NAME PROGRAM below PARENT`: started by a process of another program.
                let mut command = match parents {
                    ["below", parent] => Command::new(parent),
                    _ => Command::new(path),
                };
                if !parents.is_empty() {
                    command.args(["spawn", path]);
                }
                let mut child = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
                let to = child.stdin.take().context("a pipe")?;
                let from = BufReader::new(child.stdout.take().context("a pipe")?);
                self.running.insert((*name).to_owned(), Running { child, to, from });
            }
            _ => bail!("unknown set-up words"),
        }
        Ok(())
    }

    pub(crate) fn attempt(&mut self, actor: &str, words: &[String]) -> anyhow::Result<Outcome> {
        let words: Vec<String> = words.iter().map(|word| self.fill(word)).collect();
        if actor == "host" {
            return Ok(match self.prepare(&words.join(" ")) {
                Ok(()) => Outcome::Allowed,
                Err(error) => {
                    let errno = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error);
                    Outcome::of_errno(errno.unwrap_or(libc::EINVAL))
                }
            });
        }
        if let Some(name) = actor.strip_prefix('@') {
            let running = self.running.get_mut(name).with_context(|| format!("no running `{name}`"))?;
            return running.attempt(&words);
        }
        let status = Command::new(actor).args(&words).stdin(Stdio::null()).status();
        let status = match status {
            Ok(status) => status,
            Err(error) => return Ok(Outcome::of_errno(error.raw_os_error().unwrap_or(libc::EINVAL))),
        };
        match (status.code(), status.signal()) {
            (Some(255), _) => bail!("the probe does not know these words"),
            (Some(code), _) => Ok(Outcome::of_errno(code)),
            (None, Some(libc::SIGKILL)) => Ok(Outcome::Killed),
            (None, signal) => bail!("the probe ended by signal {signal:?}"),
        }
    }

    /// Puts process numbers in place of `@name`.
    fn fill(&self, word: &str) -> String {
        let running = word.strip_prefix('@').and_then(|name| self.running.get(name));
        running.map_or_else(|| word.to_owned(), |running| running.child.id().to_string())
    }
}

impl Running {
    fn attempt(&mut self, words: &[String]) -> anyhow::Result<Outcome> {
        let mut answer = String::new();
        let asked = writeln!(self.to, "{}", words.join(" ")).and_then(|()| self.from.read_line(&mut answer));
        if !matches!(asked, Ok(length) if length > 0) {
            let status = self.child.wait()?;
            return match status.signal() {
                Some(libc::SIGKILL) => Ok(Outcome::Killed),
                _ => bail!("the running probe ended: {status}"),
            };
        }
        Ok(Outcome::of_errno(answer.trim().parse()?))
    }
}
