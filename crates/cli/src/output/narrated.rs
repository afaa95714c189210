//! Findings -> sentences for screen readers, without drawing characters and colours.

use std::io::{self, Write};
use std::sync::Arc;

use miette::NarratableReportHandler;

use super::Report;
use super::text::plural;

/// Prints the findings one after the other, then their number.
pub(crate) fn write(report: Report, out: &mut dyn Write) -> io::Result<()> {
    let (sources, count) = (Arc::new(report.sources), report.diagnostics.len());
    let handler = NarratableReportHandler::new().without_cause_chain();
    for diagnostic in report.diagnostics {
        let mut text = String::new();
        let finding = diagnostic.with_sources(&sources);
        handler.render_report(&mut text, &finding).map_err(io::Error::other)?;
        writeln!(out, "{}\n", text.trim())?;
    }
    writeln!(out, "{} in total", plural(count, "finding"))
}
