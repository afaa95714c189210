//! Every code that this crate reports.

use telovix_diagnostic::Code;

use crate::{agent, error, rewrite, settings, sources, target_file};

/// Returns every code, module by module.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let modules: [&[&'static Code]; 6] = [
        agent::CODES,
        error::CODES,
        rewrite::CODES,
        settings::code::CODES,
        sources::code::CODES,
        target_file::CODES,
    ];
    modules.into_iter().flatten().copied()
}
