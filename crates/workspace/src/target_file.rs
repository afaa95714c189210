//! A target file -> the facts of a host, and the options to compile for it.

use std::io;
use std::path::Path;

use telovix_compiler::Options;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Code, Diagnostic, Levels, Sink};
use telovix_platform::{Backend, Difference, Host, Machine, Release, Tetragon, Unsupported};
use telovix_syntax::Cursor;
use telovix_syntax::field::{Choice, Field, Lines, OtherKeys, Presence, Record, Shape, Text};
use telovix_tetragon::KernelSymbols;

use crate::agent::{KUBERNETES, PARENTS_MAP, VERSION, release};
use crate::bounded::read_file;
use crate::error::Error;
use crate::findings::Findings;
use crate::kernel_btf::{KernelBtf, other_digest};
use crate::path::shown;

/// The codes of target files.
pub(crate) const CODES: &[&Code] = &[&TARGET_FILE, &TARGET_FACTS];

/// A target file that does not describe a host with enforcement.
pub(crate) static TARGET_FILE: Code = Code::page(include_str!("target_file/target-file.md"));

/// A host that differs from the targets whose facts are used.
pub(crate) static TARGET_FACTS: Code = Code::page(include_str!("target_file/target-facts.md"));

const LINE: Text = Text { noun: "text", least: 1, most: 256, lines: Lines::One, pattern: None, known: None };
const MODULE: Shape = Shape::Text(Text { noun: "the name of an LSM", ..LINE });

const KERNEL: Field = Field {
    name: "kernel",
    presence: Presence::Required,
    shape: Shape::Lexeme(Text { noun: "the release of a kernel", ..LINE }),
    description: "The release of the kernel, as `uname -r` prints it.",
};
const MACHINES: [&str; 2] = ["x86_64", "aarch64"];
const ARCH: Field = Field {
    name: "arch",
    presence: Presence::Default("\"x86_64\""),
    shape: Shape::Choice(&[
        Choice { word: "x86_64", description: "64-bit x86." },
        Choice { word: "aarch64", description: "64-bit ARM." },
    ]),
    description: "The machine, as `uname -m` prints it.",
};
const LSM: Field = Field {
    name: "lsm",
    presence: Presence::Optional,
    shape: Shape::List(&MODULE),
    description: "The active LSMs, of `/sys/kernel/security/lsm`. Without `bpf` nothing can be enforced.",
};
const BTF: Field = Field {
    name: "btf",
    presence: Presence::Optional,
    shape: Shape::Text(Text { noun: "the path of a file", most: 4096, ..LINE }),
    description: "A copy of `/sys/kernel/btf/vmlinux` of the host, below the folder of this file. TracingPolicies are \
                  then checked against the functions and LSM hooks of that kernel.",
};
const BTF_SHA256: Field = Field {
    name: "btf_sha256",
    presence: Presence::Optional,
    shape: Shape::Text(Text { noun: "a SHA-256 digest", ..LINE }),
    description: "The digest of `/sys/kernel/btf/vmlinux`: which build of the kernel the facts are of. A file in `btf` \
                  must have it, and so must that of `--btf`.",
};
const NATIVE: Field = Field {
    name: "native",
    presence: Presence::Default("true"),
    shape: Shape::Boolean,
    description: "Whether the native runtime enforces there.",
};
const TETRAGON: Field = Field {
    name: "tetragon",
    presence: Presence::Optional,
    shape: Shape::Record(&TETRAGON_RECORD),
    description: "The Tetragon that runs there, if one does.",
};

static TETRAGON_RECORD: Record = Record {
    noun: "the Tetragon of a host",
    description: "Its release, and what it was started with.",
    fields: &[VERSION, PARENTS_MAP, KUBERNETES],
    other_keys: OtherKeys::Refused,
};

/// The fields of a target file, for its schema.
pub static RECORD: &Record = &Record {
    noun: "a target file",
    description: "The facts of a host, or of a kind of hosts, that policies are compiled for.",
    fields: &[KERNEL, ARCH, LSM, BTF, BTF_SHA256, NATIVE, TETRAGON],
    other_keys: OtherKeys::Refused,
};

/// What a target file says.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetHost {
    /// The facts of the host.
    pub host: Host,
    /// The BTF of its kernel, if the file names one.
    pub btf: Option<KernelBtf>,
    /// The digest that the BTF of its kernel has, where that is known.
    pub btf_sha256: Option<String>,
}

