//! Pins and maps -> what is enforced now, how often each rule decided, and whether the maps still match the image.

use std::collections::BTreeSet;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use serde::Serialize;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{Kind, Origin, Section};
use telovix_bpf_programs::object;
use telovix_bpf_programs::state::{SLOTS, statistic};

use crate::control::{Switch, now, statistic_of};
use crate::generation::{Demands, HITS, loaded_bytes, slot_record};
use crate::object::{Place, pinned_programs, places as places_needed};
use crate::pins::{Places, map_name};
use crate::{RuntimeError, Scope, guard, liveness, preflight, sys};

/// What the kernel enforces.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Number of the active generation; 0 when nothing is enforced.
    pub generation: u32,
    /// Digest of its image; `None` when the copy of it is missing.
    pub image: Option<String>,
    /// The generation that a rollback or a missed deadline restores; 0 for none.
    pub previous: u32,
    /// Milliseconds until the active generation reverts unless it is confirmed.
    pub confirm_within: Option<u64>,
    /// Whether a deadline passed unconfirmed and the previous generation was restored.
    pub reverted: bool,
    /// Hooks with a program, and the ids of the programs.
    pub hooks: Vec<HookProgram>,
    /// How often rules decided, strongest first as in the image; rules that never decided are omitted.
    pub rules: Vec<RuleCount>,
    /// Reports written to the ring buffer.
    pub events: u64,
    /// Reports lost because it was full.
    pub dropped: u64,
    /// Paths that had to be walked to the root, because no directory had a cached result.
    pub walks: u64,
    /// Walks without a definite result.
    pub doubts: u64,
    /// Maps whose contents differ from the image.
    pub drift: Vec<String>,
    /// Hooks that the image needs and that have no program.
    pub missing: Vec<&'static str>,
    /// Hooks whose program is attached but no longer called by the kernel.
    pub not_called: Vec<String>,
}

/// A program and where it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HookProgram {
    /// The hook.
    pub hook: String,
    /// The program's id in the kernel.
    pub program: u32,
}

/// How often a rule decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// Its number in the image.
    pub rule: u32,
    /// The document's name.
    pub document: String,
    /// Dimension or template.
    pub dimension: String,
    /// File.
    pub file: String,
    /// Line.
    pub line: u32,
    /// How often.
    pub count: u64,
}

/// Reads the status. `scope` is the one that the image was applied with; drift is relative to it.
///
/// # Errors
/// Nothing is loaded, or the maps cannot be read.
pub fn status(places: &Places, scope: &Scope) -> Result<Status, RuntimeError> {
    preflight::check(&places.bpffs)?;
    let switch = Switch::open(places)?.ok_or(RuntimeError::NothingLoaded)?;
    let time = now();
    let control = switch.control()?;
    let active = control.active(time);
    let generation = switch.slot(active)?.generation;
    let image = image_of(places, active).filter(|_| generation != 0);
    let hooks = pinned_programs(&places.links())?;
    Ok(Status {
        generation,
        image: image.as_ref().map(|image| hex(image.digest())),
        previous: switch.previous(active)?.unwrap_or(0),
        confirm_within: control.deadline().and_then(|deadline| deadline.checked_sub(time)),
        reverted: active != control.slot(),
        missing: match &image {
            Some(image) => missing(places, image, &hooks)?,
            None => Vec::new(),
        },
        not_called: match generation {
            0 => Vec::new(),
            _ => liveness::not_called(&hooks)?,
        },
        hooks: hooks.into_iter().map(|(hook, program)| HookProgram { hook, program }).collect(),
        rules: match &image {
            Some(image) => counts(places, image, active)?,
            None => Vec::new(),
        },
        events: statistic_of(places, statistic::EVENTS)?,
        dropped: statistic_of(places, statistic::DROPPED)?,
        walks: statistic_of(places, statistic::WALKS)?,
        doubts: statistic_of(places, statistic::DOUBTS)?,
        drift: match &image {
            Some(image) => {
                let mut different = drift(places, image, scope, active)?;
                let record = switch.slot(active)?;
                if record.proven() != slot_record(image, generation) {
                    different.push("slots".to_owned());
                }
                different
            }
            None => Vec::new(),
        },
    })
}

/// The image that a slot was filled from.
pub(crate) fn image_of(places: &Places, slot: u32) -> Option<Image> {
    debug_assert!(slot < SLOTS);
    Image::read(&std::fs::read(places.image(slot)).ok()?).ok()
}

