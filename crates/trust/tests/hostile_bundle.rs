//! What an attacker can do to a signed bundle on its way to a host, and what each attempt is called.

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use support::{DAY, Folder, at, chain, chain_of, key, refusal, request, trusted};
use telovix_trust::bundle::{self, Existing, Expectations, SignError, SignRequest, VerifyError};
use telovix_trust::{Host, HostState, Refusal, Role, Scope};

#[test]
fn an_untouched_bundle_is_accepted_and_its_bytes_are_returned() {
    let folder = Folder::signed();
    let verified = folder.verify().expect("an untouched bundle");
    assert_eq!(verified.approval.epoch, 41);
    assert_eq!(verified.signers, [key(1).public_key().id()]);
    let paths: Vec<&str> = verified.artifacts.keys().map(bundle::ArtifactPath::as_str).collect();
    assert_eq!(paths, ["block-mount.yaml", "guard/o-du/block-exec.yaml", "policy.image"]);
    for (path, content) in &verified.artifacts {
        assert_eq!(content, &folder.read(path.as_str()));
    }
}

/// Each bit of the envelope, manifest, policies, image and policy signatures; and each byte cut off.
#[test]
fn every_byte_of_a_signed_bundle_flipped_in_turn_is_refused() {
    let folder = Folder::signed();
    let (chain, host, state) = (chain(), Host::default(), HostState::default());
    let root = chain.current(at(0)).expect("a good root");
    let expect = Expectations { root, host: &host, state: &state, now: at(0), allowed_epoch: None };
    let files = [
        "manifest.json.dsse",
        "manifest.json",
        "block-mount.yaml",
        "block-mount.yaml.sig",
        "guard/o-du/block-exec.yaml",
        "guard/o-du/block-exec.yaml.sig",
        "policy.image",
    ];
    for file in files {
        let good = folder.read(file);
        for index in 0..good.len() {
            for mask in [0x01, 0x20, 0xff] {
                let mut bad = good.clone();
                bad[index] ^= mask;
                folder.put(file, &bad);
                let code = refusal(bundle::verify(folder.path(), &expect)).exit_code();
                assert!(matches!(code, 11 | 12), "byte {index} of {file} xor {mask:#x}: exit code {code}");
            }
        }
        folder.put(file, &good);
    }
    folder.verify().expect("the bundle is whole again");
}

#[test]
fn truncated_files_are_bad_signatures() {
    let folder = Folder::signed();
    for file in
        ["manifest.json.dsse", "manifest.json", "block-mount.yaml", "block-mount.yaml.sig", "policy.image"]
    {
        let good = folder.read(file);
        for length in [0, 1, good.len() / 2, good.len() - 1] {
            // A JSON or base64 text is whole without its final line feed.
            let without_line_feed =
                length + 1 == good.len() && good.ends_with(b"\n") && file.ends_with(".dsse");
            if !without_line_feed {
                folder.put(file, &good[..length]);
                assert_eq!(folder.refusal().exit_code(), 11, "{file} cut to {length} bytes");
            }
        }
        folder.put(file, &good);
    }
}

#[test]
fn missing_files_are_refused() {
    let cases =
        [("manifest.json", 11), ("block-mount.yaml", 11), ("policy.image", 11), ("manifest.json.dsse", 10)];
    for (file, code) in cases {
        let folder = Folder::signed();
        fs::remove_file(folder.at(file)).expect("removable");
        assert_eq!(folder.refusal().exit_code(), code, "without {file}");
    }
    let folder = Folder::signed();
    fs::remove_file(folder.at("block-mount.yaml.sig")).expect("removable");
    assert!(matches!(folder.refusal(), Refusal::Unsigned { .. }));
}

