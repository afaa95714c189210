//! Confirm, roll back, remove: one write each, and the cleanup after it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use telovix_bpf_programs::state::{Control, SLOTS, Slot};

use crate::control::{Switch, now};
use crate::object::pinned_programs;
use crate::pins::Places;
use crate::{RuntimeError, guard, preflight, sys};

/// How long removed programs may take to be unloaded. Kernels from 6.12 on need a few seconds.
const REMOVAL: Duration = Duration::from_secs(60);

/// Removes the deadline of the active generation and returns its number.
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
/// There is no other generation, or it was restored already when the deadline passed.
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
        // Without a previous generation, nothing is enforced after a rollback, as after the deadline.
        (None, Some(_)) => 0,
        (None, None) => return Err(RuntimeError::NoPrevious),
    };
    switch.set_control(Control::new(1 - active, previous, None))?;
    Ok(previous)
}

/// Ends enforcement and returns when none of our programs is left in the kernel.
///
/// First the active slot is emptied in effect: the other one is cleared and made active with one write. Only then
/// are programs and maps removed, so that a part of the policy is never enforced alone.
///
/// # Errors
/// Nothing is loaded, or programs stay loaded although their pins are gone.
pub fn remove(places: &Places) -> Result<usize, RuntimeError> {
    preflight::check(&places.bpffs)?;
    let _lock = places.lock()?;
    places.remove_dead_probes()?;
    let pinned = pinned_programs(&places.links())?;
    let leaving = places.leaving();
    let folder = places.bpffs.join(&places.name);
    match Switch::open(places)? {
        Some(switch) => {
            let active = switch.active()?;
            switch.set_slot(1 - active, Slot::EMPTY)?;
            switch.set_control(Control::new(1 - active, 0, None))?;
            switch.set_slot(active, Slot::EMPTY)?;
        }
        // A crashed first apply leaves folders without these maps, a killed `remove` leaves programs without pins.
        None if folder.exists() || leaving.exists() => {}
        None => return Err(RuntimeError::NothingLoaded),
    }
    guard::lift(places)?;
    let mut programs = noted(&leaving);
    programs.extend(pinned.into_iter().map(|(name, id)| (id, name)));
    // If killed from here on, programs without pins may be left: the next `remove` waits for them too. If the list cannot
    // be written, only that is lost.
    let _ = std::fs::write(&leaving, note(&programs));
    // Not all pins are left either. Without this other record the next apply loads every program again.
    remove_file(&places.programs())?;
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
    remove_file(&leaving)?;
    Ok(programs.len())
}

/// Programs as text: a line for each, with the number first.
fn note(programs: &BTreeMap<u32, String>) -> String {
    programs.iter().map(|(id, name)| format!("{id} {name}\n")).collect()
}

/// Programs that a killed `remove` listed. Ids are not used again before four billion programs were loaded, and the
/// list does not survive a reboot. An incomplete line is ignored.
fn noted(path: &Path) -> BTreeMap<u32, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(id, name)| Some((id.parse().ok()?, name.to_owned())))
        .collect()
}

/// Removes a file that may not exist.
fn remove_file(path: &Path) -> Result<(), RuntimeError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RuntimeError::file(path)(error)),
        _ => Ok(()),
    }
}

/// Waits until the programs are gone: freeing is deferred, and until then they still run.
fn wait_for(programs: &BTreeMap<u32, String>) -> Result<(), RuntimeError> {
    let start = Instant::now();
    loop {
        let mut left = 0;
        for (id, name) in programs {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{note, noted};

    #[test]
    fn what_a_remove_noted_is_read_as_far_as_it_was_written() {
        let programs = BTreeMap::from([(7, "file_open".to_owned()), (12, "place_task".to_owned())]);
        let file = std::env::temp_dir().join(format!("telovix-leaving-{}", std::process::id()));
        assert_eq!(noted(&file), BTreeMap::new());
        let text = note(&programs);
        std::fs::write(&file, &text).unwrap();
        assert_eq!(noted(&file), programs);
        std::fs::write(&file, text.trim_end()).unwrap();
        assert_eq!(noted(&file), BTreeMap::from([(7, "file_open".to_owned())]));
        std::fs::remove_file(&file).unwrap();
    }
}
