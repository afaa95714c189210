//! A Tetragon selector -> whether it may match an event, judged by its path filters.
//!
//! Only filters on the executable and on the only file of a hook are evaluated, and only those that compare full paths,
//! prefixes or postfixes. Every other filter of a selector can only make it match less.

use telovix_policy::judge::Event;
use telovix_tetragon::{ArgumentType, BinaryOperator, Hook, HookPoint, Operator, Selector};

/// Tetragon truncates longer paths.
const LONGEST_PATH: usize = 256;

/// Hooks whose only file is the one that is opened or executed.
const HOOKS_ON_ONE_FILE: [&str; 5] =
    ["bprm_check_security", "file_open", "file_post_open", "security_bprm_check", "security_file_open"];

/// The path filters of a selector; all must match.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Executables, and whether the filter is negated.
    binaries: Vec<(bool, Vec<String>)>,
    paths: Vec<(Operator, Vec<String>)>,
}

impl Filter {
    /// Reads the filters of a selector.
    pub(super) fn of(hook: &Hook<'_>, selector: &Selector<'_>) -> Self {
        let values = |values: &[telovix_tetragon::Text<'_>]| {
            values.iter().map(|value| value.value.to_string()).collect::<Vec<_>>()
        };
        let mut filter = Self::default();
        for binaries in selector.binaries.iter().filter(|binaries| !binaries.follow_children) {
            match binaries.operator.value {
                BinaryOperator::In => filter.binaries.push((true, values(&binaries.values))),
                BinaryOperator::NotIn => filter.binaries.push((false, values(&binaries.values))),
                _ => {}
            }
        }
        let name = match &hook.point {
            HookPoint::Lsm { hook: name }
            | HookPoint::Kprobe { call: name, .. }
            | HookPoint::Fentry { call: name, .. } => name.value.as_ref(),
            _ => return filter,
        };
        if !HOOKS_ON_ONE_FILE.contains(&name) {
            return filter;
        }
        for asked in &selector.arguments {
            let argument = hook.argument_of(asked);
            let on_file = argument.is_some_and(|argument| {
                let kind = argument.kind.value;
                argument.index.value == 0
                    && argument.resolve.is_none()
                    && matches!(kind, ArgumentType::File | ArgumentType::Binprm)
            });
            let known =
                matches!(asked.operator.value, Operator::Equal | Operator::Prefix | Operator::Postfix);
            if on_file && known {
                filter.paths.push((asked.operator.value, values(&asked.values)));
            }
        }
        filter
    }

    /// Returns whether the selector may match an event.
    pub(super) fn may_match(&self, event: &Event) -> bool {
        let by_binary =
            |binary: &String| self.binaries.iter().all(|(wanted, values)| values.contains(binary) == *wanted);
        let by_path = |path: &String| {
            self.paths.iter().all(|(operator, values)| {
                values.iter().any(|value| match operator {
                    Operator::Prefix => path.starts_with(value.as_str()),
                    Operator::Postfix => path.ends_with(value.as_str()),
                    _ => path == value,
                })
            })
        };
        event.binary.as_ref().is_none_or(by_binary)
            && event.path.as_ref().filter(|path| path.len() < LONGEST_PATH).is_none_or(by_path)
    }
}
