//! The shape of `manifest.json`: what was compiled, from which lines, and what each target makes of it.
//!
//! Texts are those of the policy and of the tables where they have them, and owned where a manifest was read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of this shape. A reader refuses every other version and keeps fields it does not know.
pub const MANIFEST_VERSION: u32 = 1;

/// The account of one compile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest<'a> {
    /// The version of this shape.
    pub version: u32,
    /// What compiled it.
    pub tool: Tool<'a>,
    /// The version of the image's layout.
    pub layout_version: u32,
    /// What the artifacts were compiled for, in the order that `effects` follows.
    pub targets: Vec<Cow<'a, str>>,
    /// Every document, by source.
    pub documents: Vec<DocumentEntry<'a>>,
    /// Every confinement, with the effect each target gives it.
    pub confinements: Vec<ConfinementEntry<'a>>,
    /// Every file beside this one, by path.
    pub artifacts: Vec<ArtifactEntry<'a>>,
    /// Every known way around what is confined, and what each target does about it.
    pub evasions: Vec<EvasionEntry<'a>>,
    /// Packs and how far they have advanced.
    pub packs: Vec<PackEntry<'a>>,
    /// Detection rules of the Console.
    pub detections: Vec<DetectionEntry<'a>>,
    /// Limits that no kernel operation covers and that the host has to hold.
    pub host_limits: Vec<HostLimitEntry<'a>>,
    /// What the policy will take of a kernel.
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
    /// The id the product knows it by.
    pub id: Cow<'a, str>,
    /// The name people know it by.
    pub name: Cow<'a, str>,
    /// Its mode, as written, where the kind has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<Cow<'a, str>>,
    /// The status of a linked rApp: observing, profiled or enforced. Profiles only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rapp_status: Option<Cow<'a, str>>,
    /// Where it holds.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// The pack it belongs to, `{pack_id}/{version}`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pack: Option<Cow<'a, str>>,
    /// `file:line` of its first line.
    pub source: Cow<'a, str>,
    /// The weakenings it accepts, by name, with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub waived: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Who is exempt.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exceptions: Vec<ExceptionEntry<'a>>,
}

/// Where a document or artifact holds.
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

/// One exception that holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionEntry<'a> {
    /// The executable of the process.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<Cow<'a, str>>,
    /// The executable of its parent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Cow<'a, str>>,
    /// Why.
    pub reason: Cow<'a, str>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Cow<'a, str>>,
    /// The last day it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expiry: Option<Cow<'a, str>>,
    /// `file:line`.
    pub source: Cow<'a, str>,
}

/// One confinement and what each target makes of it.
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
    /// Whether the effect acts, or the pack holds it back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub held: bool,
    /// `file:line` of the list or rule that asks for it.
    pub source: Cow<'a, str>,
    /// The effect on each target, in the order of `targets`: deny, kill, log, observe or unavailable.
    pub effects: Vec<Cow<'a, str>>,
    /// Why a target gives less than was written, by target.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reasons: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// One file of the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactEntry<'a> {
    /// Where it lies below the manifest.
    pub path: Cow<'a, str>,
    /// `tracing_policy` or `image`.
    pub kind: Cow<'a, str>,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: Cow<'a, str>,
    /// Its size.
    pub bytes: u64,
    /// Where it is to be delivered.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// `file:line` of each document it was made from; empty for what was made from all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<Cow<'a, str>>,
}

/// One way around what a document confines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionEntry<'a> {
    /// The template or dimension it leads around.
    pub intent: Cow<'a, str>,
    /// The way, as an attacker would call it.
    pub way: Cow<'a, str>,
    /// What each target does about it.
    pub status: BTreeMap<Cow<'a, str>, EvasionStatus<'a>>,
}

/// What one target does about a way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvasionStatus<'a> {
    /// `covered`, `killed`, `open`, or `absent` where the kernel does not have the way.
    pub status: Cow<'a, str>,
    /// The hook that covers it, or why it is open.
    pub reason: Cow<'a, str>,
    /// How that is known: measured, or read in source.
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
    /// Whether blocking may ever act.
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
    /// Where it holds.
    #[serde(skip_serializing_if = "ScopeEntry::is_fleet", default)]
    pub scope: ScopeEntry<'a>,
    /// The conditions, by field name, as the Console compares them.
    pub matches: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// What the Console does.
    pub action: Cow<'a, str>,
    /// How much a match weighs.
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

/// One limit the host has to hold.
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

/// What the policy will take of a kernel, predicted from its records.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Budget<'a> {
    /// Programs by target and hook, on the host that gets the most of them.
    pub programs: BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, u64>>,
    /// Programs that one hook has room for.
    pub trampoline_slots: u64,
    /// Maps of one generation of the image.
    pub maps: u64,
    /// Entries of those maps.
    pub entries: u64,
    /// Bytes of kernel memory of those maps, with the kernel's own overhead per entry.
    pub bytes: u64,
}
