//! The hooks of a TracingPolicy -> rules of a review: one for each selector.

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::lower::CustomPolicy;
use telovix_policy::confine::Operation;
use telovix_tetragon::{
    ActionKind, Argument, ArgumentFilter, Hook, HookPoint, PolicyKind, Selector, Text, TracingPolicy,
};

use super::{Draft, Field, Rule, listed};
use crate::action::{Action, Harm};
use crate::risk::{Level, Risk};
use crate::threat::Threats;

/// Returns the rules of a policy.
pub(crate) fn rules(policy: &TracingPolicy<'_>, custom: &CustomPolicy<'_>, sources: &SourceSet) -> Vec<Rule> {
    let monitors = custom.policy.actions.enforcing.is_none();
    let mut rules = Vec::new();
    for hook in &policy.spec.hooks {
        let everything = std::sync::Arc::new(Selector::everything(hook.span));
        let selectors =
            if hook.selectors.is_empty() { std::slice::from_ref(&everything) } else { &hook.selectors };
        for selector in selectors {
            let reviewed = Reviewed { policy, hook, selector, monitors, enabled: custom.enabled, sources };
            rules.push(reviewed.rule());
        }
    }
    rules
}

/// One selector in its place.
struct Reviewed<'run> {
    policy: &'run TracingPolicy<'run>,
    hook: &'run Hook<'run>,
    selector: &'run Selector<'run>,
    /// Whether the policy only reports, whatever its actions are.
    monitors: bool,
    enabled: bool,
    sources: &'run SourceSet,
}