#[test]
fn swapped_mixed_and_duplicated_artifacts_are_refused() {
    let folder = Folder::signed();
    let (one, other) = (folder.read("block-mount.yaml"), folder.read("guard/o-du/block-exec.yaml"));
    folder.put("block-mount.yaml", &other);
    folder.put("guard/o-du/block-exec.yaml", &one);
    assert_eq!(folder.refusal().exit_code(), 11);

    // The whole policy, signature and all, under another name.
    let folder = Folder::signed();
    folder.put("copy.yaml", folder.read("block-mount.yaml"));
    folder.put("copy.yaml.sig", folder.read("block-mount.yaml.sig"));
    assert!(folder.refusal().to_string().contains("was not signed"));

    // An envelope from one bundle on the manifest of another.
    let folder = Folder::signed();
    let other = Folder::new();
    other.put("extra.yaml", support::POLICY);
    bundle::write_manifest(other.path()).expect("a manifest");
    bundle::sign(other.path(), &request(42), &key(1)).expect("a signature");
    folder.put("manifest.json.dsse", other.read("manifest.json.dsse"));
    assert!(folder.refusal().to_string().contains("`manifest.json` is not the one that was signed"));
}

#[test]
fn nothing_unlisted_may_lie_in_a_bundle() {
    for file in [
        "extra.yaml",
        "guard/extra.yaml",
        ".hidden",
        "policy.image.sig",
        "deep/er/x.txt",
        "manifest.json.sig",
    ] {
        let folder = Folder::signed();
        folder.put(file, "content");
        assert_eq!(folder.refusal().exit_code(), 11, "{file}");
    }
}

#[test]
fn links_pipes_and_directories_in_place_of_files_are_refused() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    for file in
        ["block-mount.yaml", "block-mount.yaml.sig", "manifest.json", "manifest.json.dsse", "policy.image"]
    {
        let folder = Folder::signed();
        let target = outside.path().join("target");
        fs::copy(folder.at(file), &target).expect("a copy with the same bytes");
        fs::remove_file(folder.at(file)).expect("removable");
        symlink(&target, folder.at(file)).expect("a link");
        assert_eq!(folder.refusal().exit_code(), 11, "{file} as a link to the same bytes");
        fs::remove_file(folder.at(file)).expect("removable");
        fs::create_dir(folder.at(file)).expect("a folder");
        assert_eq!(folder.refusal().exit_code(), 11, "{file} as a directory");
    }
    let folder = Folder::signed();
    fs::rename(folder.at("guard"), outside.path().join("guard")).expect("movable");
    symlink(outside.path().join("guard"), folder.at("guard")).expect("a link");
    assert_eq!(folder.refusal().exit_code(), 11, "a directory of the bundle as a link");
}

#[test]
fn a_signed_manifest_that_names_files_outside_is_still_refused() {
    for path in [
        "../secret.yaml",
        "/etc/passwd",
        "guard/../../x",
        "./block-mount.yaml",
        "a//b",
        "a\\b",
        "line\nfeed.yaml",
        "nul\u{0}.yaml",
        "pоlicy.yaml", // the second letter is Cyrillic
        "manifest.json",
        "block-mount.yaml.sig",
        "",
    ] {
        let folder = Folder::signed();
        let manifest = String::from_utf8(folder.read("manifest.json")).expect("text");
        let path = serde_json::to_string(path).expect("a string");
        folder.put("manifest.json", manifest.replace("\"policy.image\"", &path));
        let refused = bundle::sign(folder.path(), &request(42), &key(1));
        assert!(refused.is_err(), "{path} was signed");
        assert_eq!(folder.refusal().exit_code(), 11, "{path}");
    }
}

#[test]
fn a_manifest_with_an_artifact_twice_is_not_signed() {
    let folder = Folder::new();
    let manifest = String::from_utf8(folder.read("manifest.json")).expect("text");
    folder.put("manifest.json", manifest.replace("policy.image", "block-mount.yaml"));
    let error = bundle::sign(folder.path(), &request(42), &key(1)).expect_err("listed twice");
    assert_eq!(error.to_string(), "the manifest lists `block-mount.yaml` twice");
}

#[test]
fn files_changed_since_compiling_are_not_signed() {
    let folder = Folder::new();
    folder.put("policy.image", "other bytes");
    assert!(matches!(
        bundle::sign(folder.path(), &request(42), &key(1)),
        Err(bundle::SignError::Stale(path)) if path.as_str() == "policy.image"
    ));
    assert!(!folder.at("manifest.json.dsse").exists() && !folder.at("block-mount.yaml.sig").exists());
}