impl TargetHost {
    /// Returns what the kernel of the host has, as far as is known.
    fn symbols(&self) -> Option<KernelSymbols> {
        if let Some(btf) = &self.btf {
            return Some(btf.symbols.clone());
        }
        let machine = self.host.machine.as_deref().and_then(Machine::parse).unwrap_or_default();
        Some(KernelSymbols::Measured(self.host.nearest().ok()?, machine))
    }
}

/// Returns whether the name of a target is the path of a target file.
#[must_use]
pub fn is_target_file(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    name.contains('/') || matches!(extension, Some("yaml" | "yml" | "json"))
}

/// Reads the facts of a host.
///
/// # Errors
/// When the file cannot be read or has a mistake, or nothing can be enforced on the host; all mistakes are reported.
pub fn read(path: &Path) -> Result<TargetHost, Error> {
    let name = shown(path);
    let unreadable = |error| Error::UnreadableSettings { path: name.clone(), error };
    let bytes = read_file(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
    let sources = SourceSet::single(&name, &text);
    let mut sink = Sink::new(Levels::default());
    let folder = path.parent().unwrap_or(Path::new(""));
    let host = parse(&sources, folder, &mut sink);
    match host {
        Some(host) if !sink.has_errors() => Ok(host),
        _ => Err(Error::Settings(Box::new(Findings::new(sources, String::new(), sink.into_sorted())))),
    }
}

fn parse(sources: &SourceSet, folder: &Path, sink: &mut Sink) -> Option<TargetHost> {
    let mut host = None;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, sink, |tree, sink| {
            let Some(cursor) = Cursor::open(&tree.root, RECORD, sink) else { return };
            let kernel = cursor.parsed(&KERNEL, sink, |text| {
                Host::kernel_version(text).ok_or_else(|| telovix_syntax::Refusal {
                    code: &TARGET_FILE,
                    problem: "is not the release of a kernel".to_owned(),
                    help: "write what `uname -r` prints, such as `6.12.107`".to_owned(),
                    meant: None,
                })
            });
            let modules = cursor.list(&LSM, sink, |node, shape, sink| {
                telovix_syntax::parsed(node, shape, sink, |text| Ok(text.to_owned()))
            });
            let span = kernel.as_ref().map_or(cursor.span(), |kernel| kernel.span);
            let modules_span = modules.as_ref().map_or(span, |(span, _)| *span);
            let (btf, btf_sha256) = btf(&cursor, folder, sink);
            let read = Host {
                kernel: kernel.map_or((0, 0), |kernel| kernel.value),
                machine: cursor.choice(&ARCH, &MACHINES, |word| word, sink).map(|word| word.value.to_owned()),
                security_modules: modules
                    .map(|(_, modules)| modules.into_iter().map(|module| module.value).collect()),
                tetragon: tetragon(&cursor, sink),
                is_native: cursor.boolean(&NATIVE, sink).is_none_or(|native| native.value),
            };
            if !sink.has_errors() {
                check(&read, span, modules_span, sink);
            }
            host = Some(TargetHost { host: read, btf, btf_sha256 });
        });
    }
    if host.is_none() && !sink.has_errors() {
        sink.report(Diagnostic::new(&TARGET_FILE, None, "the target file is empty").help("write `kernel`"));
    }
    host
}

/// Reads the BTF that a file names, and the digest that it must have.
fn btf(cursor: &Cursor<'_>, folder: &Path, sink: &mut Sink) -> (Option<KernelBtf>, Option<String>) {
    let digest = cursor.text(&BTF_SHA256, sink);
    let path = cursor.text(&BTF, sink);
    let btf = path.and_then(|path| match KernelBtf::read(&folder.join(&path.value)) {
        Ok(btf) => Some((btf, path.span)),
        Err(problem) => {
            sink.report(Diagnostic { span: Some(path.span), ..*problem });
            None
        }
    });
    if let (Some((btf, span)), Some(digest)) = (&btf, &digest)
        && let Some(problem) = other_digest(&digest.value, std::slice::from_ref(btf))
    {
        sink.report(Diagnostic { span: Some(*span), ..problem });
    }
    (btf.map(|(btf, _)| btf), digest.map(|digest| digest.value))
}

fn tetragon(cursor: &Cursor<'_>, sink: &mut Sink) -> Option<Tetragon> {
    let node = cursor.value(&TETRAGON)?;
    let cursor = Cursor::open(node, &TETRAGON_RECORD, sink)?;
    let mut is_set = |field| cursor.boolean(field, sink).is_some_and(|flag| flag.value);
    let (has_parents_map, has_kubernetes) = (is_set(&PARENTS_MAP), is_set(&KUBERNETES));
    let release = cursor.parsed(&VERSION, sink, release).map_or(Release::default(), |release| release.value);
    Some(Tetragon { release, has_parents_map, has_kubernetes })
}

