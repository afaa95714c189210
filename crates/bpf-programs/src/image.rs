//! Sections of records <-> one ELF file, verified when it is read.
//!
//! An image is an ELF relocatable for machine BPF with one section per [`Section`], so `readelf -S` lists it, and
//! a note of owner `telovix` with the layout version and a SHA-256 per section. [`Image::read`] accepts a file
//! only if it is byte for byte the file that [`Image::write`] would write for its contents, and if every reference in
//! it is valid.

mod container;
mod error;
mod verify;

use std::cmp::Ordering;

pub use error::ImageError;

use container::Digests;

use crate::layout::{Kind, Record, Section};

/// The tables of a verified image.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    sections: Sections,
    digests: Digests,
}

/// Bytes by section, not yet verified.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sections {
    bytes: [Vec<u8>; Section::ALL.len()],
}

impl Image {
    /// Verifies the sections and returns an image of them.
    ///
    /// # Errors
    /// The first invalid record.
    pub fn new(sections: Sections) -> Result<Self, ImageError> {
        verify::verify(&sections)?;
        let digests = Digests::of(&sections);
        Ok(Self { sections, digests })
    }

    /// Reads and verifies an image file.
    ///
    /// # Errors
    /// The first error of the file: container, version, digests or records.
    pub fn read(file: &[u8]) -> Result<Self, ImageError> {
        let image = Self::new(container::read(file)?)?;
        if image.write() == file { Ok(image) } else { Err(ImageError::NotCanonical) }
    }

    /// Returns the image file. Equal images give equal bytes.
    pub fn write(&self) -> Vec<u8> {
        container::write(&self.sections, &self.digests)
    }

    /// Returns the SHA-256 over the digests of all sections: the identity of the policy in the image.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digests.whole
    }

    /// Returns a section's records, unparsed.
    pub fn bytes(&self, section: Section) -> &[u8] {
        self.sections.bytes(section)
    }

    /// Returns the number of records in a section (bytes, for the strings).
    pub fn count(&self, section: Section) -> usize {
        self.sections.count(section)
    }

    /// Returns an array section's record, or `None` after its end.
    pub fn record<R: Record>(&self, section: Section, index: u32) -> Option<R> {
        self.sections.record(section, index)
    }

    /// Returns an array section's records in order.
    pub fn records<R: Record>(&self, section: Section) -> impl Iterator<Item = R> {
        self.sections.records(section)
    }

    /// Returns a keyed section's entries in the order of their keys.
    pub fn entries<K: Record, V: Record>(&self, section: Section) -> impl Iterator<Item = (K, V)> {
        self.sections.entries(section)
    }

    /// Returns an entry of a keyed section by its position in the order of the keys, or `None` after the end.
    pub fn entry<K: Record, V: Record>(&self, section: Section, place: u32) -> Option<(K, V)> {
        self.sections.entry(section, place)
    }

    /// Returns the value of exactly this key in a keyed section.
    pub fn find<K: Record + Ord, V: Record>(&self, section: Section, key: &K) -> Option<V> {
        self.sections.find(section, key)
    }

    /// Returns the string at an offset, or `None` outside the strings.
    pub fn string(&self, offset: u32) -> Option<&str> {
        self.sections.string(offset)
    }

    /// Returns the bytes that all maps of the image occupy in the kernel.
    pub fn kernel_bytes(&self) -> usize {
        Section::ALL.into_iter().map(|section| section.kernel_bytes(self.count(section))).sum()
    }
}

impl Sections {
    /// Appends a record to an array section.
    pub fn push<R: Record>(&mut self, section: Section, record: &R) {
        debug_assert_eq!((R::SIZE, 0), (section.value_size(), section.key_size()));
        record.encode(self.of(section));
    }

    /// Reserves space for more records of a section.
    pub fn reserve(&mut self, section: Section, records: usize) {
        self.of(section).reserve(records * section.record_size());
    }

    /// Appends records to an array section.
    pub fn extend<R: Record>(&mut self, section: Section, records: &[R]) {
        self.reserve(section, records.len());
        for record in records {
            self.push(section, record);
        }
    }

