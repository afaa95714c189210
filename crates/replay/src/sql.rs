//! Policies -> SQL of ClickHouse over a table of events, and the server's answers -> the same answer that a scan gives.
//!
//! The server does not judge. It maps every event to what the policies can tell apart (which prefix its path has, which
//! block its address is in), counts the events of each such group, and returns one event of each. The judge of
//! [`Judge`](crate::Judge) decides that event, and with it the group. So there is one meaning, also of missing fields.
//!
//! ```text
//! layout      the columns of the table
//! row         a line of a history -> a row, and a row -> an event
//! load        a history -> rows
//! statement   SQL, and the sets that travel with it
//! partition   policies -> what they tell apart
//! groups      a partition -> the query that groups the events of an operation
//! totals      -> the query about all rows: hours, hosts, kinds
//! details     groups -> the query about those that policies affect
//! impact      all of it -> a tally
//! observe     -> the query of learning
//! detections  detections -> a query that counts their matches
//! ```

mod details;
mod detections;
mod groups;
mod impact;
mod layout;
mod load;
mod observe;
mod partition;
mod row;
mod statement;
mod totals;

pub use detections::{DetectionCount, detections, query};
pub use impact::{Unanswered, impact, statements};
pub use layout::{COLUMNS, Column, Kind, create, missing};
pub use load::{Loaded, load};
pub use observe::observe;
pub use statement::{Answer, Form, Server, Set, Statement};
