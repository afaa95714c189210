//! An image -> whether it would confine the programs that an operator needs to undo it.

use std::path::Path;

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    CHUNK, EdgeKey, Header, NODE_HAS_EDGES, NODE_HAS_PREFIXES, NODE_NUMBER, PathState, PrefixKey, Section,
    Subject,
};

use crate::RuntimeError;

/// Programs that login or boot needs.
const LIFELINES: [&str; 9] = [
    "/sbin/init",
    "/lib/systemd/systemd",
    "/usr/sbin/sshd",
    "/usr/lib/openssh/sshd-session",
    "/bin/login",
    "/sbin/agetty",
    "/bin/su",
    "/usr/bin/sudo",
    "/bin/bash",
];

/// More ancestors than any session has.
const DEEPEST_SESSION: usize = 64;

/// Fails when one of these programs, or an ancestor of this process, is a subject that was not named in `confine`.
pub(crate) fn check(image: &Image, confine: &[String]) -> Result<(), RuntimeError> {
    for program in LIFELINES.into_iter().map(str::to_owned).chain(session()) {
        // Subjects are distinguished by the path after symbolic links.
        let real = std::fs::canonicalize(&program).ok();
        let real = real.as_deref().and_then(Path::to_str).unwrap_or(&program).to_owned();
        let meant = confine.iter().any(|named| *named == program || *named == real);
        if !meant && domain_of(image, real.as_bytes()) != 0 {
            return Err(RuntimeError::Lockout { program });
        }
    }
    Ok(())
}

/// The running program and its ancestors: shell, login and init of this host.
fn session() -> Vec<String> {
    let mut programs = Vec::new();
    let mut process = std::process::id();
    while process != 0 && programs.len() < DEEPEST_SESSION {
        let program = std::fs::read_link(format!("/proc/{process}/exe"));
        programs.extend(program.ok().and_then(|program| program.into_os_string().into_string().ok()));
        let facts = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = facts.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        process = parent.unwrap_or(0);
    }
    programs
}

/// The domain that a program of this path is in, found as the kernel programs do.
pub(crate) fn domain_of(image: &Image, path: &[u8]) -> u32 {
    let Some(header) = image.record::<Header>(Section::Header, 0) else {
        return 0;
    };
    let components: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    let name = components.last().map(std::slice::from_ref).unwrap_or_default();
    let subject = Subject {
        path: class(image, header.subjects, &components),
        name: if header.names.child == 0 { 0 } else { class(image, header.names, name) },
    };
    image.find(Section::Subjects, &subject).unwrap_or(0)
}

/// Follows components down from a state; the class of the path that ends there.
fn class(image: &Image, mut state: PathState, components: &[&[u8]]) -> u32 {
    for component in components {
        // A full chunk is followed by another, possibly an empty one.
        for start in (0..=component.len()).step_by(CHUNK) {
            if state.child & (NODE_HAS_EDGES | NODE_HAS_PREFIXES) == 0 {
                return state.below;
            }
            let part = component.get(start..component.len().min(start + CHUNK)).unwrap_or_default();
            let mut chunk = [0; CHUNK];
            for (to, from) in chunk.iter_mut().zip(part) {
                *to = *from;
            }
            let node = state.child & NODE_NUMBER;
            match image.find(Section::Edges, &EdgeKey { node, chunk }) {
                Some(next) => state = next,
                None => return longest_prefix(image, node, part).unwrap_or(state.below),
            }
        }
    }
    state.exact
}

fn longest_prefix(image: &Image, node: u32, part: &[u8]) -> Option<u32> {
    image
        .entries::<PrefixKey, u32>(Section::Prefixes)
        .filter(|(key, _)| {
            let length = (key.bits as usize).saturating_sub(32) / 8;
            key.node == node && part.get(..length) == key.chunk.get(..length)
        })
        .max_by_key(|(key, _)| key.bits)
        .map(|(_, class)| class)
}
