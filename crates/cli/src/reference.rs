//! The tables of the code -> `docs/reference` and `schemas`. `cargo xtask docs` rewrites what differs.

mod evasion;
mod schema;

use std::fmt::Write as _;

use clap::{Command, CommandFactory};
use schemars::JsonSchema;
use serde_json::Value;
use telovix_compare::DifferenceReport;
use telovix_document::KINDS;
use telovix_policy::judge::Event;
use telovix_replay::Impact;

use crate::Telovix;
use crate::command::catalogue::catalogue;
use crate::command::explain::{self, template};
use crate::command::{
    adopt, apply, baseline, compile, detect, fmt, generate, inspect, keygen, load, plan, query, readiness,
    remove, review, sign, status, trust, verify, why,
};
use crate::enforcement::Turn;
use crate::exit::Exit;
use crate::output::json;

/// Width of the help texts in the reference.
const COLUMNS: usize = 100;

/// The first line of every generated page.
const GENERATED: &str =
    "<!-- Generated from the code by `cargo xtask docs`; a test checks that it is up to date. -->\n";

#[test]
fn command_line() {
    let mut page = format!("{GENERATED}\n# Command line\n\n");
    let mut telovix = Telovix::command().term_width(COLUMNS);
    telovix.build();
    help(&mut page, "telovix", &mut telovix.clone());
    for verb in telovix.get_subcommands() {
        let name = format!("telovix {}", verb.get_name());
        help(&mut page, &name, &mut verb.clone().term_width(COLUMNS));
        for below in verb.get_subcommands() {
            let name = format!("{name} {}", below.get_name());
            help(&mut page, &name, &mut below.clone().term_width(COLUMNS));
        }
    }
    compare("docs/reference/cli.md", &page);
}

fn help(page: &mut String, name: &str, command: &mut Command) {
    let text = command.render_long_help().to_string();
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let _infallible = writeln!(page, "## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
}

#[test]
fn diagnostics() {
    let mut page = format!("{GENERATED}\n# Diagnostics\n\n");
    page.push_str("Every finding has a code. `telovix explain CODE` prints its section of this page.\n\n");
    page.push_str("| code | by default | finding |\n|---|---|---|\n");
    let codes = catalogue();
    for code in &codes {
        let (id, severity, title) = (code.id, code.severity.name(), code.title);
        let _infallible = writeln!(page, "| [{id}](#{id}) | {severity} | {title} |");
    }
    for code in codes {
        let mut section = Vec::new();
        explain::page(code, &mut section).unwrap();
        let _infallible = write!(page, "\n#{}", String::from_utf8(section).unwrap());
    }
    compare("docs/reference/diagnostics.md", &page);
}

#[test]
fn exit_codes() {
    let mut page = format!("{GENERATED}\n# Exit codes\n\n| code | meaning |\n|---|---|\n");
    for exit in Exit::ALL {
        let _infallible = writeln!(page, "| {} | {} |", exit.code(), exit.meaning());
    }
    compare("docs/reference/exit-codes.md", &page);
}

#[test]
fn templates() {
    let mut page = format!("{GENERATED}\n# Templates\n\n");
    page.push_str("What each enforcement template stops, for every known method for the operation.\n");
    page.push_str("`telovix explain TEMPLATE` prints a section of this page.\n");
    for built_in in telovix_document::template::ALL {
        let mut section = Vec::new();
        template::page(built_in, &mut section).unwrap();
        let _infallible = write!(page, "\n#{}", String::from_utf8(section).unwrap());
    }
    compare("docs/reference/templates.md", &page);
}

#[test]
fn targets() {
    let mut table = Vec::new();
    template::targets(&mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    compare("docs/reference/targets.md", &format!("{GENERATED}\n# Targets\n\n{table}"));
}

#[test]
fn evasion_matrix() {
    compare("docs/reference/evasion.md", &format!("{GENERATED}\n{}", evasion::page()));
}

#[test]
fn schemas_of_outputs() {
    output::<json::Document>("report");
    output::<compile::Document>("compile");
    output::<why::Line<'_>>("why");
    output::<adopt::Document>("adopt");
    output::<baseline::Document>("baseline");
    output::<Impact>("impact");
    output::<load::Document<'_>>("load");
    output::<generate::Document<'_>>("generate");
    output::<detect::Line<'_>>("detect");
    output::<readiness::Document>("readiness");
    output::<DifferenceReport>("diff");
    output::<review::Document>("review");
    output::<query::Who>("query-who");
    output::<query::What>("query-what");
    output::<query::Which>("query-which");
    output::<inspect::Listing>("inspect");
    output::<explain::Pages>("explain");
    output::<template::TemplatePage>("explain-template");
    output::<template::TargetList>("explain-targets");
    output::<explain::ExitCodes>("exit-codes");
    output::<fmt::Document>("fmt");
    output::<keygen::Document>("keygen");
    output::<sign::Document>("sign");
    output::<verify::Document>("verify");
    output::<trust::newest::Document>("trust-change");
    output::<trust::show::Document>("trust-show");
    output::<trust::log::Document>("trust-log");
    output::<trust::reset_epoch::Document>("trust-reset-epoch");
    output::<plan::Document>("plan");
    output::<apply::Document>("apply");
    output::<Turn>("confirm");
    output::<Turn>("rollback");
    output::<status::Document>("status");
    output::<remove::Document>("remove");
}

#[test]
fn schemas_of_documents() {
    for kind in KINDS {
        schema(kind.slug, &schema::schema(kind.name, kind.record));
    }
    schema("telovix", &schema::schema("telovix.yaml", telovix_workspace::settings::RECORD));
    schema("baseline", &schema::schema("telovix-baseline.yaml", telovix_workspace::baseline::RECORD));
    schema("target", &schema::schema("target file", telovix_workspace::target_file::RECORD));
    schema("event", &Event::schema());
}

/// Compares the schema of one JSON output with its type.
fn output<T: JsonSchema>(name: &str) {
    // Fields that are omitted when empty are not required.
    let generator = schemars::generate::SchemaSettings::default().for_serialize().into_generator();
    schema(&format!("output/{name}"), &generator.into_root_schema_for::<T>().to_value());
}

fn schema(name: &str, schema: &Value) {
    let text = serde_json::to_string_pretty(schema).unwrap();
    compare(&format!("schemas/{name}.json"), &format!("{text}\n"));
}

/// Compares a generated text with the committed file.
fn compare(path: &str, text: &str) {
    telovix_snapshot::assert_file(&telovix_snapshot::root().join(path), text);
}
