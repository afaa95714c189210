//! Zstandard frames, one after the other -> their content, with checksums compared.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A stream of frames.
pub(super) struct Frames<R: BufRead> {
    state: State<R>,
}

enum State<R: BufRead> {
    Between(R),
    Inside(R, Box<FrameDecoder>),
    Ended,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { state: State::Between(reader) }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // An error leaves the end of the frame unread.
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut reader) => {
                    if reader.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    self.state = begin(reader)?;
                }
                State::Inside(mut reader, mut decoder) => {
                    while decoder.can_collect() == 0 && !decoder.is_finished() {
                        let blocks = BlockDecodingStrategy::UptoBlocks(1);
                        decoder.decode_blocks(&mut reader, blocks).map_err(invalid)?;
                    }
                    let read = decoder.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.state = State::Inside(reader, decoder);
                        return Ok(read);
                    }
                    let written = decoder.get_checksum_from_data();
                    if written.is_some() && written != decoder.get_calculated_checksum() {
                        return Err(invalid("a checksum does not match"));
                    }
                    self.state = State::Between(reader);
                }
            }
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Starts the next frame, or skips one without content.
fn begin<R: BufRead>(mut reader: R) -> io::Result<State<R>> {
    let mut decoder = FrameDecoder::new();
    match decoder.init(&mut reader) {
        Ok(()) => {}
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
            let skipped = io::copy(&mut reader.by_ref().take(u64::from(length)), &mut io::sink())?;
            let whole = skipped == u64::from(length);
            return if whole { Ok(State::Between(reader)) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        Err(error) => return Err(invalid(error)),
    }
    Ok(State::Inside(reader, Box::new(decoder)))
}
