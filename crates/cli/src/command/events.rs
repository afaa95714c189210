//! The kernel's ring buffer -> one JSON object a line, in the event shape that `why` and `impact` read.

use std::collections::BTreeMap;
use std::io::Write as _;

use clap::Args;
use serde::Serialize;
use telovix_host::{Events, HostError, Provenance, Report};

use super::Run;
use crate::enforcement::{PlaceArguments, Verification, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// Print what rules decided, one JSON object a line.
///
/// Each event names the rule that decided, with file and line, and whether the policy it stands in was verified. Events stay in the kernel until they are read; one
/// reader at a time gets them all. How many found no room is told on standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix events
  telovix events --follow | jq 'select(.effect == \"deny\")'")]
pub(crate) struct Arguments {
    /// Wait for more until stopped.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    places: PlaceArguments,
}

/// One event.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    report: Report,
    /// Whether somebody's signature stands behind the generation that decided.
    verification: Verification,
}

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let places = self.places.places();
        let mut events = Events::open(&places).map_err(|error| failed(&HostError::Runtime(error)))?;
        let mut verifications = BTreeMap::new();
        let mut lost = 0;
        loop {
            while let Some(report) = events.take() {
                let verification = *verifications
                    .entry(report.generation)
                    .or_insert_with(|| Provenance::read(&places.state).verification(report.generation, None).into());
                let line = Line { report, verification };
                serde_json::to_writer(&mut streams.data, &line).map_err(std::io::Error::from)?;
                writeln!(streams.data)?;
            }
            streams.data.flush()?;
            let dropped = events.dropped().map_err(|error| failed(&HostError::Runtime(error)))?;
            if dropped > lost {
                writeln!(streams.talk, "{dropped} events found no room in the kernel and are lost")?;
                streams.talk.flush()?;
                lost = dropped;
            }
            if !self.follow || streams.data.is_closed() {
                return Ok(Exit::Clean);
            }
            events.wait();
        }
    }
}
