//! Filter values -> findings, as Tetragon's encoder reads them.
//!
//! Source: `pkg/selectors/kernel.go`.

mod address;
mod number;
mod word;

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_syntax::{limits, quote};

use crate::codes::{ALWAYS_MATCHES, CRASH, LIMIT, NEVER_MATCHES, VALUE};
use crate::{ArgumentClass, ArgumentFilter, ArgumentType, NamedList, Operator};

pub(super) use word::capability;

/// What is wrong with a value: the code, and the rest of a sentence that starts with it.
type Problem = Option<(&'static Code, String)>;

const NUMBERS: usize = 4;
const EQUAL_BYTES: usize = 4_096;
const PREFIX_BYTES: usize = 256;
const POSTFIX_BYTES: usize = 127;
const SUBSTRING_BYTES: usize = 99;

/// Reports values that the encoder rejects, and values that cannot match. Only filters of tracepoints have `lists`.
pub(super) fn check(
    filter: &ArgumentFilter,
    kind: ArgumentType,
    lists: Option<&[NamedList<'_>]>,
    sink: &mut Sink,
) {
    use Operator as O;
    let class = kind.class();
    let is_text = matches!(class, ArgumentClass::Text | ArgumentClass::File | ArgumentClass::UnixAddress);
    let limited = match filter.operator.value {
        O::Equal | O::NotEqual => !is_text,
        O::GreaterThan | O::LessThan | O::Gt | O::Lt | O::Mask => true,
        O::InRange | O::NotInRange | O::FileType | O::NotFileType => true,
        _ => false,
    };
    if let Some(fifth) = filter.values.get(NUMBERS).filter(|_| limited) {
        let message = format!("`{}` supports at most {NUMBERS} values", filter.operator.value.name());
        let diagnostic = Diagnostic::new(&LIMIT, fifth.span, message);
        let has_map =
            matches!(filter.operator.value, O::Equal | O::NotEqual) && class != ArgumentClass::CapabilityMask;
        sink.report(if has_map { diagnostic.help("use `InMap` or `NotInMap`") } else { diagnostic });
    }
    let most = sink.count() + limits::LIST_FINDINGS;
    for value in &filter.values {
        if sink.count() >= most {
            return;
        }
        let text = value.value.as_ref();
        let problem = match (filter.operator.value, text.strip_prefix("list:")) {
            (O::InMap | O::NotInMap, Some(name)) => list_problem(name, kind, lists),
            (operator, _) => problem(operator, kind, is_text, text),
        };
        if let Some((code, problem)) = problem {
            let message = format!("{} {problem}", quote(&shortened(text)));
            sink.report(Diagnostic::new(code, value.span, message));
        }
    }
}

/// Reports values of `Prefix` and `Postfix` that the encoder rejects on any type, also on those that it never compares.
pub(super) fn check_unused(filter: &ArgumentFilter, kind: ArgumentType, sink: &mut Sink) {
    use Operator as O;
    if !matches!(filter.operator.value, O::Prefix | O::NotPrefix | O::Postfix | O::NotPostfix) {
        return;
    }
    for value in &filter.values {
        let problem = problem(filter.operator.value, kind, false, &value.value);
        if let Some((code, problem)) = problem.filter(|(code, _)| **code == LIMIT || **code == CRASH) {
            let message = format!("{} {problem}", quote(&shortened(&value.value)));
            sink.report(Diagnostic::new(code, value.span, message));
        }
    }
}

/// Returns what is wrong with one value.
fn problem(operator: Operator, kind: ArgumentType, is_text: bool, text: &str) -> Problem {
    use Operator as O;
    match operator {
        O::Equal | O::NotEqual if is_text => equal_problem(text, kind),
        O::Prefix | O::NotPrefix => prefix_problem(text),
        O::Postfix | O::NotPostfix => postfix_problem(text, kind),
        O::SubString | O::SubStringIgnoreCase => {
            let bytes = text.len();
            (bytes > SUBSTRING_BYTES)
                .then(|| (&LIMIT, format!("has {bytes} bytes, more than {SUBSTRING_BYTES}")))
        }
        O::Equal | O::NotEqual | O::GreaterThan | O::LessThan | O::Gt | O::Lt | O::Mask => {
            if kind.class() == ArgumentClass::CapabilityMask {
                word::mask_problem(text)
            } else {
                number::number_problem(text, kind)
            }
        }
        O::InMap | O::NotInMap => number::map_problem(text, kind),
        O::InRange | O::NotInRange => number::range_problem(text, kind),
        O::SAddr | O::NotSAddr | O::DAddr | O::NotDAddr => address::address_problem(text),
        O::SPort | O::NotSPort | O::DPort | O::NotDPort => number::port_problem(text),
        O::Protocol => word::protocol_problem(text),
        O::Family => word::family_problem(text),
        O::State => word::state_problem(text),
        O::FileType | O::NotFileType => word::file_type_problem(text),
        O::SPortPriv
        | O::NotSPortPriv
        | O::DPortPriv
        | O::NotDPortPriv
        | O::CapabilitiesGained
        | O::CelExpression => None,
    }
}

fn equal_problem(text: &str, kind: ArgumentType) -> Problem {
    let trimmed = if kind == ArgumentType::String { text.trim_end_matches('\0') } else { text };
    match trimmed.len() {
        0 if !text.is_empty() => {
            Some((&CRASH, "consists of NUL characters, which crashes Tetragon".to_owned()))
        }
        0 => Some((&NEVER_MATCHES, "is an empty string, which never matches".to_owned())),
        bytes if bytes > EQUAL_BYTES => Some((&LIMIT, format!("has {bytes} bytes, more than {EQUAL_BYTES}"))),
        _ => None,
    }
}

fn prefix_problem(text: &str) -> Problem {
    match text.len() {
        0 => Some((&ALWAYS_MATCHES, "is an empty prefix, which matches every value".to_owned())),
        1..PREFIX_BYTES => None,
        PREFIX_BYTES => Some((&NEVER_MATCHES, "has 256 bytes, which the lookup truncates".to_owned())),
        bytes => Some((&LIMIT, format!("has {bytes} bytes, more than {PREFIX_BYTES}"))),
    }
}

fn postfix_problem(text: &str, kind: ArgumentType) -> Problem {
    let is_trimmed = kind != ArgumentType::CharBuffer;
    let trimmed = if is_trimmed { text.trim_end_matches('\0') } else { text };
    match trimmed.len() {
        0 if is_trimmed && text.is_empty() => {
            Some((&CRASH, "is an empty postfix, which crashes Tetragon".to_owned()))
        }
        0 if is_trimmed => Some((&CRASH, "consists of NUL characters, which crashes Tetragon".to_owned())),
        0 => Some((&ALWAYS_MATCHES, "is an empty postfix, which matches every value".to_owned())),
        1..=POSTFIX_BYTES => None,
        bytes => Some((&LIMIT, format!("has {bytes} bytes, more than {POSTFIX_BYTES}"))),
    }
}

/// Returns what is wrong with the value `list:NAME`: only tracepoints read lists, and only of system calls.
fn list_problem(name: &str, kind: ArgumentType, lists: Option<&[NamedList<'_>]>) -> Problem {
    let refuse = |problem: &str| Some((&VALUE, problem.to_owned()));
    let Some(lists) = lists else { return refuse("is a list, which only filters of tracepoints can use") };
    let Some(list) = lists.iter().find(|list| list.name.value == name) else {
        return refuse("is a list that is not defined under `lists`");
    };
    if !list.lists_syscalls() {
        return refuse("is a list of another type than `syscalls`");
    }
    if kind != ArgumentType::Syscall64 {
        return refuse("is a list of system calls, for which the argument needs the type `syscall64`");
    }
    None
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).expect("`char_indices` gives character boundaries")),
        None => text.to_owned(),
    }
}
