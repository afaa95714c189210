//! `--source clickhouse://…` and its options -> a table that answers completely, or the finding that says why not.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, fs};

use clap::Args;
use telovix_clickhouse::{Address, AddressError, Credentials, Error, Table};
use telovix_diagnostic::{Code, Diagnostic};
use telovix_replay::Moment;
use telovix_replay::sql::Unanswered;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Report;

/// The codes about a table of events.
pub(crate) const CODES: &[&Code] = &[
    &INVALID_ADDRESS,
    &UNREADABLE_PASSWORD,
    &NO_ANSWER,
    &INCOMPLETE_ANSWER,
    &NOT_A_TABLE_OF_EVENTS,
    &TOO_MANY_GROUPS,
    &PASSWORD_IN_CLEAR,
];

static INVALID_ADDRESS: Code = Code::page(include_str!("events_table/code/invalid-table-address.md"));
static UNREADABLE_PASSWORD: Code = Code::page(include_str!("events_table/code/unreadable-password.md"));
static NO_ANSWER: Code = Code::page(include_str!("events_table/code/no-answer.md"));
static INCOMPLETE_ANSWER: Code = Code::page(include_str!("events_table/code/incomplete-answer.md"));
static NOT_A_TABLE_OF_EVENTS: Code = Code::page(include_str!("events_table/code/not-a-table-of-events.md"));
static TOO_MANY_GROUPS: Code = Code::page(include_str!("events_table/code/too-many-groups.md"));
static PASSWORD_IN_CLEAR: Code = Code::page(include_str!("events_table/code/password-in-clear.md"));

/// The variable that has the password.
const VARIABLE: &str = "TELOVIX_CLICKHOUSE_PASSWORD";

/// An address as it was given. What is wrong with it is said without it: it may have a password.
#[derive(Clone)]
pub(crate) struct Given(Result<Address, AddressError>);

impl FromStr for Given {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse()))
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Given").finish_non_exhaustive()
    }
}

impl Given {
    /// Returns the address.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn address(&self) -> Result<&Address, Failure> {
        self.0.as_ref().map_err(|error| {
            let message = format!("the address of the table is invalid: {error}");
            Failure::new(Exit::CannotRun, &INVALID_ADDRESS, message)
        })
    }
}

/// Who asks a server, and how long it waits.
#[derive(Debug, Args)]
pub(crate) struct Access {
    /// A file with the password of the user in `clickhouse://`; else the variable TELOVIX_CLICKHOUSE_PASSWORD has it.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Seconds that one query of ClickHouse may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
}

/// A table of events instead of files.
#[derive(Debug, Args)]
pub(crate) struct EventsTable {
    /// Read a table of events in ClickHouse instead of files: `clickhouse://USER@HOST:8123/DATABASE.TABLE`. The user needs
    /// to read only. `telovix load` fills such a table.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) source: Option<Given>,
    /// With `--source`: only events from this time on: `2026-11-20` or `2026-11-20T10:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "source")]
    since: Option<Moment>,
    /// With `--source`: only events before this time.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "source")]
    until: Option<Moment>,
    #[command(flatten)]
    access: Access,
}

/// A window of time.
pub(crate) type Window = (Option<Moment>, Option<Moment>);

impl Access {
    /// Returns the password.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(crate) fn credentials(&self) -> Result<Credentials, Failure> {
        let password = match &self.password_file {
            None => std::env::var(VARIABLE).ok(),
            Some(file) => Some(fs::read_to_string(file).map_err(|error| {
                let message = format!("cannot read the password in `{}`: {error}", file.display());
                Failure::new(Exit::CannotRun, &UNREADABLE_PASSWORD, message)
            })?),
        };
        let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
        if password.as_deref().is_some_and(|text| text.chars().any(|letter| !(' '..='~').contains(&letter))) {
            let message = "the password has a character that an HTTP header cannot carry";
            return Err(Failure::new(Exit::CannotRun, &UNREADABLE_PASSWORD, message)
                .help("expected one line of printable ASCII characters"));
        }
        Ok(Credentials::new(password))
    }

    pub(crate) fn seconds(&self) -> u64 {
        u64::from(self.timeout)
    }
}

