//! A file, a variable or keystrokes -> the passphrase of a private key.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// A passphrase, wiped when dropped and never shown.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes text without its line ending; `None` when it is empty.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let kept = text.strip_suffix('\n').unwrap_or(text);
        let kept = kept.strip_suffix('\r').unwrap_or(kept);
        (!kept.is_empty()).then(|| Passphrase(Zeroizing::new(kept.to_owned())))
    }

    /// Asks on the terminal without showing what is typed; `None` for an empty input.
    ///
    /// # Errors
    /// When the process has no terminal, or it cannot be read.
    pub fn ask(prompt: &str) -> io::Result<Option<Self>> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let mut line = Zeroizing::new(String::with_capacity(256));
        {
            // Before the prompt, so that keys typed at once are not shown either.
            let _silence = Silence::begin(&terminal)?;
            write!(&terminal, "{prompt}")?;
            BufReader::new(&terminal).read_line(&mut line)?;
        }
        writeln!(terminal)?;
        Ok(Passphrase::new(&line))
    }

    /// Returns whether both are equal.
    #[must_use]
    pub fn matches(&self, other: &Passphrase) -> bool {
        *self.0 == *other.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrase(..)")
    }
}

/// Turns echo off until it is dropped.
struct Silence<'terminal> {
    terminal: &'terminal std::fs::File,
    before: Termios,
}

impl<'terminal> Silence<'terminal> {
    fn begin(terminal: &'terminal std::fs::File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Silence { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}
