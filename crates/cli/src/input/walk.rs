//! A path -> the policy files it stands for, in a fixed order and without going round in circles.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use telovix_compiler::emit::manifest::MANIFEST_PATH;
use telovix_diagnostic::Diagnostic;

use super::{CONFIGURATION, TRUST_ROOT, code, shown};

/// Folders nested deeper than this are not entered: no repository is, and the walk must end.
const DEEPEST: usize = 128;

/// Adds the file `path`, or the policy files below the folder `path`.
pub(super) fn collect(
    path: &Path,
    left_out: &[&Path],
    files: &mut BTreeSet<PathBuf>,
    problems: &mut Vec<Diagnostic>,
) {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut walk = Walk { left_out, files, problems, above: Vec::new() };
            walk.enter(path, &metadata);
        }
        // Whatever else a user names is read: a pipe from the shell is as good as a file.
        Ok(_) => {
            files.insert(path.to_owned());
        }
        Err(error) => problems.push(code::unreadable(&shown(path), &error)),
    }
}

struct Walk<'run> {
    left_out: &'run [&'run Path],
    files: &'run mut BTreeSet<PathBuf>,
    problems: &'run mut Vec<Diagnostic>,
    /// The folders from the start to here, as the kernel knows them: a link to one of them is a circle.
    above: Vec<(u64, u64)>,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, metadata: &Metadata) {
        let identity = (metadata.dev(), metadata.ino());
        if self.above.contains(&identity) || self.above.len() >= DEEPEST {
            let message = format!("`{}` leads back to a folder it lies in", shown(folder));
            let problem = Diagnostic::new(&code::FOLDER_CIRCLE, None, message);
            self.problems.push(problem.help("remove the link, or name the folders to read"));
            return;
        }
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(code::unreadable(&shown(folder), &error)),
        };
        let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        paths.sort_unstable();
        self.above.push(identity);
        for path in paths {
            self.consider(path);
        }
        self.above.pop();
    }

    fn consider(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.')
            || name == CONFIGURATION
            || name == TRUST_ROOT
            || self.left_out.contains(&path.as_path())
        {
            return;
        }
        let policy = is_policy_name(&path);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() && is_compiled(&path) => {}
            Ok(metadata) if metadata.is_dir() => self.enter(&path, &metadata),
            Ok(_) if !policy => {}
            Ok(metadata) if metadata.is_file() => {
                self.files.insert(path);
            }
            Ok(_) => {
                let message = format!("`{}` is neither a file nor a folder", shown(&path));
                self.problems.push(Diagnostic::new(&code::NOT_A_FILE, None, message));
            }
            Err(error) if policy => self.problems.push(code::unreadable(&shown(&path), &error)),
            Err(_) => {}
        }
    }
}

/// Tells whether a folder's file of this name is read.
pub(crate) fn is_policy_name(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Tells whether a compile wrote the folder, wherever it was told to: artifacts are not policies.
pub(crate) fn is_compiled(folder: &Path) -> bool {
    #[derive(serde::Deserialize)]
    struct Manifest {
        tool: Tool,
    }
    #[derive(serde::Deserialize)]
    struct Tool {
        name: String,
    }
    let manifest = fs::read(folder.join(MANIFEST_PATH)).unwrap_or_default();
    serde_json::from_slice::<Manifest>(&manifest)
        .is_ok_and(|manifest| manifest.tool.name == env!("CARGO_PKG_NAME"))
}
