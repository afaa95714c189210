//! Two images -> for each domain that processes inherit in the old one, what takes its place in the new one: whatever the
//! same subjects hand to their descendants there.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd as _;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    CHUNK, Domain, EdgeKey, Header, NODE_NUMBER, PathState, PrefixKey, Record as _, Section,
};
use telovix_bpf_programs::state::Successors;

use crate::lockout::domain_of;
use crate::pins::Places;
use crate::{RuntimeError, sys};

/// A name that no policy has.
const FRESH: &[u8] = b"\x01";

/// Writes the successors of the active generation's inherited domains into the pinned map, in place of older ones.
pub(crate) fn write(
    places: &Places,
    (old, old_generation): (&Image, u32),
    (new, generation): (&Image, u32),
) -> Result<(), RuntimeError> {
    let refused = RuntimeError::map("successors");
    let map = places.open_map("successors")?.ok_or(RuntimeError::NothingLoaded)?;
    let write = || -> std::io::Result<()> {
        let mut key = [0; 8];
        while sys::next_key(map.as_fd(), None, &mut key)? {
            sys::delete(map.as_fd(), &key)?;
        }
        for (domain, domains) in of(old, new) {
            let key = u64::from(old_generation) << 32 | u64::from(domain);
            let mut value = Vec::new();
            Successors { generation, domains }.encode(&mut value);
            sys::update(map.as_fd(), &key.to_le_bytes(), &value)?;
        }
        Ok(())
    };
    write().map_err(refused)
}

/// For each inherited domain of the old image, up to three of the new one. A task carries no more.
fn of(old: &Image, new: &Image) -> BTreeMap<u32, [u32; 3]> {
    let inherits = |image: &Image, domain: u32| {
        image.record::<Domain>(Section::Domains, domain).map_or(0, |domain| domain.inherits)
    };
    if image_has_no_heirs(old) {
        return BTreeMap::new();
    }
    let mut successors: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for program in programs(old) {
        let carried = inherits(old, domain_of(old, &program));
        if carried != 0 {
            let next = inherits(new, domain_of(new, &program));
            successors.entry(carried).or_default().extend(Some(next).filter(|&next| next != 0));
        }
    }
    let first = |found: BTreeSet<u32>| {
        let mut domains = [0; 3];
        for (to, from) in domains.iter_mut().zip(found) {
            *to = from;
        }
        domains
    };
    successors.into_iter().map(|(domain, found)| (domain, first(found))).collect()
}

fn image_has_no_heirs(image: &Image) -> bool {
    image.records::<Domain>(Section::Domains).all(|domain| domain.inherits == 0)
}

/// Paths of programs, at least one of each subject: every path and prefix that subjects are told apart by, and every name,
/// below a fresh folder and below each such prefix.
fn programs(image: &Image) -> Vec<Vec<u8>> {
    let Some(header) = image.record::<Header>(Section::Header, 0) else {
        return Vec::new();
    };
    let mut edges: BTreeMap<u32, Vec<([u8; CHUNK], PathState)>> = BTreeMap::new();
    for (key, state) in image.entries::<EdgeKey, PathState>(Section::Edges) {
        edges.entry(key.node).or_default().push((key.chunk, state));
    }
    let mut prefixes: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, _) in image.entries::<PrefixKey, u32>(Section::Prefixes) {
        let length = (key.bits as usize).saturating_sub(32) / 8;
        prefixes.entry(key.node).or_default().push(key.chunk.get(..length).unwrap_or_default().to_vec());
    }
    let walk = |start: PathState| {
        let mut found = vec![[b"/", FRESH].concat()];
        let mut open = vec![(start, b"/".to_vec())];
        while let Some((state, path)) = open.pop() {
            let node = state.child & NODE_NUMBER;
            if state.child == 0 {
                continue;
            }
            for prefix in prefixes.get(&node).into_iter().flatten() {
                found.push([path.as_slice(), prefix, FRESH].concat());
            }
            for (chunk, next) in edges.get(&node).into_iter().flatten() {
                let end = chunk.iter().position(|byte| *byte == 0);
                let longer =
                    [path.as_slice(), chunk.get(..end.unwrap_or(CHUNK)).unwrap_or_default()].concat();
                // A full chunk is followed by more of the same name.
                if end.is_some() {
                    found.push(longer.clone());
                    found.push([longer.as_slice(), b"/", FRESH].concat());
                    open.push((*next, [longer.as_slice(), b"/"].concat()));
                } else {
                    open.push((*next, longer));
                }
            }
        }
        found
    };
    let mut programs = walk(header.subjects);
    if header.names.child != 0 {
        let names = walk(header.names);
        programs.extend(names.iter().map(|name| [b"/", FRESH, name.as_slice()].concat()));
    }
    programs
}
