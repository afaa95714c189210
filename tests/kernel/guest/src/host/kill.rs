//! A command, killed at each of its effects on the kernel and on disk -> the old policy or the new one, never a mixture.

use std::process::Stdio;

use anyhow::{Context, bail};

use super::enforced::Watch;
use super::step::telovix;
use super::text::Host;
use super::{expect, perform};
use crate::sys::{self, Registers};

/// Kills of one command unless all are asked for: enough to meet each kind of effect, few enough to wait for.
const SAMPLE: usize = 4;

/// Kills the command at its first, second, third … effect, each time from the same state, and holds what is enforced
/// then, and what an operator can do then, against the file. Returns how often.
pub(super) fn sweep(host: &Host, command: &str, watch: &mut Watch) -> anyhow::Result<String> {
    let words: Vec<&str> = command.split_ascii_whitespace().skip(1).collect();
    perform(&host.before, watch).context("before")?;
    let Ended::ByItself { effects } = run(&words, usize::MAX)? else { bail!("nobody killed it") };
    expect(watch, &[&host.new]).context("after the whole command")?;
    perform(&host.after, watch).context("after the whole command")?;

    let every = std::fs::read_to_string("/proc/cmdline").is_ok_and(|words| words.contains("telovix.every"));
    let points = if every { effects } else { effects.min(SAMPLE) };
    let (mut old, mut new) = (0, 0);
    for point in 0..points {
        // The first and the last effect, and evenly between them.
        let at = 1 + point * (effects - 1) / (points - 1).max(1);
        perform(&host.before, watch).with_context(|| format!("before kill {at}"))?;
        match run(&words, at)? {
            Ended::Killed => {}
            // How often a task is read or a directory listed may differ from run to run.
            Ended::ByItself { .. } => continue,
        }
        let what = || format!("killed at effect {at} of {effects}");
        let found = expect(watch, &[&host.old, &host.new]).with_context(what)?;
        if found == host.old && host.old != host.new {
            old += 1;
            if new > 0 {
                bail!("{}: the old policy, after an earlier kill left the new one", what());
            }
        } else {
            new += 1;
        }
        perform(&host.after, watch).with_context(what)?;
    }
    Ok(format!(": {points} kills at {effects} effects, {old} left the old policy, {new} the new one"))
}

enum Ended {
    Killed,
    ByItself { effects: usize },
}

/// Runs the command under ptrace and kills it when it is about to have its effect with this number.
fn run(words: &[&str], at: usize) -> anyhow::Result<Ended> {
    let mut command = telovix(words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    sys::traced(&mut command);
    let mut child = command.spawn()?;
    let pid = child.id() as i32;
    sys::wait_stop(pid).context("it stops when it is executed")?;
    let trace = |request: u32, data: i64| {
        sys::call(libc::SYS_ptrace, [i64::from(request), i64::from(pid), 0, data, 0, 0])
    };
    // PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL
    trace(libc::PTRACE_SETOPTIONS, 1 | 0x0010_0000)?;
    let (mut effects, mut entering) = (0, true);
    loop {
        trace(libc::PTRACE_SYSCALL, 0)?;
        let Some(stop) = sys::wait_stop(pid) else {
            return Ok(Ended::ByItself { effects });
        };
        if stop != libc::SIGTRAP | 0x80 {
            continue;
        }
        if entering && is_effect(&sys::registers(pid)) {
            effects += 1;
            if effects == at {
                child.kill()?;
                child.wait()?;
                return Ok(Ended::Killed);
            }
        }
        entering = !entering;
    }
}

/// Whether a system call leaves something behind when the process ends: what only its own descriptors hold goes with it.
fn is_effect(registers: &Registers) -> bool {
    let [first, second, third] = registers.words;
    match registers.call {
        // bpf: MAP_UPDATE_ELEM, OBJ_PIN, PROG_ATTACH, RAW_TRACEPOINT_OPEN, LINK_CREATE, LINK_UPDATE
        libc::SYS_bpf => [2, 6, 8, 17, 28, 29].contains(&first),
        libc::SYS_open => second & libc::O_CREAT as u64 != 0,
        libc::SYS_openat => third & libc::O_CREAT as u64 != 0,
        libc::SYS_write => first > 2,
        libc::SYS_mkdir
        | libc::SYS_mkdirat
        | libc::SYS_rmdir
        | libc::SYS_unlink
        | libc::SYS_unlinkat
        | libc::SYS_rename
        | libc::SYS_renameat
        | libc::SYS_renameat2
        | libc::SYS_ftruncate => true,
        _ => false,
    }
}
