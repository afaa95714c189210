//! Any bytes -> a key or an error, soon and in little memory; a key that is read has one id in every encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_trust::key::{Passphrase, read};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((key, _)) = read::public_key(bytes) {
        let (again, _) = read::public_key(key.to_pem().as_bytes()).expect("our own form");
        assert_eq!(again.id(), key.id());
    }
    if let Ok((key, _)) = read::private_key(bytes, Passphrase::new("passphrase").as_ref()) {
        let message = b"message";
        assert!(key.public_key().verifies(message, &key.sign(message)));
    }
});
