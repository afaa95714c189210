//! Every code that the tool can report, from the libraries and from the command line.

use telovix_diagnostic::Code;

use crate::enforcement::code as enforcement;
use crate::signing::code as signing;
use crate::{day, failure};

/// The modules of the command line that have codes.
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
    let own = MODULES.iter().chain(super::CODES).copied().flatten().copied();
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
