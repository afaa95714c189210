//! A host to test with: a kernel that records calls and fails where requested, a trust root, signed bundles.

#![allow(dead_code, reason = "each test file uses the part it needs")]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use telovix_bpf_programs::image::{Image, Sections};
use telovix_bpf_programs::layout::{
    Automaton, CAPABILITIES, Decision, Domain, Endpoints, Header, LAYOUT_VERSION, Operation, PathState,
    Section, Syscalls,
};
use telovix_bpf_runtime::apply::Options;
use telovix_bpf_runtime::{RuntimeError, Scope};
use telovix_host::{
    Admitted, Applied, ApplyOptions, Host, HostError, Journal, Kernel, Offer, Plan, Prepared, RequiredTrust,
    RootOrigin, Status, Switched, Trust, Unplaced,
};
use telovix_trust::audit::{self, Action, Actor, Outcome};
use telovix_trust::bundle::{self, Existing, SignRequest};
use telovix_trust::root::{Chain, Thresholds, TrustedKey};
use telovix_trust::{Host as Identity, HostState, PrivateKey, Role, Timestamp, TrustRoot};

/// 2026-11-21T10:00:00Z, the present of every test.
pub(crate) const NOW: i64 = 1_795_255_200;
const DAY: i64 = 86_400;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A place where the kernel can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Permission,
    Prepare,
    Switch,
    Tidy,
    Turn,
}

/// What a kernel was asked, what it enforces, and where it fails.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) calls: Vec<&'static str>,
    /// Generation and digest of the active policy.
    pub(crate) enforced: Option<(u32, String)>,
    pub(crate) fails: Option<(Step, fn() -> RuntimeError)>,
    /// Looks at the host's files in the moment before the switch.
    pub(crate) before_switch: Option<Rc<dyn Probe>>,
}

/// Something that is done in the moment before the switch.
pub(crate) trait Probe: std::fmt::Debug {
    fn look(&self);
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FakeKernel(pub(crate) Rc<RefCell<State>>);

#[derive(Debug)]
pub(crate) struct FakePrepared(FakeKernel, String);

#[derive(Debug)]
pub(crate) struct FakeSwitched(FakeKernel, u32);

impl FakeKernel {
    fn step(&self, step: Step, name: &'static str) -> Result<(), RuntimeError> {
        let mut state = self.0.borrow_mut();
        state.calls.push(name);
        match state.fails {
            Some((fails, error)) if fails == step => Err(error()),
            _ => Ok(()),
        }
    }

    fn generation(&self) -> u32 {
        self.0.borrow().enforced.as_ref().map_or(0, |(generation, _)| *generation)
    }
}

impl Kernel for FakeKernel {
    type Prepared = FakePrepared;

    fn require_permission(&self) -> Result<(), RuntimeError> {
        match self.0.borrow().fails {
            Some((Step::Permission, error)) => Err(error()),
            _ => Ok(()),
        }
    }

    fn plan(&self, _: &Admitted, _: &[String]) -> Result<Plan, RuntimeError> {
        self.step(Step::Prepare, "plan")?;
        Ok(Plan {
            hooks: vec![],
            kernel_bytes: 0,
            lockout: None,
            generation: self.generation(),
            active: None,
        })
    }

    fn prepare(&self, policy: &Admitted, _: &Options) -> Result<FakePrepared, RuntimeError> {
        self.step(Step::Prepare, "prepare")?;
        Ok(FakePrepared(self.clone(), policy.policy().to_string()))
    }

    fn confirm(&self) -> Result<u32, RuntimeError> {
        self.step(Step::Turn, "confirm").map(|()| self.generation())
    }

    fn roll_back(&self) -> Result<u32, RuntimeError> {
        self.step(Step::Turn, "roll back").map(|()| self.generation())
    }

    fn remove(&self) -> Result<usize, RuntimeError> {
        self.step(Step::Turn, "remove")?;
        self.0.borrow_mut().enforced = None;
        Ok(3)
    }

    fn status(&self, _: &Scope) -> Result<Status, RuntimeError> {
        let state = self.0.borrow();
        let (generation, image) = state.enforced.clone().ok_or(RuntimeError::NothingLoaded)?;
        Ok(Status {
            generation,
            image: Some(image),
            previous: 0,
            confirm_within: None,
            reverted: false,
            hooks: vec![],
            rules: vec![],
            events: 0,
            dropped: 0,
            walks: 0,
            doubts: 0,
            drift: vec![],
            missing: vec![],
            not_called: vec![],
        })
    }
}

impl Prepared for FakePrepared {
    type Switched = FakeSwitched;

    fn switch(self) -> Result<FakeSwitched, RuntimeError> {
        let Self(kernel, policy) = self;
        let probe = kernel.0.borrow().before_switch.clone();
        probe.iter().for_each(|probe| probe.look());
        kernel.step(Step::Switch, "switch")?;
        let generation = kernel.generation() + 1;
        kernel.0.borrow_mut().enforced = Some((generation, policy));
        Ok(FakeSwitched(kernel, generation))
    }
}

impl Switched for FakeSwitched {
    fn generation(&self) -> u32 {
        self.1
    }

    fn unplaced(&self) -> Vec<Unplaced> {
        Vec::new()
    }

