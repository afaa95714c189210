//! A filter on an argument -> its decided form, by what the argument is for an operation.

use super::call::Source;
use super::destination::{AddressSet, Numbers, family};
use super::fact::Register;
use super::file_type::FileTypes;
use super::number_set::NumberSet;
use super::test::Test;
use super::text_set::{Comparison, TextSet};
use crate::{ArgumentClass, ArgumentType, Fit, Operator};

/// A longer prefix is never found: the key of the look-up is cut.
const PREFIX_BYTES: usize = 255;

/// The longest text that is found inside of another.
const PART_BYTES: usize = 99;

/// What one filter compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    /// The operator.
    pub(super) operator: Operator,
    /// The declared type.
    pub(super) kind: ArgumentType,
    /// What is there; `None` if that is not known.
    pub(super) source: Option<Source>,
}

impl Compared {
    /// Returns the decided form of the filter with these values. What is not known is a fact, described by `key` and
    /// `words`.
    pub(super) fn test<'value>(
        self,
        values: impl Iterator<Item = &'value str> + Clone,
        register: &mut Register,
        key: &str,
        words: &str,
    ) -> Test {
        match self.kind.class().fit(self.operator) {
            Fit::Never => return Test::Constant(false),
            Fit::Always => return Test::Constant(true),
            Fit::Works | Fit::Rejected => {}
        }
        let known = match self.kind.class().fit(self.operator) {
            Fit::Works => self.known(values, register),
            _ => None,
        };
        known.unwrap_or_else(|| Test::Fact(register.number(key.to_owned(), words)))
    }

    fn known<'value>(
        self,
        values: impl Iterator<Item = &'value str> + Clone,
        register: &mut Register,
    ) -> Option<Test> {
        let negated = self.operator.is_negative();
        match (self.source?, self.kind.class()) {
            (Source::Path, ArgumentClass::File)
                if matches!(self.operator, Operator::FileType | Operator::NotFileType) =>
            {
                let types = FileTypes::read(values)?;
                let other = register.number(format!("file of {types:?}"), "the type of the file");
                Some(Test::FileType { types, negated, other })
            }
            (Source::Path, ArgumentClass::File | ArgumentClass::Text)
                if matches!(self.operator, Operator::SubString | Operator::SubStringIgnoreCase) =>
            {
                let set = parts(self.operator, values)?;
                let (key, words) = match self.operator {
                    Operator::SubString => ("bpf_strnstr", "whether the kernel has `bpf_strnstr`, from 6.17"),
                    _ => ("bpf_strncasestr", "whether the kernel has `bpf_strncasestr`, from 6.19"),
                };
                Some(Test::Inside { set, finds: register.number(key.to_owned(), words) })
            }
            (Source::Path, ArgumentClass::File | ArgumentClass::Text) => {
                let set = texts(self.operator, values)?;
                let root =
                    register.number("path of /".to_owned(), "the path of the root directory in filters");
                Some(Test::Path { set, negated, root })
            }
            (Source::Destination, ArgumentClass::SocketAddress) => match self.operator {
                Operator::SAddr | Operator::NotSAddr => address(values, negated),
                Operator::SPort | Operator::NotSPort => port(values, negated),
                Operator::SPortPriv | Operator::NotSPortPriv => {
                    Some(Test::Port { set: Numbers::privileged(), negated })
                }
                Operator::Family => Some(Test::Family(Numbers::read(values, family)?)),
                _ => None,
            },
            (Source::Peer, ArgumentClass::Network) => match self.operator {
                Operator::DAddr | Operator::NotDAddr => address(values, negated),
                Operator::DPort | Operator::NotDPort => port(values, negated),
                Operator::DPortPriv | Operator::NotDPortPriv => {
                    Some(Test::Port { set: Numbers::privileged(), negated })
                }
                Operator::Family => Some(Test::Family(Numbers::read(values, family)?)),
                Operator::Protocol => {
                    const TCP: u32 = 6;
                    let named = |name: &str| match name {
                        "IPPROTO_TCP" => Some(TCP),
                        _ => name.starts_with("IPPROTO_").then_some(u32::MAX),
                    };
                    Some(Test::Constant(Numbers::read(values, named)?.contains(TCP)))
                }
                Operator::State if self.kind != ArgumentType::SocketBuffer => {
                    // `tcp_v4_connect` and `tcp_v6_connect` set it before they call `tcp_connect`.
                    const SYN_SENT: u32 = 2;
                    let named = |name: &str| match name {
                        "TCP_SYN_SENT" => Some(SYN_SENT),
                        _ => name.starts_with("TCP_").then_some(u32::MAX),
                    };
                    Some(Test::Constant(Numbers::read(values, named)?.contains(SYN_SENT)))
                }
                _ => None,
            },
            (source, class) if is_number(source, class, self.kind) => {
                let set = NumberSet::read(self.operator, self.kind, &values)?;
                let other =
                    register.number(format!("{source:?} of the call in {set:?}"), source_words(source));
                Some(Test::Number { source, set, negated, other })
            }
            _ => None,
        }
    }
}

