//! The kernel's ring buffer -> one JSON object a line, in the event shape that `why` and `impact` read.

use std::io::Write as _;

use clap::Args;
use telovix_bpf_runtime::events::Events;

use super::Run;
use crate::enforcement::{PlaceArguments, refused};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;

/// Print what rules decided, one JSON object a line.
///
/// Each event names the rule that decided, with file and line. Events stay in the kernel until they are read; one
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

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let mut events = Events::open(&self.places.places()).map_err(|error| refused(&error))?;
        let mut lost = 0;
        loop {
            while let Some(report) = events.take() {
                serde_json::to_writer(&mut streams.data, &report).map_err(std::io::Error::from)?;
                writeln!(streams.data)?;
            }
            streams.data.flush()?;
            let dropped = events.dropped().map_err(|error| refused(&error))?;
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
