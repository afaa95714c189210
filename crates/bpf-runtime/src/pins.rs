//! An installation -> its paths: maps and links in the BPF file system, the lock and the loaded images in `/run`.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use telovix_bpf_programs::layout::Section;
use telovix_bpf_programs::object::{self, OBJECT};

use crate::{RuntimeError, sys};

/// The folders of one installation. Two installations with different folders do not see each other.
#[derive(Clone, Debug)]
pub struct Places {
    /// The mounted BPF file system.
    pub bpffs: PathBuf,
    /// Below it, the folder for our pins.
    pub name: String,
    /// A folder that is emptied by a reboot, as the kernel's state is: lock and loaded images.
    pub state: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            bpffs: PathBuf::from("/sys/fs/bpf"),
            name: "telovix".to_owned(),
            state: PathBuf::from("/run/telovix"),
        }
    }
}

impl Places {
    /// Folder of the pinned maps.
    pub(crate) fn maps(&self) -> PathBuf {
        self.pins().join("maps")
    }

    /// Folder of the pinned links.
    pub(crate) fn links(&self) -> PathBuf {
        self.pins().join("links")
    }

    /// The pin of a map.
    pub(crate) fn map(&self, name: &str) -> PathBuf {
        self.maps().join(name)
    }

    /// Folder of all our pins.
    pub(crate) fn pins(&self) -> PathBuf {
        self.bpffs.join(&self.name)
    }

    /// The pin of the program that is called when a setting is written.
    pub(crate) fn setting_program(&self) -> PathBuf {
        self.pins().join(object::WRITE_SETTING)
    }

    /// The image that a slot was filled from.
    pub(crate) fn image(&self, slot: u32) -> PathBuf {
        self.state.join(format!("slot-{slot}.image"))
    }

    /// The file that records which version's programs are pinned.
    pub(crate) fn programs(&self) -> PathBuf {
        self.state.join("programs")
    }

    /// The file that lists the programs whose pins a `remove` deletes, until they are unloaded.
    pub(crate) fn leaving(&self) -> PathBuf {
        self.state.join("leaving")
    }

    /// Takes the lock that keeps two commands from changing the policy at once. It ends with the process.
    pub(crate) fn lock(&self) -> Result<File, RuntimeError> {
        std::fs::create_dir_all(&self.state).map_err(RuntimeError::file(&self.state))?;
        let path = self.state.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(RuntimeError::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(RuntimeError::Busy),
            Err(std::fs::TryLockError::Error(error)) => Err(RuntimeError::file(&path)(error)),
        }
    }

    /// Opens a pinned map; `None` when it is not there.
    ///
    /// # Errors
    /// The pin is not a map of the type and sizes that this version's programs have: reading it would overrun buffers.
    pub(crate) fn open_map(&self, name: &str) -> Result<Option<OwnedFd>, RuntimeError> {
        let path = self.map(name);
        let map = match sys::open_pin(&path) {
            Ok(map) => map,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !path.exists() => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(RuntimeError::Guarded),
            Err(error) => return Err(RuntimeError::map(name)(error)),
        };
        let found = Shape::of_map(&map).map_err(RuntimeError::map(name))?;
        match SHAPES.get(name) {
            Some(expected) if *expected != found => {
                let reason = format!("it is {found}, expected {expected}");
                Err(RuntimeError::ForeignPin { path, reason })
            }
            _ => Ok(Some(map)),
        }
    }

    /// Returns whether every map is pinned.
    ///
    /// # Errors
    /// One has another type or size than this version's programs need. Loading would reuse it unchecked.
    pub(crate) fn pins_are_whole(&self) -> Result<bool, RuntimeError> {
        let mut whole = true;
        for name in SHAPES.keys() {
            whole &= self.open_map(name)?.is_some();
        }
        Ok(whole)
    }

    /// Removes the pins of a probe that was killed: it pins maps, and attaches nothing.
    pub(crate) fn remove_dead_probes(&self) -> Result<(), RuntimeError> {
        let prefix = format!("{}{PROBE}", self.name);
        let entries = std::fs::read_dir(&self.bpffs).map_err(RuntimeError::file(&self.bpffs))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.parse::<u32>().ok());
            let dead = process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists());
            if dead {
                let folder = entry.path();
                std::fs::remove_dir_all(&folder).map_err(RuntimeError::file(&folder))?;
            }
        }
        Ok(())
    }

    /// The folders of a probe by this process, next to the installation, which it must not change.
    pub(crate) fn aside(&self) -> Self {
        Self { name: format!("{}{PROBE}{}", self.name, std::process::id()), ..self.clone() }
    }
}

/// Between the installation's name and the number of the probing process.
const PROBE: &str = "-probe-";

/// What must match for a pinned map to be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    kind: u32,
    key_size: u32,
    value_size: u32,
    entries: u32,
}

/// The type and sizes of the maps that the object declares pinned, by name.
static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    let object = aya_obj::Object::parse(OBJECT).expect("the object of this build can be parsed");
    let pinned =
        object.maps.into_iter().filter(|(_, map)| map.pinning() == aya_obj::maps::PinningType::ByName);
    pinned.map(|(name, map)| (name, Shape::declared(&map))).collect()
});

impl Shape {
    fn declared(map: &aya_obj::Map) -> Self {
        Self {
            kind: map.map_type(),
            key_size: map.key_size(),
            value_size: map.value_size(),
            entries: map.max_entries(),
        }
    }

    fn of_map(map: &OwnedFd) -> std::io::Result<Self> {
        // struct bpf_map_info: type, id, key_size, value_size, max_entries.
        let [kind, _, key_size, value_size, entries, ..] = sys::info(map.as_fd())?;
        Ok(Self { kind, key_size, value_size, entries })
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, key_size, value_size, entries } = self;
        write!(formatter, "a map of type {kind} with {entries} entries of {key_size} and {value_size} bytes")
    }
}

/// The name of the map that a section is loaded into.
pub(crate) fn map_name(section: Section) -> &'static str {
    section.name().trim_start_matches(".telovix.")
}

/// Creates a folder with its parents.
pub(crate) fn create_folder(folder: &Path) -> Result<(), RuntimeError> {
    std::fs::create_dir_all(folder).map_err(RuntimeError::file(folder))
}
