//! Files and folders of cases -> the output for each, compared with the `.expected` file next to it.
//!
//! A case is a document file, or a folder of them where more than one file matters. `BLESS=1` rewrites the
//! expectations.

use std::path::{Path, PathBuf};
use std::{env, fs};

use telovix_diagnostic::source::SourceSet;

/// Runs `say` on every case of `tests/{folder}` and compares the output. Fails when fewer than `least` cases are there.
pub(crate) fn hold(folder: &str, least: usize, say: impl Fn(&SourceSet) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(folder);
    let cases = entries(&folder, |path| path.is_dir() || is_document(path));
    assert!(cases.len() >= least, "the cases are gone: {} left in {}", cases.len(), folder.display());
    let mut wrong = Vec::new();
    for case in cases {
        let said = say(&sources(&case));
        let expected = case.with_extension("expected");
        if env::var_os("BLESS").is_some() {
            fs::write(&expected, said).expect("the folder is writable");
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "BLESS=1 accepts what was said:\n\n{}", wrong.join("\n"));
}

fn sources(case: &Path) -> SourceSet {
    let base = if case.is_dir() { case } else { case.parent().expect("a case lies in a folder") };
    let mut files = Vec::new();
    collect(case, base, &mut files);
    SourceSet::new(files)
}

fn collect(path: &Path, base: &Path, files: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in entries(path, |entry| entry.is_dir() || is_document(entry)) {
            collect(&entry, base, files);
        }
        return;
    }
    let name =
        path.strip_prefix(base).expect("a file lies below its case").to_str().expect("names are UTF-8");
    files.push((name.to_owned(), fs::read_to_string(path).expect("a case is UTF-8 text")));
}

fn entries(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder of cases exists");
    let mut entries: Vec<_> = files.filter_map(|file| file.ok().map(|file| file.path())).collect();
    entries.retain(|path| wanted(path));
    entries.sort();
    entries
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "json")
}
