//! Ctrl-C and termination signals -> a flag that is checked between steps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::unregister;

use crate::error::Error;

/// Catches signals until it is dropped, for work that must clean up. At other times the signal stops the process.
#[derive(Debug)]
pub(super) struct Interrupt {
    came: Arc<AtomicBool>,
    handlers: Vec<SigId>,
}

impl Interrupt {
    /// Starts catching SIGINT, SIGTERM and SIGHUP.
    pub(super) fn catch() -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let register = |signal| signal_hook::flag::register(signal, Arc::clone(&came));
        let handlers = [SIGINT, SIGTERM, SIGHUP].into_iter().map(register).collect::<io::Result<_>>()?;
        Ok(Self { came, handlers })
    }

    /// Returns an error if a signal was received.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.came.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            unregister(handler);
        }
    }
}
