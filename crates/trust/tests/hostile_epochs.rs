//! Epochs that a stolen key raised, and the ways back: the bound by the clock, the hand-over that revokes the key, the
//! operator's reset.

mod support;

use std::path::Path;

use proptest::prelude::*;
use support::{DAY, Folder, NOW, at, chain_of, key, refusal, request, trusted};
use telovix_trust::bundle::{self, Asked, Existing, SignError, SignRequest, VerifiedBundle, VerifyError};
use telovix_trust::root::{Chain, Change};
use telovix_trust::{
    Acceptance, Approval, Digest, Envelope, Host, HostState, HostStateError, KeyId, MAX_EPOCH_LEAD, Refusal,
    Role, Scope, TrustRoot, highest_epoch,
};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const TODAY: u64 = NOW.unsigned_abs();

/// Two signing keys, 1 and 2; key 9 signs the root.
fn fleet() -> Chain {
    let keys = vec![
        trusted("release", &key(1), &[Role::Sign]),
        trusted("spare", &key(2), &[Role::Sign]),
        trusted("root", &key(9), &[Role::Root]),
    ];
    chain_of(keys, 1, 1, &[key(9)])
}

fn revoked(mut chain: Chain, number: u8) -> Chain {
    let theft = Change::Revoke(key(number).public_key().id(), "laptop stolen".to_owned());
    chain.append(&[theft], at(0)).expect("possible");
    chain.sign(&key(9)).expect("the root key");
    chain
}

fn signed(epoch: u64, number: u8) -> Folder {
    let folder = Folder::new();
    bundle::sign(folder.path(), &request(epoch), &key(number)).expect("a signature");
    folder
}

/// A bundle whose approval was written by hand, which is what a thief does.
fn forged(epoch: u64) -> Folder {
    let folder = signed(TODAY, 1);
    let statement: serde_json::Value =
        serde_json::from_slice(&folder.read("manifest.json.dsse")).expect("JSON");
    let payload = statement["payload"].as_str().expect("a payload");
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, payload).expect("base64");
    let payload = String::from_utf8(payload).expect("text");
    let payload = payload.replace(&format!("\"epoch\":{TODAY}"), &format!("\"epoch\":{epoch}"));
    let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, payload.into_bytes());
    envelope.add_signature(&key(1)).expect("a key in memory signs");
    folder.put("manifest.json.dsse", envelope.to_json());
    folder
}

fn verify(folder: &Folder, chain: &Chain, state: &HostState) -> Result<VerifiedBundle, VerifyError> {
    folder.verify_with(chain, state, &Host::default(), at(0))
}

fn accept(path: &Path, folder: &Folder, chain: &Chain) -> HostState {
    let state = HostState::read(path).expect("readable");
    let VerifiedBundle { approval, signers, .. } = verify(folder, chain, &state).expect("accepted");
    let accepted =
        Acceptance { what: "bundle", approval: &approval, signers: &signers, chain, allowed_epoch: None };
    HostState::record(path, &accepted).expect("recorded")
}

#[test]
fn an_epoch_beyond_the_clock_is_neither_signed_nor_accepted() {
    for epoch in [u64::MAX, u64::MAX - 1, highest_epoch(at(0)) + 1] {
        let folder = Folder::new();
        let signed = bundle::sign(folder.path(), &request(epoch), &key(1));
        assert!(matches!(signed, Err(SignError::EpochAhead { .. })), "{epoch}");
        let reason = refusal(verify(&forged(epoch), &fleet(), &HostState::default()));
        assert!(matches!(reason, Refusal::EpochAhead { epoch: found, .. } if found == epoch));
        assert_eq!(reason.exit_code(), 13);
    }
    let most = highest_epoch(at(0));
    assert_eq!(most, TODAY + MAX_EPOCH_LEAD);
    assert!(verify(&signed(most, 1), &fleet(), &HostState::default()).is_ok());
}