fn check(
    host: &Host,
    kernel: telovix_diagnostic::source::Span,
    modules: telovix_diagnostic::source::Span,
    sink: &mut Sink,
) {
    let (span, message, help) = match host.targets() {
        Ok(targets) if targets.is_empty() => (
            kernel,
            "nothing enforces on this host: `native` is false and there is no `tetragon`",
            "write `native: true`, or what Tetragon runs there",
        ),
        Ok(_) => return,
        Err(Unsupported::OldKernel) => {
            (kernel, "the kernel is older than 6.1", "policies can be compiled for kernels from 6.1 on")
        }
        Err(Unsupported::NoBpfLsm) => (
            modules,
            "the LSM `bpf` is not active, so that nothing can be enforced there",
            "add `bpf` to the kernel parameter `lsm=` of the host, then list it here",
        ),
    };
    sink.report(Diagnostic::new(&TARGET_FILE, span, message).help(help));
}

/// Compiles for hosts instead of the configured targets: policies have to load on each of them, so the oldest release of
/// Tetragon and the features that all have count.
pub fn compile_for(files: &[TargetHost], options: &mut Options) {
    options.symbols = symbols(files, options);
    let hosts: Vec<&Host> = files.iter().map(|file| &file.host).collect();
    for target in hosts.iter().filter_map(|host| host.targets().ok()).flatten() {
        if !options.targets.contains(&target) {
            options.targets.push(target);
        }
    }
    let agents: Vec<Tetragon> = hosts.iter().filter_map(|host| host.tetragon).collect();
    let Some(oldest) = agents.iter().map(|agent| agent.release).min() else { return };
    options.engine.release = oldest;
    options.engine.features.has_parents_map = agents.iter().all(|agent| agent.has_parents_map);
    options.engine.features.has_kubernetes = agents.iter().all(|agent| agent.has_kubernetes);
}

/// Checks TracingPolicies against given kernels only, whatever the targets are.
///
/// # Errors
/// With the finding when a target file has the digest of another kernel.
pub fn check_against(
    kernels: &[KernelBtf],
    files: &[TargetHost],
    options: &mut Options,
) -> Result<(), Box<Diagnostic>> {
    let digests = files.iter().filter_map(|file| file.btf_sha256.as_deref());
    match digests.into_iter().find_map(|digest| other_digest(digest, kernels)) {
        Some(problem) => Err(Box::new(problem)),
        None => {
            options.symbols = kernels.iter().map(|kernel| kernel.symbols.clone()).collect();
            Ok(())
        }
    }
}

/// Returns what the kernels of the Tetragon targets and hosts have; nothing when all of them are those that were measured.
fn symbols(files: &[TargetHost], options: &Options) -> Vec<KernelSymbols> {
    let named = options.targets.iter().filter(|target| target.backend == Backend::Engine);
    let named = named.map(|target| KernelSymbols::Measured(target.kernel, Machine::default()));
    let with_tetragon = files.iter().filter(|file| file.host.tetragon.is_some());
    let mut all: Vec<KernelSymbols> = Vec::new();
    for symbols in named.chain(with_tetragon.filter_map(TargetHost::symbols)) {
        if !all.contains(&symbols) {
            all.push(symbols);
        }
    }
    let is_measured = |symbols: &KernelSymbols| matches!(symbols, KernelSymbols::Measured(_, machine) if *machine == Machine::default());
    if all.iter().all(is_measured) { Vec::new() } else { all }
}

/// Returns a note for each part of a host that differs from the targets whose facts are used for it.
#[must_use]
pub fn notes(name: &str, host: &Host) -> Vec<Diagnostic> {
    let note = |difference| {
        let message = match difference {
            Difference::Kernel(kernel) => {
                let (major, minor) = host.kernel;
                format!(
                    "`{name}` has kernel {major}.{minor}, for which the facts of {} are used",
                    kernel.name()
                )
            }
            Difference::Machine => {
                let machine = host.machine.as_deref().unwrap_or_default();
                let message = format!("`{name}` is an {machine}, for which the facts of x86-64 are used");
                match machine {
                    "aarch64" => message + "; the functions of its kernel are those of arm64",
                    _ => message,
                }
            }
        };
        Diagnostic::new(&TARGET_FACTS, None, message)
    };
    host.differences().into_iter().map(note).collect()
}

#[cfg(test)]
mod tests;
