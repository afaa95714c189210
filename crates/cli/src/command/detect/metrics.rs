//! Statistics -> a file that Prometheus reads, which is replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use telovix_replay::detect::{Statistics, prometheus};

/// How often the file is written while the stream goes on.
const EVERY: Duration = Duration::from_secs(15);

/// The file.
#[derive(Debug)]
pub(super) struct Metrics {
    path: PathBuf,
    written: Option<Instant>,
}

impl Metrics {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), written: None }
    }

    /// Writes the file if it is old.
    pub(super) fn refresh(&mut self, statistics: impl FnOnce() -> Statistics) -> io::Result<()> {
        if self.written.is_none_or(|written| written.elapsed() >= EVERY) {
            self.write(&statistics())?;
            self.written = Some(Instant::now());
        }
        Ok(())
    }

    /// Writes the file next to its place and renames it, so that no reader sees half of it.
    pub(super) fn write(&self, statistics: &Statistics) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let aside = self.path.with_file_name(name);
        let written = File::create(&aside).and_then(|mut file| {
            let mut text = Vec::new();
            prometheus(statistics, &mut text)?;
            file.write_all(&text)
        });
        let placed = written.and_then(|()| fs::rename(&aside, &self.path));
        placed.map_err(|error| {
            // The error that is reported is the first one.
            let _left = fs::remove_file(&aside);
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }
}
