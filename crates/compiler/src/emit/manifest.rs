//! A policy and its artifacts -> `manifest.json`, which signatures cover and hosts read.

mod document;
mod model;

use std::borrow::Cow;
use std::collections::BTreeMap;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{Kind, LAYOUT_VERSION, Section};
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::{HostLimit, Pack, Policy};
use telovix_platform::Status;
use telovix_policy::confine::{Confinement, Gate};
use telovix_policy::value::Scope;

use super::Artifact;
use crate::assessment::{self, Assessment, Evasion};

pub use model::{
    ArtifactEntry, Budget, ConfinementEntry, DetectionEntry, DocumentEntry, EvasionEntry, EvasionStatus,
    ExceptionEntry, HostLimitEntry, MANIFEST_VERSION, Manifest, PackEntry, ScopeEntry, Tool,
};

/// The path of the manifest in a bundle.
pub const MANIFEST_PATH: &str = "manifest.json";

/// What a manifest is made of.
#[derive(Debug, Clone)]
pub struct Account<'compile> {
    /// The source texts, for line numbers.
    pub sources: &'compile SourceSet,
    /// The meaning of the documents.
    pub policy: &'compile Policy,
    /// The targets, and every known bypass on them.
    pub assessment: &'compile Assessment,
    /// Every artifact but the manifest.
    pub artifacts: Vec<&'compile Artifact>,
    /// The programs that the artifacts need on each target.
    pub budgets: &'compile [assessment::Budget],
    /// The image, whose maps the budget counts; none without native targets.
    pub image: Option<&'compile Image>,
}

impl<'compile> Account<'compile> {
    /// Returns the manifest. Its texts are borrowed where that is possible.
    fn manifest(&self) -> Manifest<'compile> {
        let Self { policy, sources, assessment, .. } = *self;
        let documents = || policy.documents.iter();
        let artifacts = self.artifacts.iter().filter_map(|artifact| artifact_entry(artifact, sources));
        Manifest {
            version: MANIFEST_VERSION,
            tool: Tool { name: "telovix".into(), version: env!("CARGO_PKG_VERSION").into() },
            layout_version: LAYOUT_VERSION,
            targets: assessment.targets.iter().map(|target| target.name().into()).collect(),
            documents: documents().filter_map(|placed| document::entry(placed, sources)).collect(),
            confinements: policy
                .confinements
                .iter()
                .chain(&policy.native)
                .map(|one| self.confinement_entry(one))
                .collect(),
            artifacts: artifacts.collect(),
            evasions: evasion_entries(&assessment.evasions),
            packs: policy.packs.iter().map(|pack| pack_entry(pack, sources)).collect(),
            detections: documents().filter_map(|placed| document::detection(placed, sources)).collect(),
            host_limits: policy.host_limits().map(|limit| host_limit_entry(&limit, sources)).collect(),
            budget: self.budget(),
        }
    }

    fn budget(&self) -> Budget<'compile> {
        let maps = Section::ALL.into_iter().filter(|section| section.kind() != Kind::Listing);
        let programs = |budget: &'compile assessment::Budget| {
            budget.programs.iter().map(|(hook, count)| (Cow::from(hook.as_str()), *count as u64)).collect()
        };
        let budgets = self.budgets.iter();
        Budget {
            programs: budgets.map(|budget| (budget.target.name().into(), programs(budget))).collect(),
            trampoline_slots: assessment::TRAMPOLINE_SLOTS as u64,
            maps: self.image.map_or(0, |_| maps.clone().count() as u64),
            entries: self.image.map_or(0, |image| maps.map(|section| image.count(section) as u64).sum()),
            bytes: self.image.map_or(0, |image| image.kernel_bytes() as u64),
        }
    }

    fn confinement_entry(&self, confinement: &'compile Confinement) -> ConfinementEntry<'compile> {
        let targets = &self.assessment.targets;
        let (mut effects, mut reasons) = (Vec::with_capacity(targets.len()), BTreeMap::new());
        for target in targets {
            let reached = assessment::effect(*target, confinement);
            effects.push(reached.word().into());
            if reached.is_weaker_than(confinement.effect) {
                reasons.insert(target.name().into(), reached.reason);
            }
        }
        ConfinementEntry {
            document: confinement.document.id.as_str().into(),
            dimension: confinement.dimension.name().into(),
            operation: confinement.operation.name().into(),
            effect: confinement.effect.name().into(),
            held: confinement.gate == Gate::Held,
            source: self.sources.locate(confinement.span).into(),
            effects,
            reasons,
        }
    }
}

/// Returns one entry for each bypass, with its status on every target. `evasions` are in that order.
fn evasion_entries(evasions: &[Evasion]) -> Vec<EvasionEntry<'static>> {
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
            let evidence = evasion.evidence.name();
            let answer =
                EvasionStatus { status: status.into(), reason: reason.into(), evidence: evidence.into() };
            (evasion.target.name().into(), answer)
        });
        Some(EvasionEntry {
            intent: first.topic.name().into(),
            way: first.way.into(),
            status: status.collect(),
        })
    });
    entries.collect()
}

/// Returns the manifest as indented JSON with a final line end.
#[must_use]
pub fn render(account: &Account<'_>) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(&account.manifest())
        .expect("keys of a manifest are texts, and memory takes every byte");
    text.push(b'\n');
    text
}

fn artifact_entry<'compile>(
    artifact: &'compile Artifact,
    sources: &SourceSet,
) -> Option<ArtifactEntry<'compile>> {
    Some(ArtifactEntry {
        path: artifact.path.as_str().into(),
        kind: artifact.kind.name().into(),
        sha256: artifact.sha256.as_deref()?.into(),
        bytes: artifact.bytes as u64,
        scope: scope_entry(artifact.scope.clone()),
        sources: artifact.sources.iter().map(|span| sources.locate(*span).into()).collect(),
    })
}

fn pack_entry<'compile>(pack: &'compile Pack, sources: &SourceSet) -> PackEntry<'compile> {
    PackEntry {
        pack_id: pack.name.id.as_str().into(),
        version: pack.name.version.as_str().into(),
        kind: pack.kind.name().into(),
        enforcement_capable: pack.enforcement_capable,
        state: pack.state.name().into(),
        source: sources.locate(pack.span).into(),
    }
}

fn host_limit_entry<'compile>(limit: &HostLimit<'compile>, sources: &SourceSet) -> HostLimitEntry<'compile> {
    HostLimitEntry {
        process: limit.process.into(),
        limit: limit.resource.field().into(),
        value: limit.limit.value,
        source: sources.locate(limit.limit.span).into(),
    }
}

fn scope_entry(scope: Scope) -> ScopeEntry<'static> {
    match scope {
        Scope::Fleet => ScopeEntry::Fleet,
        Scope::Group(group) => ScopeEntry::Group(group.into()),
        Scope::Sensor(sensor) => ScopeEntry::Sensor(sensor.into()),
    }
}
