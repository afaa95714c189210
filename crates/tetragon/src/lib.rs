//! The engine's own document: its model, its reader, an offline validator, and its YAML.
//!
//! Facts are those of Tetragon main of August 2026 (commit 4fbfe2d74). What the engine would reject is
//! an error here; what it would load and then misread, or never match, is an objection with a code of its
//! own, so that "the engine takes it" and "it means what it says" stay two questions.

#![forbid(unsafe_code)]

mod argument_type;
mod codes;
mod encoded_size;
mod lsm_hook;
mod lsm_hook_table;
mod model;
mod read;
mod selector;
mod text;
mod validate;
mod vocabulary;
mod write;

pub use argument_type::{ArgumentClass, ArgumentType, Fit};
pub use codes::{OBJECTIONS, REJECTIONS};
pub use encoded_size::{ENCODED_BYTES, encoded_size};
pub use lsm_hook::{LsmHook, Returns};
pub use model::{
    Argument, Enforcer, Hook, HookPoint, LabelSelector, Metadata, NamedList, PolicyKind, PolicyOption,
    Section, Spec, SyscallFlag, TracingPolicy,
};
pub use read::read;
pub use selector::{
    Action, ArgumentFilter, BinaryFilter, CapabilityFilter, NamespaceChangeFilter, NamespaceFilter,
    PidFilter, Selector,
};
pub use text::Text;
pub use validate::{Context, Engine, check_product, fits, is_policy_name, is_reserved, validate};
pub use vocabulary::{ActionKind, BinaryOperator, CapabilitySetKind, Membership, NamespaceKind, Operator};
pub use write::{push_quoted, write_tree};
