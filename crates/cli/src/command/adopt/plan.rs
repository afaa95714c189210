//! A folder -> the files of its policy repository, without writing any.

use std::path::{Path, PathBuf};

use telovix_diagnostic::Severity;
use telovix_diagnostic::source::SourceSet;
use telovix_exchange::Change;
use telovix_exchange::product::{self, Conversion};
use telovix_platform::Target;
use telovix_workspace::baseline::Origin;
use telovix_workspace::{BASELINE, Baseline, CONFIGURATION, Problem, Repository};

use super::code::NOTHING_TO_ADOPT;
use super::foreign::Imported;
use super::settings::{self, LeftOut};

use crate::command::accepted::revise;
use crate::exit::Exit;
use crate::failure::Failure;

/// The folder of converted copies.
const ADOPTED: &str = "adopted";

/// The most changes that the head of a converted file lists.
const LISTED: usize = 100;

/// The files of the new repository.
pub(super) struct Plan {
    folder: PathBuf,
    /// The text of `telovix.yaml`.
    pub(super) settings: String,
    /// The converted copies.
    pub(super) copies: Vec<Copy>,
    /// What is left out for another reason than a copy.
    pub(super) left_out: Vec<LeftOut>,
    /// The findings of today.
    pub(super) baseline: Baseline,
    /// How many files are read as policies, with the copies.
    pub(super) policies: usize,
}

/// A converted copy.
pub(super) struct Copy {
    /// The original, relative to the root.
    pub(super) from: String,
    /// The copy, relative to the root.
    pub(super) to: String,
    /// The text of the copy.
    text: String,
    /// What differs.
    pub(super) changes: Vec<Change>,
}

impl Plan {
    /// Reads the folder and plans its repository.
    ///
    /// # Errors
    /// When there is no policy in it.
    pub(super) fn make(
        folder: &Path,
        targets: &[Target],
        imported: Vec<Imported>,
        origin: &Origin,
    ) -> Result<Self, Failure> {
        let output = output(folder);
        let settings = |left_out: &[LeftOut]| settings::text(targets, output, left_out, origin.date);
        let input = Repository::planned(folder, &settings(&[]))?.read_with(Vec::new());
        let mut copies = Vec::new();
        let mut left_out: Vec<LeftOut> = input.problems.iter().flat_map(unread).collect();
        let mut all = left_out.clone();
        let converted: Vec<Option<Conversion>> =
            input.sources.iter().map(|(_, source)| product::convert(source.text())).collect();
        let moved = moved_packs(&input.sources, &converted);
        for ((_, source), conversion) in input.sources.iter().zip(converted) {
            let is_moved = moved.iter().any(|folder| source.name().starts_with(folder));
            let unchanged =
                || is_moved.then(|| Conversion { text: source.text().to_owned(), changes: Vec::new() });
            let Some(Conversion { text, changes }) = conversion.or_else(unchanged) else { continue };
            let copy = Copy::new(source.name(), &text, changes);
            let Some(original) = LeftOut::new(source.name(), format!("converted to {}", copy.to)) else {
                continue;
            };
            all.push(original);
            copies.push(copy);
        }
        for Imported { path, enforcer, document } in imported {
            match document {
                Ok(Conversion { text, changes }) => {
                    copies.push(Copy::imported(&path, enforcer, &text, changes));
                }
                Err(reason) => left_out.push(LeftOut { path, reason }),
            }
        }
        if input.sources.iter().next().is_none() && copies.is_empty() {
            let unread = left_out.iter().map(|left| format!("; `{}` {}", left.path, left.reason));
            let message = format!("there are no policies in this folder{}", unread.collect::<String>());
            let failure = Failure::new(Exit::CannotRun, &NOTHING_TO_ADOPT, message);
            return Err(failure.help("`telovix init` creates a repository with policies to start from"));
        }
        all.sort_by(|left, right| left.path.cmp(&right.path));
        all.dedup_by(|left, right| left.path == right.path);
        left_out.dedup();
        let mut settings = settings(&all);
        if selects_pods(&input.sources, &copies) {
            settings.push_str(settings::KUBERNETES);
        }
        let repository = Repository::planned(folder, &settings)?;
        let input =
            repository.read_with(copies.iter().map(|copy| (copy.to.clone(), copy.text.clone())).collect());
        let policies = input.sources.iter().count();
        let mut baseline = Baseline::new(origin.clone());
        let options = repository.options(None, origin.date);
        revise(input, &options, &mut baseline, Some(origin));
        Ok(Self { folder: folder.to_owned(), settings, copies, left_out, baseline, policies })
    }

