//! Findings -> a JUnit report: one suite per source, with one failed case per finding or one passed case.

use std::io::{self, Write};

use telovix_diagnostic::{Diagnostic, Severity};

use super::Report;
use super::xml::escaped;

/// Prints the report. Notes are not failures.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let failed = |diagnostic: &&Diagnostic| diagnostic.severity > Severity::Note;
    let elsewhere: Vec<_> = report.diagnostics.iter().filter(|found| found.span.is_none()).collect();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let failures = report.diagnostics.iter().filter(failed).count();
    writeln!(out, r#"<testsuites name="telovix lint" failures="{failures}">"#)?;
    if !elsewhere.is_empty() {
        suite(report, "telovix", &elsewhere, out)?;
    }
    for (id, source) in report.sources.iter() {
        let here = |found: &&Diagnostic| found.span.is_some_and(|span| span.source == id);
        let found: Vec<_> = report.diagnostics.iter().filter(here).collect();
        suite(report, &format!("{}{}", report.shown_below, source.name()), &found, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(report: &Report, name: &str, found: &[&Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let name = escaped(name);
    let failures: Vec<_> = found.iter().filter(|found| found.severity > Severity::Note).collect();
    let (tests, failed) = (failures.len().max(1), failures.len());
    writeln!(out, r#"  <testsuite name="{name}" tests="{tests}" failures="{failed}">"#)?;
    if failures.is_empty() {
        writeln!(out, r#"    <testcase name="lint" classname="{name}"/>"#)?;
    }
    for diagnostic in failures {
        let place = diagnostic.span.map_or_else(String::new, |span| {
            let position = report.sources.position(span);
            format!("{}:{}:{}: ", report.path(span), position.line, position.column)
        });
        let (code, message) = (diagnostic.code.id, escaped(&diagnostic.message));
        let text = diagnostic.help.iter().map(|help| format!("\nhelp: {help}")).collect::<String>();
        let text = escaped(&format!("{place}{}{text}", diagnostic.message));
        writeln!(out, r#"    <testcase name="{code}" classname="{name}">"#)?;
        writeln!(
            out,
            r#"      <failure type="{}" message="{message}">{text}</failure>"#,
            diagnostic.severity.name()
        )?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}
