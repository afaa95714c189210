//! The processes of Tetragon: `tetragon` serves, `tetra` adds, lists and deletes policies.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;

/// How often a starting agent is asked whether it serves, once a second. Emulation is slow.
const QUESTIONS: u32 = 300;

/// A running agent, which ends with this value.
pub(crate) struct Agent {
    folder: PathBuf,
    socket: String,
    child: Child,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Agent {
    /// Starts the build in a folder, with its socket and its log in another, and waits until it serves.
    pub(crate) fn start(folder: &Path, state: &Path) -> anyhow::Result<Self> {
        let log = File::create(state.join("tetragon.log"))?;
        let socket = format!("unix://{}", state.join("tetragon.sock").display());
        let child = Command::new(folder.join("tetragon"))
            .arg("--bpf-lib")
            .arg(folder.join("bpf"))
            .args(["--server-address", &socket, "--gops-address", "", "--metrics-server", ""])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("`tetragon` does not start")?;
        let mut agent = Self { folder: folder.to_owned(), socket, child };
        for _ in 0..QUESTIONS {
            if agent.tetra(&["status"]).is_ok() {
                return Ok(agent);
            }
            if let Some(status) = agent.child.try_wait()? {
                let log = std::fs::read_to_string(state.join("tetragon.log")).unwrap_or_default();
                let last = log.lines().rev().take(3).collect::<Vec<_>>().join(" | ");
                bail!("`tetragon` ended with {status}: {last}");
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        bail!("`tetragon` does not serve after {QUESTIONS} s")
    }

    /// Returns the first line of what the agent says of its version.
    pub(crate) fn version(&self) -> String {
        let said = self.tetra(&["version"]).unwrap_or_else(|error| error.to_string());
        said.lines().next().unwrap_or_default().to_owned()
    }

    /// Loads a document and returns the name of its policy.
    pub(crate) fn add(&self, document: &Path) -> anyhow::Result<String> {
        let text = std::fs::read_to_string(document)?;
        let name = name_of(&text).context("the document has no name")?;
        self.tetra(&["tracingpolicy", "add", &document.to_string_lossy()])?;
        Ok(name)
    }

    /// Fails unless the policy is loaded and enabled.
    pub(crate) fn require_enabled(&self, name: &str) -> anyhow::Result<()> {
        let listed = self.tetra(&["tracingpolicy", "list"])?;
        let row = listed.lines().find(|row| row.split_ascii_whitespace().any(|word| word == name));
        let row = row.with_context(|| format!("`{name}` is not listed"))?;
        let is_enabled = row.split_ascii_whitespace().any(|word| word == "enabled");
        if is_enabled { Ok(()) } else { bail!("`{name}` is not enabled: {row}") }
    }

    /// Removes a policy.
    pub(crate) fn delete(&self, name: &str) -> anyhow::Result<()> {
        self.tetra(&["tracingpolicy", "delete", name]).map(drop)
    }

    fn tetra(&self, words: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(self.folder.join("tetra"))
            .args(["--server-address", &self.socket])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .context("`tetra` does not start")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`tetra {}` failed: {}", words.join(" "), said.lines().last().unwrap_or_default());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn name_of(text: &str) -> Option<String> {
    let sources = SourceSet::single("document", text);
    let mut name = None;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut Sink::default(), |tree, sink| {
            let policy = telovix_tetragon::read(&tree.root, sink);
            name = name.take().or(policy.map(|policy| policy.metadata.name.value.clone().into_owned()));
        });
    }
    name
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::Agent;

    const DOCUMENT: &str =
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: shadow}\nspec: {}\n";

    /// Two scripts that stand in for the build: the server waits, the client writes down what it is asked.
    fn stand_in(folder: &Path, state: &str, server: &str) {
        let client = format!(
            "#!/bin/sh\nshift 2\necho \"$*\" >> {}/asked\ncase \"$*\" in\nversion) echo stand-in 0;;\n\"tracingpolicy list\") echo '1 shadow {state} 0 none';;\nesac\n",
            folder.display()
        );
        for (name, text) in [("tetragon", server), ("tetra", client.as_str())] {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn a_document_is_added_listed_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        stand_in(folder.path(), "enabled", "#!/bin/sh\nexec sleep 60\n");
        let document = folder.path().join("shadow.yaml");
        fs::write(&document, DOCUMENT).unwrap();
        let agent = Agent::start(folder.path(), folder.path()).unwrap();
        assert_eq!(agent.version(), "stand-in 0");
        let name = agent.add(&document).unwrap();
        assert_eq!(name, "shadow");
        agent.require_enabled(&name).unwrap();
        agent.delete(&name).unwrap();
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        let asked: Vec<_> =
            asked.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            asked,
            ["status", "version", "tracingpolicy add", "tracingpolicy list", "tracingpolicy delete"]
        );
    }

    #[test]
    fn a_policy_that_did_not_attach_is_told() {
        let folder = tempfile::tempdir().unwrap();
        stand_in(folder.path(), "load_error", "#!/bin/sh\nexec sleep 60\n");
        let agent = Agent::start(folder.path(), folder.path()).unwrap();
        let error = agent.require_enabled("shadow").unwrap_err().to_string();
        assert_eq!(error, "`shadow` is not enabled: 1 shadow load_error 0 none");
        assert_eq!(agent.require_enabled("other").unwrap_err().to_string(), "`other` is not listed");
    }

    #[test]
    fn an_agent_that_ends_is_told_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        stand_in(folder.path(), "enabled", "#!/bin/sh\necho no BTF\nexit 3\n");
        fs::write(folder.path().join("tetra"), "#!/bin/sh\nsleep 0.2\nexit 1\n").unwrap();
        let error = Agent::start(folder.path(), folder.path()).err().unwrap().to_string();
        assert_eq!(error, "`tetragon` ended with exit status: 3: no BTF");
    }
}
