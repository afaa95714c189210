//! A table of events in ClickHouse -> complete answers, or the reason why there is none.
//!
//! ```text
//! address  `clickhouse://user@host:8123/db.table` -> host, user, table
//! client   statements -> answers, over HTTP
//! body     the text of an answer -> rows, or what the server says is wrong
//! table    a server -> a table whose columns and settings give complete answers
//! shards   a cluster that is silent -> the shards that do not answer
//! ```

#![forbid(unsafe_code)]

mod address;
mod body;
mod client;
mod error;
mod shards;
mod table;

pub use address::{Address, AddressError};
pub use client::Credentials;
pub use error::Error;
pub use table::{Loader, Table};