impl Reviewed<'_> {
    fn rule(&self) -> Rule {
        let subject = self.subject();
        let hook = hook_name(&self.hook.point);
        Draft {
            document: format!("{} {}", self.policy.kind.name(), self.policy.metadata.name.value),
            source: self.sources.locate(self.selector.span),
            threats: self.threats(),
            action: self.action(&subject),
            risk: self.risk(),
            fields: self.fields(),
            span: self.selector.span,
            operations: operations(&self.hook.point),
            hook,
            subject,
        }
        .finish()
    }

    fn subject(&self) -> String {
        let positive: Vec<_> =
            self.selector.binaries.iter().filter(|filter| !filter.operator.value.is_negative()).collect();
        let mut subject = match positive.as_slice() {
            [] => "every process".to_owned(),
            filters => {
                let values = filters.iter().flat_map(|filter| values(&filter.values)).collect::<Vec<_>>();
                format!("processes of {}", listed(values.into_iter()))
            }
        };
        match (&self.policy.kind, &self.policy.metadata.namespace) {
            (PolicyKind::Namespaced, Some(namespace)) => {
                subject.push_str(&format!(" in the pods of namespace `{}`", namespace.value));
            }
            _ if !self.policy.spec.workloads.is_empty() => subject.push_str(" of the selected workloads"),
            _ => {}
        }
        subject
    }

    fn threats(&self) -> Threats {
        let mut threats = Threats::default();
        self.hook.tags.iter().for_each(|tag| threats.written(&tag.value, "tags"));
        if let Some(message) = &self.hook.message {
            threats.written(&message.value, "message");
        }
        for (key, value) in &self.policy.metadata.annotations {
            threats.written(&value.value, &key.value);
        }
        let filters = self.selector.arguments.iter().filter(|filter| !filter.operator.value.is_negative());
        for value in filters.flat_map(|filter| &filter.values).filter(|value| value.value.starts_with('/')) {
            threats.path(&value.value);
        }
        if threats.is_empty() {
            functions(self.policy, &self.hook.point)
                .iter()
                .for_each(|function| _ = threats.function(function));
        }
        threats
    }

    fn action(&self, subject: &str) -> Action {
        let words: Vec<_> = self.selector.actions.iter().map(action_words).collect();
        let words = if words.is_empty() { "Post (no `matchActions`)".to_owned() } else { words.join(", ") };
        if !self.enabled {
            return Action::reports(format!("{words}; the rule is disabled"));
        }
        let kinds = || self.selector.actions.iter().map(|action| action.kind.value);
        if !kinds().any(ActionKind::enforces) {
            return Action::reports(words);
        }
        if self.monitors {
            return Action::reports(format!("{words}; the policy is in monitor mode"));
        }
        let kills = kinds().any(|kind| matches!(kind, ActionKind::Sigkill | ActionKind::Signal));
        let harm = if kills { Harm::Killed } else { Harm::Denied };
        let name = &self.policy.metadata.name.value;
        let place = match &self.policy.metadata.namespace {
            Some(namespace) => format!("on every node with pods of `{}`", namespace.value),
            None => "on every node that loads the policy".to_owned(),
        };
        Action::stops(
            words,
            harm.to(subject, &place),
            format!(
                "`tetra tracingpolicy set-mode {name} monitor` keeps the events and stops the actions; `kubectl delete` or `tetra tracingpolicy delete {name}` removes it"
            ),
        )
    }

    fn risk(&self) -> Risk {
        let enforces = self.selector.actions.iter().any(|action| action.kind.value.enforces());
        if !enforces || self.monitors || !self.enabled {
            return Risk::new(Level::Low, "it stops nothing: a legitimate match costs an event");
        }
        let binaries = &self.selector.binaries;
        let is_bound = binaries.iter().any(|filter| !filter.operator.value.is_negative());
        let exempt: Vec<String> = binaries
            .iter()
            .filter(|filter| filter.operator.value.is_negative())
            .flat_map(|filter| values(&filter.values))
            .collect();
        if self.selector.matches_everything() {
            let risk = Risk::new(Level::High, "the selector has no filter: every call of the hook matches");
            return risk.with_agents(&operations(&self.hook.point), &exempt);
        }
        if is_bound {
            return Risk::new(Level::Low, "it is limited to named executables");
        }
        let filters = self.selector.arguments.len() + self.selector.data.len();
        let risk = match filters {
            0 => Risk::new(
                Level::High,
                "no argument is compared, and every executable but the exempt ones matches",
            ),
            count => {
                Risk::new(Level::Medium, format!("any executable matches; filters on arguments: {count}"))
            }
        };
        if self.policy.metadata.namespace.is_some() {
            let reason = "only pods of one namespace: agents of the host do not match";
            return Risk { reasons: [risk.reasons, vec![reason.to_owned()]].concat(), ..risk };
        }
        risk.with_agents(&operations(&self.hook.point), &exempt)
    }

    fn fields(&self) -> Vec<Field> {
        let selector = self.selector;
        let mut fields = Vec::new();
        let mut field = |name: String, value: String, why: String, span: Span| {
            fields.push(Field { field: name, value, why, source: self.sources.locate(span) });
        };
        for argument in &self.hook.arguments {
            let (name, value) =
                (format!("args[{}]", argument.index.value), argument_words(argument).replace('`', ""));
            field(
                name,
                value,
                "read from the kernel, so that it can be compared and is in the event".to_owned(),
                argument.span,
            );
        }
        for filter in &selector.binaries {
            let why = match (filter.operator.value.is_negative(), filter.follow_children) {
                (false, false) => "limits the rule to these executables",
                (false, true) => "limits the rule to these executables and what they start",
                (true, false) => "exempts these executables",
                (true, true) => "exempts these executables and what they start",
            };
            let value = format!("{} {}", filter.operator.value.name(), shown(&filter.values));
            field("matchBinaries".to_owned(), value, why.to_owned(), filter.span);
        }
        for filter in &selector.parent_binaries {
            let why = if filter.operator.value.is_negative() {
                "exempts children of these executables"
            } else {
                "limits the rule to children of these executables"
            };
            let value = format!("{} {}", filter.operator.value.name(), shown(&filter.values));
            field("matchParentBinaries".to_owned(), value, why.to_owned(), filter.span);
        }
        for filter in &selector.pids {
            let value = format!(
                "{} {}",
                filter.operator.value.name(),
                listed(filter.values.iter().map(|pid| pid.value))
            );
            field(
                "matchPIDs".to_owned(),
                value,
                "compares the process id, which is reused".to_owned(),
                filter.span,
            );
        }
        for filter in &selector.namespaces {
            let value = format!(
                "{} {} {}",
                filter.namespace.value.name(),
                filter.operator.value.name(),
                shown(&filter.values)
            );
            let why = "tells processes of the host from those of containers by their namespace";
            field("matchNamespaces".to_owned(), value, why.to_owned(), filter.span);
        }
        for filter in &selector.namespace_changes {
            let value = format!("{} {}", filter.operator.value.name(), shown(&filter.values));
            field(
                "matchNamespaceChanges".to_owned(),
                value,
                "only processes whose namespace changed since exec".to_owned(),
                filter.span,
            );
        }
        for filter in &selector.capabilities {
            let value =
                format!("{} {} {}", filter.set.name(), filter.operator.value.name(), shown(&filter.values));
            field(
                "matchCapabilities".to_owned(),
                value,
                "only processes with these capabilities".to_owned(),
                filter.span,
            );
        }
        for filter in &selector.capability_changes {
            let value =
                format!("{} {} {}", filter.set.name(), filter.operator.value.name(), shown(&filter.values));
            field(
                "matchCapabilityChanges".to_owned(),
                value,
                "only processes whose capabilities changed since exec".to_owned(),
                filter.span,
            );
        }
        for (name, filters) in [
            ("matchArgs", &selector.arguments),
            ("matchData", &selector.data),
            ("matchReturnArgs", &selector.return_arguments),
        ] {
            for filter in filters {
                let value = format!("{} {}", filter.operator.value.name(), shown(&filter.values));
                field(name.to_owned(), value, self.why_argument(name, filter), filter.span);
            }
        }
        for macro_name in &selector.macros {
            field(
                "macros".to_owned(),
                macro_name.value.to_string(),
                "adds the filters of this macro".to_owned(),
                macro_name.span,
            );
        }
        fields
    }

    fn why_argument(&self, name: &str, filter: &ArgumentFilter<'_>) -> String {
        let argument = match name {
            "matchArgs" => self.hook.argument_of(filter),
            "matchData" => self.hook.data_of(filter),
            _ => self.hook.return_argument.as_ref(),
        };
        let compared = argument.map_or("a value".to_owned(), argument_words);
        let result = if filter.operator.value.is_negative() {
            "all but these values match"
        } else {
            "only these values match"
        };
        format!("compares {compared}: {result}")
    }
}

