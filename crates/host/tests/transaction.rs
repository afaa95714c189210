//! Verify, log, prepare, remember, switch, log: whichever step fails, the log, the state file and the kernel agree.

mod support;

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use support::{Probe, Site, Step, chain, offer};
use telovix_host::{HostError, HostStatus, Offer, RootOrigin, RuntimeError, Trust, Verification};
use telovix_trust::audit::{self, Action, Outcome};
use telovix_trust::{HostState, Refusal};

const BEGUN: (Action, Outcome) = (Action::Applied, Outcome::Begun);
const DONE: (Action, Outcome) = (Action::Applied, Outcome::Success);
const FAILED: (Action, Outcome) = (Action::Applied, Outcome::Failure);

fn unverified(bundle: PathBuf) -> Offer {
    Offer { bundle, trust: Trust::Unverified { reason: "`--insecure-skip-verify` was given".to_owned() } }
}

#[test]
fn a_bundle_that_is_accepted_is_enforced_remembered_and_logged() {
    let mut site = Site::new();
    let offer = site.signed(41);
    let applied = site.apply(&offer).expect("applied");
    assert_eq!((applied.generation, applied.programs), (1, 3));
    let root = applied.policy.root().expect("a root").clone();
    assert_eq!(
        (root.origin, root.file.as_str(), root.version),
        (RootOrigin::Host, "/etc/telovix/trust-root.json", 1)
    );
    assert_eq!(site.calls(), ["prepare", "switch", "tidy"]);
    assert_eq!(site.outcomes(), [BEGUN, DONE]);
    assert_eq!((site.epoch(), site.enforced()), (Some(41), Some(1)));
    let origin = site.host.status().expect("a status").origin;
    let origin = origin.expect("it is known where it came from");
    assert_eq!(
        (origin.verification, origin.epoch, origin.root),
        (Verification::Verified, Some(41), Some(root))
    );
}

/// What the files say in the moment before the kernel switches.
#[derive(Debug)]
struct AtTheSwitch {
    log: PathBuf,
    state: PathBuf,
}

impl Probe for AtTheSwitch {
    fn look(&self) {
        let entries = audit::verify(&self.log).expect("a whole log").entries;
        assert_eq!(entries.last().map(|entry| entry.record.outcome), Some(Outcome::Begun));
        let state = HostState::read(&self.state).expect("a memory");
        assert_eq!(state.epochs.highest_ever(), Some(41));
    }
}

#[test]
fn when_the_kernel_switches_the_log_and_the_memory_know_already() {
    let mut site = Site::new();
    let probe = AtTheSwitch { log: site.log(), state: site.path("var/trust-state.json") };
    site.kernel.0.borrow_mut().before_switch = Some(Rc::new(probe));
    let offer = site.signed(41);
    site.apply(&offer).expect("applied");
    assert!(site.calls().contains(&"switch"));
}

/// Whatever the kernel refuses, and wherever: a first apply pins no trust root, a later one burns no epoch.
#[test]
fn a_refused_apply_remembers_nothing() {
    let refusals: [fn() -> RuntimeError; 5] = [
        || RuntimeError::NoBpfFileSystem { folder: "/sys/fs/bpf".into() },
        || RuntimeError::Lockout { program: "/usr/sbin/sshd".to_owned() },
        || RuntimeError::Busy,
        || RuntimeError::Hook { hook: "file_open", reason: "refused".to_owned() },
        || RuntimeError::Map { map: "edges".to_owned(), source: std::io::ErrorKind::OutOfMemory.into() },
    ];
    for step in [Step::Prepare, Step::Switch] {
        for refusal in refusals {
            let mut site = Site::new();
            let newer = site.signed(188);
            site.fail(step, refusal);
            let error = site.apply(&newer).expect_err("refused");
            assert_eq!(error.code().id, refusal().code().id);
            assert_eq!(site.state(), HostState::default(), "{step:?}: no epoch, no trust root");
            assert!(!site.path("var/trust-state.json").exists());
            assert_eq!((site.outcomes(), site.enforced()), (vec![BEGUN, FAILED], None));
            assert!(site.lines()[1].2.starts_with(&format!("{}: ", refusal().code().id)));
            site.heal();
            // Neither the older bundle nor another trust root is shut out by it.
            let older = offer(&site.bundle(154), chain(8));
            site.apply(&older).expect("applied");
            let before = site.state();
            let generation = site.host.status().expect("a status").kernel;
            site.fail(step, refusal);
            let renewed = offer(&site.bundle(200), chain(8));
            site.apply(&renewed).expect_err("refused");
            assert_eq!((site.state(), site.enforced()), (before, Some(1)));
            let HostStatus { kernel: after, origin, .. } = site.host.status().expect("a status");
            assert_eq!((after.image, origin.and_then(|origin| origin.epoch)), (generation.image, Some(154)));
        }
    }
}

