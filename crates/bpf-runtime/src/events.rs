//! Records of the pinned ring buffer -> events in the format of `telovix events`, with the rule's source.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use aya::maps::{Map, MapData, RingBuf};
use serde::Serialize;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    Access, Effect, Operation, Origin, Record, SYSCALLS_IA32_START, SYSCALLS_X86_64, Section,
};
use telovix_bpf_programs::state::{Event, NO_RULE, SLOTS, statistic};

use crate::control::{Switch, statistic_of};
use crate::pins::Places;
use crate::{RuntimeError, preflight, sys};

/// One report of the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the operation in events.
    pub operation: &'static str,
    /// The effect of the rule.
    pub effect: &'static str,
    /// Nanoseconds since boot.
    pub boot_time: u64,
    /// Process.
    pub pid: u32,
    /// Its parent.
    pub parent_pid: u32,
    /// Its user.
    pub uid: u32,
    /// Name of its thread.
    pub command: String,
    /// Number of the domain in which the rule decided.
    pub domain: u32,
    /// Generation that decided.
    pub generation: u32,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether the executable has no path.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// The kinds of access to the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<&'static str>,
    /// The destination's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The destination's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
    /// Number of the capability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<u32>,
    /// Number of the system call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syscall: Option<u32>,
    /// How the call entered: `x86-64`, `x32` or `ia32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abi: Option<&'static str>,
    /// The socket's family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<u32>,
    /// The socket's type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<u32>,
    /// The requested mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// Why the decision was made without complete information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<&'static str>,
    /// The rule; absent when the missing information decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
}

/// Where the rule that decided was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its number in the image.
    pub number: u32,
    /// The document's name.
    pub document: String,
    /// Dimension or template.
    pub dimension: String,
    /// File.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// The end of the ring buffer that user space reads. One reader at a time gets all records.
pub struct Events {
    ring: RingBuf<MapData>,
    images: Vec<(u32, Image)>,
    places: Places,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Events").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Events {
    /// Opens the pinned ring buffer.
    ///
    /// # Errors
    /// Nothing is loaded.
    pub fn open(places: &Places) -> Result<Self, RuntimeError> {
        let failed = |error: &dyn std::fmt::Display| {
            RuntimeError::map("events")(std::io::Error::other(error.to_string()))
        };
        preflight::check(&places.bpffs)?;
        if places.open_map("events")?.is_none() {
            return Err(RuntimeError::NothingLoaded);
        }
        let data = MapData::from_pin(places.map("events")).map_err(|error| failed(&error))?;
        let map = Map::from_map_data(data).map_err(|error| failed(&error))?;
        let ring = RingBuf::try_from(map).map_err(|error| failed(&error))?;
        let mut events = Self { ring, images: Vec::new(), places: places.clone() };
        events.reload()?;
        Ok(events)
    }

    /// Returns the next record, or `None` when there is none now.
    pub fn take(&mut self) -> Option<Report> {
        loop {
            let bytes = self.ring.next()?.to_vec();
            let Some(front) = bytes.get(..size_of::<Event>()).and_then(Event::decode) else {
                continue;
            };
            let text = bytes.get(size_of::<Event>()..).unwrap_or_default();
            if !self.images.iter().any(|(generation, _)| *generation == front.generation) {
                // A generation that was applied after we opened.
                let _ = self.reload();
            }
            return Some(self.report(&front, text));
        }
    }

    /// Returns how many records were lost because the ring buffer was full, since the maps were created.
    ///
    /// # Errors
    /// The counters cannot be read.
    pub fn dropped(&self) -> Result<u64, RuntimeError> {
        statistic_of(&self.places, statistic::DROPPED)
    }

    /// Waits briefly for more records.
    pub fn wait(&self) {
        std::thread::sleep(Duration::from_millis(100));
    }

    fn reload(&mut self) -> Result<(), RuntimeError> {
        let switch = Switch::open(&self.places)?.ok_or(RuntimeError::NothingLoaded)?;
        for slot in 0..SLOTS {
            let generation = switch.slot(slot)?.generation;
            let image = std::fs::read(self.places.image(slot)).ok();
            let image = image.and_then(|bytes| Image::read(&bytes).ok());
            if let Some(image) = image.filter(|_| generation != 0) {
                self.images.retain(|(known, _)| *known != generation);
                self.images.push((generation, image));
            }
        }
        Ok(())
    }

