//! Text -> a node.

use std::borrow::Cow;

use telovix_diagnostic::source::Span;
use telovix_syntax::{Node, ScalarStyle, Value};

/// Returns a scalar.
pub(super) fn scalar(text: &str, span: Span, style: ScalarStyle) -> Node<'static> {
    Node { span, value: Value::Scalar { text: Cow::Owned(text.to_owned()), style } }
}