    fn tidy(self) -> Result<usize, RuntimeError> {
        self.0.step(Step::Tidy, "tidy").map(|()| 3)
    }
}

/// A host in a folder of its own.
#[derive(Debug)]
pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) kernel: FakeKernel,
    pub(crate) host: Host<FakeKernel>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kernel = FakeKernel::default();
        let actor = Actor { uid: 0, user: Some("root".to_owned()), sudo_user: None };
        let journal = Journal::new(folder.path().join("var/audit.ndjson"), actor, now);
        fs::create_dir(folder.path().join("var")).expect("a folder");
        let memory = folder.path().join("var/trust-state.json");
        let host = Host::new(Identity::default(), memory, journal, folder.path().join("run"), kernel.clone());
        Self { folder, kernel, host }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path("var/audit.ndjson")
    }

    pub(crate) fn fail(&self, step: Step, error: fn() -> RuntimeError) {
        self.kernel.0.borrow_mut().fails = Some((step, error));
    }

    pub(crate) fn heal(&self) {
        self.kernel.0.borrow_mut().fails = None;
    }

    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.kernel.0.borrow().calls.clone()
    }

    pub(crate) fn enforced(&self) -> Option<u32> {
        self.kernel.0.borrow().enforced.as_ref().map(|(generation, _)| *generation)
    }

    pub(crate) fn state(&self) -> HostState {
        self.host.remembered().expect("a readable memory")
    }

    pub(crate) fn epoch(&self) -> Option<u64> {
        self.state().epochs.highest_ever()
    }

    pub(crate) fn apply(&mut self, offer: &Offer) -> Result<Applied, HostError> {
        self.host.apply(offer, &ApplyOptions::default())
    }

    /// Action, outcome and detail of each line of the log, which is whole.
    pub(crate) fn lines(&self) -> Vec<(Action, Outcome, String)> {
        let entries = audit::verify(&self.log()).expect("a whole log").entries;
        let records = entries.into_iter().map(|entry| entry.record);
        records.map(|record| (record.action_type, record.outcome, record.detail)).collect()
    }

    pub(crate) fn outcomes(&self) -> Vec<(Action, Outcome)> {
        self.lines().into_iter().map(|(action, outcome, _)| (action, outcome)).collect()
    }

    /// A bundle with this epoch, signed by key 1.
    pub(crate) fn bundle(&self, epoch: u64) -> PathBuf {
        let path = self.path(&format!("bundle-{epoch}"));
        fs::create_dir(&path).expect("a folder");
        fs::write(path.join(telovix_host::IMAGE), image().write()).expect("written");
        fs::write(path.join("epoch.txt"), epoch.to_string()).expect("written");
        bundle::write_manifest(&path).expect("a manifest");
        bundle::sign(&path, &request(epoch), &key(1)).expect("a signature");
        path
    }

    pub(crate) fn signed(&self, epoch: u64) -> Offer {
        let bundle = self.bundle(epoch);
        offer(&bundle, chain(9))
    }
}

/// A bundle, to be verified against a trust root that the host names.
pub(crate) fn offer(bundle: &Path, chain: Chain) -> Offer {
    let file = PathBuf::from(telovix_host::HOST_TRUST_ROOT);
    let required = RequiredTrust { chain, file, origin: RootOrigin::Host, now: now(), allowed_epoch: None };
    Offer { bundle: bundle.to_owned(), trust: Trust::Required(Box::new(required)) }
}

/// A root in which key 1 signs bundles, and key `root` signs the root.
pub(crate) fn chain(root: u8) -> Chain {
    let keys = vec![
        TrustedKey::new("release".to_owned(), key(1).public_key(), vec![Role::Sign]),
        TrustedKey::new("root".to_owned(), key(root).public_key(), vec![Role::Root]),
    ];
    let issued = now().plus_seconds(-30 * DAY);
    let first = TrustRoot::first(keys, Thresholds { sign: 1, root: 1 }, issued, None).expect("a sound root");
    let mut chain = Chain::begin(first);
    chain.sign(&key(root)).expect("a root key");
    chain
}

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

fn request(epoch: u64) -> SignRequest {
    SignRequest {
        scope: Some(telovix_trust::Scope::Fleet),
        epoch,
        issued_at: now(),
        expires_at: now().plus_seconds(30 * DAY),
        source_revision: None,
        tool_version: "0.1.0".to_owned(),
        results: Vec::new(),
        trusted: Vec::new(),
        existing: Existing::Continue(Vec::new()),
    }
}

/// The image of a policy that confines nothing.
fn image() -> Image {
    let nothing = PathState { child: 0, exact: 0, below: 0, subtree: 0 };
    let no_table = Automaton { root: nothing, classes: 0, class_count: 0 };
    let mut sections = Sections::default();
    sections.push_string("").expect("fits");
    let header = Header { version: LAYOUT_VERSION, reserved: 0, subjects: nothing, names: nothing };
    sections.push(Section::Header, &header);
    sections.push(Section::Scopes, &0_u32);
    sections.push(Section::Decisions, &Decision { confinement: 0, next: 0 });
    let domain = Domain {
        operations: 0,
        strict: 0,
        inherits: 0,
        exec: no_table,
        file: no_table,
        endpoints: Endpoints { start: 0, count: 0, classes: 0, class_count: 0 },
        syscalls: Syscalls { table: 0, classes: 0, class_count: 0 },
        anonymous_exec: 0,
        slots: [0; Operation::SLOTS],
        capabilities: [0; CAPABILITIES],
    };
    sections.push(Section::Domains, &domain);
    Image::new(sections).expect("a sound image")
}
