//! Values of filters on paths -> findings: a path that the kernel never passes.
//!
//! The path of a file starts with `/`, has no `/` at its end and no `.` or `..` in it, and no character of it is special
//! to Tetragon. Paths that a program passes to a system call are as the program wrote them.

use telovix_diagnostic::{Certainty, Diagnostic, EntryEdit, Fix, Sink};
use telovix_syntax::{limits, quote};

use crate::codes::PATH_VALUE;
use crate::{Argument, ArgumentFilter, ArgumentType, Hook, Operator, Text};

/// Reports values that no path is equal to, starts with or ends with.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    for selector in &hook.selectors {
        let arguments = selector.arguments.iter().map(|filter| (filter, hook.argument_of(filter)));
        let data = selector.data.iter().map(|filter| (filter, hook.data_of(filter)));
        for (filter, argument) in arguments.chain(data) {
            if argument.is_some_and(is_path) {
                let most = sink.count() + limits::LIST_FINDINGS;
                for value in &filter.values {
                    if sink.count() < most {
                        check_value(filter, value, sink);
                    }
                }
            }
        }
    }
}

/// Returns whether the kernel's own path is compared.
fn is_path(argument: &Argument<'_>) -> bool {
    use ArgumentType as T;
    matches!(argument.kind.value, T::File | T::Path | T::FileDescriptor | T::Dentry | T::Binprm)
}

fn check_value(filter: &ArgumentFilter, value: &Text<'_>, sink: &mut Sink) {
    use Operator as O;
    let operator = filter.operator.value;
    let text = value.value.as_ref();
    let problem = match operator {
        _ if text.is_empty() => None,
        O::Equal | O::NotEqual => equal_problem(text),
        O::Prefix | O::NotPrefix => prefix_problem(text),
        O::Postfix | O::NotPostfix => postfix_problem(text),
        _ => None,
    };
    let Some((problem, help)) = problem else { return };
    let result =
        if operator.is_negative() { "so the filter excludes nothing" } else { "so it never matches" };
    let message = format!("{} {problem}, {result}", quote(text));
    let found = Diagnostic::new(&PATH_VALUE, value.span, message).help(help);
    sink.report(match meant(filter, value) {
        Some(fix) => found.fix_by(fix),
        None => found,
    });
}

/// Returns the fix of a value in the notation of other tools. `Equal` becomes `Prefix` only where it has no other value.
fn meant(filter: &ArgumentFilter, value: &Text<'_>) -> Option<Fix> {
    use Operator as O;
    let text = value.value.as_ref();
    let stem = |stem: &str| {
        (!stem.is_empty() && !stem.contains(['*', '?']))
            .then(|| EntryEdit::Value(value.span, stem.to_owned()))
    };
    let operator = filter.operator.value;
    match operator {
        O::Equal | O::NotEqual
            if text.starts_with('/') && text.ends_with(['*', '/']) && filter.values.len() == 1 =>
        {
            let prefix = if operator == O::Equal { "Prefix" } else { "NotPrefix" };
            let entries = vec![
                EntryEdit::Value(filter.operator.span, prefix.to_owned()),
                stem(text.trim_end_matches('*'))?,
            ];
            Some(Fix::entries(Certainty::Guess, entries))
        }
        O::Prefix | O::NotPrefix if text.starts_with('/') && text.ends_with('*') => {
            Some(Fix::entries(Certainty::Meant, vec![stem(text.trim_end_matches('*'))?]))
        }
        O::Postfix | O::NotPostfix if text.starts_with('*') => {
            Some(Fix::entries(Certainty::Meant, vec![stem(text.trim_start_matches('*'))?]))
        }
        _ => None,
    }
}

type Problem = Option<(&'static str, String)>;

fn equal_problem(text: &str) -> Problem {
    let dotted = text.split('/').any(|part| part == "." || part == "..");
    if !text.starts_with('/') {
        Some(("is not absolute", format!("write the whole path, or `Postfix` with `/{text}`")))
    } else if let Some(stem) = text.strip_suffix('*') {
        Some(("ends in `*`, which is not special", format!("write `Prefix` with `{stem}`")))
    } else if has_glob(text) {
        Some((
            "has a wildcard, which is not special",
            "list the paths, or use `Prefix` or `Postfix`".to_owned(),
        ))
    } else if text.len() > 1 && text.ends_with('/') {
        Some((
            "ends in `/`, which no path does",
            format!("write `Prefix` with `{text}` for what is below it"),
        ))
    } else if dotted || text.contains("//") {
        Some(("is not resolved", "write the path that it resolves to".to_owned()))
    } else {
        None
    }
}

fn prefix_problem(text: &str) -> Problem {
    let inner = text.rsplit_once('/').map_or("", |(inner, _)| inner);
    let dotted = inner.split('/').any(|part| part == "." || part == "..");
    if !text.starts_with('/') {
        Some(("is not the start of a path", format!("write `Postfix` with `{text}`, or the whole path")))
    } else if let Some(stem) = text.strip_suffix('*') {
        Some(("ends in `*`, which is not special", format!("write `{stem}`")))
    } else if has_glob(text) {
        Some(("has a wildcard, which is not special", "write the part before it".to_owned()))
    } else if dotted || text.contains("//") {
        Some(("is not resolved", "write the path that it resolves to".to_owned()))
    } else {
        None
    }
}

fn postfix_problem(text: &str) -> Problem {
    if let Some(stem) = text.strip_prefix('*') {
        Some(("starts with `*`, which is not special", format!("write `{stem}`")))
    } else if text.ends_with('*') {
        Some(("ends in `*`, which is not special", "use `SubString`, or `Prefix` with the folder".to_owned()))
    } else if text.ends_with('/') {
        Some(("ends in `/`, which no path does", "use `Prefix` with the whole path of the folder".to_owned()))
    } else if text.contains("//") {
        Some(("is not resolved", "write one `/` between names".to_owned()))
    } else {
        None
    }
}

/// A file can have `*` in its name, but `/*/`, `**` and `/*.` are patterns of other tools.
fn has_glob(text: &str) -> bool {
    text.contains("**") || text.contains("/*/") || text.contains("/*.")
}
