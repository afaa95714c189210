//! The engine's own document: its model, its reader, an offline validator, and its YAML.
//!
//! Facts are those of Tetragon main of August 2026 (commit 4fbfe2d74). What the engine would reject is
//! an error here; what it would load and then misread, or never match, is an objection with a code of its
//! own, so that "the engine takes it" and "it means what it says" stay two questions.

mod argument_type;
mod codes;
mod encoded_size;
mod lsm_hook;
mod lsm_hook_table;
mod model;
mod read;
mod validate;
mod vocabulary;
mod write;

pub use argument_type::{ArgumentClass, ArgumentType, Fit};
pub use codes::{OBJECTIONS, REJECTIONS};
pub use encoded_size::{ENCODED_BYTES, encoded_size};
pub use lsm_hook::{LsmHook, Returns};
pub use model::{
    Action, Argument, ArgumentFilter, BinaryFilter, CapabilityFilter, Enforcer, Hook, HookPoint,
    LabelSelector, Metadata, NamedList, NamespaceChangeFilter, NamespaceFilter, PidFilter, PolicyKind,
    PolicyOption, Section, Selector, Spec, SyscallFlag, TracingPolicy,
};
pub use read::read;
pub use validate::{Context, Engine, check_product, fits, is_policy_name, is_reserved, validate};
pub use vocabulary::{ActionKind, BinaryOperator, CapabilitySetKind, Membership, NamespaceKind, Operator};
pub use write::{quoted, write_tree};
