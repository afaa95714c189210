//! The fields of a guardian profile, and a mapping -> [`GuardianProfile`].

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::Spanned;
use telovix_policy::value::Children;
use telovix_policy::value::{AbsolutePath, ProfileId};
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node};

use super::{GuardianProfile, ProfileMode};
use crate::controls::COMPLIANCE_TAGS;
use crate::exception::{EXCEPTIONS, WAIVE, read_exceptions, read_waivers};
use crate::read::{many, one, texts};
use crate::shape::{
    CAPABILITY, CIDR, DESCRIPTION, ID, LINE, NAME, PATH, PATH_PATTERN, PORTS, PROFILE_ID, SYSCALL, allowlist,
    defaulted, kind, optional, required,
};

const FIELD_PROFILE_ID: Field = optional(
    "profile_id",
    PROFILE_ID,
    "`gp_` and 12 hexadecimal digits. Derived from name and binary when left out.",
);
const FIELD_NAME: Field = required("name", NAME, "A readable name of the profile.");
const FIELD_DESCRIPTION: Field = optional("description", DESCRIPTION, "What the profile is for.");
const TARGET_BINARY: Field = required("target_binary", PATH, "The binary the profile confines.");
const TARGET_NF_ROLE: Field =
    optional("target_nf_role", LINE, "The network function the binary belongs to, such as `amf` or `upf`.");
const TARGET_SENSOR_ID: Field = optional("target_sensor_id", ID, "The only sensor the profile is meant for.");
const MODE: Field = defaulted(
    "mode",
    "\"observe\"",
    Shape::Choice(&[
        Choice { word: "observe", description: "Nothing is stopped." },
        Choice { word: "audit", description: "Kills the process on a violation." },
        Choice { word: "enforce", description: "Denies a violation before it happens." },
    ]),
    "What happens when the binary does something that is not allowed.",
);
const ALLOWED_SPAWNS: Field = allowlist("allowed_spawns", &PATH_PATTERN, "Programs the binary may execute.");
const ALLOWED_FILES: Field = allowlist("allowed_files", &PATH_PATTERN, "Files the binary may open.");
const ALLOWED_DST_PORTS: Field =
    allowlist("allowed_dst_ports", &PORTS, "Ports the binary may connect to, at the addresses allowed.");
const ALLOWED_DST_CIDRS: Field =
    allowlist("allowed_dst_cidrs", &CIDR, "Addresses the binary may connect to, at the ports allowed.");
const ALLOWED_CAPABILITIES: Field =
    allowlist("allowed_capabilities", &CAPABILITY, "Capabilities the binary may use.");
const BLOCKED_SYSCALLS: Field =
    optional("blocked_syscalls", Shape::List(&SYSCALL), "System calls the binary may not make.");
const OBSERVATION_WINDOW_HOURS: Field = optional(
    "observation_window_hours",
    Shape::Integer { least: 1, most: 8_760 },
    "Hours of history from which the allowlists are generated.",
);
const AUTO_GENERATED: Field = defaulted(
    "auto_generated",
    "false",
    Shape::Boolean,
    "Whether the allowlists were generated from history and not yet reviewed.",
);
const CHILDREN: Field = defaulted(
    "children",
    "\"leave\"",
    Shape::Choice(&[
        Choice { word: "leave", description: "A program the binary starts has its own profile, or none." },
        Choice { word: "inherit", description: "A program the binary starts stays in this profile." },
    ]),
    "What applies to programs that the binary starts.",
);

/// The fields of a guardian profile.
pub(crate) static RECORD: Record = Record {
    noun: "a guardian profile",
    description: "The allowed behaviour of one binary. A list that is left out does not confine; a list that is \
                  given confines, and an empty one allows nothing.",
    fields: &[
        kind(&[Choice { word: "GuardianProfile", description: "A guardian profile." }]),
        FIELD_PROFILE_ID,
        FIELD_NAME,
        FIELD_DESCRIPTION,
        TARGET_BINARY,
        TARGET_NF_ROLE,
        TARGET_SENSOR_ID,
        MODE,
        ALLOWED_SPAWNS,
        ALLOWED_FILES,
        ALLOWED_DST_PORTS,
        ALLOWED_DST_CIDRS,
        ALLOWED_CAPABILITIES,
        BLOCKED_SYSCALLS,
        OBSERVATION_WINDOW_HOURS,
        AUTO_GENERATED,
        EXCEPTIONS,
        CHILDREN,
        WAIVE,
        COMPLIANCE_TAGS,
    ],
    other_keys: OtherKeys::Refused,
};

/// Reads a guardian profile; nothing when a required field cannot be read.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<GuardianProfile> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let name = cursor.text(&FIELD_NAME, sink);
    let target_binary = one(&cursor, &TARGET_BINARY, sink);
    let profile_id = one(&cursor, &FIELD_PROFILE_ID, sink);
    let mode = cursor.choice(&MODE, &ProfileMode::ALL, ProfileMode::name, sink);
    let children = cursor.choice(&CHILDREN, &Children::ALL, Children::name, sink);
    let unsaid = node.span;
    let profile = GuardianProfile {
        span: node.span,
        description: cursor.text(&FIELD_DESCRIPTION, sink),
        target_nf_role: cursor.text(&TARGET_NF_ROLE, sink),
        target_sensor_id: cursor.text(&TARGET_SENSOR_ID, sink),
        mode: mode.unwrap_or(Spanned::new(ProfileMode::Observe, unsaid)),
        allowed_spawns: many(&cursor, &ALLOWED_SPAWNS, sink),
        allowed_files: many(&cursor, &ALLOWED_FILES, sink),
        allowed_dst_ports: many(&cursor, &ALLOWED_DST_PORTS, sink),
        allowed_dst_cidrs: many(&cursor, &ALLOWED_DST_CIDRS, sink),
        allowed_capabilities: many(&cursor, &ALLOWED_CAPABILITIES, sink),
        blocked_syscalls: many(&cursor, &BLOCKED_SYSCALLS, sink),
        observation_window_hours: cursor.integer(&OBSERVATION_WINDOW_HOURS, sink),
        auto_generated: cursor.boolean(&AUTO_GENERATED, sink).is_some_and(|flag| flag.value),
        exceptions: read_exceptions(&cursor, sink),
        children: children.unwrap_or(Spanned::new(Children::Leave, unsaid)),
        waive: read_waivers(&cursor, sink),
        compliance_tags: texts(&cursor, &COMPLIANCE_TAGS, sink),
        profile_id: profile_id.or_else(|| Some(derived_id(name.as_ref()?, target_binary.as_ref()?)))?,
        name: name?,
        target_binary: target_binary?,
    };
    Some(profile)
}

fn derived_id(name: &Spanned<String>, binary: &Spanned<AbsolutePath>) -> Spanned<ProfileId> {
    Spanned::new(ProfileId::derive(&name.value, binary.value.as_str()), name.span)
}
