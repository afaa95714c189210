//! Any text -> documents or a reason, soon and in little memory; the same text gives the same documents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_exchange::apparmor;

fuzz_target!(|text: &str| {
    let first = apparmor::import("x", text);
    assert_eq!(first, apparmor::import("x", text));
    if let Ok(Some(conversion)) = first {
        assert!(conversion.text.starts_with("kind: GuardianProfile\n"));
    }
});
