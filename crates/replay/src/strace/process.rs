//! Calls of processes -> events, with the executable that each process has at that time.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::line::{Content, Line};
use super::value::{endpoint, joined, opened, string, through_links};
use crate::moment::Moment;

/// Errors after which a connection was not attempted.
const NOT_ATTEMPTED: [&str; 6] = ["EBADF", "ENOTSOCK", "EFAULT", "EINVAL", "EAFNOSUPPORT", "ERESTARTSYS"];

/// A text that looks like the beginning of a call, and is not one.
#[derive(Debug)]
pub(super) struct NotACall;

/// The processes of a trace.
#[derive(Debug, Default)]
pub(super) struct Processes {
    known: FxHashMap<u32, Process>,
    /// Calls that have not returned.
    pending: FxHashMap<u32, String>,
    /// The process that made the last call that starts another one.
    forking: Option<u32>,
}

/// What is known about a process.
#[derive(Debug, Clone, Default)]
struct Process {
    binary: Option<String>,
    parent: Option<String>,
    folder: Option<String>,
    started: Option<Moment>,
}

/// The process of lines without a number.
const FIRST: u32 = 0;

impl Processes {
    /// Takes a line, and returns the event in it.
    pub(super) fn take(&mut self, line: &Line<'_>) -> Result<Option<Value>, NotACall> {
        let pid = line.pid.unwrap_or(FIRST);
        match line.content {
            Content::Nothing => Ok(None),
            Content::Exit => {
                self.known.remove(&pid);
                self.pending.remove(&pid);
                Ok(None)
            }
            Content::Start(text) => {
                if is_fork(text.split('(').next().unwrap_or_default()) {
                    self.forking = Some(pid);
                }
                self.meet(pid);
                self.pending.insert(pid, text.to_owned());
                Ok(None)
            }
            Content::Rest(_, rest) => match self.pending.remove(&pid) {
                // It began before the trace.
                None => Ok(None),
                Some(start) => self.call(pid, line.time, &(start + rest)),
            },
            Content::Call(text) => self.call(pid, line.time, text),
        }
    }

    /// Returns a process; one that was never seen was started by the last that was about to start one.
    fn meet(&mut self, pid: u32) -> &mut Process {
        if !self.known.contains_key(&pid) {
            let parent =
                self.forking.filter(|parent| *parent != pid).and_then(|parent| self.known.get(&parent));
            let child = parent.map(Process::child).unwrap_or_default();
            self.known.insert(pid, child);
        }
        self.known.entry(pid).or_default()
    }

    fn call(&mut self, pid: u32, time: Option<Moment>, text: &str) -> Result<Option<Value>, NotACall> {
        let call = Call::parse(text).ok_or(NotACall)?;
        let process = self.meet(pid);
        let here = call.arguments.iter().find_map(|argument| argument.strip_prefix("AT_FDCWD"));
        if let Some(folder) = here.and_then(opened) {
            process.folder = Some(folder);
        }
        if is_fork(call.name) {
            if let Some(child) = call.number().filter(|child| *child > 0) {
                let process = process.child();
                self.known.entry(child).or_insert(process);
            }
            return Ok(None);
        }
        if call.name == "chdir" && call.error().is_none() {
            process.folder =
                string(call.argument(0)).and_then(|path| joined(process.folder.as_deref(), &path));
            return Ok(None);
        }
        let Some(mut fields) = event(&call, process) else { return Ok(None) };
        let put = |fields: &mut Map<String, Value>, name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.into());
            }
        };
        put(&mut fields, "binary", process.binary.clone());
        put(&mut fields, "parent", process.parent.clone());
        put(&mut fields, "time", time.map(|time| time.to_string()));
        put(&mut fields, "process_started", process.started.map(|time| time.to_string()));
        if fields.get("operation").is_some_and(|operation| operation == "exec") {
            process.binary = fields.get("path").and_then(Value::as_str).map(str::to_owned);
            process.started = time;
        }
        Ok(Some(Value::Object(fields)))
    }
}

