//! An image -> the active generation: fill, attach, place, switch. Nothing changes before the switch:
//! a process killed before it leaves the old policy active, after it the new one.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::object::OBJECT;
use telovix_bpf_programs::state::{Control, Slot};

use crate::control::{Switch, deadline, now};
use crate::control_group::Uncharged;
use crate::generation::{self, Demands};
use crate::object::{Object, Place, pinned_programs, place_tasks, places as places_needed};
use crate::pins::Places;
use crate::status::image_of;
use crate::{RuntimeError, Scope, guard, liveness, lockout, preflight, successors};

/// How an image is to be applied.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The identity of this host.
    pub scope: Scope,
    /// Restore the previous generation unless confirmed within this time.
    pub confirm_within: Option<Duration>,
    /// Programs that the lockout check would protect, but that are confined on purpose.
    pub confine: Vec<String>,
    /// Keep programs that no loaded generation needs: the next switch is faster, every operation slower.
    pub keep_hooks: bool,
}

/// A process that ran before and could not be placed in its domains, because it would inherit more of them than a task
/// can carry, its path kept being renamed, or there was no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// Its number.
    pub pid: u32,
    /// Its name, as `/proc` has it; empty if it has ended.
    pub name: String,
}

/// What is active after an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Number of the new generation.
    pub generation: u32,
    /// Programs attached.
    pub programs: usize,
}

/// A generation after every step that can be refused: maps are filled, programs attached, the copy of the image written.
/// It is not active yet. Locks out other commands until it is switched to or dropped.
#[derive(Debug)]
pub struct Prepared {
    places: Places,
    _lock: File,
    switch: Switch,
    old: u32,
    maps: Vec<(&'static str, OwnedFd)>,
    /// The copy of the image, next to the one of the slot.
    copy: PathBuf,
    image: Image,
    generation: u32,
    record: Slot,
    subjects: bool,
    needed: BTreeSet<Place>,
    kernel: (u16, u16),
    confirm_within: Option<Duration>,
    keep_hooks: bool,
}

/// A new active generation. Programs that are no longer needed are not detached yet.
#[derive(Debug)]
pub struct Switched {
    places: Places,
    _lock: File,
    switch: Switch,
    old: u32,
    generation: u32,
    needed: BTreeSet<Place>,
    kernel: (u16, u16),
    keep_hooks: bool,
    unplaced: Vec<Unplaced>,
}

impl Unplaced {
    fn of(pid: u32) -> Self {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Self { pid, name: name.trim_end().to_owned() }
    }
}

/// Makes an image the active generation: [`prepare`], [`Prepared::switch`] and [`Switched::tidy`] in a row.
///
/// # Errors
/// Any reason to refuse; the active generation is unchanged. An error of [`Switched::tidy`] comes after the switch.
pub fn apply(places: &Places, image: &Image, options: &Options) -> Result<Applied, RuntimeError> {
    prepare(places, image, options)?.switch()?.tidy()
}

/// Does everything up to the switch that can be refused: checks the host, fills the maps, attaches the programs.
///
/// The active generation and the previous one are unchanged.
///
/// # Errors
/// Any reason to refuse.
pub fn prepare(places: &Places, image: &Image, options: &Options) -> Result<Prepared, RuntimeError> {
    preflight::check(&places.bpffs)?;
    liveness::require_trampolines()?;
    lockout::check(image, &options.confine)?;
    let lock = places.lock()?;
    let _uncharged = Uncharged::enter()?;
    if let Some(switch) = Switch::open(places)? {
        settle(&switch)?;
    }
    let demands = Demands::of(image);
    let kernel = preflight::kernel_version()?;
    let needed = places_needed(&demands, kernel);
    attach(places, &needed)?;
    let switch = Switch::open(places)?.ok_or(RuntimeError::NothingLoaded)?;
    let old = switch.active()?;

    // Everything that needs disk space or memory comes before the slot is changed, so that a rollback stays possible if
    // it fails. The copy is of no use after a reboot, so it is renamed into place later and never synced.
    let maps = generation::fill(image, &options.scope)?;
    let copy = places.image(1 - old).with_extension("new");
    std::fs::write(&copy, image.write()).map_err(RuntimeError::file(&copy))?;
    let generation = switch.next_generation()?;
    Ok(Prepared {
        places: places.clone(),
        _lock: lock,
        switch,
        old,
        maps,
        copy,
        image: image.clone(),
        generation,
        record: generation::slot_record(image, generation),
        subjects: demands.subjects,
        needed,
        kernel,
        confirm_within: options.confirm_within,
        keep_hooks: options.keep_hooks,
    })
}

impl Prepared {
    /// Fills the slot that is not active and switches to it with one write.
    ///
    /// # Errors
    /// The active generation is unchanged; the previous one may be lost.
    pub fn switch(self) -> Result<Switched, RuntimeError> {
        let Self { ref places, ref switch, old, generation, record, .. } = self;
        let new = 1 - old;
        switch.set_slot(new, Slot::EMPTY)?;
        let image = places.image(new);
        std::fs::rename(&self.copy, &image).map_err(RuntimeError::file(&image))?;
        generation::hang(places, &self.maps, new)?;
        let mut unplaced = Vec::new();
        // From here on exec and fork keep the new slot up to date; then the tasks that already run.
        switch.set_slot(new, record.pending())?;
        if self.subjects {
            // Without the copy of the active image, what processes inherit is known from their ancestors alone.
            if let Some(image) = image_of(places, old) {
                let active = switch.slot(old)?.generation;
                successors::write(places, (&image, active), (&self.image, generation))?;
            }
            unplaced = place_tasks(&places.links())?.into_iter().map(Unplaced::of).collect();
        }
        switch.set_control(Control::new(new, generation, self.confirm_within.map(deadline)))?;
        let Self { places, switch, _lock, needed, kernel, keep_hooks, .. } = self;
        Ok(Switched { places, _lock, switch, old, generation, needed, kernel, keep_hooks, unplaced })
    }
}

impl Switched {
    /// Returns the number of the active generation.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns the processes that the policy names, by themselves or by an ancestor, and whose domains are not complete
    /// until they execute a program.
    pub fn unplaced(&self) -> &[Unplaced] {
        &self.unplaced
    }