#[test]
fn what_another_command_remembered_meanwhile_is_not_taken_back() {
    #[derive(Debug)]
    struct Reset(PathBuf);
    impl Probe for Reset {
        fn look(&self) {
            HostState::reset_epoch(&self.0, 40).expect("reset");
        }
    }
    let mut site = Site::new();
    site.kernel.0.borrow_mut().before_switch = Some(Rc::new(Reset(site.path("var/trust-state.json"))));
    site.fail(Step::Switch, || RuntimeError::Busy);
    let offer = site.signed(41);
    site.apply(&offer).expect_err("refused");
    assert_eq!(site.epoch(), Some(40));
}

#[test]
fn a_bundle_that_is_refused_reaches_neither_memory_nor_kernel_but_the_log() {
    let mut site = Site::new();
    let offers = [site.signed(41), offer(&site.path("missing"), chain(9))];
    fs::write(site.path("bundle-41/epoch.txt"), "42").expect("written");
    for offer in &offers {
        site.apply(offer).expect_err("refused");
    }
    assert_eq!(site.outcomes(), [FAILED, FAILED]);
    assert!(site.lines()[0].2.starts_with("bad-signature: "));
    assert_eq!((site.state(), site.calls()), (HostState::default(), vec![]));
    let (newer, older) = (site.signed(50), site.signed(49));
    site.apply(&newer).expect("applied");
    let error = site.apply(&older).expect_err("older");
    assert!(matches!(error, HostError::Refused(Refusal::OlderEpoch { .. })));
    assert_eq!((site.epoch(), site.enforced()), (Some(50), Some(1)));
}

#[test]
fn nothing_is_done_that_cannot_be_written_down() {
    let mut site = Site::new();
    let offer = site.signed(41);
    fs::create_dir(site.log()).expect("a folder in the place of the log");
    let errors = [
        site.apply(&offer).map(drop).expect_err("no log"),
        site.host.confirm().map(drop).expect_err("no log"),
        site.host.roll_back().map(drop).expect_err("no log"),
        site.host.remove().map(drop).expect_err("no log"),
    ];
    for error in errors {
        assert_eq!(error.code().id, "audit-log-not-written");
    }
    assert_eq!((site.calls(), site.state()), (vec![], HostState::default()));
}

#[test]
fn nothing_is_done_behind_a_log_that_was_tampered_with() {
    let mut site = Site::new();
    let (first, second) = (site.signed(41), site.signed(42));
    site.apply(&first).expect("applied");
    let log = fs::read_to_string(site.log()).expect("a log");
    fs::write(site.log(), format!("{log}{{\"sequence\":3}}\n")).expect("written");
    for error in [site.apply(&second).map(drop), site.host.remove().map(drop)] {
        assert_eq!(error.expect_err("broken").code().id, "audit-log-broken");
    }
    assert_eq!((site.epoch(), site.enforced()), (Some(41), Some(1)));
}

#[test]
fn a_memory_that_cannot_be_written_stops_it_before_the_switch() {
    let mut site = Site::new();
    let (first, second) = (site.signed(41), site.signed(42));
    site.apply(&first).expect("applied");
    // Root may write to read-only files, so the lock is made something that cannot be opened.
    let lock = site.path("var/trust-state.json.lock");
    fs::remove_file(&lock).expect("removed");
    fs::create_dir(&lock).expect("a folder in the place of the lock");
    let error = site.apply(&second).expect_err("no memory");
    assert_eq!(error.code().id, "host-state-not-usable");
    assert_eq!((site.enforced(), site.epoch()), (Some(1), Some(41)));
    assert_eq!(site.outcomes()[2..], [BEGUN, FAILED]);
    let origin = site.host.status().expect("a status").origin;
    assert_eq!(origin.and_then(|origin| origin.epoch), Some(41), "and the active policy is still known");
}

#[test]
fn a_provenance_that_cannot_be_written_stops_it_before_the_epoch_is_remembered() {
    let mut site = Site::new();
    fs::write(site.path("run"), "no folder").expect("written");
    let offer = site.signed(41);
    assert_eq!(site.apply(&offer).expect_err("no provenance").code().id, "runtime-file");
    assert_eq!((site.state(), site.enforced()), (HostState::default(), None));
    assert_eq!(site.outcomes(), [BEGUN, FAILED]);
}

