//! What a fleet goes through over the years, each rehearsed in at most three commands.
//!
//! The steps are those of `telovix trust`, `telovix sign` and `telovix verify`; the comments name them.

mod support;

use support::{DAY, Folder, NOW, at, chain, chain_of, key, refusal, request, trusted};
use telovix_trust::bundle::{self, VerifyError};
use telovix_trust::root::{Chain, ChainError, Change};
use telovix_trust::{Acceptance, Host, HostState, Refusal, Role, Timestamp};

fn verify(folder: &Folder, chain: &Chain, day: i64) -> Result<bundle::VerifiedBundle, VerifyError> {
    folder.verify_with(chain, &HostState::default(), &Host::default(), at(day * DAY))
}

#[test]
fn rotating_a_signing_key_with_a_week_of_overlap() {
    let mut chain = chain();
    let before = Folder::signed();
    let old = key(1).public_key().id();

    // telovix trust rotate OLD new.pub --overlap 7d --key root.key
    let new = trusted("release 2027", &key(2), &[Role::Sign]);
    chain.append(&[Change::Add(Box::new(new)), Change::Retire(old, at(7 * DAY))], at(0)).expect("possible");
    chain.sign(&key(9)).expect("the root key");
    // telovix sign --key new.key
    let after = Folder::new();
    bundle::sign(after.path(), &request(42), &key(2)).expect("a signature");

    assert!(verify(&before, &chain, 6).is_ok(), "during the overlap both keys are accepted");
    assert!(verify(&after, &chain, 6).is_ok());
    assert_eq!(refusal(verify(&before, &chain, 8)).exit_code(), 13, "then the old one has expired");
    assert!(verify(&after, &chain, 8).is_ok());
}

#[test]
fn revoking_a_stolen_key() {
    let keys = vec![
        trusted("release", &key(1), &[Role::Sign]),
        trusted("spare", &key(2), &[Role::Sign]),
        trusted("root", &key(9), &[Role::Root]),
    ];
    let mut chain = chain_of(keys, 1, 1, &[key(9)]);
    let signed_before_the_theft = Folder::signed();
    assert!(verify(&signed_before_the_theft, &chain, 1).is_ok());

    // telovix trust revoke release --reason "laptop stolen" --key root.key
    let theft = Change::Revoke(key(1).public_key().id(), "laptop stolen".to_owned());
    chain.append(&[theft], at(DAY)).expect("possible");
    chain.sign(&key(9)).expect("the root key");

    // Everything that the key signed is refused, since the time of a signature cannot be trusted.
    let reason = refusal(verify(&signed_before_the_theft, &chain, 2));
    assert!(matches!(&reason, Refusal::Revoked { reason, .. } if reason == "laptop stolen"));
    assert_eq!(reason.exit_code(), 16);

    // telovix sign --key spare.key
    let mut again = request(43);
    again.trusted = vec![key(2).public_key()];
    bundle::sign(
        signed_before_the_theft.path(),
        &bundle::SignRequest { issued_at: at(DAY), ..again },
        &key(2),
    )
    .expect("a signature");
    assert!(verify(&signed_before_the_theft, &chain, 2).is_ok());

    // The thief's key cannot come back.
    let back = Change::Add(Box::new(trusted("release", &key(1), &[Role::Sign])));
    assert!(matches!(chain.append(&[back], at(2 * DAY)), Err(ChainError::Change(_))));
}

#[test]
fn two_of_three_release_engineers_sign() {
    let keys = vec![
        trusted("anna", &key(1), &[Role::Sign]),
        trusted("ben", &key(2), &[Role::Sign]),
        trusted("chris", &key(3), &[Role::Sign]),
        trusted("root", &key(9), &[Role::Root]),
    ];
    let chain = chain_of(keys.clone(), 2, 1, &[key(9)]);
    let folder = Folder::new();
    let request =
        bundle::SignRequest { trusted: keys.iter().map(|key| key.public_key).collect(), ..request(41) };

    // telovix sign --key anna.key
    bundle::sign(folder.path(), &request, &key(1)).expect("a signature");
    let reason = refusal(verify(&folder, &chain, 0));
    assert!(matches!(reason, Refusal::TooFewSignatures { found: 1, required: 2, .. }));
    assert_eq!(reason.exit_code(), 17);

    // The same engineer twice is still one.
    bundle::sign(folder.path(), &request, &key(1)).expect("a signature");
    assert_eq!(refusal(verify(&folder, &chain, 0)).exit_code(), 17);

    // telovix sign --key chris.key
    let signed = bundle::sign(folder.path(), &request, &key(3)).expect("a signature");
    assert_eq!(signed.policies, 0, "the policies keep the signatures they have");
    let verified = verify(&folder, &chain, 0).expect("two of three");
    assert_eq!(verified.signers.len(), 2);
}

