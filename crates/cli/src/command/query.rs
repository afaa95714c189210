//! A question to policies -> who may do something, what somebody may do, or which documents decide an event.

mod graph;
mod which;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use telovix_compare::{Answer, Side, what, who};
use telovix_policy::confine::{Deed, Effect, Endpoint, Operation};
use telovix_diagnostic::{Code, Example, Severity};
use telovix_policy::value::{Capability, Syscall};
use telovix_policy::judge::{DocumentReport, Event, VerdictReport};
use telovix_diagnostic::source::SourceSet;

pub(crate) use which::Which;

use graph::Edge;

use super::Run;
use super::diff::Loaded;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams, json};

/// Ask policies who may do something, what a binary may do, or which documents decide an event.
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
    /// A file, a folder, a revision, or something compiled; the current folder when absent.
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
    /// Which documents speak of an event, what each says, and which one decides.
    Which {
        /// The event as a JSON object, in the shape of `schemas/event.json`.
        event: String,
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
    /// The graph as a picture.
    Svg,
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
                let text = value.as_deref().unwrap_or_default();
                let (operation, deed) = deed(operation, text)?;
                let answers = who(&side, operation, &deed);
                let edge = |answer: &Answer<'_>| Edge {
                    from: answer.event.binary.clone().unwrap_or_default(),
                    to: format!("{operation} {text}").trim_end().to_owned(),
                    effect: answer.verdict.effect,
                    label: String::new(),
                };
                match self.format {
                    QueryFormat::Text => answers.iter().try_for_each(|answer| line(answer, &side, out))?,
                    QueryFormat::Json => json::print(&Who::of(&answers, &side), out)?,
                    QueryFormat::Dot | QueryFormat::Svg => {
                        self.draw(&format!("who may {operation} {text}"), &answers.iter().map(edge).collect::<Vec<_>>(), out)?;
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
                    QueryFormat::Dot | QueryFormat::Svg => {
                        let edge = |part| Edge {
                            from: binary.clone(),
                            to: part,
                            effect: Effect::Allow,
                            label: operation.name().to_owned(),
                        };
                        let edges: Vec<_> = parts.into_iter().map(edge).collect();
                        self.draw(&format!("what {binary} may {operation}"), &edges, out)?;
                    }
                }
            }
            Question::Which { event } => {
                let event = Event::parse(event).map_err(|problem| unknown(format!("the event: {problem}")))?;
                let which = Which::ask(&side, &event);
                match self.format {
                    QueryFormat::Text => which.write(out)?,
                    QueryFormat::Json => json::print(&which, out)?,
                    QueryFormat::Dot | QueryFormat::Svg => {
                        self.draw("which documents decide", &which.edges(&event), out)?;
                    }
                }
            }
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn draw(&self, question: &str, edges: &[Edge], out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            QueryFormat::Svg => graph::svg(&graph::title(question, edges), edges, out),
            _ => graph::dot(edges, out),
        }
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
        let answer = |answer: &Answer<'_>| WhoAnswer {
            event: answer.event.to_json(),
            verdict: report(answer, side),
        };
        Self { version: json::VERSION, answers: answers.iter().map(answer).collect() }
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
    let told = report(answer, side);
    let source = told.source.map(|source| format!("{source} ")).unwrap_or_default();
    let why = match told.document {
        Some(DocumentReport { name, .. }) => format!("{source}`{name}`"),
        None => "nothing confines this".to_owned(),
    };
    writeln!(out, "{:<8} {}  {why}", answer.verdict.effect.name(), answer.event)
}

/// Returns the verdict; what an image says has no line.
fn report(answer: &Answer<'_>, side: &Side<'_>) -> VerdictReport {
    match side.sources() {
        Some(sources) => answer.verdict.report(&answer.event, sources),
        None => {
            VerdictReport { source: None, ..answer.verdict.report(&answer.event, &SourceSet::default()) }
        }
    }
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
        Operation::Open => Deed::Open(path()?, telovix_policy::confine::Access::Read),
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
                  with a port, a capability, a system call. `telovix query which` takes an event as a JSON object.",
    fires: Example::Situation("`telovix query who connect localhost`"),
    silent: Example::Situation("`telovix query who connect 127.0.0.1:443`"),
};
