//! Which expressions Tetragon compiles, and that the answer comes soon.

use std::time::{Duration, Instant};

use super::{condition, parse};
use crate::ArgumentType;

const ARGUMENTS: &[ArgumentType] =
    &[ArgumentType::Int, ArgumentType::Uint64, ArgumentType::Int64, ArgumentType::Uint32, ArgumentType::File];

#[test]
fn accepts_what_tetragon_declares() {
    for text in [
        "arg0 == int32(1)",
        "arg1 > 1u",
        "arg2 >= -5 && arg2 < 0x10",
        "arg3 == uint32(7u) || !(arg1 == 0u)",
        "and(arg1, 3u) == 1u",
        "not(arg0) != xor(arg0, arg0)",
        "true",
        "!!true == false",
        "(arg2 + 1 - 2) == 3",
        "arg2 == --1",
        ".arg2 == 1 // why",
    ] {
        assert!(condition(text, ARGUMENTS).is_ok(), "{text}: {:?}", condition(text, ARGUMENTS));
    }
}

#[test]
fn refuses_what_it_does_not() {
    for text in [
        "",
        "arg0",
        "arg0 > uint64(1)",
        "arg1 > 1",
        "arg0 == 1",
        "arg0 == arg2",
        "arg4 == arg4",
        "arg5 == 1",
        "arg00 == int32(1)",
        "arg2 * 2 == 4",
        "arg2 == -arg2",
        "arg2 == ---1",
        "arg2 in [1, 2]",
        "arg2 == 1 ? true : false",
        "\"a\" == \"a\"",
        "1.5 == 1.5",
        "arg2 == 9223372036854775808",
        "true && 1 == 1 && 2",
        "true < false",
        "arg2.foo == 1",
        "int(arg2) == 1",
        "int32(arg0) == int32(1)",
        "(true",
        "true true",
    ] {
        assert!(condition(text, ARGUMENTS).is_err(), "{text}");
    }
}

#[test]
fn long_and_deep_expressions_are_decided_soon() {
    let start = Instant::now();
    let long = vec!["arg2 == 1"; 7_000].join(" && ");
    assert!(condition(&long, ARGUMENTS).is_ok());
    assert!(parse(&"true || ".repeat(200_000)).is_err());
    assert!(parse(&"(".repeat(90_000)).is_err());
    assert!(parse(&"!".repeat(90_000)).is_err());
    assert!(parse(&format!("{}1", "1 + ".repeat(20_000))).is_err());
    assert!(condition(&format!("{}1 == 1", "1 + ".repeat(200)), ARGUMENTS).is_ok());
    assert!(condition(&format!("{}true{}", "(".repeat(200), ")".repeat(200)), ARGUMENTS).is_ok());
    assert!(condition(&format!("{}true{}", "(".repeat(260), ")".repeat(260)), ARGUMENTS).is_err());
    assert!(start.elapsed() < Duration::from_secs(5));
}
