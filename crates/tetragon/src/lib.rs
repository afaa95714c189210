//! Tetragon policies (`TracingPolicy`): the model, the reader, an offline validator and the YAML writer.
//!
//! Facts are those of Tetragon main of August 2026 (commit 4fbfe2d74). A policy that
//! Tetragon rejects is an error here. A policy that it loads and then misreads, or that never matches, gets
//! separate codes: whether Tetragon accepts a policy and whether the policy does what is written are two
//! questions.

#![forbid(unsafe_code)]

mod argument_type;
mod cel;
mod codes;
mod encoded_size;
pub mod interpret;
mod kernel_function;
mod kernel_function_table;
mod kernel_struct;
mod kernel_struct_table;
mod kernel_symbols;
mod lsm_hook;
mod lsm_hook_table;
mod model;
mod read;
mod release;
mod selector;
mod syscall_prototype_table;
mod text;
mod validate;
mod vocabulary;
mod write;

pub use argument_type::{ArgumentClass, ArgumentType, Fit};
pub use codes::{OBJECTIONS, REJECTIONS};
pub use encoded_size::{ENCODED_BYTES, encoded_size};
pub use kernel_symbols::KernelSymbols;
pub use lsm_hook::{LsmHook, Returns};
pub use model::{
    Argument, Enforcer, Hook, HookPoint, LabelSelector, Metadata, NamedList, PolicyKind, PolicyOption,
    Section, Spec, SyscallFlag, TracingPolicy,
};
pub use read::read;
pub use release::check_release;
pub use selector::{
    Action, ArgumentFilter, BinaryFilter, CapabilityFilter, NamespaceChangeFilter, NamespaceFilter,
    PidFilter, Selector,
};
pub use text::Text;
pub use validate::{
    Context, DIGEST_HOOKS, Dialect, Engine, check_product, fits, is_policy_name, is_reserved, validate,
};
pub use vocabulary::{ActionKind, BinaryOperator, CapabilitySetKind, Membership, NamespaceKind, Operator};
pub use write::{push_quoted, write_tree};
