//! A recorded session of an editor, played to `telovix lsp` by a client over standard input and output -> what it answers,
//! in `tests/editor/session.expected`: the answers, then what it said by itself, of findings the last word about each file.
//! How often it tells of findings depends on how fast the editor types. The session cut off at many bytes ends the process
//! without a panic.

use std::collections::BTreeMap;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use telovix_snapshot::{assert_file, files, root};

/// The folder that messages name; each run has a copy of it somewhere else.
const NAMED: &str = "/repository";

fn messages(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/editor/session.json")).expect("a session");
    let text = text.replace(&format!("file://{NAMED}"), &format!("file://{}", folder.display()));
    let mut messages: Vec<Value> = serde_json::from_str(&text).expect("a list of messages");
    for message in &mut messages {
        message["jsonrpc"] = json!("2.0");
    }
    messages
}

fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files(&root().join("tests/editor/repository")) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn start(folder: &Path) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telovix"));
    command.args(["lsp", "--as-of", "2026-11-20"]).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("telovix starts");
    let input = child.stdin.take().expect("a pipe");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    (child, input, output)
}

fn receive(from: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => {
                if let Some(number) = line.strip_prefix("Content-Length: ") {
                    length = number.parse().expect("a number");
                }
            }
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

#[test]
fn a_recorded_session_is_answered_as_expected() {
    let folder = repository();
    let (mut child, mut input, mut output) = start(folder.path());
    let mut played = Played::default();
    for message in messages(folder.path()) {
        input.write_all(&framed(&message)).expect("the server reads");
        input.flush().expect("the server reads");
        let Some(id) = message.get("id") else { continue };
        played.answers.push(json!({ "id": id, "method": message["method"] }));
        // Everything up to the answer, which says that what came before was taken.
        while !played.take(receive(&mut output).expect("an answer"), id) {}
    }
    drop(input);
    while let Some(rest) = receive(&mut output) {
        played.take(rest, &Value::Null);
    }
    assert!(child.wait().expect("an end").success());
    let text = played.text().replace(&folder.path().display().to_string(), NAMED);
    assert_file(&root().join("tests/editor/session.expected"), &text);
}

/// What a server said in a session.
#[derive(Default)]
struct Played {
    answers: Vec<Value>,
    messages: Vec<Value>,
    findings: BTreeMap<String, Value>,
}

impl Played {
    /// Takes a message, and returns whether it is the answer of a request.
    fn take(&mut self, mut message: Value, id: &Value) -> bool {
        if message.get("id").is_some() {
            let answers = message.get("id") == Some(id);
            self.answers.push(message);
            return answers;
        }
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().expect("a URI").to_owned();
            self.findings.insert(uri, message["params"]["diagnostics"].take());
        } else {
            self.messages.push(message);
        }
        false
    }

    fn text(&self) -> String {
        let findings = self.findings.iter().map(|(uri, found)| json!({ "uri": uri, "diagnostics": found }));
        let all = self.answers.iter().cloned().chain(self.messages.iter().cloned()).chain(findings);
        all.map(|message| serde_json::to_string_pretty(&message).expect("JSON") + "\n").collect()
    }
}

/// Whatever an editor leaves behind when it is killed, the server ends, and says why.
#[test]
fn a_session_that_is_cut_off_ends_with_a_reason() {
    const CUTS: usize = 120;
    let folder = repository();
    let whole: Vec<u8> = messages(folder.path()).iter().flat_map(framed).collect();
    for cut in (0..CUTS).map(|part| whole.len() * part / CUTS) {
        let (child, mut input, mut output) = start(folder.path());
        // The server must end because its input does, so what it says is read to the end.
        let reader = std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let _refused = input.write_all(&whole[..cut]);
        drop(input);
        let _read = reader.join();
        let ended = child.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "cut at {cut}: {said}");
        assert!(said.contains("editor-lost") && !said.contains("panicked"), "cut at {cut}: {said}");
    }
}
