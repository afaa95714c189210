//! A verified image -> the active generation: fill, attach, place, switch. Until the switch nothing changes;
//! a process killed anywhere before it leaves the old policy, anywhere behind it the new one.

use std::time::Duration;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::state::{Control, Slot};

use crate::control::{Switch, deadline, now};
use crate::object::{Object, places as places_needed};
use crate::pins::Places;
use crate::{RuntimeError, Scope, generation, preflight};

/// How an image is to be applied.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who this host is.
    pub scope: Scope,
    /// Go back by itself unless confirmed within this time.
    pub confirm_within: Option<Duration>,
    /// Programs that the guard against locking oneself out would protect, but that are meant to be confined.
    pub confine: Vec<String>,
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
    let _lock = places.lock()?;
    let locks = preflight::locks()?;
    let kernel = preflight::kernel_version()?;
    let mut object = Object::open(places, locks)?;
    let switch = Switch::open(places)?.ok_or(RuntimeError::NothingLoaded)?;

    let control = switch.control()?;
    let old = control.active(now());
    match control.deadline() {
        Some(_) if old == control.slot() => {
            return Err(RuntimeError::Unconfirmed { generation: switch.slot(old)?.generation });
        }
        // The deadline did its work; say the same without it, so that a new one can be set.
        Some(_) => switch.set_control(Control::new(old, None))?,
        None => {}
    }

    let new = 1 - old;
    let generation = switch.next_generation()?;
    switch.set_slot(new, Slot::EMPTY)?;
    generation::fill(places, image, &options.scope, new)?;
    save_image(places, new, image)?;

    let (operations, subjects) = generation::demands(image);
    for place in places_needed(operations, subjects, kernel) {
        object.attach(place, &places.links())?;
    }
    // From here on exec and fork keep the new slot up to date; then the tasks that already run.
    switch.set_slot(new, generation::slot_record(image, generation))?;
    if subjects {
        object.place_tasks()?;
    }
    switch.set_control(Control::new(new, options.confirm_within.map(deadline)))?;
    let programs = crate::object::pinned_programs(&places.links())?.len();
    Ok(Applied { generation, programs })
}

fn save_image(places: &Places, slot: u32, image: &Image) -> Result<(), RuntimeError> {
    let path = places.image(slot);
    let beside = path.with_extension("new");
    std::fs::write(&beside, image.write()).map_err(RuntimeError::file(&beside))?;
    std::fs::rename(&beside, &path).map_err(RuntimeError::file(&path))
}
