//! `cargo metadata`, `cargo tree` and `Cargo.lock` -> a software bill of materials, as CycloneDX 1.6 JSON.
//!
//! It names every package of the binary with its version, licence and the digest that the lock file pins. Packages that
//! only run while it is built (build scripts, procedural macros and what these need) have the scope `excluded`.
//! `cargo metadata` counts the features that tests switch on, so `cargo tree` has the last word on which packages are
//! listed; an edge between two of them may still come from such a feature. There is no time and no random number in it, so that the same lock file gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::hexadecimal;
use crate::repository;

/// The package that a release ships.
const ROOT: &str = "telovix";

/// The dependency graph of the binary for one target, with exactly the versions of the lock file.
pub(crate) fn metadata(triple: &str) -> anyhow::Result<Value> {
    let cargo = |arguments: &[&str]| {
        repository::run(Command::new(env!("CARGO")).current_dir(repository::root()).args(arguments))
    };
    let metadata = cargo(&["metadata", "--locked", "--format-version", "1", "--filter-platform", triple])?;
    let mut tree = vec!["tree", "--locked", "--package", ROOT, "--target", triple];
    tree.extend(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    restrict(serde_json::from_slice(&metadata)?, &String::from_utf8(cargo(&tree)?)?)
}

/// Drops the packages that are not in `tree`, which has a line `NAME vVERSION ...` for each that is built.
fn restrict(mut metadata: Value, tree: &str) -> anyhow::Result<Value> {
    let built: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| {
            let mut columns = line.split_whitespace();
            Some((columns.next()?, columns.next()?.strip_prefix('v')?))
        })
        .collect();
    let mut kept = BTreeSet::new();
    for package in list(&metadata, "packages")? {
        if built.contains(&(text(package, "name")?, text(package, "version")?)) {
            kept.insert(text(package, "id")?.to_owned());
        }
    }
    ensure!(
        kept.len() == built.len(),
        "cargo tree lists {} packages, cargo metadata {}",
        built.len(),
        kept.len()
    );
    let is_kept = |value: &Value, key: &str| value[key].as_str().is_some_and(|id| kept.contains(id));
    retain(&mut metadata["packages"], |package| is_kept(package, "id"));
    retain(&mut metadata["resolve"]["nodes"], |node| is_kept(node, "id"));
    for node in metadata["resolve"]["nodes"].as_array_mut().into_iter().flatten() {
        retain(&mut node["deps"], |dependency| is_kept(dependency, "pkg"));
    }
    Ok(metadata)
}

fn retain(list: &mut Value, keep: impl Fn(&Value) -> bool) {
    if let Some(list) = list.as_array_mut() {
        list.retain(keep);
    }
}

/// The bill of materials of the binary, as text.
pub(crate) fn document(metadata: &Value, lock: &str) -> anyhow::Result<String> {
    let graph = Graph::read(metadata)?;
    let root = graph.root()?;
    let shipped = graph.reached_from(root, Reach::Shipped);
    let all = graph.reached_from(root, Reach::All);
    let checksums = checksums(lock);

    let mut components = BTreeMap::new();
    let mut dependencies = BTreeMap::new();
    for id in &all {
        let package = &graph.packages[id];
        let on: BTreeSet<_> = graph.edges(id, Reach::All).map(|to| graph.packages[to].purl()).collect();
        dependencies.insert(package.purl(), json!({"ref": package.purl(), "dependsOn": on}));
        if *id != root {
            components.insert(package.purl(), package.component(shipped.contains(id), &checksums));
        }
    }
    ensure!(!components.is_empty(), "`{ROOT}` has no dependencies in this graph");

    let mut subject = graph.packages[root].component(true, &checksums);
    subject["type"] = json!("application");
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(&components),
        "version": 1,
        "metadata": {
            "component": subject,
            "tools": {"components": [{"type": "application", "name": "telovix xtask dist"}]},
        },
        "components": components.into_values().collect::<Vec<_>>(),
        "dependencies": dependencies.into_values().collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// Which edges of the graph are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What ends in the binary.
    Shipped,
    /// And what runs while it is built.
    All,
}

struct Graph<'a> {
    packages: BTreeMap<&'a str, Package<'a>>,
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    license: Option<&'a str>,
    description: Option<&'a str>,
    repository: Option<&'a str>,
    /// Published in a registry; otherwise it is part of this repository.
    is_published: bool,
    is_procedural_macro: bool,
    normal: Vec<&'a str>,
    build: Vec<&'a str>,
}

