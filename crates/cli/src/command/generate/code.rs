//! The findings about what was learned.

use telovix_diagnostic::{Code, Diagnostic};
use telovix_learn::{Learned, Updated, Why, sensitive};
use telovix_replay::observe::{Observations, TooManyValues};

use crate::command::impact::words::events;
use crate::exit::Exit;
use crate::failure::Failure;

/// The codes this verb reports.
pub(crate) const CODES: &[&Code] = &[
    &HISTORY_TOO_VARIED,
    &NOTHING_LEARNED,
    &SHORT_HISTORY,
    &NOT_LEARNED,
    &NO_DAY_BEFORE,
    &NO_PROFILE,
    &DENIED_ELSEWHERE,
    &SENSITIVE_ALLOWED,
];

static HISTORY_TOO_VARIED: Code = Code::page(include_str!("code/history-too-varied.md"));
static NOTHING_LEARNED: Code = Code::page(include_str!("code/nothing-learned.md"));
static SHORT_HISTORY: Code = Code::page(include_str!("code/short-history.md"));
static NOT_LEARNED: Code = Code::page(include_str!("code/not-learned.md"));
static NO_DAY_BEFORE: Code = Code::page(include_str!("code/no-day-before.md"));

static NO_PROFILE: Code = Code::page(include_str!("code/no-profile.md"));
static DENIED_ELSEWHERE: Code = Code::page(include_str!("code/denied-elsewhere.md"));

static SENSITIVE_ALLOWED: Code = Code::page(include_str!("code/sensitive-allowed.md"));

/// Values named in one finding.
const SHOWN: usize = 3;

/// Returns the failure of a history with too many values.
pub(super) fn too_varied(error: TooManyValues) -> Failure {
    Failure::new(Exit::CannotRun, &HISTORY_TOO_VARIED, error.to_string())
        .help("give fewer files at a time: one host, or one day")
}

/// Says what an unread part of a history means for learning.
pub(super) fn of_a_part(mut found: Diagnostic) -> Diagnostic {
    if found.code.id == "incomplete-history" {
        found.help = vec![
            "nothing was learned: a profile from a part of a history looks like one from the whole"
                .to_owned(),
        ];
    }
    found
}

/// Returns the failure of a history from which no profile follows.
pub(super) fn nothing_learned(observations: &Observations, learned: &Learned, least: u32) -> Failure {
    let history = &observations.history;
    let read = history.tetragon_events + history.telovix_events;
    let message = match (read, learned.too_short.as_slice()) {
        (0, _) => "the history has no event".to_owned(),
        (read, []) => format!("none of {} in the window shows what one of the binaries did", events(read)),
        (_, [one]) => {
            format!("`{}` has a history of {} seconds, and {least} are needed", one.binary, one.seconds)
        }
        (_, many) => format!("none of {} binaries has a history of {least} seconds", many.len()),
    };
    Failure::new(Exit::CannotRun, &NOTHING_LEARNED, message)
        .help("collect longer, widen `--window`, or lower `--least-history` to learn from a short trace")
}

/// Returns the failure of an evaluation without a day to learn from.
pub(super) fn no_day_before(observations: &Observations) -> Failure {
    let message = match observations.span {
        Some((first, last)) => format!("the history from {first} to {last} has no event before its last day"),
        None => "no event of the history has a time".to_owned(),
    };
    Failure::new(Exit::CannotRun, &NO_DAY_BEFORE, message)
        .help("`--holdout` needs a history of more than a day")
}

/// Returns the failure of a file without a profile.
pub(super) fn no_profile(name: &str) -> Failure {
    Failure::new(
        Exit::CannotRun,
        &NO_PROFILE,
        format!("`{name}` has no document of the kind `GuardianProfile`"),
    )
    .help("`--update` adds entries to profiles; exceptions of rules are written by hand")
}

/// Returns the failure of a file that cannot be read.
pub(super) fn unreadable_profile(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::CannotRun, &NO_PROFILE, format!("cannot read `{name}`: {error}"))
}

/// Returns the findings about an update.
pub(super) fn of_update(updated: &Updated, name: &str) -> Vec<Diagnostic> {
    let elsewhere = updated.elsewhere.iter().map(|elsewhere| {
        let message = format!(
            "{} of `{}`, which no profile in `{name}` is about",
            denials(elsewhere.denied),
            elsewhere.name
        );
        Diagnostic::new(&DENIED_ELSEWHERE, None, message)
            .help("a profile allows by an entry; a rule or a guard by an exception or an entry of its own")
    });
    let review = updated.review.iter().map(|review| {
        let message = format!("`{}` stays denied: {}", review.value.escape_debug(), review.why);
        Diagnostic::new(&NOT_LEARNED, None, message).help("`--admit` allows it")
    });
    let sensitive = updated.added.iter().filter_map(|added| {
        let why = sensitive::of_path(&added.value).filter(|_| added.value.starts_with('/'))?;
        let message = format!("`{}` is allowed to {} now: {why}", added.value, added.profile);
        Some(
            Diagnostic::new(&SENSITIVE_ALLOWED, None, message)
                .help("make sure that the denial was legitimate"),
        )
    });
    elsewhere.chain(sensitive).chain(review).collect()
}

fn denials(count: u64) -> String {
    if count == 1 { "1 denial".to_owned() } else { format!("{count} denials") }
}

/// Returns the findings about profiles.
pub(super) fn findings(learned: &Learned, least: u32) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for profile in &learned.profiles {
        let review: Vec<_> = profile.review.iter().filter(|review| review.why != Why::Incomplete).collect();
        if review.is_empty() {
            continue;
        }
        let values =
            if review.len() == 1 { "1 value".to_owned() } else { format!("{} values", review.len()) };
        let message = format!("`{}`: {values} not allowed without `--admit`", profile.binary);
        let mut finding = Diagnostic::new(&NOT_LEARNED, None, message);
        for review in review.iter().take(SHOWN) {
            finding = finding.help(format!("{}: {}", review.value.escape_debug(), review.why));
        }
        findings.push(finding);
    }
    if !learned.too_short.is_empty() {
        let names: Vec<_> =
            learned.too_short.iter().take(SHOWN).map(|skipped| format!("`{}`", skipped.binary)).collect();
        let more = learned.too_short.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message =
            format!("no profile of {}{more}: less than {least} seconds of history", names.join(", "));
        findings.push(
            Diagnostic::new(&SHORT_HISTORY, None, message).help("collect longer, or lower `--least-history`"),
        );
    }
    if learned.denied > 0 {
        let message =
            format!("{} that a policy denied: nothing was learned from them", events(learned.denied));
        findings.push(Diagnostic::new(&NOT_LEARNED, None, message).help(
            "`--update` learns from denials, `--from-denials` from those that were marked as legitimate",
        ));
    }
    findings
}
