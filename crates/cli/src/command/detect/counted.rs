//! A table of events and detections -> how often each matches.

use telovix_clickhouse::Table;
use telovix_replay::detect::Rules;
use telovix_replay::sql;

use super::record::Line;
use super::{Arguments, code};
use crate::command::impact::policy::Policy;
use crate::events_table::unanswered;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Report, Streams, text as findings};

impl Arguments {
    /// Counts the matches of each detection.
    pub(super) fn count(
        &self,
        table: &Table,
        rules: &Rules<'_>,
        policy: &Policy,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let counts =
            sql::detections(table, table.name(), self.events.window(), rules.detections(), &policy.sources);
        let counts = counts.map_err(|error| unanswered(&error))?;
        if counts.is_empty() {
            let message = "the policies have no detection to count";
            return Err(Failure::new(Exit::CannotRun, &code::NOTHING_TO_DETECT, message)
                .help("`telovix impact --source` asks about profiles, rules and guards"));
        }
        for count in &counts {
            self.tell(&Line::detection(count), streams)?;
        }
        findings::write(&Report::without_sources(code::not_counted(policy)), Amount::ALL, &mut streams.talk)?;
        let found = counts.iter().any(|count| count.matches > 0);
        Ok(if found { Exit::Findings } else { Exit::Clean })
    }
}
