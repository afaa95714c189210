//! Events -> verdicts -> a tally: what one thread does with one event.

use super::{Clerk, Options, Question, Reading, Told};
use crate::action::{self, Action};
use crate::judge::{self, Exposed, Judge, Judgement, Memory, Subject};
use crate::line::KINDS;
use crate::moment::Moment;
use crate::tally::{Circumstances, Place, Tally};
use crate::vocabulary::{Event, Operation};

/// Judges events, and remembers verdicts.
pub(super) struct Judging<'run> {
    question: &'run Question<'run>,
    options: Options<'run>,
    now: Memory,
    before: Memory,
}

impl<'run> Judging<'run> {
    pub(super) fn new(question: &'run Question<'run>, options: Options<'run>) -> Self {
        Self { question, options, now: Memory::default(), before: Memory::default() }
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

impl Clerk for Judging<'_> {
    fn tetragon(&mut self, Told { kind, envelope, .. }: Told<'_>, place: Place, tally: &mut Tally) {
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

    fn telovix(&mut self, mut event: Event, place: Place, tally: &mut Tally) {
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
}

/// Sets the sensor and group of an event that has none.
pub(crate) fn locate(options: Options<'_>, event: &mut Event) {
    let given = |value: Option<&str>| value.map(str::to_owned);
    event.sensor = event.sensor.take().or_else(|| given(options.sensor));
    event.group = event.group.take().or_else(|| given(options.group));
}
