//! Images read back as written; every kind of damage is rejected with its code, and none panics.

use proptest::prelude::*;

use super::*;
use crate::layout::*;

/// One domain that may not open `/etc/shadow`, written by hand.
fn sample() -> Sections {
    let mut sections = Sections::default();
    let leaf = |class| PathState { child: 0, exact: class, below: 0, subtree: class };
    let nothing = PathState { child: 0, exact: 0, below: 0, subtree: 0 };
    let toward = |node| PathState { child: node | NODE_HAS_EDGES, exact: 0, below: 0, subtree: 1 };
    let no_table = Automaton { root: nothing, classes: 0, class_count: 0 };
    let open = Domain {
        operations: 0,
        strict: 0,
        inherits: 0,
        exec: no_table,
        file: no_table,
        endpoints: Endpoints { start: 0, count: 0, classes: 0, class_count: 0 },
        syscalls: Syscalls { table: 0, classes: 0, class_count: 0 },
        anonymous_exec: 0,
        slots: [0; Operation::SLOTS],
        capabilities: [0; CAPABILITIES],
    };
    let shadow = Automaton { root: toward(2), classes: 0, class_count: 1 };

    sections.push_string("").expect("fits");
    let [kind, id, file] = ["GuardianProfile", "gp_0123456789ab", "amf.yaml"]
        .map(|text| sections.push_string(text).expect("fits"));
    let origin = Origin { kind, id, name: id, dimension: 0, file, start: 10, end: 20, line: 2 };
    let header = Header { version: LAYOUT_VERSION, reserved: 0, subjects: toward(3), names: nothing };
    sections.push(Section::Header, &header);
    let confinement = Confinement {
        effect: Effect::Deny as u8,
        operation: Operation::File as u8,
        access: Access::READ,
        scope: 0,
        flags: 0,
    };
    sections.push(Section::Confinements, &confinement);
    sections.push(Section::Origins, &origin);
    sections.push(Section::Scopes, &0_u32);
    sections.push(Section::Decisions, &Decision { confinement: 0, next: 0 });
    sections.push(Section::Decisions, &Decision { confinement: 0, next: 0 });
    sections.push(Section::Classes, &1_u32);
    sections.push(Section::Domains, &open);
    sections.push(Section::Domains, &Domain { operations: Operation::File.bit(), file: shadow, ..open });
    sections.insert(Section::Subjects, &Subject { path: 1, name: 0 }, &1_u32);
    sections.insert(Section::Edges, &edge(1, "shadow"), &leaf(1));
    sections.insert(Section::Edges, &edge(2, "etc"), &toward(1));
    sections.insert(Section::Edges, &edge(3, "amf"), &leaf(1));
    sections
}

fn edge(node: u32, name: &str) -> EdgeKey {
    let mut chunk = [0; CHUNK];
    chunk[..name.len()].copy_from_slice(name.as_bytes());
    EdgeKey { node, chunk }
}

#[test]
fn reads_what_was_written() {
    let image = Image::new(sample()).expect("the sample is valid");
    let file = image.write();
    assert_eq!(Image::read(&file), Ok(image.clone()));
    assert_eq!(image.write(), file);
    assert_eq!(
        image.find::<EdgeKey, PathState>(Section::Edges, &edge(2, "etc")).map(|state| state.subtree),
        Some(1)
    );
    assert_eq!(image.find::<EdgeKey, PathState>(Section::Edges, &edge(2, "usr")), None);
    let origin: Origin = image.record(Section::Origins, 0).expect("one origin");
    assert_eq!(image.string(origin.file), Some("amf.yaml"));
}

