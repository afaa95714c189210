//! Records survive a round trip through bytes, the C header has the same numbers, and the tables are complete.

use std::collections::BTreeMap;

use super::*;

#[test]
fn records_read_back_what_they_wrote() {
    let key = EdgeKey { node: 7, chunk: *b"twenty-eight-bytes-of-name!!" };
    let mut bytes = Vec::new();
    key.encode(&mut bytes);
    assert_eq!(bytes.len(), EdgeKey::SIZE);
    assert_eq!(bytes[..4], [7, 0, 0, 0]);
    assert_eq!(EdgeKey::decode(&bytes), Some(key));
    assert_eq!(EdgeKey::decode(&bytes[1..]), None);
    bytes.push(0);
    assert_eq!(EdgeKey::decode(&bytes), None);
}

#[test]
fn operations_are_numbered_in_order_and_slots_fit() {
    for (number, operation) in Operation::ALL.into_iter().enumerate() {
        assert_eq!(operation as usize, number);
        assert!(operation.slot().is_none_or(|slot| slot < Operation::SLOTS));
    }
    assert_eq!(Operation::Syscall.slot(), None);
    assert_eq!(Operation::ModuleLoad.slot(), Some(0));
}

#[test]
fn every_operation_has_a_hook() {
    for operation in Operation::ALL {
        assert!(HOOKS.iter().any(|hook| hook.operations.contains(&operation)), "{}", operation.name());
    }
}

#[test]
fn covered_calls_name_hooks_that_are_there() {
    let calls: Vec<CoveredCall> = covered_calls().collect();
    assert!(calls.iter().any(|call| call.name == "chroot" && call.cells == [161, SYSCALLS_IA32_START + 61]));
    for call in calls {
        assert!(!call.hooks.is_empty(), "{}", call.name);
        assert!(call.cells.iter().all(|&cell| cell < SYSCALL_CELLS));
        for hook in call.hooks {
            assert!(HOOKS.iter().any(|known| known.name == hook), "{hook}");
        }
    }
}

#[test]
fn sections_are_in_order_and_carry_map_names_the_kernel_takes() {
    assert!(Section::ALL.is_sorted());
    for section in Section::ALL {
        let map = section.name().strip_prefix(".telovix.").expect("prefix");
        assert!(map.len() <= 15, "BPF_OBJ_NAME_LEN is 16 with the NUL: {map}");
    }
}

/// `#define TELOVIX_X 5` in the header is `X = 5` here; anything that C computes is compared through the compiled
/// object's BTF.
#[test]
fn the_header_has_the_same_numbers() {
    let defined: BTreeMap<&str, u64> = include_str!("../../bpf/layout.h")
        .lines()
        .filter_map(|line| line.strip_prefix("#define TELOVIX_")?.split_once(' '))
        .filter_map(|(name, value)| Some((name, parse(value.trim())?)))
        .collect();
    let mut expected = BTreeMap::from([
        ("LAYOUT_VERSION", u64::from(LAYOUT_VERSION)),
        ("CHUNK", CHUNK as u64),
        ("PATH_DEPTH", PATH_DEPTH as u64),
        ("CHUNKS_PER_NAME", CHUNKS_PER_NAME as u64),
        ("SEARCH_STEPS", SEARCH_STEPS as u64),
        ("CAPABILITIES", CAPABILITIES as u64),
        ("INHERITED_DOMAINS", INHERITED_DOMAINS as u64),
        ("SYSCALLS_X86_64", SYSCALLS_X86_64 as u64),
        ("SYSCALLS_X32", SYSCALLS_X32 as u64),
        ("SYSCALLS_IA32", SYSCALLS_IA32 as u64),
        ("SLOTS", Operation::SLOTS as u64),
        ("NODE_HAS_EDGES", u64::from(NODE_HAS_EDGES)),
        ("NODE_HAS_PREFIXES", u64::from(NODE_HAS_PREFIXES)),
        ("NODE_NUMBER", u64::from(NODE_NUMBER)),
        ("CONFINEMENT_HAS_EXEMPTIONS", u64::from(CONFINEMENT_HAS_EXEMPTIONS)),
        ("CONFINEMENT_BLOCKS", u64::from(CONFINEMENT_BLOCKS)),
        ("ANY_DOMAIN", u64::from(ANY_DOMAIN)),
        ("ACCESS_READ", u64::from(Access::READ)),
        ("ACCESS_WRITE", u64::from(Access::WRITE)),
        ("ACCESS_CREATE", u64::from(Access::CREATE)),
        ("ACCESS_TRUNCATE", u64::from(Access::TRUNCATE)),
        ("ACCESS_DELETE", u64::from(Access::DELETE)),
        ("ACCESS_RENAME", u64::from(Access::RENAME)),
        ("ACCESS_LINK", u64::from(Access::LINK)),
        ("ACCESS_EXECUTE", u64::from(Access::EXECUTE)),
        ("ACCESS_MAP", u64::from(Access::MAP)),
    ]);
    let operations: Vec<(String, u64)> = Operation::ALL
        .into_iter()
        .map(|operation| (format!("OP_{}", constant(operation.name())), operation as u64))
        .collect();
    let effects: Vec<(String, u64)> = Effect::ALL
        .into_iter()
        .map(|effect| (format!("EFFECT_{}", constant(effect.name())), effect as u64))
        .collect();
    expected.extend(operations.iter().chain(&effects).map(|(name, value)| (name.as_str(), *value)));
    for (name, value) in expected {
        assert_eq!(defined.get(name), Some(&value), "TELOVIX_{name}");
    }
}

fn constant(word: &str) -> String {
    word.to_ascii_uppercase().replace('-', "_")
}

fn parse(number: &str) -> Option<u64> {
    let number = number.trim_end_matches(['u', 'U']);
    match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}
