//! Trust root files and envelopes that are damaged, made up or stitched together.

mod support;

use proptest::prelude::*;
use support::{DAY, at, chain, key, trusted};
use telovix_trust::root::{Chain, ChainError, Change, RootError, SuccessionError, Thresholds, TrustedKey};
use telovix_trust::{Envelope, EnvelopeError, HostState, Refusal, Role, TrustRoot};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A root of two versions.
fn handed_over() -> Chain {
    let mut chain = chain();
    chain.append(&[Change::MinimumEpoch(7)], at(0)).expect("possible");
    chain.sign(&key(9)).expect("the root key");
    chain
}

#[test]
fn every_flipped_byte_of_a_trust_root_is_noticed() {
    let good = handed_over().to_json().into_bytes();
    for index in 0..good.len() {
        for mask in [0x01, 0x20, 0xff] {
            let mut bad = good.clone();
            bad[index] ^= mask;
            let counts = Chain::from_json(&bad).is_ok_and(|chain| chain.current(at(0)).is_ok());
            assert!(!counts, "byte {index} xor {mask:#x}");
        }
    }
}

#[test]
fn versions_cannot_be_dropped_repeated_or_reordered() {
    let json = handed_over().to_json();
    let lines: Vec<&str> = json.lines().collect();
    let [begin, first, second, end] = lines.as_slice() else { panic!("two versions, one a line") };
    let first = first.trim_end_matches(',');
    let stitched = |links: &[&str]| format!("{begin}{}{end}", links.join(","));
    assert!(Chain::from_json(stitched(&[first, second]).as_bytes()).is_ok());
    for links in [&[*second][..], &[second, first], &[first, first], &[first, second, second], &[]] {
        assert!(matches!(Chain::from_json(stitched(links).as_bytes()), Err(ChainError::Shape(_))));
    }
}

