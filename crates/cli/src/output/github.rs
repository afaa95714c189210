//! Findings -> GitHub workflow commands, which annotate the lines of a pull request.

use std::io::{self, Write};

use telovix_diagnostic::Severity;

use super::Report;

/// Prints one workflow command per finding.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        write!(out, "::{command} ")?;
        if let Some(span) = diagnostic.span {
            let position = report.sources.position(span);
            let file = property(&report.path(span));
            write!(out, "file={file},line={},col={},", position.line, position.column)?;
        }
        let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
        let message = format!("{}{}", diagnostic.message, help.collect::<String>());
        writeln!(out, "title={}::{}", property(diagnostic.code.id), data(&message))?;
    }
    Ok(())
}

/// Escapes the message of a command, which ends at the end of the line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command; properties are separated by commas and end with a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