impl EventsTable {
    /// Returns the name of the table; the usual one when none is named.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn table(&self) -> Result<&str, Failure> {
        self.source.as_ref().map_or(Ok("telovix_events"), |given| Ok(given.address()?.table()))
    }

    pub(crate) fn window(&self) -> Window {
        (self.since, self.until)
    }

    /// Connects to the table, if one is named.
    ///
    /// # Errors
    /// When it cannot answer, or not completely.
    pub(crate) fn open(&self) -> Result<Option<(Table, Vec<Diagnostic>)>, Failure> {
        let Some(given) = &self.source else { return Ok(None) };
        let address = given.address()?;
        let credentials = self.access.credentials()?;
        let told = in_clear(address, &credentials);
        let table = Table::open(address.clone(), credentials, self.access.seconds());
        Ok(Some((table.map_err(|error| failed(&error))?, told.into_iter().collect())))
    }
}

/// Returns the finding about a password that crosses a network without TLS.
pub(crate) fn in_clear(address: &Address, credentials: &Credentials) -> Option<Diagnostic> {
    (credentials.has_password() && !address.is_loopback()).then(|| {
        let message = format!("the password is sent to {address} without TLS");
        let help = "run a proxy that adds TLS on this host, or `ssh -L`, and name `clickhouse://localhost`";
        Diagnostic::new(&PASSWORD_IN_CLEAR, None, message).help(help)
    })
}

/// Returns the failure of a server.
pub(crate) fn failed(error: &Error) -> Failure {
    let (code, help): (&'static Code, &str) = match error {
        Error::Unreachable { .. } => {
            (&NO_ANSWER, "check host and port: expected the HTTP interface, usually 8123")
        }
        Error::Slow { .. } => (
            &NO_ANSWER,
            "wait longer with `--timeout`, or ask about fewer events with `--since` and `--until`",
        ),
        Error::Shard { .. } => (&NO_ANSWER, "no answer is given without the events of every shard"),
        Error::Refused { .. } => (
            &NO_ANSWER,
            "the user needs SELECT on the table and on `system.settings`; check user, password and table",
        ),
        Error::Cut { .. } => (&INCOMPLETE_ANSWER, "check the log of the server, and proxies before it"),
        Error::Partial { .. } => {
            (&INCOMPLETE_ANSWER, "give the user a profile with the default of these settings")
        }
        Error::Columns { .. } => (
            &NOT_A_TABLE_OF_EVENTS,
            "`telovix load --print-table` prints the table; a view with these columns is enough",
        ),
    };
    Failure::because(
        Exit::CannotRun,
        Report::without_sources(vec![Diagnostic::new(code, None, error.to_string()).help(help)]),
    )
}

/// Returns the failure of a reading.
pub(crate) fn unanswered(error: &Unanswered<Error>) -> Failure {
    let message = error.to_string();
    match error {
        Unanswered::Server(error) => failed(error),
        Unanswered::NotAnAnswer(_) => Failure::new(Exit::CannotRun, &INCOMPLETE_ANSWER, message)
            .help("only `telovix load`, or a program that writes the same values, fills a table of events"),
        Unanswered::Changed => Failure::new(Exit::CannotRun, &INCOMPLETE_ANSWER, message)
            .help("end the window before events that still arrive: `--until TIME`"),
        Unanswered::TooManyGroups(_) | Unanswered::TooManyValues(_) => {
            Failure::new(Exit::CannotRun, &TOO_MANY_GROUPS, message)
                .help("ask about fewer events with `--since` and `--until`, or about fewer policies at once")
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Moment::parse(&whole).ok_or_else(|| {
        "expected a date such as 2026-11-20, or a time such as 2026-11-20T10:00:00Z".to_owned()
    })
}
