//! Attempts of a confined program -> the name of the policy that acts.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};

use super::fault;

/// The program that the policies `a` and `b` confine.
pub(super) const PROGRAM: &str = "/opt/racer";

/// What the program tries: to open four files, to start two programs, and to use two capabilities.
const ATTEMPTS: [&str; 8] = [
    "open-read /srv/a",
    "open-read /srv/b",
    "open-read /srv/open",
    "open-read /srv/secret",
    "spawn /opt/tool-a",
    "spawn /opt/tool-b",
    "set-host-name",
    "bind-low-port",
];

/// What is named when the attempts fit no policy, and how such a name begins.
const MIXTURE: &str = "a mixture";

/// A confined program that was started before any policy was loaded and runs through it all.
pub(super) struct Watch {
    running: Running,
    /// What was in the kernel before.
    programs: BTreeSet<u32>,
}

impl Watch {
    /// Starts the program.
    pub(super) fn start() -> anyhow::Result<Self> {
        Ok(Self { running: Running::start()?, programs: fault::programs()? })
    }

    /// Fails while a program is in the kernel that was not there when the watch began.
    pub(super) fn unloaded(&self) -> anyhow::Result<()> {
        let now = fault::programs()?;
        let left: Vec<_> = now.difference(&self.programs).collect();
        if left.is_empty() { Ok(()) } else { bail!("programs are still loaded: {left:?}") }
    }

    /// Names the policy that acts. The attempts take time, and a deadline that passes between two of them shows the
    /// policy before it and the one after it, so a mixture counts only if a second look shows one too.
    pub(super) fn enforced(&mut self) -> anyhow::Result<&'static str> {
        match self.look()? {
            name if name.starts_with(MIXTURE) => self.look(),
            name => Ok(name),
        }
    }

    /// `a` and `b` each deny what has their name, and both deny the secret; `a-healed` allows the file `a`, and nothing
    /// else of what `a` denies; `few-a` and `few-b` each deny one capability. A process that is new and the one that ran before must agree; anything else is a mixture.
    fn look(&mut self) -> anyhow::Result<&'static str> {
        let (mut new, mut old) = ([false; ATTEMPTS.len()], [false; ATTEMPTS.len()]);
        let mut started = Running::start()?;
        for ((new, old), words) in new.iter_mut().zip(&mut old).zip(ATTEMPTS) {
            *new = started.ask(words)?;
            *old = self.running.ask(words)?;
        }
        Ok(match new {
            _ if new != old => "a mixture of an old and a new process",
            [false, true, true, false, false, true, true, true] => "a",
            [true, true, true, false, false, true, true, true] => "a-healed",
            [true, false, true, false, true, false, true, true] => "b",
            [true, true, true, true, true, true, false, true] => "few-a",
            [true, true, true, true, true, true, true, false] => "few-b",
            [true, true, true, true, true, true, true, true] => "nothing",
            _ => MIXTURE,
        })
    }
}

/// The confined program, taking attempts line by line.
struct Running {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start() -> anyhow::Result<Self> {
        let mut child =
            Command::new(PROGRAM).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take().context("a pipe")?;
        let from = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self { child, to, from })
    }

    fn ask(&mut self, words: &str) -> anyhow::Result<bool> {
        let mut answer = String::new();
        writeln!(self.to, "{words}")?;
        self.from.read_line(&mut answer)?;
        allowed(answer.trim().parse().context("the confined program has ended")?)
    }
}

fn allowed(errno: i32) -> anyhow::Result<bool> {
    match errno {
        0 => Ok(true),
        libc::EPERM | libc::EACCES => Ok(false),
        other => bail!("the probe failed with errno {other}"),
    }
}
