//! The shape of `manifest.json`: what was compiled, from which lines, and what each target makes of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of this shape. A reader refuses every other version and keeps fields it does not know.
pub const MANIFEST_VERSION: u32 = 1;

/// The account of one compile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The version of this shape.
    pub version: u32,
    /// What compiled it.
    pub tool: Tool,
    /// The version of the image's layout.
    pub layout_version: u32,
    /// What the artifacts were compiled for, in the order that `effects` follows.
    pub targets: Vec<String>,
    /// Every document, by source.
    pub documents: Vec<DocumentEntry>,
    /// Every confinement, with the effect each target gives it.
    pub confinements: Vec<ConfinementEntry>,
    /// Every file beside this one, by path.
    pub artifacts: Vec<ArtifactEntry>,
    /// Every known way around what is confined, and what each target does about it.
    pub evasions: Vec<EvasionEntry>,
    /// Packs and how far they have advanced.
    pub packs: Vec<PackEntry>,
    /// Detection rules of the Console.
    pub detections: Vec<DetectionEntry>,
    /// Limits that no kernel operation covers and that the host has to hold.
    pub host_limits: Vec<HostLimitEntry>,
    /// What the policy will take of a kernel.
    pub budget: Budget,
}

/// What compiled a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `telovix`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentEntry {
    /// The word after `kind:`.
    pub kind: String,
    /// The id the product knows it by.
    pub id: String,
    /// The name people know it by.
    pub name: String,
    /// Its mode, as written, where the kind has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<String>,
    /// The status of a linked rApp: observing, profiled or enforced. Profiles only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rapp_status: Option<String>,
    /// Where it holds.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry,
    /// The pack it belongs to, `{pack_id}/{version}`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pack: Option<String>,
    /// `file:line` of its first line.
    pub source: String,
    /// The weakenings it accepts, by name, with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub waived: BTreeMap<String, String>,
    /// Who is exempt.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exceptions: Vec<ExceptionEntry>,
}

/// Where a document or artifact holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeEntry {
    /// Every sensor.
    #[default]
    Fleet,
    /// The sensors of one group.
    Group(String),
    /// One sensor.
    Sensor(String),
}

impl ScopeEntry {
    fn is_fleet(&self) -> bool {
        *self == Self::Fleet
    }
}

/// One exception that holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionEntry {
    /// The executable of the process.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<String>,
    /// The executable of its parent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The last day it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expiry: Option<String>,
    /// `file:line`.
    pub source: String,
}

/// One confinement and what each target makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfinementEntry {
    /// The id of its document.
    pub document: String,
    /// The part of the document.
    pub dimension: String,
    /// What is confined.
    pub operation: String,
    /// The effect as written.
    pub effect: String,
    /// Whether the effect acts, or the pack holds it back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub held: bool,
    /// `file:line` of the list or rule that asks for it.
    pub source: String,
    /// The effect on each target, in the order of `targets`: deny, kill, log, observe or unavailable.
    pub effects: Vec<String>,
    /// Why a target gives less than was written, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reasons: BTreeMap<String, String>,
}

/// One file of the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactEntry {
    /// Where it lies below the manifest.
    pub path: String,
    /// `tracing_policy` or `image`.
    pub kind: String,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Where it is to be delivered.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry,
    /// `file:line` of each document it was made from; empty for what was made from all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<String>,
}

/// One way around what a document confines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionEntry {
    /// The template or dimension it leads around.
    pub intent: String,
    /// The way, as an attacker would call it.
    pub way: String,
    /// What each target does about it.
    pub status: BTreeMap<String, EvasionStatus>,
}

/// What one target does about a way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionStatus {
    /// `covered`, `killed`, `open`, or `absent` where the kernel does not have the way.
    pub status: String,
    /// The hook that covers it, or why it is open.
    pub reason: String,
    /// How that is known: measured, or read in source.
    pub evidence: String,
}

/// One pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PackEntry {
    /// Its id.
    pub pack_id: String,
    /// Its version.
    pub version: String,
    /// `observe` or `guard`.
    pub kind: String,
    /// Whether blocking may ever act.
    pub enforcement_capable: bool,
    /// `observe`, `enforce_ready` or `enforced`.
    pub state: String,
    /// `file:line`.
    pub source: String,
}

/// One detection rule: the conditions it gives are AND-ed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionEntry {
    /// Its name.
    pub name: String,
    /// The profile it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<String>,
    /// Where it holds.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry,
    /// The conditions, by field name, as the Console compares them.
    pub matches: BTreeMap<String, String>,
    /// What the Console does.
    pub action: String,
    /// How much a match weighs.
    pub severity: String,
    /// Substrings of executables that are exempt.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exceptions: Vec<String>,
    /// Control ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub compliance_tags: Vec<String>,
    /// `file:line`.
    pub source: String,
}

/// One limit the host has to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostLimitEntry {
    /// The base name of the executable.
    pub process: String,
    /// `max_memory_mb` or `max_cpu_percent`.
    pub limit: String,
    /// The number, in the unit of the limit.
    pub value: u32,
    /// `file:line`.
    pub source: String,
}

/// What the policy will take of a kernel, predicted from its records.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// Programs by target and hook, on the host that gets the most of them.
    pub programs: BTreeMap<String, BTreeMap<String, u64>>,
    /// Programs that one hook has room for.
    pub trampoline_slots: u64,
    /// Maps of one generation of the image.
    pub maps: u64,
    /// Entries of those maps.
    pub entries: u64,
    /// Bytes of kernel memory of those maps, with the kernel's own overhead per entry.
    pub bytes: u64,
}
