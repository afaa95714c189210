//! Lines -> verdicts -> a tally: what one thread does with one piece.

use std::str;

use memchr::memchr_iter;

use super::{Options, Question, Reading};
use crate::action::{self, Action};
use crate::chunk::Piece;
use crate::judge::{self, Exposed, Judge, Judgement, Memory, Subject};
use crate::line::{self, Envelope, KINDS, Origin, Unreadable};
use crate::moment::Moment;
use crate::tally::{Circumstances, Place, Problem, Tally};
use crate::vocabulary::{Event, Operation};

/// Bytes of a malformed line that are shown.
const EXCERPT: usize = 60;

/// Judges lines, and remembers verdicts.
pub(super) struct Clerk<'run> {
    question: &'run Question<'run>,
    options: Options<'run>,
    now: Memory,
    before: Memory,
}

impl<'run> Clerk<'run> {
    pub(super) fn new(question: &'run Question<'run>, options: Options<'run>) -> Self {
        Self { question, options, now: Memory::default(), before: Memory::default() }
    }

    /// Judges every line of a piece.
    pub(super) fn tally(&mut self, bytes: &[u8], piece: Piece, file: usize) -> Tally {
        let mut tally = Tally::default();
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        if piece == Piece::TooLong {
            tally.lines = 1;
            tally.problem(Problem::TooLong, Place { file, line: 1 }, String::new);
            return tally;
        }
        let text = str::from_utf8(bytes).ok();
        let mut start = 0;
        let ends = memchr_iter(b'\n', bytes).chain((piece == Piece::LastWithoutBreak).then_some(bytes.len()));
        for end in ends {
            tally.lines += 1;
            let place = Place { file, line: tally.lines };
            let last = piece == Piece::LastWithoutBreak && end == bytes.len();
            let line = match text {
                Some(text) => text.get(start..end),
                None => bytes.get(start..end).and_then(|line| str::from_utf8(line).ok()),
            };
            match line {
                Some(line) => self.line(payload(line), place, last, &mut tally),
                None => tally.problem(Problem::NotUtf8, place, String::new),
            }
            start = end + 1;
        }
        tally
    }

    fn line(&mut self, line: &str, place: Place, last: bool, tally: &mut Tally) {
        if line.is_empty() {
            tally.blank += 1;
            return;
        }
        let problem = match self.options.reading {
            Reading::Fast => {
                line::fast::envelope(line).map(|envelope| self.envelope(line, &envelope, place, tally))
            }
            Reading::Reference => {
                line::reference::envelope(line).map(|envelope| self.envelope(line, &envelope, place, tally))
            }
        };
        let problem = match problem {
            Ok(()) => return,
            Err(Unreadable::NotAnEvent) => Problem::NotAnEvent,
            Err(Unreadable::NotJson) if line.contains('\0') => Problem::NulBytes,
            Err(Unreadable::NotJson) if last => Problem::Unfinished,
            Err(Unreadable::NotJson) => Problem::NotJson,
        };
        tally.problem(problem, place, || excerpt(line));
    }

    fn envelope(&mut self, line: &str, envelope: &Envelope<'_>, place: Place, tally: &mut Tally) {
        match envelope.origin {
            Origin::Tetragon(kind) => self.of_tetragon(kind, envelope, place, tally),
            Origin::Telovix => match judge::read(line) {
                Ok(event) => self.of_telovix(event, place, tally),
                Err(problem) => tally.problem(Problem::BadEvent, place, || problem),
            },
        }
    }

    fn of_tetragon(&mut self, kind: usize, envelope: &Envelope<'_>, place: Place, tally: &mut Tally) {
        let body = &envelope.body;
        let circumstances = Circumstances {
            place,
            time: envelope.time.get().and_then(|time| Moment::parse(time)),
            host: envelope.host.get().map(AsRef::as_ref),
            pod: body.process.get().and_then(|process| process.pod.get()).and_then(|pod| {
                Some((pod.namespace.get().map_or("", AsRef::as_ref), pod.name.get()?.as_ref()))
            }),
        };
        tally.from_tetragon += 1;
        tally.aggregated += u64::from(envelope.aggregated);
        tally.reported_lost += body.dropped.get().and_then(|lost| u64::try_from(*lost).ok()).unwrap_or(0);
        tally.seen(&circumstances);
        let what = body.function.get().or(body.tracepoint.get()).map_or(KINDS[kind], AsRef::as_ref);
        let (first, second) = match action::read(envelope) {
            action::Reading::Passed => return tally.passed.add(what),
            action::Reading::Did(first, second) => (first, second),
        };
        tally.judged.add(what);
        let covered = tally.covered;
        let (now, before, decisive) = self.actions(first, second, tally);
        if tally.covered > covered {
            tally.covered_span.add(circumstances.time);
        }
        tally.verdict(now, before, &circumstances, &mut || {
            let mut event = judge::event(&decisive);
            self.locate(&mut event);
            event
        });
    }

