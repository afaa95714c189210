//! A seed -> some days of a host whose programs, habits and rates are drawn from the seed. For measuring learning.
//!
//! Each program draws its habits: stable configuration, libraries, rotated and dated logs, temporary files, numbered
//! segments, hashed caches, spools, rare plug-ins, other processes below `/proc`, helpers of which some carry a
//! version, peers that stay and peers that change, a daily job, a change of version in the middle. Some events are
//! attacks on files with credentials: a profile must never allow those.

use serde_json::{Value, json};

use super::random::Random;
use crate::moment::Moment;

/// The start: 2026-11-20T00:00:00Z.
const START: i64 = 1_795_132_800;
const DAY: i64 = 86_400;
/// Names of programs; each world takes some.
const NAMES: [&str; 16] = [
    "amf",
    "smf",
    "upf",
    "billing",
    "ledgerd",
    "mediator",
    "collector",
    "gateway",
    "scheduler",
    "cached",
    "indexer",
    "notifyd",
    "relay",
    "sessiond",
    "transcoder",
    "probe",
];
const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";
/// What attacks read.
const SECRETS: [&str; 5] = [
    "/etc/shadow",
    "/root/.ssh/id_ed25519",
    "/run/secrets/kubernetes.io/serviceaccount/token",
    "/proc/1/environ",
    "/home/operator/.aws/credentials",
];

