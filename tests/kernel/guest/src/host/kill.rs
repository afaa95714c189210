//! A command, stopped and killed at each of its effects on the kernel and on disk -> the old policy or the new one,
//! never a mixture and never none.
//!
//! A call that a process is killed in front of is not made. Between two effects nothing outside the process changes, so
//! a kill in front of each effect, and the whole run, are all the states that a kill can leave.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use anyhow::{Context, bail};
use telovix_bpf_programs::object::PLACE_TASKS;

use super::enforced::Watch;
use super::step::telovix;
use super::text::Host;
use super::{expect, fault, perform};
use crate::sys::{self, Registers};

/// What the last command said on standard error.
const SAID: &str = "/tmp/said";

/// Looks at what is enforced in front of each effect of a whole run; then kills the command at its first, second,
/// third … effect, and checks what is enforced then, and what an operator can do then, against the file. Returns the
/// counts.
pub(super) fn sweep(host: &Host, command: &str, watch: &mut Watch) -> anyhow::Result<String> {
    let words: Vec<&str> = command.split_ascii_whitespace().skip(1).collect();
    perform(&host.before, watch).context("before")?;
    let (effects, switch) = look(host, &words, watch).context("looking at a whole run")?;
    perform(&host.after, watch).context("after the whole command")?;
    perform(&host.after_new, watch).context("after the whole command")?;

    let points = if at_every_step() { (1..=effects).collect() } else { sample(effects, switch) };
    let (mut kills, mut old, mut new) = (0, 0, 0);
    for at in points {
        perform(&host.before, watch).with_context(|| format!("before kill {at}"))?;
        let what = || format!("killed at effect {at} of {effects}");
        // How often a task is read or a directory listed may differ from run to run.
        if !killed(&words, |number, _| number == at)? {
            perform(&host.after, watch).with_context(what)?;
            perform(&host.after_new, watch).with_context(what)?;
            continue;
        }
        kills += 1;
        let found = expect(watch, &[&host.old, &host.new]).with_context(what)?;
        let is_old = found == host.old && host.old != host.new;
        if is_old && new > 0 {
            bail!("{}: the old policy, after an earlier kill left the new one", what());
        }
        *(if is_old { &mut old } else { &mut new }) += 1;
        perform(&host.after, watch).with_context(what)?;
        perform(if is_old { &host.after_old } else { &host.after_new }, watch).with_context(what)?;
    }
    let switched =
        switch.map_or_else(String::new, |switch| format!(" (the policy switches at {})", switch - 1));
    Ok(format!(": {effects} effects{switched}, {kills} kills, {old} left the old policy, {new} the new one"))
}

/// Runs the whole command and looks at what is enforced in front of each effect. Returns their number, and that of the
/// first in front of which the new policy is.
fn look(host: &Host, words: &[&str], watch: &mut Watch) -> anyhow::Result<(usize, Option<usize>)> {
    let (mut effects, mut switch, mut problem) = (0, None, None);
    killed(words, |number, _| {
        effects = number;
        if host.old != host.new && problem.is_none() {
            match expect(watch, &[&host.old, &host.new]) {
                Ok(found) if found == host.new => switch = switch.or(Some(number)),
                // The deadline of a policy that is not confirmed may pass while we look.
                Ok(_) if switch.is_some() && !host.reverts() => {
                    problem = Some(anyhow::anyhow!("the old policy is back in front of effect {number}"));
                }
                Ok(_) => {}
                Err(error) => problem = Some(error.context(format!("in front of effect {number}"))),
            }
        }
        false
    })?;
    match problem {
        Some(problem) => return Err(problem),
        None if effects == 0 => bail!("the command has no effect"),
        None => {}
    }
    let whole = if host.reverts() { vec![host.old.as_str(), &host.new] } else { vec![host.new.as_str()] };
    let said = || {
        format!("after the whole command, which said: {}", std::fs::read_to_string(SAID).unwrap_or_default())
    };
    expect(watch, &whole).with_context(said)?;
    Ok((effects, switch))
}

/// Whether every kill is asked for.
pub(super) fn at_every_step() -> bool {
    std::fs::read_to_string("/proc/cmdline").is_ok_and(|words| words.contains("telovix.every"))
}

/// Which effects to kill at when there is no time for all: both sides of the switch, else the first, one in the middle
/// and the last.
fn sample(effects: usize, switch: Option<usize>) -> Vec<usize> {
    match switch {
        Some(switch) => (switch.max(2) - 1..=switch).collect(),
        None => BTreeSet::from([1, effects.div_ceil(2), effects]).into_iter().collect(),
    }
}