    /// Returns every file with its text; the settings, which mark the repository, last.
    pub(super) fn files(&self) -> Vec<(PathBuf, String)> {
        let copies = self.copies.iter().map(|copy| (copy.to.clone(), copy.text.clone()));
        let baseline = (self.baseline.count() > 0).then(|| (BASELINE.to_owned(), self.baseline.text()));
        let settings = [(CONFIGURATION.to_owned(), self.settings.clone())];
        copies.chain(baseline).chain(settings).map(|(path, text)| (self.folder.join(path), text)).collect()
    }
}

impl Copy {
    fn new(from: &str, converted: &str, changes: Vec<Change>) -> Self {
        let head = format!(
            "Converted from `{}` by `telovix adopt`; the original is not read any more.",
            plain(from)
        );
        Self::with_head(from, &head, converted, changes)
    }

    fn imported(from: &str, enforcer: &str, converted: &str, changes: Vec<Change>) -> Self {
        let head =
            format!("What {enforcer} enforces for `{}`, by `telovix adopt`. This differs:", plain(from));
        Self::with_head(from, &head, converted, changes)
    }

    fn with_head(from: &str, head: &str, converted: &str, changes: Vec<Change>) -> Self {
        let is_yaml = [".yaml", ".yml"].iter().any(|end| from.ends_with(end));
        let to = format!("{ADOPTED}/{from}{}", if is_yaml { "" } else { ".yaml" });
        let mut text = format!("# {head}\n");
        for Change { line, what, why, effect } in changes.iter().take(LISTED) {
            let place = if *line == 0 { String::new() } else { format!("line {line}, ") };
            text.push_str(&format!("# {place}{}: {} ({})\n", plain(what), plain(why), effect.name()));
        }
        if changes.len() > LISTED {
            text.push_str(&format!("# and {} more\n", changes.len() - LISTED));
        }
        text.push_str(converted);
        Self { from: from.to_owned(), to, text, changes }
    }
}

/// Returns a text for one line of a comment.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Returns the folders of packs with a file that is converted, each with a `/` at its end: a pack and its documents stay
/// together, because a document outside of the folder is not in the pack.
fn moved_packs(sources: &SourceSet, converted: &[Option<Conversion>]) -> Vec<String> {
    let folders = sources.iter().flat_map(|(_, source)| {
        let folder = source.name().rsplit_once('/').map_or("", |(folder, _)| folder);
        let packs = product::pack_folders(source.text());
        let is_folder = move |pack: &String| folder == pack || folder.ends_with(&format!("/{pack}"));
        packs.into_iter().find(is_folder).map(|_| format!("{folder}/"))
    });
    let is_moved = |folder: &String| {
        let mut files = sources.iter().zip(converted);
        files.any(|((_, source), conversion)| conversion.is_some() && source.name().starts_with(folder))
    };
    folders.filter(is_moved).collect()
}

/// Returns whether a policy selects pods, so that its Tetragon runs in Kubernetes.
fn selects_pods(sources: &SourceSet, copies: &[Copy]) -> bool {
    let words = ["kind: TracingPolicyNamespaced", "podSelector:", "containerSelector:"];
    let texts = sources.iter().map(|(_, source)| source.text());
    let mut texts = texts.chain(copies.iter().map(|copy| copy.text.as_str()));
    texts.any(|text| words.iter().any(|word| text.contains(word)))
}

/// Returns what cannot be read: it is left out, so that it is listed in one place.
fn unread(problem: &Problem) -> Vec<LeftOut> {
    if problem.code().severity != Severity::Error {
        return Vec::new();
    }
    let reason = |path: &str| {
        problem.to_string().replace(&format!("`{path}` is "), "").replace(&format!("`{path}`: "), "")
    };
    problem.in_the_way().into_iter().filter_map(|path| LeftOut::new(path, reason(path))).collect()
}

/// Returns the folder for artifacts: one that does not exist.
fn output(folder: &Path) -> &'static str {
    let names = ["compiled-policies", "telovix-output", "telovix-artifacts"];
    names
        .into_iter()
        .find(|name| folder.join(name).symlink_metadata().is_err())
        .unwrap_or("telovix-artifacts")
}