#[test]
fn elf_tools_see_one_section_per_map() {
    use object::{Object, ObjectSection};
    let file = Image::new(sample()).expect("the sample is valid").write();
    let elf = object::File::parse(file.as_slice()).expect("an ELF file");
    assert_eq!(elf.architecture(), object::Architecture::Bpf);
    let names: Vec<String> =
        elf.sections().filter_map(|section| Some(section.name().ok()?.to_owned())).collect();
    let expected: Vec<&str> = std::iter::once(".note.telovix")
        .chain(Section::ALL.map(Section::name))
        .chain([".shstrtab"])
        .collect();
    assert_eq!(
        names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let mut file = Image::new(sample()).expect("the sample is valid").write();
    for at in 0..file.len() {
        for bit in 0..8 {
            file[at] ^= 1 << bit;
            assert!(Image::read(&file).is_err(), "bit {bit} of byte {at}");
            file[at] ^= 1 << bit;
        }
    }
}

#[test]
fn no_cut_or_extension_goes_unnoticed() {
    let mut file = Image::new(sample()).expect("the sample is valid").write();
    for length in 0..file.len() {
        assert!(Image::read(&file[..length]).is_err(), "{length} bytes");
    }
    file.push(0);
    assert_eq!(Image::read(&file), Err(ImageError::NotCanonical));
}

#[test]
fn another_version_is_named() {
    let mut file = Image::new(sample()).expect("the sample is valid").write();
    let owner = file.windows(8).position(|bytes| bytes == b"telovix\0").expect("the note");
    file[owner + 8..owner + 12].copy_from_slice(&9_u32.to_le_bytes());
    assert_eq!(Image::read(&file), Err(ImageError::Version { found: 9 }));
}

/// Each kind of invalid record, with the section that is reported.
#[test]
fn invalid_records_are_reported_with_their_section() {
    type Lie = fn(&mut Sections);
    let lies: [(Section, Lie); 13] = [
        (Section::Strings, |image| image.of(Section::Strings).truncate(5)),
        (Section::Header, |image| image.of(Section::Header)[8] = 9),
        (Section::Header, |image| image.of(Section::Header).clear()),
        (Section::Origins, |image| image.of(Section::Origins)[0] = 2),
        (Section::Confinements, |image| image.of(Section::Confinements)[0] = 7),
        (Section::Confinements, |image| image.of(Section::Confinements)[4] = 1),
        (Section::Decisions, |image| image.of(Section::Decisions)[12] = 1),
        (Section::Classes, |image| image.of(Section::Classes)[0] = 2),
        (Section::Domains, |image| image.of(Section::Domains)[396] = 1),
        (Section::Edges, |image| image.of(Section::Edges)[32] = 1),
        (Section::Edges, |image| image.of(Section::Edges).rotate_left(48)),
        (Section::Edges, |image| image.of(Section::Edges)[12] = b'/'),
        (Section::Subjects, |image| image.of(Section::Subjects)[8] = 2),
    ];
    for (number, (blamed, lie)) in lies.into_iter().enumerate() {
        let mut sections = sample();
        lie(&mut sections);
        match Image::new(sections) {
            Err(ImageError::Record { section, .. }) => assert_eq!(section, blamed, "case {number}"),
            other => panic!("case {number} gave {other:?}"),
        }
    }
    let mut sections = sample();
    sections.of(Section::Ports).push(0);
    assert_eq!(Image::new(sections), Err(ImageError::RecordSize { section: Section::Ports }));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(Image::read(&bytes).is_err());
    }

    /// Damage with correct digests: accepted images read back, and nothing panics.
    #[test]
    fn any_records_are_accepted_or_refused(
        damage in prop::collection::vec((0..Section::ALL.len(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
        grow in prop::collection::vec((0..Section::ALL.len(), prop::collection::vec(0_u8..3, 0..64)), 0..3),
    ) {
        let mut sections = sample();
        for (section, bytes) in grow {
            let section = Section::ALL[section];
            let bytes = bytes.into_iter().cycle().take(section.record_size());
            sections.of(section).extend(bytes);
        }
        for (section, at, byte) in damage {
            let bytes = sections.of(Section::ALL[section]);
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Ok(image) = Image::new(sections) {
            prop_assert_eq!(Image::read(&image.write()), Ok(image));
        }
    }
}
