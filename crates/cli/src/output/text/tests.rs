use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{About, Code, Diagnostic, Example, Severity};

use crate::output::{Amount, Report, text};

static CODE: Code = Code {
    id: "unknown-key",
    title: "a key that no document has",
    severity: Severity::Error,
    tetragon: telovix_diagnostic::Treatment::Takes,
    about: About::Meaning,
    explanation: "",
    fires: Example::Text(""),
    silent: Example::Text(""),
};

fn rendered(source: &str, diagnostic: impl FnOnce(&dyn Fn(&str) -> Span) -> Diagnostic) -> String {
    let sources = SourceSet::single("amf.yaml", source);
    let (id, _) = sources.iter().next().unwrap();
    let place = |part: &str| {
        let start = source.find(part).unwrap();
        Span::new(id, start, start + part.len())
    };
    let diagnostics = vec![diagnostic(&place)];
    let mut out = Vec::new();
    let report = Report { sources, shown_below: "profiles/".to_owned(), diagnostics, ..Report::default() };
    text::write(&report, Amount::ALL, &mut out).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
}

#[test]
fn a_finding_shows_its_line_related_locations_and_the_fix() {
    let text = rendered("kind: GuardianProfile\nmodee: audit\nname: amf\n", |place| {
        Diagnostic::new(&CODE, place("modee"), "unknown key `modee`")
            .label("no such key")
            .related(place("GuardianProfile"), "in this document")
            .help("did you mean `mode`?")
            .fix(place("modee"), "mode")
    });
    let expected = "\
error[unknown-key]: unknown key `modee`
 --> profiles/amf.yaml:2:1
  |
1 | kind: GuardianProfile
  |       --------------- in this document
2 | modee: audit
  | ^^^^^ no such key
  |
  = help: did you mean `mode`?
help: write this instead
  |
2 - modee: audit
2 + mode: audit
  |

1 error; run `telovix explain CODE` for details
";
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn a_span_of_many_lines_shows_its_first() {
    let text = rendered("a: 1\nb: 2\nc: 3\n", |place| {
        Diagnostic::new(&CODE, place("a: 1\nb: 2\nc: 3"), "all of it")
    });
    assert!(text.contains("1 | a: 1\n  | ^^^^\n"), "{text}");
    assert!(!text.contains("b: 2"), "{text}");
}

#[test]
fn a_line_of_a_megabyte_is_named_but_not_printed() {
    let source = format!("a: {}", "x".repeat(1 << 20));
    let text = rendered(&source, |place| Diagnostic::new(&CODE, place("xxx"), "too long"));
    assert!(text.contains("profiles/amf.yaml:1"), "{text}");
    assert!(text.len() < 500);
}

#[test]
fn control_characters_of_a_policy_do_not_reach_the_terminal() {
    let text =
        rendered("a: \u{1b}[2Jb\n", |place| Diagnostic::new(&CODE, place("a"), "name `\u{1b}[2J\u{7}`"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn many_equal_findings_are_counted() {
    let source = "a: 1\n".repeat(20_000);
    let sources = SourceSet::single("amf.yaml", &source);
    let (id, _) = sources.iter().next().unwrap();
    let at = |line: usize| {
        Diagnostic::new(&CODE, Span::new(id, 5 * line, 5 * line + 1), "unknown key `a`").help("remove it")
    };
    let diagnostics = (0..20_000).map(at).collect();
    let report = Report { sources, shown_below: String::new(), diagnostics, ..Report::default() };
    let mut out = Vec::new();
    text::write(&report, Amount::default(), &mut out).unwrap();
    let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
    assert!(text.lines().count() <= 50, "{}", text.lines().count());
    assert!(text.contains("… and 19,995 more of error[unknown-key]\n"), "{text}");
    assert!(text.ends_with(
        "20000 errors (19995 are not shown: `--verbose`); run `telovix explain CODE` for details\n"
    ));
}
