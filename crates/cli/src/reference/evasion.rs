//! The results of every bypass attempt, measured by `cargo xtask kernel-test` -> the page of the evasion matrix.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The measured results for each kernel, oldest kernel first.
const MEASURED: [(&str, &str); 3] = [
    ("6.1", include_str!("../../../../tests/kernel/measured/6.1.txt")),
    ("6.12", include_str!("../../../../tests/kernel/measured/6.12.txt")),
    ("7.2", include_str!("../../../../tests/kernel/measured/7.2.txt")),
];

/// What a kernel did, and why an open bypass is open.
type Outcome = (&'static str, &'static str);

/// Returns the page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Evasion matrix\n\n\
         What each kernel did with every bypass attempt of the scenarios under `tests/kernel` against the native \
         runtime. `cargo xtask kernel-test` measures it, and fails if a result changes. `open` succeeds, for the reason \
         given; `absent` is a call that the kernel does not have. Bypasses that were analysed in the kernel source but \
         not run are listed in the manifest as `read in source`.\n",
    );
    let mut topic = "";
    for ((intent, way, trick), outcomes) in &cells() {
        if *intent != topic {
            let _infallible = write!(
                page,
                "\n## {intent}\n\n| method | attempt | 6.1 | 6.12 | 7.2 | why it is open |\n|---|---|---|---|---|---|\n"
            );
            topic = intent;
        }
        let word =
            |kernel: &(&str, &str)| outcomes.get(kernel.0).map_or("not present", |(outcome, _)| *outcome);
        let words: Vec<&str> = MEASURED.iter().map(word).collect();
        let reason = outcomes.values().map(|(_, reason)| *reason).find(|reason| !reason.is_empty());
        let _infallible =
            writeln!(page, "| {way} | {trick} | {} | {} |", words.join(" | "), reason.unwrap_or_default());
    }
    page
}

fn cells() -> BTreeMap<(&'static str, &'static str, &'static str), BTreeMap<&'static str, Outcome>> {
    let mut cells: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (kernel, text) in MEASURED {
        for line in text.lines() {
            let parts: Vec<&str> = line.split(" |").map(str::trim).collect();
            let [intent, way, trick, outcome, reason] = parts.as_slice() else {
                panic!("a cell has five parts: {line}")
            };
            cells.entry((*intent, *way, *trick)).or_default().insert(kernel, (*outcome, *reason));
        }
    }
    cells
}
