use proptest::prelude::*;

use super::{Btf, BtfError, Prototype};

/// BTF with types that are written one after the other.
#[derive(Default)]
pub(crate) struct Writer {
    types: Vec<u8>,
    strings: Vec<u8>,
    count: u32,
}

impl Writer {
    fn name(&mut self, name: &str) -> u32 {
        if self.strings.is_empty() {
            self.strings.push(0);
        }
        if name.is_empty() {
            return 0;
        }
        let at = u32::try_from(self.strings.len()).unwrap();
        self.strings.extend_from_slice(name.as_bytes());
        self.strings.push(0);
        at
    }

    fn add(&mut self, name: &str, kind: u32, members: usize, target: u32, rest: &[u32]) -> u32 {
        let name = self.name(name);
        let info = kind << 24 | u32::try_from(members).unwrap();
        for number in [name, info, target].iter().chain(rest) {
            self.types.extend_from_slice(&number.to_le_bytes());
        }
        self.count += 1;
        self.count
    }

    fn function(&mut self, name: &str, result: u32, arguments: &[u32]) {
        let rest: Vec<u32> = arguments.iter().flat_map(|kind| [0, *kind]).collect();
        let prototype = self.add("", 13, arguments.len(), result, &rest);
        self.add(name, 12, 0, prototype, &[]);
    }

    fn finish(mut self) -> Vec<u8> {
        self.name("");
        let types = u32::try_from(self.types.len()).unwrap();
        let strings = u32::try_from(self.strings.len()).unwrap();
        let mut bytes = super::layout::START.to_vec();
        for number in [0, types, types, strings] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend(self.types);
        bytes.extend(self.strings);
        bytes
    }
}

/// A kernel with two functions and two structs.
fn small() -> Vec<u8> {
    let mut writer = Writer::default();
    let int = writer.add("int", 1, 0, 4, &[0]);
    let path = writer.add("path", 4, 0, 0, &[]);
    let path_pointer = writer.add("", 2, 0, path, &[]);
    let (name, inner) = (writer.name("f_flags"), writer.name("f_path"));
    let anonymous = writer.add("", 5, 1, 8, &[inner, path, 0]);
    let file = writer.add("file", 4, 2, 8, &[name, int, 0, 0, anonymous, 0]);
    let constant = writer.add("", 10, 0, file, &[]);
    let pointer = writer.add("", 2, 0, constant, &[]);
    writer.function("security_file_open", int, &[pointer]);
    writer.function("bpf_lsm_path_truncate", 0, &[path_pointer, int]);
    writer.function("twice", int, &[int]);
    writer.function("twice", int, &[pointer]);
    writer.finish()
}

fn prototype(is_void: bool, arguments: &[&str]) -> Option<Prototype> {
    Some(Prototype { is_void, arguments: arguments.iter().map(|&kind| kind.to_owned()).collect() })
}

#[test]
fn functions_have_prototypes() {
    let btf = Btf::parse(small()).unwrap();
    assert_eq!(btf.prototype("security_file_open"), prototype(false, &["file*"]));
    assert_eq!(btf.prototype("bpf_lsm_path_truncate"), prototype(true, &["path*", "int"]));
    assert_eq!(btf.prototype("security_file_opened"), None);
    assert!(btf.has_function("twice") && btf.prototype("twice").is_none());
    let names: Vec<_> = btf.functions().collect();
    assert_eq!(names, ["bpf_lsm_path_truncate", "security_file_open", "twice", "twice"]);
}

#[test]
fn fields_of_anonymous_members_are_fields_of_the_struct() {
    let btf = Btf::parse(small()).unwrap();
    let fields: Vec<_> = btf.fields("file").unwrap().iter().map(|field| (field.name, field.target)).collect();
    assert_eq!(fields, [("f_flags", None), ("f_path", Some("path"))]);
    assert_eq!(btf.fields("inode"), None);
}

#[test]
fn btf_is_found_within_the_image_of_a_kernel() {
    let image = [b"MZ".repeat(40), super::layout::START.to_vec(), small(), vec![7; 90]].concat();
    assert_eq!(Btf::within(&image).as_ref().map(Btf::bytes), Some(small().as_slice()));
    assert_eq!(Btf::within(b"nothing"), None);
}

#[test]
fn other_bytes_are_refused() {
    let mut big = small();
    big.swap(0, 1);
    assert_eq!(Btf::parse(big), Err(BtfError::BigEndian));
    assert_eq!(Btf::parse(*b"\x7fELF"), Err(BtfError::NotBtf));
    let whole = small();
    for length in 8..whole.len() {
        assert_eq!(Btf::parse(&whole[..length]), Err(BtfError::Short), "{length}");
    }
    let mut writer = Writer::default();
    writer.add("new", 31, 0, 0, &[]);
    assert_eq!(Btf::parse(writer.finish()), Err(BtfError::Kind(31)));
}

#[test]
fn a_name_without_an_end_is_none() {
    let mut writer = Writer::default();
    let int = writer.add("int", 1, 0, 4, &[0]);
    writer.function(&"x".repeat(600), int, &[]);
    let btf = Btf::parse(writer.finish()).unwrap();
    assert_eq!(btf.functions().collect::<Vec<_>>(), [""]);
}

#[test]
fn structs_inside_themselves_end() {
    let mut writer = Writer::default();
    let members: Vec<u32> = (0..500).flat_map(|_| [0, 1, 0]).collect();
    writer.add("endless", 4, 500, 0, &members);
    let pointer = writer.count + 1;
    writer.add("", 2, 0, pointer, &[]);
    writer.function("endless", pointer, &[pointer]);
    let btf = Btf::parse(writer.finish()).unwrap();
    assert_eq!(btf.fields("endless"), Some(Vec::new()));
    assert_eq!(btf.prototype("endless"), prototype(false, &["unknown"]));
}

proptest! {
    /// Damaged bytes are refused or read, and everything can be asked for.
    #[test]
    fn damage_does_not_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = small();
        for (index, byte) in changes {
            let at = 8 + index.index(bytes.len() - 8);
            bytes[at] = byte;
        }
        if let Ok(btf) = Btf::parse(bytes) {
            for name in btf.functions() {
                let _ = btf.prototype(name);
            }
            let _ = (btf.fields("file"), btf.fields("path"), btf.fields(""));
        }
    }
}

/// The kernel of the tests of the command line: a few functions and hooks, with one argument that other kernels do not have.
#[test]
fn the_kernel_of_the_command_line_tests_is_written_here() {
    let mut writer = Writer::default();
    let int = writer.add("int", 1, 0, 4, &[0]);
    let mut pointers = ["file", "dentry", "sock", "sockaddr", "pt_regs"].map(|name| {
        let named = writer.add(name, 4, 0, 0, &[]);
        writer.add("", 2, 0, named, &[])
    });
    pointers.sort_unstable();
    let [file, dentry, sock, sockaddr, registers] = pointers;
    writer.function("__x64_sys_openat", int, &[registers]);
    writer.function("bpf_lsm_file_open", int, &[file, int]);
    writer.function("bpf_lsm_inode_unlink", int, &[dentry]);
    writer.function("security_file_open", int, &[file, int]);
    writer.function("tcp_connect", int, &[sock]);
    writer.function("tcp_v4_connect", int, &[sock, sockaddr, int]);
    let bytes = writer.finish();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cli/btf/edge.btf");
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        std::fs::write(path, &bytes).unwrap();
    }
    assert!(std::fs::read(path).unwrap() == bytes, "`{path}` differs; `SNAPSHOTS=overwrite` writes it");
}
