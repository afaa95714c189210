//! The engine's document -> what the engine would reject, and what it would load and misread.
//!
//! One concern a file. Everything the engine rejects without looking at a kernel's memory is an error here;
//! see `codes` for the difference between a rejection and an objection.

mod action;
mod argument;
mod envelope;
mod limit;
mod list;
mod name;
mod operator;
mod process;
mod product;
mod prototype;
mod value;

pub use limit::fits;
pub use name::is_policy_name;
pub use product::{check_product, is_reserved};

pub(super) use name::is_label_value;

use telovix_diagnostic::Sink;
use telovix_platform::Kernel;

use super::model::TracingPolicy;

/// What a document is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The kernels it must load on; prototypes and features are those of every one of them.
    pub kernels: Vec<Kernel>,
    /// How the engine is run.
    pub engine: Engine,
}

/// Features of the engine that its flags turn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Engine {
    /// Whether it keeps a map of parents (`--parents-map-enabled`).
    pub has_parents_map: bool,
    /// Whether Kubernetes tells it which workload a process belongs to.
    pub has_kubernetes: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self { kernels: Kernel::ALL.to_vec(), engine: Engine::default() }
    }
}

/// Reports everything that keeps a document from meaning what it says.
pub fn validate(policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    envelope::check(policy, context, sink);
    list::check(policy, sink);
    for hook in &policy.spec.hooks {
        argument::check(hook, sink);
        prototype::check(hook, context, sink);
        operator::check(hook, context, sink);
        action::check(hook, policy, sink);
        limit::check(hook, sink);
        for selector in &hook.selectors {
            process::check(selector, context, sink);
        }
    }
    limit::check_shared(policy, sink);
}
