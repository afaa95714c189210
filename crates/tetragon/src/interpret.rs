//! A Tetragon policy and an event -> what Tetragon does with the event, and the line that decides.
//!
//! Selectors of a hook are tried in order and the first that matches acts; a policy may have several hooks for one
//! event, and the strongest effect counts. What an event does not say is open: the verdict is then a range, with the
//! fields that the event lacks and the facts that no event has. A range includes what happens for every completion of
//! the event, and a verdict without a range is the one that all of them share.
//!
//! Facts, which no event decides, and why:
//!
//! - whether a hook is called: it is not known for every hook and operation when it is, and an open file is used later
//!   (`call`, `place`); and by which interface something is done, where there are several (`decided`);
//! - process ids, namespaces, capabilities and workloads of the process (`process`), and data of the task or of registers
//!   (`rule`): no event has them. An operator that never finds a value of the declared type is decided without;
//! - arguments that `call` does not list, such as flags, pointers to user memory and the sockets before a connect. Of the
//!   others, what is in part unknown: the mode where an event has none, links, flags of an open file, the number of a system
//!   call that only 32-bit programs have (`test`);
//! - in expressions, the same arguments, unless the others decide (`expression`);
//! - the type of a file, where what is done with it does not rule out all but one (`file_type`);
//! - the path of the root directory in filters, and whether the kernel finds texts inside of paths (`filter`);
//! - what a function returns, for filters and actions on the return (`decided`);
//! - what a process does on a signal other than `SIGKILL`, `Override` of system calls and without an error number, and what
//!   enforcers and changed arguments do (`outcome`);
//! - filters of several kprobes in shared maps that hold different bytes (`shared`), a filter without a declared argument
//!   and a macro that does not exist (`rule`).
//!
//! An IPv4 destination is one of AF_INET, a system call one of a 64-bit program.
//!
//! Sources: `bpf/process`, `pkg/selectors` and `pkg/sensors/tracing` of Tetragon main, and what was seen in a running
//! Tetragon on kernels 6.1, 6.12 and 7.2.

mod call;
mod content;
mod decided;
mod destination;
mod expression;
mod fact;
mod file_type;
mod filter;
mod inside;
mod known;
mod map_content;
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
mod text_tree;
mod truth;

pub use decided::{Decided, DecidedHook, Decider, Ruling};
pub use fact::{Assumptions, Fact, FactId, Facts};
pub(crate) use map_content::map_content;
pub use outcome::Outcome;
pub use representatives::Representatives;
pub use truth::Needs;

use telovix_policy::confine::Operation;

/// Returns each way to do an operation, as a bit for [`Decided::assuming`].
pub fn ways(operation: Operation) -> impl Iterator<Item = u8> {
    let all = call::ways(operation);
    (0..u8::BITS).map(|bit| 1 << bit).filter(move |way| all & way != 0)
}
