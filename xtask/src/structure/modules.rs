//! The source folder of a crate -> its modules, which of them name which, and the cycles among them.
//!
//! A path counts in the module that contains it: in a `use`, a type, an expression or the tokens of a macro. A name that a module
//! re-exports from a module below it counts as that module's. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Item, UseTree};

/// A module by its path from the root of the crate; the root is empty.
type Name = Vec<String>;

/// The modules of one crate.
#[derive(Debug, Default)]
pub(super) struct Modules {
    modules: BTreeMap<Name, Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// Every path that begins with `crate`, `self` or `super`, and those that begin with a module below.
    paths: BTreeSet<Vec<String>>,
    /// Names that are imported from another module: the name, and the path it was given.
    imports: BTreeMap<String, Vec<String>>,
}

impl Modules {
    /// Reads the modules of a crate, beginning at `lib.rs` or `main.rs`.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut modules = Self::default();
        let root = if folder.join("lib.rs").exists() { "lib.rs" } else { "main.rs" };
        modules.file(&folder.join(root), folder, &Vec::new())?;
        Ok(modules)
    }

    fn file(&mut self, file: &Path, below: &Path, name: &Name) -> anyhow::Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        self.items(parsed.items, below, name)
    }

    fn items(&mut self, items: Vec<Item>, below: &Path, name: &Name) -> anyhow::Result<()> {
        self.modules.entry(name.clone()).or_default();
        for item in items {
            if is_test(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let word = inner.ident.to_string();
                    let child = [name.as_slice(), std::slice::from_ref(&word)].concat();
                    let folder = below.join(&word);
                    match inner.content {
                        Some((_, items)) => self.items(items, &folder, &child)?,
                        None => {
                            let sibling = below.join(format!("{word}.rs"));
                            let file = if sibling.exists() { sibling } else { folder.join("mod.rs") };
                            self.file(&file, &folder, &child)?;
                        }
                    }
                }
                Item::Use(used) => {
                    let module = self.modules.entry(name.clone()).or_default();
                    module.import(&used.tree, &mut Vec::new());
                }
                item => {
                    let module = self.modules.entry(name.clone()).or_default();
                    module.tokens(item.into_token_stream());
                }
            }
        }
        Ok(())
    }

    /// Returns each set of sibling modules that lead back to each other.
    pub(super) fn cycles(&self) -> Vec<Vec<String>> {
        let mut arrows: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for (from, module) in &self.modules {
            for path in &module.paths {
                let Some(to) = self.resolve(from, path, 0) else { continue };
                let shared = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
                // Only siblings: what a module and those below it are to each other is one thing.
                if shared < from.len() && shared < to.len() {
                    arrows.entry(from[..=shared].to_vec()).or_default().insert(to[..=shared].to_vec());
                }
            }
        }
        let reach = |start: &Name| {
            let mut seen = BTreeSet::new();
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                open.extend(arrows.get(at).into_iter().flatten().filter(|next| seen.insert((*next).clone())));
            }
            seen
        };
        let reached: BTreeMap<&Name, BTreeSet<Name>> =
            arrows.keys().map(|name| (name, reach(name))).collect();
        let mut rings = BTreeSet::new();
        for (name, seen) in &reached {
            if seen.contains(*name) {
                let back = |other: &&Name| reached.get(*other).is_some_and(|seen| seen.contains(*name));
                rings.insert(seen.iter().filter(back).map(|name| name.join("::")).collect::<Vec<_>>());
            }
        }
        rings.into_iter().collect()
    }

    /// Returns the module that a path leads to from a module, through the names it is re-exported under.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Name> {
        let mut at = from.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        let began = at.clone();
        while let Some(word) = rest.first() {
            let child = [at.as_slice(), std::slice::from_ref(word)].concat();
            if self.modules.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
            } else if let Some(import) = self.modules.get(&at).and_then(|module| module.imports.get(word))
                && depth < 8
                && at != from
            {
                return self.resolve(&at, import, depth + 1).or(Some(at));
            } else {
                break;
            }
        }
        let leads = at != began || matches!(path[0].as_str(), "crate" | "self" | "super");
        leads.then_some(at)
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Name(name) if name.ident == "self" => {
                self.add(before.last().cloned().unwrap_or_default(), before.clone());
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.add(name.clone(), [before.as_slice(), &[name]].concat());
            }
            UseTree::Rename(renamed) => {
                self.add(
                    renamed.rename.to_string(),
                    [before.as_slice(), &[renamed.ident.to_string()]].concat(),
                );
            }
            UseTree::Glob(_) => {
                self.paths.insert(before.clone());
            }
        }
    }

    fn add(&mut self, name: String, path: Vec<String>) {
        self.paths.insert(path.clone());
        self.imports.insert(name, path);
    }

    /// Takes every path of some tokens: words with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.path(std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.path(std::mem::take(&mut path));
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.path(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.path(path);
    }

    fn path(&mut self, path: Vec<String>) {
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns whether an item is built for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Modules;

    /// Draws a crate of these files and returns its cycles.
    fn cycles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let name = std::thread::current().name().expect("a test has a name").replace(':', "-");
        let folder = std::env::temp_dir().join(format!("telovix-structure-{}-{name}", std::process::id()));
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("can be made");
            fs::write(file, text).expect("can be written");
        }
        let cycles = Modules::read(&folder).expect("the crate can be read").cycles();
        fs::remove_dir_all(folder).expect("can be removed");
        cycles
    }

    #[test]
    fn modules_that_name_each_other_are_a_cycle() {
        let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\n");
        let c = ("c.rs", "use crate::a::A;\n");
        let there = ("a.rs", "pub struct A;\nfn a() { let _ = crate::b::b(); }\n");
        assert_eq!(cycles(&[lib, there, ("b.rs", "pub fn b() {}\n"), c]), [[""; 0]; 0]);
        let back = ("b.rs", "pub fn b() { println!(\"{:?}\", super::a::A); }\n");
        assert_eq!(cycles(&[lib, there, back, c]), [["a", "b"]]);
    }

    #[test]
    fn a_cycle_through_re_exports_and_nested_modules_is_found() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\npub use b::B;\n"),
            ("a.rs", "pub mod deep;\nuse super::B;\n"),
            ("a/deep.rs", "pub struct Deep(super::super::B);\n"),
            ("b.rs", "mod inner;\npub struct B;\n"),
            ("b/inner.rs", "use crate::a::deep::Deep;\n"),
        ];
        assert_eq!(cycles(&files), [["a", "b"]]);
    }

    #[test]
    fn tests_do_not_count() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a.rs", "use crate::b::B;\n"),
            ("b.rs", "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a; }\n"),
        ];
        assert_eq!(cycles(&files), [[""; 0]; 0]);
    }
}
