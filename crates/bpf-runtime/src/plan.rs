//! A verified image -> what applying it would do on this host, without doing it.

use std::collections::BTreeSet;

use serde::Serialize;
use telovix_bpf_programs::image::Image;

use crate::control::{Switch, now};
use crate::generation::Demands;
use crate::object::{Place, places as places_needed};
use crate::pins::Places;
use crate::probe::{HookState, probe_places};
use crate::status::image_of;
use crate::{RuntimeError, apply, liveness, lockout, preflight};

/// What an apply would do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Hooks that would get a program, and why some cannot.
    pub hooks: Vec<HookState>,
    /// Bytes that the maps would take in the kernel.
    pub kernel_bytes: usize,
    /// The program because of which the lockout check would refuse the policy.
    pub lockout: Option<String>,
    /// The active generation; 0 when nothing is enforced.
    pub generation: u32,
    /// The image that is enforced now.
    #[serde(skip)]
    pub active: Option<Image>,
}

/// Finds out what [`apply`](crate::apply::apply) would do. Loads the programs that would have to be attached, and
/// attaches none.
///
/// # Errors
/// The host cannot enforce at all.
pub fn plan(places: &Places, image: &Image, confine: &[String]) -> Result<Plan, RuntimeError> {
    preflight::check(&places.bpffs)?;
    liveness::require_trampolines()?;
    let needed = places_needed(&Demands::of(image), preflight::kernel_version()?);
    let (mut generation, mut active) = (0, None);
    if let Some(switch) = Switch::open(places)? {
        let slot = switch.control()?.active(now());
        generation = switch.slot(slot)?.generation;
        active = image_of(places, slot).filter(|_| generation != 0);
    }
    let lockout = match lockout::check(image, confine) {
        Err(RuntimeError::Lockout { program }) => Some(program),
        _ => None,
    };
    Ok(Plan {
        hooks: hooks(places, &needed)?,
        kernel_bytes: image.kernel_bytes(),
        lockout,
        generation,
        active,
    })
}

/// The state of the hooks that are needed. Where our program is attached already, the hook is known to work.
fn hooks(places: &Places, needed: &BTreeSet<Place>) -> Result<Vec<HookState>, RuntimeError> {
    let missing = apply::missing(places, needed, apply::is_current(places)?);
    let mut states = Vec::new();
    if !missing.is_empty() {
        states = probe_places(places, &missing)?;
    }
    for (index, place) in needed.iter().enumerate() {
        if !missing.contains(place) {
            states.insert(index, HookState { hook: place.name(), refused: None });
        }
    }
    Ok(states)
}
