//! A string of a Tetragon policy with its source span.

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;

/// A string of the policy. Owned when read; mostly borrowed from the source policy when compiled.
pub type Text<'text> = Spanned<Cow<'text, str>>;
