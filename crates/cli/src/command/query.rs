//! A question to policies -> who may do something, or what somebody may do.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use telovix_compiler::compare::{Answer, Side, what, who};
use telovix_compiler::confine::{Deed, Effect, Endpoint, Operation};
use telovix_compiler::diagnostic::{Code, Example, Severity};
use telovix_compiler::document::value::{Capability, Syscall};
use telovix_compiler::judge::{DocumentReport, VerdictReport};

use super::Run;
use super::diff::Loaded;
use crate::compilation::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams, json};

/// Ask policies who may do something, or what a binary may do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix query who exec /bin/sh
  telovix query who connect 169.254.169.254:80 --format dot | dot -Tsvg > metadata.svg
  telovix query what /opt/amf/bin/amf connect --policy examples/")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    question: Question,
    /// A file, a folder, or a revision; the current folder when absent.
    #[arg(long, global = true, value_name = "SIDE", default_value = ".")]
    policy: PathBuf,
    #[command(flatten)]
    day: Day,
    /// The form of the answer.
    #[arg(long, global = true, value_enum, default_value_t)]
    format: QueryFormat,
}

/// The questions.
#[derive(Debug, Subcommand)]
enum Question {
    /// Who may do this: everybody a document names, and somebody whom none does.
    Who {
        /// exec, open, connect, capability, syscall, mount and the other operations of events.
        operation: String,
        /// What: a path, ADDRESS:PORT, a capability, a system call.
        value: Option<String>,
    },
    /// What a binary may do.
    What {
        /// The executable.
        binary: String,
        /// exec, open, connect, capability, syscall, mount and the other operations of events.
        operation: String,
    },
}

/// The forms that an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum QueryFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// A graph for Graphviz.
    Dot,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == QueryFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let loaded = Loaded::named(&self.policy.to_string_lossy(), self.day.date()?)?;
        let side = loaded.side();
        let out = &mut streams.data;
        match &self.question {
            Question::Who { operation, value } => {
                let (operation, deed) = deed(operation, value.as_deref().unwrap_or_default())?;
                let answers = who(&side, operation, &deed);
                match self.format {
                    QueryFormat::Text => answers.iter().try_for_each(|answer| line(answer, &side, out))?,
                    QueryFormat::Json => json::print(&Who::of(&answers, &side), out)?,
                    QueryFormat::Dot => {
                        let target = format!("{operation} {}", value.as_deref().unwrap_or_default());
                        let edges = answers.iter().map(|answer| {
                            let binary = answer.event.binary.clone().unwrap_or_default();
                            (binary, target.clone(), answer.verdict.effect.name())
                        });
                        dot(edges.collect(), out)?;
                    }
                }
            }
            Question::What { binary, operation } => {
                let operation = parse_operation(operation)?;
                let parts = what(&side, binary, operation);
                match self.format {
                    QueryFormat::Text => parts.iter().try_for_each(|part| writeln!(out, "{part}"))?,
                    QueryFormat::Json => {
                        let (binary, operation) = (binary.clone(), operation.name());
                        json::print(
                            &What { version: json::VERSION, binary, operation, allowed: parts },
                            out,
                        )?;
                    }
                    QueryFormat::Dot => {
                        let edges =
                            parts.into_iter().map(|part| (binary.clone(), part, Effect::Allow.name()));
                        dot(edges.collect(), out)?;
                    }
                }
            }
        }
        Ok(Exit::Clean)
    }
}

/// Who gets which effect.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Who {
    /// The version of this shape.
    version: u32,
    answers: Vec<WhoAnswer>,
}

/// One process and what happens to it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WhoAnswer {
    /// The event, in the shape of `schemas/event.json`.
    event: serde_json::Value,
    /// What happens, and why.
    verdict: VerdictReport,
}

impl Who {
    fn of(answers: &[Answer<'_>], side: &Side<'_>) -> Self {
        let report = |answer: &Answer<'_>| {
            let sources = side.sources()?;
            let verdict = answer.verdict.report(&answer.event, sources);
            Some(WhoAnswer { event: answer.event.to_json(), verdict })
        };
        Self { version: json::VERSION, answers: answers.iter().filter_map(report).collect() }
    }
}

/// What a binary is let do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct What {
    /// The version of this shape.
    version: u32,
    binary: String,
    operation: &'static str,
    /// The parts of what is allowed, in words.
    allowed: Vec<String>,
}

fn line(answer: &Answer<'_>, side: &Side<'_>, out: &mut dyn Write) -> io::Result<()> {
    let told = side.sources().map(|sources| answer.verdict.report(&answer.event, sources));
    let source = told
        .as_ref()
        .and_then(|told| told.source.clone())
        .unwrap_or_else(|| "nothing confines this".to_owned());
    let document =
        told.and_then(|told| told.document).map(|DocumentReport { name, .. }| format!(" `{name}`"));
    writeln!(out, "{:<8} {}  {source}{}", answer.verdict.effect.name(), answer.event, document.unwrap_or_default())
}

/// Prints edges as a graph, those that are stopped dashed.
fn dot(edges: Vec<(String, String, &'static str)>, out: &mut dyn Write) -> io::Result<()> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    writeln!(out, "digraph policy {{\n  rankdir=LR;\n  node [shape=box];")?;
    for (from, to, effect) in edges {
        let style = if matches!(effect, "kill" | "deny") { "dashed" } else { "solid" };
        writeln!(out, "  {} -> {} [label={effect}, style={style}];", quoted(&from), quoted(&to))?;
    }
    writeln!(out, "}}")
}

fn parse_operation(word: &str) -> Result<Operation, Failure> {
    let known = || Operation::ALL.map(Operation::name).join(", ");
    Operation::parse(word).ok_or_else(|| {
        unknown(format!("`{word}` is no operation")).help(format!("the operations are {}", known()))
    })
}

fn deed(operation: &str, value: &str) -> Result<(Operation, Deed), Failure> {
    let operation = parse_operation(operation)?;
    let wrong = |expected: &str| unknown(format!("`{value}` is not {expected}"));
    let path = || if value.starts_with('/') { Ok(value.to_owned()) } else { Err(wrong("an absolute path")) };
    let deed = match operation {
        Operation::Exec => Deed::Exec(Some(path()?)),
        Operation::Open => Deed::Open(path()?, telovix_compiler::confine::Access::Read),
        Operation::Connect => {
            let address: std::net::SocketAddr =
                value.parse().map_err(|_| wrong("an address with a port, such as 10.0.0.1:443"))?;
            Deed::Connect(Endpoint { address: address.ip(), port: address.port() })
        }
        Operation::Capability | Operation::Capset => {
            Deed::Capability(Capability::parse(value).map_err(|_| wrong("a capability"))?)
        }
        Operation::Syscall => Deed::Syscall(Syscall::parse(value).map_err(|_| wrong("a system call"))?),
        Operation::Socket => {
            return Err(unknown("sockets cannot be asked for here".to_owned()).help("ask `telovix why`"));
        }
        _ => Deed::Whole,
    };
    Ok((operation, deed))
}

fn unknown(message: String) -> Failure {
    Failure::new(Exit::CannotRun, &UNKNOWN_DEED, message)
}

/// A question names no event.
pub(crate) static UNKNOWN_DEED: Code = Code {
    id: "unknown-deed",
    title: "a question does not say what is done",
    severity: Severity::Error,
    explanation: "`telovix query who` takes an operation and, where the operation has one, a value: a path, an address \
                  with a port, a capability, a system call.",
    fires: Example::Situation("`telovix query who connect localhost`"),
    silent: Example::Situation("`telovix query who connect 127.0.0.1:443`"),
};
