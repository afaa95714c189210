//! A policy and the artifacts that were made of it -> whether both give every kind of event the same effect.
//!
//! The artifacts are read back from their bytes: TracingPolicies by the reader and the interpreter of Tetragon's
//! semantics, the image by the interpreter of the kernel's. Nothing that emission knew is asked.
//!
//! ```text
//! group    documents that share an artifact belong together: they are judged as one
//! case     confinements -> one event of each case that they distinguish: inside and outside of every entry
//! engine   an event -> the effect by the judge on each Tetragon target, and by the emitted TracingPolicies
//! native   an event -> the effect by the judge, and by the image
//! ```
//!
//! Effects are those of [`telovix_assessment::effect`]: where a target does less than written, that much and no less is
//! expected of it.

#![forbid(unsafe_code)]

mod case;
mod code;
mod depth;
mod engine;
mod expected;
mod group;
mod native;
mod tally;

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_platform::{Backend, Target};
use telovix_policy::value::Scope;

pub use code::CODES;
pub use depth::Depth;
pub use tally::{Account, Tally};
pub use telovix_assessment::Parents;

/// A policy and what was made of it.
#[derive(Debug, Clone, Copy)]
pub struct Translation<'run> {
    /// The policy.
    pub policy: &'run Policy,
    /// The texts that it was read from.
    pub sources: &'run SourceSet,
    /// The targets that it was compiled for.
    pub targets: &'run [Target],
    /// Whether Tetragon knows the parents of processes.
    pub parents: Parents,
    /// The TracingPolicies that were emitted.
    pub emitted: &'run [Emitted],
    /// The bytes of the image.
    pub image: Option<&'run [u8]>,
}

/// A TracingPolicy that was emitted.
#[derive(Debug, Clone)]
pub struct Emitted {
    /// Its path in the output folder.
    pub path: String,
    /// Its text, where it was kept.
    pub text: Option<String>,
    /// The documents it was made from.
    pub sources: Vec<Span>,
    /// The hosts it is for.
    pub scope: Scope,
}

/// Compares a policy with its artifacts. Every event that they decide differently is reported.
#[must_use]
pub fn prove(translation: &Translation<'_>, depth: Depth, sink: &mut Sink) -> Account {
    let mut account = Account::default();
    if translation.targets.iter().any(|target| target.backend == Backend::Engine) {
        account.engine = engine::prove(translation, depth, sink);
    }
    if let Some(image) = translation.image {
        account.native = native::prove(translation, image, depth, sink);
    }
    account
}

/// Reports an event with two effects.
fn disagree(code: &'static Code, span: Span, event: &str, told: &str, sink: &mut Sink) {
    let message = format!("{told} for `{event}`");
    let help = "this is a mistake of telovix, not of the policy: please report it with this document";
    sink.report(Diagnostic::new(code, span, message).help(help));
}
