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

/// Print the events that rules reported, one JSON object per line.
///
/// Each event names the rule that decided it, with file and line, and whether the policy was verified. Events stay in
/// the kernel's ring buffer until they are read, and each event is delivered to one reader only. The number of
/// events that were dropped because the buffer was full is reported on standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix events
  telovix events --follow | jq 'select(.effect == \"deny\")'")]
pub(crate) struct Arguments {
    /// Keep waiting for new events until interrupted.
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
    /// Whether a trusted signature on the deciding generation was verified.
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
                let verification = *verifications.entry(report.generation).or_insert_with(|| {
                    Provenance::read(&places.state).verification(report.generation, None).into()
                });
                let line = Line { report, verification };
                serde_json::to_writer(&mut streams.data, &line).map_err(std::io::Error::from)?;
                writeln!(streams.data)?;
            }
            streams.data.flush()?;
            let dropped = events.dropped().map_err(|error| failed(&HostError::Runtime(error)))?;
            if dropped > lost {
                writeln!(streams.talk, "{dropped} events were dropped because the ring buffer was full")?;
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
