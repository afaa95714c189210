//! A finding -> plain lines, for tests, logs and other output without colour.

use std::fmt::Write as _;

use super::Diagnostic;
use crate::source::{SourceSet, Span};

impl Diagnostic {
    /// Returns `file:line:column severity[code] message`, then a line for each other place and each help.
    #[must_use]
    pub fn plain(&self, sources: &SourceSet) -> String {
        let mut lines = String::new();
        if let Some(span) = self.span {
            let _ = write!(lines, "{} ", place(sources, span));
        }
        let _ = writeln!(lines, "{}[{}] {}", self.severity.name(), self.code.id, self.message);
        for label in &self.related {
            let _ = writeln!(lines, "  {} {}", place(sources, label.span), label.text);
        }
        for help in &self.help {
            let _ = writeln!(lines, "  help: {help}");
        }
        lines
    }
}

fn place(sources: &SourceSet, span: Span) -> String {
    let position = sources.position(span);
    format!("{}:{}:{}", sources.name(span), position.line, position.column)
}