fn argument_words(argument: &Argument<'_>) -> String {
    let mut words = format!("`{}` of position {}", argument.kind.value.name(), argument.index.value);
    if let Some(path) = &argument.resolve {
        words.push_str(&format!(", field `{}`", path.value));
    }
    if let Some(label) = &argument.label {
        words.push_str(&format!(", labelled `{}`", label.value));
    }
    words
}

fn action_words(action: &telovix_tetragon::Action<'_>) -> String {
    let name = action.kind.value.name();
    match (&action.error, &action.signal) {
        (Some(error), _) => format!("{name} ({})", error.value),
        (None, Some(signal)) => format!("{name} ({})", signal.value),
        (None, None) => name.to_owned(),
    }
}

fn values<'text>(values: &'text [Text<'_>]) -> impl ExactSizeIterator<Item = String> + 'text {
    values.iter().map(|value| value.value.to_string())
}

fn shown(of: &[Text<'_>]) -> String {
    listed(values(of))
}

/// Returns the hook as a reviewer names it.
fn hook_name(point: &HookPoint<'_>) -> String {
    match point {
        HookPoint::Kprobe { call, .. } => format!("kprobe `{}`", call.value),
        HookPoint::Fentry { call, .. } => format!("fentry `{}`", call.value),
        HookPoint::Tracepoint { subsystem, event, .. } => {
            format!("tracepoint `{}/{}`", subsystem.value, event.value)
        }
        HookPoint::Lsm { hook } => format!("LSM `{}`", hook.value),
        HookPoint::Uprobe { path, symbols, .. } => format!("uprobe `{}` {}", path.value, shown(symbols)),
        HookPoint::Usdt { path, provider, name } => {
            format!("USDT `{}` {}:{}", path.value, provider.value, name.value)
        }
    }
}

/// Returns the kernel functions of a hook; those of a list are in the policy.
fn functions(policy: &TracingPolicy<'_>, point: &HookPoint<'_>) -> Vec<String> {
    match point {
        HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } => {
            match call.value.strip_prefix("list:") {
                Some(name) => policy
                    .spec
                    .lists
                    .iter()
                    .filter(|list| list.name.value == name)
                    .flat_map(|list| values(&list.values))
                    .collect(),
                None => vec![call.value.to_string()],
            }
        }
        HookPoint::Tracepoint { event, .. } => {
            let event = event.value.as_ref();
            vec![
                event
                    .strip_prefix("sys_enter_")
                    .or(event.strip_prefix("sys_exit_"))
                    .unwrap_or(event)
                    .to_owned(),
            ]
        }
        HookPoint::Lsm { hook } => vec![hook.value.to_string()],
        HookPoint::Uprobe { .. } | HookPoint::Usdt { .. } => Vec::new(),
    }
}

/// Returns the operation that a hook stands for, as far as it is known.
fn operations(point: &HookPoint<'_>) -> Vec<Operation> {
    let name = match point {
        HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } => &call.value,
        HookPoint::Lsm { hook } => &hook.value,
        _ => return Vec::new(),
    };
    let bare = name.strip_prefix("__x64_").unwrap_or(name);
    let bare = ["sys_", "security_"]
        .into_iter()
        .fold(bare, |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    let operation = match bare {
        "execve" | "execveat" | "bprm_check_security" | "bprm_check" | "bprm_creds_for_exec" => {
            Operation::Exec
        }
        "file_open" | "file_permission" | "openat" | "openat2" | "open" | "fd_install" => Operation::Open,
        "tcp_connect" | "socket_connect" | "connect" => Operation::Connect,
        "capable" => Operation::Capability,
        "ptrace" | "ptrace_access_check" => Operation::Ptrace,
        "mount" | "sb_mount" | "move_mount" => Operation::Mount,
        "unshare" | "setns" => Operation::Unshare,
        "pivot_root" | "sb_pivotroot" => Operation::PivotRoot,
        "init_module" | "finit_module" | "do_init_module" | "kernel_read_file" => Operation::ModuleLoad,
        "memfd_create" => Operation::MemoryFile,
        "bpf" => Operation::Bpf,
        "capset" => Operation::Capset,
        "userns_create" => Operation::UserNamespace,
        _ => return Vec::new(),
    };
    vec![operation]
}
