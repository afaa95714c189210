//! Tetragon policy -> findings: what Tetragon rejects, and what it loads and misreads.
//!
//! One concern per file. Everything that Tetragon rejects without access to a running kernel is an error here;
//! see `codes` for the difference between a rejection and an objection.

mod action;
mod argument;
mod effect;
mod envelope;
mod expression;
mod function;
mod limit;
mod list;
mod macros;
mod name;
mod operator;
mod path;
mod peer;
mod pointer;
mod process;
mod product;
mod prototype;
mod reach;
mod repeated;
mod shared;
mod value;

pub use action::DIGEST_HOOKS;
pub use limit::fits;
pub use name::is_policy_name;
pub use product::{check_product, is_reserved};

pub(super) use name::is_label_value;

use telovix_diagnostic::Sink;
use telovix_platform::Kernel;

use super::kernel_symbols::KernelSymbols;
use super::model::TracingPolicy;

/// Kernels and Tetragon configuration that a policy is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Target kernels: prototypes and features must be available on all of them.
    pub kernels: Vec<Kernel>,
    /// What they have: one of each kernel and machine, or the given BTF of hosts.
    pub symbols: Vec<KernelSymbols>,
    /// How Tetragon is run.
    pub engine: Engine,
}

/// Whose rules a policy has to follow in addition to Tetragon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Tetragon's alone: any RFC 1123 name, any hook.
    #[default]
    Tetragon,
    /// Those of the Console as well: names of custom rules, documented hooks.
    Console,
}

/// Features of Tetragon that its command line flags enable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Engine {
    /// Whether it keeps a parents map (`--parents-map-enabled`).
    pub has_parents_map: bool,
    /// Whether it runs in Kubernetes, which maps processes to workloads.
    pub has_kubernetes: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self { kernels: Kernel::ALL.to_vec(), symbols: KernelSymbols::measured(), engine: Engine::default() }
    }
}

/// Most arguments of a hook whose filters are checked.
const ARGUMENTS: usize = 256;

/// Reports everything that makes a policy invalid, or different from what is written.
pub fn validate(policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    envelope::check(policy, context, sink);
    let expanded = macros::expanded(policy);
    let policy = expanded.as_ref();
    list::check(policy, sink);
    effect::check_mode(policy, sink);
    for hook in &policy.spec.hooks {
        if hook.arguments.len() > ARGUMENTS {
            // Tetragon refuses it; to look for the argument of each filter would take too long.
            argument::check_count(hook, sink);
            continue;
        }
        function::check(hook, policy, context, sink);
        argument::check(hook, context, sink);
        prototype::check(hook, context, sink);
        operator::check(hook, policy, context, sink);
        path::check(hook, sink);
        action::check(hook, policy, context, sink);
        effect::check(hook, policy, sink);
        peer::check(hook, sink);
        pointer::check(hook, sink);
        limit::check(hook, sink);
        reach::check(hook, sink);
        for selector in &hook.selectors {
            process::check(selector, context, sink);
        }
    }
    expression::check_count(policy, sink);
    repeated::check(policy, context, sink);
    shared::check(policy, sink);
}
