//! A set of paths -> filters by whole path and by prefix.

use super::super::codes::PATH_TOO_LONG;
use super::{Origins, Place, Refusal, filter};
use crate::confine::PathSet;
use crate::source::Spanned;
use crate::tracing_policy::{ArgumentFilter, Operator};

/// Longest prefix that the engine compares whole; it accepts 256 and cuts them.
const PREFIX_BYTES: usize = 255;
/// Longest path that the engine compares whole.
pub(in crate::emit::tracing_policy) const PATH_BYTES: usize = 4_096;

/// Returns the filters that name the paths of a set; none when the set is empty.
///
/// Everything but a list is one conjunction: equal to none and starting with none. A list is one conjunction
/// for whole paths and one for prefixes. An argument without a path (a pipe, a memory file) matches neither
/// form, as it is in no set of paths.
pub(in crate::emit::tracing_policy) fn path_alternatives(
    paths: &PathSet,
    place: Place,
    origins: &Origins<'_>,
) -> Result<Vec<Vec<ArgumentFilter>>, Refusal> {
    let (everywhere, entries) = paths.prefixes();
    let mut exact = Vec::new();
    let mut prefixes = Vec::new();
    for (bytes, inside) in entries {
        if inside == everywhere {
            let message = "the set of paths has exceptions inside exceptions";
            return Err(Refusal::cannot_express(origins.span, message));
        }
        let (form, most) = match bytes.strip_suffix(&[0]) {
            Some(path) => (path, PATH_BYTES),
            None => (bytes, PREFIX_BYTES),
        };
        let span = origins.path(bytes);
        let text = String::from_utf8_lossy(form).into_owned();
        if form.len() > most {
            let message = format!("the engine compares {most} bytes of this path, which has {}", form.len());
            let help = "list a shorter directory above it, or use a native target";
            return Err(Refusal { code: &PATH_TOO_LONG, span, message, help });
        }
        let is_exact = bytes.last() == Some(&0);
        if is_exact { &mut exact } else { &mut prefixes }.push(Spanned::new(text, span));
    }
    let some = |operator, values: Vec<_>| {
        (!values.is_empty()).then(|| filter(place, operator, values, origins.span))
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