#[test]
fn an_epoch_that_was_named_on_purpose_still_may_not_lie_in_the_future() {
    let (folder, chain, host, state) = (forged(u64::MAX), fleet(), Host::default(), HostState::default());
    let root = chain.current(at(0)).expect("a good root");
    let expect =
        bundle::Expectations { root, host: &host, state: &state, now: at(0), allowed_epoch: Some(u64::MAX) };
    assert!(matches!(refusal(bundle::verify(folder.path(), &expect)), Refusal::EpochAhead { .. }));
}

#[test]
fn a_revocation_takes_back_what_the_key_raised() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("trust-state.json");
    let chain = fleet();
    accept(&path, &signed(TODAY, 2), &chain);
    accept(&path, &signed(TODAY + 80_000, 1), &chain);
    let honest = signed(TODAY + 10, 2);
    let state = HostState::read(&path).expect("readable");
    assert_eq!(refusal(verify(&honest, &chain, &state)).exit_code(), 14);

    // telovix trust revoke release --reason 'laptop stolen'
    let chain = revoked(chain, 1);
    accept(&path, &honest, &chain);
    let state = HostState::read(&path).expect("readable");
    let root = chain.current(at(0)).expect("a good root");
    assert_eq!(state.epochs.lowest_acceptable(root), TODAY + 10);
    // What the good key raised before is still a floor.
    assert_eq!(refusal(verify(&signed(TODAY - 10, 2), &chain, &state)).exit_code(), 14);
    assert_eq!(refusal(verify(&signed(TODAY + 80_001, 1), &chain, &state)).exit_code(), 16);
}

#[test]
fn what_two_people_signed_falls_with_either_of_them() {
    let keys = vec![
        trusted("anna", &key(1), &[Role::Sign]),
        trusted("ben", &key(2), &[Role::Sign]),
        trusted("chris", &key(3), &[Role::Sign]),
        trusted("root", &key(9), &[Role::Root]),
    ];
    let chain = chain_of(keys, 2, 1, &[key(9)]);
    let approval = verify(&signed(TODAY, 1), &fleet(), &HostState::default()).expect("good").approval;
    let ids: Vec<KeyId> = [1, 2, 3].map(|number| key(number).public_key().id()).to_vec();
    let mut state = HostState::default();
    state.accept(&approval, &ids[..2], 2);
    let low = Approval { epoch: TODAY - 5, manifest: Digest::of(b"low"), ..approval };
    state.accept(&low, &ids[1..], 2);
    let floor = |chain: &Chain| state.epochs.lowest_acceptable(chain.current(at(0)).expect("a good root"));
    assert_eq!(floor(&chain), TODAY);
    assert_eq!(floor(&revoked(chain.clone(), 1)), TODAY - 5);
    assert_eq!(floor(&revoked(chain, 3)), TODAY);
}

#[test]
fn an_operator_resets_the_epoch_of_a_host_that_was_locked_before_the_bound() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("trust-state.json");
    let manifest = Digest::of(b"manifest");
    // As version 1 of the file had it, which did not know whose signatures raised the epoch.
    let old = format!(
        "{{\"version\":1,\"root\":null,\"epoch\":{{\"number\":{},\"manifest\":\"{manifest}\",\"issued_at\":\"2026-11-20T10:00:00Z\"}}}}",
        u64::MAX
    );
    std::fs::write(&path, old).expect("written");
    let (chain, folder) = (fleet(), signed(TODAY, 2));
    let state = HostState::read(&path).expect("the old form is read");
    assert_eq!(refusal(verify(&folder, &chain, &state)).exit_code(), 14);

    assert_eq!(HostState::reset_epoch(&path, TODAY - 100).expect("possible"), u64::MAX);
    let state = HostState::read(&path).expect("readable");
    assert!(verify(&folder, &chain, &state).is_ok());
    assert_eq!(refusal(verify(&signed(TODAY - 101, 2), &chain, &state)).exit_code(), 14);
    assert_eq!(state.not_before(at(-90 * DAY)), at(-DAY), "signed evidence of time is not forgotten");
    assert!(HostState::reset_epoch(&path, TODAY).is_err(), "a reset only lowers");
    accept(&path, &folder, &chain);
}

