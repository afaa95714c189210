//! Findings -> text for the terminal, with the source line and a caret.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use telovix_diagnostic::source::{Source, Span};
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_workspace::BASELINE;

use super::{Amount, Report, Summary};

/// Longer excerpts are not printed, such as a line of one megabyte.
const LONGEST_EXCERPT: usize = 16 * 1024;

/// The most codes of which a finding is printed, without being asked.
const CODES_SHOWN: usize = 40;

/// Prints the findings, then the number of each severity.
pub(crate) fn write(report: &Report, amount: Amount, out: &mut dyn Write) -> io::Result<()> {
    let hidden = write_findings(report, amount, out)?;
    let summary = report.summary();
    if amount.is_quiet() {
        return Ok(());
    }
    if summary == Summary::default() {
        return write_accepted(report, out);
    }
    let more = match hidden {
        0 => String::new(),
        1 => " (1 is not shown: `--verbose`)".to_owned(),
        count => format!(" ({count} are not shown: `--verbose`)"),
    };
    writeln!(out, "{}{more}; run `telovix explain CODE` for details", counted(summary))?;
    write_accepted(report, out)
}

/// Prints how many findings the baseline accepts.
pub(crate) fn write_accepted(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    match report.accepted() {
        (_, 0) => Ok(()),
        (0, all) => writeln!(out, "{} in `{BASELINE}`", plural(all, "finding")),
        (errors, all) => {
            let (all, errors) = (plural(all, "finding"), plural(errors, "error"));
            writeln!(
                out,
                "{all} in `{BASELINE}`, {errors} among them, with which `telovix compile` writes nothing"
            )
        }
    }
}

/// Prints the findings; returns how many are not printed. Of many findings with one code the first are printed, and how many
/// more there are.
pub(crate) fn write_findings(report: &Report, amount: Amount, out: &mut dyn Write) -> io::Result<usize> {
    let (shown, hidden): (Vec<_>, Vec<_>) = report.diagnostics.iter().partition(|found| amount.shows(found));
    let key = |found: &Diagnostic| (found.severity, found.code.id);
    let mut totals: BTreeMap<_, usize> = BTreeMap::new();
    for found in &shown {
        *totals.entry(key(found)).or_default() += 1;
    }
    let (most, most_lines) = amount.of_each_code();
    let most_codes = if most == usize::MAX { usize::MAX } else { CODES_SHOWN };
    let mut printed: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for found in &shown {
        let codes = printed.len();
        let known = printed.contains_key(&key(found));
        if !known && codes == most_codes {
            continue;
        }
        let (count, lines) = printed.entry(key(found)).or_default();
        if *count > 0 && (*count >= most || *lines >= most_lines) {
            continue;
        }
        let text = if amount.is_concise() {
            one_line(report, found)
        } else {
            format!("{}\n", Renderer::styled().render(&groups(report, found)))
        };
        *count += 1;
        *lines += text.lines().count();
        writeln!(out, "{text}")?;
    }
    let mut unprinted = 0;
    for (key, total) in totals.iter().rev() {
        let rest = total - printed.get(key).map_or(0, |(count, _)| *count);
        unprinted += rest;
        if rest > 0 && printed.contains_key(key) {
            writeln!(out, "… and {} more of {}[{}]", thousands(rest), key.0.name(), key.1)?;
        }
    }
    if printed.len() < totals.len() {
        writeln!(out, "… and {} more", plural(totals.len() - printed.len(), "code"))?;
    }
    if unprinted > 0 && !amount.is_concise() {
        writeln!(out)?;
    }
    Ok(hidden.len() + unprinted)
}

/// Returns `profiles/amf.yaml:2:1: error[unknown-key]: unknown key`.
fn one_line(report: &Report, found: &Diagnostic) -> String {
    let place = found.span.map_or_else(String::new, |span| {
        let position = report.sources.position(span);
        format!("{}:{}:{}: ", report.path(span), position.line, position.column)
    });
    let message = found.message.replace(char::is_control, " ");
    format!("{place}{}[{}]: {message}", found.severity.name(), found.code.id)
}

/// Returns a number with commas: `19,995`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns `1 error, 2 warnings`, without zero counts.
pub(crate) fn counted(summary: Summary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| plural(*count, word));
    words.collect::<Vec<_>>().join(", ")
}

