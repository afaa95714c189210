//! The fields of an invariant, and a mapping -> [`Invariant`].

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::confine::{Effect, Operation};
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node};

use super::{EventSet, Invariant, InvariantMode, InvariantSubjects, Requirement};
use crate::codes::EMPTY_INVARIANT;
use crate::read::{many, texts};
use crate::shape::{
    CAPABILITY, DESCRIPTION, LINE, NAME, NETWORK, PATH_PATTERN, REASON, SYSCALL, defaulted, kind, optional,
    required,
};

const INVARIANT_NAME: Field = required("name", NAME, "A readable name of the invariant.");
const WHY: Field = required("reason", REASON, "Why it must hold.");
const ABOUT: Field = optional("description", DESCRIPTION, "More about it.");
const SUBJECTS: Field = optional(
    "subjects",
    Shape::Record(&SUBJECT_RECORD),
    "The documents it applies to: every profile and guard in mode audit or enforce when left out.",
);
const NEVER: Field = optional("never", Shape::Record(&EVENTS), "What must be stopped.");
const ALWAYS: Field = optional("always", Shape::Record(&EVENTS), "What must not be stopped.");
const AT_LEAST: Field = defaulted(
    "at_least",
    "\"kill\"",
    Shape::Choice(&[
        Choice { word: "kill", description: "Killing the process afterwards is enough." },
        Choice { word: "deny", description: "The event must be prevented." },
    ]),
    "The weakest effect that counts as stopping under `never`.",
);
const REQUIRE: Field = optional("require", Shape::List(&REQUIREMENT), "What the documents must have.");

static REQUIREMENT: Shape = Shape::Choice(&[
    Choice { word: "exception-owner", description: "Each exception has an owner." },
    Choice { word: "exception-expiry", description: "Each exception has a last day." },
    Choice { word: "description", description: "A description." },
    Choice { word: "role", description: "A `target_nf_role`." },
    Choice { word: "spawns", description: "The dimension `allowed_spawns`." },
    Choice { word: "files", description: "The dimension `allowed_files`." },
    Choice { word: "network", description: "`allowed_dst_ports` or `allowed_dst_cidrs`." },
    Choice { word: "capabilities", description: "The dimension `allowed_capabilities`." },
]);

/// The fields of an invariant.
pub(crate) static RECORD: Record = Record {
    noun: "an invariant",
    description: "A statement about all policies together. It confines nothing: a policy that breaks it does not \
                  compile, and the report contains an event that violates it.",
    fields: &[
        kind(&[Choice { word: "Invariant", description: "An invariant." }]),
        INVARIANT_NAME,
        ABOUT,
        WHY,
        SUBJECTS,
        NEVER,
        ALWAYS,
        AT_LEAST,
        REQUIRE,
    ],
    other_keys: OtherKeys::Refused,
};

const BINARIES: Field =
    optional("binaries", Shape::List(&PATH_PATTERN), "Documents whose binary is one of these.");
const EXCEPT: Field =
    optional("except", Shape::List(&PATH_PATTERN), "But not those whose binary is one of these.");
const ROLES: Field =
    optional("roles", Shape::List(&LINE), "Profiles whose `target_nf_role` is one of these.");
const NETWORK_FACING: Field = defaulted(
    "network_facing",
    "false",
    Shape::Boolean,
    "Only documents that let their process connect somewhere.",
);
const MODES: Field = optional(
    "modes",
    Shape::List(&MODE),
    "The modes it applies to: audit and enforce when left out. A guard counts as observe unless it enforces, and \
     so do the documents of a pack that is not enforced.",
);
const EVERYONE: Field = defaulted(
    "everyone",
    "false",
    Shape::Boolean,
    "Includes processes that no document names: only enforcement rules apply to them.",
);

static MODE: Shape = Shape::Choice(&[
    Choice { word: "observe", description: "Nothing is stopped." },
    Choice { word: "audit", description: "Violations are killed." },
    Choice { word: "enforce", description: "Violations are denied." },
]);

static SUBJECT_RECORD: Record = Record {
    noun: "the subjects of an invariant",
    description: "The documents an invariant applies to: those that meet every given condition.",
    fields: &[BINARIES, EXCEPT, ROLES, NETWORK_FACING, MODES, EVERYONE],
    other_keys: OtherKeys::Refused,
};

const EXEC: Field = optional("exec", Shape::List(&PATH_PATTERN), "Executing these files.");
const EXEC_MEMORY: Field =
    optional("exec_memory", Shape::Boolean, "`true`: executing anonymous memory and deleted files.");
