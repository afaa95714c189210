//! The fleet's own signature: names, forms of names, sidecars and the heartbeat.

use std::fs;

use proptest::prelude::*;
use telovix_trust::policy::{
    self, Delivery, DeliveryError, EnforcementPolicy, NameForm, PolicyFileError, PolicyName, drop_sidecar,
    sidecar_path, sign_file, verify_file, verify_files,
};
use telovix_trust::{PrivateKey, Refusal};

const POLICY: &str = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  labels: {}\n  name: \"telovix-custom-a\"\nspec: {}\n";

fn key() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32])
}

#[test]
fn the_signed_bytes_are_the_fleets() {
    let name = PolicyName::parse("policy-1.yaml").expect("a name");
    assert_eq!(policy::message(&name, b"kind: x\n"), b"telovix-policy-v1:policy-1.yaml\nkind: x\n");
}

#[test]
fn names_that_could_deceive_are_refused() {
    for name in [
        "a\nkind: TracingPolicy",
        "a\0.yaml",
        "a\u{7f}.yaml",
        "../a.yaml",
        "dir/a.yaml",
        "dir\\a.yaml",
        "pоlicy.yaml",         // Cyrillic o
        "policy․yaml",         // U+2024 instead of the full stop
        "policy\u{202e}.yaml", // writes the rest right to left
        " a.yaml",
        "a.yaml ",
        "..",
        "",
        &"a".repeat(256),
    ] {
        let error = PolicyName::parse(name).expect_err(name).to_string();
        assert!(!error.contains('\n') && !error.contains('\0'), "{error:?} would forge a log line");
    }
    for name in ["a.yaml", "guardian-profile-gp_0123456789ab-enforce.yaml", "a b.yml", "x"] {
        assert!(PolicyName::parse(name).is_ok(), "{name}");
    }
}

#[test]
fn the_sidecar_is_88_characters_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.yaml");
    fs::write(&path, POLICY).expect("a file");
    sign_file(&path, None, &key()).expect("signed");
    let sidecar = fs::read_to_string(sidecar_path(&path)).expect("a sidecar");
    assert_eq!((sidecar.len(), sidecar_path(&path)), (88, folder.path().join("a.yaml.sig")));
    // Strict readers take no other byte, so one that passes here passes everywhere.
    for text in [format!("{sidecar}\n"), format!("{sidecar}\r\n"), format!(" {sidecar}\t")] {
        fs::write(sidecar_path(&path), &text).expect("a file");
        let reason = refusal(verify_file(&path, None, &[key().public_key()]));
        assert_eq!(reason.exit_code(), 11, "{text:?}");
        assert!(reason.to_string().contains("spaces or line feeds"), "{reason}");
    }
    for text in ["", "=", &sidecar[..87], &sidecar.replace('=', ""), &format!("{sidecar}A")] {
        fs::write(sidecar_path(&path), text).expect("a file");
        assert_eq!(refusal(verify_file(&path, None, &[key().public_key()])).exit_code(), 11, "{text:?}");
    }
    assert!(drop_sidecar(&path).expect("removable"));
    assert!(!drop_sidecar(&path).expect("nothing to remove"));
    assert_eq!(refusal(verify_file(&path, None, &[key().public_key()])).exit_code(), 10);
}

#[test]
fn a_signature_under_another_form_of_the_name_is_called_that() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rule-7.yaml");
    fs::write(&path, POLICY).expect("a file");
    for (signed_as, expected) in
        [("rule-7", NameForm::WithoutExtension), ("telovix-custom-a", NameForm::MetadataName)]
    {
        let name = PolicyName::parse(signed_as).expect("a name");
        sign_file(&path, Some(&name), &key()).expect("signed");
        let refused = refusal(verify_file(&path, None, &[key().public_key()]));
        assert!(
            matches!(&refused, Refusal::OtherName { signed, form, .. } if signed == signed_as && *form == expected),
            "{refused:?}"
        );
        assert_eq!(refused.exit_code(), 11, "it is explained, and still refused");
        assert!(verify_file(&path, Some(&name), &[key().public_key()]).is_ok());
    }
    // A good signature by a stranger under that name is no better than any other.
    let name = PolicyName::parse("rule-7").expect("a name");
    sign_file(&path, Some(&name), &PrivateKey::from_seed(&[2; 32])).expect("signed");
    assert!(matches!(refusal(verify_file(&path, None, &[key().public_key()])), Refusal::BadSignature { .. }));
}

