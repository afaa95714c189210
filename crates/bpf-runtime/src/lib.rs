//! An image -> enforcement in the kernel, and its removal. The caller decides whether the image may be loaded.
//!
//! One BPF LSM program per hook that the policy needs, pinned with its maps below the BPF file system, so that
//! enforcement continues without any process of ours. Two slots hold two generations; [`apply`](apply::apply)
//! fills the one that is not active and switches with a single write. A deadline in the same word makes the
//! programs themselves return to the other slot unless [`confirm`](switch::confirm) is called in time.
//!
//! Needs kernel 6.1 or later with BTF, `bpf` among the active Linux security modules and a mounted BPF file system.

pub mod apply;
pub mod code;
mod control;
mod control_group;
mod error;
pub mod events;
mod generation;
mod guard;
mod liveness;
mod lockout;
mod object;
mod pins;
pub mod plan;
mod preflight;
pub mod probe;
mod scope;
pub mod status;
mod successors;
pub mod switch;
mod sys;

pub use error::RuntimeError;
pub use pins::Places;
pub use scope::Scope;
