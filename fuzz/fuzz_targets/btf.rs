//! Any bytes -> the BTF of a kernel or an error; whatever was read can be asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_btf::Btf;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(btf) = Btf::parse(bytes) {
        for name in btf.functions().take(1_000) {
            assert!(btf.has_function(name));
            let _prototype = btf.prototype(name);
            let _fields = btf.fields(name);
        }
        let _fields = (btf.fields("file"), btf.fields("task_struct"));
    }
});