/// One way in which a program names files.
#[derive(Debug, Clone)]
enum Habit {
    /// Some files that never change.
    Fixed(Vec<String>),
    /// The same, some of them far more often than others.
    Skewed(Vec<String>),
    /// A file named after the day.
    Dated(String, &'static str),
    /// Random letters after a text, and a text after them.
    Random(String, &'static str, usize, String),
    /// A number that grows, with as many digits.
    Counted(String, usize, String),
    /// Folders and files named after a hash.
    Hashed(String, usize),
    /// The status of some process.
    Processes,
    /// A folder named after the version, which changes in the middle.
    Versioned(String, String),
}

/// A program.
#[derive(Debug)]
struct Program {
    binary: String,
    files: Vec<(usize, Habit)>,
    spawns: Vec<String>,
    peers: Vec<(usize, Peer)>,
    capabilities: Vec<&'static str>,
    /// Events of a day.
    rate: usize,
    /// The hour of its daily job, and the files of that.
    job: (i64, Vec<String>),
    /// Seconds between its starts.
    life: i64,
    counter: usize,
}

/// How a program chooses a destination.
#[derive(Debug, Clone)]
enum Peer {
    Fixed(String, u16),
    /// Any host of a network.
    Network(String, u16, usize),
    /// Some hosts of several networks, some far more often than others.
    Far(Vec<String>, u16),
    /// A host at a port chosen at random.
    Passive(String),
}

/// Returns the events of some days, one JSON object a line, in the order of time.
#[must_use]
pub fn days(seed: u64, days: u32) -> String {
    let mut random = Random::mixed(seed);
    let mut names: Vec<&str> = NAMES.to_vec();
    let count = random.between(6, 11);
    let mut programs = Vec::new();
    for _ in 0..count {
        let name = names.swap_remove(random.below(names.len()));
        programs.push(Program::draw(name, &mut random));
    }
    let mut events: Vec<(i64, Value)> = Vec::new();
    let end = START + i64::from(days) * DAY;
    for program in &mut programs {
        program.live(end, &mut random, &mut events);
    }
    // Stable: events of one second keep the order in which they were made.
    events.sort_by_key(|(time, _)| *time);
    let mut text = String::new();
    for (time, mut event) in events {
        event["time"] = Moment::from_seconds(time).to_string().into();
        event["host"] = "node-a".into();
        text.push_str(&event.to_string());
        text.push('\n');
    }
    text
}

impl Program {
    fn draw(name: &str, random: &mut Random) -> Self {
        let mut files = Vec::new();
        let words = |random: &mut Random, count: usize| -> Vec<String> {
            (0..count)
                .map(|_| {
                    let letters = random.between(3, 11);
                    random.word(LOWER, letters)
                })
                .collect()
        };
        let below = |folder: &str, names: &[String], end: &str| -> Vec<String> {
            names.iter().map(|name| format!("{folder}/{name}{end}")).collect()
        };
        let (count, libraries) = (random.between(3, 30), random.between(5, 40));
        let config = words(random, count);
        files.push((random.between(5, 60), Habit::Fixed(below(&format!("/etc/{name}"), &config, ".conf"))));
        let libraries: Vec<String> = words(random, libraries);
        files.push((
            random.between(5, 60),
            Habit::Fixed(below("/usr/lib/x86_64-linux-gnu", &libraries, ".so.1")),
        ));
        files.push((
            10,
            Habit::Fixed(
                ["/etc/hosts", "/etc/resolv.conf", "/dev/null", "/etc/passwd"].map(str::to_owned).to_vec(),
            ),
        ));
        let data = ["/var/lib", "/srv", "/data", "/opt"][random.below(4)];
        for _ in 0..random.between(2, 5) {
            let folder = format!("{data}/{name}/{}", random.word(LOWER, 5));
            let letters = random.between(6, 11);
            let habit = match random.below(9) {
                0 => Habit::Dated(format!("/var/log/{name}/{name}-"), ["%-", "%"][random.below(2)]),
                1 => Habit::Random(format!("/tmp/{}", random.word(LOWER, 3)), BASE62, letters, String::new()),
                2 => Habit::Random(format!("{folder}/."), LOWER, letters, ".swp".to_owned()),
                3 => Habit::Counted(format!("{folder}/segment-"), 6, ".wal".to_owned()),
                4 => Habit::Hashed(folder, random.between(1, 3)),
                5 => Habit::Random(format!("{folder}/"), HEX, 16, ".obj".to_owned()),
                6 => {
                    let names = random.between(50, 300);
                    let names = words(random, names);
                    Habit::Skewed(below(&format!("/usr/lib/{name}/plugins"), &names, ".so"))
                }
                7 => Habit::Versioned(format!("{data}/{name}-"), format!("/{}", random.word(LOWER, 6))),
                _ => Habit::Counted(format!("{folder}/"), 1, String::new()),
            };
            files.push((random.between(2, 40), habit));
        }
        if random.below(6) == 0 {
            files.push((random.between(1, 8), Habit::Processes));
        }
        let spawns = random.between(0, 6);
        let mut spawns: Vec<String> =
            words(random, spawns).iter().map(|word| format!("/usr/bin/{word}")).collect();
        if random.below(3) == 0 {
            spawns.push(format!("/opt/{name}-2.4.{}/bin/helper", random.below(9)));
        }
        let mut peers = Vec::new();
        for _ in 0..random.below(4) {
            let port = [443, 5432, 6379, 8805, 38_412, 53, 9_092][random.below(7)];
            let fixed = format!("10.{}.{}.{}", random.below(200), random.below(250), random.between(1, 250));
            let network = format!("10.{}.{}", random.below(200), random.below(250));
            let far = random.between(1, 4);
            let far = (0..far)
                .map(|_| format!("{}.{}.{}", random.between(20, 99), random.below(250), random.below(250)));
            let far: Vec<String> = far.collect();
            let peer = match random.below(5) {
                0 | 1 => Peer::Fixed(fixed, port),
                2 => Peer::Network(network, port, random.between(20, 250)),
                3 => Peer::Far(far, 443),
                _ => Peer::Passive(fixed),
            };
            peers.push((random.between(1, 30), peer));
        }
        let capabilities =
            ["CAP_NET_BIND_SERVICE", "CAP_CHOWN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_SYS_NICE"];
        let capabilities = capabilities.into_iter().filter(|_| random.below(3) == 0).collect();
        let job = random.between(3, 12);
        let job = words(random, job);
        let (hour, rate) = (random.between(0, 24), random.between(2_000, 12_000));
        let life = i64::try_from(random.between(2 * 3_600, 40 * 3_600)).unwrap_or(DAY);
        Self {
            binary: format!("/opt/{name}/bin/{name}"),
            files,
            spawns,
            peers,
            capabilities,
            rate,
            job: (i64::try_from(hour).unwrap_or(0), below(&format!("/var/lib/{name}/jobs"), &job, "")),
            life,
            counter: random.below(1_000),
        }
    }

    /// Adds the events up to the end.
    fn live(&mut self, end: i64, random: &mut Random, events: &mut Vec<(i64, Value)>) {
        let pace = DAY as usize / self.rate.max(1) * 2 + 1;
        let mut now = START + i64::try_from(random.below(600)).unwrap_or(0);
        let mut started = now - 1;
        self.start(now, started, events);
        let mut job_done = 0;
        while now < end {
            if now - started > self.life {
                started = now;
                self.start(now, started, events);
            }
            let (day, hour) = ((now - START) / DAY, (now - START) % DAY / 3_600);
            if hour == self.job.0 && job_done <= day {
                job_done = day + 1;
                for path in self.job.1.clone() {
                    self.push(now, started, json!({"operation": "open", "path": path}), events);
                }
            }
            let event = self.event(now, end, random);
            self.push(now, started, event, events);
            now += i64::try_from(random.below(pace)).unwrap_or(1);
        }
    }

    /// A start reads the configuration and the libraries.
    fn start(&self, now: i64, started: i64, events: &mut Vec<(i64, Value)>) {
        for (_, habit) in &self.files {
            if let Habit::Fixed(paths) = habit {
                for path in paths {
                    self.push(
                        now,
                        started,
                        json!({"operation": "open", "path": path, "access": ["read"]}),
                        events,
                    );
                }
            }
        }
    }

    fn push(&self, now: i64, started: i64, mut event: Value, events: &mut Vec<(i64, Value)>) {
        event["binary"] = self.binary.clone().into();
        event["process_started"] = Moment::from_seconds(started).to_string().into();
        events.push((now, event));
    }

    fn event(&mut self, now: i64, end: i64, random: &mut Random) -> Value {
        if random.below(20_000) == 0 {
            return json!({"operation": "open", "path": SECRETS[random.below(SECRETS.len())], "access": ["read"]});
        }
        match random.below(100) {
            0..4 if !self.spawns.is_empty() => {
                let path = &self.spawns[random.below(self.spawns.len())];
                let bump = if now > START + (end - START) / 2 { ".7/" } else { "/" };
                json!({"operation": "exec", "path": path.replace("/bin/helper", &format!("{bump}bin/helper"))})
            }
            4..30 if !self.peers.is_empty() => {
                let peer = weighted(&self.peers, random).clone();
                let (address, port) = destination(&peer, random);
                json!({"operation": "connect", "address": address, "port": port, "protocol": "tcp"})
            }
            30..32 if !self.capabilities.is_empty() => {
                json!({"operation": "capability", "capability": self.capabilities[random.below(self.capabilities.len())]})
            }
            _ => {
                let habit = weighted(&self.files, random).clone();
                json!({"operation": "open", "path": self.path(&habit, now, end, random)})
            }
        }
    }

    fn path(&mut self, habit: &Habit, now: i64, end: i64, random: &mut Random) -> String {
        match habit {
            Habit::Fixed(paths) => paths[random.below(paths.len())].clone(),
            Habit::Skewed(paths) => paths[random.skewed(paths.len())].clone(),
            Habit::Dated(start, form) => {
                let day = Moment::from_seconds(now).to_string();
                let day = day.get(..10).unwrap_or_default();
                let day = if *form == "%" { day.replace('-', "") } else { day.to_owned() };
                format!("{start}{day}.log")
            }
            Habit::Random(start, alphabet, letters, end) => {
                format!("{start}{}{end}", random.word(alphabet, *letters))
            }
            Habit::Counted(start, digits, end) => {
                self.counter += usize::from(random.below(6) == 0);
                format!("{start}{:0digits$}{end}", self.counter, digits = digits)
            }
            Habit::Hashed(folder, levels) => {
                let hash = random.word(HEX, 8);
                let parts: Vec<&str> = (0..*levels).filter_map(|at| hash.get(2 * at..2 * at + 2)).collect();
                format!("{folder}/{}/{}", parts.join("/"), hash.get(2 * levels..).unwrap_or_default())
            }
            Habit::Processes => format!("/proc/{}/stat", random.between(2, 60_000)),
            Habit::Versioned(start, end_of_path) => {
                let version = if now > START + (end - START) / 2 { "1.5.0" } else { "1.4.9" };
                format!("{start}{version}{end_of_path}")
            }
        }
    }
}

fn weighted<'habit, T>(of: &'habit [(usize, T)], random: &mut Random) -> &'habit T {
    let mut at = random.below(of.iter().map(|(weight, _)| weight).sum());
    for (weight, value) in of {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return value,
        }
    }
    &of[0].1
}

fn destination(peer: &Peer, random: &mut Random) -> (String, u16) {
    match peer {
        Peer::Fixed(address, port) => (address.clone(), *port),
        Peer::Network(network, port, hosts) => (format!("{network}.{}", random.between(1, 1 + hosts)), *port),
        Peer::Far(networks, port) => {
            let network = &networks[random.skewed(networks.len())];
            (format!("{network}.{}", random.skewed(255)), *port)
        }
        Peer::Passive(address) => {
            (address.clone(), u16::try_from(random.between(32_768, 61_000)).unwrap_or(u16::MAX))
        }
    }
}
