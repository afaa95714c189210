//! The fields of a runtime guard, and a mapping -> [`RuntimeGuard`].

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_policy::value::is_invisible;
use telovix_syntax::field::{Choice, Field, OtherKeys, Presence, Record, Shape};
use telovix_syntax::{Cursor, Entry, Mapping, Node, Value, capped, quote};

use super::{GuardAlerts, GuardMode, GuardProcess, RuntimeGuard};
use crate::codes::{GUARD_WITHOUT_PROCESS, INVALID_PROCESS_NAME};
use crate::controls::COMPLIANCE_TAGS;
use crate::exception::{WAIVE, read_waivers};
use crate::read::{many, texts};
use crate::shape::{
    DESCRIPTION, LINE, NETWORK, PATH_PATTERN, SYSCALL, VERSION, defaulted, optional, required,
};

const KIND: Field = Field {
    presence: Presence::Optional,
    ..crate::shape::kind(&[Choice { word: "RuntimeGuard", description: "A runtime guard." }])
};
const FILE_VERSION: Field = defaulted("version", "\"1.0\"", VERSION, "The version of the file format.");
const MODE: Field = defaulted(
    "mode",
    "\"audit\"",
    Shape::Choice(&[
        Choice { word: "audit", description: "Logs violations." },
        Choice { word: "alert", description: "Sends an alert on a violation." },
        Choice { word: "enforce", description: "Blocks violations." },
    ]),
    "What happens on a violation.",
);
const PROCESSES: Field = required(
    "processes",
    Shape::Map(&PROCESS_VALUE),
    "The lists of each process, by the base name of its executable.",
);
const ALERTS: Field = optional("alerts", Shape::Record(&ALERT), "Where violations are sent.");

/// The fields of a runtime guard.
pub(crate) static RECORD: Record = Record {
    noun: "a runtime guard",
    description: "Allow and block lists by process name. Block lists take precedence over allow lists. A file with \
                  `processes` is a runtime guard, with or without a `kind`.",
    fields: &[KIND, FILE_VERSION, MODE, PROCESSES, ALERTS, WAIVE, COMPLIANCE_TAGS],
    other_keys: OtherKeys::Refused,
};

const PROCESS_DESCRIPTION: Field = optional("description", DESCRIPTION, "What the process does.");
const ALLOWED_EXEC: Field = optional(
    "allowed_exec",
    Shape::List(&PATH_PATTERN),
    "Programs it may execute. Not confined when left out or empty.",
);
const BLOCKED_SYSCALLS: Field =
    optional("blocked_syscalls", Shape::List(&SYSCALL), "System calls it may not make.");
const ALLOWED_FILES: Field = optional(
    "allowed_files",
    Shape::List(&PATH_PATTERN),
    "Files it may open. Not confined when left out or empty.",
);
const BLOCKED_FILES: Field = optional("blocked_files", Shape::List(&PATH_PATTERN), "Files it may not open.");
const ALLOWED_NETWORK: Field = optional(
    "allowed_network",
    Shape::List(&NETWORK),
    "Where it may connect. Left out or empty, it may connect nowhere.",
);
const BLOCKED_NETWORK: Field =
    optional("blocked_network", Shape::List(&NETWORK), "Where it may not connect.");
const MAX_MEMORY_MB: Field = optional(
    "max_memory_mb",
    Shape::Integer { least: 0, most: u32::MAX as i64 },
    "Megabytes of memory it may use. No limit when left out or 0.",
);
const MAX_CPU_PERCENT: Field = optional(
    "max_cpu_percent",
    Shape::Integer { least: 0, most: u32::MAX as i64 },
    "Percent of one CPU it may use. No limit when left out or 0.",
);

static PROCESS: Record = Record {
    noun: "the lists of a process",
    description: "What one process may and may not do.",
    fields: &[
        PROCESS_DESCRIPTION,
        ALLOWED_EXEC,
        BLOCKED_SYSCALLS,
        ALLOWED_FILES,
        BLOCKED_FILES,
        ALLOWED_NETWORK,
        BLOCKED_NETWORK,
        MAX_MEMORY_MB,
        MAX_CPU_PERCENT,
    ],
    other_keys: OtherKeys::Refused,
};

static PROCESS_VALUE: Shape = Shape::Record(&PROCESS);

const ON_VIOLATION: Field =
    optional("on_violation", Shape::List(&LINE), "Channels that receive every violation.");
const ON_CRITICAL: Field =
    optional("on_critical", Shape::List(&LINE), "Channels that receive critical violations.");

static ALERT: Record = Record {
    noun: "the alerts of a runtime guard",
    description: "Where violations are sent; the names of the operator's channels.",
    fields: &[ON_VIOLATION, ON_CRITICAL],
    other_keys: OtherKeys::Refused,
};

