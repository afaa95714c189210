//! Sections <-> ELF bytes: header, one section per table, the note, and nothing else.

use object::elf;
use object::read::elf::{FileHeader as _, SectionHeader as _};
use object::write::elf::{FileHeader, SectionHeader, Writer};
use object::{Endianness, LittleEndian};
use sha2::{Digest as _, Sha256};

use super::{ImageError, Sections};
use crate::layout::{LAYOUT_VERSION, Section};

const NOTE_SECTION: &str = ".note.telovix";
const NOTE_OWNER: &[u8; 8] = b"telovix\0";
/// The only type of note this owner writes.
const NOTE_LAYOUT: u32 = 1;
/// Alignment of sections, so that a reader can map the file and use the records in place.
const ALIGNMENT: usize = 8;

/// SHA-256 of every section, and of those digests together.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Digests {
    sections: [[u8; 32]; Section::ALL.len()],
    pub(super) whole: [u8; 32],
}

impl Digests {
    pub(super) fn of(sections: &Sections) -> Self {
        let digests = Section::ALL.map(|section| Sha256::digest(sections.bytes(section)).into());
        let mut whole = Sha256::new();
        whole.update(LAYOUT_VERSION.to_le_bytes());
        for digest in &digests {
            whole.update(digest);
        }
        Self { sections: digests, whole: whole.finalize().into() }
    }

    /// The note: ELF's own header (sizes, type, owner), then the version and the digests.
    fn note(&self) -> Vec<u8> {
        let digests: Vec<u8> = self.sections.iter().chain([&self.whole]).flatten().copied().collect();
        let mut note = Vec::new();
        for word in [NOTE_OWNER.len(), size_of::<u32>() + digests.len(), NOTE_LAYOUT as usize] {
            note.extend_from_slice(&(word as u32).to_le_bytes());
        }
        note.extend_from_slice(NOTE_OWNER);
        note.extend_from_slice(&LAYOUT_VERSION.to_le_bytes());
        note.extend_from_slice(&digests);
        note
    }
}

pub(super) fn write(sections: &Sections, digests: &Digests) -> Vec<u8> {
    let note = digests.note();
    let contents: Vec<(&str, u32, &[u8])> = std::iter::once((NOTE_SECTION, elf::SHT_NOTE, note.as_slice()))
        .chain(Section::ALL.map(|section| (section.name(), elf::SHT_PROGBITS, sections.bytes(section))))
        .collect();

    let mut file = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut file);
    writer.reserve_file_header();
    let mut headers = Vec::new();
    for (name, sh_type, bytes) in &contents {
        let name = writer.add_section_name(name.as_bytes());
        writer.reserve_section_index();
        headers.push(SectionHeader {
            name: Some(name),
            sh_type: *sh_type,
            sh_flags: 0,
            sh_addr: 0,
            sh_offset: writer.reserve(bytes.len(), ALIGNMENT) as u64,
            sh_size: bytes.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: ALIGNMENT as u64,
            sh_entsize: 0,
        });
    }
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab();
    writer.reserve_section_headers();

    writer
        .write_file_header(&FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: elf::ET_REL,
            e_machine: elf::EM_BPF,
            e_entry: 0,
            e_flags: 0,
        })
        .expect("a growing vector has room for the header");
    for (_, _, bytes) in &contents {
        writer.write_align(ALIGNMENT);
        writer.write(bytes);
    }
    writer.write_shstrtab();
    writer.write_null_section_header();
    for header in &headers {
        writer.write_section_header(header);
    }
    writer.write_shstrtab_section_header();
    file
}

/// Reads the sections of an ELF file and checks the version and the digests of the note.
pub(super) fn read(file: &[u8]) -> Result<Sections, ImageError> {
    let not = |what| move |_| ImageError::NotAnImage { what };
    let header = elf::FileHeader64::<LittleEndian>::parse(file).map_err(not("no 64-bit ELF header"))?;
    let endian = header.endian().map_err(not("it is not little endian"))?;
    if header.e_machine(endian) != elf::EM_BPF {
        return Err(ImageError::NotAnImage { what: "the ELF file is not for machine BPF" });
    }
    let table = header.sections(endian, file).map_err(not("no ELF section table"))?;

    let mut sections = Sections::default();
    let mut seen = [false; Section::ALL.len()];
    let mut note = None;
    for section in table.iter().skip(1) {
        let name = table.section_name(endian, section).map_err(not("a section has no name"))?;
        let name = String::from_utf8_lossy(name);
        let bytes = section
            .data(endian, file)
            .map_err(|_| ImageError::Truncated { section: name.clone().into_owned() })?;
        let found = Section::ALL.into_iter().find(|section| section.name() == name);
        if let Some(section) = found {
            if std::mem::replace(&mut seen[section as usize], true) {
                return Err(ImageError::Sections { section: name.into_owned(), what: "duplicated" });
            }
            sections.of(section).extend_from_slice(bytes);
        } else if name == NOTE_SECTION {
            note = Some(bytes);
        } else if name != ".shstrtab" {
            return Err(ImageError::Sections { section: name.into_owned(), what: "unknown" });
        }
    }

    let note = note.ok_or(ImageError::NotAnImage { what: "the ELF file has no note of owner `telovix`" })?;
    check_version(note)?;
    if let Some(section) = Section::ALL.into_iter().find(|section| !seen[*section as usize]) {
        return Err(ImageError::Sections { section: section.name().to_owned(), what: "missing" });
    }
    check_digests(note, &sections)?;
    Ok(sections)
}

/// The version is checked first: another version may have other sections.
fn check_version(note: &[u8]) -> Result<(), ImageError> {
    let owner = note.get(12..20).filter(|owner| owner == NOTE_OWNER);
    let version = owner.and_then(|_| note.get(20..24)?.try_into().ok()).map(u32::from_le_bytes);
    match version {
        Some(LAYOUT_VERSION) => Ok(()),
        Some(found) => Err(ImageError::Version { found }),
        None => Err(ImageError::NotAnImage { what: "the note is not of owner `telovix`" }),
    }
}

fn check_digests(note: &[u8], sections: &Sections) -> Result<(), ImageError> {
    let digests = Digests::of(sections);
    let written =
        note.get(24..).ok_or(ImageError::NotAnImage { what: "the note has no digests" })?.chunks(32);
    let expected = Section::ALL.into_iter().zip(&digests.sections);
    for ((section, digest), written) in expected.zip(written) {
        if written != digest {
            return Err(ImageError::Digest { section: section.name().to_owned() });
        }
    }
    if note == digests.note() { Ok(()) } else { Err(ImageError::Digest { section: NOTE_SECTION.to_owned() }) }
}
