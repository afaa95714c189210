//! What goes wrong on hosts: damaged images, foreign pins, maps changed by hand, no memory, no disk.

use std::collections::BTreeSet;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use super::TELOVIX;
use crate::sys;

/// Where a damaged image is put.
const DAMAGED: &str = "/tmp/damaged.image";

/// Bits that are flipped, one at a time, spread over the file.
const FLIPS: usize = 16;

// Commands of bpf(2), include/uapi/linux/bpf.h.
const MAP_CREATE: i64 = 0;
const MAP_LOOKUP: i64 = 1;
const MAP_UPDATE: i64 = 2;
const MAP_NEXT_KEY: i64 = 4;
const PIN: i64 = 6;
const GET_PIN: i64 = 7;
const DETACH: i64 = 9;
const NEXT_PROGRAM: i64 = 11;
const GET_MAP: i64 = 14;
const GET_INFO: i64 = 15;

/// `BPF_CGROUP_SYSCTL`, include/uapi/linux/bpf.h.
const SETTINGS: u32 = 18;

/// The folder of the pinned maps.
const MAPS: &str = "/sys/fs/bpf/telovix/maps";

/// Hands over the image with one bit flipped, again and again.
pub(super) fn flipped(image: &str, mut then: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let bytes = std::fs::read(image)?;
    for flip in 0..FLIPS {
        let mut damaged = bytes.clone();
        // A stride that is no multiple of any record's size.
        let at = flip * (bytes.len() / FLIPS) + flip * 7 % 64;
        let bit = flip % 8;
        *damaged.get_mut(at).context("inside the file")? ^= 1 << bit;
        std::fs::write(DAMAGED, damaged)?;
        then(DAMAGED).with_context(|| format!("bit {bit} of byte {at}"))?;
    }
    Ok(())
}

/// Hands over the image cut off at several lengths.
pub(super) fn cut(image: &str, mut then: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let bytes = std::fs::read(image)?;
    for length in [0, 63, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(DAMAGED, bytes.get(..length).context("inside the file")?)?;
        then(DAMAGED).with_context(|| format!("cut at {length}"))?;
    }
    Ok(())
}

