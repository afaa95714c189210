//! Every code that a compile can report, from this crate and the crates it uses.

use telovix_diagnostic::Code;

/// Returns every code of the compiler, sorted by id.
#[must_use]
pub fn catalogue() -> Vec<&'static Code> {
    let mut codes: Vec<_> = codes().collect();
    codes.sort_unstable_by_key(|code| code.id);
    codes
}

/// Returns every code of the compiler, crate by crate.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let tables: [&[&'static Code]; 11] = [
        telovix_syntax::CODES,
        telovix_document::CODES,
        telovix_document::lower::CODES,
        &telovix_lint::CODES,
        crate::suppression::CODES,
        crate::assessment::CODES,
        telovix_image::CODES,
        telovix_proof::CODES,
        crate::emit::tracing_policy::CODES,
        telovix_tetragon::REJECTIONS,
        telovix_tetragon::OBJECTIONS,
    ];
    tables.into_iter().chain(telovix_compare::CODES.iter().copied()).flatten().copied()
}
