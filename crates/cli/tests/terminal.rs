//! A passphrase typed on a terminal encrypts a key and is never shown.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const PASSPHRASE: &str = "correct horse";

/// A terminal with a person at it.
struct Person {
    keyboard_and_screen: File,
    seen: String,
}

impl Person {
    /// Starts a command on a new terminal, which `setsid` of util-linux makes its controlling terminal.
    fn at(folder: &Path, arguments: &[&str]) -> (Self, Child) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo terminal");
        grantpt(&person).expect("granted");
        unlockpt(&person).expect("unlocked");
        let name = ptsname(&person, Vec::new()).expect("its other end has a name");
        let name = name.to_str().expect("the name is text");
        let terminal = OpenOptions::new().read(true).write(true).open(name).expect("its other end");
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_telovix")])
            .args(arguments)
            .current_dir(folder)
            .env_remove("TELOVIX_PASSPHRASE")
            .stdin(terminal)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`setsid` is installed");
        (Self { keyboard_and_screen: File::from(person), seen: String::new() }, child)
    }

    /// Reads the screen until it ends with the question, then types an answer.
    fn answer(&mut self, question: &str, text: &str) {
        while !self.seen.ends_with(question) {
            let mut byte = [0];
            self.keyboard_and_screen.read_exact(&mut byte).expect("more on the screen");
            self.seen.push(char::from(byte[0]));
        }
        writeln!(self.keyboard_and_screen, "{text}").expect("typed");
    }
}

fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_passphrase_is_asked_for_on_the_terminal_and_never_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut person, child) = Person::at(folder.path(), &["keygen", "release"]);
    person.answer("passphrase of the new key: ", PASSPHRASE);
    person.answer("the same again: ", PASSPHRASE);
    assert_eq!(end(child).0, Some(0));
    assert!(!person.seen.contains("horse"), "{}", person.seen);
    let key = std::fs::read_to_string(folder.path().join("release.ed25519")).expect("a key");
    assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));

    std::fs::write(folder.path().join("a.yaml"), "kind: TracingPolicy\n").expect("a policy");
    let sign = ["sign", "a.yaml", "--key", "release.ed25519"];
    let question = "passphrase of `release.ed25519`: ";
    let (mut person, child) = Person::at(folder.path(), &sign);
    person.answer(question, "something else");
    let (code, said) = end(child);
    assert_eq!(code, Some(2));
    assert!(said.contains("the passphrase does not decrypt this key"), "{said}");
    let (mut person, child) = Person::at(folder.path(), &sign);
    person.answer(question, PASSPHRASE);
    let (code, said) = end(child);
    assert_eq!(code, Some(0));
    assert!(!said.contains("error") && !said.contains("horse"), "{said}");
    assert!(folder.path().join("a.yaml.sig").exists());
}

#[test]
fn two_different_answers_make_no_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut person, child) = Person::at(folder.path(), &["keygen", "release"]);
    person.answer("passphrase of the new key: ", PASSPHRASE);
    person.answer("the same again: ", "correct house");
    assert_eq!(end(child).0, Some(2));
    assert!(!folder.path().join("release.ed25519").exists());
}
