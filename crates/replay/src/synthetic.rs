//! A seed -> an export of Tetragon, line by line, the same for the same seed. For tests and measurements.
//!
//! The lines have the fields, the order and the size of those a node with pods exports. What the processes do is made
//! up: some ten programs, each with paths and peers of its own, and now and then something none of them usually does.

mod random;
pub mod world;

use std::fmt::Write as _;

use crate::moment::Moment;
use random::Random;

/// The start of every history: 2026-11-20T00:00:00Z.
const START: i64 = 1_795_132_800;
/// Programs, with the folder of their files.
const PROGRAMS: [(&str, &str); 10] = [
    ("/opt/amf/bin/amf", "/var/lib/amf"),
    ("/opt/smf/bin/smf", "/var/lib/smf"),
    ("/opt/upf/bin/upf", "/var/lib/upf"),
    ("/opt/nrf/bin/nrf", "/var/lib/nrf"),
    ("/usr/sbin/nginx", "/var/www"),
    ("/usr/bin/python3.11", "/usr/lib/python3.11"),
    ("/usr/lib/postgresql/16/bin/postgres", "/var/lib/postgresql/16/main"),
    ("/usr/bin/redis-server", "/var/lib/redis"),
    ("/usr/sbin/sshd", "/etc/ssh"),
    ("/bin/bash", "/home/operator"),
];
/// What programs execute.
const CHILDREN: [&str; 6] =
    ["/usr/bin/logger", "/bin/sh", "/usr/bin/id", "/usr/bin/curl", "/bin/cat", "/usr/bin/openssl"];
/// Hosts.
const NODES: [&str; 4] = ["node-a", "node-b", "node-c", "node-d"];

/// Whether a comma is followed by a space. Builds of Tetragon differ in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// It is not.
    #[default]
    None,
    /// It is.
    Comma,
}

/// A generator of events.
#[derive(Debug, Clone)]
pub struct Export {
    random: Random,
    spacing: Spacing,
    number: u64,
    /// Seconds that the history covers, divided by its events, in thousandths.
    pace: u64,
}

impl Export {
    /// Starts a history of `events` events over seven days.
    #[must_use]
    pub fn new(seed: u64, events: u64, spacing: Spacing) -> Self {
        let pace = 7 * 24 * 3_600 * 1_000 / events.max(1);
        Self { random: Random::new(seed), spacing, number: 0, pace }
    }

