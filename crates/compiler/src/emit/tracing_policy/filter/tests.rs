//! Sets that Tetragon filters cannot express are refused, not approximated.

use std::sync::Arc;

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_policy::confine::{
    Condition, Confinement, Dimension, DocumentKind, DocumentReference, Effect, Gate, Listing, Operation,
    PathSet, Subject,
};
use telovix_policy::value::PathPattern;
use telovix_policy::value::{Children, Scope};

use super::{Place, path_alternatives};

fn set(patterns: &[&str]) -> PathSet {
    let patterns: Vec<_> = patterns.iter().map(|text| PathPattern::parse(text).expect("a pattern")).collect();
    patterns.iter().collect()
}

fn confinement() -> Confinement {
    let sources = SourceSet::single("a.yaml", "");
    let span = sources.iter().map(|(id, _)| Span::start_of(id)).next().expect("one source");
    Confinement {
        document: Arc::new(DocumentReference {
            kind: DocumentKind::GuardianProfile,
            id: String::new(),
            name: String::new(),
        }),
        dimension: Dimension::Files,
        span,
        subject: Subject::Everyone,
        children: Children::Leave,
        operation: Operation::Open,
        condition: Condition::Always,
        effect: Effect::Deny,
        gate: Gate::Active,
        scope: Scope::Fleet,
        exemptions: Vec::new(),
        listing: Listing::Allows,
        members: Vec::new(),
        waivers: Arc::default(),
    }
}

fn words(paths: &PathSet) -> Result<Vec<Vec<String>>, String> {
    let alternatives = path_alternatives(paths, Place::Index(0), &confinement())
        .map_err(|refusal| refusal.code.id.to_owned())?;
    let word = |filter: telovix_tetragon::ArgumentFilter| {
        let values: Vec<_> = filter.values.into_iter().map(|value| value.value).collect();
        format!("{} {}", filter.operator.value.name(), values.join(" "))
    };
    Ok(alternatives.into_iter().map(|filters| filters.into_iter().map(word).collect()).collect())
}

#[test]
fn says_lists_and_everything_but_a_list() {
    let listed = set(&["/etc/amf", "/var/log/"]);
    assert_eq!(
        words(&listed),
        Ok(vec![vec!["Equal /etc/amf".to_owned()], vec!["Prefix /etc/amf/ /var/log/".to_owned()]])
    );
    let others = listed.complement();
    let expected = vec!["NotEqual /etc/amf".to_owned(), "NotPrefix /etc/amf/ /var/log/".to_owned()];
    assert_eq!(words(&others), Ok(vec![expected]));
    assert_eq!(words(&PathSet::all()), Ok(vec![Vec::new()]));
    assert_eq!(words(&set(&[])), Ok(Vec::new()));
    assert_eq!(words(&set(&["/"]).complement()), Ok(Vec::new()));
}

#[test]
fn refuses_nested_sets() {
    let nested = set(&["/etc/"]).difference(&set(&["/etc/amf/"]));
    assert_eq!(words(&nested), Err("engine-cannot-express".to_owned()));
}

#[test]
fn refuses_what_the_engine_would_cut() {
    let long = format!("/{}/{}/", "d".repeat(200), "e".repeat(100));
    assert_eq!(words(&set(&[&long]).complement()), Err("engine-path-too-long".to_owned()));
}
