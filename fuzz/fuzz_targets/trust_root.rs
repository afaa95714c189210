//! Any bytes -> a trust root or an error; none that is made up counts, and what is read is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_trust::Timestamp;
use telovix_trust::root::Chain;

fuzz_target!(|json: &[u8]| {
    if let Ok(chain) = Chain::from_json(json) {
        let _decided = chain.current(Timestamp::from_seconds(1_795_255_200));
        let again = Chain::from_json(chain.to_json().as_bytes()).expect("what was written is read");
        assert_eq!(again, chain);
        assert_eq!(again.pin(), chain.pin());
    }
});
