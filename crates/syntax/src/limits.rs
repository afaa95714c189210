//! Limits of what one run reads, so that hostile input ends in a coded error and not in a long wait.

/// Most bytes in one source.
pub const SOURCE_BYTES: usize = 256 << 20;
/// Maximum nesting of collections.
pub const DEPTH: usize = 64;
/// Most scalars and collections in one document.
pub const NODES: usize = 1_000_000;
/// Most scalars and collections that are copied for the anchors and aliases of one document.
pub const SHARED_NODES: usize = 100_000;
/// Most bytes of one scalar as written.
pub const SCALAR_BYTES: usize = 64 << 10;
/// Most syntax errors of one source before the rest of it is left unread. Each costs a document.
pub const SYNTAX_ERRORS: usize = 100;
/// Most aliases, tags, repeated keys and the like that are listed for one document.
pub const FLAWS: usize = 20;
/// Most findings of one list or map before the rest of it is left unread.
pub const LIST_FINDINGS: usize = 1_000;
/// Most findings of one source before the rest of it is left unread.
pub const SOURCE_FINDINGS: usize = 10_000;
