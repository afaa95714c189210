//! Bytes that were read -> a line of progress: how much, how fast, how long it will take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telovix_replay::Source;

use super::words::bytes;
use crate::progress;

/// How often the line changes at most.
const BEAT: Duration = Duration::from_millis(200);

/// Shows how far reading has come, on a terminal.
pub(crate) struct Progress {
    line: progress::Progress,
    start: Instant,
    /// Milliseconds after the start at which the line changed last.
    changed: AtomicU64,
    total: Option<u64>,
}

impl Progress {
    pub(crate) fn start(sources: &[Source]) -> Self {
        Self {
            line: progress::Progress::start("reading the history"),
            start: Instant::now(),
            changed: AtomicU64::new(0),
            total: sources.iter().map(Source::bytes).sum(),
        }
    }

    /// Updates the line with the number of bytes that were read.
    pub(crate) fn tell(&self, read: u64) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let changed = self.changed.load(Ordering::Relaxed);
        let due = u128::from(now - changed.min(now)) >= BEAT.as_millis();
        if due && self.changed.compare_exchange(changed, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.line.step(step(read, self.total, now));
        }
    }
}

fn step(read: u64, total: Option<u64>, milliseconds: u64) -> String {
    let rate = read.saturating_mul(1_000) / milliseconds.max(1);
    let so_far = match total {
        Some(total) if total > 0 => {
            let left = total.saturating_sub(read) / rate.max(1);
            format!("{} of {}, {left} s left", bytes(read), bytes(total))
        }
        _ => bytes(read),
    };
    format!("reading the history: {so_far}, {}/s", bytes(rate))
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn progress_shows_amount_rate_and_time_left() {
        assert_eq!(
            step(500_000_000, Some(2_000_000_000), 1_000),
            "reading the history: 500 MB of 2.0 GB, 3 s left, 500 MB/s"
        );
        assert_eq!(step(10, None, 0), "reading the history: 10 bytes, 10.0 kB/s");
    }
}
