//! Policies of other programs -> documents, with a list of what differs.
//!
//! ```text
//! change     what a conversion changed: line, what, why, and what it does to enforcement
//! product    exports of the Console and files of the runtime guard -> documents
//! systemd    service units -> profiles
//! kubearmor  KubeArmor policies -> TracingPolicies
//! apparmor   AppArmor profiles -> profiles
//! seccomp    a seccomp profile -> a profile of one program
//! ```
//!
//! A conversion of a policy of the product never makes it weaker: what could only become weaker is kept as it was written,
//! so that `lint` and `compile` refuse it. Another program goes on enforcing what a document of its policy does not have. All
//! lists say what differs, and tests judge events by both sides.

#![forbid(unsafe_code)]

pub mod apparmor;
mod change;
pub mod kubearmor;
pub mod product;
pub mod seccomp;
pub mod systemd;

pub use change::{Change, Effect};
