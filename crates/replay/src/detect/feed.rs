//! Files and pipes -> pieces of bytes, in order, as soon as they are there.
//!
//! A thread of its own reads, so that a pipe without data keeps nobody from noticing a signal.

mod tail;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::source::Source;
use crate::stream::Stream;
use tail::Tail;

/// Bytes that are handed over at a time; a pipe hands over what it has.
const PIECE: usize = 1 << 16;
/// Pieces that wait at a time.
const WAITING: usize = 16;

/// Whether files are read on as they grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// To the end that they have.
    No,
    /// Until the run is stopped, also when they are truncated or replaced.
    Growing,
}

/// Something that was read.
#[derive(Debug)]
pub(super) enum Fed {
    /// Bytes of a file, by its number.
    Bytes(usize, Vec<u8>),
    /// A file ended, or was replaced by another one with its name.
    End(usize),
    /// A file was not read to its end: why, and whether events were lost.
    Incomplete(usize, String, bool),
}

/// Starts to read. The channel closes at the end of all sources.
pub(super) fn start(sources: &[Source], follow: Follow, stop: &Arc<AtomicBool>) -> Receiver<Fed> {
    let (sender, fed) = mpsc::sync_channel(WAITING);
    let (sources, stop) = (sources.to_vec(), Arc::clone(stop));
    // Nobody waits for the thread: it may be stuck in a pipe, and ends with the process.
    thread::spawn(move || {
        // The receiver is gone when nobody wants more.
        let _gone = match follow {
            Follow::No => to_the_end(&sources, &sender),
            Follow::Growing => growing(&sources, &stop, &sender),
        };
    });
    fed
}

/// Nobody receives any more.
struct Gone;

fn send(sender: &SyncSender<Fed>, fed: Fed) -> Result<(), Gone> {
    sender.send(fed).map_err(|_| Gone)
}

/// Reads every source to its end, one after the other.
fn to_the_end(sources: &[Source], sender: &SyncSender<Fed>) -> Result<(), Gone> {
    for (file, source) in sources.iter().enumerate() {
        one(file, source, sender)?;
    }
    Ok(())
}

fn one(file: usize, source: &Source, sender: &SyncSender<Fed>) -> Result<(), Gone> {
    let mut stream = match Stream::open(source, &Arc::new(AtomicU64::new(0))) {
        Ok(stream) => stream,
        Err(error) => {
            send(sender, Fed::Incomplete(file, error.to_string(), true))?;
            return send(sender, Fed::End(file));
        }
    };
    loop {
        let mut bytes = vec![0; PIECE];
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => {
                bytes.truncate(read);
                send(sender, Fed::Bytes(file, bytes))?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                send(sender, Fed::Incomplete(file, error.to_string(), true))?;
                break;
            }
        }
    }
    if let Some(changed) = stream.changed() {
        let (problem, lost) = changed.told();
        send(sender, Fed::Incomplete(file, problem, lost))?;
    }
    send(sender, Fed::End(file))
}

/// Reads files as they grow, until it is told to stop. Compressed files do not grow: they are read once, first.
fn growing(sources: &[Source], stop: &AtomicBool, sender: &SyncSender<Fed>) -> Result<(), Gone> {
    let mut tails = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        match Tail::open(source) {
            Ok(Some(tail)) => tails.push((file, tail)),
            Ok(None) => one(file, source, sender)?,
            Err(error) => send(sender, Fed::Incomplete(file, error.to_string(), true))?,
        }
    }
    while !stop.load(Ordering::Relaxed) && !tails.is_empty() {
        let mut quiet = true;
        for (file, tail) in &mut tails {
            quiet &= !tail.read(*file, &mut |fed| send(sender, fed))?;
        }
        if quiet {
            thread::sleep(tail::PAUSE);
        }
    }
    Ok(())
}
