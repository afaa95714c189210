//! The field `scope` -> [`Scope`].

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::value::Scope;
use telovix_syntax::Cursor;
use telovix_syntax::field::{Field, OtherKeys, Record, Shape};

use crate::codes::AMBIGUOUS_SCOPE;
use crate::shape::{ID, optional};

const SENSOR: Field = optional("sensor", ID, "The only sensor to which the rule applies.");
const GROUP: Field = optional("group", ID, "The group of sensors to which the rule applies.");

static RECORD: Record = Record {
    noun: "a scope",
    description: "One sensor or one group of sensors; the whole fleet when neither is given.",
    fields: &[SENSOR, GROUP],
    other_keys: OtherKeys::Refused,
};

/// The field `scope`.
pub(crate) const SCOPE: Field =
    optional("scope", Shape::Record(&RECORD), "Where the rule applies: the whole fleet when left out.");

/// Reads the scope of a document.
pub(crate) fn read_scope(cursor: &Cursor<'_>, sink: &mut Sink) -> Scope {
    let Some(node) = cursor.value(&SCOPE) else { return Scope::Fleet };
    let Some(scope) = Cursor::open(node, &RECORD, sink) else { return Scope::Fleet };
    match (scope.text(&SENSOR, sink), scope.text(&GROUP, sink)) {
        (None, None) => Scope::Fleet,
        (Some(sensor), None) => Scope::Sensor(sensor.value),
        (None, Some(group)) => Scope::Group(group.value),
        (Some(sensor), Some(group)) => {
            let message = "a scope names a sensor or a group, not both";
            let diagnostic = Diagnostic::new(&AMBIGUOUS_SCOPE, group.span, message)
                .related(sensor.span, "the sensor")
                .help("remove one of them, or write two rules");
            sink.report(diagnostic);
            Scope::Sensor(sensor.value)
        }
    }
}
