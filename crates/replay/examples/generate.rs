//! Writes a generated Tetragon export, for measurements:
//!
//!     cargo run --release -p telovix-replay --example generate -- 820000 > export.ndjson
//!
//! Arguments: how many events; a seed (1); `spaced` for a space after every comma.

use std::io::{self, BufWriter, Write};

use telovix_replay::synthetic::{Export, Spacing};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (events, seed) = (number(100_000), number(1));
    let spacing = if std::env::args().any(|word| word == "spaced") { Spacing::Comma } else { Spacing::None };
    let mut export = Export::new(seed, events, spacing);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut line = String::new();
    for _ in 0..events {
        line.clear();
        export.write(&mut line);
        out.write_all(line.as_bytes())?;
    }
    out.flush()
}
