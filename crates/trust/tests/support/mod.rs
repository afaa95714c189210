//! A small fleet to test with: named keys from fixed seeds, a trust root, and a bundle on disk.

#![allow(dead_code, reason = "each test file uses the part it needs")]

use std::fs;
use std::path::{Path, PathBuf};

use telovix_trust::bundle::{self, Existing, Expectations, SignRequest, VerifiedBundle, VerifyError};
use telovix_trust::root::{Chain, Thresholds, TrustedKey};
use telovix_trust::{Host, HostState, PrivateKey, Refusal, Role, Scope, Timestamp, TrustRoot};

/// 2026-11-21T10:00:00Z, the present of every test.
pub(crate) const NOW: i64 = 1_795_255_200;
pub(crate) const DAY: i64 = 86_400;

pub(crate) const POLICY: &str = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: telovix-custom-block-mount\nspec: {}\n";

pub(crate) fn at(seconds_from_now: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds_from_now)
}

/// A key that is the same in every run.
pub(crate) fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

pub(crate) fn trusted(name: &str, key: &PrivateKey, roles: &[Role]) -> TrustedKey {
    TrustedKey::new(name.to_owned(), key.public_key(), roles.to_vec())
}

/// A root in which key 1 signs bundles and key 9 signs the root.
pub(crate) fn chain() -> Chain {
    chain_of(
        vec![trusted("release", &key(1), &[Role::Sign]), trusted("root", &key(9), &[Role::Root])],
        1,
        1,
        &[key(9)],
    )
}

pub(crate) fn chain_of(keys: Vec<TrustedKey>, sign: usize, root: usize, signers: &[PrivateKey]) -> Chain {
    let root = TrustRoot::first(keys, Thresholds { sign, root }, at(-30 * DAY), None).expect("a sound root");
    let mut chain = Chain::begin(root);
    for signer in signers {
        chain.sign(signer).expect("a root key");
    }
    chain
}

pub(crate) fn request(epoch: u64) -> SignRequest {
    SignRequest {
        scope: Some(Scope::Fleet),
        epoch,
        issued_at: at(0),
        expires_at: at(30 * DAY),
        source_revision: Some("4f2a9c1".to_owned()),
        tool_version: "0.1.0".to_owned(),
        results: Vec::new(),
        trusted: Vec::new(),
        existing: Existing::Continue(Vec::new()),
    }
}

/// A bundle directory with two policies and an image, not signed yet.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder"));
        folder.put("block-mount.yaml", POLICY);
        folder.put("guard/o-du/block-exec.yaml", POLICY.replace("mount", "exec"));
        folder.put("policy.image", "\u{1}ELF image bytes");
        bundle::write_manifest(folder.path()).expect("a manifest");
        folder
    }

    pub(crate) fn signed() -> Self {
        let folder = Self::new();
        bundle::sign(folder.path(), &request(41), &key(1)).expect("a signature");
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).expect("a readable file")
    }

    pub(crate) fn verify(&self) -> Result<VerifiedBundle, VerifyError> {
        self.verify_with(&chain(), &HostState::default(), &Host::default(), at(0))
    }

    pub(crate) fn verify_with(
        &self,
        chain: &Chain,
        state: &HostState,
        host: &Host,
        now: Timestamp,
    ) -> Result<VerifiedBundle, VerifyError> {
        let root = chain.current(now)?;
        let expect = Expectations { root, host, state, now, allowed_epoch: None };
        bundle::verify(self.path(), &expect)
    }

    /// Verifies and returns the reason of the refusal.
    pub(crate) fn refusal(&self) -> Refusal {
        refusal(self.verify())
    }
}

pub(crate) fn refusal(verified: Result<VerifiedBundle, VerifyError>) -> Refusal {
    match verified {
        Err(VerifyError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
