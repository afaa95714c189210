//! The meaning of a policy: values, exact sets, confinements, and the judge of events. No YAML and no Tetragon.
//!
//! ```text
//! value/    paths, ports, addresses, capabilities, system calls, dates, scopes
//! confine/  subject x operation x condition -> effect, and the algebra of conditions
//! judge/    one event against confinements -> verdict, with its reason
//! ```

#![forbid(unsafe_code)]

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod confine;
pub mod judge;
pub mod value;
