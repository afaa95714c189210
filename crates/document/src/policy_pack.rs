//! A mapping of kind `PolicyPack` -> a named set of documents with an enforcement state.

pub(super) mod read;

use strum::VariantArray;
use telovix_diagnostic::source::{Span, Spanned};

/// A pack: the documents in its folder `{pack_id}/{version}/`, and whether they are enforced.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPack {
    /// The bytes of the whole document.
    pub span: Span,
    /// Kebab-case name, the folder's name.
    pub pack_id: Spanned<String>,
    /// `0.1.0`, the inner folder's name.
    pub version: Spanned<String>,
    /// Free text, at most 128 characters.
    pub name: Option<Spanned<String>>,
    /// At most 2,000 characters.
    pub description: Option<Spanned<String>>,
    /// Whether the pack observes or guards (`pack_kind`).
    pub pack_kind: Spanned<PackKind>,
    /// The role the pack is written for; any text.
    pub target_role: Option<Spanned<String>>,
    /// Whether it may ever be enforced; only a guard pack can be.
    pub enforcement_capable: Spanned<bool>,
    /// How far the pack has advanced.
    pub state: Spanned<PackState>,
}

/// What a pack is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PackKind {
    /// Records events.
    Observe,
    /// Can block.
    Guard,
}

impl PackKind {
    /// Every kind.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// How far a pack has advanced. The YAML is the same in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PackState {
    /// Events only.
    Observe,
    /// Loaded, not yet blocking.
    EnforceReady,
    /// Enforced.
    Enforced,
}

impl PackState {
    /// Every state, in order.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns whether a pack may go from this state to another in one step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (_, Self::Observe)
            | (Self::Observe, Self::EnforceReady)
            | (Self::EnforceReady, Self::Enforced) => true,
            (current, next) => current == next,
        }
    }
}
