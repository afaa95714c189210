//! `clickhouse://user@host:8123/db.table` -> its parts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The port of the HTTP interface.
const HTTP_PORT: u16 = 8123;
/// The table when none is named.
const TABLE: &str = "telovix_events";

/// A table on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address, of IPv6 in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The user; the server's default when absent.
    pub(crate) user: Option<String>,
    /// `db.table`, or `table` in the user's database.
    pub(crate) table: String,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It has another scheme.
    #[error("expected `clickhouse://[USER@]HOST[:PORT]/[DATABASE[.TABLE]]`")]
    Scheme,
    /// It asks for TLS.
    #[error(
        "TLS is not built in: run a proxy that adds it on this host, such as stunnel or `ssh -L`, and name that"
    )]
    Tls,
    /// It has a password, which other users of this host could read in the list of processes.
    #[error(
        "a password in an address is visible to other users: write it to a file, `--password-file FILE`, or to the variable `TELOVIX_CLICKHOUSE_PASSWORD`"
    )]
    Password,
    /// The host is missing or has a character that no host has.
    #[error("expected a host after `clickhouse://`: a name, an address, or an IPv6 address in brackets")]
    Host,
    /// The port is no number of a port.
    #[error("expected a port from 1 to 65535 after the host")]
    Port,
    /// The table is no name.
    #[error("expected DATABASE or DATABASE.TABLE after the host, of letters, digits and `_`")]
    Table,
}

impl Address {
    /// Returns the table, with its database where one is named.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns host and port.
    pub(crate) fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns whether the server is on this host, by its name.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let name = self.host.trim_matches(['[', ']']);
        name == "localhost"
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "clickhouse://{}/{}", self.server(), self.table)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with("https://") || text.starts_with("clickhouses://") {
            return Err(AddressError::Tls);
        }
        let rest = text.strip_prefix("clickhouse://").ok_or(AddressError::Scheme)?;
        let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, place) = match server.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return Err(AddressError::Password),
            Some((user, place)) => (Some(user).filter(|user| !user.is_empty()), place),
            None => (None, server),
        };
        let (host, port) = if let Some(end) = place.find(']') {
            let (host, port) = place.split_at(end + 1);
            (host, port.strip_prefix(':'))
        } else {
            place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
        };
        let is_ipv6 = host.starts_with('[') && host.ends_with(']') && {
            host.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>().is_ok()
        };
        let is_name = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !is_ipv6 && !is_name {
            return Err(AddressError::Host);
        }
        let port = match port {
            None => HTTP_PORT,
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)?,
        };
        let names: Vec<&str> = path.split('.').collect();
        let table = match names.as_slice() {
            [""] => TABLE.to_owned(),
            [database] if is_word(database) => format!("{database}.{TABLE}"),
            [database, table] if is_word(database) && is_word(table) => path.to_owned(),
            _ => return Err(AddressError::Table),
        };
        Ok(Self { host: host.to_owned(), port, user: user.map(str::to_owned), table })
    }
}

fn is_word(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};

    #[test]
    fn addresses_have_defaults() {
        let shown = |text: &str| text.parse::<Address>().map(|address| (address.to_string(), address.user));
        let of = |shown: &str, user: Option<&str>| Ok((shown.to_owned(), user.map(str::to_owned)));
        assert_eq!(shown("clickhouse://ch"), of("clickhouse://ch:8123/telovix_events", None));
        assert_eq!(shown("clickhouse://u@ch/sec"), of("clickhouse://ch:8123/sec.telovix_events", Some("u")));
        assert_eq!(shown("clickhouse://u@[::1]:9/sec.ev"), of("clickhouse://[::1]:9/sec.ev", Some("u")));
        assert!("clickhouse://[::1]".parse::<Address>().is_ok_and(|address| address.is_loopback()));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, error) in [
            ("", AddressError::Scheme),
            ("http://ch", AddressError::Scheme),
            ("https://ch", AddressError::Tls),
            ("clickhouse://u:p@ch", AddressError::Password),
            ("clickhouse://u:p@w@ch", AddressError::Password),
            ("clickhouse://", AddressError::Host),
            ("clickhouse://a b", AddressError::Host),
            ("clickhouse://ch:0", AddressError::Port),
            ("clickhouse://ch:70000", AddressError::Port),
            ("clickhouse://ch/a.b.c", AddressError::Table),
            ("clickhouse://ch/a;DROP", AddressError::Table),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }
}
