//! Writes the events of a generated host, to measure learning:
//!
//!     cargo run --release -p telovix-replay --example world -- 1 2 > world.ndjson
//!
//! Arguments: a seed; how many days.

use std::io::{self, Write};

use telovix_replay::synthetic::world;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let days = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(2);
    io::stdout().lock().write_all(world::days(seed, days).as_bytes())
}