#[test]
fn what_is_no_policy_is_not_signed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in [("empty.yaml", &b""[..]), ("latin.yaml", b"name: caf\xe9\n")] {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        assert!(matches!(sign_file(&path, None, &key()), Err(PolicyFileError::NotAPolicy { .. })), "{name}");
        assert!(!sidecar_path(&path).exists());
    }
    let huge = folder.path().join("huge.yaml");
    fs::File::create(&huge).and_then(|file| file.set_len(1 << 40)).expect("a sparse file of a terabyte");
    assert!(matches!(sign_file(&huge, None, &key()), Err(PolicyFileError::NotAPolicy { .. })));
}

#[test]
fn many_files_give_the_same_verdicts_as_one_by_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths: Vec<_> = (0..200).map(|number| folder.path().join(format!("p{number:03}.yaml"))).collect();
    for (number, path) in paths.iter().enumerate() {
        fs::write(path, format!("{POLICY}# {number}\n")).expect("a file");
        sign_file(path, None, &key()).expect("signed");
    }
    fs::write(&paths[77], "changed").expect("a file");
    let verdicts = verify_files(&paths, &[key().public_key()]);
    let refused: Vec<usize> = (0..200).filter(|index| verdicts[*index].is_err()).collect();
    assert_eq!(refused, [77]);
}

#[test]
fn a_delivery_is_written_read_and_verified_with_its_other_fields() {
    let name = PolicyName::parse("a.yaml").expect("a name");
    let signed = EnforcementPolicy::sign(&name, POLICY.to_owned(), true, &key()).expect("signed");
    let unsigned =
        EnforcementPolicy { name: "b.yaml".to_owned(), signature: String::new(), ..signed.clone() };
    let moved = EnforcementPolicy { name: "c.yaml".to_owned(), enabled: false, ..signed.clone() };
    let json =
        Delivery { enforcement_policies: vec![signed, unsigned, moved], other: serde_json::Map::new() }
            .to_json();
    let json = json.replacen('{', "{\"pending_kill_pids\": [4711],", 1);
    let delivery = Delivery::read(json.as_bytes()).expect("readable");
    assert!(delivery.to_json().contains("4711"), "unknown fields are kept");
    let codes: Vec<u8> = delivery
        .verify(&[key().public_key()])
        .into_iter()
        .map(|verdict| verdict.map_or_else(|refusal| refusal.exit_code(), |_| 0))
        .collect();
    assert_eq!(codes, [0, 10, 11], "a disabled policy is verified like any other");
    // The field names of the signed message are read as well.
    let other_names = json.replace("\"name\"", "\"policy_name\"").replace("\"content\"", "\"yaml_content\"");
    assert_eq!(Delivery::read(other_names.as_bytes()).expect("readable"), delivery);
}

#[test]
fn a_delivery_with_a_name_twice_or_a_bad_one_is_refused() {
    let policy = |name: &str| format!("{{\"name\": {name:?}, \"content\": \"x\", \"enabled\": true}}");
    let twice = format!("{{\"enforcement_policies\": [{}, {}]}}", policy("a.yaml"), policy("a.yaml"));
    assert!(matches!(Delivery::read(twice.as_bytes()), Err(DeliveryError::Duplicate(_))));
    let outside = format!("{{\"enforcement_policies\": [{}]}}", policy("../a.yaml"));
    assert!(matches!(Delivery::read(outside.as_bytes()), Err(DeliveryError::Name(_))));
    assert!(matches!(Delivery::read(b"{}"), Err(DeliveryError::Shape(_))));
}

fn refusal<T: std::fmt::Debug>(result: Result<T, PolicyFileError>) -> Refusal {
    match result {
        Err(PolicyFileError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

proptest! {
    /// No two pairs of name and content share their signed bytes, so no signature can be moved.
    #[test]
    fn name_and_content_are_told_apart(
        name in "[ -~]{1,20}", other in "[ -~]{1,20}", content in "\\PC{0,40}", other_content in "\\PC{0,40}",
    ) {
        let (Ok(name), Ok(other)) = (PolicyName::parse(&name), PolicyName::parse(&other)) else { return Ok(()) };
        let same_bytes = policy::message(&name, content.as_bytes()) == policy::message(&other, other_content.as_bytes());
        prop_assert_eq!(same_bytes, name == other && content == other_content);
    }

    #[test]
    fn a_signature_fits_its_own_name_and_content_only(flip in 0usize..60, content in "[a-z\\n]{1,60}") {
        let name = PolicyName::parse("a.yaml").expect("a name");
        let signature = policy::sign(&name, content.as_bytes(), &key()).expect("signed");
        let keys = [key().public_key()];
        prop_assert_eq!(policy::verify(&name, content.as_bytes(), &signature, &keys), policy::Match::By(keys[0]));
        let mut changed = content.into_bytes();
        let place = flip % changed.len();
        changed[place] ^= 1;
        prop_assert_eq!(policy::verify(&name, &changed, &signature, &keys), policy::Match::None);
    }
}
