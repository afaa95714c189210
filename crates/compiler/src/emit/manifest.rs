//! A policy and its artifacts -> `manifest.json`, the account that signatures cover and hosts read.

mod document;
mod model;

use sha2::{Digest, Sha256};
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{Kind, LAYOUT_VERSION, Section};

pub use model::{
    ArtifactEntry, Budget, ConfinementEntry, DetectionEntry, DocumentEntry, EvasionEntry, EvasionStatus,
    ExceptionEntry, HostLimitEntry, MANIFEST_VERSION, Manifest, PackEntry, ScopeEntry, Tool,
};

use super::Artifact;
use crate::confine::{Confinement, Gate};
use crate::document::Scope;
use crate::lower::{HostLimit, Pack, Policy};
use crate::source::SourceSet;
use crate::target::{self, Assessment, Evasion, Status, TargetEffect};

/// The manifest's place in a bundle.
pub const MANIFEST_PATH: &str = "manifest.json";

/// What a manifest is made of.
#[derive(Debug, Clone, Copy)]
pub struct Account<'compile> {
    /// The texts, for places.
    pub sources: &'compile SourceSet,
    /// What the documents mean.
    pub policy: &'compile Policy,
    /// What the artifacts were compiled for, and every way around them.
    pub assessment: &'compile Assessment,
    /// Every artifact but the manifest.
    pub artifacts: &'compile [Artifact],
    /// The image, whose maps the budget counts; none without a native target.
    pub image: Option<&'compile Image>,
}

impl Account<'_> {
    /// Returns the manifest.
    #[must_use]
    pub fn manifest(self) -> Manifest {
        let Self { policy, sources, .. } = self;
        let documents = policy.documents.iter();
        Manifest {
            version: MANIFEST_VERSION,
            tool: Tool { name: "telovix".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            layout_version: LAYOUT_VERSION,
            targets: self.assessment.targets.iter().map(ToString::to_string).collect(),
            documents: documents.clone().filter_map(|placed| document::entry(placed, sources)).collect(),
            confinements: policy.confinements.iter().map(|one| self.confinement_entry(one)).collect(),
            artifacts: self.artifacts.iter().map(|artifact| artifact_entry(artifact, sources)).collect(),
            evasions: evasion_entries(&self.assessment.evasions),
            packs: policy.packs.iter().map(|pack| pack_entry(pack, sources)).collect(),
            detections: documents.filter_map(|placed| document::detection(placed, sources)).collect(),
            host_limits: policy.host_limits().map(|limit| host_limit_entry(&limit, sources)).collect(),
            budget: self.budget(),
        }
    }

    fn budget(self) -> Budget {
        let maps = Section::ALL.into_iter().filter(|section| section.kind() != Kind::Listing);
        let programs = |budget: &target::Budget| {
            budget.programs.iter().map(|(hook, count)| ((*hook).to_owned(), *count as u64)).collect()
        };
        let budgets = self.assessment.budgets.iter();
        Budget {
            programs: budgets.map(|budget| (budget.target.to_string(), programs(budget))).collect(),
            trampoline_slots: target::TRAMPOLINE_SLOTS as u64,
            maps: self.image.map_or(0, |_| maps.clone().count() as u64),
            entries: self.image.map_or(0, |image| maps.map(|section| image.count(section) as u64).sum()),
            bytes: self.image.map_or(0, |image| image.kernel_bytes() as u64),
        }
    }

    fn confinement_entry(self, confinement: &Confinement) -> ConfinementEntry {
        let effects = self.assessment.targets.iter().map(|target| target::effect(*target, confinement));
        let effects: Vec<TargetEffect> = effects.collect();
        let weaker = effects.iter().filter(|reached| reached.is_weaker_than(confinement.effect));
        ConfinementEntry {
            document: confinement.document.id.clone(),
            dimension: confinement.dimension.name().to_owned(),
            operation: confinement.operation.name().to_owned(),
            effect: confinement.effect.name().to_owned(),
            held: confinement.gate == Gate::Held,
            source: self.sources.locate(confinement.span),
            reasons: weaker.map(|reached| (reached.target.to_string(), reached.reason.to_string())).collect(),
            effects: effects.iter().map(|reached| reached.word().to_owned()).collect(),
        }
    }
}

/// Returns one entry for each way, with what every target does about it. They arrive in that order.
fn evasion_entries(evasions: &[Evasion]) -> Vec<EvasionEntry> {
    let ways = evasions.chunk_by(|left, right| (left.topic, left.way) == (right.topic, right.way));
    let entries = ways.filter_map(|way| {
        let first = way.first()?;
        let status = way.iter().map(|evasion| {
            let (status, reason) = match evasion.status {
                Status::Covered(hook) => ("covered", hook),
                Status::Killed(hook) => ("killed", hook),
                Status::Open(reason) => ("open", reason),
                Status::Absent(reason) => ("absent", reason),
            };
            let reason = reason.to_owned();
            let answer = EvasionStatus {
                status: status.to_owned(),
                reason,
                evidence: evasion.evidence.name().to_owned(),
            };
            (evasion.target.to_string(), answer)
        });
        Some(EvasionEntry {
            intent: first.topic.name().to_owned(),
            way: first.way.to_owned(),
            status: status.collect(),
        })
    });
    entries.collect()
}

/// Returns the manifest as the bytes that are written: JSON, indented, with a final line end.
#[must_use]
pub fn render(manifest: &Manifest) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Returns SHA-256 of `bytes` in lower-case hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let nibbles = Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

fn artifact_entry(artifact: &Artifact, sources: &SourceSet) -> ArtifactEntry {
    ArtifactEntry {
        path: artifact.path.clone(),
        kind: artifact.kind.name().to_owned(),
        sha256: digest(&artifact.bytes),
        bytes: artifact.bytes.len() as u64,
        scope: scope_entry(&artifact.scope),
        sources: artifact.sources.iter().map(|span| sources.locate(*span)).collect(),
    }
}

fn pack_entry(pack: &Pack, sources: &SourceSet) -> PackEntry {
    PackEntry {
        pack_id: pack.name.id.clone(),
        version: pack.name.version.clone(),
        kind: pack.kind.name().to_owned(),
        enforcement_capable: pack.enforcement_capable,
        state: pack.state.name().to_owned(),
        source: sources.locate(pack.span),
    }
}

fn host_limit_entry(limit: &HostLimit<'_>, sources: &SourceSet) -> HostLimitEntry {
    HostLimitEntry {
        process: limit.process.to_owned(),
        limit: limit.resource.field().to_owned(),
        value: limit.limit.value,
        source: sources.locate(limit.limit.span),
    }
}

fn scope_entry(scope: &Scope) -> ScopeEntry {
    match scope {
        Scope::Fleet => ScopeEntry::Fleet,
        Scope::Group(group) => ScopeEntry::Group(group.clone()),
        Scope::Sensor(sensor) => ScopeEntry::Sensor(sensor.clone()),
    }
}
