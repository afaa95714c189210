//! The waivers of a document and a code -> the waiver that accepts it.

use telovix_diagnostic::Code;
use telovix_policy::value::Waiver;

/// Returns the waiver that accepts a weakening.
#[must_use]
pub fn waiver<'document>(waivers: &'document [Waiver], code: &Code) -> Option<&'document Waiver> {
    waivers.iter().find(|waiver| waiver.name.value == code.id)
}