/// Hands over the image with the version of another layout, everything else as it was.
pub(super) fn other_layout(image: &str, then: impl FnOnce(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(image)?;
    let owner = bytes.windows(8).position(|bytes| bytes == b"telovix\0").context("no note")?;
    let version = bytes.get_mut(owner + 8).context("no version")?;
    *version = version.wrapping_add(1);
    std::fs::write(DAMAGED, bytes)?;
    then(DAMAGED)
}

/// Writes until a disk is full.
pub(super) fn fill_disk(folder: &str) -> anyhow::Result<()> {
    let path = format!("{folder}/filler");
    let mut file = std::fs::File::create(path)?;
    let block = [0_u8; 4096];
    loop {
        match std::io::Write::write_all(&mut file, &block) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Lowers the limit of locked memory.
pub(super) fn without_memlock(then: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let none = [0_u64; 2];
    let mut before = [0_u64; 2];
    let resource = i64::from(libc::RLIMIT_MEMLOCK);
    sys::call(libc::SYS_prlimit64, [0, resource, none.as_ptr() as i64, before.as_mut_ptr() as i64, 0, 0])?;
    let result = then();
    sys::call(libc::SYS_prlimit64, [0, resource, before.as_ptr() as i64, 0, 0, 0])?;
    result
}

/// A mount of the control groups, and the group below it that commands run in.
const GROUPS: &str = "/tmp/cgroup";
const SMALL: &str = "/tmp/cgroup/small";

/// The command in a control group that may have so much memory.
pub(super) fn with_memory(bytes: u64, words: &[&str]) -> anyhow::Result<Command> {
    if !Path::new(GROUPS).exists() {
        std::fs::create_dir_all(GROUPS)?;
        sys::mount("none", GROUPS, "cgroup2", 0).context("no control groups")?;
        std::fs::write(format!("{GROUPS}/cgroup.subtree_control"), "+memory").context("no memory control")?;
        std::fs::create_dir(SMALL)?;
    }
    std::fs::write(format!("{SMALL}/memory.max"), bytes.to_string())?;
    // A process that joins by itself, so that no other process can be killed.
    let mut command = Command::new("/init");
    command.args(["in-group", SMALL, TELOVIX]).args(words).current_dir("/");
    Ok(command)
}

/// Leaves no room in the group that commands ran in.
pub(super) fn fill_group() -> anyhow::Result<()> {
    std::fs::write(format!("{SMALL}/memory.max"), "0").context("no limit")
}

/// Joins a control group and becomes a program; returns only when it cannot.
pub(super) fn enter(group: &str, program: &str, words: &[&str]) -> std::io::Error {
    match std::fs::write(format!("{group}/cgroup.procs"), "0") {
        Ok(()) => Command::new(program).args(words).exec(),
        Err(error) => error,
    }
}

/// Changes one value of a map of the active generation without the loader's knowledge.
pub(super) fn spoil(map: &str) -> anyhow::Result<()> {
    let slot = active_slot()?;
    let outer = open(map)?;
    let number: [u8; 4] = lookup(&outer, &slot.to_le_bytes(), 4)?.try_into().ok().context("a number")?;
    let inner = by_number(u32::from_le_bytes(number))?;
    let [_, _, key_size, value_size, ..] = info(&inner)?;
    let mut key = vec![0_u8; key_size as usize];
    let words = [word_of(&inner), 0, key.as_mut_ptr() as u64, 0];
    bpf(MAP_NEXT_KEY, &words).context("the map is empty")?;
    let mut value = lookup(&inner, &key, value_size as usize)?;
    *value.first_mut().context("an empty value")? ^= 1;
    let words = [word_of(&inner), key.as_ptr() as u64, value.as_ptr() as u64, 0];
    bpf(MAP_UPDATE, &words).map(drop).context("the map takes no writes")
}

/// Makes the slot that is not active the active one behind the loader's back, as a process may that can open the map.
pub(super) fn turn_off() -> anyhow::Result<()> {
    let control = open("control")?;
    let key = 0_u32.to_le_bytes();
    let word: [u8; 8] = lookup(&control, &key, 8)?.try_into().ok().context("a word")?;
    let other = u64::from(1 - active_slot()?);
    let word = (u64::from_le_bytes(word) & 0xff_fffe | other).to_le_bytes();
    let words = [word_of(&control), key.as_ptr() as u64, word.as_ptr() as u64, 0];
    bpf(MAP_UPDATE, &words).map(drop).context("the map takes no writes")
}

/// Puts a map of another shape where a map of ours is pinned.
pub(super) fn foreign_pin(map: &str) -> anyhow::Result<()> {
    let path = format!("{MAPS}/{map}");
    std::fs::create_dir_all(MAPS)?;
    let _ = std::fs::remove_file(&path);
    // An array with one value of four bytes: type, key size, value size, entries.
    let shape = [2_u32, 4, 4, 1, 0, 0, 0, 0];
    let foreign = sys::own(bpf(MAP_CREATE, &shape)?);
    let path = sys::text(&path);
    bpf(PIN, &[path.as_ptr() as u64, word_of(&foreign)]).map(drop)
}

/// Fails when the BPF file system has anything but our own folder.
pub(super) fn only_ours() -> anyhow::Result<()> {
    for entry in std::fs::read_dir("/sys/fs/bpf")? {
        let name = entry?.file_name();
        if name != "telovix" && !name.to_string_lossy().ends_with(".debug") {
            bail!("`{}` was not removed", name.to_string_lossy());
        }
    }
    Ok(())
}

/// The numbers of all programs in the kernel.
pub(super) fn programs() -> anyhow::Result<BTreeSet<u32>> {
    let mut programs = BTreeSet::new();
    // The attribute: a number, then the next one, which the kernel writes.
    let mut words = [0_u32; 3];
    while sys::call(libc::SYS_bpf, [NEXT_PROGRAM, words.as_mut_ptr() as i64, 12, 0, 0, 0]).is_ok() {
        programs.insert(words[1]);
        words[0] = words[1];
    }
    Ok(programs)
}

/// The number of a pinned map of the active policy.
pub(super) fn number_of_map(map: &str) -> anyhow::Result<u32> {
    Ok(by_telovix(&["number-of-map", map])?.trim().parse()?)
}

/// The number of a pinned map, for whom the kernel gives it to.
pub(super) fn number_of(map: &str) -> anyhow::Result<u32> {
    let [_, number, ..] = info(&open(map)?)?;
    Ok(number)
}

/// Does it in a process whose program stands where `telovix` stands, and returns what it prints.
pub(super) fn by_telovix(words: &[&str]) -> anyhow::Result<String> {
    let aside = format!("{TELOVIX}-aside");
    std::fs::rename(TELOVIX, &aside)?;
    std::fs::hard_link("/init", TELOVIX)?;
    let output = Command::new(TELOVIX).arg("fault").args(words).output();
    std::fs::rename(&aside, TELOVIX)?;
    let output = output?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Detaches the program that keeps the function tracer on.
pub(super) fn unguard() -> anyhow::Result<()> {
    let root = "/tmp/groups";
    std::fs::create_dir_all(root)?;
    sys::mount("none", root, "cgroup2", 0).context("no control groups")?;
    let group = std::fs::File::open(root)?;
    let path = sys::text("/sys/fs/bpf/telovix/write_setting");
    let program = sys::own(bpf(GET_PIN, &[path.as_ptr() as u64, 0])?);
    let group = group.as_raw_fd().unsigned_abs();
    bpf(DETACH, &[group, program.as_raw_fd().unsigned_abs(), SETTINGS, 0, 0]).map(drop)
}

/// The slot whose image file is of the active generation: bit 0 of the control word.
fn active_slot() -> anyhow::Result<u32> {
    let word = lookup(&open("control")?, &0_u32.to_le_bytes(), 8)?;
    Ok(u32::from(word.first().context("a word")? & 1))
}

fn open(map: &str) -> anyhow::Result<OwnedFd> {
    let path = sys::text(&format!("{MAPS}/{map}"));
    Ok(sys::own(bpf(GET_PIN, &[path.as_ptr() as u64, 0]).with_context(|| map.to_owned())?))
}

fn by_number(number: u32) -> anyhow::Result<OwnedFd> {
    Ok(sys::own(bpf(GET_MAP, &[u64::from(number), 0])?))
}

fn info(map: &OwnedFd) -> anyhow::Result<[u32; 8]> {
    let mut words = [0_u32; 8];
    let length = size_of_val(&words) as u64;
    bpf(GET_INFO, &[word_of(map) | length << 32, words.as_mut_ptr() as u64])?;
    Ok(words)
}

fn lookup(map: &OwnedFd, key: &[u8], size: usize) -> anyhow::Result<Vec<u8>> {
    let mut value = vec![0_u8; size.next_multiple_of(8)];
    bpf(MAP_LOOKUP, &[word_of(map), key.as_ptr() as u64, value.as_mut_ptr() as u64, 0])?;
    value.truncate(size);
    Ok(value)
}

fn word_of(descriptor: &OwnedFd) -> u64 {
    descriptor.as_raw_fd().unsigned_abs().into()
}

/// bpf(2) with an attribute structure, as words.
fn bpf<T>(command: i64, words: &[T]) -> anyhow::Result<i64> {
    let words = [command, words.as_ptr() as i64, size_of_val(words) as i64, 0, 0, 0];
    Ok(sys::call(libc::SYS_bpf, words)?)
}