/// Returns `1 file`, `2 files`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}

fn groups<'report>(report: &'report Report, diagnostic: &'report Diagnostic) -> Vec<Group<'report>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id);
    let mut main = Group::with_title(title);
    for excerpt in excerpts(report, diagnostic) {
        main = main.element(excerpt);
    }
    for help in &diagnostic.help {
        main = main.element(Level::HELP.message(help.as_str()));
    }
    let mut groups = vec![main];
    for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
        let Some(source) = report.sources.get(edit.span.source) else { continue };
        let Some(lines) = lines_around(source, [edit.span]) else { continue };
        let patch = Patch::new(within(&lines, edit.span), edit.replacement.as_str());
        let snippet = Snippet::source(&source.text()[lines.clone()]);
        let snippet = snippet.path(report.path(edit.span)).line_start(line_of(source, lines.start));
        groups.push(Level::HELP.secondary_title("write this instead").element(snippet.patch(patch)));
    }
    groups
}

/// Returns one excerpt per source that the finding points into, the finding's own first.
fn excerpts<'report>(
    report: &'report Report,
    diagnostic: &'report Diagnostic,
) -> Vec<Snippet<'report, Annotation<'report>>> {
    let own = diagnostic.span.map(|span| (AnnotationKind::Primary, span, diagnostic.label.as_str()));
    let related = diagnostic.related.iter();
    let related = related.map(|label| (AnnotationKind::Context, label.span, label.text.as_str()));
    let mut places: Vec<_> = own.into_iter().chain(related).collect();
    let mut excerpts = Vec::new();
    while let Some(&(_, Span { source: id, .. }, _)) = places.first() {
        let (here, elsewhere): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| place.1.source == id);
        places = elsewhere;
        let Some(source) = report.sources.get(id) else { continue };
        let Some(lines) = lines_around(source, here.iter().map(|place| place.1)) else {
            excerpts.push(origin_only(report, source, here[0].1));
            continue;
        };
        let mut snippet = Snippet::source(&source.text()[lines.clone()])
            .path(report.path(here[0].1))
            .line_start(line_of(source, lines.start));
        for (kind, span, label) in here {
            let label = (!label.is_empty()).then_some(label);
            snippet = snippet.annotation(kind.span(first_line(source, &lines, span)).label(label));
        }
        excerpts.push(snippet);
    }
    excerpts
}

/// Returns an excerpt with the location only.
fn origin_only<'report>(
    report: &'report Report,
    source: &Source,
    span: Span,
) -> Snippet<'report, Annotation<'report>> {
    let position = source.position(span.start);
    let snippet = Snippet::source("").path(report.path(span)).line_start(position.line as usize);
    snippet.annotation(AnnotationKind::Primary.span(0..0))
}

/// Returns the byte range of the lines in which the spans start, unless it is too long to print.
fn lines_around(source: &Source, spans: impl IntoIterator<Item = Span>) -> Option<Range<usize>> {
    let text = source.text();
    let starts: Vec<usize> = spans.into_iter().map(|span| (span.start as usize).min(text.len())).collect();
    let (first, last) = (*starts.iter().min()?, *starts.iter().max()?);
    let start = text.get(..first)?.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text.get(last..)?.find('\n').map_or(text.len(), |newline| last + newline);
    (end - start <= LONGEST_EXCERPT).then_some(start..end)
}

/// Returns the part of a span on its first line, relative to the start of `lines`. The first line of a document is a
/// better excerpt than all of it.
fn first_line(source: &Source, lines: &Range<usize>, span: Span) -> Range<usize> {
    let Range { start, end } = within(lines, span);
    let shown = source.text().get(lines.start + start..lines.start + end).unwrap_or("");
    start..start + shown.find('\n').unwrap_or(shown.len())
}

fn within(lines: &Range<usize>, span: Span) -> Range<usize> {
    let clamp = |offset: u32| (offset as usize).clamp(lines.start, lines.end) - lines.start;
    clamp(span.start)..clamp(span.end)
}

fn line_of(source: &Source, offset: usize) -> usize {
    source.position(u32::try_from(offset).unwrap_or(u32::MAX)).line as usize
}

/// Returns a sentence with its first letter in upper case.
pub(crate) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
