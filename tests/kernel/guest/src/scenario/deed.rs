//! The words of an attempt -> the events that a judge would be told of, in the order in which they happen.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use telovix_policy::confine::{Access, AccessSet, Operation, SocketType};
use telovix_policy::judge::Event;
use telovix_policy::value::{Capability, Syscall};

/// What set-up lines say of paths: where symbolic links lead, and what interprets scripts.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    symbolic_links: BTreeMap<String, String>,
    interpreters: BTreeMap<String, String>,
    /// Probes that run, by the name of steps.
    pub(crate) running: BTreeMap<String, String>,
}

impl Paths {
    /// Reads set-up lines.
    pub(crate) fn of(setup: &[String]) -> Self {
        let mut paths = Self::default();
        for line in setup {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let (map, key, value) = match words.as_slice() {
                ["symlink", to, path] => (&mut paths.symbolic_links, path, to),
                ["script", path, interpreter] => (&mut paths.interpreters, path, interpreter),
                ["run", name, path, ..] => (&mut paths.running, name, path),
                _ => continue,
            };
            map.insert((*key).to_owned(), (*value).to_owned());
        }
        paths
    }

    /// The path that the kernel resolves it to.
    fn resolve(&self, path: &str) -> String {
        let mut names: Vec<&str> = Vec::new();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        let path = format!("/{}", names.join("/"));
        self.symbolic_links.get(&path).cloned().unwrap_or(path)
    }
}

/// The process that makes an attempt, and its result so far.
#[derive(Debug)]
pub(crate) struct Actor<'scenario> {
    paths: &'scenario Paths,
    binary: String,
    ancestors: Vec<String>,
    events: Vec<Event>,
}

impl<'scenario> Actor<'scenario> {
    /// A program that a host outside of every policy starts.
    pub(crate) fn new(paths: &'scenario Paths, binary: &str) -> Self {
        let ancestors = vec!["/init".to_owned()];
        Self { paths, binary: binary.to_owned(), ancestors, events: Vec::new() }
    }

    /// The events of an attempt.
    pub(crate) fn attempt(mut self, words: &[&str]) -> anyhow::Result<Vec<Event>> {
        self.follow(words)?;
        Ok(self.events)
    }

