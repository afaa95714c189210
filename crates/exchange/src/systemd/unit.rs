//! The text of a unit -> the settings of its section `[Service]`, in order.

/// The settings of a service.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) settings: Vec<Setting>,
}

/// One assignment.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    /// The line on which it starts, from 1.
    pub(super) line: u32,
}

impl Unit {
    /// Reads a unit: a line that ends with `\` goes on in the next one that is no comment. What is no assignment is skipped,
    /// as systemd does.
    pub(super) fn parse(text: &str) -> Self {
        let (mut unit, mut is_service) = (Self::default(), false);
        let mut open: Option<(u32, String)> = None;
        for (line, number) in text.lines().zip(1..) {
            let trimmed = line.trim();
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            let (start, mut joined) = open.take().unwrap_or((number, String::new()));
            if let Some(part) = trimmed.strip_suffix('\\') {
                joined.push_str(part);
                joined.push(' ');
                open = Some((start, joined));
                continue;
            }
            joined.push_str(trimmed);
            if joined.starts_with('[') {
                is_service = joined == "[Service]";
            } else if let Some((key, value)) = joined.split_once('=').filter(|_| is_service) {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                unit.settings.push(Setting { key, value, line: start });
            }
        }
        unit
    }

    /// Returns the assignments of a key since it was last reset by an empty one.
    pub(super) fn assigned(&self, key: &str) -> Vec<&Setting> {
        let mut assigned = Vec::new();
        for setting in self.of(key) {
            if setting.value.is_empty() {
                assigned.clear();
            } else {
                assigned.push(setting);
            }
        }
        assigned
    }

    /// Returns every assignment of a key.
    pub(super) fn of(&self, key: &str) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(move |setting| setting.key == key)
    }
}
