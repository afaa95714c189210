//! Confirm, roll back, remove: one write each, and what has to be cleared away behind it.

use std::path::Path;
use std::time::{Duration, Instant};

use telovix_bpf_programs::state::{Control, SLOTS, Slot};

use crate::control::{Switch, now};
use crate::object::pinned_programs;
use crate::pins::Places;
use crate::{RuntimeError, preflight, sys};

/// How long removed programs may take to go. Kernels from 6.12 on need a few seconds.
const REMOVAL: Duration = Duration::from_secs(60);

/// Takes the deadline away from the active generation and returns its number.
///
/// # Errors
/// There is no deadline, or it has passed.
pub fn confirm(places: &Places) -> Result<u32, RuntimeError> {
    let (_lock, switch) = open(places)?;
    let control = switch.control()?;
    if control.deadline().is_none() {
        return Err(RuntimeError::NothingToConfirm);
    }
    let active = control.active(now());
    if active != control.slot() {
        return Err(RuntimeError::Reverted { generation: switch.slot(active)?.generation });
    }
    switch.prove(active)?;
    let generation = switch.slot(active)?.generation;
    switch.set_control(Control::new(active, generation, None))?;
    Ok(generation)
}

/// Makes the other generation active and returns its number.
///
/// # Errors
/// There is no other generation, or the deadline has done it already.
pub fn roll_back(places: &Places) -> Result<u32, RuntimeError> {
    let (_lock, switch) = open(places)?;
    let control = switch.control()?;
    let active = control.active(now());
    if active != control.slot() {
        let generation = switch.slot(active)?.generation;
        switch.set_control(Control::new(active, generation, None))?;
        return Err(RuntimeError::Reverted { generation });
    }
    switch.prove(active)?;
    let previous = match (switch.previous(active)?, control.deadline()) {
        (Some(generation), _) => generation,
        // An unconfirmed first generation goes back to nothing, as its deadline would.
        (None, Some(_)) => 0,
        (None, None) => return Err(RuntimeError::NoPrevious),
    };
    switch.set_control(Control::new(1 - active, previous, None))?;
    Ok(previous)
}

/// Ends enforcement and returns when no program of ours is left in the kernel.
///
/// First the active slot is emptied in effect: the other one is cleared and made active with one write. Only then
/// do programs and maps go, so that no moment enforces a part of the policy.
///
/// # Errors
/// Nothing is loaded, or programs stay although their pins are gone.
pub fn remove(places: &Places) -> Result<usize, RuntimeError> {
    preflight::check(&places.bpffs)?;
    let _lock = places.lock()?;
    places.remove_dead_probes()?;
    let programs = pinned_programs(&places.links())?;
    let folder = places.bpffs.join(&places.name);
    match Switch::open(places)? {
        Some(switch) => {
            let active = switch.active()?;
            switch.set_slot(1 - active, Slot::EMPTY)?;
            switch.set_control(Control::new(1 - active, 0, None))?;
            switch.set_slot(active, Slot::EMPTY)?;
        }
        // A crashed first run leaves folders without the maps that matter.
        None if folder.exists() => {}
        None => return Err(RuntimeError::NothingLoaded),
    }
    // Killed from here on, some pins are left. Without this note the next apply loads every program again.
    remove_file(&places.state.join("programs"))?;
    for folder in [places.links(), places.maps(), folder] {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(RuntimeError::file(&folder)(error));
            }
            _ => {}
        }
    }
    for slot in 0..SLOTS {
        remove_file(&places.image(slot))?;
    }
    wait_for(&programs)?;
    Ok(programs.len())
}

/// Removes a file that may not be there.
fn remove_file(path: &Path) -> Result<(), RuntimeError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RuntimeError::file(path)(error)),
        _ => Ok(()),
    }
}

/// Waits until the programs are gone: freeing is deferred, and until then they still run.
fn wait_for(programs: &[(String, u32)]) -> Result<(), RuntimeError> {
    let start = Instant::now();
    loop {
        let mut left = 0;
        for (name, id) in programs {
            left += usize::from(sys::program_exists(*id).map_err(RuntimeError::map(name))?);
        }
        if left == 0 {
            return Ok(());
        }
        if start.elapsed() > REMOVAL {
            return Err(RuntimeError::StillLoaded { count: left, seconds: REMOVAL.as_secs() });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn open(places: &Places) -> Result<(std::fs::File, Switch), RuntimeError> {
    preflight::check(&places.bpffs)?;
    let lock = places.lock()?;
    let switch = Switch::open(places)?.ok_or(RuntimeError::NothingLoaded)?;
    Ok((lock, switch))
}