#[test]
fn a_state_of_a_version_that_is_not_known_is_damaged() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("trust-state.json");
    for text in [
        "{\"version\":3,\"root\":null,\"epochs\":[]}",
        "{\"version\":1,\"root\":null,\"epoch\":null,\"reset\":{\"epoch\":1,\"issued_at\":\"2026-11-20T10:00:00Z\"}}",
        "{\"version\":2,\"root\":null,\"epochs\":[],\"more\":1}",
    ] {
        std::fs::write(&path, text).expect("written");
        assert!(matches!(HostState::read(&path), Err(HostStateError::Damaged { .. })), "{text}");
    }
}

#[test]
fn a_trust_root_cannot_ask_for_epochs_of_the_future() {
    let mut chain = fleet();
    assert!(chain.append(&[Change::MinimumEpoch(u64::MAX)], at(0)).is_err());
    assert!(chain.append(&[Change::MinimumEpoch(TODAY + 3600)], at(0)).is_ok());
}

#[test]
fn what_was_asked_for_is_never_dropped_in_silence() {
    let folder = signed(TODAY, 1);
    let with = |existing, change: &dyn Fn(&mut SignRequest)| {
        let mut wanted = SignRequest { existing, ..request(TODAY) };
        change(&mut wanted);
        bundle::sign(folder.path(), &wanted, &key(2))
    };
    let asked = |part| Existing::Continue(vec![part]);
    let other = |result| matches!(result, Err(SignError::OtherApproval { .. }));
    assert!(other(with(asked(Asked::Epoch), &|wanted| wanted.epoch = TODAY + 1)));
    assert!(other(with(asked(Asked::Lifetime), &|wanted| wanted.expires_at = at(7 * DAY))));
    assert!(other(with(asked(Asked::SourceRevision), &|wanted| wanted.source_revision = None)));
    let signers = with(asked(Asked::Epoch), &|_| ()).expect("it says the same").signers;
    assert_eq!(signers.len(), 2);
    let replaced = with(Existing::Replace, &|wanted| wanted.epoch = TODAY + 1).expect("a new approval");
    assert_eq!((replaced.approval.epoch, replaced.signers.len()), (TODAY + 1, 1));
    let scoped = with(asked(Asked::Epoch), &|wanted| wanted.scope = Some(Scope::Group("edge".to_owned())));
    assert_eq!(scoped.expect("a new approval").approval.scope, Scope::Group("edge".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was accepted in whatever order and whichever key is revoked, the lowest acceptable epoch is that of
    /// the highest bundle that could still be accepted.
    #[test]
    fn the_floor_is_the_highest_epoch_that_still_counts(
        accepted in proptest::collection::vec((0u64..1000, 1u8..4, 1u8..4), 0..20),
        stolen in 1u8..4,
    ) {
        let keys = vec![
            trusted("a", &key(1), &[Role::Sign]),
            trusted("b", &key(2), &[Role::Sign]),
            trusted("c", &key(3), &[Role::Sign]),
            trusted("root", &key(9), &[Role::Root]),
        ];
        let chain = revoked(chain_of(keys, 1, 1, &[key(9)]), stolen);
        let root: &TrustRoot = chain.current(at(0)).expect("a good root");
        let template = Approval {
            manifest: Digest::of(b"manifest"),
            epoch: 0,
            issued_at: at(0),
            expires_at: at(DAY),
            scope: Scope::Fleet,
            source_revision: None,
            tool_version: String::new(),
            results: Vec::new(),
        };
        let mut state = HostState::default();
        let mut expected = 0;
        for (epoch, one, other) in accepted {
            let mut signers = vec![key(one).public_key().id(), key(other).public_key().id()];
            signers.dedup();
            if one != stolen || other != stolen {
                expected = expected.max(epoch);
            }
            state.accept(&Approval { epoch, ..template.clone() }, &signers, 1);
        }
        prop_assert_eq!(state.epochs.lowest_acceptable(root), expected);
    }
}
