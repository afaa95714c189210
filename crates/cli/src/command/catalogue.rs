//! Every code that the tool can report, from the libraries and from the command line.

use telovix_diagnostic::Code;

use crate::signing::code as signing;
use crate::{day, enforcement, failure};

/// The codes of the libraries below the command line that keep one list.
const LIBRARIES: &[&[&Code]] =
    &[telovix_trust::code::CODES, telovix_host::code::RUNTIME_CODES, telovix_host::code::CODES];

/// The codes of the modules of the command line.
const MODULES: &[&[&Code]] = &[&[&failure::CANNOT_PRINT, &day::NO_DATE], signing::CODES, enforcement::CODES];

/// Returns every code, sorted by id.
pub(crate) fn catalogue() -> Vec<&'static Code> {
    let mut codes: Vec<_> = codes().collect();
    codes.sort_unstable_by_key(|code| code.id);
    codes
}

/// Returns the code with this id.
pub(crate) fn find(id: &str) -> Option<&'static Code> {
    codes().find(|code| code.id == id)
}

fn codes() -> impl Iterator<Item = &'static Code> {
    let own = LIBRARIES.iter().chain(MODULES).chain(super::CODES).copied().flatten().copied();
    telovix_compiler::catalogue::codes().chain(telovix_workspace::codes()).chain(own)
}

#[cfg(test)]
mod tests {
    use super::catalogue;

    #[test]
    fn every_code_is_kebab_case_and_unique() {
        let codes = catalogue();
        for pair in codes.windows(2) {
            assert!(pair[0].id < pair[1].id, "`{}` is declared twice", pair[0].id);
        }
        for code in codes {
            let kebab =
                |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
            assert!(code.id.chars().all(kebab), "`{}` is not kebab-case", code.id);
            assert!(!code.explanation.trim().is_empty(), "`{}` has no explanation", code.id);
            assert!(!code.title.ends_with('.'), "the title of `{}` ends with a full stop", code.id);
        }
    }
}
