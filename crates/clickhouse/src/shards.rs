//! A cluster that does not answer -> the shards that are silent.
//!
//! A server does not say which shard it waits for. Its table says of which cluster it is, the cluster says where its
//! shards are, and each shard greets who greets it.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use telovix_replay::sql::Statement;

use crate::client::Client;

/// How long a shard may take to greet.
const PATIENCE: Duration = Duration::from_secs(3);
/// More are not asked.
const MOST: usize = 64;

/// Returns the shards that do not greet; none where the cluster is not known.
pub(crate) fn silent(client: &Client) -> Vec<String> {
    let of = |text: String| client.ask(&Statement { text, sets: Vec::new() }).ok();
    let created = of(format!("SHOW CREATE TABLE {}", client.address.table()));
    let Some(cluster) = created.and_then(|rows| cluster(rows.first()?.first()?.as_deref()?)) else {
        return Vec::new();
    };
    let shards = of(format!(
        "SELECT shard_num, replica_num, host_address, port FROM system.clusters WHERE cluster = '{cluster}' \
         ORDER BY shard_num, replica_num LIMIT {MOST}"
    ));
    let silent = shards.into_iter().flatten().filter_map(|row| {
        let mut row = row.into_iter().flatten();
        let (shard, replica, host, port) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let replica = if replica == "1" { String::new() } else { format!(", replica {replica}") };
        (!greets(&place)).then(|| format!("shard {shard}{replica} ({place})"))
    });
    silent.collect()
}

/// Returns the cluster in the statement of a table with the engine `Distributed`.
fn cluster(statement: &str) -> Option<String> {
    let rest = statement.split("Distributed(").nth(1)?;
    let name: String = rest
        .trim_start_matches(['\\', '\'', ' '])
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || "_-.".contains(*letter))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Returns whether a server of the native protocol says anything to a greeting. A refusal of the user is an answer.
fn greets(place: &str) -> bool {
    let Some(address) = place.to_socket_addrs().ok().and_then(|mut found| found.next()) else { return false };
    let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) else { return false };
    let prepared = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| {
        // A greeting: packet 0, name, version 1.1, revision 54058, no database, no user, no password.
        let mut hello = vec![0, 7];
        hello.extend(b"telovix");
        hello.extend([1, 1, 0xaa, 0xa6, 0x03, 0, 0, 0]);
        stream.write_all(&hello)
    });
    prepared.is_ok() && stream.read(&mut [0; 1]).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{cluster, greets};

    #[test]
    fn the_cluster_is_in_the_statement() {
        for statement in [
            "CREATE TABLE default.d ( a String) ENGINE = Distributed(two, default, ev, rand())",
            "CREATE TABLE default.d (`a` String) ENGINE = Distributed('two', 'default', 'ev')",
            "ENGINE = Distributed(\\'two\\', x, y)",
        ] {
            assert_eq!(cluster(statement).as_deref(), Some("two"), "{statement}");
        }
        assert_eq!(cluster("ENGINE = MergeTree ORDER BY tuple()"), None);
    }

    #[test]
    fn who_accepts_and_says_nothing_is_silent() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = listener.local_addr().expect("an address").to_string();
        assert!(!greets(&place));
        drop(listener);
        assert!(!greets(&place));
    }
}
