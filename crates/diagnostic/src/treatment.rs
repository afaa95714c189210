//! What Tetragon does with a TracingPolicy for which a code is reported: a question apart from its severity.

/// How Tetragon treats the document a finding is about. A finding of another kind of document has no treatment that
/// anybody asks for; it has the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Treatment {
    /// It loads the document and does what is written there.
    #[default]
    Takes,
    /// It loads the document and does something else than what is written there.
    Misreads,
    /// It accepts the document and asks the kernel when it attaches the hook: whether the policy then works depends on
    /// the host.
    Depends,
    /// It refuses the document, or crashes on it.
    Rejects,
}

impl Treatment {
    /// Returns the word of pages and of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Takes => "takes",
            Self::Misreads => "misreads",
            Self::Depends => "depends",
            Self::Rejects => "rejects",
        }
    }

    /// Returns what the page of a code says of it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Takes => "Tetragon takes the document as it is written.",
            Self::Misreads => "Tetragon loads the document, and does something else than what is written.",
            Self::Depends => "Whether Tetragon loads the document depends on the host.",
            Self::Rejects => "Tetragon rejects the document.",
        }
    }

    pub(crate) const fn named(name: &str) -> Self {
        match name.as_bytes() {
            b"takes" => Self::Takes,
            b"misreads" => Self::Misreads,
            b"depends" => Self::Depends,
            b"rejects" => Self::Rejects,
            _ => panic!("a treatment is `takes`, `misreads`, `depends` or `rejects`"),
        }
    }
}
