//! The committed object and the Rust layout agree on every record's size and every field's offset, from BTF.

use std::collections::BTreeMap;
use std::mem::{offset_of, size_of};

use object::{Object as _, ObjectSection as _};
use telovix_bpf_programs::layout::*;
use telovix_bpf_programs::object::{
    FORKED, OBJECT, PLACE_TASKS, REGISTER_LOADER, SYSTEM_CALLS, WRITE_SETTING,
};
use telovix_bpf_programs::state::{Control, EVENT_TEXT, Event, Guard, Slot};

/// A structure in BTF: its size, and its members' names with their offsets in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Structure {
    size: usize,
    members: Vec<(String, usize)>,
}

macro_rules! twins {
    ($($c:literal => $rust:ty { $($field:ident),* $(,)? },)*) => {
        BTreeMap::from([$(($c, Structure {
            size: size_of::<$rust>(),
            members: vec![$((stringify!($field).to_owned(), offset_of!($rust, $field))),*],
        })),*])
    };
}

#[test]
fn records_are_the_same_on_both_sides() {
    let expected = twins! {
        "telovix_path_state" => PathState { child, exact, below, subtree },
        "telovix_edge_key" => EdgeKey { node, chunk },
        "telovix_prefix_key" => PrefixKey { bits, node, chunk },
        "telovix_automaton" => Automaton { root, classes, class_count },
        "telovix_endpoints" => Endpoints { start, count, classes, class_count },
        "telovix_syscalls" => Syscalls { table, classes, class_count },
        "telovix_domain" => Domain {
            operations, strict, inherits, exec, file, endpoints, syscalls, anonymous_exec, slots, capabilities,
        },
        "telovix_address" => Address { high, low, ports, port_count, class, reserved },
        "telovix_port" => Port { first, class },
        "telovix_syscall_table" => SyscallTable { classes },
        "telovix_decision" => Decision { confinement, next },
        "telovix_confinement" => Confinement { effect, operation, access, scope, flags },
        "telovix_subject" => Subject { path, name },
        "telovix_exemption" => Exemption { confinement, own, parent },
        "telovix_header" => Header { version, reserved, subjects, names },
        "telovix_control" => Control { word },
        "telovix_slot" => Slot { generation, everybody, subjects, reserved },
        "telovix_guard" => Guard { folder, folder_device, folder_generation, length, pins_device, pins, name },
    };
    let found = structures();
    for (name, structure) in expected {
        assert_eq!(found.get(name), Some(&structure), "{name}");
    }
    // The text of an event follows its fixed part.
    let event = found.get("telovix_event").expect("described");
    assert_eq!(event.size, size_of::<Event>() + EVENT_TEXT);
    assert!(event.members.contains(&("path".to_owned(), size_of::<Event>())));
    assert!(event.members.contains(&("command".to_owned(), offset_of!(Event, command))));
    assert!(event.members.contains(&("port".to_owned(), offset_of!(Event, port))));
    assert!(event.members.contains(&("detail".to_owned(), offset_of!(Event, detail))));
}

#[test]
fn every_hook_has_its_program() {
    let file = object::File::parse(OBJECT).expect("an ELF file");
    let sections: Vec<&str> = file.sections().filter_map(|section| section.name().ok()).collect();
    for hook in HOOKS {
        assert!(sections.contains(&format!("lsm/{}", hook.name).as_str()), "{}", hook.name);
    }
    for section in [format!("tp_btf/{FORKED}"), format!("raw_tp/{SYSTEM_CALLS}"), "iter/task".to_owned()] {
        assert!(sections.contains(&section.as_str()), "{section}");
    }
    let symbols: Vec<String> = symbols(&file);
    for program in [PLACE_TASKS, REGISTER_LOADER, WRITE_SETTING] {
        assert!(symbols.iter().any(|symbol| symbol == program), "{program}");
    }
}

fn symbols(file: &object::File<'_>) -> Vec<String> {
    use object::ObjectSymbol as _;
    file.symbols().filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect()
}

/// Reads the structures out of `.BTF` (Documentation/bpf/btf.rst).
fn structures() -> BTreeMap<String, Structure> {
    let file = object::File::parse(OBJECT).expect("an ELF file");
    let section = file.section_by_name(".BTF").expect("type information");
    let bytes = section.data().expect("bytes");
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    assert_eq!(word(0) & 0xffff, 0xeb9f, "magic");
    let header = word(4);
    let (types, types_end) = (header + word(8), header + word(8) + word(12));
    let strings = header + word(16);
    let text = |offset: usize| {
        let start = strings + offset;
        let end = start + bytes[start..].iter().position(|&byte| byte == 0).expect("a NUL");
        String::from_utf8_lossy(&bytes[start..end]).into_owned()
    };

    let mut found = BTreeMap::new();
    let mut at = types;
    while at < types_end {
        let (name, info, size) = (word(at), word(at + 4), word(at + 8));
        let (kind, count) = (info >> 24 & 0x1f, info & 0xffff);
        let rest = at + 12;
        at = rest
            + match kind {
                1 | 14 | 17 => 4,      // INT, VAR, DECL_TAG
                3 => 12,               // ARRAY
                4 | 5 => 12 * count,   // STRUCT, UNION
                6 | 13 => 8 * count,   // ENUM, FUNC_PROTO
                15 | 19 => 12 * count, // DATASEC, ENUM64
                _ => 0,
            };
        if kind == 4 {
            let members = (0..count).map(|index| rest + 12 * index);
            let members = members.map(|member| (text(word(member)), (word(member + 8) & 0xff_ffff) / 8));
            found.insert(text(name), Structure { size, members: members.collect() });
        }
    }
    found
}
