//! Real servers on loopback, which end with the test. `cargo xtask clickhouse` puts them into `target/clickhouse`.
//!
//! What is not there is said on standard output, and the test ends. With `TELOVIX_CLICKHOUSE=required` it fails.

#![allow(dead_code, reason = "each test uses a part")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A program that ends with the value.
pub(crate) struct Running {
    child: Child,
    /// The port of its HTTP interface.
    pub(crate) http: u16,
    pub(crate) native: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Running {
    /// Sends a signal: `STOP`, `CONT`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.http)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(120), "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Two servers of one cluster, with a user `reader` who may only read.
pub(crate) struct Cluster {
    pub(crate) shards: [Running; 2],
    _folder: TempDir,
}

fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clickhouse")
}

fn skip(what: &str) {
    assert!(
        std::env::var("TELOVIX_CLICKHOUSE").as_deref() != Ok("required"),
        "TELOVIX_CLICKHOUSE=required, but {what}"
    );
    println!("SKIPPED: {what}; `cargo xtask clickhouse` installs both servers in target/clickhouse");
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn server() -> Option<PathBuf> {
    let named = std::env::var_os("TELOVIX_CLICKHOUSE_SERVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("clickhouse-server"));
    named
        .into_iter()
        .chain(found)
        .chain([installed().join("root/usr/sbin/clickhouse-server")])
        .find(|program| program.is_file())
}

impl Cluster {
    /// Starts both, or says why not.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = server() else {
            skip("there is no clickhouse-server");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [http0, native0, http1, native1] = free_ports();
        let ports = [(http0, native0), (http1, native1)];
        let shards = [0, 1].map(|at| shard(&program, &folder.path().join(at.to_string()), ports, at));
        shards.iter().for_each(Running::wait);
        Some(Self { shards, _folder: folder })
    }
}

fn shard(program: &Path, folder: &Path, ports: [(u16, u16); 2], at: usize) -> Running {
    for name in ["data", "tmp", "format"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(
        folder.join("users.xml"),
        "<yandex><profiles><default/><readonly><readonly>1</readonly></readonly>\
         <partial><readonly>1</readonly><skip_unavailable_shards>1</skip_unavailable_shards></partial></profiles><users>\
         <default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>\
         <reader><password>s3cret</password><networks><ip>127.0.0.1</ip></networks><profile>readonly</profile><quota>default</quota></reader>\
         <partial><password></password><networks><ip>127.0.0.1</ip></networks><profile>partial</profile><quota>default</quota></partial>\
         </users><quotas><default/></quotas></yandex>",
    )
    .unwrap();
    let (http, native) = ports[at];
    let replicas = ports.map(|(_, native)| {
        format!("<shard><replica><host>127.0.0.1</host><port>{native}</port></replica></shard>")
    });
    let path = folder.display();
    fs::write(
        folder.join("config.xml"),
        format!(
            "<yandex><logger><level>warning</level><console>true</console></logger><http_port>{http}</http_port>\
             <tcp_port>{native}</tcp_port><listen_host>127.0.0.1</listen_host><path>{path}/data/</path>\
             <tmp_path>{path}/tmp/</tmp_path><format_schema_path>{path}/format/</format_schema_path>\
             <users_config>{path}/users.xml</users_config><default_profile>default</default_profile>\
             <default_database>default</default_database><mark_cache_size>67108864</mark_cache_size>\
             <timezone>Asia/Kathmandu</timezone><remote_servers><two>{}</two></remote_servers></yandex>",
            replicas.concat()
        ),
    )
    .unwrap();
    let mut command = Command::new(program);
    let root = installed().join("root");
    if program.starts_with(&root) {
        let libraries = [root.join("usr/lib/x86_64-linux-gnu"), root.join("lib/x86_64-linux-gnu")];
        command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap());
    }
    let child = command
        .arg(format!("--config-file={path}/config.xml"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running { child, http, native }
}

/// Starts chdb behind the HTTP interface, or says why not.
pub(crate) fn chdb() -> Option<Running> {
    let named = std::env::var_os("TELOVIX_CHDB_PYTHON").map(PathBuf::from);
    let python =
        named.into_iter().chain([installed().join("venv/bin/python")]).find(|python| python.is_file());
    let Some(python) = python else {
        skip("there is no Python with chdb");
        return None;
    };
    let [http] = free_ports();
    let front = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/chdb_front.py");
    let mut child = Command::new(python)
        .arg(front)
        .arg(http.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    println!("chdb: {line}");
    let running = Running { child, http, native: 0 };
    running.wait();
    Some(running)
}

/// Runs a statement as the user `default`, and returns what the server says.
pub(crate) fn run(server: &Running, statement: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.http)).unwrap();
    let length = statement.len();
    write!(stream, "POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{statement}")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{statement}\n{answer}");
    body.trim().to_owned()
}

/// Waits until a `Distributed` table has passed on all rows.
pub(crate) fn settle(server: &Running, rows: u64) {
    let start = Instant::now();
    while run(server, "SELECT count() FROM telovix_events") != rows.to_string() {
        assert!(start.elapsed() < Duration::from_secs(60), "the rows do not arrive");
        std::thread::sleep(Duration::from_millis(100));
    }
}