    /// Detaches the programs that no loaded generation needs.
    ///
    /// # Errors
    /// The new generation is active nevertheless; the next apply removes what is left.
    pub fn tidy(self) -> Result<Applied, RuntimeError> {
        let Self { places, switch, old, generation, needed, kernel, keep_hooks, .. } = self;
        switch.prove(1 - old)?;
        if !keep_hooks {
            let previous = switch.previous(1 - old)?.map(|_| old);
            drop_unneeded(&places, needed, previous, kernel)?;
        }
        let programs = pinned_programs(&places.links())?.len();
        Ok(Applied { generation, programs })
    }
}

/// Frees a slot for a new generation. While one is pending, that is refused: its deadline may need the other slot.
fn settle(switch: &Switch) -> Result<(), RuntimeError> {
    let control = switch.control()?;
    let active = control.active(now());
    let generation = switch.slot(active)?.generation;
    match control.deadline() {
        Some(_) if active == control.slot() => return Err(RuntimeError::Unconfirmed { generation }),
        // The deadline has passed: write the same state without it, so that a new one can be set.
        Some(_) => switch.set_control(Control::new(active, generation, None))?,
        None => {}
    }
    switch.prove(active)
}

/// Attaches missing programs. When all of this version's programs are attached already, BTF, which takes longest to
/// read, is not needed.
fn attach(places: &Places, needed: &BTreeSet<Place>) -> Result<(), RuntimeError> {
    let current = is_current(places)?;
    let missing = missing(places, needed, current);
    let is_guarded = current && guard::renew(places)?;
    if !missing.is_empty() || !is_guarded {
        let mut object = Object::open(places, preflight::locks()?)?;
        if !is_guarded {
            guard::set(places, &mut object)?;
        }
        for place in missing {
            object.attach(place, &places.links())?;
        }
        let record = places.programs();
        std::fs::write(&record, digest()).map_err(RuntimeError::file(&record))?;
    }
    Ok(())
}

/// Returns whether the pins are of this version, with no map missing: a map that has lost its pin is created again, and
/// programs that use the old one must not stay attached.
pub(crate) fn is_current(places: &Places) -> Result<bool, RuntimeError> {
    Ok(places.pins_are_whole()? && std::fs::read(places.programs()).is_ok_and(|old| old == digest()))
}

/// The places without a program; all of them, when the pins are not current.
pub(crate) fn missing(places: &Places, needed: &BTreeSet<Place>, current: bool) -> BTreeSet<Place> {
    let attached = |place: &Place| current && places.links().join(place.name()).exists();
    needed.iter().copied().filter(|place| !attached(place)).collect()
}

/// Identifies this version's programs.
fn digest() -> Vec<u8> {
    Sha256::digest(OBJECT).to_vec()
}

/// Detaches the programs that neither loaded generation needs; none when it is unknown what the previous one needs.
fn drop_unneeded(
    places: &Places,
    mut needed: BTreeSet<Place>,
    previous: Option<u32>,
    kernel: (u16, u16),
) -> Result<(), RuntimeError> {
    if let Some(slot) = previous {
        let Some(image) = image_of(places, slot) else { return Ok(()) };
        needed.extend(places_needed(&Demands::of(&image), kernel));
    }
    for (name, _) in pinned_programs(&places.links())? {
        if !needed.iter().any(|place| place.name() == name) {
            let pin = places.links().join(&name);
            std::fs::remove_file(&pin).map_err(RuntimeError::file(&pin))?;
        }
    }
    Ok(())
}
