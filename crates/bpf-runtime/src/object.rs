//! The embedded programs -> programs in the kernel, attached and pinned, one per hook that is needed.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use aya::programs::Program;
use aya::programs::links::FdLink;
use aya::{Btf, Ebpf, EbpfLoader};
use telovix_bpf_programs::layout::HOOKS;
use telovix_bpf_programs::object;

use crate::generation::Demands;
use crate::pins::{Places, create_folder};
use crate::preflight::Locks;
use crate::{RuntimeError, preflight, sys};

/// A place to attach to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// An LSM hook.
    Hook(&'static str),
    /// The end of a fork.
    Forked,
    /// Every system call.
    SystemCalls,
    /// Every existing task, when the pin is read.
    Tasks,
}

impl Place {
    /// Name of program, pin and hook.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hook(name) => name,
            Self::Forked => object::FORKED,
            Self::SystemCalls => object::SYSTEM_CALLS,
            Self::Tasks => object::PLACE_TASKS,
        }
    }
}

/// The places that an image needs on a kernel.
pub(crate) fn places(demands: &Demands, kernel: (u16, u16)) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for hook in HOOKS {
        let there = hook.until.is_none_or(|until| kernel < until);
        let wanted = hook.operations.iter().any(|operation| demands.operations & operation.bit() != 0);
        let keeps_domains = hook.operations.is_empty() && !hook.guards && demands.subjects;
        if there && (wanted || keeps_domains || hook.guards || demands.hooks.contains(hook.name)) {
            places.insert(Place::Hook(hook.name));
        }
    }
    if demands.subjects {
        // The subject of a process is determined at exec.
        places.insert(Place::Hook("bprm_check_security"));
        places.insert(Place::Forked);
        places.insert(Place::Tasks);
    }
    if demands.every_call {
        places.insert(Place::SystemCalls);
    }
    places
}

/// Every place that some policy needs on a kernel.
pub(crate) fn all_places(kernel: (u16, u16)) -> BTreeSet<Place> {
    places(&Demands { operations: u32::MAX, subjects: true, every_call: true, ..Demands::default() }, kernel)
}

/// The object with its maps created (or found pinned) and no program loaded yet.
#[derive(Debug)]
pub(crate) struct Object {
    ebpf: Ebpf,
    btf: Btf,
}

impl Object {
    /// Reads the object, relocates it for this kernel and creates or opens the pinned maps.
    pub(crate) fn open(places: &Places, locks: Locks) -> Result<Self, RuntimeError> {
        let failed = |reason: String| RuntimeError::Object { reason };
        create_folder(&places.maps())?;
        create_folder(&places.links())?;
        places.pins_are_whole()?;
        // Between the tested kernels, the value of the older one is the safe one.
        let reads_storage = u32::from(preflight::kernel_version()? >= (6, 12));
        let btf = Btf::from_sys_fs().map_err(|error| failed(chain(&error)))?;
        let ebpf = EbpfLoader::new()
            .btf(Some(&btf))
            .default_map_pin_directory(places.maps())
            .override_global("rename_lock_address", &locks.renames, true)
            .override_global("mount_lock_address", &locks.mounts, true)
            .override_global("reads_storage", &reads_storage, true)
            .allow_unsupported_maps()
            .load(object::OBJECT)
            .map_err(|error| failed(chain(&error)))?;
        Ok(Self { ebpf, btf })
    }

    /// Loads, attaches and pins the program of a place. A program of another version that is pinned there stays
    /// attached until ours is: meanwhile an operation must be allowed by both.
    pub(crate) fn attach(&mut self, place: Place, links: &Path) -> Result<(), RuntimeError> {
        let pin = links.join(place.name());
        let temporary = links.join(format!("{}-new", place.name()));
        let refused = |reason| RuntimeError::Hook { hook: place.name(), reason };
        let link = self.link(place)?;
        if temporary.exists() {
            std::fs::remove_file(&temporary).map_err(RuntimeError::file(&temporary))?;
        }
        link.pin(&temporary).map_err(|error| refused(chain(&error)))?;
        std::fs::rename(&temporary, &pin).map_err(RuntimeError::file(&pin))
    }

    /// Loads the program of a place without attaching it, to find out whether the kernel accepts it.
    pub(crate) fn load(&mut self, place: Place) -> Result<(), RuntimeError> {
        let name = place.name();
        let refused = |reason| RuntimeError::Hook { hook: name, reason };
        let program = self.ebpf.program_mut(name).ok_or_else(|| refused("no such program".to_owned()))?;
        match (place, program) {
            (Place::Hook(hook), Program::Lsm(program)) => program.load(hook, &self.btf),
            (Place::Forked, Program::BtfTracePoint(program)) => program.load(name, &self.btf),
            (Place::SystemCalls, Program::RawTracePoint(program)) => program.load(),
            (Place::Tasks, Program::Iter(program)) => program.load("task", &self.btf),
            _ => return Err(refused("the program has an unexpected type".to_owned())),
        }
        .map_err(|error| refused(chain(&error)))
    }