#[test]
fn a_root_must_keep_its_rules() {
    let one = |sign, root| Thresholds { sign, root };
    let (signing, root) = (trusted("a", &key(1), &[Role::Sign]), trusted("b", &key(2), &[Role::Root]));
    let first = |keys: Vec<TrustedKey>, thresholds| {
        TrustRoot::first(keys, thresholds, at(0), None).err().map(|error| error.to_string())
    };
    let both = vec![signing.clone(), root.clone()];
    assert_eq!(first(both.clone(), one(1, 1)), None);
    let renamed = TrustedKey { id: key(3).public_key().id(), ..signing.clone() };
    let idle = TrustedKey { roles: Vec::new(), ..signing.clone() };
    let cases = [
        (both.clone(), one(0, 1), "threshold for role `sign` is 0"),
        (both.clone(), one(2, 1), "role `sign` needs 2 keys and has 1"),
        (vec![signing.clone()], one(1, 1), "role `root` needs 1 keys and has 0"),
        (vec![signing.clone(), signing.clone(), root.clone()], one(1, 1), "listed twice"),
        (vec![renamed, root.clone()], one(1, 1), "does not match its bytes"),
        (vec![idle, root.clone()], one(1, 1), "has no role"),
        (
            vec![TrustedKey { name: "a\n".to_owned(), ..signing.clone() }, root.clone()],
            one(1, 1),
            "control characters",
        ),
        (vec![TrustedKey { name: "b".to_owned(), ..signing }, root], one(1, 1), "two keys have the name `b`"),
    ];
    for (keys, thresholds, expected) in cases {
        let told = first(keys, thresholds).expect(expected);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn an_envelope_signs_its_type_and_payload_as_dsse_has_it() {
    let mut envelope = Envelope::unsigned("http://example.com/HelloWorld", b"hello world".to_vec());
    // The example of the DSSE protocol document.
    assert_eq!(envelope.signed_bytes(), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    envelope.add_signature(&key(1)).expect("a key in memory signs");
    envelope.add_signature(&key(1)).expect("a key in memory signs");
    assert_eq!(envelope.signatures().len(), 1, "signing again replaces");
}

#[test]
fn envelopes_that_are_not_quite_right_are_not_read() {
    let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, b"{}".to_vec());
    envelope.add_signature(&key(1)).expect("a key in memory signs");
    let good = envelope.to_json();
    let id = key(1).public_key().id().to_string();
    assert!(Envelope::read(good.as_bytes(), PAYLOAD_TYPE).is_ok());
    let signature =
        good.split("\"signatures\":[").nth(1).and_then(|rest| rest.split(']').next()).expect("one");
    for (from, to) in [
        (id.as_str(), ""),
        (id.as_str(), "0"),
        (&id.to_uppercase(), ""),
        ("in-toto", "in-t0to"),
        ("e30=", "e30"),
        ("e30=", "e31="),
        ("e30=", "e30=\\n"),
        (signature, &format!("{signature},{signature}")),
        ("\"payload\":", "\"payload\":\"\",\"payload\":"),
        ("{\"payload\"", "[{\"payload\""),
    ] {
        let bad = good.replace(from, to);
        if bad != good {
            assert!(Envelope::read(bad.as_bytes(), PAYLOAD_TYPE).is_err(), "{from} -> {to}");
        }
    }
    let many = good.replace(signature, &vec![signature; 65].join(","));
    assert!(matches!(Envelope::read(many.as_bytes(), PAYLOAD_TYPE), Err(EnvelopeError::TooLarge)));
}

proptest! {
    /// Pieces of a good file cut out, doubled and overwritten: nothing panics, only the original is trusted.
    #[test]
    fn mutated_trust_roots_do_not_count(edits in proptest::collection::vec((0usize..2000, 0usize..40, any::<u8>()), 1..4)) {
        let good = handed_over();
        let mut json = good.to_json().into_bytes();
        for (place, length, byte) in edits {
            let start = place % json.len();
            let end = (start + length).min(json.len());
            match byte % 3 {
                0 => drop(json.drain(start..end)),
                1 => json.splice(start..start, json[start..end].to_vec()).for_each(drop),
                _ => json[start] = byte,
            }
            if json.is_empty() {
                break;
            }
        }
        if let Ok(chain) = Chain::from_json(&json) && chain.current(at(0)).is_ok() {
            // Whitespace between the versions carries nothing; a cut-off hand-over is refused by the host's pin.
            prop_assert!(chain == good || chain.newest().version() < good.newest().version());
        }
    }

    #[test]
    fn envelope_readers_never_panic(json in "\\{\"payload\":\"[A-Za-z0-9+/=]{0,20}\",\"payloadType\":\"[a-z/+.-]{0,30}\",\"signatures\":\\[(\\{\"keyid\":\"[0-9a-f]{0,70}\",\"sig\":\"[A-Za-z0-9+/=]{0,90}\"\\}){0,2}\\]\\}") {
        let _read = Envelope::read(json.as_bytes(), PAYLOAD_TYPE);
    }
}

/// What a host pinned was verified; every later version must be signed as usual.
#[test]
fn a_host_walks_from_the_version_it_pinned() {
    let two = handed_over();
    let host = HostState { root: Some(two.pin()), ..HostState::default() };
    let current = two.current_for(host.root, at(0)).expect("the pinned version");
    assert_eq!(current.version(), 2);

    let mut unsigned = two.clone();
    unsigned.append(&[Change::MinimumEpoch(8)], at(0)).expect("possible");
    assert_eq!(unsigned.current_for(host.root, at(0)).expect_err("version 3 is not signed").exit_code(), 10);
    let mut three = unsigned.clone();
    three.sign(&key(9)).expect("the root key");
    assert_eq!(three.current_for(host.root, at(0)).map(TrustRoot::version), Ok(3));

    // Nothing but the pinned payload itself stands in for its signatures.
    let mut fork = chain();
    fork.append(&[Change::MinimumEpoch(6)], at(0)).expect("possible");
    fork.sign(&key(9)).expect("the root key");
    assert_eq!(fork.current_for(host.root, at(0)).expect_err("another version 2").exit_code(), 11);
    assert_eq!(chain().current_for(host.root, at(0)).expect_err("an older one").exit_code(), 14);
}

/// Appends a version to a good file by hand: the newest one with the texts exchanged, signed by the root key.
fn forged(chain: &Chain, changes: &[(&str, &str)]) -> Result<Chain, ChainError> {
    let (newest, envelope) = chain.versions().last().expect("a version");
    let mut payload = String::from_utf8(envelope.payload().to_vec()).expect("JSON is text");
    let number = newest.version();
    let version = [(format!("\"version\":{number}"), format!("\"version\":{}", number + 1))];
    let version = version.iter().map(|(from, to)| (from.as_str(), to.as_str()));
    for (from, to) in version.chain(changes.iter().copied()) {
        assert!(payload.contains(from), "{from} is not in {payload}");
        payload = payload.replace(from, to);
    }
    let mut forged = Envelope::unsigned("application/vnd.telovix.trust-root.v1+json", payload.into_bytes());
    forged.add_signature(&key(9)).expect("a key in memory signs");
    let json = chain.to_json();
    let body = json.strip_suffix("\n]}\n").expect("how the file ends");
    Chain::from_json(format!("{body},\n{}\n]}}\n", forged.to_json().trim_end()).as_bytes())
}

fn rule(read: Result<Chain, ChainError>) -> SuccessionError {
    match read {
        Err(ChainError::Root { source: RootError::Succession(error), .. }) => error,
        other => panic!("expected a broken rule, got {other:?}"),
    }
}

/// The holder of a root key, or its thief, writes a version by hand that the tool would not write.
#[test]
fn a_revoked_key_does_not_come_back_in_a_version_written_by_hand() {
    let mut chain = chain();
    let spare = Change::Add(Box::new(trusted("spare", &key(2), &[Role::Sign])));
    chain
        .append(&[spare, Change::Revoke(key(1).public_key().id(), "stolen".to_owned())], at(0))
        .expect("possible");
    chain.sign(&key(9)).expect("the root key");
    assert!(forged(&chain, &[]).is_ok(), "the forger's own work is in order");

    let mark = ",\"revoked\":{\"at\":\"2026-11-21T10:00:00Z\",\"reason\":\"stolen\"}";
    let revived = rule(forged(&chain, &[(mark, "")]));
    assert_eq!(revived, SuccessionError::Revoked(key(1).public_key().id()));
    let reworded = rule(forged(&chain, &[("\"reason\":\"stolen\"", "\"reason\":\"a mistake\"")]));
    assert_eq!(reworded, SuccessionError::Revoked(key(1).public_key().id()));
    // Dropped from the list, it could be added as a new key in the version after.
    let payload =
        String::from_utf8(chain.versions().last().expect("one").1.payload().to_vec()).expect("text");
    let start = payload.find("{\"id\":").expect("the first key");
    let entry = &payload[start..payload.find("},{\"id\":").map(|end| end + 2).expect("another key")];
    let dropped = rule(forged(&chain, &[(entry, "")]));
    assert_eq!(dropped, SuccessionError::Revoked(key(1).public_key().id()));
}

#[test]
fn the_minimum_epoch_does_not_fall_in_a_version_written_by_hand() {
    let lowered = forged(&handed_over(), &[("\"minimum_epoch\":7", "\"minimum_epoch\":6")]);
    assert_eq!(rule(lowered), SuccessionError::EpochFalls { current: 7, wanted: 6 });
    let beyond = forged(&handed_over(), &[("\"minimum_epoch\":7", "\"minimum_epoch\":18446744073709551615")]);
    assert!(
        matches!(beyond, Err(ChainError::Root { source: RootError::Rule(_), .. })),
        "a fleet locked for good"
    );
}

#[test]
fn a_version_is_not_issued_before_the_one_it_follows() {
    let earlier = forged(&handed_over(), &[("\"issued_at\":\"2026-11-21", "\"issued_at\":\"2026-11-20")]);
    assert!(matches!(rule(earlier), SuccessionError::IssuedEarlier { .. }));
}

#[test]
fn a_version_from_the_future_does_not_count_yet() {
    let future = forged(&handed_over(), &[("\"issued_at\":\"2026-11-21", "\"issued_at\":\"2027-11-21")]);
    let mut future = future.expect("its rules are kept");
    let refusal = future.current(at(0)).expect_err("a year ahead");
    assert!(matches!(refusal, Refusal::NotYetValid { .. }));
    assert_eq!(refusal.exit_code(), 13);
    assert!(future.current_for(Some(handed_over().pin()), at(0)).is_err());
    assert!(future.current(at(365 * DAY)).is_ok());
    assert!(future.append(&[Change::MinimumEpoch(8)], at(0)).is_err(), "nor is it built upon");

    let mut soon = chain();
    soon.append(&[Change::MinimumEpoch(7)], at(200)).expect("possible");
    soon.sign(&key(9)).expect("the root key");
    assert!(soon.current(at(0)).is_ok(), "a few minutes of skew are honest");
}
