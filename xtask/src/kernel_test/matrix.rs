//! The cells that a guest printed -> the committed evasion matrix of its kernel, compared or written.
//!
//! `tests/kernel/measured` has one file for each kernel: a line for each cell, as the guest printed it. A run that
//! measures anything else fails, unless `BLESS=1` says that the difference was looked at.

use std::path::PathBuf;

use crate::repository;

/// Holds what was measured against the file of the kernel; each difference is one line.
pub(super) fn differences(kernel: &str, cells: &[&str]) -> anyhow::Result<Vec<String>> {
    let path = path(kernel);
    if std::env::var_os("BLESS").is_some() {
        let mut text = cells.join("\n");
        text.push('\n');
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        std::fs::write(&path, text)?;
        return Ok(Vec::new());
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let committed: Vec<&str> = committed.lines().collect();
    let missing =
        committed.iter().filter(|cell| !cells.contains(cell)).map(|cell| format!("no longer: {cell}"));
    let added = cells.iter().filter(|cell| !committed.contains(cell)).map(|cell| format!("measured: {cell}"));
    Ok(missing.chain(added).collect())
}

fn path(kernel: &str) -> PathBuf {
    repository::root().join("tests/kernel/measured").join(format!("{kernel}.txt"))
}
