//! The format of `manifest.json`: what was compiled, from which lines, and its effect on each target.
//!
//! Texts are borrowed from the policy and the tables when a manifest is written, and owned when one is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of this format. A reader refuses every other version and keeps fields it does not know.
pub const MANIFEST_VERSION: u32 = 1;

/// The result of one compile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest<'a> {
    /// The version of this format.
    pub version: u32,
    /// What compiled it.
    pub tool: Tool<'a>,
    /// The version of the image's layout.
    pub layout_version: u32,
    /// The targets, in the order of `effects`.
    pub targets: Vec<Cow<'a, str>>,
    /// Every document, by source.
    pub documents: Vec<DocumentEntry<'a>>,
    /// Every confinement, with its effect on each target.
    pub confinements: Vec<ConfinementEntry<'a>>,
    /// Every other file of the bundle, by path.
    pub artifacts: Vec<ArtifactEntry<'a>>,
    /// Every known bypass of what is confined, and its status on each target.
    pub evasions: Vec<EvasionEntry<'a>>,
    /// Packs and their state.
    pub packs: Vec<PackEntry<'a>>,
    /// Detection rules of the Console.
    pub detections: Vec<DetectionEntry<'a>>,
    /// Limits that no kernel operation covers: set them in the cgroup of the service.
    pub host_limits: Vec<HostLimitEntry<'a>>,
    /// The kernel resources that the policy needs.
    pub budget: Budget<'a>,
}

/// What compiled a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool<'a> {
    /// `telovix`.
    pub name: Cow<'a, str>,
    /// Its version.
    pub version: Cow<'a, str>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentEntry<'a> {
    /// The word after `kind:`.
    pub kind: Cow<'a, str>,
    /// Its id.
    pub id: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its mode, as written, where the kind has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<Cow<'a, str>>,
    /// The status of a linked rApp: observing, profiled or enforced. Profiles only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rapp_status: Option<Cow<'a, str>>,
    /// The hosts it applies to.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// The pack it belongs to, `{pack_id}/{version}`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pack: Option<Cow<'a, str>>,
    /// `file:line` of its first line.
    pub source: Cow<'a, str>,
    /// The findings it waives, by name, with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub waived: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Its exceptions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exceptions: Vec<ExceptionEntry<'a>>,
}

/// The hosts that a document or artifact applies to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeEntry<'a> {
    /// Every sensor.
    #[default]
    Fleet,
    /// The sensors of one group.
    Group(Cow<'a, str>),
    /// One sensor.
    Sensor(Cow<'a, str>),
}

impl ScopeEntry<'_> {
    fn is_fleet(&self) -> bool {
        *self == Self::Fleet
    }
}

/// One exception that has not expired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionEntry<'a> {
    /// The executable of the process.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<Cow<'a, str>>,
    /// The executable of its parent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Cow<'a, str>>,
    /// The reason.
    pub reason: Cow<'a, str>,
    /// Its owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Cow<'a, str>>,
    /// The last day it is valid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expiry: Option<Cow<'a, str>>,
    /// `file:line`.
    pub source: Cow<'a, str>,
}

/// One confinement and its effect on each target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfinementEntry<'a> {
    /// The id of its document.
    pub document: Cow<'a, str>,
    /// The part of the document.
    pub dimension: Cow<'a, str>,
    /// What is confined.
    pub operation: Cow<'a, str>,
    /// The effect as written.
    pub effect: Cow<'a, str>,
    /// Whether the effect is inactive because the pack is not enforced.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub held: bool,
    /// `file:line` of the list or rule that asks for it.
    pub source: Cow<'a, str>,
    /// The effect on each target, in the order of `targets`: `deny`, `kill`, `log`, `observe` or `unavailable`.
    pub effects: Vec<Cow<'a, str>>,
    /// Why the effect on a target is weaker than written, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reasons: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// One file of the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactEntry<'a> {
    /// Its path relative to the manifest.
    pub path: Cow<'a, str>,
    /// `tracing_policy` or `image`.
    pub kind: Cow<'a, str>,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: Cow<'a, str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// The hosts it is for.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// `file:line` of each document it was made from; empty for what was made from all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<Cow<'a, str>>,
}

/// One known bypass of what a document confines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionEntry<'a> {
    /// The template or dimension that is bypassed.
    pub intent: Cow<'a, str>,
    /// The name of the bypass.
    pub way: Cow<'a, str>,
    /// Its status on each target.
    pub status: BTreeMap<Cow<'a, str>, EvasionStatus<'a>>,
}

/// The status of a bypass on one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionStatus<'a> {
    /// `covered`, `killed`, `open`, or `absent` where the bypass does not exist on the kernel.
    pub status: Cow<'a, str>,
    /// The hook that covers it, or why it is open.
    pub reason: Cow<'a, str>,
    /// How the status is known: `measured`, or `read in source`.
    pub evidence: Cow<'a, str>,
}

/// One pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PackEntry<'a> {
    /// Its id.
    pub pack_id: Cow<'a, str>,
    /// Its version.
    pub version: Cow<'a, str>,
    /// `observe` or `guard`.
    pub kind: Cow<'a, str>,
    /// Whether the pack can be enforced.
    pub enforcement_capable: bool,
    /// `observe`, `enforce_ready` or `enforced`.
    pub state: Cow<'a, str>,
    /// `file:line`.
    pub source: Cow<'a, str>,
}

/// One detection rule: the conditions it gives are AND-ed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionEntry<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The profile it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<Cow<'a, str>>,
    /// The hosts it applies to.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// The conditions, by field name.
    pub matches: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// The action of the Console on a match.
    pub action: Cow<'a, str>,
    /// The severity of a match.
    pub severity: Cow<'a, str>,
    /// Substrings of executables that are exempt.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exceptions: Vec<Cow<'a, str>>,
    /// Control ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub compliance_tags: Vec<Cow<'a, str>>,
    /// `file:line`.
    pub source: Cow<'a, str>,
}

/// One limit that has to be set on the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostLimitEntry<'a> {
    /// The base name of the executable.
    pub process: Cow<'a, str>,
    /// `max_memory_mb` or `max_cpu_percent`.
    pub limit: Cow<'a, str>,
    /// The number, in the unit of the limit.
    pub value: u32,
    /// `file:line`.
    pub source: Cow<'a, str>,
}

/// The kernel resources that the policy needs, predicted at compile time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Budget<'a> {
    /// BPF programs by target and hook, on the host with the most of them.
    pub programs: BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, u64>>,
    /// Programs that one hook can take.
    pub trampoline_slots: u64,
    /// Maps of one generation of the image.
    pub maps: u64,
    /// Entries in those maps.
    pub entries: u64,
    /// Kernel memory of those maps in bytes, including the overhead of each entry.
    pub bytes: u64,
}
