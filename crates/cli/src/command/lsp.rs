//! The messages of an editor on standard input -> answers on standard output.

mod transport;

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use lsp_server::{Connection, ErrorCode, Message, Notification, RequestId, Response};
use serde_json::Value;
use telovix_compiler::{Options, Proof};
use telovix_diagnostic::Code;
use telovix_diagnostic::source::SourceSet;
use telovix_language_server::{Encoding, Model, Repository as Asked, Session, Told, path_of};
use telovix_workspace::baseline::Accepts;
use telovix_workspace::{Compilation, Input, Repository, is_policy_name};

use transport::Transport;

use super::Run;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// The editor broke off, or does not speak the protocol.
pub(crate) static EDITOR_LOST: Code = Code::page(include_str!("lsp/editor-lost.md"));

/// The codes of this command.
pub(crate) const CODES: &[&Code] = &[&EDITOR_LOST];

/// Answer an editor: findings while typing, fixes, hovers, completion, names across files, formatting.
///
/// An editor starts it and speaks the Language Server Protocol 3.17 with it over standard input and output. It reads the
/// repository around the folder that is open in the editor, with unsaved texts in the place of files, and reports what
/// `telovix lint` would report. The guide has the settings for VS Code, Neovim, Helix and Emacs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix lsp                           # started by an editor")]
pub(crate) struct Arguments {
    #[command(flatten)]
    day: Day,
}

impl Run for Arguments {
    fn run(&self, _streams: &mut Streams) -> Result<Exit, Failure> {
        let (connection, transport) = Transport::start();
        let ended = self.serve(&connection);
        drop(connection);
        match ended {
            Ok(End::Agreed) => {
                transport.finish();
                Ok(Exit::Clean)
            }
            Ok(End::Silence) => Err(lost(&transport.reason())),
            Err(failure) => Err(failure),
        }
    }
}

impl Arguments {
    fn serve(&self, connection: &Connection) -> Result<End, Failure> {
        let (id, params) = match connection.initialize_start() {
            Ok(started) => started,
            Err(error) if error.channel_is_disconnected() => return Ok(End::Silence),
            Err(error) => return Err(lost(&error.to_string())),
        };
        let disk = Disk { folder: folder(&params), day: self.day.of_findings()? };
        let (mut session, answer) = Session::begin(disk, params).map_err(|failed| lost(&failed.message))?;
        connection.initialize_finish(id, answer).map_err(|error| lost(&error.to_string()))?;
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                tell(connection, session.settle())?;
                match connection.receiver.recv() {
                    Ok(message) => waiting.push_back(message),
                    Err(_) => return Ok(End::Silence),
                }
            }
            // Whatever has come meanwhile is taken before anything is compiled: an edit makes findings of an older text moot.
            waiting.extend(connection.receiver.try_iter());
            let Some(message) = waiting.pop_front() else { continue };
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request).map_err(|error| lost(&error.to_string()))? {
                        return Ok(End::Agreed);
                    }
                    let response = if is_cancelled(&waiting, &request.id) {
                        let code = ErrorCode::RequestCanceled as i32;
                        Response::new_err(request.id, code, "the request was cancelled".to_owned())
                    } else {
                        match session.request(&request.method, request.params) {
                            Ok(value) => Response::new_ok(request.id, value),
                            Err(failed) => Response::new_err(request.id, failed.code, failed.message),
                        }
                    };
                    send(connection, Message::Response(response))?;
                }
                Message::Notification(notification) if notification.method == "exit" => {
                    return Err(lost("it sent `exit` without `shutdown`"));
                }
                Message::Notification(notification) => {
                    session.notification(&notification.method, notification.params);
                }
                Message::Response(_) => {}
            }
        }
    }
}

/// How a session ended.
enum End {
    /// By `shutdown` and `exit`.
    Agreed,
    /// No more messages came.
    Silence,
}

/// The repository of the open folder.
struct Disk {
    folder: PathBuf,
    day: telovix_policy::value::Date,
}

impl Asked for Disk {
    fn compile(&mut self, open: &[(&str, &str)], encoding: Encoding) -> Result<Model, String> {
        let repository =
            Repository::find(std::slice::from_ref(&self.folder)).map_err(|error| error.to_string())?;
        let options = Options { proof: Proof::Nothing, ..repository.options(None, self.day) };
        let root = repository.root().to_owned();
        let input = overlaid(repository.read(&repository.output()), &root, open);
        let mut compilation = Compilation::of(input, &options, &mut |_, _| ControlFlow::Continue(()));
        if let Some(baseline) = repository.baseline().map_err(|error| error.to_string())? {
            compilation.accept(&baseline, Accepts::ErrorsAndWarnings);
        }
        let findings = compilation.findings;
        let root = root.to_str().ok_or("the path of the repository is not UTF-8")?;
        Ok(Model::new(root, findings.sources, findings.diagnostics, encoding))
    }
}

/// Puts open texts in the place of files, and adds those of files that do not exist yet.
fn overlaid(input: Input, root: &Path, open: &[(&str, &str)]) -> Input {
    if open.is_empty() {
        return input;
    }
    let name = |path: &str| match Path::new(path).strip_prefix(root) {
        Ok(name) => name.to_string_lossy().into_owned(),
        Err(_) => path.to_owned(),
    };
    let files = input.sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().to_owned()));
    let mut texts: BTreeMap<String, String> = files.collect();
    let open = open.iter().filter(|(path, _)| is_policy_name(Path::new(path)));
    texts.extend(open.map(|(path, text)| (name(path), (*text).to_owned())));
    Input { sources: SourceSet::new(texts), ..input }
}

/// The folder that is open in the editor; the current one if it names none.
fn folder(params: &Value) -> PathBuf {
    let folders = params.pointer("/workspaceFolders/0/uri");
    let uri = folders.or_else(|| params.get("rootUri")).and_then(Value::as_str);
    uri.and_then(|uri| path_of(&uri.into())).map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn is_cancelled(waiting: &VecDeque<Message>, id: &RequestId) -> bool {
    let cancels = |message: &Message| match message {
        Message::Notification(notification) if notification.method == "$/cancelRequest" => {
            let cancelled = notification.params.get("id").cloned();
            cancelled.and_then(|id| serde_json::from_value::<RequestId>(id).ok()).as_ref() == Some(id)
        }
        _ => false,
    };
    waiting.iter().any(cancels)
}

fn tell(connection: &Connection, told: Vec<Told>) -> Result<(), Failure> {
    for Told { method, params } in told {
        send(connection, Message::Notification(Notification { method: method.to_owned(), params }))?;
    }
    Ok(())
}

fn send(connection: &Connection, message: Message) -> Result<(), Failure> {
    connection.sender.send(message).map_err(|_| lost("it reads no answers"))
}

fn lost(reason: &str) -> Failure {
    Failure::new(Exit::CannotRun, &EDITOR_LOST, format!("the session with the editor ended: {reason}"))
}