impl<'a> Graph<'a> {
    fn read(metadata: &'a Value) -> anyhow::Result<Self> {
        let mut packages = BTreeMap::new();
        for package in list(metadata, "packages")? {
            packages.insert(text(package, "id")?, Package::read(package)?);
        }
        for node in list(&metadata["resolve"], "nodes")? {
            let package = packages.get_mut(text(node, "id")?).context("every node is a package")?;
            for dependency in list(node, "deps")? {
                let to = text(dependency, "pkg")?;
                let kinds: Vec<_> =
                    list(dependency, "dep_kinds")?.iter().map(|kind| kind["kind"].as_str()).collect();
                if kinds.contains(&None) {
                    package.normal.push(to);
                }
                if kinds.contains(&Some("build")) {
                    package.build.push(to);
                }
            }
        }
        Ok(Self { packages })
    }

    fn root(&self) -> anyhow::Result<&'a str> {
        let found = self.packages.iter().find(|(_, package)| package.name == ROOT && !package.is_published);
        found.map(|(id, _)| *id).with_context(|| format!("no package `{ROOT}` in this workspace"))
    }

    fn edges(&self, from: &str, reach: Reach) -> impl Iterator<Item = &'a str> {
        let package = &self.packages[from];
        let build = if reach == Reach::All { package.build.as_slice() } else { &[] };
        let followed = move |to: &&str| reach == Reach::All || !self.packages[to].is_procedural_macro;
        package.normal.iter().chain(build).copied().filter(followed)
    }

    fn reached_from(&self, root: &'a str, reach: Reach) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::from([root]);
        let mut open = vec![root];
        while let Some(from) = open.pop() {
            open.extend(self.edges(from, reach).filter(|to| reached.insert(to)));
        }
        reached
    }
}

impl<'a> Package<'a> {
    fn read(package: &'a Value) -> anyhow::Result<Self> {
        let mut targets = list(package, "targets")?.iter();
        let is_macro = |target: &Value| {
            target["kind"].as_array().is_some_and(|kinds| kinds.contains(&json!("proc-macro")))
        };
        Ok(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            license: package["license"].as_str(),
            description: package["description"].as_str(),
            repository: package["repository"].as_str(),
            is_published: package["source"].is_string(),
            is_procedural_macro: targets.any(is_macro),
            normal: Vec::new(),
            build: Vec::new(),
        })
    }

    /// The package URL, which is also how the document refers to it. `+` of build metadata has to be escaped.
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }

    fn component(&self, is_shipped: bool, checksums: &BTreeMap<(&str, &str), &str>) -> Value {
        let mut component = Map::new();
        component.insert("type".into(), json!("library"));
        component.insert("bom-ref".into(), json!(self.purl()));
        component.insert("name".into(), json!(self.name));
        component.insert("version".into(), json!(self.version));
        if let Some(description) = self.description {
            // Manifests wrap lines where they like.
            let words: Vec<_> = description.split_whitespace().collect();
            component.insert("description".into(), json!(words.join(" ")));
        }
        component.insert("scope".into(), json!(if is_shipped { "required" } else { "excluded" }));
        if let Some(checksum) = checksums.get(&(self.name, self.version)).filter(|_| self.is_published) {
            component.insert("hashes".into(), json!([{"alg": "SHA-256", "content": checksum}]));
        }
        if let Some(license) = self.license {
            // `MIT/Apache-2.0` is how expressions were written before SPDX.
            let expression = license.replace('/', " OR ");
            component.insert("licenses".into(), json!([{"expression": expression}]));
        }
        component.insert("purl".into(), json!(self.purl()));
        if let Some(repository) = self.repository {
            component.insert("externalReferences".into(), json!([{"type": "vcs", "url": repository}]));
        }
        Value::Object(component)
    }
}

/// `checksum` of each package in a lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| {
            let field = |key| {
                let line = package.lines().find_map(|line| line.strip_prefix(key))?;
                line.strip_prefix(" = \"")?.strip_suffix('"')
            };
            Some(((field("name")?, field("version")?), field("checksum")?))
        })
        .collect()
}

/// A UUID (RFC 9562, version 8) made of what the document lists, so that it changes when and only when that does.
fn serial_number(components: &BTreeMap<String, Value>) -> String {
    let mut digest = Sha256::new();
    for component in components.values() {
        digest.update(component.to_string());
    }
    let mut bytes: [u8; 16] = digest.finalize()[..16].try_into().expect("a digest has 32 bytes");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hexadecimal(&bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

fn list<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a [Value]> {
    let list = value[key].as_array().with_context(|| format!("cargo metadata has no list `{key}`"))?;
    Ok(list)
}

fn text<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no text `{key}`"))
}

#[cfg(test)]
mod tests;
