//! The pinned control map -> which generation is active, and the one write that switches.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use telovix_bpf_programs::layout::Record;
use telovix_bpf_programs::state::{Control, SLOTS, Slot};

use crate::pins::Places;
use crate::{RuntimeError, sys};

/// The maps with what is loaded and what is active.
#[derive(Debug)]
pub(crate) struct Switch {
    control: OwnedFd,
    slots: OwnedFd,
}

impl Switch {
    /// Opens the pins; `None` when nothing was ever loaded.
    pub(crate) fn open(places: &Places) -> Result<Option<Self>, RuntimeError> {
        let (control, slots) = (places.open_map("control")?, places.open_map("slots")?);
        Ok(control.zip(slots).map(|(control, slots)| Self { control, slots }))
    }

    /// Reads the control word.
    pub(crate) fn control(&self) -> Result<Control, RuntimeError> {
        read(&self.control, "control", 0)
    }

    /// Switches, in one 64-bit write.
    pub(crate) fn set_control(&self, control: Control) -> Result<(), RuntimeError> {
        write(&self.control, "control", 0, control)
    }

    /// Reads the record of a slot.
    pub(crate) fn slot(&self, slot: u32) -> Result<Slot, RuntimeError> {
        read(&self.slots, "slots", slot)
    }

    /// Writes the record of a slot.
    pub(crate) fn set_slot(&self, slot: u32, record: Slot) -> Result<(), RuntimeError> {
        write(&self.slots, "slots", slot, record)
    }

    /// The slot that programs use now.
    pub(crate) fn active(&self) -> Result<u32, RuntimeError> {
        Ok(self.control()?.active(now()))
    }

    /// Records that the generation of a slot, which is active, has been active. The switch itself is one write, and a
    /// command may be killed right after it.
    pub(crate) fn prove(&self, slot: u32) -> Result<(), RuntimeError> {
        let record = self.slot(slot)?;
        if record == record.proven() { Ok(()) } else { self.set_slot(slot, record.proven()) }
    }

    /// The generation that a rollback from `active` leads to, or none.
    pub(crate) fn previous(&self, active: u32) -> Result<Option<u32>, RuntimeError> {
        let other = self.slot(1 - active)?;
        Ok(Some(other.generation).filter(|_| other.is_proven()))
    }

    /// Returns a number that no loaded generation has.
    pub(crate) fn next_generation(&self) -> Result<u32, RuntimeError> {
        let mut highest = 0;
        for slot in 0..SLOTS {
            highest = highest.max(self.slot(slot)?.generation);
        }
        Ok(highest.wrapping_add(1).max(1))
    }
}

/// Reads one of the counters that the programs keep.
pub(crate) fn statistic_of(places: &Places, index: u32) -> Result<u64, RuntimeError> {
    let Some(map) = places.open_map("statistics")? else {
        return Ok(0);
    };
    let mut value = [0; 8];
    sys::lookup(map.as_fd(), &index.to_le_bytes(), &mut value).map_err(RuntimeError::map("statistics"))?;
    Ok(u64::from_le_bytes(value))
}

/// Milliseconds since boot.
pub(crate) fn now() -> u64 {
    u64::try_from(sys::boot_time().as_millis()).unwrap_or(u64::MAX)
}

/// The deadline, in milliseconds since boot, after this time.
pub(crate) fn deadline(ahead: Duration) -> u64 {
    now().saturating_add(u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX)).clamp(1, u64::MAX >> 24)
}

fn read<R: Record>(map: &OwnedFd, name: &str, index: u32) -> Result<R, RuntimeError> {
    let mut bytes = vec![0; R::SIZE];
    sys::lookup(map.as_fd(), &index.to_le_bytes(), &mut bytes).map_err(RuntimeError::map(name))?;
    R::decode(&bytes).ok_or_else(|| RuntimeError::map(name)(std::io::ErrorKind::InvalidData.into()))
}

fn write<R: Record>(map: &OwnedFd, name: &str, index: u32, record: R) -> Result<(), RuntimeError> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    sys::update(map.as_fd(), &index.to_le_bytes(), &bytes).map_err(RuntimeError::map(name))
}