    /// Appends the next line, with its line break.
    pub fn write(&mut self, out: &mut String) {
        let start = out.len();
        let time = self.number * self.pace;
        self.number += 1;
        let stamp = Moment::from_seconds(START + i64::try_from(time / 1_000).unwrap_or(0)).to_string();
        let stamp =
            format!("{}.{:03}{:06}Z", stamp.trim_end_matches('Z'), time % 1_000, self.below(1_000_000));
        let node = NODES[self.below(NODES.len())];
        let (program, folder) = PROGRAMS[self.below(PROGRAMS.len())];
        match self.below(100) {
            0..30 => {
                let child = CHILDREN[self.below(CHILDREN.len())];
                self.process_exec(program, child, out);
            }
            30..50 => {
                out.push_str(r#"{"process_exit":{"process":"#);
                self.process(program, "execve clone", out);
                out.push_str(r#","parent":"#);
                self.process("/usr/lib/systemd/systemd", "procFS auid rootcwd", out);
                out.push('}');
            }
            50..80 => self.file_open(program, folder, out),
            80..95 => self.connect(program, out),
            _ => {
                let capability = [0, 7, 10, 12, 21][self.below(5)];
                self.hook("process_lsm", program, "capable", out);
                let _infallible = write!(out, r#"{{"int_arg":{capability}}}]}}"#);
            }
        }
        let _infallible = write!(out, r#","node_name":"{node}","time":"{stamp}"}}"#);
        if self.spacing == Spacing::Comma {
            // No text of this generator has a comma before a quote or a brace.
            let spaced = out[start..].replace(",\"", ", \"").replace("},{", "}, {");
            out.truncate(start);
            out.push_str(&spaced);
        }
        out.push('\n');
    }

    fn process_exec(&mut self, program: &str, child: &str, out: &mut String) {
        // One in ten replaces its own program.
        let flags = if self.below(10) == 0 { "execve" } else { "execve clone" };
        out.push_str(r#"{"process_exec":{"process":"#);
        self.process(child, flags, out);
        out.push_str(r#","parent":"#);
        self.process(program, "execve clone", out);
        out.push('}');
    }

    fn file_open(&mut self, program: &str, folder: &str, out: &mut String) {
        self.hook("process_lsm", program, "file_open", out);
        let path = match self.below(1_000) {
            0 => "/etc/shadow".to_owned(),
            1..50 => format!("/tmp/work-{}", self.below(1_000)),
            50..200 => format!("/usr/lib/x86_64-linux-gnu/lib{}.so.6", self.below(40)),
            _ => format!("{folder}/{:02x}/{}.dat", self.below(64), self.below(500)),
        };
        let flags = [0x8000, 0x8001, 0x8002, 0x8241, 0x8020][self.below(5)];
        let _infallible = write!(
            out,
            r#"{{"file_arg":{{"path":"{path}","permission":"-rw-r--r--"}}}},{{"uint_arg":{flags}}}]}}"#
        );
    }

    fn connect(&mut self, program: &str, out: &mut String) {
        let port = [443, 5432, 6379, 8805, 38412, 53, 0][self.below(7)];
        let address = match self.below(20) {
            0 => format!("203.0.113.{}", self.below(256)),
            1 => format!("2001:db8::{:x}", 1 + self.below(4_095)),
            _ => format!("10.{}.{}.{}", 20 + self.below(4), self.below(16), 1 + self.below(254)),
        };
        let family = if address.contains(':') { "AF_INET6" } else { "AF_INET" };
        // A port of zero is left out.
        let port = if port == 0 { String::new() } else { format!(r#","dport":{port}"#) };
        self.hook("process_kprobe", program, "tcp_connect", out);
        let _infallible = write!(
            out,
            r#"{{"sock_arg":{{"family":"{family}","type":"SOCK_STREAM","protocol":"IPPROTO_TCP","saddr":"10.0.0.{}","daddr":"{address}","sport":{}{port},"cookie":"{}","state":"TCP_SYN_SENT"}}}}],"action":"KPROBE_ACTION_POST","policy_name":"connect"}}"#,
            1 + self.below(254),
            32_768 + self.below(28_000),
            self.next(),
        );
    }

    /// Starts an event of a hook, up to its arguments.
    fn hook(&mut self, kind: &str, program: &str, function: &str, out: &mut String) {
        let _infallible = write!(out, r#"{{"{kind}":{{"process":"#);
        self.process(program, "execve clone", out);
        out.push_str(r#","parent":"#);
        self.process("/usr/lib/systemd/systemd", "procFS auid rootcwd", out);
        let _infallible = write!(out, r#","function_name":"{function}","args":["#);
    }

    fn process(&mut self, binary: &str, flags: &str, out: &mut String) {
        let (pid, id, image) = (2 + self.below(4_000_000), self.next(), self.next());
        let uid = if self.below(3) == 0 { 0 } else { 1_000 + self.below(20) };
        let base = binary.rsplit('/').next().unwrap_or_default();
        let _infallible = write!(
            out,
            r#"{{"exec_id":"bm9kZS1h{id:016x}:{pid}","pid":{pid},"uid":{uid},"cwd":"/","binary":"{binary}","arguments":"--config \"/etc/{base}/{base}.conf\" --id {id:x}","flags":"{flags}","start_time":"2026-11-19T22:13:20.{:09}Z","auid":4294967295,"#,
            self.below(1_000_000_000),
        );
        if flags != "procFS auid rootcwd" {
            let _infallible = write!(
                out,
                r#""pod":{{"namespace":"core","name":"{base}-{:05x}","container":{{"id":"containerd://{image:016x}{id:016x}","name":"{base}","image":{{"id":"registry.example/{base}@sha256:{image:016x}{id:016x}{image:016x}{id:016x}","name":"registry.example/{base}:1.4.2"}},"start_time":"2026-11-19T22:13:19Z","pid":1}},"pod_labels":{{"app":"{base}","pod-template-hash":"{:08x}"}},"workload":"{base}","workload_kind":"Deployment"}},"docker":"{:015x}","#,
                image & 0xf_ffff,
                image >> 32,
                image >> 4,
            );
        }
        let _infallible =
            write!(out, r#""parent_exec_id":"bm9kZS1h{:016x}:1","refcnt":1,"tid":{pid}}}"#, id >> 3);
    }

    fn next(&mut self) -> u64 {
        self.random.next()
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.below(end)
    }
}