    fn follow(&mut self, words: &[&str]) -> anyhow::Result<()> {
        match words {
            ["thread" | "fork" | "vfork", rest @ ..] | ["forge-name", _, rest @ ..] => self.follow(rest)?,
            ["spawn" | "exec", path, rest @ ..] => self.become_program(path, rest)?,
            ["exec-holding", file, path, rest @ ..] => {
                self.open(file, &[Access::Read]);
                self.become_program(path, rest)?;
            }
            // Nothing of these is an operation: they use what was opened before.
            ["nothing"] | ["read-inherited"] | ["read-own-memory"] | ["open-environment", _] => {
                self.process(words)?;
            }
            _ => {
                if !self.execute(words)
                    && !self.touch(words)
                    && !self.reach(words)?
                    && !self.remount(words)?
                {
                    self.process(words)?;
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, operation: Operation) -> &mut Event {
        let mut event = Event::new(operation);
        event.binary = Some(self.binary.clone());
        event.parent = self.ancestors.first().cloned();
        event.ancestors = Some(self.ancestors.clone());
        self.events.push(event);
        self.events.last_mut().expect("an event was just pushed")
    }

    fn become_program(&mut self, path: &str, rest: &[&str]) -> anyhow::Result<()> {
        let path = self.run(path);
        self.ancestors.insert(0, std::mem::replace(&mut self.binary, path));
        if rest.is_empty() { Ok(()) } else { self.follow(rest) }
    }

    /// The exec of a program, and of what interprets it; returns what runs in the end.
    fn run(&mut self, path: &str) -> String {
        let path = self.paths.resolve(path);
        self.tell(Operation::Exec).path = Some(path.clone());
        match self.paths.interpreters.get(&path) {
            Some(interpreter) => {
                self.tell(Operation::Exec).path = Some(interpreter.clone());
                interpreter.clone()
            }
            None => path,
        }
    }

    fn open(&mut self, path: &str, accesses: &[Access]) {
        let path = self.paths.resolve(path);
        let event = self.tell(Operation::Open);
        event.path = Some(path);
        event.access = Some(accesses.iter().copied().collect::<AccessSet>());
    }

    fn execute(&mut self, words: &[&str]) -> bool {
        match words {
            ["exec-relative", folder, name] => drop(self.run(&format!("{folder}/{name}"))),
            ["exec-descriptor" | "exec-proc-descriptor" | "map-executable" | "make-executable", path] => {
                self.open(path, &[Access::Read]);
                self.run(path);
            }
            ["exec-memory", path] => {
                self.open(path, &[Access::Read]);
                self.tell(Operation::MemoryFile);
                self.tell(Operation::Exec).anonymous = Some(true);
            }
            ["map-anonymous-executable"] => {}
            ["map-shared-executable"] | ["make-shared-executable"] | ["attach-executable"] => {
                self.tell(Operation::MemoryFile);
            }
            ["exec-shared", path] => {
                self.open(path, &[Access::Read]);
                self.tell(Operation::MemoryFile);
                self.tell(Operation::Exec).anonymous = Some(true);
            }
            ["exec-in-tree", folder, name] => {
                self.tell(Operation::Mount);
                self.run(&format!("{folder}/{name}"));
            }
            ["exec-in-other-namespace", path] => {
                self.tell(Operation::Unshare);
                self.run(path);
            }
            ["exec-deleted", path] => {
                self.open(path, &[Access::Read]);
                self.open(path, &[Access::Delete]);
                self.tell(Operation::Exec).anonymous = Some(true);
            }
            _ => return false,
        }
        true
    }

    fn touch(&mut self, words: &[&str]) -> bool {
        use Access::{Create, Delete, Link, Read, Rename, Truncate, Write};
        match words {
            [
                "open-read"
                | "openat2"
                | "open-path-then-reopen"
                | "open-through-root-link"
                | "open-io-uring"
                | "offer-descriptor"
                | "receive-descriptor",
                path,
            ] => self.open(path, &[Read]),
            ["open-relative", folder, name] => self.open(&format!("{folder}/{name}"), &[Read]),
            ["open-write", path] => self.open(path, &[Write]),
            ["open-create", path] => self.open(path, &[Create, Write]),
            ["open-truncate" | "truncate", path] => self.open(path, &[Write, Truncate]),
            ["unlink" | "rmdir", path] => self.open(path, &[Delete]),
            ["mkdir", path] => {
                self.call("mkdir");
                self.open(path, &[Create]);
            }
            ["symlink", _, path] | ["mknod-fifo", path] => self.open(path, &[Create]),
            ["open-after-delete", path] => {
                self.open(path, &[Delete]);
                self.open(path, &[Read]);
            }
            ["link", old, new] => {
                self.open(old, &[Link]);
                self.open(new, &[Create]);
            }
            ["link-then-open", old, new] => {
                self.open(old, &[Link]);
                self.open(new, &[Create]);
                self.open(new, &[Read]);
            }
            ["rename" | "exchange", old, new] => {
                self.open(old, &[Rename]);
                self.open(new, &[Rename]);
            }
            ["rename-then-open", old, new, path] => {
                self.open(old, &[Rename]);
                self.open(new, &[Rename]);
                self.open(path, &[Read]);
            }
            [
                "chmod-set-id"
                | "fchmod-set-id"
                | "fchmodat2-set-id"
                | "create-set-id"
                | "openat2-create-set-id"
                | "mknod-set-id"
                | "unnamed-set-id"
                | "unnamed-then-set-id",
                _,
            ] => drop(self.tell(Operation::SetId)),
            ["chmod-plain" | "chown", path] => self.open(path, &[Write]),
            ["unnamed-plain", _] => {}
            _ => return false,
        }
        true
    }

    fn reach(&mut self, words: &[&str]) -> anyhow::Result<bool> {
        match words {
            [
                "connect-tcp"
                | "connect-udp"
                | "connect-sctp"
                | "send-to"
                | "send-without-family"
                | "send-many"
                | "fast-open",
                destinations @ ..,
            ] => {
                for pair in destinations.chunks(2) {
                    let [address, port] = pair else { bail!("a destination has an address and a port") };
                    let (address, port) = (address.parse()?, port.parse()?);
                    let event = self.tell(Operation::Connect);
                    (event.address, event.port) = (Some(address), Some(port));
                }
            }
            ["send-with", _, _, address, port] => {
                let (address, port) = (address.parse()?, port.parse()?);
                let event = self.tell(Operation::Connect);
                (event.address, event.port) = (Some(address), Some(port));
            }
            ["send-raw-without-family", address] => {
                let address = address.parse()?;
                let event = self.tell(Operation::Connect);
                (event.address, event.port) = (Some(address), Some(0));
            }
            // What is set there is no event; where packets go is not known afterwards.
            ["set-option", ..] | ["socket-of-headers"] => {}
            ["socket", family, kind] => {
                let (family, kind): (u16, u32) = (family.parse()?, kind.parse()?);
                let kind = match kind & 0xf {
                    1 => SocketType::Stream,
                    2 => SocketType::Datagram,
                    3 => SocketType::Raw,
                    10 => SocketType::Packet,
                    other => bail!("no socket type {other}"),
                };
                // net/socket.c: the old way to ask for a packet socket.
                let family = if (family, kind) == (2, SocketType::Packet) { 17 } else { family };
                let event = self.tell(Operation::Socket);
                (event.family, event.socket_type) = (Some(family), Some(kind));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn remount(&mut self, words: &[&str]) -> anyhow::Result<bool> {
        match words {
            ["chroot", _] => self.call("chroot"),
            ["chroot-then-open", folder, path] => {
                self.call("chroot");
                self.open(&format!("{folder}/{path}"), &[Access::Read]);
            }
            ["pivot-root", ..] => drop(self.tell(Operation::PivotRoot)),
            ["mount" | "bind" | "remount" | "unmount" | "new-mount" | "clone-mount" | "move-mount", ..] => {
                self.tell(Operation::Mount);
            }
            ["bind-then-open", _, _, path] => {
                self.tell(Operation::Mount);
                self.open(path, &[Access::Read]);
            }
            ["clone-mount-then-open", folder, name] => {
                self.tell(Operation::Mount);
                self.open(&format!("{folder}/{name}"), &[Access::Read]);
            }
            ["clone-mount-namespace" | "new-mount-namespace", ..] => drop(self.tell(Operation::Unshare)),
            ["unshare" | "unshare-ia32" | "clone" | "clone3", kinds] => {
                if *kinds == "user" {
                    self.tell(Operation::UserNamespace);
                }
                self.tell(Operation::Unshare);
            }
            ["setns", path] => {
                self.open(path, &[Access::Read]);
                self.tell(Operation::Unshare);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call(&mut self, name: &str) {
        self.tell(Operation::Syscall).syscall = Syscall::parse(name).ok();
    }

    fn use_capability(&mut self, name: &str) {
        self.tell(Operation::Capability).capability = Capability::parse(name).ok();
    }

    fn process(&mut self, words: &[&str]) -> anyhow::Result<()> {
        match words {
            ["nothing"] | ["read-inherited"] | ["create-map"] | ["open-environment", _] => {}
            ["read-stack", _] => {}
            ["set-tracer", _] => self.open("/proc/sys/kernel/ftrace_enabled", &[Access::Write]),
            ["set-tracer-elsewhere", _, folder] => {
                self.tell(Operation::Mount);
                self.open(&format!("{folder}/sys/kernel/ftrace_enabled"), &[Access::Write]);
            }
            ["set-tracer-holding", _, path] => {
                self.open("/proc/sys/kernel/ftrace_enabled", &[Access::Write]);
                self.become_program(path, &[])?;
            }
            ["take-map" | "take-program", _] => drop(self.tell(Operation::Bpf)),
            // Passes bpf(2), but not by a number.
            ["take-pin", _] => {}
            ["lock-memory-image"] => self.call("kexec_load"),
            ["ptrace-attach" | "ptrace-seize" | "open-memory" | "take-descriptor", _] | ["ptrace-me"] => {
                self.tell(Operation::Ptrace);
            }
            ["read-memory", _] => {
                self.call("process_vm_readv");
                self.tell(Operation::Ptrace);
            }
            ["read-own-memory"] => self.call("process_vm_readv"),
            ["memfd-create" | "memfd-create-ia32" | "memfd-create-x32" | "memfd-secret"] => {
                self.tell(Operation::MemoryFile);
            }
            ["init-module" | "finit-module", _] => drop(self.tell(Operation::ModuleLoad)),
            ["load-program"] => drop(self.tell(Operation::Bpf)),
            ["keep-admin" | "drop-admin-then-regain"] => {
                self.tell(Operation::Capset).capability = Some(Capability::SYS_ADMIN);
            }
            ["set-host-name"] => {
                self.call("sethostname");
                self.use_capability("CAP_SYS_ADMIN");
            }
            ["bind-low-port"] => self.use_capability("CAP_NET_BIND_SERVICE"),
            ["change-owner", _] => self.use_capability("CAP_CHOWN"),
            ["call-x32", number] => {
                let number = number.parse()?;
                self.tell(Operation::Syscall).syscall = Syscall::from_number(number);
            }
            ["call-ia32", number] | ["call-ia32-path", number, _] => {
                let number = number.parse()?;
                let call = Syscall::all().find(|call| call.ia32_number() == Some(number));
                self.tell(Operation::Syscall).syscall = Some(call.context("a call of the 32-bit entry")?);
            }
            _ => bail!("no event is known for `{}`", words.join(" ")),
        }
        Ok(())
    }
}
