//! The Markdown page of a code -> the code, at compile time.
//!
//! A page has front matter with `code`, `severity`, `about: place` for an error whose level can be lowered, `title` and,
//! where it is about a TracingPolicy that Tetragon does not take as written, `tetragon`; then the explanation, then the
//! sections *Reported for* and *Not reported for*. A section is one YAML block, or a description where no document can
//! show the code. A page with a mistake does not compile.

use crate::{About, Code, Example, Severity, Treatment};

const FIRES: &str = "\n## Reported for\n";
const SILENT: &str = "\n## Not reported for\n";
const TETRAGON: &str = "\ntetragon: ";

impl Code {
    /// Reads a page: `Code::page(include_str!("cidr_any.md"))`.
    ///
    /// # Panics
    /// At compile time, when a part of the page is missing.
    #[must_use]
    pub const fn page(text: &'static str) -> Self {
        let (head, body) = cut(after(text, "---\n"), "\n---\n");
        let (explanation, examples) = cut(body, FIRES);
        let (fires, silent) = cut(examples, SILENT);
        let (id, head) = cut(after(head, "code: "), "\n");
        let (severity, title) = cut(after(head, "severity: "), "\n");
        let about =
            if starts_with(title.as_bytes(), 0, b"about: place\n") { About::Place } else { About::Meaning };
        let title = match about {
            About::Place => after(title, "about: place\n"),
            About::Meaning => title,
        };
        let (title, tetragon) = match find(title, TETRAGON) {
            Some(at) => (title.split_at(at).0, Treatment::named(title.split_at(at + TETRAGON.len()).1)),
            None => (title, Treatment::Takes),
        };
        Self {
            id,
            about,
            title: after(title, "title: "),
            severity: Severity::named(severity),
            tetragon,
            explanation: explanation.trim_ascii(),
            fires: example(fires.trim_ascii()),
            silent: example(silent.trim_ascii()),
        }
    }

    /// Sets the document that the description under *Reported for* is about; for documents too long to print.
    #[must_use]
    pub const fn fires_on(mut self, make: fn() -> String) -> Self {
        self.fires = made(self.fires, make);
        self
    }

    /// Sets the document that the description under *Not reported for* is about.
    #[must_use]
    pub const fn silent_on(mut self, make: fn() -> String) -> Self {
        self.silent = made(self.silent, make);
        self
    }
}

impl Severity {
    const fn named(name: &str) -> Self {
        match name.as_bytes() {
            b"error" => Self::Error,
            b"warning" => Self::Warning,
            b"note" => Self::Note,
            _ => panic!("a severity is `error`, `warning` or `note`"),
        }
    }
}

/// Reads a section: one YAML block, or a description.
const fn example(section: &'static str) -> Example {
    if !starts_with(section.as_bytes(), 0, b"```yaml\n") {
        return Example::Situation(section);
    }
    let (_, block) = section.split_at("```yaml".len());
    let (_, rest) = cut(block, "\n```");
    assert!(rest.is_empty(), "a section is one block and nothing else");
    let (text, _) = block.split_at(block.len() - "```".len());
    Example::Text(after(text, "\n"))
}

const fn made(example: Example, make: fn() -> String) -> Example {
    match example {
        Example::Situation(words) => Example::Made(words, make),
        Example::Text(_) | Example::Made(..) => panic!("the section of a made document is a description"),
    }
}

/// Returns what follows `start`.
const fn after(text: &'static str, start: &'static str) -> &'static str {
    assert!(
        starts_with(text.as_bytes(), 0, start.as_bytes()),
        "a part of the page is missing or out of order"
    );
    text.split_at(start.len()).1
}

/// Returns what is before the first `separator` and what is after it.
const fn cut(text: &'static str, separator: &'static str) -> (&'static str, &'static str) {
    let Some(at) = find(text, separator) else { panic!("a part of the page is missing") };
    let (before, rest) = text.split_at(at);
    (before, rest.split_at(separator.len()).1)
}

/// Returns where `wanted` starts for the first time.
const fn find(text: &str, wanted: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        if starts_with(text.as_bytes(), at, wanted.as_bytes()) {
            return Some(at);
        }
        at += 1;
    }
    None
}

const fn starts_with(text: &[u8], at: usize, start: &[u8]) -> bool {
    if text.len() - at < start.len() {
        return false;
    }
    let mut index = 0;
    while index < start.len() {
        if text[at + index] != start[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::{About, Code, Example, Severity, Treatment};

    const HEAD: &str =
        "---\ncode: port-zero\nseverity: warning\ntitle: a port is 0\n---\n\nNo packet\ngoes there.\n";

    #[test]
    fn reads_every_part() {
        const CODE: Code = Code::page(concat!(
            "---\ncode: port-zero\nseverity: warning\ntitle: a port is 0\n---\n\nNo packet\ngoes there.\n\n",
            "## Reported for\n\n```yaml\nports: [0]\n```\n\n## Not reported for\n\n```yaml\nports: [1]\n```\n"
        ));
        assert_eq!(CODE.id, "port-zero");
        assert_eq!(CODE.title, "a port is 0");
        assert_eq!(CODE.about, About::Meaning);
        assert_eq!(CODE.severity, Severity::Warning);
        assert_eq!(CODE.explanation, "No packet\ngoes there.");
        assert!(matches!(CODE.fires, Example::Text("ports: [0]\n")));
        assert!(matches!(CODE.silent, Example::Text("ports: [1]\n")));
    }

    #[test]
    fn reads_what_tetragon_does() {
        let page = |line: &str| {
            let head = HEAD.replace("title: a port is 0\n", &format!("title: a port is 0\n{line}"));
            let page = format!("{head}\n## Reported for\n\nx\n\n## Not reported for\n\ny\n");
            Code::page(page.leak())
        };
        assert_eq!(page("").tetragon, Treatment::Takes);
        let rejected = page("tetragon: rejects\n");
        assert_eq!((rejected.title, rejected.tetragon), ("a port is 0", Treatment::Rejects));
    }

    #[test]
    fn takes_a_description_where_no_document_shows_the_code() {
        let page =
            format!("{HEAD}\n## Reported for\n\na full disk\n\n## Not reported for\n\nspace on the disk\n");
        let code = Code::page(page.leak()).fires_on(String::new);
        assert!(matches!(code.fires, Example::Made("a full disk", _)));
        assert!(matches!(code.silent, Example::Situation("space on the disk")));
    }

    #[test]
    fn reads_what_an_error_is_about() {
        let page = HEAD.replace("severity: warning\n", "severity: error\nabout: place\n");
        let page = format!("{page}\n## Reported for\n\na full disk\n\n## Not reported for\n\nspace\n");
        let code = Code::page(page.leak());
        assert_eq!((code.about, code.severity, code.title), (About::Place, Severity::Error, "a port is 0"));
    }

    #[test]
    fn takes_an_empty_document() {
        let page = format!("{HEAD}\n## Reported for\n\n```yaml\n```\n\n## Not reported for\n\nany text\n");
        assert!(matches!(Code::page(page.leak()).fires, Example::Text("")));
    }

    #[test]
    #[should_panic(expected = "a part of the page is missing")]
    fn refuses_a_page_without_a_section() {
        let _ = Code::page(HEAD);
    }
}