    /// Appends an entry to a keyed section. Entries must come in the order of their keys.
    pub fn insert<K: Record, V: Record>(&mut self, section: Section, key: &K, value: &V) {
        debug_assert_eq!((K::SIZE, V::SIZE), (section.key_size(), section.value_size()));
        key.encode(self.of(section));
        value.encode(self.of(section));
    }

    /// Appends a string with its NUL and returns its offset, or `None` when the string itself has a NUL or the
    /// strings no longer fit 32-bit offsets.
    pub fn push_string(&mut self, text: &str) -> Option<u32> {
        let strings = self.of(Section::Strings);
        let offset = u32::try_from(strings.len()).ok()?;
        if text.contains('\0') {
            return None;
        }
        strings.extend_from_slice(text.as_bytes());
        strings.push(0);
        Some(offset)
    }

    /// Returns a section's records, unparsed.
    pub fn bytes(&self, section: Section) -> &[u8] {
        &self.bytes[section as usize]
    }

    /// Returns the number of records in a section (bytes, for the strings).
    pub fn count(&self, section: Section) -> usize {
        self.bytes(section).len() / section.record_size()
    }

    /// Returns an array section's record, or `None` after its end.
    pub fn record<R: Record>(&self, section: Section, index: u32) -> Option<R> {
        debug_assert_eq!(R::SIZE, section.record_size());
        let start = usize::try_from(index).ok()?.checked_mul(R::SIZE)?;
        R::decode(self.bytes(section).get(start..start.checked_add(R::SIZE)?)?)
    }

    /// Returns an array section's records in order.
    pub fn records<R: Record>(&self, section: Section) -> impl Iterator<Item = R> {
        debug_assert_eq!(R::SIZE, section.record_size());
        self.bytes(section).chunks_exact(R::SIZE).filter_map(R::decode)
    }

    /// Returns a keyed section's entries in the order of the file.
    pub fn entries<K: Record, V: Record>(&self, section: Section) -> impl Iterator<Item = (K, V)> {
        debug_assert_eq!((K::SIZE, V::SIZE), (section.key_size(), section.value_size()));
        self.bytes(section).chunks_exact(K::SIZE + V::SIZE).filter_map(entry)
    }

    /// Returns an entry of a keyed section by its position in the file, or `None` after the end.
    pub fn entry<K: Record, V: Record>(&self, section: Section, place: u32) -> Option<(K, V)> {
        debug_assert_eq!((K::SIZE, V::SIZE), (section.key_size(), section.value_size()));
        let size = K::SIZE + V::SIZE;
        let start = usize::try_from(place).ok()?.checked_mul(size)?;
        entry(self.bytes(section).get(start..start.checked_add(size)?)?)
    }

    /// Returns the value of exactly this key in a keyed section.
    pub fn find<K: Record + Ord, V: Record>(&self, section: Section, key: &K) -> Option<V> {
        debug_assert!(!matches!(section.kind(), Kind::Array | Kind::Listing));
        let (bytes, size) = (self.bytes(section), K::SIZE + V::SIZE);
        let (mut low, mut high) = (0, bytes.len() / size);
        while low < high {
            let middle = low + (high - low) / 2;
            let (found, value) = bytes.get(middle * size..(middle + 1) * size)?.split_at_checked(K::SIZE)?;
            match K::decode(found)?.cmp(key) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return V::decode(value),
            }
        }
        None
    }

    /// Returns the string at an offset, or `None` outside the strings.
    pub fn string(&self, offset: u32) -> Option<&str> {
        let rest = self.bytes(Section::Strings).get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        std::str::from_utf8(rest.get(..end)?).ok()
    }

    fn of(&mut self, section: Section) -> &mut Vec<u8> {
        &mut self.bytes[section as usize]
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sections.fmt(formatter)
    }
}

impl std::fmt::Debug for Sections {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_map()
            .entries(Section::ALL.map(|section| (section.name(), self.count(section))))
            .finish()
    }
}

fn entry<K: Record, V: Record>(bytes: &[u8]) -> Option<(K, V)> {
    let (key, value) = bytes.split_at_checked(K::SIZE)?;
    Some((K::decode(key)?, V::decode(value)?))
}

#[cfg(test)]
mod tests;