    fn report(&self, event: &Event, text: &[u8]) -> Report {
        let operation = Operation::from_number(event.operation);
        let mut report = Report {
            operation: operation.map_or("unknown", name),
            effect: Effect::from_number(event.effect).map_or("unknown", Effect::name),
            boot_time: event.time,
            pid: event.pid,
            parent_pid: event.parent_pid,
            uid: event.user,
            command: cut_at_nul(&event.command),
            domain: event.domain,
            generation: event.generation,
            doubt: doubt(event.doubt),
            rule: self.rule(event),
            ..Report::default()
        };
        let path = text.get(..usize::from(event.path_length)).unwrap_or(text);
        if !path.is_empty() {
            report.path = Some(String::from_utf8_lossy(path).into_owned());
        }
        match operation {
            Some(Operation::File) => report.access = accesses(event.access),
            Some(Operation::Exec) => report.anonymous = path.is_empty() && event.doubt == 0,
            Some(Operation::Connect) => {
                let address = u128::from(event.address_high) << 64 | u128::from(event.address_low);
                let address = Ipv6Addr::from_bits(address);
                let plain = address.to_ipv4_mapped().as_ref().map(Ipv4Addr::to_string);
                report.address = Some(plain.unwrap_or_else(|| address.to_string()));
                report.port = Some(event.port);
                report.protocol = match event.protocol {
                    6 => Some("tcp"),
                    17 => Some("udp"),
                    132 => Some("sctp"),
                    _ => None,
                };
            }
            Some(Operation::Capability) => report.capability = Some(event.detail),
            Some(Operation::Syscall) => {
                let (number, abi) = system_call(event.detail);
                (report.syscall, report.abi) = (Some(number), Some(abi));
            }
            Some(Operation::RawSocket | Operation::PacketSocket) => {
                (report.family, report.kind) = (Some(event.detail >> 16), Some(event.detail & 0xffff));
            }
            Some(Operation::SetId) => report.mode = Some(event.detail),
            _ => {}
        }
        report
    }

    fn rule(&self, event: &Event) -> Option<Rule> {
        if event.rule == NO_RULE {
            return None;
        }
        let mut rule = Rule { number: event.rule, ..Rule::default() };
        let image = self.images.iter().find(|(generation, _)| *generation == event.generation);
        if let Some((_, image)) = image
            && let Some(origin) = image.record::<Origin>(Section::Origins, event.rule)
        {
            let text = |offset| image.string(offset).unwrap_or_default().to_owned();
            rule.document = text(origin.name);
            rule.dimension = text(origin.dimension);
            rule.file = text(origin.file);
            rule.line = origin.line;
        }
        Some(rule)
    }
}

/// The name of an operation in events.
fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Exec => "exec",
        Operation::File => "open",
        Operation::Connect => "connect",
        Operation::Capability => "capability",
        Operation::Syscall => "syscall",
        Operation::ModuleLoad => "module_load",
        Operation::UserNamespace => "user_namespace",
        Operation::RawSocket | Operation::PacketSocket => "socket",
        Operation::CapsetSysAdmin => "capset",
        Operation::PtraceAttach => "ptrace",
        Operation::MemoryFile => "memory_file",
        Operation::PivotRoot => "pivot_root",
        Operation::Mount => "mount",
        Operation::Unshare => "unshare",
        Operation::BpfLoad => "bpf",
        Operation::SetId => "set_id",
    }
}

fn accesses(bits: u32) -> Vec<&'static str> {
    let names = [
        (Access::READ, "read"),
        (Access::WRITE, "write"),
        (Access::CREATE, "create"),
        (Access::TRUNCATE, "truncate"),
        (Access::DELETE, "delete"),
        (Access::RENAME, "rename"),
        (Access::LINK, "link"),
        (Access::EXECUTE, "execute"),
    ];
    names.into_iter().filter(|(bit, _)| bits & u32::from(*bit) != 0).map(|(_, name)| name).collect()
}

fn doubt(number: u8) -> Option<&'static str> {
    match number {
        0 => None,
        1 => Some("path too deep"),
        2 => Some("on a mount that is nowhere mounted"),
        3 => Some("path kept being renamed"),
        4 => Some("no memory"),
        5 => Some("too many inherited domains"),
        6 => Some("path of another mount namespace"),
        _ => Some("unknown"),
    }
}

/// A cell of a system call table -> the number of the call and its entry point.
fn system_call(cell: u32) -> (u32, &'static str) {
    if cell as usize >= SYSCALLS_IA32_START {
        (cell - SYSCALLS_IA32_START as u32, "ia32")
    } else if cell as usize >= SYSCALLS_X86_64 {
        (cell, "x32")
    } else {
        (cell, "x86-64")
    }
}

fn cut_at_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// The time of boot on the wall clock, to turn a report's time into a date.
pub fn boot_instant() -> std::time::SystemTime {
    std::time::SystemTime::now() - sys::boot_time()
}