#[test]
fn handing_the_root_itself_to_new_keys() {
    let mut chain = chain();
    let mut host = HostState { root: Some(chain.pin()), ..HostState::default() };

    // telovix trust rotate root new-root.pub --key root.key --key new-root.key
    let handover = [
        Change::Add(Box::new(trusted("root 2027", &key(8), &[Role::Root]))),
        Change::Retire(key(9).public_key().id(), at(DAY)),
    ];
    chain.append(&handover, at(0)).expect("possible");
    assert_eq!(chain.current(at(0)).expect_err("no signature").exit_code(), 10);
    chain.sign(&key(9)).expect("the old root key");
    chain.sign(&key(8)).expect("the new root key");
    assert_eq!(chain.current(at(0)).map(telovix_trust::TrustRoot::version), Ok(2));

    // A host that follows version 1 walks to version 2, and does not walk back.
    assert_eq!(chain.check_pin(host.root), Ok(()));
    host.root = Some(chain.pin());
    assert_eq!(support::chain().check_pin(host.root).expect_err("version 1 is older").exit_code(), 14);
    assert!(verify(&Folder::signed(), &chain, 2).is_ok(), "the signing key is still the same");
}

#[test]
fn a_root_that_two_of_three_hand_over() {
    let keys = vec![
        trusted("release", &key(1), &[Role::Sign]),
        trusted("anna", &key(7), &[Role::Root]),
        trusted("ben", &key(8), &[Role::Root]),
        trusted("chris", &key(9), &[Role::Root]),
    ];
    let mut chain = chain_of(keys, 1, 2, &[key(7), key(8)]);

    // telovix trust epoch 40 --key anna.key
    chain.append(&[Change::MinimumEpoch(40)], at(0)).expect("possible");
    chain.sign(&key(7)).expect("a root key");
    assert_eq!(chain.current(at(0)).expect_err("one of two").exit_code(), 17);
    let unfinished = chain.append(&[Change::MinimumEpoch(41)], at(0));
    assert!(matches!(unfinished, Err(ChainError::Refused(_))), "first finish this version");

    // telovix trust sign --key chris.key
    chain.sign(&key(9)).expect("a root key");
    assert_eq!(chain.current(at(0)).map(telovix_trust::TrustRoot::minimum_epoch), Ok(40));
    assert!(verify(&Folder::signed(), &chain, 0).is_ok());
    let old = Folder::new();
    bundle::sign(old.path(), &request(39), &key(1)).expect("a signature");
    assert_eq!(refusal(verify(&old, &chain, 0)).exit_code(), 14);
}

#[test]
fn a_signing_key_cannot_change_the_root() {
    let mut chain = chain();
    chain
        .append(&[Change::Add(Box::new(trusted("mine", &key(6), &[Role::Root])))], at(0))
        .expect("possible to write");
    assert!(matches!(chain.sign(&key(1)), Err(ChainError::NotARootKey(_))));
    // A key that makes itself root signs its own entry, and the old root's voice is still missing.
    chain.sign(&key(6)).expect("its own version lists it");
    assert_eq!(chain.current(at(0)).expect_err("no hand-over").exit_code(), 12);
}

#[test]
fn a_fork_of_the_root_is_not_followed() {
    let mut ours = chain();
    let mut theirs = chain();
    for (chain, epoch) in [(&mut ours, 10), (&mut theirs, 20)] {
        chain.append(&[Change::MinimumEpoch(epoch)], at(0)).expect("possible");
        chain.sign(&key(9)).expect("the root key");
    }
    let host = HostState { root: Some(ours.pin()), ..HostState::default() };
    assert_eq!(ours.check_pin(host.root), Ok(()));
    assert_eq!(theirs.check_pin(host.root).expect_err("a fork").exit_code(), 11);
}

#[test]
fn renewing_a_root_that_has_expired() {
    let mut chain = chain();
    chain.append(&[Change::Expiry(Some(at(DAY)))], at(0)).expect("possible");
    chain.sign(&key(9)).expect("the root key");
    assert_eq!(refusal(verify(&Folder::signed(), &chain, 2)).exit_code(), 13);

    // telovix trust expire 2028-01-01T00:00:00Z --key root.key
    let later = Timestamp::from_seconds(NOW + 400 * DAY);
    chain.append(&[Change::Expiry(Some(later))], at(2 * DAY)).expect("possible");
    chain.sign(&key(9)).expect("the root key");
    assert!(verify(&Folder::signed(), &chain, 2).is_ok());
}

#[test]
fn a_crash_between_accepting_and_applying_never_goes_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("trust-state.json");
    let (old, new) = (Folder::signed(), Folder::new());
    bundle::sign(new.path(), &request(42), &key(1)).expect("a signature");
    let verified = [&old, &new].map(|folder| folder.verify().expect("good"));

    let chain = chain();
    for bundle in &verified {
        let (approval, signers) = (&bundle.approval, &bundle.signers[..]);
        let accepted = Acceptance { what: "bundle", approval, signers, chain: &chain, allowed_epoch: None };
        HostState::record(&path, &accepted).expect("recorded");
    }
    // The power fails here, before anything was loaded, and leaves half a file next to the state.
    std::fs::write(folder.path().join(".trust-state.json.1-0.partial"), "{\"vers").expect("written");

    let state = HostState::read(&path).expect("the state is whole");
    assert_eq!(state.epochs.highest_ever(), Some(42));
    assert_eq!(state.root, Some(chain.pin()));
    assert!(new.verify_with(&chain, &state, &Host::default(), at(0)).is_ok(), "the same bundle again");
    let back = old.verify_with(&chain, &state, &Host::default(), at(0));
    assert_eq!(refusal(back).exit_code(), 14);
    // A state file that was damaged is not mistaken for a new host.
    std::fs::write(&path, "").expect("written");
    assert!(HostState::read(&path).is_err());
}
