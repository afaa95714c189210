//! Documents that `telovix` printed in a guest -> violations of the published schemas.

use std::collections::BTreeMap;

use anyhow::Context;
use jsonschema::Validator;
use serde_json::Value;

use crate::repository;

/// Schemas of which a whole run of the host scenarios must print at least one document.
const SHOWN: [&str; 7] = ["apply", "event", "plan", "remove", "report", "rollback", "status"];

/// The number of documents of each schema, and the violations found.
#[derive(Default)]
pub(super) struct Documents {
    counts: BTreeMap<String, u32>,
    validators: BTreeMap<String, Validator>,
    pub(super) problems: Vec<String>,
}

impl Documents {
    /// Checks a document against its schema: `SCHEMA JSON`.
    pub(super) fn read(&mut self, line: &str) -> anyhow::Result<()> {
        let (schema, json) = line.split_once(' ').context("a schema and a document")?;
        if !self.validators.contains_key(schema) {
            self.validators.insert(schema.to_owned(), validator(schema)?);
        }
        *self.counts.entry(schema.to_owned()).or_default() += 1;
        match serde_json::from_str::<Value>(json) {
            Err(error) => self.problems.push(format!("{schema}: {error}: {json}")),
            Ok(document) => {
                let validator = self.validators.get(schema).context("it was just made")?;
                let errors = validator.iter_errors(&document);
                self.problems.extend(errors.map(|error| format!("{schema}: {error}: {json}")));
            }
        }
        Ok(())
    }

    /// Reports the schemas of which no document was printed.
    pub(super) fn complete(&mut self) {
        let missing = SHOWN.iter().filter(|schema| !self.counts.contains_key(**schema));
        self.problems.extend(missing.map(|schema| format!("{schema}: no document was printed")));
    }

    /// The counts in one line.
    pub(super) fn summary(&self) -> String {
        let counts: Vec<String> =
            self.counts.iter().map(|(schema, count)| format!("{count} {schema}")).collect();
        counts.join(", ")
    }
}

fn validator(schema: &str) -> anyhow::Result<Validator> {
    let folder = repository::root().join("schemas");
    let name = format!("{schema}.json");
    let own = folder.join("output").join(&name);
    let path = if own.exists() { own } else { folder.join(&name) };
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let schema = serde_json::from_str(&text)?;
    jsonschema::draft202012::new(&schema).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}
