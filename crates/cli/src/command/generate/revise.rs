//! A file of profiles and a history -> the file with what is missing in them, and the difference in meaning.

use std::io::Write as _;
use std::path::Path;

use telovix_learn::{Admit, Settings, update};
use telovix_policy::value::{Capability, PathPattern};
use telovix_replay::observe::Observations;
use telovix_workspace::{read_file, shown};

use super::{Arguments, Document, GenerateFormat, code};
use crate::command::diff::between;
use crate::command::impact::code as history;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Report, Streams, json, text as findings};

impl Arguments {
    /// Prints the file with the entries that are missing in its profiles.
    pub(super) fn revise(
        &self,
        file: &Path,
        observations: &Observations,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let name = shown(file);
        let bytes = read_file(file).map_err(|error| code::unreadable_profile(&name, &error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| code::unreadable_profile(&name, &std::io::Error::other("it is not UTF-8 text")))?;
        let mut settings = self.settings();
        if !self.from_denials.is_empty() {
            exactly(&mut settings);
        }
        let updated = update(&name, &text, observations, &settings).map_err(|refused| {
            let report =
                Report { sources: refused.sources, diagnostics: refused.diagnostics, ..Report::default() };
            Failure::because(Exit::CannotRun, report.errors_only())
        })?;
        if updated.profiles == 0 {
            return Err(code::no_profile(&name));
        }
        match self.format {
            GenerateFormat::Text => streams.data.write_all(updated.text.as_bytes())?,
            GenerateFormat::Json => {
                let document = Document {
                    version: json::VERSION,
                    learned: None,
                    update: Some(&updated),
                    evaluation: None,
                    history: &observations.history,
                };
                json::print(&document, &mut streams.data)?;
            }
        }
        streams.data.flush()?;
        for added in &updated.added {
            let more = match (added.list, added.allows_more) {
                (_, 0) => String::new(),
                ("allowed_spawns" | "allowed_files", more) => {
                    format!("; allows {more} more paths of other binaries")
                }
                ("allowed_dst_ports", more) => format!("; allows {more} more ports"),
                (_, more) => format!("; allows {more} more addresses"),
            };
            let (profile, list, value) = (&added.profile, added.list, &added.value);
            writeln!(streams.talk, "added to {profile}, {list}: {value}  ({}{more})", added.reason)?;
        }
        between(&name, [&text, &updated.text], self.day.as_of(), &mut streams.talk)?;
        let mut found = history::of_reading(&observations.history, self.strict);
        found.extend(code::of_update(&updated, &name));
        findings::write(&Report::without_sources(found), Amount::ALL, &mut streams.talk)?;
        Ok(Exit::Clean)
    }
}

/// Changes settings to allow each value as it was seen, sensitive ones too: a person found them legitimate.
fn exactly(settings: &mut Settings) {
    let everything = PathPattern::parse("/").map(Admit::Path);
    settings.admitted = everything.into_iter().chain(Capability::all().map(Admit::Capability)).collect();
    settings.exact = true;
    settings.hours = u32::MAX;
    settings.most_entries = usize::MAX;
}