    /// Runs the program that records the running one as the one that may change the policy.
    pub(crate) fn register_loader(&mut self) -> Result<(), RuntimeError> {
        let refused = |reason| RuntimeError::Hook { hook: object::REGISTER_LOADER, reason };
        let Some(Program::RawTracePoint(program)) = self.ebpf.program_mut(object::REGISTER_LOADER) else {
            return Err(refused("no such program".to_owned()));
        };
        program.load().map_err(|error| refused(chain(&error)))?;
        let descriptor = program.fd().map_err(|error| refused(chain(&error)))?;
        sys::run_program(descriptor.as_fd()).map_err(|error| refused(chain(&error)))
    }

    /// Loads the program for writes to settings and pins it, attached to nothing yet.
    pub(crate) fn pin_setting_program(&mut self, pin: &Path) -> Result<OwnedFd, RuntimeError> {
        let refused = |reason| RuntimeError::Hook { hook: object::WRITE_SETTING, reason };
        let Some(Program::CgroupSysctl(program)) = self.ebpf.program_mut(object::WRITE_SETTING) else {
            return Err(refused("no such program".to_owned()));
        };
        program.load().map_err(|error| refused(chain(&error)))?;
        program.pin(pin).map_err(|error| refused(chain(&error)))?;
        let descriptor = program.fd().map_err(|error| refused(chain(&error)))?;
        descriptor.as_fd().try_clone_to_owned().map_err(|error| refused(chain(&error)))
    }

    /// Attaches the loaded program of a place.
    fn link(&mut self, place: Place) -> Result<FdLink, RuntimeError> {
        self.load(place)?;
        let name = place.name();
        let refused = |reason| RuntimeError::Hook { hook: name, reason };
        let link = match self.ebpf.program_mut(name) {
            Some(Program::Lsm(program)) => {
                program.attach().and_then(|id| program.take_link(id)).map(FdLink::from)
            }
            Some(Program::BtfTracePoint(program)) => {
                program.attach().and_then(|id| program.take_link(id)).map(FdLink::from)
            }
            Some(Program::RawTracePoint(program)) => {
                program.attach(name).and_then(|id| program.take_link(id)).map(FdLink::from)
            }
            Some(Program::Iter(program)) => {
                let link = program.attach().and_then(|id| program.take_link(id));
                let link = link.map_err(|error| refused(chain(&error)))?;
                return FdLink::try_from(link).map_err(|error| refused(chain(&error)));
            }
            _ => return Err(refused("no such program".to_owned())),
        };
        link.map_err(|error| refused(chain(&error)))
    }
}

/// Visits every task twice with the pinned placing program. Twice, because process ids wrap around: a process
/// that forked after its place in the first visit is found in the second. Returns the processes that could not be placed
/// in the second visit either.
pub(crate) fn place_tasks(links: &Path) -> Result<BTreeSet<u32>, RuntimeError> {
    let pin = links.join(object::PLACE_TASKS);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        numbers.clear();
        let mut tasks = std::fs::File::open(&pin).map_err(RuntimeError::file(&pin))?;
        tasks.read_to_end(&mut numbers).map_err(RuntimeError::file(&pin))?;
    }
    let (numbers, _) = numbers.as_chunks::<4>();
    Ok(numbers.iter().map(|number| u32::from_le_bytes(*number)).collect())
}

/// Ids of the programs of the pinned links.
pub(crate) fn pinned_programs(links: &Path) -> Result<Vec<(String, u32)>, RuntimeError> {
    let mut programs = Vec::new();
    let folder = match std::fs::read_dir(links) {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(programs),
        Err(error) => return Err(RuntimeError::file(links)(error)),
    };
    for entry in folder {
        let path = entry.map_err(RuntimeError::file(links))?.path();
        let link = sys::open_pin(&path).map_err(RuntimeError::file(&path))?;
        // struct bpf_link_info: type, id, prog_id.
        let [_, _, program, ..] = sys::info(link.as_fd()).map_err(RuntimeError::file(&path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        programs.push((name, program));
    }
    programs.sort();
    Ok(programs)
}

/// An error with its causes, in one line. Of a verifier log the end is kept, which has the reason.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let account = ["verification time", "stack depth", "processed", "insns processed", ": Permission"];
    let telling = |line: &&str| !line.is_empty() && !account.iter().any(|start| line.starts_with(start));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(telling).collect();
    match lines.as_slice() {
        [first, .., a, b, c, d] => [first, a, b, c, d].map(|line| *line).join(" | "),
        few => few.join(" | "),
    }
}