/// Reads a runtime guard; nothing when it has no process.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<RuntimeGuard> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    cursor.choice(&KIND, &["RuntimeGuard"], |word| word, sink);
    let mode = cursor.choice(&MODE, &GuardMode::ALL, GuardMode::name, sink);
    let version = cursor.text(&FILE_VERSION, sink);
    let alerts = cursor.value(&ALERTS).and_then(|alerts| read_alerts(alerts, sink));
    let waive = read_waivers(&cursor, sink);
    let compliance_tags = texts(&cursor, &COMPLIANCE_TAGS, sink);
    let processes = read_processes(&cursor, sink)?;
    Some(RuntimeGuard {
        span: node.span,
        version: version.map_or_else(|| "1.0".to_owned(), |version| version.value),
        mode: mode.unwrap_or(Spanned::new(GuardMode::Audit, node.span)),
        processes,
        alerts: alerts.unwrap_or_default(),
        waive,
        compliance_tags,
    })
}

fn read_processes(cursor: &Cursor<'_>, sink: &mut Sink) -> Option<Vec<GuardProcess>> {
    let (span, entries) = cursor.map(&PROCESSES, sink)?;
    if entries.is_empty() {
        let help = "add a process: the base name of its executable, and its lists";
        sink.report(
            Diagnostic::new(&GUARD_WITHOUT_PROCESS, span, "this runtime guard has no process").help(help),
        );
        return None;
    }
    let mut processes: Vec<_> = capped(entries, sink, read_process);
    processes.sort_by(|left, right| left.name.value.cmp(&right.name.value));
    Some(processes)
}

fn read_process(entry: &Entry, sink: &mut Sink) -> Option<GuardProcess> {
    let name = entry.key.clone().map(Cow::into_owned);
    check_name(&name, sink);
    // Existing guards read a name without lists as one with empty lists.
    let empty = Node { span: entry.value.span, value: Value::Mapping(Mapping::default()) };
    let lists = if entry.value.is_null() { &empty } else { &entry.value };
    let cursor = Cursor::open(lists, &PROCESS, sink)?;
    Some(GuardProcess {
        span: entry.key.span.to(entry.value.span),
        name,
        description: cursor.text(&PROCESS_DESCRIPTION, sink),
        allowed_exec: many(&cursor, &ALLOWED_EXEC, sink),
        blocked_syscalls: many(&cursor, &BLOCKED_SYSCALLS, sink),
        allowed_files: many(&cursor, &ALLOWED_FILES, sink),
        blocked_files: many(&cursor, &BLOCKED_FILES, sink),
        allowed_network: many(&cursor, &ALLOWED_NETWORK, sink),
        blocked_network: many(&cursor, &BLOCKED_NETWORK, sink),
        max_memory_mb: cursor.integer(&MAX_MEMORY_MB, sink),
        max_cpu_percent: cursor.integer(&MAX_CPU_PERCENT, sink),
    })
}

/// A base name is one path component: at most 255 bytes (NAME_MAX), without `/`.
fn check_name(name: &Spanned<String>, sink: &mut Sink) {
    let text = name.value.as_str();
    let problem = if text.is_empty() || matches!(text, "." | "..") {
        "is not the name of an executable"
    } else if text.contains('/') {
        "is a path, not the base name of an executable"
    } else if text.len() > 255 {
        "is longer than the 255 bytes of a file name"
    } else if text.chars().any(char::is_control) {
        "contains a control character"
    } else if text.chars().any(is_invisible) {
        "contains an invisible character"
    } else if text.contains(['*', '?']) {
        "is a pattern, but process names must match exactly"
    } else if text.starts_with(' ') || text.ends_with(' ') {
        "starts or ends with a space"
    } else {
        return;
    };
    let diagnostic = Diagnostic::new(&INVALID_PROCESS_NAME, name.span, format!("{} {problem}", quote(text)));
    let base = text.rsplit('/').next().filter(|base| !base.is_empty() && text.contains('/'));
    sink.report(match base {
        Some(base) => diagnostic
            .help(format!("write `{base}`; to confine by path, write a profile"))
            .fix_by(Fix::value(Certainty::Meant, name.span, base)),
        None if !text.trim().is_empty() && text.trim() != text => diagnostic
            .help("write the base name of the executable")
            .fix_by(Fix::value(Certainty::Meant, name.span, text.trim())),
        None => diagnostic.help("write the base name of the executable"),
    });
}

fn read_alerts(node: &Node, sink: &mut Sink) -> Option<GuardAlerts> {
    let cursor = Cursor::open(node, &ALERT, sink)?;
    Some(GuardAlerts {
        on_violation: texts(&cursor, &ON_VIOLATION, sink),
        on_critical: texts(&cursor, &ON_CRITICAL, sink),
    })
}