impl Process {
    fn child(&self) -> Self {
        Self { parent: self.binary.clone(), ..self.clone() }
    }

    /// Returns the path of an argument, relative to a descriptor or the working folder.
    fn at(&self, descriptor: Option<&str>, path: &str) -> Option<String> {
        let path = string(path)?;
        let folder = match descriptor {
            Some(descriptor) => opened(descriptor)
                .or_else(|| descriptor.starts_with("AT_FDCWD").then(|| self.folder.clone()).flatten()),
            None => self.folder.clone(),
        };
        joined(folder.as_deref(), &path).map(through_links)
    }
}

fn is_fork(name: &str) -> bool {
    matches!(name, "clone" | "clone3" | "fork" | "vfork")
}

/// Returns the operation of a call with its own fields; none where no policy decides the call.
fn event(call: &Call<'_>, process: &Process) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    let failed = call.error().is_some();
    let mut of = |operation: &str, path: Option<String>| {
        fields.insert("operation".to_owned(), operation.into());
        if let Some(path) = path {
            fields.insert("path".to_owned(), path.into());
        }
    };
    match call.name {
        "execve" if !failed => of("exec", process.at(None, call.argument(0))),
        "execveat" if !failed => {
            let path = match string(call.argument(1)).as_deref() {
                Some("") => opened(call.argument(0)),
                _ => process.at(Some(call.argument(0)), call.argument(1)),
            };
            let anonymous =
                path.as_ref().is_some_and(|path| path.starts_with("/memfd:") || path.ends_with(" (deleted)"));
            if anonymous {
                of("exec", None);
                fields.insert("anonymous".to_owned(), true.into());
            } else {
                of("exec", path);
            }
        }
        "open" | "openat" | "openat2" | "creat" if !failed => {
            let (path, flags) = match call.name {
                "open" => (process.at(None, call.argument(0)), call.argument(1)),
                "creat" => (process.at(None, call.argument(0)), "O_WRONLY|O_CREAT|O_TRUNC"),
                _ => (process.at(Some(call.argument(0)), call.argument(1)), call.argument(2)),
            };
            // The result shows the file after all links; pipes and sockets are in no policy.
            let path = match opened(call.result) {
                Some(shown) if !shown.starts_with('/') => return None,
                Some(shown) => Some(shown),
                None => path,
            };
            let has = |flag: &str| flags.split(['|', ',', '{', '=', ' ', '}']).any(|word| word == flag);
            if has("O_PATH") {
                return None;
            }
            of("open", path);
            let kinds = [
                ("read", !has("O_WRONLY")),
                ("write", has("O_WRONLY") || has("O_RDWR")),
                ("create", has("O_CREAT")),
                ("truncate", has("O_TRUNC")),
            ];
            let access: Vec<&str> = kinds.iter().filter(|(_, asked)| *asked).map(|(kind, _)| *kind).collect();
            fields.insert("access".to_owned(), json!(access));
            if has("O_DIRECTORY") {
                fields.insert("directory".to_owned(), true.into());
            }
        }
        "unlink" | "rename" | "link" | "truncate" if !failed => {
            of("open", process.at(None, call.argument(0)));
            let access = if call.name == "unlink" { "delete" } else { call.name };
            fields.insert("access".to_owned(), json!([access]));
        }
        "unlinkat" | "renameat" | "renameat2" | "linkat"
            if !failed && !call.argument(2).contains("AT_REMOVEDIR") =>
        {
            of("open", process.at(Some(call.argument(0)), call.argument(1)));
            let access = match call.name {
                "unlinkat" => "delete",
                "linkat" => "link",
                _ => "rename",
            };
            fields.insert("access".to_owned(), json!([access]));
        }
        "connect" if call.error().is_none_or(|error| !NOT_ATTEMPTED.contains(&error)) => {
            let (address, port) = endpoint(call.argument(1))?;
            of("connect", None);
            fields.extend(address.map(|address| ("address".to_owned(), address.to_string().into())));
            fields.extend(port.map(|port| ("port".to_owned(), port.into())));
        }
        _ => return None,
    }
    Some(fields)
}
