//! Measures verification: `cargo run --release --package telovix-trust --example throughput [POLICIES]`.
//!
//! Writes a signed bundle of that many policies (10,000 when absent) to a temporary folder and verifies it, first as a
//! bundle against a trust root, then policy by policy as a sensor does, and prints the time of each.

use std::error::Error;
use std::fs;
use std::time::Instant;

use telovix_trust::bundle::{self, Expectations, SignRequest};
use telovix_trust::policy::{policies_below, verify_files};
use telovix_trust::root::{Chain, Thresholds, TrustedKey};
use telovix_trust::{Host, HostState, PrivateKey, Role, Timestamp, TrustRoot};

fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let filler = "# what a policy of ordinary size holds, over and over again\n".repeat(30);
    for number in 0..count {
        let policy = format!("kind: TracingPolicy\nmetadata:\n  name: telovix-custom-{number}\n{filler}");
        fs::write(folder.path().join(format!("telovix-custom-{number}.yaml")), policy)?;
    }
    let key = PrivateKey::generate()?;
    let now = Timestamp::from_seconds(1_795_255_200);
    let listed = TrustedKey::new("bench".to_owned(), key.public_key(), vec![Role::Sign, Role::Root]);
    let mut chain = Chain::begin(TrustRoot::first(vec![listed], Thresholds { sign: 1, root: 1 }, now, None)?);
    chain.sign(&key)?;
    bundle::write_manifest(folder.path())?;
    let request = SignRequest {
        scope: None,
        epoch: 1,
        issued_at: now,
        expires_at: now.plus_seconds(3600),
        source_revision: None,
        tool_version: "bench".to_owned(),
        results: Vec::new(),
        trusted: Vec::new(),
        existing: bundle::Existing::Continue(Vec::new()),
    };
    bundle::sign(folder.path(), &request, &key)?;

    let begin = Instant::now();
    let (host, state) = (Host::default(), HostState::default());
    let expect =
        Expectations { root: chain.current(now)?, host: &host, state: &state, now, allowed_epoch: None };
    let verified = bundle::verify(folder.path(), &expect)?;
    println_result("bundle", verified.artifacts.len(), begin);

    let begin = Instant::now();
    let paths = policies_below(folder.path())?;
    let good = verify_files(&paths, &[key.public_key()]).iter().filter(|result| result.is_ok()).count();
    println_result("policy by policy", good, begin);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn println_result(form: &str, count: usize, begin: Instant) {
    let elapsed = begin.elapsed();
    println!("{form}: {count} policies in {:.0} ms", elapsed.as_secs_f64() * 1000.0);
}
