//! A Tetragon policy and an event -> what Tetragon does with the event, and the line that decides.
//!
//! Selectors of a hook are tried in order and the first that matches acts; a policy may have several hooks for one
//! event, and the strongest effect counts. What an event does not say is open: the verdict is then a range, with the
//! fields that the event lacks and the facts that no event has. A range includes what happens for every completion of
//! the event, and a verdict without a range is the one that all of them share.
//!
//! An IPv4 destination is one of AF_INET, a system call one of a 64-bit program.
//!
//! Sources: `bpf/process`, `pkg/selectors` and `pkg/sensors/tracing` of Tetragon main, and what was seen in a running
//! Tetragon on kernels 6.1, 6.12 and 7.2.

mod call;
mod content;
mod decided;
mod destination;
mod fact;
mod filter;
mod number_set;
mod outcome;
mod path_cells;
mod place;
mod process;
mod reach;
mod representatives;
mod rule;
mod shared;
mod test;
mod text_set;
mod truth;

pub use decided::{Decided, DecidedHook, Decider, Ruling};
pub use fact::{Assumptions, Fact, FactId, Facts};
pub use outcome::Outcome;
pub use representatives::Representatives;
pub use truth::Needs;

use telovix_policy::confine::Operation;

/// Returns each way to do an operation, as a bit for [`Decided::assuming`].
pub fn ways(operation: Operation) -> impl Iterator<Item = u8> {
    let all = call::ways(operation);
    (0..u8::BITS).map(|bit| 1 << bit).filter(move |way| all & way != 0)
}
