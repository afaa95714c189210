//! The fields of a guardian policy, and a mapping -> [`GuardianPolicy`].

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::Spanned;
use telovix_policy::value::PortRange;
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node};

use super::{DetectionAction, DetectionSeverity, GuardianPolicy};
use crate::List;
use crate::controls::COMPLIANCE_TAGS;
use crate::read::{Scalar, one, texts};
use crate::shape::{CIDR, DESCRIPTION, ID, LINE, NAME, PORT_LIST, defaulted, kind, optional, required};

const POLICY_NAME: Field = required("name", NAME, "A readable name of the policy.");
const POLICY_DESCRIPTION: Field = optional("description", DESCRIPTION, "What the policy is for.");
const PROFILE: Field = optional("profile", LINE, "Id or name of the profile the policy belongs to.");
const SENSOR_ID: Field = optional("sensor_id", ID, "The only sensor the policy is meant for.");
const TARGET_GROUP_ID: Field = optional("target_group_id", ID, "The only group the policy is meant for.");
const MATCH_EVENT_KIND: Field =
    optional("match_event_kind", LINE, "The kind of event, exactly: `process_exec`.");
const MATCH_PROCESS_PATTERN: Field =
    optional("match_process_pattern", LINE, "A part of the path of the executable.");
const MATCH_PARENT_PATTERN: Field =
    optional("match_parent_pattern", LINE, "A part of the path of the parent's executable.");
const MATCH_UID: Field = optional(
    "match_uid",
    Shape::Integer { least: 0, most: u32::MAX as i64 },
    "The user id of the process, exactly.",
);
const MATCH_DST_PORT: Field =
    optional("match_dst_port", PORT_LIST, "Destination ports: `443`, `8000-8100`, or several with commas.");
const MATCH_DST_IP_PREFIX: Field =
    optional("match_dst_ip_prefix", CIDR, "Destination address or block: `10.0.0.0/8`.");
const ACTION: Field = defaulted(
    "action",
    "\"flag\"",
    Shape::Choice(&[
        Choice { word: "flag", description: "Stores a flag." },
        Choice { word: "alert", description: "Sends an alert." },
        Choice { word: "kill_process", description: "Kills the process at the next heartbeat." },
        Choice { word: "create_investigation", description: "Opens or links an investigation." },
    ]),
    "What the Console does on a match.",
);
const SEVERITY: Field = defaulted(
    "severity",
    "\"warning\"",
    Shape::Choice(&[
        Choice { word: "info", description: "For information." },
        Choice { word: "warning", description: "Should be reviewed." },
        Choice { word: "critical", description: "Needs immediate attention." },
    ]),
    "The severity of a match.",
);
const EXCEPTIONS: Field =
    optional("exceptions", Shape::List(&LINE), "Parts of the paths of executables that are exempt.");

/// The fields of a guardian policy.
pub(crate) static RECORD: Record = Record {
    noun: "a guardian policy",
    description: "A rule over the events the Console receives. All conditions that are given must hold; those \
                  left out are not evaluated.",
    fields: &[
        kind(&[Choice { word: "GuardianPolicy", description: "A guardian policy." }]),
        POLICY_NAME,
        POLICY_DESCRIPTION,
        PROFILE,
        SENSOR_ID,
        TARGET_GROUP_ID,
        MATCH_EVENT_KIND,
        MATCH_PROCESS_PATTERN,
        MATCH_PARENT_PATTERN,
        MATCH_UID,
        MATCH_DST_PORT,
        MATCH_DST_IP_PREFIX,
        ACTION,
        SEVERITY,
        EXCEPTIONS,
        COMPLIANCE_TAGS,
    ],
    other_keys: OtherKeys::Refused,
};

/// Reads a guardian policy; nothing when its name cannot be read.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<GuardianPolicy> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let name = cursor.text(&POLICY_NAME, sink);
    let action = cursor.choice(&ACTION, &DetectionAction::ALL, DetectionAction::name, sink);
    let severity = cursor.choice(&SEVERITY, &DetectionSeverity::ALL, DetectionSeverity::name, sink);
    Some(GuardianPolicy {
        span: node.span,
        description: cursor.text(&POLICY_DESCRIPTION, sink),
        profile: cursor.text(&PROFILE, sink),
        sensor_id: cursor.text(&SENSOR_ID, sink),
        target_group_id: cursor.text(&TARGET_GROUP_ID, sink),
        match_event_kind: cursor.text(&MATCH_EVENT_KIND, sink),
        match_process_pattern: cursor.text(&MATCH_PROCESS_PATTERN, sink),
        match_parent_pattern: cursor.text(&MATCH_PARENT_PATTERN, sink),
        match_uid: cursor.integer(&MATCH_UID, sink),
        match_dst_port: read_ports(&cursor, sink),
        match_dst_ip_prefix: one(&cursor, &MATCH_DST_IP_PREFIX, sink),
        action: action.map(|action| action.value).unwrap_or_default(),
        severity: severity.map(|severity| severity.value).unwrap_or_default(),
        exceptions: texts(&cursor, &EXCEPTIONS, sink),
        compliance_tags: texts(&cursor, &COMPLIANCE_TAGS, sink),
        name: name?,
    })
}

/// Reads `443, 8000-8100`: one string, as the Console stores it.
fn read_ports(cursor: &Cursor<'_>, sink: &mut Sink) -> Option<List<PortRange>> {
    let ports = cursor.parsed(&MATCH_DST_PORT, sink, |text| {
        text.split(',').map(|part| PortRange::read(part.trim())).collect::<Result<Vec<_>, _>>()
    })?;
    let items = ports.value.into_iter().map(|range| Spanned::new(range, ports.span)).collect();
    Some(List { span: ports.span, items })
}
