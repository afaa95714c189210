//! BTF of several kernels -> one row for each hook, function, system call and struct, with the kernels that have it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Build, FIELDS, FUNCTIONS, STRUCTS};

/// The prefixes of the entries of system calls: x86-64 and its two forms of 32-bit calls, arm64 and its 32-bit calls.
pub(super) const PREFIXES: [&str; 5] =
    ["__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__arm64_sys_", "__arm64_compat_sys_"];

/// A set of kernels: bit 0 is the first build.
pub(super) type Kernels = u8;

/// A name with a prototype, and the kernels that have it.
pub(super) type Prototypes = BTreeMap<(String, bool, Vec<String>), Kernels>;

/// The rows of every table.
#[derive(Default)]
pub(super) struct Rows {
    /// LSM hooks without `bpf_lsm_`.
    pub(super) hooks: Prototypes,
    /// Listed functions, and those that start with `security_`.
    pub(super) functions: Prototypes,
    /// Functions of which a kernel has several, and listed ones that no kernel has.
    pub(super) unclear: BTreeMap<String, Kernels>,
    /// System calls without the prefix of their entry, and the kernels with each of [`PREFIXES`].
    pub(super) entries: BTreeMap<String, [Kernels; PREFIXES.len()]>,
    /// Fields of structs, with the listed struct that they lead to.
    pub(super) structs: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Fields that other kernels have.
    pub(super) other_fields: BTreeSet<String>,
}

impl Rows {
    pub(super) fn of(builds: &[Build]) -> Self {
        let mut rows = Self::default();
        for (bit, build) in builds.iter().enumerate() {
            rows.add(build, 1 << bit);
        }
        let (entries, functions): (Vec<_>, Vec<_>) =
            FUNCTIONS.lines().partition(|name| name.starts_with("sys_"));
        for name in entries.into_iter().filter_map(|name| name.strip_prefix("sys_")) {
            rows.entries.entry(name.to_owned()).or_default();
        }
        let known: BTreeSet<String> = rows.functions.keys().map(|(name, ..)| name.clone()).collect();
        for name in functions.into_iter().filter(|name| !known.contains(*name)) {
            rows.unclear.entry(name.to_owned()).or_default();
        }
        let fields: BTreeSet<&String> = rows.structs.values().flat_map(BTreeMap::keys).collect();
        let others = FIELDS.lines().filter(|name| !fields.contains(&(*name).to_owned()));
        rows.other_fields = others.map(str::to_owned).collect();
        rows
    }

    fn add(&mut self, build: &Build, bit: Kernels) {
        let listed: BTreeSet<&str> = FUNCTIONS.lines().collect();
        let names: BTreeSet<&str> = build.btf.functions().collect();
        for hook in build.btf.lsm_hooks() {
            if let Some(found) = build.btf.lsm_hook(hook) {
                *self.hooks.entry((hook.to_owned(), found.is_void, found.arguments)).or_default() |= bit;
            }
        }
        for name in names {
            for (at, prefix) in PREFIXES.iter().enumerate() {
                if let Some(entry) = name.strip_prefix(prefix) {
                    self.entries.entry(entry.to_owned()).or_default()[at] |= bit;
                }
            }
            if !name.starts_with("security_") && !listed.contains(name) {
                continue;
            }
            match build.btf.prototype(name) {
                Some(found) => {
                    let row = (name.to_owned(), found.is_void, found.arguments);
                    *self.functions.entry(row).or_default() |= bit;
                }
                None => *self.unclear.entry(name.to_owned()).or_default() |= bit,
            }
        }
        for name in STRUCTS.lines() {
            let fields = self.structs.entry(name.to_owned()).or_default();
            for field in build.btf.fields(name).unwrap_or_default() {
                let target = field.target.filter(|target| STRUCTS.lines().any(|listed| listed == *target));
                let known = fields.entry(field.name.to_owned()).or_default();
                if known.is_none() {
                    *known = target.map(str::to_owned);
                }
            }
        }
    }
}
