//! The page of `telovix diff --format html` in a headless browser, at the widths of a desk and of a telephone.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

mod browser;

use std::fs;
use std::process::Command;

/// Reports in the title of the page how far its content is wider than the window.
const MEASURE: &str = "<script>document.title = 'too wide by ' + \
    Math.max(0, document.documentElement.scrollWidth - innerWidth)</script>";

fn profile(name: &str, spawns: &str) -> String {
    format!(
        "kind: GuardianProfile\nname: {name}\ntarget_binary: /opt/{name}/bin/{name}\nmode: enforce\nallowed_spawns: {spawns}\n"
    )
}

#[test]
fn the_page_says_what_was_compared_and_fits_its_window() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::create_dir_all(&before).unwrap();
    fs::create_dir_all(&after).unwrap();
    for number in 0..12 {
        let name = format!("nf{number}");
        fs::write(before.join(format!("{name}.yaml")), profile(&name, "[/usr/bin/id]")).unwrap();
        let spawns = if number == 0 { "[]" } else { "[/usr/bin/id, /usr/bin/logger]" };
        fs::write(after.join(format!("{name}.yaml")), profile(&name, spawns)).unwrap();
    }
    let run = Command::new(env!("CARGO_BIN_EXE_telovix"))
        .current_dir(folder.path())
        .args(["diff", "before", "after", "--format", "html", "--as-of", "2026-12-01"])
        .output()
        .unwrap();
    let page = String::from_utf8(run.stdout).unwrap();
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("http"));
    for text in [
        "<dt>before</dt><dd>before</dd>",
        "<dt>after</dt><dd>after</dd>",
        "those in force on 2026-12-01",
        "nothing allowed",
        "href=\"#document-11\"",
        "id=\"document-11\"",
        "href=\"#document-0-after-1\"",
        "id=\"document-0-after-1\"",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let Some(browser) = browser::find() else {
        // Nothing is asserted about rendering then, and it is said.
        println!("skipped: no chromium, chromium-browser or google-chrome on PATH");
        return;
    };
    let path = folder.path().join("diff.html");
    fs::write(&path, page.replace("</body>", &format!("{MEASURE}</body>"))).unwrap();
    for width in [1280, 500] {
        let dom = browser::render(&browser, folder.path(), width, &["--dump-dom"], &path);
        assert!(dom.contains("<title>too wide by 0</title>"), "at {width}: {}", &dom[..400]);
    }
}
