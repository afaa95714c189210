//! Counts and sizes of a hook -> findings: limits of Tetragon, of its BPF programs and of its maps.

use telovix_diagnostic::{Diagnostic, Sink};

use super::function;
use crate::codes::{CRASH, ENCODED_SIZE, FILTER_MAPS, IGNORED, LIMIT};
use crate::encoded_size::{ENCODED_BYTES, ENCODER_BYTES, encoded_size};
use crate::{ArgumentClass, ArgumentFilter, BinaryOperator, Hook, Operator, Section, Text};

/// Maximum number of selectors of a hook.
const SELECTORS: usize = 5;
/// Maximum number of filters on arguments and data of a selector, and on a return value.
const FILTERS: usize = 5;
/// Maximum number of maps of one kind per hook.
const MAPS: usize = 8;
/// Maximum number of substrings of a hook.
const SUBSTRINGS: usize = 100;
/// Maximum length of an event's message and tag, in bytes.
const MESSAGE_BYTES: usize = 256;
const TAG_BYTES: usize = 128;

/// Reports exceeded limits.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    if let Some(sixth) = hook.selectors.get(SELECTORS) {
        let message =
            format!("a hook has at most {SELECTORS} selectors, this one has {}", hook.selectors.len());
        let help = "add a second entry for the hook with the remaining selectors";
        sink.report(Diagnostic::new(&LIMIT, sixth.span, message).help(help));
    }
    for selector in &hook.selectors {
        let entry = selector.arguments.iter().chain(&selector.data);
        if let Some(sixth) = entry.clone().nth(FILTERS) {
            let message = format!("a selector has at most {FILTERS} filters on arguments and data");
            sink.report(Diagnostic::new(&LIMIT, sixth.span, message));
        }
        if let Some(sixth) = selector.return_arguments.get(FILTERS).filter(|_| hook.returns) {
            let message = format!("a selector has at most {FILTERS} filters on the return value");
            sink.report(Diagnostic::new(&LIMIT, sixth.span, message));
        }
    }
    check_substrings(hook, sink);
    check_size(hook, sink);
    check_maps(hook, sink);
    check_texts(hook, sink);
}

fn check_substrings(hook: &Hook, sink: &mut Sink) {
    let is_substring = |filter: &&ArgumentFilter| {
        matches!(filter.operator.value, Operator::SubString | Operator::SubStringIgnoreCase)
    };
    let filters = hook.selectors.iter().flat_map(|selector| selector.arguments.iter().chain(&selector.data));
    let values = filters.filter(is_substring).filter(|filter| is_text(hook, filter));
    if let Some(more) = values.flat_map(|filter| &filter.values).nth(SUBSTRINGS) {
        let message = format!("a hook has at most {SUBSTRINGS} substrings");
        sink.report(Diagnostic::new(&LIMIT, more.span, message));
    }
}

fn check_size(hook: &Hook, sink: &mut Sink) {
    let bytes = encoded_size(hook);
    if bytes <= ENCODED_BYTES {
        return;
    }
    let code = if bytes <= ENCODER_BYTES { &ENCODED_SIZE } else { &CRASH };
    let message = format!("the selectors of this hook take {bytes} bytes, more than {ENCODED_BYTES}");
    sink.report(
        Diagnostic::new(code, hook.span, message).help("add a second entry for the hook with half of them"),
    );
}

/// Returns whether a hook is within every limit that depends on its selectors.
#[must_use]
pub fn fits(hook: &Hook) -> bool {
    hook.selectors.len() <= SELECTORS
        && encoded_size(hook) <= ENCODED_BYTES
        && map_uses(hook).into_iter().all(|(count, most, _)| count <= most)
}

fn check_maps(hook: &Hook, sink: &mut Sink) {
    for (count, most, kind) in map_uses(hook).into_iter().filter(|(count, most, _)| count > most) {
        let message = format!("this hook has {count} filters of the kind {kind}, more than {most}");
        let help = "add a second entry for the hook with some of its selectors";
        sink.report(Diagnostic::new(&FILTER_MAPS, hook.span, message).help(help));
    }
}

/// Counts filters by the kind of map they use: the count, the maximum, and the kind.
fn map_uses(hook: &Hook) -> [(usize, usize, &'static str); 7] {
    let mut prefixes = 0;
    let mut postfixes = 0;
    let mut strings = 0;
    let mut numbers = 0;
    let (mut addresses4, mut addresses6) = (0, 0);
    let mut substrings = 0;
    for selector in &hook.selectors {
        for filter in &selector.binaries {
            match filter.operator.value {
                BinaryOperator::Prefix | BinaryOperator::NotPrefix => prefixes += 1,
                BinaryOperator::Postfix | BinaryOperator::NotPostfix => postfixes += 1,
                BinaryOperator::In | BinaryOperator::NotIn => {}
            }
        }
        for filter in selector.arguments.iter().chain(&selector.data) {
            match filter.operator.value {
                Operator::Prefix | Operator::NotPrefix => prefixes += 1,
                Operator::Postfix | Operator::NotPostfix => postfixes += 1,
                Operator::Equal | Operator::NotEqual if is_text(hook, filter) => strings += 1,
                Operator::InMap
                | Operator::NotInMap
                | Operator::SPort
                | Operator::NotSPort
                | Operator::DPort
                | Operator::NotDPort
                | Operator::Protocol
                | Operator::Family
                | Operator::State => numbers += 1,
                Operator::SAddr | Operator::NotSAddr | Operator::DAddr | Operator::NotDAddr => {
                    let is_six = |value: &Text<'_>| value.value.contains(':');
                    addresses4 += usize::from(filter.values.iter().any(|value| !is_six(value)));
                    addresses6 += usize::from(filter.values.iter().any(is_six));
                }
                Operator::SubString | Operator::SubStringIgnoreCase => substrings += filter.values.len(),
                _ => {}
            }
        }
    }
    [
        (prefixes, MAPS, "prefixes"),
        (postfixes, MAPS, "postfixes"),
        (strings, MAPS, "equal strings"),
        (numbers, MAPS, "numbers and ports"),
        (addresses4, MAPS, "IPv4 addresses"),
        (addresses6, MAPS, "IPv6 addresses"),
        (substrings, if hook.point.section() == Section::Uprobes { 100 } else { 1 }, "substrings"),
    ]
}

fn is_text(hook: &Hook, filter: &ArgumentFilter) -> bool {
    let class = hook.argument_of(filter).map(|argument| argument.kind.value.class());
    matches!(class, Some(ArgumentClass::Text | ArgumentClass::File | ArgumentClass::UnixAddress))
}

fn check_texts(hook: &Hook, sink: &mut Sink) {
    let texts = hook.message.iter().map(|text| (text, MESSAGE_BYTES, "message"));
    for (text, most, noun) in texts.chain(hook.tags.iter().map(|text| (text, TAG_BYTES, "tag"))) {
        if text.value.len() == 1 || (noun == "tag" && text.value.is_empty()) {
            let message = format!("a {noun} must have at least 2 bytes");
            sink.report(Diagnostic::new(&LIMIT, text.span, message).tetragon(function::at_load(hook)));
        } else if text.value.len() > most {
            let message = format!("Tetragon truncates a {noun} after {most} bytes");
            sink.report(Diagnostic::new(&IGNORED, text.span, message));
        }
    }
}