#[test]
fn a_signature_by_a_stranger_is_an_unknown_key() {
    let folder = Folder::new();
    bundle::sign(folder.path(), &request(41), &key(7)).expect("a signature");
    assert!(
        matches!(folder.refusal(), Refusal::UnknownKey { keys, .. } if keys == [key(7).public_key().id()])
    );
    // A root key is no signing key.
    bundle::sign(folder.path(), &request(41), &key(9)).expect("a signature");
    assert_eq!(folder.refusal().exit_code(), 12);
}

#[test]
fn a_signature_without_a_key_id_is_not_passed_over() {
    let folder = Folder::signed();
    let envelope = String::from_utf8(folder.read("manifest.json.dsse")).expect("text");
    let id = key(1).public_key().id().to_string();
    folder.put("manifest.json.dsse", envelope.replace(&id, ""));
    assert_eq!(folder.refusal().exit_code(), 11);
    folder.put("manifest.json.dsse", envelope.replace(&format!("\"keyid\":\"{id}\","), ""));
    assert_eq!(folder.refusal().exit_code(), 11);
    let unsigned: String =
        envelope.split("\"signatures\"").next().expect("a head").to_owned() + "\"signatures\":[]}";
    folder.put("manifest.json.dsse", unsigned);
    assert_eq!(folder.refusal().exit_code(), 10);
}

#[test]
fn clocks_far_off_are_noticed_on_both_sides() {
    let folder = Folder::signed();
    let verify = |seconds| folder.verify_with(&chain(), &HostState::default(), &Host::default(), at(seconds));
    assert!(verify(-200).is_ok(), "a few minutes of skew are honest");
    assert!(matches!(refusal(verify(-400)), Refusal::NotYetValid { .. }));
    assert!(
        matches!(refusal(verify(-1_795_255_200)), Refusal::NotYetValid { .. }),
        "a host without a battery"
    );
    assert!(verify(30 * DAY - 1).is_ok());
    assert!(matches!(refusal(verify(30 * DAY)), Refusal::Expired { .. }));
    assert_eq!(refusal(verify(10_000 * DAY)).exit_code(), 13);
}

#[test]
fn a_clock_set_back_does_not_revive_an_expired_bundle() {
    let old = Folder::new();
    let mut short = request(41);
    short.expires_at = at(DAY);
    bundle::sign(old.path(), &short, &key(1)).expect("a signature");
    // The host has since accepted a bundle that was signed ten days later.
    let mut state = HostState::default();
    let mut later = old.verify().expect("valid today").approval;
    (later.epoch, later.issued_at) = (40, at(10 * DAY));
    state.accept(&later, &[key(1).public_key().id()], 1);
    let verified = old.verify_with(&chain(), &state, &Host::default(), at(0));
    assert_eq!(refusal(verified).exit_code(), 13);
}

#[test]
fn an_older_epoch_is_refused_unless_it_is_named() {
    let (old, new) = (Folder::signed(), Folder::new());
    bundle::sign(new.path(), &request(50), &key(1)).expect("a signature");
    let mut state = HostState::default();
    state.accept(&new.verify().expect("good").approval, &[key(1).public_key().id()], 1);
    let verified = old.verify_with(&chain(), &state, &Host::default(), at(0));
    assert!(matches!(refusal(verified), Refusal::OlderEpoch { offered: 41, required: 50, .. }));

    let (chain, host) = (chain(), Host::default());
    let root = chain.current(at(0)).expect("a good root");
    let with = |allowed_epoch| Expectations { root, host: &host, state: &state, now: at(0), allowed_epoch };
    assert!(bundle::verify(old.path(), &with(Some(41))).is_ok());
    assert!(bundle::verify(old.path(), &with(Some(42))).is_err(), "another epoch was named");
}

#[test]
fn two_bundles_with_one_epoch_do_not_follow_each_other() {
    let (one, other) = (Folder::signed(), Folder::new());
    other.put("extra.yaml", support::POLICY);
    bundle::write_manifest(other.path()).expect("a manifest");
    bundle::sign(other.path(), &request(41), &key(1)).expect("a signature");
    let mut state = HostState::default();
    state.accept(&one.verify().expect("good").approval, &[key(1).public_key().id()], 1);
    assert!(one.verify_with(&chain(), &state, &Host::default(), at(0)).is_ok(), "the same bundle again");
    let verified = other.verify_with(&chain(), &state, &Host::default(), at(0));
    assert!(matches!(refusal(verified), Refusal::ReusedEpoch { epoch: 41, .. }));
}

