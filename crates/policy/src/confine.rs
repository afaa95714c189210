//! The IR and its set algebra: subject x operation x condition -> effect; no YAML, no terms of Tetragon.
//!
//! A confinement matches the events that get an effect. An event that no confinement matches is allowed, and when
//! several match one event the strongest effect wins. An allowlist is therefore the complement of its
//! entries. Conditions are sets of a closed family: union, intersection and complement are exact, so
//! equality, inclusion and witnesses are exact as well.

mod capability_set;
mod condition;
mod confinement;
mod effect;
mod endpoint_set;
mod operation;
mod path_set;
mod port_set;
mod prefix_list;
mod region;
mod severity;
mod socket_set;
mod subject;
mod syscall_set;

pub use capability_set::CapabilitySet;
pub use condition::Condition;
pub use confinement::{
    Confinement, Dimension, DocumentKind, DocumentReference, Exemption, Gate, Listing, Member, MemberValue,
};
pub use effect::Effect;
pub use endpoint_set::{Endpoint, EndpointSet};
pub use operation::{Access, AccessSet, Operation};
pub use path_set::{Cell, PathSet};
pub use port_set::PortSet;
pub use prefix_list::PrefixList;
pub use region::{Action, OpenRegion, Region};
pub use severity::ViolationSeverity;
pub use socket_set::{SocketSet, SocketType};
pub use subject::Subject;
pub use syscall_set::SyscallSet;
