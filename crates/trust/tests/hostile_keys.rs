//! Key material that is wrong, weak, of another kind or made to do harm, and signatures that only look good.

use proptest::prelude::*;
use telovix_trust::key::{Passphrase, read};
use telovix_trust::{KeyError, PrivateKey, PublicKey, Signature};

/// The eight points of small order of edwards25519, in every encoding there is (RFC 8032 arithmetic; the list is the
/// one libsodium refuses). With such a key a single signature fits many messages.
const SMALL_ORDER: [&str; 9] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn weak_and_non_canonical_public_keys_are_refused() {
    for text in SMALL_ORDER {
        assert_eq!(read::public_key(text.as_bytes()).expect_err(text), KeyError::WeakPoint);
    }
    let beyond_the_field = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    assert_eq!(
        read::public_key(beyond_the_field.as_bytes()).expect_err("not canonical"),
        KeyError::WeakPoint
    );
}

/// What a file that was emptied, or memory that was erased, holds: anyone has that private key.
#[test]
fn keys_of_zeros_and_of_ones_are_refused_in_every_form() {
    for byte in [0, 0xff] {
        let key = PrivateKey::from_seed(&[byte; 32]);
        let hex: String = (0..32).map(|_| format!("{byte:02x}")).collect();
        let both = [&[byte; 32][..], &key.public_key().to_bytes()].concat();
        for private in [&[byte; 32][..], hex.as_bytes(), &both, key.to_pem().as_bytes()] {
            assert_eq!(read::private_key(private, None).expect_err("known to all"), KeyError::Known);
        }
        let public = key.public_key();
        for text in [
            public.to_pem().into_bytes(),
            public.to_openssh().into_bytes(),
            public.to_der(),
            public.to_bytes().to_vec(),
        ] {
            assert_eq!(read::public_key(&text).expect_err("known to all"), KeyError::Known);
        }
    }
}

#[test]
fn signatures_of_small_order_and_with_a_large_scalar_are_refused() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let good = key.sign(b"message").to_bytes();
    assert!(key.public_key().verifies(b"message", &Signature::from_bytes(good)));
    for text in SMALL_ORDER {
        let mut forged = good;
        for (byte, pair) in forged.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
        }
        assert!(!key.public_key().verifies(b"message", &Signature::from_bytes(forged)), "{text}");
    }
    // s + L passes the equation and makes a second signature of the first; RFC 8032 forbids it.
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10u8,
    ];
    let mut malleable = good;
    let mut carry = 0;
    for (byte, addend) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert!(!key.public_key().verifies(b"message", &Signature::from_bytes(malleable)));
}

#[test]
fn what_is_no_key_is_called_what_it_is() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let (private, public) = (key.to_pem(), key.public_key().to_pem());
    let (line, der) = (key.public_key().to_openssh(), key.public_key().to_der());
    let other = PrivateKey::from_seed(&[2; 32]).public_key().to_bytes();
    let halves = [&[1; 32][..], &other].concat();
    let cases: [(&[u8], KeyError); 8] = [
        (b"", KeyError::Empty),
        (b" \n\t ", KeyError::Empty),
        (b"hello", KeyError::Unrecognised),
        (b"0123456789abcdef0123456789abcdef", KeyError::TextAsBytes),
        (public.as_bytes(), KeyError::PublicInsteadOfPrivate),
        (line.as_bytes(), KeyError::PublicInsteadOfPrivate),
        (&der, KeyError::PublicInsteadOfPrivate),
        (&halves, KeyError::HalvesDiffer),
    ];
    for (bytes, expected) in cases {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(read::private_key(bytes, None).expect_err(&text), expected, "{text}");
    }
    assert_eq!(read::public_key(private.as_bytes()).expect_err("private"), KeyError::PrivateInsteadOfPublic);
    assert_eq!(read::public_key(&vec![b'A'; 1 << 20]).expect_err("huge"), KeyError::Unrecognised);
}

/// PBES2 with scrypt at N = 2^31: opening it would take 2 TiB.
#[test]
fn a_key_file_cannot_demand_memory_without_end() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let passphrase = Passphrase::new("p").expect("not empty");
    let sealed = key.to_encrypted_pem(&passphrase).expect("randomness");
    let body: String = sealed.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).expect("base64");
    let cost = [2, 2, 0x40, 0]; // INTEGER 2^14
    let place = der.windows(4).position(|bytes| bytes == cost).expect("the cost is in the file");
    der.splice(place + 2..place + 4, [0x40, 0, 0, 0]);
    der[place + 1] = 4;
    // The sequences around it, from the outside in, are two bytes longer now.
    let outer: Vec<usize> = (0..place).filter(|index| der[*index] == 0x30).collect();
    for index in outer {
        let length = index + if der[index + 1] >= 0x80 { 2 } else { 1 };
        let end = length + 1 + usize::from(der[length]);
        if (der[length] < 0x80 || length == index + 2) && end + 2 > place + 6 && end + 2 <= der.len() {
            der[length] += 2;
        }
    }
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let pem = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{text}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assert_eq!(
        read::private_key(pem.as_bytes(), Some(&passphrase)).expect_err("too costly"),
        KeyError::TooCostly
    );
}

#[test]
fn private_keys_do_not_show() {
    let key = PrivateKey::from_seed(&[0xab; 32]);
    let shown = format!("{key:?} {:?}", Passphrase::new("secret"));
    assert!(!shown.contains("abab") && !shown.contains("secret") && !shown.contains("171"), "{shown}");
}

proptest! {
    #[test]
    fn every_encoding_reads_back_as_the_same_key(seed: [u8; 32]) {
        let key = PrivateKey::from_seed(&seed);
        let public = key.public_key();
        let (read_back, _) = read::private_key(key.to_pem().as_bytes(), None).expect("our own PEM");
        prop_assert_eq!(read_back.public_key(), public);
        for text in [public.to_pem(), public.to_openssh() + " a comment"] {
            prop_assert_eq!(read::public_key(text.as_bytes()).expect("our own form").0, public);
        }
        prop_assert_eq!(read::public_key(&public.to_der()).expect("our own DER").0, public);
        prop_assert_eq!(PublicKey::from_bytes(&public.to_bytes()), Ok(public));
    }

    #[test]
    fn readers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _key = read::public_key(&bytes);
        let _key = read::private_key(&bytes, None);
    }

    /// Damage somewhere in the file gives an error or, in comments and armour, the same key.
    #[test]
    fn a_damaged_key_is_never_another_key(index in 0usize..119, byte: u8) {
        let key = PrivateKey::from_seed(&[3; 32]);
        let mut pem = key.to_pem().as_bytes().to_vec();
        let place = index % pem.len();
        pem[place] = byte;
        if let Ok((read_back, _)) = read::private_key(&pem, None) {
            let same = read_back.public_key() == key.public_key();
            // PKCS#8 version 1 has no checksum: only a changed seed digit can give another key.
            prop_assert!(same || place > 28, "byte {place}");
        }
    }
}
