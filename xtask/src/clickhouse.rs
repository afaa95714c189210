//! Debian's `clickhouse-server` and `chdb` -> `target/clickhouse`, where the tests of `telovix-clickhouse` find them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repository;

/// Installs what is missing. Nothing outside of `target` changes.
pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let folder = repository::root().join("target/clickhouse");
    fs::create_dir_all(&folder)?;
    let told = [server(&folder), chdb(&folder)];
    for problem in told.into_iter().filter_map(Result::err) {
        println!("not installed: {problem:#}");
    }
    Ok(())
}

/// Unpacks the packages of Debian bookworm.
fn server(folder: &Path) -> Result<()> {
    let root = folder.join("root");
    if root.join("usr/sbin/clickhouse-server").exists() {
        println!("{} is there", root.display());
        return Ok(());
    }
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    let planned = Command::new("apt-get")
        .args(["install", "-s", "--no-install-recommends", "clickhouse-server", "clickhouse-client"])
        .output()
        .context("apt-get: only Debian has this server")?;
    let planned = String::from_utf8_lossy(&planned.stdout).into_owned();
    let names: Vec<&str> = planned
        .lines()
        .filter_map(|line| line.strip_prefix("Inst "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    ensure!(!names.is_empty(), "apt-get knows no package clickhouse-server: only Debian bookworm has it");
    let status = Command::new("apt-get").arg("download").args(&names).current_dir(&packages).status()?;
    ensure!(status.success(), "apt-get download failed");
    for package in fs::read_dir(&packages)? {
        let status = Command::new("dpkg").arg("-x").arg(package?.path()).arg(&root).status()?;
        ensure!(status.success(), "dpkg -x failed");
    }
    println!("clickhouse-server is in {}", root.display());
    Ok(())
}

/// Installs chdb in an environment of its own.
fn chdb(folder: &Path) -> Result<()> {
    let environment = folder.join("venv");
    let python = environment.join("bin/python");
    let imports =
        || Command::new(&python).args(["-c", "import chdb"]).status().is_ok_and(|done| done.success());
    if !imports() {
        let status = Command::new("python3").args(["-m", "venv"]).arg(&environment).status()?;
        ensure!(status.success(), "python3 -m venv failed");
        let status = Command::new(&python).args(["-m", "pip", "install", "--quiet", "chdb"]).status()?;
        ensure!(status.success() && imports(), "pip install chdb failed");
    }
    println!("chdb is in {}", environment.display());
    Ok(())
}