const READ: Field = optional("read", Shape::List(&PATH_PATTERN), "Opening these files for reading.");
const WRITE: Field = optional(
    "write",
    Shape::List(&PATH_PATTERN),
    "Changing these files in any way: write, create, truncate, delete, rename, link.",
);
const CONNECT: Field = optional("connect", Shape::List(&NETWORK), "Connecting to these destinations.");
const CAPABILITIES: Field = optional("capabilities", Shape::List(&CAPABILITY), "Using these capabilities.");
const SYSCALLS: Field = optional("syscalls", Shape::List(&SYSCALL), "Making these system calls.");
const OPERATIONS: Field = optional("operations", Shape::List(&OPERATION), "These operations as a whole.");

static OPERATION: Shape = Shape::Choice(&[
    Choice { word: "exec", description: "Executing anything." },
    Choice { word: "connect", description: "Connecting anywhere." },
    Choice { word: "module_load", description: "Loading a kernel module." },
    Choice { word: "user_namespace", description: "Creating a user namespace." },
    Choice { word: "ptrace", description: "Attaching to another process." },
    Choice { word: "memory_file", description: "Creating an anonymous memory file." },
    Choice { word: "pivot_root", description: "Changing the root mount." },
    Choice { word: "mount", description: "Mounting." },
    Choice { word: "unshare", description: "Unsharing a namespace." },
    Choice { word: "bpf", description: "Loading a BPF program." },
    Choice { word: "set_id", description: "Setting a setuid or setgid bit." },
]);

static EVENTS: Record = Record {
    noun: "a set of events",
    description: "Events by operation: the union of everything listed.",
    fields: &[EXEC, EXEC_MEMORY, READ, WRITE, CONNECT, CAPABILITIES, SYSCALLS, OPERATIONS],
    other_keys: OtherKeys::Refused,
};

/// Reads an invariant; nothing when a required field cannot be read.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<Invariant> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let name = cursor.text(&INVARIANT_NAME, sink);
    let reason = cursor.text(&WHY, sink);
    cursor.text(&ABOUT, sink);
    let never = cursor.value(&NEVER).and_then(|events| read_events(events, sink));
    let always = cursor.value(&ALWAYS).and_then(|events| read_events(events, sink));
    let at_least = cursor.choice(&AT_LEAST, &[Effect::Kill, Effect::Deny], Effect::name, sink);
    let require = words(&cursor, &REQUIRE, &Requirement::ALL, Requirement::name, sink);
    if cursor.value(&NEVER).or(cursor.value(&ALWAYS)).or(cursor.value(&REQUIRE)).is_none() {
        let message = "this invariant has no requirement";
        let help = "add `never`, `always` or `require`";
        sink.report(Diagnostic::new(&EMPTY_INVARIANT, node.head(), message).help(help));
    }
    let subjects = cursor.value(&SUBJECTS).and_then(|subjects| read_subjects(subjects, sink));
    Some(Invariant {
        span: node.span,
        subjects: subjects.unwrap_or_default(),
        never,
        always,
        at_least: at_least.map_or(Effect::Kill, |effect| effect.value),
        require,
        name: name?,
        reason: reason?,
    })
}

fn read_subjects(node: &Node, sink: &mut Sink) -> Option<InvariantSubjects> {
    let cursor = Cursor::open(node, &SUBJECT_RECORD, sink)?;
    Some(InvariantSubjects {
        binaries: many(&cursor, &BINARIES, sink),
        except: many(&cursor, &EXCEPT, sink),
        roles: texts(&cursor, &ROLES, sink),
        network_facing: cursor.boolean(&NETWORK_FACING, sink).is_some_and(|flag| flag.value),
        modes: words(&cursor, &MODES, &InvariantMode::ALL, InvariantMode::name, sink),
        everyone: cursor.boolean(&EVERYONE, sink).is_some_and(|flag| flag.value),
    })
}

fn read_events(node: &Node, sink: &mut Sink) -> Option<EventSet> {
    let cursor = Cursor::open(node, &EVENTS, sink)?;
    let operations = words(&cursor, &OPERATIONS, &Operation::ALL, Operation::name, sink);
    let span = cursor.value(&OPERATIONS).map(|list| list.span);
    Some(EventSet {
        exec: many(&cursor, &EXEC, sink),
        exec_memory: cursor.boolean(&EXEC_MEMORY, sink).filter(|flag| flag.value),
        read: many(&cursor, &READ, sink),
        write: many(&cursor, &WRITE, sink),
        connect: many(&cursor, &CONNECT, sink),
        capabilities: many(&cursor, &CAPABILITIES, sink),
        syscalls: many(&cursor, &SYSCALLS, sink),
        operations: span.map(|span| crate::List { span, items: operations }),
    })
}

/// Reads a list of words that its field accepts.
fn words<T: Copy>(
    cursor: &Cursor<'_>,
    field: &Field,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    sink: &mut Sink,
) -> Vec<Spanned<T>> {
    let list = cursor.list(field, sink, |node, shape, sink| {
        telovix_syntax::word(node, shape, field.name, all, &name, sink)
    });
    list.map_or_else(Vec::new, |(_, items)| items)
}
