//! The text of one profile -> whom it speaks of, without reading the rest; nothing when the text is not plain enough.
//!
//! A comparison sketches what is the same on both sides. A sketch is only made where a line-by-line reading cannot
//! go wrong; everything else is read in full.

use telovix_policy::value::{AbsolutePath, ProfileId};

/// The longest name that a profile can have, in characters.
const LONGEST_NAME: usize = 128;

/// Plain words that may not be text.
const NO_TEXT: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// What identifies a profile that leaves its children to themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) binary: String,
    /// Where its first key stands in the text.
    pub(super) start: usize,
}

/// Sketches one document; nothing when it must be read.
pub(super) fn sketch(text: &str) -> Option<Sketch> {
    let mut keys = Keys::default();
    let mut start = None;
    let mut offset = 0;
    // A value on the line of its key ends there, unless the next line is indented.
    let mut ends_here = false;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let at = offset;
        offset += whole.len();
        let line = whole.trim_end();
        if line.is_empty() || line.trim_start().starts_with('#') || (number == 0 && line == "---") {
            continue;
        }
        if !is_plain(line) {
            return None;
        }
        if line.starts_with(' ') {
            if ends_here {
                return None;
            }
            continue;
        }
        if line.starts_with("- ") {
            continue;
        }
        let (key, value) = line.split_once(':')?;
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return None;
        }
        start.get_or_insert(at);
        ends_here = keys.take(key, value)?;
    }
    keys.finish(start?)
}

/// The keys that matter, as far as they were met.
#[derive(Default)]
struct Keys<'text> {
    kind: Option<&'text str>,
    id: Option<&'text str>,
    name: Option<&'text str>,
    binary: Option<&'text str>,
    children: Option<&'text str>,
}

impl<'text> Keys<'text> {
    /// Takes one key and tells whether its value must end on its line; nothing when a sketch is not possible.
    fn take(&mut self, key: &str, value: &'text str) -> Option<bool> {
        let slot = match key {
            "kind" => &mut self.kind,
            "profile_id" => &mut self.id,
            "name" => &mut self.name,
            "target_binary" => &mut self.binary,
            "children" => &mut self.children,
            _ => return (value.is_empty() || value.starts_with(' ')).then_some(false),
        };
        let fresh = slot.is_none();
        *slot = Some(word(value)?);
        fresh.then_some(true)
    }

    fn finish(self, start: usize) -> Option<Sketch> {
        let (name, binary) = (self.name?, AbsolutePath::parse(self.binary?).ok()?);
        let is_profile = self.kind? == "GuardianProfile" && matches!(self.children, None | Some("leave"));
        if !is_profile || name.chars().count() > LONGEST_NAME {
            return None;
        }
        let id = match self.id {
            Some(id) => ProfileId::parse(id).ok()?,
            None => ProfileId::derive(name, binary.as_str()),
        };
        Some(Sketch {
            id: id.as_str().to_owned(),
            name: name.to_owned(),
            binary: binary.as_str().to_owned(),
            start,
        })
    }
}

/// Tells whether what opens on a line also closes there.
fn is_plain(line: &str) -> bool {
    let count = |wanted: u8| line.bytes().filter(|byte| *byte == wanted).count();
    !line.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control())
        && count(b'[') == count(b']')
        && count(b'{') == count(b'}')
        && count(b'"').is_multiple_of(2)
        && count(b'\'').is_multiple_of(2)
}

/// Returns a value that is certainly this text.
fn word(value: &str) -> Option<&str> {
    let value = value.strip_prefix(' ')?;
    let value = value.split_once(" #").map_or(value, |(value, _)| value).trim();
    let first = value.chars().next()?;
    let text = if first == '"' || first == '\'' {
        value.strip_prefix(first)?.strip_suffix(first).filter(|inside| !inside.contains(first))?
    } else {
        let known = NO_TEXT.iter().any(|word| value.eq_ignore_ascii_case(word));
        let plain = (first.is_ascii_alphabetic() || first == '/') && !known && !value.contains(": ");
        Some(value).filter(|value| plain && !value.ends_with(':'))?
    };
    (!text.is_empty() && text == text.trim()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::sketch;
    use telovix_diagnostic::Sink;
    use telovix_diagnostic::source::SourceSet;
    use telovix_document as document;
    use telovix_document::Document;

    const PLAIN: &str = "---\n# The AMF.\nkind: GuardianProfile\nname: \"the amf\"   # as people say\n\
                         target_binary: /opt/amf/bin/amf\nallowed_spawns:\n- /usr/bin/logger\n\
                         allowed_files: [/opt/amf/]\n";

    #[test]
    fn a_sketch_is_what_reading_gives() {
        for id in ["", "profile_id: gp_0123456789ab\n"] {
            let text = format!("{PLAIN}{id}");
            let sources = SourceSet::single("amf.yaml", &text);
            let documents = document::read(&sources, &mut Sink::default()).documents;
            let [Document::GuardianProfile(profile)] = documents.as_slice() else { panic!("one profile") };
            let sketch = sketch(&text).expect("plain enough");
            assert_eq!(sketch.id, profile.profile_id.value.as_str());
            assert_eq!((sketch.name.as_str(), sketch.binary.as_str()), ("the amf", "/opt/amf/bin/amf"));
            assert_eq!(sketch.start, profile.span.start as usize);
        }
    }

    #[test]
    fn what_could_mean_something_else_is_read() {
        let changes = [
            ("kind: GuardianProfile", "kind: RuntimeGuard"),
            ("\"the amf\"   # as people say", "the\n  amf"),
            ("\"the amf\"   # as people say", "\"the\\x20amf\""),
            ("\"the amf\"   # as people say", "yes"),
            ("\"the amf\"   # as people say", "*anchor"),
            ("\"the amf\"   # as people say", "|\n  amf"),
            ("/opt/amf/bin/amf", "/opt/amf/../bin"),
            ("allowed_files: [/opt/amf/]", "allowed_files: [/opt/amf/,\n  /etc/]"),
            ("allowed_files", "children: inherit\nallowed_files"),
            ("allowed_files", "name: again\nallowed_files"),
            ("allowed_files: [/opt/amf/]", "? allowed_files\n: [/opt/amf/]"),
        ];
        for (old, new) in changes {
            assert!(PLAIN.contains(old));
            assert_eq!(sketch(&PLAIN.replace(old, new)), None, "{new}");
        }
    }
}
