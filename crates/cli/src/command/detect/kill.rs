//! A match of `kill_process` -> a signal to that process, or the reason for none.
//!
//! A process id says little: ids are used again. The process that has it now is the one of the event exactly if it
//! started before a moment at which the other had it, in the same run of the same host. A file descriptor of the process
//! is opened first, so that the checks and the signal are about one process.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use serde::Serialize;
use telovix_replay::Moment;
use telovix_replay::detect::{Process, Violation};

use crate::failure::Failure;

/// Seconds after which an event is history, and before which its clock is wrong.
const OLDEST: i64 = 300;
const AHEAD: i64 = 60;
const SECOND: u64 = 1_000_000_000;
/// `USER_HZ`: the unit of times in `/proc/PID/stat` is 1/100 s on every architecture that has BPF LSM.
const TICK: u64 = SECOND / 100;

/// What came of `kill_process`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Outcome {
    /// `kill_process`.
    pub(super) action: &'static str,
    /// The process id.
    pub(super) pid: Option<u32>,
    /// The executable.
    pub(super) binary: Option<String>,
    /// Whether the process was sent SIGKILL.
    pub(super) killed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The line of the policy.
    pub(super) source: String,
    /// File and line of the event.
    pub(super) found: String,
}

/// Kills processes of this host.
#[derive(Debug)]
pub(super) struct Killer {
    host: String,
}

/// The clocks of this host.
#[derive(Debug, Clone, Copy)]
struct Now {
    /// Seconds since 1970.
    wall: i64,
    /// Nanoseconds since the host started.
    boot: u64,
}

/// A moment at which the process of an event had its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    /// Nanoseconds since the host started.
    at: u64,
    /// Whether it is known to the nanosecond, and not only to the second.
    exact: bool,
}

impl Killer {
    /// Prepares to kill processes. `host` is the name of this host in events.
    pub(super) fn new(host: Option<String>) -> Result<Self, Failure> {
        let host = match host {
            Some(host) => host,
            None => fs::read_to_string("/proc/sys/kernel/hostname")?.trim().to_owned(),
        };
        Ok(Self { host })
    }

    /// Kills the process of a violation, unless it may be another one.
    pub(super) fn kill(&mut self, violation: &Violation) -> Outcome {
        let process = &violation.process;
        let reason = self.signal(violation).err();
        Outcome {
            action: "kill_process",
            pid: process.pid,
            binary: process.binary.clone(),
            killed: reason.is_none(),
            reason,
            source: violation.source.clone(),
            found: violation.found.clone(),
        }
    }

    fn signal(&self, violation: &Violation) -> Result<(), String> {
        let process = &violation.process;
        if let Some(host) = violation.host.as_ref().filter(|host| **host != self.host) {
            return Err(format!("the event is of host `{host}`, this is `{}`", self.host));
        }
        let pid = process.pid.ok_or("the event has no process id")?;
        let pid =
            i32::try_from(pid).ok().and_then(Pid::from_raw).filter(|pid| pid.as_raw_nonzero().get() > 1);
        let pid = pid.ok_or("a process id above 1 was expected")?;
        if pid == getpid() {
            return Err("it is this process".to_owned());
        }
        let held = held(process, violation.timestamp.as_deref().and_then(Moment::parse), now()?)?;
        let descriptor = pidfd_open(pid, PidfdFlags::empty()).map_err(ended)?;
        let number = pid.as_raw_nonzero().get();
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).map_err(|_| ENDED.to_owned())?;
        let started = started(&stat).ok_or("its start cannot be read")?;
        let binary =
            || fs::read_link(format!("/proc/{number}/exe")).ok().map(|path| path.display().to_string());
        check(process, held, started, binary)?;
        pidfd_send_signal(&descriptor, Signal::KILL).map_err(ended)
    }
}

const ENDED: &str = "the process has ended";

fn ended(error: rustix::io::Errno) -> String {
    match error {
        rustix::io::Errno::SRCH => ENDED.to_owned(),
        error => format!("the kernel refused: {error}"),
    }
}

fn now() -> Result<Now, String> {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "the clock is before 1970")?;
    let uptime = fs::read_to_string("/proc/uptime").map_err(|error| format!("/proc/uptime: {error}"))?;
    let boot = uptime.split(' ').next().and_then(centiseconds).ok_or("/proc/uptime cannot be read")?;
    Ok(Now { wall: i64::try_from(wall.as_secs()).unwrap_or(i64::MAX), boot: boot * TICK })
}

/// Reads `12345.67` as hundredths.
fn centiseconds(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 100 + part.get(..2)?.parse::<u64>().ok()?)
}

