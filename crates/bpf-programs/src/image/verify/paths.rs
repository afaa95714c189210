//! Edges and prefixes -> an acyclic graph in which every node matches its flags.

use super::{ImageError, Sections, demand};
use crate::layout::{
    CHUNK, EdgeKey, NODE_HAS_EDGES, NODE_HAS_PREFIXES, NODE_NUMBER, PathState, PrefixKey, Section,
};

/// By node number: the flags it has, and the highest class at or below it.
pub(super) struct Nodes {
    flags: Vec<u32>,
    highest: Vec<u32>,
}

impl Nodes {
    /// Returns the highest class that a walk from this state can end with, or `None` when the state points at a
    /// node that does not exist.
    pub(super) fn highest(&self, state: &PathState) -> Option<u32> {
        let own = state.exact.max(state.below).max(state.subtree);
        if state.child == 0 {
            return Some(own);
        }
        let node = (state.child & NODE_NUMBER) as usize;
        let flags = *self.flags.get(node).filter(|flags| **flags != 0)?;
        let deeper = *self.highest.get(node)?;
        (state.child & !NODE_NUMBER == flags).then_some(own.max(deeper))
    }
}

/// Children have smaller numbers than their parents, and keys come in order of the node: when an edge is
/// checked, its child has been checked completely.
pub(super) fn verify(sections: &Sections) -> Result<Nodes, ImageError> {
    // Every node has an edge or a prefix, so their number bounds the nodes' numbers.
    let bound = 1 + sections.count(Section::Edges) + sections.count(Section::Prefixes);
    let mut nodes = Nodes { flags: vec![0; bound], highest: vec![0; bound] };
    verify_prefixes(sections, &mut nodes)?;

    let mut before: Option<EdgeKey> = None;
    for (number, (key, state)) in sections.entries::<EdgeKey, PathState>(Section::Edges).enumerate() {
        let demand = |holds, what| demand(holds, Section::Edges, number, what);
        let node = key.node as usize;
        demand(before.is_none_or(|before| before < key), "not in order")?;
        demand(node > 0 && node < bound, "unknown node number")?;
        demand(is_chunk(&key.chunk), "bytes that are not allowed in a path component")?;
        demand(state.child & NODE_NUMBER < key.node, "refers to a later node")?;
        let highest = nodes.highest(&state);
        demand(highest.is_some(), "refers to an unknown node, or its flags do not match the node")?;
        nodes.flags[node] |= NODE_HAS_EDGES;
        nodes.highest[node] = nodes.highest[node].max(highest.unwrap_or(0));
        before = Some(key);
    }
    Ok(nodes)
}

fn verify_prefixes(sections: &Sections, nodes: &mut Nodes) -> Result<(), ImageError> {
    let mut before: Option<PrefixKey> = None;
    for (number, (key, class)) in sections.entries::<PrefixKey, u32>(Section::Prefixes).enumerate() {
        let demand = |holds, what| demand(holds, Section::Prefixes, number, what);
        let node = key.node as usize;
        let length = key.bits.wrapping_sub(32) as usize / 8;
        demand(before.is_none_or(|before| before < key), "not in order")?;
        demand(node > 0 && node < nodes.flags.len(), "unknown node number")?;
        demand(key.bits % 8 == 0 && (1..CHUNK).contains(&length), "not a whole number of bytes")?;
        demand(is_chunk(&key.chunk) && name_length(&key.chunk) == length, "bytes outside the prefix")?;
        nodes.flags[node] |= NODE_HAS_PREFIXES;
        nodes.highest[node] = nodes.highest[node].max(class);
        before = Some(key);
    }
    Ok(())
}

/// A piece of a name: no slash, and nothing but zeros after the first zero.
fn is_chunk(chunk: &[u8; CHUNK]) -> bool {
    chunk[name_length(chunk)..].iter().all(|&byte| byte == 0) && !chunk.contains(&b'/')
}

fn name_length(chunk: &[u8; CHUNK]) -> usize {
    chunk.iter().position(|&byte| byte == 0).unwrap_or(CHUNK)
}