#[test]
fn a_policy_that_is_in_force_stays_remembered_when_tidying_fails() {
    let mut site = Site::new();
    site.fail(Step::Tidy, || RuntimeError::File {
        path: "/sys/fs/bpf".into(),
        source: std::io::ErrorKind::Other.into(),
    });
    let offer = site.signed(41);
    let error = site.apply(&offer).expect_err("untidy");
    assert!(matches!(error, HostError::NotTidied { generation: 1, .. }), "{error}");
    assert_eq!((site.epoch(), site.enforced(), site.outcomes()), (Some(41), Some(1), vec![BEGUN, DONE]));
    assert!(site.lines()[1].2.starts_with("runtime-file: "));
}

/// Takes the log away while the kernel switches.
#[derive(Debug)]
struct LogVanishes(PathBuf);

impl Probe for LogVanishes {
    fn look(&self) {
        fs::remove_file(&self.0).expect("removed");
    }
}

#[test]
fn a_policy_that_is_in_force_and_not_logged_is_told() {
    let mut site = Site::new();
    site.kernel.0.borrow_mut().before_switch = Some(Rc::new(LogVanishes(site.log())));
    let offer = site.signed(41);
    let error = site.apply(&offer).expect_err("not logged");
    assert!(matches!(error, HostError::DoneNotLogged(_)), "{error}");
    assert!(error.help().is_some_and(|help| help.starts_with("the operation succeeded")));
    assert_eq!((site.epoch(), site.enforced()), (Some(41), Some(1)));
}

#[test]
fn an_unverified_bundle_is_loud_in_the_log_and_leaves_the_memory_alone() {
    let mut site = Site::new();
    let bundle = site.bundle(41);
    site.apply(&unverified(bundle)).expect("applied");
    assert_eq!(site.outcomes(), [(Action::VerificationSkipped, Outcome::Success), BEGUN, DONE]);
    assert!(site.lines()[0].2.contains("--insecure-skip-verify"));
    assert_eq!(site.state(), HostState::default());
    let origin = site.host.status().expect("a status").origin;
    assert_eq!(origin.map(|origin| (origin.verification, origin.root)), Some((Verification::Skipped, None)));
}

#[test]
fn who_may_not_change_the_host_leaves_no_line() {
    let mut site = Site::new();
    site.fail(Step::Permission, || RuntimeError::NotRoot);
    let signed = site.signed(41);
    for error in [
        site.apply(&signed).map(drop),
        site.apply(&offer(&site.path("missing"), chain(9))).map(drop),
        site.host.remove().map(drop),
    ] {
        error.expect_err("refused");
    }
    assert!(!site.log().exists());
    assert_eq!(site.calls(), Vec::<&str>::new());
}

#[test]
fn a_plan_writes_nothing() {
    let site = Site::new();
    let offer = site.signed(41);
    let policy = site.host.admit(&offer).expect("admitted");
    site.host.plan(&policy, &[]).expect("a plan");
    assert_eq!(fs::read_dir(site.path("var")).expect("a folder").count(), 0);
    assert!(!site.path("run").exists());
}

#[test]
fn turns_are_in_the_log_before_and_after_with_the_policy_they_led_to() {
    let mut site = Site::new();
    let offer = site.signed(41);
    let policy = site.apply(&offer).expect("applied").policy.policy();
    site.host.confirm().expect("confirmed");
    let entries = audit::verify(&site.log()).expect("whole").entries;
    let confirmed = &entries[3].record;
    assert_eq!((confirmed.generation, confirmed.policy), (Some(1), Some(policy)));
    site.fail(Step::Turn, || RuntimeError::NoPrevious);
    let error = site.host.roll_back().expect_err("nothing before");
    assert_eq!(error.code().id, "no-previous-generation");
    let (action, outcome, detail) = site.lines().pop().expect("a line");
    assert_eq!((action, outcome), (Action::RolledBack, Outcome::Failure));
    assert!(detail.starts_with("no-previous-generation: "));
    site.heal();
    assert_eq!(site.host.remove().expect("removed"), 3);
    assert_eq!(
        site.host.provenance().verification(1, None),
        Verification::Unknown,
        "forgotten with the policy"
    );
    assert_eq!(site.epoch(), Some(41), "what is removed does not let an older bundle in");
}
