//! Entries -> the text of the file.

use std::fmt::Write as _;

use super::{Baseline, Entry, Verb};

const HEAD: &str = "\
# yaml-language-server: $schema=.telovix/schemas/baseline.json
#
# The findings that this repository had when it adopted Telovix: `telovix lint` and `telovix check` fail on others only.
# `telovix baseline --prune` removes those that were corrected. An error keeps `telovix compile` from writing anything.
";

impl Baseline {
    /// Returns the text of the file: the same entries, the same bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        line(&mut text, "", "date", &self.origin.date.to_string());
        line(&mut text, "", "owner", &self.origin.owner);
        line(&mut text, "", "reason", &self.origin.reason);
        if self.entries.is_empty() {
            text.push_str("findings: []\n");
            return text;
        }
        text.push_str("findings:\n");
        self.entries.iter().for_each(|entry| self.write(&mut text, entry));
        text
    }

    fn write(&self, text: &mut String, entry: &Entry) {
        line(text, "  - ", "code", &entry.place.code);
        if entry.verb == Verb::Check {
            line(text, "    ", "command", entry.verb.name());
        }
        let place = &entry.place;
        let parts = [
            ("file", &place.file),
            ("document", &place.document),
            ("field", &place.field),
            ("text", &place.text),
        ];
        for (key, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            line(text, "    ", key, value);
        }
        if entry.count > 1 {
            let _infallible = writeln!(text, "    count: {}", entry.count);
        }
        if *entry.origin != *self.origin {
            line(text, "    ", "date", &entry.origin.date.to_string());
            line(text, "    ", "owner", &entry.origin.owner);
            line(text, "    ", "reason", &entry.origin.reason);
        }
    }
}

fn line(text: &mut String, indent: &str, key: &str, value: &str) {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/_.-".contains(letter);
    let starts = value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    // Words that YAML takes for something else are quoted with all that is not plain.
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&value.to_lowercase().as_str());
    let is_date = key == "date";
    let value = if is_date || (starts && !is_word && value.chars().all(is_plain)) {
        value.to_owned()
    } else {
        let mut quoted = String::new();
        telovix_tetragon::push_quoted(&mut quoted, value);
        quoted
    };
    let _infallible = writeln!(text, "{indent}{key}: {value}");
}
