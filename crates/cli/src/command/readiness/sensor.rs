//! The state of a sensor as the Console reports it -> the conditions that it sets.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use telovix_replay::readiness::Condition;

use super::code::UNKNOWN_SENSOR_STATE;
use crate::exit::Exit;
use crate::failure::Failure;

/// What a value means for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Fine,
    Caution,
    Blocks,
}

use Meaning::{Blocks, Caution, Fine};

/// A field of the state, with every value that the Console reports, and what to do about a bad one.
struct Field {
    name: &'static str,
    values: &'static [(&'static str, Meaning)],
    fix: &'static str,
}

const FIELDS: [Field; 5] = [
    Field {
        name: "runtime_mode",
        values: &[("live", Fine), ("compatibility", Blocks), ("simulated", Blocks)],
        fix: "run the sensor with the live adapter",
    },
    Field {
        name: "trust_state",
        values: &[
            ("trusted", Fine),
            ("rotated", Fine),
            ("bootstrap_pending", Blocks),
            ("trust_revoked", Blocks),
        ],
        fix: "enroll the sensor again",
    },
    Field {
        name: "trust_health",
        values: &[
            ("healthy", Fine),
            ("renewal_recommended", Caution),
            ("renewal_due", Caution),
            ("degraded", Blocks),
            ("revoked", Blocks),
        ],
        fix: "renew the certificate of the sensor",
    },
    Field {
        name: "health_state",
        values: &[
            ("healthy", Fine),
            ("watch", Caution),
            ("degraded", Caution),
            ("critical", Blocks),
            ("offline", Blocks),
        ],
        fix: "repair the sensor first",
    },
    Field {
        name: "enforcement_state",
        values: &[("observe", Fine), ("enforce_ready", Fine), ("enforced", Fine)],
        fix: "",
    },
];

/// Reads a state.
///
/// # Errors
/// When the file cannot be read, or has a word that the Console does not use.
pub(super) fn conditions(file: &Path) -> Result<Vec<Condition>, Failure> {
    let wrong = |problem: String| {
        Failure::new(Exit::CannotRun, &UNKNOWN_SENSOR_STATE, format!("`{}`: {problem}", file.display()))
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let fields: Map<String, Value> = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    of(&fields).map_err(wrong)
}

fn of(fields: &Map<String, Value>) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for Field { name, values, fix } in FIELDS {
        let Some(value) = fields.get(name).filter(|value| !value.is_null()) else {
            if !fix.is_empty() {
                let message = format!("the state of the sensor has no `{name}`");
                conditions.push(Condition::caution(
                    name,
                    message,
                    "export the state of the sensor with this field",
                ));
            }
            continue;
        };
        let known = values.iter().find(|(word, _)| value.as_str() == Some(word));
        let words = || values.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let (word, meaning) =
            known.ok_or_else(|| format!("`{name}` is {value}; expected one of {}", words()))?;
        let message = format!("`{name}` of the sensor is `{word}`");
        match meaning {
            Fine => {}
            Caution => conditions.push(Condition::caution(name, message, fix)),
            Blocks => conditions.push(Condition::blocking(name, message, fix)),
        }
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use telovix_replay::readiness::Class;

    use super::of;

    fn class(state: &Value) -> Result<Class, String> {
        of(state.as_object().unwrap()).map(|conditions| Class::of(&conditions))
    }

    #[test]
    fn every_bad_state_stops_the_step() {
        let good = json!({
            "runtime_mode": "live", "trust_state": "trusted", "trust_health": "healthy", "health_state": "healthy",
        });
        assert_eq!(class(&good), Ok(Class::CandidateForEnforceReady));
        let with = |name: &str, word: &str| {
            let mut state = good.clone();
            state[name] = word.into();
            class(&state)
        };
        for (name, word) in [
            ("runtime_mode", "simulated"),
            ("trust_state", "trust_revoked"),
            ("trust_health", "degraded"),
            ("health_state", "critical"),
        ] {
            assert_eq!(with(name, word), Ok(Class::Blocked), "{name} {word}");
        }
        assert_eq!(with("trust_health", "renewal_due"), Ok(Class::NeedsReview));
        assert_eq!(class(&json!({"runtime_mode": "live"})), Ok(Class::NeedsReview), "the rest is not known");
        assert!(with("trust_health", "fine").is_err());
    }
}
