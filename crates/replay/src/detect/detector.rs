//! A line -> violations, investigations and differences, with the statistics of the stream.

use super::identity::{self, Process};
use super::investigation::{Investigation, Investigations};
use super::judging::{Bench, Found, Home};
use super::reading::{self, Happened};
use super::rules::Rules;
use super::shadow::{self, Difference, Differences};
use super::statistics::{Counts, Statistics};
use super::violation::{self, Violation};
use crate::impact::IncompleteFile;
use crate::moment::Moment;
use crate::scan::{excerpt, payload};
use crate::tally::Problem;

/// How a stream is judged.
#[derive(Debug, Clone, Copy)]
pub struct Options<'run> {
    /// The sensor of events that name none.
    pub sensor: Option<&'run str>,
    /// The group of that sensor.
    pub group: Option<&'run str>,
    /// Seconds without a match after which an investigation is closed.
    pub window: u32,
    /// Whether events that may be a violation are told, not only counted.
    pub possible: bool,
    /// Whether nothing is judged after a line that cannot be read.
    pub strict: bool,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it exists until it is written")]
pub enum Output {
    /// An event violates a policy, or a detection matches it.
    Violation(Violation),
    /// An investigation was opened or closed.
    Investigation(Investigation),
    /// The candidate treats an event differently.
    Difference(Difference),
}

/// Judges the lines of a stream.
#[derive(Debug)]
pub struct Detector<'run> {
    live: Bench<'run>,
    candidate: Option<Bench<'run>>,
    options: Options<'run>,
    investigations: Investigations,
    differences: Differences,
    counts: Counts,
    found: Vec<Found>,
    found_by_candidate: Vec<Found>,
}

impl<'run> Detector<'run> {
    /// Judges by a policy, and by a candidate next to it if there is one.
    #[must_use]
    pub fn new(
        live: &'run Rules<'run>,
        candidate: Option<&'run Rules<'run>>,
        options: Options<'run>,
    ) -> Self {
        let home = Home { sensor: options.sensor, group: options.group };
        Self {
            live: Bench::new(live, home),
            candidate: candidate.map(|candidate| Bench::new(candidate, home)),
            options,
            investigations: Investigations::new(i64::from(options.window)),
            differences: Differences::default(),
            counts: Counts::default(),
            found: Vec::new(),
            found_by_candidate: Vec::new(),
        }
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.counts.total(self.candidate.is_some().then(|| self.differences.total()))
    }

    /// Returns whether a line could not be read and none must be judged after it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.options.strict && self.counts.has_problems()
    }

    /// Closes the investigations that are open.
    pub fn finish(&mut self) -> Vec<Output> {
        self.investigations.finish().into_iter().map(Output::Investigation).collect()
    }

    /// Notes a file that was not read to its end.
    pub(super) fn incomplete(&mut self, file: IncompleteFile) {
        self.counts.incomplete.push(file);
    }

    /// Notes a line that could not be read.
    pub(super) fn malformed(&mut self, problem: Problem, place: &dyn Fn() -> String) {
        self.counts.lines += 1;
        self.counts.problem(problem, place(), String::new());
    }

    /// Judges a line. `is_cut` is the last line of a file without a line break.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        is_cut: bool,
        place: &dyn Fn() -> String,
        out: &mut Vec<Output>,
    ) {
        if self.is_refused() {
            return;
        }
        let Ok(line) = str::from_utf8(line) else { return self.malformed(Problem::NotUtf8, place) };
        self.counts.lines += 1;
        let line = payload(line);
        if line.is_empty() {
            return;
        }
        if let Err((problem, text)) = self.event(line, place, out) {
            let problem = if is_cut && problem == Problem::NotJson { Problem::Unfinished } else { problem };
            self.counts.problem(problem, place(), text.unwrap_or_else(|| excerpt(line)));
        }
    }

    fn event(
        &mut self,
        line: &str,
        place: &dyn Fn() -> String,
        out: &mut Vec<Output>,
    ) -> Result<(), reading::Untold> {
        match reading::envelope(line)? {
            Ok(envelope) => self.happened(line, &reading::read(line, &envelope)?, place, out),
            Err(fields) => self.happened(line, &reading::row(&fields)?, place, out),
        }
        Ok(())
    }

    fn happened(
        &mut self,
        line: &str,
        happened: &Happened<'_>,
        place: &dyn Fn() -> String,
        out: &mut Vec<Output>,
    ) {
        let now = happened.time.as_deref().and_then(Moment::parse);
        self.counts.event(now);
        self.live.judge(happened, &mut self.found);
        let grows = happened.executes && self.investigations.any_open();
        let process = (grows || !self.found.is_empty()).then(|| identity::read(line));
        if grows {
            self.investigations.executed(process.as_ref().unwrap_or(&Process::default()));
        }
        if self.investigations.any_open() {
            out.extend(self.investigations.expire(now).into_iter().map(Output::Investigation));
        }
        if let Some(process) = &process {
            for found in &self.found {
                let told = violation::violation(self.live.rules, happened, found, process, place());
                let Some(mut told) = told else { continue };
                self.counts.violation(&told);
                if told.investigates() {
                    let (id, more) = self.investigations.add(&told, now);
                    told.investigation = Some(id);
                    let opened = |investigation: &&Investigation| {
                        investigation.state == super::InvestigationState::Opened
                    };
                    self.counts.investigations += more.iter().filter(opened).count() as u64;
                    out.extend(more.into_iter().map(Output::Investigation));
                }
                if !told.is_possible || self.options.possible {
                    out.push(Output::Violation(told));
                }
            }
        }
        self.shadow(happened, place, out);
    }

    fn shadow(&mut self, happened: &Happened<'_>, place: &dyn Fn() -> String, out: &mut Vec<Output>) {
        let Some(candidate) = &mut self.candidate else { return };
        candidate.judge(happened, &mut self.found_by_candidate);
        if self.found.is_empty() && self.found_by_candidate.is_empty() {
            return;
        }
        let (live, found) = (self.live.rules, (candidate.rules, self.found_by_candidate.as_slice()));
        for (live, candidate) in shadow::differences((live, &self.found), found) {
            self.differences.count(&live, &candidate);
            let event = happened.deeds[0].as_ref().map(reading::Deed::event);
            out.push(Output::Difference(Difference {
                timestamp: happened.time.clone(),
                detail: event.as_ref().map_or_else(|| "another event".to_owned(), ToString::to_string),
                host: happened.host.clone(),
                live,
                candidate,
                event: event.map(|event| event.to_json()),
                found: place(),
            }));
        }
    }
}
