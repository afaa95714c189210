//! Any bytes -> an envelope or an error; what is read is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_trust::Envelope;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

fuzz_target!(|json: &[u8]| {
    if let Ok(envelope) = Envelope::read(json, PAYLOAD_TYPE) {
        let again = Envelope::read(envelope.to_json().as_bytes(), PAYLOAD_TYPE);
        assert_eq!(again.ok().as_ref(), Some(&envelope));
        assert!(envelope.signed_bytes().ends_with(envelope.payload()));
    }
});
