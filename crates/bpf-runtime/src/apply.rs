//! A verified image -> the active generation: fill, attach, place, switch. Until the switch nothing changes;
//! a process killed anywhere before it leaves the old policy, anywhere behind it the new one.

use std::collections::BTreeSet;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::object::OBJECT;
use telovix_bpf_programs::state::{Control, Slot};

use crate::control::{Switch, deadline, now};
use crate::generation::{self, Demands};
use crate::object::{Object, Place, pinned_programs, place_tasks, places as places_needed};
use crate::pins::Places;
use crate::status::image_of;
use crate::{RuntimeError, Scope, lockout, preflight};

/// How an image is to be applied.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who this host is.
    pub scope: Scope,
    /// Go back by itself unless confirmed within this time.
    pub confirm_within: Option<Duration>,
    /// Programs that the guard against locking oneself out would protect, but that are meant to be confined.
    pub confine: Vec<String>,
    /// Keep programs that no loaded generation needs: the next switch is faster, every operation slower.
    pub keep_hooks: bool,
}

/// What is active after an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Number of the new generation.
    pub generation: u32,
    /// Programs attached.
    pub programs: usize,
}

/// Makes an image the active generation.
///
/// # Errors
/// Any reason to refuse; what was active stays active.
pub fn apply(places: &Places, image: &Image, options: &Options) -> Result<Applied, RuntimeError> {
    preflight::check(&places.bpffs)?;
    lockout::check(image, &options.confine)?;
    let _lock = places.lock()?;
    if let Some(switch) = Switch::open(places)? {
        settle(&switch)?;
    }
    let demands = Demands::of(image);
    let kernel = preflight::kernel_version()?;
    let needed = places_needed(&demands, kernel);
    prepare(places, &needed)?;
    let switch = Switch::open(places)?.ok_or(RuntimeError::NothingLoaded)?;
    let old = switch.active()?;
    let new = 1 - old;

    // All that needs room comes before the slot is touched, so that a rollback stays possible without it.
    let maps = generation::fill(image, &options.scope)?;
    let copy = places.image(new);
    let beside = copy.with_extension("new");
    std::fs::write(&beside, image.write()).map_err(RuntimeError::file(&beside))?;

    let generation = switch.next_generation()?;
    switch.set_slot(new, Slot::EMPTY)?;
    std::fs::rename(&beside, &copy).map_err(RuntimeError::file(&copy))?;
    generation::hang(places, &maps, new)?;
    // From here on exec and fork keep the new slot up to date; then the tasks that already run.
    let record = generation::slot_record(image, generation);
    switch.set_slot(new, record.pending())?;
    if demands.subjects {
        place_tasks(&places.links())?;
    }
    switch.set_control(Control::new(new, generation, options.confirm_within.map(deadline)))?;
    switch.prove(new)?;
    if !options.keep_hooks {
        let previous = switch.previous(new)?.map(|_| old);
        drop_unneeded(places, needed, previous, kernel)?;
    }
    let programs = pinned_programs(&places.links())?.len();
    Ok(Applied { generation, programs })
}

/// Makes room for a new generation, which a running deadline forbids: it may need the slot that it leads to.
fn settle(switch: &Switch) -> Result<(), RuntimeError> {
    let control = switch.control()?;
    let active = control.active(now());
    let generation = switch.slot(active)?.generation;
    match control.deadline() {
        Some(_) if active == control.slot() => return Err(RuntimeError::Unconfirmed { generation }),
        // The deadline did its work; say the same without it, so that a new one can be set.
        Some(_) => switch.set_control(Control::new(active, generation, None))?,
        None => {}
    }
    switch.prove(active)
}

/// Attaches what is missing. When this version's programs are all there already, the kernel's type information,
/// which takes longest to read, is not needed.
fn prepare(places: &Places, needed: &BTreeSet<Place>) -> Result<(), RuntimeError> {
    let current = is_current(places)?;
    let missing = missing(places, needed, current);
    if !missing.is_empty() || !current {
        let mut object = Object::open(places, preflight::locks()?)?;
        for place in missing {
            object.attach(place, &places.links())?;
        }
        let record = places.programs();
        std::fs::write(&record, digest()).map_err(RuntimeError::file(&record))?;
    }
    Ok(())
}

/// Whether what is pinned is of this version, with no map missing: a map that has lost its pin is made anew, and
/// programs that use the old one must not stay beside it.
pub(crate) fn is_current(places: &Places) -> Result<bool, RuntimeError> {
    Ok(places.pins_are_whole()? && std::fs::read(places.programs()).is_ok_and(|old| old == digest()))
}

/// The places without a program; all of them, when what is pinned is not current.
pub(crate) fn missing(places: &Places, needed: &BTreeSet<Place>, current: bool) -> BTreeSet<Place> {
    let attached = |place: &Place| current && places.links().join(place.name()).exists();
    needed.iter().copied().filter(|place| !attached(place)).collect()
}

/// What tells this version's programs from others.
fn digest() -> Vec<u8> {
    Sha256::digest(OBJECT).to_vec()
}

/// Detaches the programs that neither loaded generation needs; none when nobody knows what the one before needs.
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
