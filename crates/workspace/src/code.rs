//! Every code that this crate reports.

use telovix_diagnostic::Code;

use crate::{error, settings, sources};

/// Returns every code, module by module.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let modules: [&[&'static Code]; 3] = [error::CODES, settings::code::CODES, sources::code::CODES];
    modules.into_iter().flatten().copied()
}
