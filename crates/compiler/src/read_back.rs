//! Artifacts as they are made -> those that are kept, read back and compared with the policy.

use std::collections::BTreeMap;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_platform::Target;
use telovix_proof::{Account, Depth, Emitted, Translation, prove};

use crate::emit::{Artifact, ArtifactKind, EngineOptions};

/// How much of what a compile makes is read back and compared with the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proof {
    /// Nothing: what is made is not written.
    Nothing,
    /// The TracingPolicies of a few documents, on a few events of each. The image is compared with the policy as a
    /// whole when it is packed.
    #[default]
    Sample,
    /// Everything, on every case that the policy distinguishes.
    Whole,
}

/// Documents in a sample; they are spread evenly.
const DOCUMENTS: usize = 4;

/// Events in a sample, for each document and operation.
const EVENTS: usize = 8;

/// What is kept of the artifacts.
#[derive(Debug, Default)]
pub struct ReadBack {
    proof: Proof,
    /// The documents whose artifacts are kept, by place.
    chosen: Vec<Span>,
    texts: BTreeMap<String, Vec<u8>>,
}

impl ReadBack {
    /// Chooses the documents. The choice depends on the policy only.
    pub(crate) fn of(policy: &Policy, proof: Proof) -> Self {
        let every = |step: usize| policy.documents.iter().step_by(step).map(PolicyDocument::span).collect();
        let chosen = match proof {
            Proof::Nothing => Vec::new(),
            Proof::Sample => every(policy.documents.len().div_ceil(DOCUMENTS).max(1)),
            Proof::Whole => every(1),
        };
        Self { proof, chosen, texts: BTreeMap::new() }
    }

    /// Keeps the bytes of an artifact that is to be read back.
    pub(crate) fn offer(&mut self, artifact: &Artifact, bytes: &[u8]) {
        let is_kept = match artifact.kind {
            ArtifactKind::TracingPolicy => {
                !self.chosen.is_empty() && artifact.sources.iter().all(|span| self.is_chosen(*span))
            }
            ArtifactKind::Image => self.proof == Proof::Whole,
            ArtifactKind::Manifest => false,
        };
        if is_kept {
            self.texts.insert(artifact.path.clone(), bytes.to_vec());
        }
    }

    fn is_chosen(&self, span: Span) -> bool {
        let begins = |own: &Span| (own.source, own.start) <= (span.source, span.start);
        let at = self.chosen.partition_point(begins).checked_sub(1);
        let own = at.and_then(|at| self.chosen.get(at));
        own.is_some_and(|own| own.source == span.source && span.end <= own.end)
    }

    /// Reads back what was kept, and reports every event that it decides differently from the policy.
    pub(crate) fn prove(
        mut self,
        (policy, sources): (&Policy, &SourceSet),
        artifacts: &[Artifact],
        (targets, engine): (&[Target], EngineOptions),
        sink: &mut Sink,
    ) -> Account {
        let mut image = None;
        let mut emitted = Vec::new();
        for artifact in artifacts {
            let bytes = self.texts.remove(&artifact.path);
            match artifact.kind {
                ArtifactKind::Image => image = bytes,
                ArtifactKind::TracingPolicy => emitted.push(Emitted {
                    path: artifact.path.clone(),
                    // What is no UTF-8 cannot be read back, and is reported.
                    text: bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
                    sources: artifact.sources.clone(),
                    scope: artifact.scope.clone(),
                }),
                ArtifactKind::Manifest => {}
            }
        }
        let translation = Translation {
            policy,
            sources,
            targets,
            parents: engine.parents(),
            emitted: &emitted,
            image: image.as_deref(),
        };
        let depth = match self.proof {
            Proof::Whole => Depth::Whole,
            Proof::Sample => Depth::Sample(EVENTS),
            Proof::Nothing => return Account::default(),
        };
        prove(&translation, depth, sink)
    }
}
