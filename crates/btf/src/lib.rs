//! The bytes of a kernel's BTF (`/sys/kernel/btf/vmlinux`) -> its functions with their prototypes, and its structs.
//!
//! Format: `Documentation/bpf/btf.rst` and `include/uapi/linux/btf.h` of Linux. Types are kept as bytes and rendered when
//! asked for, so that memory is a few bytes for each type, and every length is checked against the input.

#![forbid(unsafe_code)]

mod layout;
mod prototype;
mod structs;

pub use layout::BtfError;
pub use prototype::Prototype;
pub use structs::Field;

use std::fmt;

use layout::{Kind, Record, Sections, records};

/// The most types that are read: kernels have about 200,000.
const TYPES: usize = 4_000_000;

/// What the function of an LSM hook starts with.
const LSM: &str = "bpf_lsm_";

/// Functions that start like that and are no hooks: helpers of `kernel/bpf/bpf_lsm.c` and `include/linux/bpf_lsm.h`.
const LSM_HELPERS: &[&str] = &[
    "find_cgroup_shim",
    "func_proto",
    "get_retval_range",
    "has_d_inode_locked",
    "hook_returns_errno",
    "is_sleepable_hook",
    "is_trusted",
    "verify_prog",
];

/// The BTF of a kernel.
#[derive(Clone, PartialEq, Eq)]
pub struct Btf {
    bytes: Box<[u8]>,
    sections: Sections,
    /// Where each type is, by its number minus one.
    types: Vec<u32>,
    /// The numbers of the functions, sorted by name.
    functions: Vec<u32>,
    /// The numbers of the structs and unions with a name, sorted by it.
    structs: Vec<u32>,
}

impl fmt::Debug for Btf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (types, functions) = (self.types.len(), self.functions.len());
        write!(formatter, "Btf {{ types: {types}, functions: {functions} }}")
    }
}

impl Btf {
    /// Reads the header and the types. Anything may follow the strings.
    ///
    /// # Errors
    /// When the bytes are not BTF of a little-endian kernel, or are cut off.
    pub fn parse(bytes: impl Into<Box<[u8]>>) -> Result<Self, BtfError> {
        let bytes = bytes.into();
        let sections = Sections::of(&bytes)?;
        let (mut types, mut functions, mut structs) = (Vec::new(), Vec::new(), Vec::new());
        for record in records(&bytes, &sections) {
            let record = record?;
            if types.len() == TYPES {
                return Err(BtfError::TooManyTypes);
            }
            types.push(record.offset);
            let number = u32::try_from(types.len()).map_err(|_| BtfError::TooManyTypes)?;
            match record.kind {
                Kind::Function => functions.push(number),
                Kind::Struct | Kind::Union if record.name != 0 => structs.push(number),
                _ => {}
            }
        }
        let btf = Self { bytes, sections, types, functions: Vec::new(), structs: Vec::new() };
        let (functions, structs) = (btf.by_name(functions), btf.by_name(structs));
        Ok(Self { functions, structs, ..btf })
    }

    /// Finds the BTF within the image of a kernel, and returns it without what surrounds it.
    #[must_use]
    pub fn within(image: &[u8]) -> Option<Self> {
        let starts = image.windows(layout::START.len()).enumerate();
        let mut starts = starts.filter(|(_, window)| *window == layout::START).map(|(at, _)| at);
        starts.find_map(|start| {
            let rest = image.get(start..)?;
            let length = Sections::of(rest).ok()?.end();
            Self::parse(rest.get(..length)?).ok().filter(|btf| !btf.functions.is_empty())
        })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the names of the functions, sorted. A name may come more than once.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|number| self.name(*number))
    }

    /// Returns whether the kernel has a function.
    #[must_use]
    pub fn has_function(&self, name: &str) -> bool {
        !self.named(&self.functions, name).is_empty()
    }

    /// Returns the prototype of a function; none when there is no such function, or functions with that name differ.
    #[must_use]
    pub fn prototype(&self, name: &str) -> Option<Prototype> {
        let mut all = self.named(&self.functions, name).iter().map(|number| self.prototype_of(*number));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    fn by_name(&self, numbers: Vec<u32>) -> Vec<u32> {
        let mut named: Vec<_> = numbers.into_iter().map(|number| (self.name(number), number)).collect();
        named.sort_unstable();
        named.into_iter().map(|(_, number)| number).collect()
    }

    /// Returns the names of the LSM hooks, sorted.
    pub fn lsm_hooks(&self) -> impl Iterator<Item = &str> {
        self.functions().filter_map(|name| name.strip_prefix(LSM)).filter(|name| !LSM_HELPERS.contains(name))
    }

    /// Returns the prototype of an LSM hook.
    #[must_use]
    pub fn lsm_hook(&self, name: &str) -> Option<Prototype> {
        if LSM_HELPERS.contains(&name) { None } else { self.prototype(&format!("{LSM}{name}")) }
    }

    /// Returns the part of a sorted list with a name.
    fn named<'btf>(&self, sorted: &'btf [u32], name: &str) -> &'btf [u32] {
        let start = sorted.partition_point(|number| self.name(*number) < name);
        let rest = sorted.get(start..).unwrap_or_default();
        rest.get(..rest.partition_point(|number| self.name(*number) == name)).unwrap_or_default()
    }

    /// Returns the type with a number; none for 0, which is `void`, and for one that does not exist.
    fn record(&self, number: u32) -> Option<Record> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        Record::at(&self.bytes, &self.sections, *self.types.get(index)?).ok()
    }

    /// Returns the name of a type; empty where it has none, or one that is not text.
    fn name(&self, number: u32) -> &str {
        self.record(number).map_or("", |record| self.text(record.name))
    }

    fn text(&self, offset: u32) -> &str {
        self.sections.text(&self.bytes, offset)
    }
}

#[cfg(test)]
mod tests;
