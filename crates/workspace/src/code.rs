//! Every code that this crate reports.

use telovix_diagnostic::Code;

use crate::{agent, baseline, error, kernel_btf, rewrite, settings, sources, target_file};

/// Returns every code, module by module.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let modules: [&[&'static Code]; 8] = [
        agent::CODES,
        baseline::CODES,
        error::CODES,
        kernel_btf::CODES,
        rewrite::CODES,
        settings::code::CODES,
        sources::code::CODES,
        target_file::CODES,
    ];
    modules.into_iter().flatten().copied()
}