fn counts(places: &Places, image: &Image, slot: u32) -> Result<Vec<RuleCount>, RuntimeError> {
    let mut counts = Vec::new();
    let Some(map) = inner(places, HITS, slot)? else {
        return Ok(counts);
    };
    for (rule, origin) in (0..).zip(image.records::<Origin>(Section::Origins)) {
        let mut value = [0; 8];
        sys::lookup(map.as_fd(), &u32::to_le_bytes(rule), &mut value).map_err(RuntimeError::map(HITS))?;
        let count = u64::from_le_bytes(value);
        if count == 0 {
            continue;
        }
        let text = |offset| image.string(offset).unwrap_or_default().to_owned();
        counts.push(RuleCount {
            rule,
            document: text(origin.name),
            dimension: text(origin.dimension),
            file: text(origin.file),
            line: origin.line,
            count,
        });
    }
    Ok(counts)
}

/// The places that an image needs and where no program is pinned.
fn missing(
    places: &Places,
    image: &Image,
    hooks: &[(String, u32)],
) -> Result<Vec<&'static str>, RuntimeError> {
    let needed = places_needed(&Demands::of(image), preflight::kernel_version()?);
    let guard = Some(object::WRITE_SETTING).filter(|_| !guard::is_set(places));
    let missing = needed.into_iter().map(Place::name);
    Ok(missing.filter(|name| !hooks.iter().any(|(hook, _)| hook == name)).chain(guard).collect())
}

/// Compares every loaded map with the section it was filled from.
fn drift(places: &Places, image: &Image, scope: &Scope, slot: u32) -> Result<Vec<String>, RuntimeError> {
    let mut different = Vec::new();
    for section in Section::ALL {
        if section.kind() == Kind::Listing {
            continue;
        }
        let name = map_name(section);
        let expected = loaded_bytes(image, section, scope);
        let expected: BTreeSet<&[u8]> = match section.kind() {
            Kind::Array => BTreeSet::new(),
            _ => expected.chunks_exact(section.record_size()).collect(),
        };
        let same = match inner(places, name, slot)? {
            None => false,
            Some(map) if section.kind() == Kind::Array => {
                same_array(&map, section, &loaded_bytes(image, section, scope))
                    .map_err(RuntimeError::map(name))?
            }
            Some(map) => same_keys(&map, section, &expected).map_err(RuntimeError::map(name))?,
        };
        if !same {
            different.push(name.to_owned());
        }
    }
    Ok(different)
}

fn same_array(map: &OwnedFd, section: Section, expected: &[u8]) -> std::io::Result<bool> {
    let mut value = vec![0; section.value_size().next_multiple_of(8)];
    for (index, record) in expected.chunks_exact(section.value_size()).enumerate() {
        sys::lookup(map.as_fd(), &(index as u32).to_le_bytes(), &mut value)?;
        if value.get(..record.len()) != Some(record) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_keys(map: &OwnedFd, section: Section, expected: &BTreeSet<&[u8]>) -> std::io::Result<bool> {
    let mut key = vec![0; section.key_size()];
    let mut record = vec![0; section.key_size() + section.value_size().next_multiple_of(8)];
    let mut found = 0;
    let mut more = sys::next_key(map.as_fd(), None, &mut key)?;
    while more {
        let (front, value) = record.split_at_mut(key.len());
        front.copy_from_slice(&key);
        sys::lookup(map.as_fd(), &key, value)?;
        if !record.get(..section.record_size()).is_some_and(|record| expected.contains(record)) {
            return Ok(false);
        }
        found += 1;
        let last = key.clone();
        more = sys::next_key(map.as_fd(), Some(&last), &mut key)?;
    }
    Ok(found == expected.len())
}

/// Opens the map in a slot of an outer map.
fn inner(places: &Places, name: &str, slot: u32) -> Result<Option<OwnedFd>, RuntimeError> {
    let Some(outer) = places.open_map(name)? else {
        return Ok(None);
    };
    let mut id = [0; 4];
    match sys::lookup(outer.as_fd(), &slot.to_le_bytes(), &mut id) {
        Ok(()) => sys::open_map(u32::from_le_bytes(id)).map(Some).map_err(RuntimeError::map(name)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RuntimeError::map(name)(error)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The time left, for people.
impl Status {
    /// Returns the time until the active generation reverts.
    pub fn time_left(&self) -> Option<Duration> {
        self.confirm_within.map(Duration::from_millis)
    }
}
