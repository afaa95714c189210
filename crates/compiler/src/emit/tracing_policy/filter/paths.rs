//! A set of paths -> filters by whole path and by prefix.

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;
use telovix_policy::confine::{Confinement, MemberValue, PathSet};
use telovix_policy::value::PathPattern;
use telovix_tetragon::{ArgumentFilter, Operator};

use super::super::codes::PATH_TOO_LONG;
use super::{Lines, Place, Refusal, filter};

/// Longest prefix that Tetragon compares in full, in bytes; it accepts 256 and truncates them.
const PREFIX_BYTES: usize = 255;
/// Longest path that Tetragon compares in full, in bytes.
pub(in crate::emit::tracing_policy) const PATH_BYTES: usize = 4_096;

/// Returns the filters for the paths of a set; none when the set is empty.
///
/// Everything but a list is one conjunction: equal to none and starting with none. A list is one conjunction
/// for whole paths and one for prefixes. An argument without a path (a pipe, a memory file) matches neither
/// form, as it is in no set of paths.
pub(in crate::emit::tracing_policy) fn path_alternatives<'text>(
    paths: &'text PathSet,
    place: Place,
    confinement: &Confinement,
) -> Result<Vec<Vec<ArgumentFilter<'text>>>, Refusal> {
    let (everywhere, entries) = paths.prefixes();
    let lines = Lines::of(confinement, |member| {
        let pattern = if let MemberValue::Path(pattern) = member { Some(pattern) } else { None };
        pattern.into_iter().flat_map(PathPattern::stems)
    });
    let (count, _) = entries.size_hint();
    let (mut exact, mut prefixes) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (bytes, inside) in entries {
        if inside == everywhere {
            let message = "Tetragon does not support exceptions inside exceptions in a set of paths";
            return Err(Refusal::cannot_express(confinement.span, message));
        }
        let (form, most, line) = match bytes {
            [file @ .., 0] => (file, PATH_BYTES, lines.get(&(file, Some(0)))),
            [directory @ .., b'/'] => (bytes, PREFIX_BYTES, lines.get(&(directory, Some(b'/')))),
            stem => (bytes, PREFIX_BYTES, lines.get(&(stem, None))),
        };
        let span = line.unwrap_or(confinement.span);
        if form.len() > most {
            let message = format!("this path has {} bytes, and Tetragon compares only {most}", form.len());
            let help = "list a shorter parent directory, or use a native target";
            return Err(Refusal { code: &PATH_TOO_LONG, span, message, help });
        }
        let is_exact = form.len() < bytes.len();
        if is_exact { &mut exact } else { &mut prefixes }.push(Spanned::new(text(form), span));
    }
    let some = |operator, values: Vec<_>| {
        (!values.is_empty()).then(|| filter(place, operator, values, confinement.span))
    };
    if !everywhere {
        let equal = some(Operator::Equal, exact);
        return Ok(equal
            .into_iter()
            .chain(some(Operator::Prefix, prefixes))
            .map(|filter| vec![filter])
            .collect());
    }
    if prefixes.iter().any(|prefix| prefix.value == "/") {
        return Ok(Vec::new());
    }
    let filters: Vec<_> =
        some(Operator::NotEqual, exact).into_iter().chain(some(Operator::NotPrefix, prefixes)).collect();
    Ok(vec![filters])
}

/// Paths of documents are UTF-8, so the fast check nearly always succeeds.
fn text(path: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(path).map_or_else(|_| String::from_utf8_lossy(path), Cow::Borrowed)
}
