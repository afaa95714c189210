//! The fields of an enforcement rule, and a mapping -> [`EnforcementRule`].

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node};

use super::{EnforcementRule, Template};
use crate::PolicyPlace;
use crate::codes::{CUSTOM_WITHOUT_POLICY, POLICY_WITHOUT_CUSTOM};
use crate::controls::COMPLIANCE_TAGS;
use crate::exception::{EXCEPTIONS, WAIVE, read_exceptions, read_waivers};
use crate::read::texts;
use crate::scope::{SCOPE, read_scope};
use crate::shape::{DESCRIPTION, ID, NAME, defaulted, kind, optional, required};
use crate::tracing_policy;

const RULE_ID: Field = optional("rule_id", ID, "The id the Console gave the rule.");
const TEMPLATE: Field = required(
    "template",
    Shape::Choice(&[
        Choice { word: "block-kmod-load", description: "Denies loading a kernel module." },
        Choice { word: "block-user-namespace", description: "Denies creating a user namespace." },
        Choice { word: "block-raw-sockets", description: "Denies creating a raw IP socket." },
        Choice { word: "block-capset-sysadmin", description: "Denies gaining CAP_SYS_ADMIN through capset." },
        Choice { word: "kill-ptrace-attach", description: "Kills a process that attaches to another." },
        Choice {
            word: "block-execve-tmp",
            description: "Denies executing from /tmp, /dev, /run/user, /proc/self/fd and anonymous memory.",
        },
        Choice { word: "block-memfd-create", description: "Denies creating an anonymous memory file." },
        Choice { word: "block-pivot-root", description: "Denies pivot_root." },
        Choice {
            word: "block-mount-syscall",
            description: "Denies mounting, by the old and the new interface.",
        },
        Choice { word: "block-unshare", description: "Denies unsharing any namespace." },
        Choice { word: "block-bpf-load", description: "Denies loading a BPF program." },
        Choice { word: "block-socket-raw", description: "Denies creating a packet socket." },
        Choice { word: "block-chmod-suid", description: "Denies setting a setuid or setgid bit." },
        Choice { word: "custom", description: "The operator's own TracingPolicy, under `policy`." },
    ]),
    "What is denied.",
);
const RULE_NAME: Field = required("name", NAME, "A readable name of the rule.");
const RULE_DESCRIPTION: Field = optional("description", DESCRIPTION, "What the rule is for.");
const ENABLED: Field = defaulted("enabled", "true", Shape::Boolean, "A disabled rule enforces nothing.");
const POLICY: Field = optional(
    "policy",
    Shape::Record(&tracing_policy::read::RECORD),
    "The operator's own TracingPolicy, for the template `custom` only.",
);

/// The fields of an enforcement rule.
pub(crate) static RECORD: Record = Record {
    noun: "an enforcement rule",
    description: "A built-in template or the operator's own TracingPolicy, with scope and exceptions.",
    fields: &[
        kind(&[Choice { word: "EnforcementRule", description: "An enforcement rule." }]),
        RULE_ID,
        TEMPLATE,
        RULE_NAME,
        RULE_DESCRIPTION,
        ENABLED,
        SCOPE,
        EXCEPTIONS,
        POLICY,
        WAIVE,
        COMPLIANCE_TAGS,
    ],
    other_keys: OtherKeys::Refused,
};

/// Reads an enforcement rule; nothing when a required field cannot be read.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<EnforcementRule> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let template = cursor.choice(&TEMPLATE, &Template::ALL, Template::id, sink);
    let name = cursor.text(&RULE_NAME, sink);
    let written = cursor.value(&POLICY);
    let policy = written.and_then(|policy| tracing_policy::read::read(policy, PolicyPlace::Field, sink));
    if let Some(template) = &template {
        match (template.value, written) {
            (Template::Custom, None) => {
                let message = "the template `custom` needs a `policy`";
                let help = "add `policy:` with a TracingPolicy, or choose a built-in template";
                sink.report(Diagnostic::new(&CUSTOM_WITHOUT_POLICY, template.span, message).help(help));
            }
            (Template::Custom, Some(_)) | (_, None) => {}
            (built_in, Some(policy)) => {
                let message = format!("the template `{}` has its own policy", built_in.id());
                let diagnostic = Diagnostic::new(&POLICY_WITHOUT_CUSTOM, policy.span, message)
                    .related(template.span, "the template")
                    .help("remove `policy`, or write `template: custom`");
                sink.report(diagnostic);
            }
        }
    }
    Some(EnforcementRule {
        span: node.span,
        rule_id: cursor.text(&RULE_ID, sink),
        description: cursor.text(&RULE_DESCRIPTION, sink),
        enabled: cursor.boolean(&ENABLED, sink).is_none_or(|flag| flag.value),
        scope: read_scope(&cursor, sink),
        exceptions: read_exceptions(&cursor, sink),
        policy,
        waive: read_waivers(&cursor, sink),
        compliance_tags: texts(&cursor, &COMPLIANCE_TAGS, sink),
        template: template?,
        name: name?,
    })
}
