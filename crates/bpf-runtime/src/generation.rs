//! A verified image -> the maps of one generation, in a slot that is not active.

use std::collections::BTreeSet;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    Confinement, CoveredCall, Decision, Domain, Effect, Kind, Operation, Record, Section, SyscallTable,
    covered_calls,
};
use telovix_bpf_programs::state::Slot;

use crate::pins::{Places, map_name};
use crate::sys::{self, MapShape};
use crate::{RuntimeError, Scope};

// include/uapi/linux/bpf.h
const BPF_MAP_TYPE_HASH: u32 = 1;
const BPF_MAP_TYPE_ARRAY: u32 = 2;
const BPF_MAP_TYPE_LPM_TRIE: u32 = 11;
const BPF_F_NO_PREALLOC: u32 = 1;
const BPF_F_INNER_MAP: u32 = 0x1000;

/// Name of the map that counts how often each confinement decided.
pub(crate) const HITS: &str = "hits";

/// Elements per system call.
const BATCH: usize = 4096;

/// What an image needs from the kernel.
#[derive(Debug, Default)]
pub(crate) struct Demands {
    /// Bits of the operations that some domain decides.
    pub(crate) operations: u32,
    /// Whether subjects are distinguished by program.
    pub(crate) subjects: bool,
    /// Hooks that decide blocked system calls.
    pub(crate) hooks: BTreeSet<&'static str>,
    /// Whether every system call has to be checked: some blocked call has no hook, or is not simply denied.
    pub(crate) every_call: bool,
}

impl Demands {
    /// Reads what an image needs.
    pub(crate) fn of(image: &Image) -> Self {
        let mut demands = Self { subjects: image.count(Section::Subjects) > 0, ..Self::default() };
        let covered: Vec<CoveredCall> = covered_calls().collect();
        for domain in image.records::<Domain>(Section::Domains) {
            demands.operations |= domain.operations;
            let table = domain.syscalls.table.checked_sub(1);
            let table = table.and_then(|table| image.record::<SyscallTable>(Section::Syscalls, table));
            let Some(table) = table else { continue };
            for (cell, class) in table.classes.into_iter().enumerate().filter(|(_, class)| *class != 0) {
                match covered.iter().find(|call| call.cells.contains(&cell)) {
                    Some(call) => demands.hooks.extend(&call.hooks),
                    None => demands.every_call = true,
                }
                let index = domain.syscalls.classes + u32::from(class) - 1;
                demands.every_call |= !only_denies(image, image.record(Section::Classes, index).unwrap_or(0));
            }
        }
        demands
    }
}

/// Returns whether every confinement of a decision denies; the others are decided where the call enters.
fn only_denies(image: &Image, mut decision: u32) -> bool {
    while let Some(cell) = image.record::<Decision>(Section::Decisions, decision).filter(|_| decision != 0) {
        let confinement = image.record::<Confinement>(Section::Confinements, cell.confinement);
        if confinement.is_none_or(|confinement| confinement.effect != Effect::Deny as u8) {
            return false;
        }
        decision = cell.next;
    }
    true
}

/// The record of a slot for an image.
pub(crate) fn slot_record(image: &Image, generation: u32) -> Slot {
    let fleet_wide = image.record::<Domain>(Section::Domains, 0).map_or(0, |domain| domain.operations);
    // System calls are decided at their entry, and again at the hook of their effect.
    let everywhere = if fleet_wide & Operation::Syscall.bit() == 0 { 0 } else { u32::MAX };
    let subjects = u32::from(image.count(Section::Subjects) > 0);
    Slot { generation, everybody: fleet_wide | everywhere, subjects, ..Slot::EMPTY }
}

/// The bytes of a section as they are loaded: confinements of scopes that are not active here have no effect.
pub(crate) fn loaded_bytes(image: &Image, section: Section, scope: &Scope) -> Vec<u8> {
    if section != Section::Confinements {
        return image.bytes(section).to_vec();
    }
    let mut bytes = Vec::new();
    for mut confinement in image.records::<Confinement>(Section::Confinements) {
        if !scope.includes(image, confinement.scope) {
            confinement.effect = 0;
        }
        confinement.encode(&mut bytes);
    }
    bytes
}

