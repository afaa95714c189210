//! The page of `telovix impact --format html` in a headless browser: it has no scripts and fetches nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

mod browser;

use std::fs;
use std::path::Path;
use std::process::Command;

use browser::render;

#[test]
fn the_page_is_rendered_and_has_neither_scripts_nor_addresses() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    let case = telovix_snapshot::root().join("tests/cli/impact");
    let run = Command::new(env!("CARGO_BIN_EXE_telovix"))
        .current_dir(folder.path())
        .arg("impact")
        .arg(case.join("tetragon.log"))
        .arg("--policy")
        .arg(case.join("amf.yaml"))
        .args(["--format", "html"])
        .output()
        .unwrap();
    let page = String::from_utf8(run.stdout).unwrap();
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("src="));
    for (at, _) in page.match_indices("http") {
        // The name of the SVG name space is no address that is fetched.
        assert!(page[at..].starts_with("http://www.w3.org/2000/svg"), "{}", &page[at..at + 60]);
    }
    let Some(browser) = browser::find() else {
        // Nothing is asserted about rendering then, and it is said.
        println!("skipped: no chromium, chromium-browser or google-chrome on PATH");
        return;
    };
    let path = folder.path().join("impact.html");
    fs::write(&path, &page).unwrap();
    // The browser makes the tree and the picture with scripts of its own, so that it cannot be told to run none.
    let dom = render(&browser, folder.path(), 1280, &["--dump-dom"], &path);
    for text in ["3 of 6 events", "/opt/amf/bin/amf", "amf.yaml:6"] {
        assert!(dom.contains(text), "{text}");
    }
    assert_eq!(dom.matches("<svg").count(), page.matches("<svg").count());
    let picture = |name: &str, page: &Path| {
        let file = folder.path().join(name);
        let screenshot = format!("--screenshot={}", file.display());
        render(&browser, folder.path(), 1280, &[&screenshot], page);
        fs::read(file).unwrap()
    };
    let empty = folder.path().join("empty.html");
    fs::write(&empty, "<!doctype html><title>x</title>").unwrap();
    let (blank, drawn) = (picture("empty.png", &empty), picture("impact.png", &path));
    assert!(
        drawn.starts_with(b"\x89PNG") && drawn.len() > 4 * blank.len(),
        "{} and {}",
        drawn.len(),
        blank.len()
    );
}