/// Runs a command under ptrace and stops it in front of each effect; kills it there when `kills` says so of the
/// effect's number, counted from 1. False when it ended by itself.
pub(super) fn killed(words: &[&str], mut kills: impl FnMut(usize, &Stopped) -> bool) -> anyhow::Result<bool> {
    let mut command = telovix(words);
    let said = std::fs::File::create(SAID)?;
    command.stdout(Stdio::null()).stderr(said);
    sys::traced(&mut command);
    let mut child = command.spawn()?;
    let pid = child.id() as i32;
    sys::wait_stop(pid).context("it stops when it is executed")?;
    let trace = |request: u32, data: i64| {
        sys::call(libc::SYS_ptrace, [i64::from(request), i64::from(pid), 0, data, 0, 0])
    };
    // PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL
    trace(libc::PTRACE_SETOPTIONS, 1 | 0x0010_0000)?;
    let (mut effects, mut entering, mut signal) = (0, true, 0);
    loop {
        trace(libc::PTRACE_SYSCALL, signal)?;
        let Some(stop) = sys::wait_stop(pid) else {
            return Ok(false);
        };
        if stop != libc::SIGTRAP | 0x80 {
            signal = i64::from(stop);
            continue;
        }
        signal = 0;
        if entering {
            let stopped = Stopped { pid, registers: sys::registers(pid) };
            if stopped.is_effect() {
                effects += 1;
                if kills(effects, &stopped) {
                    end(&mut child)?;
                    return Ok(true);
                }
            }
        }
        entering = !entering;
    }
}

/// Where to kill a command that changes what is active.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In front of the write that switches.
    Before,
    /// In front of the effect that follows it.
    After,
}

/// Kills a command right before its first write into the map `control`, or right after it.
pub(super) fn at_switch(words: &[&str], side: Side) -> anyhow::Result<()> {
    let mut written = false;
    let dead = killed(words, |_, stopped| {
        // The first apply of a host makes the map on its way.
        let switches = || fault::number_of_map("control").is_ok_and(|control| stopped.writes(control));
        match side {
            Side::Before => switches(),
            Side::After if written => true,
            Side::After => {
                written = switches();
                false
            }
        }
    })?;
    if dead { Ok(()) } else { bail!("it never wrote into the map `control`") }
}

/// Kills a `remove` that has emptied the policy and is about to take the programs away. False when there was nothing to
/// remove.
pub(super) fn emptied() -> anyhow::Result<bool> {
    killed(&["remove"], |_, stopped| stopped.removes())
}

fn end(child: &mut Child) -> anyhow::Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// A command that is about to make a system call.
pub(super) struct Stopped {
    pid: i32,
    registers: Registers,
}

impl Stopped {
    /// Whether the result of the call remains when the process ends: what only its own descriptors refer to is freed.
    fn is_effect(&self) -> bool {
        let [first, second, third] = self.registers.words;
        match self.registers.call {
            // bpf: MAP_UPDATE_ELEM, MAP_DELETE_ELEM, OBJ_PIN, PROG_ATTACH, PROG_DETACH, RAW_TRACEPOINT_OPEN,
            // MAP_UPDATE_BATCH, MAP_DELETE_BATCH, LINK_CREATE, LINK_UPDATE, LINK_DETACH
            libc::SYS_bpf => [2, 3, 6, 8, 9, 17, 26, 27, 28, 29, 34].contains(&first),
            libc::SYS_open => second & libc::O_CREAT as u64 != 0,
            libc::SYS_openat => third & libc::O_CREAT as u64 != 0,
            libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev | libc::SYS_pwritev => first > 2,
            // Reading the pin that visits tasks places them.
            libc::SYS_read => first > 2 && self.reads_tasks(first),
            libc::SYS_mkdir
            | libc::SYS_mkdirat
            | libc::SYS_rmdir
            | libc::SYS_unlink
            | libc::SYS_unlinkat
            | libc::SYS_rename
            | libc::SYS_renameat
            | libc::SYS_renameat2
            | libc::SYS_link
            | libc::SYS_linkat
            | libc::SYS_symlink
            | libc::SYS_symlinkat
            | libc::SYS_chmod
            | libc::SYS_fchmod
            | libc::SYS_fchmodat
            | libc::SYS_mount
            | libc::SYS_umount2
            | libc::SYS_truncate
            | libc::SYS_ftruncate => true,
            _ => false,
        }
    }

    /// Whether the call removes a file.
    fn removes(&self) -> bool {
        [libc::SYS_unlink, libc::SYS_unlinkat].contains(&self.registers.call)
    }

    fn reads_tasks(&self, descriptor: u64) -> bool {
        let file = std::fs::read_link(format!("/proc/{}/fd/{descriptor}", self.pid));
        file.is_ok_and(|file| file.ends_with(PLACE_TASKS))
    }

    /// Whether the call writes into the map with this number.
    pub(super) fn writes(&self, map: u32) -> bool {
        const MAP_UPDATE: u64 = 2;
        if self.registers.call != libc::SYS_bpf || self.registers.words[0] != MAP_UPDATE {
            return false;
        }
        // union bpf_attr begins with the map's descriptor.
        let descriptor = sys::peek_into(self.pid, self.registers.words[1]).map(u32::from_le_bytes);
        let facts = descriptor
            .and_then(|number| std::fs::read_to_string(format!("/proc/{}/fdinfo/{number}", self.pid)));
        let number = |line: &str| line.strip_prefix("map_id:").and_then(|id| id.trim().parse().ok());
        facts.is_ok_and(|facts| facts.lines().find_map(number) == Some(map))
    }
}
