//! This kernel -> the hooks that programs can be attached to, found out by loading them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::object::{Object, Place, all_places};
use crate::pins::Places;
use crate::{RuntimeError, preflight};

/// Whether a program can be attached to one hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HookState {
    /// Name of the hook.
    pub hook: &'static str,
    /// Why not; `None` when the program loads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Loads every program once, attaches none, and unloads them again.
///
/// # Errors
/// The host cannot load programs at all.
pub fn probe(places: &Places) -> Result<Vec<HookState>, RuntimeError> {
    preflight::check(&places.bpffs)?;
    probe_places(places, &all_places(preflight::kernel_version()?))
}

/// Loads the programs of some places, and unloads them again.
pub(crate) fn probe_places(
    places: &Places,
    wanted: &BTreeSet<Place>,
) -> Result<Vec<HookState>, RuntimeError> {
    places.remove_dead_probes()?;
    let aside = places.aside();
    let result = load(&aside, wanted);
    let folder = aside.bpffs.join(&aside.name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RuntimeError::file(&folder)(error)),
        _ => result,
    }
}

fn load(places: &Places, wanted: &BTreeSet<Place>) -> Result<Vec<HookState>, RuntimeError> {
    let mut object = Object::open(places, preflight::locks()?)?;
    let mut states = Vec::new();
    for place in wanted {
        let refused = object.load(*place).err().map(|error| error.to_string());
        states.push(HookState { hook: place.name(), refused });
    }
    Ok(states)
}
