//! A server -> a table of events whose answers are complete, or the reason why they would not be.

use telovix_replay::sql::{self, Answer, COLUMNS, Server, Statement, missing};

use crate::address::Address;
use crate::client::{Client, Credentials};
use crate::error::Error;
use crate::shards;

/// Settings that let a server leave rows out, and the values with which it does not. A user who may only read cannot
/// change them.
const SETTINGS: [(&str, &[&str]); 14] = [
    ("skip_unavailable_shards", &["0"]),
    ("timeout_overflow_mode", &["throw"]),
    ("timeout_overflow_mode_leaf", &["throw"]),
    ("read_overflow_mode", &["throw"]),
    ("read_overflow_mode_leaf", &["throw"]),
    ("result_overflow_mode", &["throw"]),
    ("group_by_overflow_mode", &["throw"]),
    ("sort_overflow_mode", &["throw"]),
    ("set_overflow_mode", &["throw"]),
    ("distinct_overflow_mode", &["throw"]),
    ("transfer_overflow_mode", &["throw"]),
    ("limit", &["0"]),
    ("offset", &["0"]),
    ("additional_table_filters", &["", "{}"]),
];

/// A table of events that may be read.
#[derive(Debug)]
pub struct Table {
    client: Client,
}

impl Table {
    /// Connects, and checks columns and settings. `seconds` is how long one query may take.
    ///
    /// # Errors
    /// When there is no such table, or its answers could be about a part of the events.
    pub fn open(address: Address, credentials: Credentials, seconds: u64) -> Result<Self, Error> {
        let table = Self { client: Client::new(address, credentials, seconds) };
        table.check_settings()?;
        table.check_columns()?;
        Ok(table)
    }

    /// Returns the name of the table, with its database where one is named.
    #[must_use]
    pub fn name(&self) -> &str {
        self.client.address.table()
    }

    /// Returns where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.client.address
    }

    fn check_settings(&self) -> Result<(), Error> {
        let names: Vec<_> = SETTINGS.iter().map(|(name, _)| format!("'{name}'")).collect();
        let text = format!("SELECT name, value FROM system.settings WHERE name IN ({})", names.join(", "));
        let answer = self.ask(&Statement { text, sets: Vec::new() })?;
        let wrong = answer.into_iter().filter_map(|row| {
            let mut row = row.into_iter().flatten();
            let (name, value) = (row.next()?, row.next()?);
            let (_, fine) = SETTINGS.iter().find(|(known, _)| *known == name)?;
            (!fine.contains(&value.as_str())).then(|| format!("{name} = {value}"))
        });
        let settings: Vec<_> = wrong.collect();
        if settings.is_empty() {
            return Ok(());
        }
        Err(Error::Partial { server: self.client.address.server(), settings })
    }

    fn check_columns(&self) -> Result<(), Error> {
        let table = self.name().to_owned();
        let text = format!("DESCRIBE TABLE {table}");
        let columns = self.ask(&Statement { text, sets: Vec::new() })?;
        let columns = columns.into_iter().filter_map(|row| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next()?))
        });
        let problems = missing(&columns.collect::<Vec<_>>());
        if problems.is_empty() { Ok(()) } else { Err(Error::Columns { table, problems }) }
    }
}

impl Server for Table {
    type Error = Error;

    fn ask(&self, statement: &Statement) -> Result<Answer, Error> {
        self.client.ask(statement).map_err(|error| match error {
            Error::Slow { server, seconds, .. } => {
                Error::Slow { server, seconds, shards: shards::silent(&self.client) }
            }
            Error::Shard { shards, message } if shards == ["a shard"] => {
                let silent = shards::silent(&self.client);
                Error::Shard { shards: if silent.is_empty() { shards } else { silent }, message }
            }
            error => error,
        })
    }
}

/// A table that rows are inserted into.
#[derive(Debug)]
pub struct Loader {
    client: Client,
}

impl Loader {
    /// Prepares to insert. Nothing is sent yet.
    #[must_use]
    pub fn new(address: Address, credentials: Credentials, seconds: u64) -> Self {
        Self { client: Client::new(address, credentials, seconds) }
    }

    /// Creates the table.
    ///
    /// # Errors
    /// When the server refuses, also because it exists.
    pub fn create(&self) -> Result<(), Error> {
        self.client.run(&sql::create(self.client.address.table()), &[])
    }

    /// Inserts rows in the format `TabSeparated`.
    ///
    /// # Errors
    /// When the server does not confirm them.
    pub fn insert(&self, rows: &[u8]) -> Result<(), Error> {
        self.client.run(&insertion(self.client.address.table()), rows)
    }
}

/// Returns the statement that inserts rows.
fn insertion(table: &str) -> String {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    format!("INSERT INTO {table} ({}) FORMAT TabSeparated", names.join(", "))
}