/// Creates and fills every map of a generation. None of them is pinned or in a slot yet, so nothing has to be undone
/// when there is no memory for one.
pub(crate) fn fill(image: &Image, scope: &Scope) -> Result<Vec<(&'static str, OwnedFd)>, RuntimeError> {
    let mut maps = Vec::new();
    for section in Section::ALL.into_iter().filter(|section| section.kind() != Kind::Listing) {
        let name = map_name(section);
        maps.push((name, build(image, scope, section).map_err(RuntimeError::map(name))?));
    }
    let entries = image.count(Section::Confinements).max(1) as u32;
    let shape =
        MapShape { kind: BPF_MAP_TYPE_ARRAY, key_size: 4, value_size: 8, entries, flags: BPF_F_INNER_MAP };
    maps.push((HITS, sys::create_map(&kernel_name(HITS), shape).map_err(RuntimeError::map(HITS))?));
    Ok(maps)
}

/// Puts the maps of a generation into an empty slot.
pub(crate) fn hang(places: &Places, maps: &[(&str, OwnedFd)], slot: u32) -> Result<(), RuntimeError> {
    for (name, map) in maps {
        let outer = places.open_map(name)?.ok_or(RuntimeError::NothingLoaded)?;
        let number = map.as_raw_fd() as u32;
        sys::update(outer.as_fd(), &slot.to_le_bytes(), &number.to_le_bytes())
            .map_err(RuntimeError::map(name))?;
    }
    Ok(())
}

/// The name of a generation's map in the kernel, by which the programs know it for ours (`is_made_by_us` in `guard.h`).
fn kernel_name(map: &str) -> String {
    format!("telovix_{map}")
}

fn build(image: &Image, scope: &Scope, section: Section) -> std::io::Result<OwnedFd> {
    let count = image.count(section);
    let (kind, key_size, flags) = match section.kind() {
        Kind::Hash => (BPF_MAP_TYPE_HASH, section.key_size(), 0),
        Kind::LongestPrefix => (BPF_MAP_TYPE_LPM_TRIE, section.key_size(), BPF_F_NO_PREALLOC),
        Kind::Array | Kind::Listing => (BPF_MAP_TYPE_ARRAY, 4, BPF_F_INNER_MAP),
    };
    let shape = MapShape {
        kind,
        key_size: key_size as u32,
        value_size: section.value_size() as u32,
        entries: count.max(1) as u32,
        flags,
    };
    let map = sys::create_map(&kernel_name(map_name(section)), shape)?;
    let bytes = loaded_bytes(image, section, scope);
    let mut keys = Vec::new();
    let mut values = Vec::new();
    for (index, record) in bytes.chunks_exact(section.record_size()).enumerate() {
        let (key, value) = record.split_at(section.key_size());
        if section.kind() == Kind::Array {
            keys.extend_from_slice(&(index as u32).to_le_bytes());
        } else {
            keys.extend_from_slice(key);
        }
        values.extend_from_slice(value);
    }
    let (key_size, value_size) = (shape.key_size as usize, section.value_size());
    for (keys, values) in keys.chunks(BATCH * key_size).zip(values.chunks(BATCH * value_size)) {
        write(map.as_fd(), keys, values, key_size, value_size)?;
    }
    Ok(map)
}

/// Writes a batch; one by one where the map's type has no batches.
fn write(
    map: BorrowedFd<'_>,
    keys: &[u8],
    values: &[u8],
    key_size: usize,
    value_size: usize,
) -> std::io::Result<()> {
    let count = keys.len() / key_size;
    let (written, result) = sys::update_many(map, keys, values, count as u32);
    if result.is_ok() {
        return Ok(());
    }
    let pairs = keys.chunks_exact(key_size).zip(values.chunks_exact(value_size));
    for (key, value) in pairs.skip(written as usize) {
        sys::update(map, key, value)?;
    }
    Ok(())
}
