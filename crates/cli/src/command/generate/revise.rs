//! A file of profiles and a history -> the file with what is missing in them, and the difference in meaning.

use std::io::Write as _;
use std::path::Path;

use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::Severity;
use telovix_diagnostic::source::SourceSet;
use telovix_learn::{Admit, Settings, Updated, permit, update};
use telovix_policy::confine::{DocumentKind, Effect};
use telovix_policy::judge::Index;
use telovix_policy::value::{Capability, PathPattern};
use telovix_replay::observe::Observations;
use telovix_replay::{Options as Scanning, distinct, find};
use telovix_workspace::{read_file, shown};

use super::{Arguments, Document, GenerateFormat, code};
use crate::command::diff::between;
use crate::command::impact::code as history;
use crate::command::why::remedy::{Change, apply};
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
        let mut updated = update(&name, &text, observations, &settings).map_err(|refused| {
            let report =
                Report { sources: refused.sources, diagnostics: refused.diagnostics, ..Report::default() };
            Failure::because(Exit::CannotRun, report.errors_only())
        })?;
        let exempted = self.exempt(&name, &mut updated)?;
        if updated.profiles == 0 && exempted.is_empty() {
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
        for edit in &exempted {
            writeln!(streams.talk, "{}: {}", edit.source, edit.what)?;
        }
        between(&name, [&text, &updated.text], self.day.as_of(), &mut streams.talk)?;
        let mut found = history::of_reading(&observations.history, self.strict);
        found.extend(code::of_update(&updated, &name));
        findings::write(&Report::without_sources(found), Amount::ALL, &mut streams.talk)?;
        Ok(Exit::Clean)
    }
}

/// More different denials are not read.
const MOST_DENIALS: usize = 1_000;

impl Arguments {
    /// Edits rules and guards of the updated text so that they allow the denials: an exception, an allowed value, or a
    /// removed entry of a block list. Returns what was done.
    fn exempt(&self, name: &str, updated: &mut Updated) -> Result<Vec<Change>, Failure> {
        if self.from_denials.is_empty() {
            return Ok(Vec::new());
        }
        let sources = find(&self.from_denials).map_err(|errors| history::unreadable(&errors))?;
        let (events, _, _) = distinct(&sources, Scanning::default(), MOST_DENIALS);
        let mut options = CompilerOptions::on(self.day.as_of());
        options.as_of = self.day.asked();
        let mut state = SourceSet::single(name, &updated.text);
        let mut analysis = analyse(&state, &options);
        let mut done = Vec::new();
        let mut kept = Vec::new();
        for event in &events {
            // A denial that names no process is one of a profile, which was updated.
            for _ in 0..MOST_DENIALS {
                let verdict = Index::new(&analysis.policy.confinements).judge(event);
                let document = verdict.decision.as_ref().map(|decision| &decision.confinement.document);
                let is_profile =
                    document.is_none_or(|document| document.kind == DocumentKind::GuardianProfile);
                if verdict.effect == Effect::Allow || !verdict.depends_on.is_empty() || is_profile {
                    break;
                }
                let document = document.map_or(String::new(), |document| document.name.clone());
                match permit(&analysis.policy, &state, &verdict, event) {
                    Ok(found) => {
                        let what = format!("{}, of `{document}`", found.what);
                        let (change, next) = apply(&state, &found.edits, what);
                        let after = analyse(&next, &options);
                        if after.diagnostics.iter().any(|found| found.severity == Severity::Error) {
                            break;
                        }
                        kept.push(document);
                        done.push(change);
                        (state, analysis) = (next, after);
                    }
                    Err(_) => break,
                }
            }
        }
        if let Some((_, source)) = state.iter().next() {
            source.text().clone_into(&mut updated.text);
        }
        // What is allowed now is not denied elsewhere.
        let allowed = |name: &str| {
            kept.iter().any(|document| document == name)
                || events.iter().any(|event| {
                    event.binary.as_deref() == Some(name)
                        && Index::new(&analysis.policy.confinements).judge(event).effect == Effect::Allow
                })
        };
        updated.elsewhere.retain(|elsewhere| !allowed(&elsewhere.name));
        Ok(done)
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
