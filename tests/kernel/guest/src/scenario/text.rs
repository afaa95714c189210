//! The text of a scenario file -> what to set up, attempt and expect.
//!
//! Nothing here runs anything: the guest reads the text to attempt it, a test to judge it.

use std::fmt;

use anyhow::{Context, bail};

/// A scenario.
#[derive(Debug, Default)]
pub(crate) struct Scenario {
    /// What is tried: a template or a dimension. The row of the evasion matrix.
    pub(crate) row: String,
    pub(crate) setup: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// Each `operation effect detail`, in the order in which they must come; others may come between.
    pub(crate) events: Vec<String>,
    pub(crate) policy: String,
}

/// One attempt.
#[derive(Debug)]
pub(crate) struct Step {
    /// The cell of the evasion matrix that this is.
    pub(crate) label: Option<Label>,
    /// The oldest kernel that has the call.
    pub(crate) since: (u16, u16),
    pub(crate) actor: String,
    pub(crate) words: Vec<String>,
    pub(crate) expected: Outcome,
    /// Why the attempt gets through although it is an evasion.
    pub(crate) open: Option<String>,
    /// What the judge says of it where that is not what the kernel does, and why.
    #[cfg_attr(not(test), expect(dead_code, reason = "the guest asks the kernel only"))]
    pub(crate) judged: Option<(Outcome, String)>,
}

/// A way into the operation, by its name in the compiler's tables, and the trick that is tried of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) way: String,
    pub(crate) trick: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allowed,
    Denied,
    Killed,
    Error(i32),
}

impl Scenario {
    /// Reads a file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (head, policy) = text.split_once("\n---\n").unwrap_or((text, ""));
        let mut scenario = Self { policy: policy.to_owned(), ..Self::default() };
        let mut list = "";
        for line in head.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
        {
            if let Some(item) = line.trim_start().strip_prefix("- ") {
                let item = item.trim().trim_matches('"').to_owned();
                match list {
                    "setup" => scenario.setup.push(item),
                    "steps" => scenario.steps.push(Step::parse(&item).with_context(|| item.clone())?),
                    "events" => scenario.events.push(item),
                    _ => bail!("a list item below `{list}`"),
                }
                continue;
            }
            let (key, value) = line.split_once(':').with_context(|| format!("no key in `{line}`"))?;
            match key {
                "kind" => {}
                "row" => value.trim().clone_into(&mut scenario.row),
                "setup" | "steps" | "events" => list = key,
                _ => bail!("unknown key `{key}`"),
            }
        }
        Ok(scenario)
    }
}

impl Step {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut rest = text;
        let mut label = None;
        let mut since = (0, 0);
        if let Some(inside) = rest.strip_prefix('[') {
            let (name, more) = inside.split_once("] ").context("no end of the label")?;
            let (way, trick) = name.split_once(" | ").unwrap_or((name, "as such"));
            (label, rest) = (Some(Label { way: way.to_owned(), trick: trick.to_owned() }), more);
        }
        if let Some(inside) = rest.strip_prefix('{') {
            let (version, more) = inside.split_once("+} ").context("no end of the version")?;
            let (major, minor) = version.split_once('.').context("no version")?;
            (since, rest) = ((major.parse()?, minor.parse()?), more);
        }
        let (attempt, outcome) = rest.split_once(" => ").context("no outcome")?;
        let (actor, words) = attempt.split_once(": ").context("no actor")?;
        let (outcome, mut notes) = outcome.split_once(" (").unwrap_or((outcome, ""));
        let (mut open, mut judged) = (None, None);
        while !notes.is_empty() {
            let (note, more) = notes.split_once(" (").unwrap_or((notes, ""));
            let (key, reason) =
                note.trim_end_matches(')').split_once(": ").context("a note gives a reason")?;
            match key.split_once(' ') {
                None if key == "open" => open = Some(reason.to_owned()),
                Some(("judge", outcome)) => judged = Some((Outcome::parse(outcome)?, reason.to_owned())),
                _ => bail!("unknown note `{key}`"),
            }
            notes = more;
        }
        let expected = Outcome::parse(outcome)?;
        let words = words.split_ascii_whitespace().map(str::to_owned).collect();
        Ok(Self { label, since, actor: actor.to_owned(), words, expected, open, judged })
    }
}

impl Outcome {
    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(match text.split_once(' ').unwrap_or((text, "")) {
            ("allowed", "") => Self::Allowed,
            ("denied", "") => Self::Denied,
            ("killed", "") => Self::Killed,
            ("errno", number) => Self::Error(number.parse()?),
            _ => bail!("unknown outcome `{text}`"),
        })
    }

    /// The word of the evasion matrix; nothing for an attempt that failed for a reason of its own.
    pub(crate) fn status(self) -> Option<&'static str> {
        match self {
            Self::Denied => Some("denied"),
            Self::Killed => Some("killed"),
            Self::Allowed => Some("open"),
            Self::Error(libc::ENOSYS) => Some("absent"),
            Self::Error(_) => None,
        }
    }

    /// The outcome that an errno says.
    pub(crate) fn of_errno(errno: i32) -> Self {
        match errno {
            0 => Self::Allowed,
            libc::EPERM | libc::EACCES => Self::Denied,
            other => Self::Error(other),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allowed"),
            Self::Denied => formatter.write_str("denied"),
            Self::Killed => formatter.write_str("killed"),
            Self::Error(number) => write!(formatter, "errno {number}"),
        }
    }
}