    /// Judges what a line tells, which may be two things in the eyes of a policy: the stronger verdict counts.
    fn actions<'line>(
        &mut self,
        first: Action<'line>,
        second: Option<Action<'line>>,
        tally: &mut Tally,
    ) -> (Judgement, Option<Judgement>, Action<'line>) {
        let weight = |judgement: &Judgement| (judgement.at_least, judgement.effect);
        let (mut now, mut before) = self.action(&first, tally);
        let mut decisive = first;
        if let Some(second) = second {
            let (now_too, before_too) = self.action(&second, tally);
            let stronger = weight(&now_too) > weight(&now);
            let was_stronger = before_too.as_ref().map(weight) > before.as_ref().map(weight);
            if stronger || (was_stronger && !now.is_affected()) {
                decisive = second;
            }
            if stronger {
                now = now_too;
            }
            if was_stronger {
                before = before_too;
            }
        }
        (now, before, decisive)
    }

    fn action(&mut self, action: &Action<'_>, tally: &mut Tally) -> (Judgement, Option<Judgement>) {
        self.expose(action.operation, action.binary, tally);
        let options = self.options;
        let place = |event: &mut Event| locate(options, event);
        let verdict = |judge: &Judge<'_>, memory: &mut Memory| match options.reading {
            Reading::Fast if !judge.may_name(action.operation, action.binary) => Judgement::allowed(),
            Reading::Fast => memory.judge(judge, action, place),
            Reading::Reference => {
                let mut event = judge::event(action);
                place(&mut event);
                judge.judge(&event)
            }
        };
        let now = verdict(&self.question.now, &mut self.now);
        let before = self.question.before.as_ref().map(|before| verdict(before, &mut self.before));
        (now, before)
    }

    fn of_telovix(&mut self, mut event: Event, place: Place, tally: &mut Tally) {
        let text = |name: &str| event.other.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let host = text("host").or_else(|| text("node_name"));
        let pod = text("pod");
        let circumstances = Circumstances {
            place,
            time: event.time.as_deref().and_then(Moment::parse),
            host: host.as_deref(),
            pod: pod.as_deref().map(|pod| pod.split_once('/').unwrap_or(("", pod))),
        };
        self.locate(&mut event);
        tally.from_telovix += 1;
        tally.seen(&circumstances);
        tally.judged.add(event.operation.name());
        let covered = tally.covered;
        self.expose(event.operation, event.binary.as_deref(), tally);
        if tally.covered > covered {
            tally.covered_span.add(circumstances.time);
        }
        let now = self.question.now.judge(&event);
        let before = self.question.before.as_ref().map(|before| before.judge(&event));
        tally.verdict(now, before, &circumstances, &mut || event.clone());
    }

    /// Counts an event for the parts of the policy that confine its process.
    fn expose(&self, operation: Operation, binary: Option<&str>, tally: &mut Tally) {
        tally.operations[operation as usize] += 1;
        let policy = &self.question.now;
        if policy.may_name(operation, binary) {
            tally.covered += 1;
        }
        if let Some(binary) = binary {
            for subject in policy.subjects().of(operation, binary) {
                *tally.exposed.entry(Exposed { subject, operation }).or_default() += 1;
            }
        }
        debug_assert!(!tally.exposed.contains_key(&Exposed { subject: Subject::Everyone, operation }));
    }

    fn locate(&self, event: &mut Event) {
        locate(self.options, event);
    }
}

/// Sets the sensor and group of an event that has none.
fn locate(options: Options<'_>, event: &mut Event) {
    let given = |value: Option<&str>| value.map(str::to_owned);
    event.sensor = event.sensor.take().or_else(|| given(options.sensor));
    event.group = event.group.take().or_else(|| given(options.group));
}

/// Returns the event in a line of a container's log: `2026-11-20T10:00:00.5Z stdout F {...}`.
pub(crate) fn payload(line: &str) -> &str {
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.starts_with('{') {
        return line;
    }
    let mut words = line.splitn(4, ' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(time), Some("stdout" | "stderr"), Some("F"), Some(event)) if Moment::parse(time).is_some() => {
            event
        }
        _ => line,
    }
}

/// Returns the start of a line, fit to be shown.
pub(crate) fn excerpt(line: &str) -> String {
    let start: String = line
        .chars()
        .take(EXCERPT)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if line.len() > start.len() { format!("{start}...") } else { start }
}
