//! Standard input -> the messages of an editor, each within a limit, and messages -> standard output.

use std::io::{self, BufRead, Read as _, Write as _};
use std::thread::{self, JoinHandle};

use lsp_server::{Connection, Message};

/// The most bytes of a message: a document of the largest size with every byte escaped.
const LARGEST_MESSAGE: u64 = 128 << 20;
/// The most bytes of a header line.
const LONGEST_HEADER: u64 = 4 << 10;

/// The threads that read and write.
pub(super) struct Transport {
    reader: JoinHandle<io::Result<()>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Transport {
    /// Connects a session with the standard streams of this process.
    pub(super) fn start() -> (Connection, Self) {
        let (session, editor) = Connection::memory();
        let Connection { sender, receiver } = editor;
        let reader = thread::spawn(move || {
            let mut input = io::stdin().lock();
            while let Some(message) = read(&mut input)? {
                let ends = matches!(&message, Message::Notification(told) if told.method == "exit");
                if sender.send(message).is_err() || ends {
                    break;
                }
            }
            Ok(())
        });
        let writer = thread::spawn(move || {
            let mut output = io::stdout().lock();
            receiver.into_iter().try_for_each(|message| message.write(&mut output))?;
            output.flush()
        });
        (session, Self { reader, writer })
    }

    /// Waits until everything is written.
    pub(super) fn finish(self) {
        let _written = self.writer.join();
    }

    /// Returns why no more messages come.
    pub(super) fn reason(self) -> String {
        match self.reader.join() {
            Ok(Ok(())) => "it closed the connection without `exit`".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it could not be read".to_owned(),
        }
    }
}

/// Reads a message; `None` at the end of the input.
fn read(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.by_ref().take(LONGEST_HEADER).read_line(&mut line)? == 0 {
            return match length {
                None => Ok(None),
                Some(_) => Err(wrong("a message ends in its header".to_owned())),
            };
        }
        if !line.ends_with('\n') {
            return Err(wrong(format!(
                "a line of a header is cut off, or has more than {LONGEST_HEADER} bytes"
            )));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.parse::<u64>().map_err(|_| wrong(format!("`{value}` is no length")))?);
        }
    }
    let length = length.ok_or_else(|| wrong("a message has no `Content-Length`".to_owned()))?;
    if length > LARGEST_MESSAGE {
        return Err(wrong(format!("a message has {length} bytes, the most is {LARGEST_MESSAGE}")));
    }
    let mut body = Vec::new();
    let read = input.by_ref().take(length).read_to_end(&mut body)?;
    if (read as u64) < length {
        return Err(wrong(format!("a message has {length} bytes, and ends after {read}")));
    }
    let message = serde_json::from_slice(&body);
    message.map(Some).map_err(|error| wrong(format!("a message is not of the protocol: {error}")))
}

#[cfg(test)]
mod tests {
    use super::read;

    fn reason(input: &str) -> String {
        match read(&mut input.as_bytes()) {
            Ok(message) => format!("{message:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn nothing_is_kept_in_memory_for_a_length_alone() {
        let cases = [
            ("", "None"),
            ("Content-Length: 5", "a line of a header is cut off, or has more than 4096 bytes"),
            ("Content-Length: 5\r\n", "a message ends in its header"),
            ("Content-Length: 5\r\n\r\n{}", "a message has 5 bytes, and ends after 2"),
            ("Content-Length: x\r\n\r\n", "`x` is no length"),
            ("Content-Type: x\r\n\r\n", "a message has no `Content-Length`"),
            (
                "Content-Length: 18446744073709551615\r\n\r\n",
                "a message has 18446744073709551615 bytes, the most is 134217728",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(reason(input), expected, "{input:?}");
        }
        assert!(reason(&"x".repeat(10_000)).contains("more than 4096 bytes"));
        assert!(reason("Content-Length: 2\r\n\r\n[]").starts_with("a message is not of the protocol"));
    }
}