#[test]
fn a_bundle_for_others_is_the_wrong_target() {
    let folder = Folder::new();
    let host = |sensor: Option<&str>, groups: &[&str]| Host {
        sensor: sensor.map(str::to_owned),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let cases = [
        (Scope::Group("core".to_owned()), host(Some("s-1"), &["core", "lab"]), host(Some("core"), &["edge"])),
        (Scope::Sensor("s-1".to_owned()), host(Some("s-1"), &[]), host(Some("s-2"), &["s-1"])),
        (Scope::Group("core".to_owned()), host(None, &["core"]), host(None, &[])),
    ];
    for (scope, fits, differs) in cases {
        let request = bundle::SignRequest { scope: Some(scope), ..request(41) };
        bundle::sign(folder.path(), &request, &key(1)).expect("a signature");
        let verify = |host| folder.verify_with(&chain(), &HostState::default(), host, at(0));
        assert!(verify(&fits).is_ok());
        assert_eq!(refusal(verify(&differs)).exit_code(), 15);
    }
}

#[test]
fn a_policy_signed_by_a_stranger_spoils_a_good_bundle() {
    let folder = Folder::signed();
    telovix_trust::policy::sign_file(&folder.at("block-mount.yaml"), None, &key(7)).expect("a signature");
    assert_eq!(folder.refusal().exit_code(), 11);
    // A key that was revoked is called so.
    let mut revoked = trusted("stolen", &key(7), &[Role::Sign]);
    revoked.revoked = Some(telovix_trust::root::Revocation { at: at(-DAY), reason: "stolen".to_owned() });
    let keys =
        vec![trusted("release", &key(1), &[Role::Sign]), trusted("root", &key(9), &[Role::Root]), revoked];
    let chain = chain_of(keys, 1, 1, &[key(9)]);
    let verified = folder.verify_with(&chain, &HostState::default(), &Host::default(), at(0));
    assert_eq!(refusal(verified).exit_code(), 16);
}

#[test]
fn an_empty_and_a_huge_directory_are_refused() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let (chain, host, state) = (chain(), Host::default(), HostState::default());
    let root = chain.current(at(0)).expect("a good root");
    let expect = Expectations { root, host: &host, state: &state, now: at(0), allowed_epoch: None };
    assert_eq!(refusal(bundle::verify(empty.path(), &expect)).exit_code(), 10);
    assert!(bundle::write_manifest(empty.path()).is_err(), "there is nothing to sign");
    assert!(matches!(bundle::verify(&empty.path().join("absent"), &expect), Err(VerifyError::File { .. })));

    let folder = Folder::signed();
    let envelope =
        fs::OpenOptions::new().write(true).open(folder.at("manifest.json.dsse")).expect("writable");
    envelope.set_len(1 << 40).expect("a sparse file of a terabyte");
    assert_eq!(folder.refusal().exit_code(), 11);
}

/// A new approval would discard signatures of others that nothing can list, so signing refuses to guess.
#[test]
fn an_approval_that_cannot_be_read_is_replaced_only_on_request() {
    let folder = Folder::signed();
    let approval = folder.read("manifest.json.dsse");
    let broken: [&[u8]; 3] = [b"", &approval[..approval.len() / 2], b"{\"payloadType\":\"x\"}"];
    for bytes in broken {
        folder.put("manifest.json.dsse", bytes);
        let error = bundle::sign(folder.path(), &request(41), &key(2)).expect_err("a damaged approval");
        assert!(matches!(error, SignError::ApprovalNotRead(_)), "{error}");
        assert_eq!(error.code().id, "not-signed");
        assert_eq!(folder.read("manifest.json.dsse"), bytes, "the file is unchanged");
    }
    let renew = SignRequest { existing: Existing::Replace, ..request(41) };
    bundle::sign(folder.path(), &renew, &key(1)).expect("a new approval");
    folder.verify().expect("the new approval is valid");

    fs::remove_file(folder.path().join("manifest.json.dsse")).expect("an approval to remove");
    symlink("elsewhere", folder.path().join("manifest.json.dsse")).expect("a link");
    let error = bundle::sign(folder.path(), &request(41), &key(1)).expect_err("a link is not followed");
    assert!(matches!(error, SignError::ApprovalNotRead(_)), "{error}");
}
