//! AppArmor profiles -> profiles of the programs that they are attached to.
//!
//! ```text
//! statement  text -> statements
//! pattern    patterns of paths -> patterns of documents
//! profile    the rules of one profile -> lists
//! ```
//!
//! Facts are those of apparmor.d(5), AppArmor 4.1.

mod pattern;
mod profile;
mod statement;

use crate::product::Conversion;
use crate::{Change, Effect};
use pattern::Variables;
use profile::Profile;
use statement::{End, Statement, split};

/// The most bytes of a file that is read.
pub const LARGEST_FILE: usize = 1 << 20;

/// Imports the profiles of a file. Returns nothing when there is none in it.
///
/// # Errors
/// With the reason when a profile cannot be imported: then none of the file is.
pub fn import(name: &str, text: &str) -> Result<Option<Conversion>, String> {
    if text.len() > LARGEST_FILE {
        return Err(format!("is larger than {LARGEST_FILE} bytes"));
    }
    let statements = split(text)?;
    let (mut variables, mut changes, mut documents) = (Variables::new(), Vec::new(), Vec::new());
    let mut open: Option<Profile> = None;
    let mut depth = 0usize;
    for statement in &statements {
        match (statement.end, &mut open) {
            (End::Open, None) => {
                depth = 1;
                open = Some(Profile::head(statement, &variables, &mut changes)?);
            }
            (End::Open, Some(_)) => {
                if depth == 1 {
                    let why = "not imported: a process that is in it is judged by the profile around it";
                    tell(&mut changes, statement, why, Effect::Weaker);
                }
                if statement.words.first().is_some_and(|word| word == "if" || word == "else") {
                    return Err(format!("line {}: has a condition", statement.line));
                }
                depth += 1;
            }
            (End::Close, None) => return Err(format!("line {}: closes no profile", statement.line)),
            (End::Close, Some(profile)) => {
                depth -= 1;
                if depth == 0 {
                    documents.extend(profile.documents(name, &mut changes));
                    open = None;
                }
            }
            (End::Rule, None) => preamble(statement, &mut variables, &mut changes)?,
            (End::Rule, Some(profile)) if depth == 1 => profile.rule(statement, &variables, &mut changes)?,
            // The rules of a block that is not imported as a whole.
            (End::Rule, Some(_)) => {}
        }
    }
    if let Some(profile) = open {
        return Err(format!("line {}: a profile is not closed", profile.line));
    }
    changes.sort_by_key(|change| change.line);
    Ok((!documents.is_empty()).then(|| Conversion { text: documents.join("---\n"), changes }))
}

fn tell(changes: &mut Vec<Change>, statement: &Statement, why: &str, effect: Effect) {
    let what = format!("`{}`", statement.words.join(" "));
    changes.push(Change { line: statement.line, what, why: why.to_owned(), effect });
}

/// Reads a statement before the profiles.
fn preamble(
    statement: &Statement,
    variables: &mut Variables,
    changes: &mut Vec<Change>,
) -> Result<(), String> {
    let all = statement.words.join(" ");
    let first = statement.words.first().map_or("", String::as_str);
    if first.starts_with("@{") {
        let Some((name, values)) = all.split_once('=') else {
            return Err(format!("line {}: a variable has no value", statement.line));
        };
        let is_added = name.ends_with('+');
        let name =
            name.trim_end_matches('+').trim().trim_start_matches("@{").trim_end_matches('}').to_owned();
        let known = variables.entry(name).or_default();
        if !is_added {
            known.clear();
        }
        known.extend(values.split_whitespace().map(str::to_owned));
        return Ok(());
    }
    match first {
        "abi" => tell(changes, statement, "not imported: it is about the parser", Effect::Same),
        "include" => {
            let why = "not read: variables that it defines are not known";
            tell(changes, statement, why, Effect::Stricter);
        }
        "alias" => return Err(format!("line {}: has an alias, by which other paths match", statement.line)),
        _ => return Err(format!("line {}: `{all}` is outside of a profile", statement.line)),
    }
    Ok(())
}
