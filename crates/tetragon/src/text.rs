//! A text of the engine's document, and where it is written.

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;

/// Text of the document: what was read is owned, what is compiled mostly stands in the policy it comes from.
pub type Text<'text> = Spanned<Cow<'text, str>>;