fn address<'value>(values: impl Iterator<Item = &'value str>, negated: bool) -> Option<Test> {
    Some(Test::Address { set: AddressSet::read(values)?, negated })
}

fn port<'value>(values: impl Iterator<Item = &'value str>, negated: bool) -> Option<Test> {
    Some(Test::Port { set: Numbers::read(values, |_| None)?, negated })
}

/// Returns whether a number of this class is read there without loss.
pub(super) fn is_number(source: Source, class: ArgumentClass, kind: ArgumentType) -> bool {
    let narrow = matches!(class, ArgumentClass::Integer32 | ArgumentClass::IntegerSmall)
        && kind != ArgumentType::Syscall64;
    match source {
        Source::CapabilityMask => class == ArgumentClass::CapabilityMask,
        Source::Constant(_) => narrow || class == ArgumentClass::CapabilityMask,
        Source::Capability | Source::Family | Source::SocketType => narrow,
        // A mode has more than eight bits.
        Source::Mode => narrow && kind.narrow_range().is_none_or(|(_, most)| most > 255),
        Source::Links | Source::OpenFlags => class == ArgumentClass::Integer32,
        Source::Syscall => kind == ArgumentType::Syscall64 || class == ArgumentClass::Integer64,
        Source::Path | Source::Destination | Source::Peer => false,
    }
}

fn source_words(source: Source) -> &'static str {
    match source {
        Source::Mode => "the file mode",
        Source::Links => "the number of links of the file",
        Source::OpenFlags => "the flags of the open file",
        Source::Syscall => "the number of the system call",
        _ => "the value of the argument",
    }
}

/// Returns the set of a filter on parts of paths; `None` for values that Tetragon does not load, and for letters that the
/// kernel folds in another way than ASCII does.
fn parts<'value>(operator: Operator, values: impl Iterator<Item = &'value str> + Clone) -> Option<TextSet> {
    let comparison = match operator {
        Operator::SubString => Comparison::Inside,
        _ if values.clone().all(str::is_ascii) => Comparison::InsideInAnyCase,
        _ => return None,
    };
    let is_loaded = |value: &str| !value.is_empty() && value.len() <= PART_BYTES;
    (values.clone().next().is_some() && values.clone().all(is_loaded))
        .then(|| TextSet::new(comparison, values))
}

/// Returns the set of a filter on paths; `None` for other operators, and for values that Tetragon does not load.
fn texts<'value>(operator: Operator, values: impl Iterator<Item = &'value str> + Clone) -> Option<TextSet> {
    use Operator as O;
    let some = values.clone().next().is_some();
    match operator {
        O::Equal | O::NotEqual => Some(TextSet::new(Comparison::Equal, values)),
        O::Prefix | O::NotPrefix if some => {
            let found = values.filter(|value| value.len() <= PREFIX_BYTES);
            Some(TextSet::new(Comparison::Prefix, found))
        }
        O::Postfix | O::NotPostfix if some && values.clone().all(|value| !value.is_empty()) => {
            // NUL characters at the end are dropped.
            Some(TextSet::new(Comparison::Postfix, values.map(|value| value.trim_end_matches('\0'))))
        }
        _ => None,
    }
}
