//! A query -> which binaries may do something, what a binary may do, or which documents decide an event.

mod answer;
mod graph;
mod what;
mod which;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use telovix_compare::{what, who};
use telovix_diagnostic::Code;
use telovix_policy::confine::{Action, Endpoint, Operation};
use telovix_policy::judge::Event;
use telovix_policy::value::{Capability, Syscall};

use super::Run;
use super::diff::Loaded;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams, json};
use graph::Edge;

pub(crate) use answer::Who;
pub(crate) use what::What;
pub(crate) use which::Which;

/// Ask which binaries may do something, what a binary may do, or which documents decide an event.
///
/// The answer includes its conditions: the sensor or group of a scope, the parent and last day of an exception, and
/// custom rules and TracingPolicies that depend on what no event says. If one of those may act, the effect is `unknown`
/// and the exit code is 1. `query what` lists each line of a custom rule or TracingPolicy that stops something of what is
/// otherwise allowed, with one event that it stops.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix query who exec /bin/sh
  telovix query who connect 169.254.169.254:80 --format svg > metadata.svg
  telovix query what /opt/amf/bin/amf connect --policy examples/
  telovix query which '{\"operation\": \"exec\", \"binary\": \"/opt/amf/bin/amf\", \"path\": \"/bin/sh\"}'")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    question: Question,
    /// A file, a folder, a git revision, an image or a compiled folder. Default: the current repository.
    #[arg(long, global = true, value_name = "SIDE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    day: Day,
    /// Output format.
    #[arg(long, global = true, value_enum, default_value_t)]
    format: QueryFormat,
}

/// The kinds of queries.
#[derive(Debug, Subcommand)]
enum Question {
    /// Which binaries may do this: each binary that a document names, and one that none names.
    Who {
        /// The operation, as in events: exec, open, connect, capability, syscall, mount and so on.
        operation: String,
        /// A path, ADDRESS:PORT, a capability or a system call, depending on the operation.
        value: Option<String>,
    },
    /// What a binary may do.
    What {
        /// The path of the executable.
        binary: String,
        /// The operation, as in events: exec, open, connect, capability, syscall, mount and so on.
        operation: String,
    },
    /// Which documents match an event, the effect of each, and which one decides.
    Which {
        /// The event as a JSON object, in the shape of `schemas/event.json`.
        event: String,
    },
}

/// The output formats of `query`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum QueryFormat {
    /// Text for the terminal.
    #[default]
    Text,
    /// One JSON document with a `version` and a published schema.
    Json,
    /// A Graphviz graph.
    Dot,
    /// The graph as an SVG image.
    Svg,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == QueryFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let as_of = self.day.as_of();
        let loaded = match &self.policy {
            Some(policy) => Loaded::named(&policy.to_string_lossy(), as_of)?,
            None => Loaded::here(as_of)?,
        };
        let side = loaded.side();
        let outside = side.outside();
        let out = &mut streams.data;
        match &self.question {
            Question::Who { operation, value } => {
                let text = value.as_deref().unwrap_or_default();
                let (operation, action) = action(operation, text)?;
                let executables =
                    outside.as_ref().map(|outside| outside.executables(operation)).unwrap_or_default();
                let answers = who(&side, operation, &action, &executables);
                let who = Who::new(&answers, &side, outside.as_ref());
                match self.format {
                    QueryFormat::Text => who.write(out)?,
                    QueryFormat::Json => json::print(&who, out)?,
                    QueryFormat::Dot | QueryFormat::Svg => {
                        let done = format!("{operation} {text}");
                        let edges = who.edges(done.trim_end());
                        self.draw(&format!("who may {operation} {text}"), &edges, out)?;
                    }
                }
                Ok(exit(who.is_unknown()))
            }
            Question::What { binary, operation } => {
                let operation = parse_operation(operation)?;
                let what =
                    What::new(&what(&side, binary, operation), (binary, operation), &side, outside.as_ref());
                match self.format {
                    QueryFormat::Text => what.write(out)?,
                    QueryFormat::Json => json::print(&what, out)?,
                    QueryFormat::Dot | QueryFormat::Svg => {
                        self.draw(&format!("what {binary} may {operation}"), &what.edges(), out)?;
                    }
                }
                Ok(exit(what.is_unknown()))
            }
            Question::Which { event } => {
                let event =
                    Event::parse(event).map_err(|problem| unknown(format!("invalid event: {problem}")))?;
                let which = Which::ask(&side, outside.as_ref(), &event);
                match self.format {
                    QueryFormat::Text => which.write(out)?,
                    QueryFormat::Json => json::print(&which, out)?,
                    QueryFormat::Dot | QueryFormat::Svg => {
                        self.draw("which documents decide", &which.edges(&event), out)?;
                    }
                }
                Ok(exit(which.is_unknown()))
            }
        }
    }
}

fn exit(unknown: bool) -> Exit {
    if unknown { Exit::Findings } else { Exit::Clean }
}

impl Arguments {
    fn draw(&self, question: &str, edges: &[Edge], out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            QueryFormat::Svg => graph::svg(&graph::title(question, edges), edges, out),
            _ => graph::dot(edges, out),
        }
    }
}

fn parse_operation(word: &str) -> Result<Operation, Failure> {
    let known = || Operation::ALL.map(Operation::name).join(", ");
    Operation::parse(word).ok_or_else(|| {
        unknown(format!("unknown operation `{word}`")).help(format!("the operations are {}", known()))
    })
}

fn action(operation: &str, value: &str) -> Result<(Operation, Action), Failure> {
    let operation = parse_operation(operation)?;
    let wrong = |expected: &str| unknown(format!("`{value}` is not {expected}"));
    let path = || if value.starts_with('/') { Ok(value.to_owned()) } else { Err(wrong("an absolute path")) };
    let action = match operation {
        Operation::Exec => Action::Exec(Some(path()?)),
        Operation::Open => Action::Open(path()?, telovix_policy::confine::Access::Read),
        Operation::Connect => {
            let address: std::net::SocketAddr =
                value.parse().map_err(|_| wrong("an address with a port, such as 10.0.0.1:443"))?;
            Action::Connect(Endpoint { address: address.ip(), port: address.port() })
        }
        Operation::Capability | Operation::Capset => {
            Action::Capability(Capability::parse(value).map_err(|_| wrong("a capability"))?)
        }
        Operation::Syscall => Action::Syscall(Syscall::parse(value).map_err(|_| wrong("a system call"))?),
        Operation::Socket => {
            return Err(unknown("`socket` is not supported in queries".to_owned())
                .help("use `telovix why` with an event"));
        }
        _ => Action::Whole,
    };
    Ok((operation, action))
}

fn unknown(message: String) -> Failure {
    Failure::new(Exit::CannotRun, &INVALID_QUERY, message)
}

/// The query is invalid.
pub(crate) static INVALID_QUERY: Code = Code::page(include_str!("query.md"));