/// Returns a moment at which the process of the event had its id.
fn held(process: &Process, time: Option<Moment>, now: Now) -> Result<Held, String> {
    let old = |age: i64| format!("the event is {age} seconds old: more than {OLDEST}, so it is history");
    match (process.boot_time, time) {
        (boot_time, Some(time)) => {
            let age = Moment::from_seconds(now.wall).since(time);
            if age > OLDEST {
                return Err(old(age));
            }
            if age < -AHEAD {
                return Err(format!("the event is {} seconds in the future", -age));
            }
            let since = u64::try_from(age.max(0)).unwrap_or(0) * SECOND;
            // The host was started after the event: its processes are others.
            let at = now.boot.checked_sub(since).ok_or("the host was started after the event")?;
            match boot_time {
                Some(boot_time) if boot_time <= now.boot => Ok(Held { at: boot_time, exact: true }),
                Some(_) => Err("the process is of another run of the host".to_owned()),
                // The fraction of the second was dropped.
                None => Ok(Held { at: at + SECOND, exact: false }),
            }
        }
        (Some(boot_time), None) => {
            let age = now.boot.checked_sub(boot_time).ok_or("the event is of another run of the host")?;
            let age = i64::try_from(age / SECOND).unwrap_or(i64::MAX);
            if age > OLDEST { Err(old(age)) } else { Ok(Held { at: boot_time, exact: true }) }
        }
        (None, None) => Err("the event has no time".to_owned()),
    }
}

/// Returns when a process started, in nanoseconds since the host did, from `/proc/PID/stat`. The name of a program may
/// contain anything, also parentheses.
fn started(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: u64 = after_name.split_ascii_whitespace().nth(19)?.parse().ok()?;
    ticks.checked_mul(TICK)
}

/// Decides whether the process that has the id now is the one of the event.
fn check(
    process: &Process,
    held: Held,
    started: u64,
    binary: impl FnOnce() -> Option<String>,
) -> Result<(), String> {
    if started > held.at {
        return Err("its id was given to another process since".to_owned());
    }
    if held.exact {
        return Ok(());
    }
    // The moment is known to the second only: the executable must be the same as well.
    let wanted = process.binary.as_deref().ok_or("the event names no executable to compare with")?;
    match binary() {
        Some(found) if found.strip_suffix(" (deleted)").unwrap_or(&found) == wanted => Ok(()),
        Some(found) => Err(format!("its id belongs to `{found}` now, the event is about `{wanted}`")),
        None => Err("its executable cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Now, Process, SECOND, TICK, check, held, started};
    use telovix_replay::Moment;

    const NOW: Now = Now { wall: 1_764_000_000, boot: 1_000 * SECOND };

    fn at(age: i64) -> Option<Moment> {
        Some(Moment::from_seconds(NOW.wall - age))
    }

    fn of(boot_time: Option<u64>) -> Process {
        Process { pid: Some(7), binary: Some("/bin/x".to_owned()), boot_time, ..Process::default() }
    }

    #[test]
    fn what_may_be_another_process_is_refused() {
        // Known to the nanosecond.
        let exact = held(&of(Some(900 * SECOND)), at(5), NOW).unwrap();
        assert_eq!(exact, Held { at: 900 * SECOND, exact: true });
        let same = |started| check(&of(None), exact, started, || None);
        assert_eq!(same(900 * SECOND), Ok(()));
        assert_eq!(same(899 * SECOND), Ok(()));
        assert!(same(900 * SECOND + TICK).is_err());
        // Known to the second: the executable decides as well.
        let rough = held(&of(None), at(5), NOW).unwrap();
        assert_eq!(rough, Held { at: 996 * SECOND, exact: false });
        let of_binary = |started, binary: &str| check(&of(None), rough, started, || Some(binary.to_owned()));
        assert_eq!(of_binary(990 * SECOND, "/bin/x"), Ok(()));
        assert_eq!(of_binary(990 * SECOND, "/bin/x (deleted)"), Ok(()));
        assert!(of_binary(990 * SECOND, "/bin/y").is_err());
        assert!(of_binary(997 * SECOND, "/bin/x").is_err());
    }

    #[test]
    fn history_and_other_runs_of_the_host_are_refused() {
        assert!(held(&of(Some(SECOND)), at(301), NOW).is_err());
        assert!(held(&of(None), at(301), NOW).is_err());
        assert!(held(&of(None), at(-61), NOW).is_err());
        assert!(held(&of(Some(2_000 * SECOND)), at(5), NOW).is_err(), "it started after now");
        let fresh = Now { boot: 3 * SECOND, ..NOW };
        assert!(held(&of(Some(2 * SECOND)), at(5), fresh).is_err(), "the host started after the event");
        assert!(held(&of(None), None, NOW).is_err());
        assert!(held(&of(Some(600 * SECOND)), None, NOW).is_err());
        assert_eq!(held(&of(Some(990 * SECOND)), None, NOW).unwrap().at, 990 * SECOND);
    }

    #[test]
    fn the_start_follows_a_name_with_parentheses() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1 1";
        assert_eq!(started(stat), Some(12_345 * TICK));
        assert_eq!(started("42 (x) S 1"), None);
    }
}
