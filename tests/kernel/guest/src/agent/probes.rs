//! An emitted document -> attempts whose outcome its policy decides, and whether they came out as judged.

use anyhow::bail;
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Access, Effect, Operation};
use telovix_policy::judge::Event;
use telovix_tetragon::interpret::{Decided, Representatives};

use crate::scenario::{Host, Outcome};

/// The most attempts of a document.
const ATTEMPTS: usize = 24;

/// Folders in which programs and files can be made.
const FOLDERS: [&str; 5] = ["/opt/", "/srv/", "/tmp/", "/usr/", "/etc/"];

/// One attempt: the program and what it tries, and what the policy does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    binary: String,
    words: Vec<String>,
    expected: Outcome,
    /// The file that has to exist, with whether it is a program.
    file: Option<(String, bool)>,
}

/// Returns the attempts of a document: only those that no other fact decides.
///
/// # Errors
/// When Tetragon would reject the document.
pub(super) fn of(text: &str) -> anyhow::Result<Vec<Probe>> {
    let sources = SourceSet::single("document", text);
    let mut sink = Sink::default();
    let mut policies = Vec::new();
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, sink| {
            policies.extend(telovix_tetragon::read(&tree.root, sink).map(|policy| Decided::new(&policy)));
        });
    }
    if sink.has_errors() {
        bail!("the document is not a TracingPolicy");
    }
    let mut probes = Vec::new();
    for policy in &policies {
        for operation in [Operation::Open, Operation::Exec, Operation::Connect] {
            let mut cases = Representatives::of(operation);
            cases.add(policy, |_| true);
            let events = cases.events().unwrap_or_default();
            probes.extend(events.iter().filter_map(|event| probe(policy, event)).take(ATTEMPTS));
        }
    }
    Ok(probes)
}

fn probe(policy: &Decided, event: &Event) -> Option<Probe> {
    let ruling = policy.judge(event);
    let expected = match (ruling.least, ruling.most) {
        (Effect::Deny, Effect::Deny) => Outcome::Denied,
        (Effect::Kill, Effect::Kill) => Outcome::Killed,
        (least, most) if least <= Effect::Log && most <= Effect::Log => Outcome::Allowed,
        _ => return None,
    };
    // The parent of an attempt is this program, which no policy names.
    let is_made =
        |path: &String| FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.ends_with('/');
    let binary = event.binary.clone().filter(is_made)?;
    let path = event.path.clone().filter(is_made);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let (words, file) = match event.operation {
        Operation::Open if event.access? == [Access::Read].into_iter().collect() => {
            let path = path?;
            (words(&["open-read", &path]), Some((path, false)))
        }
        Operation::Exec if event.anonymous != Some(true) => {
            let path = path?;
            (words(&["exec", &path]), Some((path, true)))
        }
        Operation::Connect => {
            let (address, port) = (event.address?, event.port?);
            (words(&["connect-udp", &address.to_string(), &port.to_string()]), None)
        }
        _ => return None,
    };
    let is_program_of_itself = file.as_ref().is_some_and(|(path, is_program)| !is_program && *path == binary);
    (!is_program_of_itself).then_some(Probe { binary, words, expected, file })
}

/// Makes the attempts, and fails with those that came out differently.
pub(super) fn attempt_all(probes: &[Probe]) -> anyhow::Result<usize> {
    let mut host = Host::default();
    let mut failures = Vec::new();
    for probe in probes {
        let program = std::iter::once(format!("program {}", probe.binary));
        let file = probe
            .file
            .iter()
            .map(|(path, is_program)| format!("{} {path}", if *is_program { "program" } else { "file" }));
        for line in program.chain(file) {
            // It may exist from an earlier attempt.
            let _ = host.prepare(&line);
        }
        let outcome = host.attempt(&probe.binary, &probe.words)?;
        // Without a network a connection fails in another way than by a policy.
        let is_same = outcome == probe.expected
            || (probe.expected == Outcome::Allowed && matches!(outcome, Outcome::Error(_)));
        if !is_same {
            let said = probe.words.join(" ");
            failures.push(format!("{}: {said} gave {outcome}, expected {}", probe.binary, probe.expected));
        }
    }
    if failures.is_empty() { Ok(probes.len()) } else { bail!("{}", failures.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, of};

    #[test]
    fn the_cases_of_a_document_become_attempts() {
        let text = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: shadow}\nspec:\n  lsmhooks:\n  - hook: file_open\n    args: [{index: 0, type: file}]\n    selectors:\n    - matchBinaries: [{operator: In, values: [/opt/app]}]\n      matchArgs: [{index: 0, operator: Equal, values: [/srv/shadow]}]\n      matchActions: [{action: Override, argError: -1}]\n";
        let probes = of(text).unwrap();
        let denied: Vec<_> = probes.iter().filter(|probe| probe.expected == Outcome::Denied).collect();
        assert!(denied.iter().all(|probe| probe.binary == "/opt/app" && probe.words[1] == "/srv/shadow"));
        assert!(denied.iter().any(|probe| probe.words[0] == "open-read"));
        assert!(probes.iter().any(|probe| probe.expected == Outcome::Allowed && probe.binary != "/opt/app"));
        assert!(of("kind: Nothing").is_err());
    }
}
