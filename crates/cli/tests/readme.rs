//! Checks the samples in the README against the recorded output in `tests/cli/readme`.

use std::fs;
use std::path::Path;

#[test]
fn shows_what_the_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).expect("the README can be read");
    let console =
        fs::read_to_string(root.join("tests/cli/readme/console")).expect("the recorded console can be read");
    // The README omits folders and redirections, and does not mark standard error.
    let console: Vec<&str> = console
        .lines()
        .map(|line| line.strip_prefix("! ").unwrap_or(line))
        .map(|line| line.strip_suffix(" 2> /dev/null").unwrap_or(line))
        .collect();
    let console = console.join("\n").replace("$ cd mended && ", "$ ");
    let samples: Vec<&str> = readme
        .split("```text\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(sample, _)| sample))
        .collect();
    assert!(samples.len() >= 3, "the README shows {} samples", samples.len());
    for sample in samples {
        assert!(
            console.contains(sample.trim_end()),
            "`tests/cli/readme/console` has no such output; `cargo xtask bless` updates it, the README has to show it:\n{sample}"
        );
    }
}
