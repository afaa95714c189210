//! A document -> file names and policy names that the product and Tetragon accept.

use sha2::{Digest, Sha256};
use telovix_document::lower::UnitName;
use telovix_policy::value::Scope;

/// Longest readable part of a name; names of documents have up to 128 characters.
const READABLE_BYTES: usize = 80;

/// The names of the policies of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The folder below the output folder; empty outside a pack.
    folder: String,
    /// The file name without suffix and extension.
    file: String,
    /// What `metadata.name` starts with: an RFC 1123 name.
    policy: String,
}

impl Names {
    /// Returns the names for the artifacts of a unit.
    pub(super) fn of(folder: Option<String>, unit: &UnitName) -> Self {
        let (file, policy) = match unit {
            UnitName::Profile { id, mode } => {
                let file = format!("guardian-profile-{id}-{mode}");
                let policy = file.replace('_', "-");
                (file, policy)
            }
            UnitName::Rule { template, id } => {
                let readable = readable(id);
                (
                    format!("telovix-rule-{template}-{readable}"),
                    format!("telovix-custom-{template}-{readable}"),
                )
            }
            UnitName::Guard { process } => {
                let name = format!("runtime-guard-{}", readable(process));
                (name.clone(), name)
            }
        };
        Self { folder: folder.unwrap_or_default(), file, policy }
    }

    /// Returns the names for a TracingPolicy that already has a name, which is unique in its namespace.
    pub(super) fn own(folder: Option<String>, namespace: Option<&str>, name: &str) -> Self {
        // No name has a `_`, so no two policies get one file.
        let file = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}_{name}"));
        Self { folder: folder.unwrap_or_default(), file, policy: name.to_owned() }
    }

    /// Returns the names for the policy that documents of one scope share at a hook.
    pub(super) fn shared(hook: &str, scope: &Scope) -> Self {
        let hosts = match scope {
            Scope::Fleet => String::new(),
            Scope::Group(group) => format!("-group-{}", readable(group)),
            Scope::Sensor(sensor) => format!("-sensor-{}", readable(sensor)),
        };
        let file = format!("telovix-shared-{hook}{hosts}");
        let policy = file.replace('_', "-");
        Self { folder: String::new(), file, policy }
    }

    /// Returns the path of the artifact of a part.
    pub(super) fn path(&self, suffix: &str) -> String {
        let separator = if self.folder.is_empty() { "" } else { "/" };
        let dot = if suffix.is_empty() { "" } else { "." };
        [&self.folder, separator, &self.file, dot, suffix, ".yaml"].concat()
    }

    /// Returns the name of the policy of a part.
    pub(super) fn policy(&self, suffix: &str) -> String {
        if suffix.is_empty() { self.policy.clone() } else { [&self.policy, "-", suffix].concat() }
    }
}

/// Returns text as a part of names: unchanged when valid, else its valid characters and a digest, so that different
/// texts get different names.
fn readable(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.to_ascii_lowercase() {
            lower if lower.is_ascii_alphanumeric() => slug.push(lower),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(READABLE_BYTES);
    let slug = slug.trim_end_matches('-');
    if slug == text && !slug.is_empty() {
        return slug.to_owned();
    }
    let digest: String = Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    if slug.is_empty() { digest } else { format!("{slug}-{digest}") }
}

#[cfg(test)]
mod tests {
    use telovix_document::lower::UnitName;
    use telovix_tetragon::is_policy_name;

    use super::{Names, readable};

    #[test]
    fn names_follow_the_product() {
        let names = Names::of(None, &UnitName::Profile { id: "gp_0123456789ab".to_owned(), mode: "enforce" });
        assert_eq!(names.path(""), "guardian-profile-gp_0123456789ab-enforce.yaml");
        assert_eq!(names.path("network"), "guardian-profile-gp_0123456789ab-enforce.network.yaml");
        assert_eq!(names.policy("network"), "guardian-profile-gp-0123456789ab-enforce-network");
        let rule = UnitName::Rule { template: "block-bpf-load", id: "No BPF!".to_owned() };
        let names = Names::of(Some("core-guard/0.1.0".to_owned()), &rule);
        assert!(names.path("").starts_with("core-guard/0.1.0/telovix-rule-block-bpf-load-no-bpf-"));
        assert!(names.policy("").starts_with("telovix-custom-block-bpf-load-no-bpf-"));
    }

    #[test]
    fn different_texts_keep_different_names() {
        assert_eq!(readable("no-bpf"), "no-bpf");
        assert_ne!(readable("no bpf"), readable("no-bpf"));
        assert_ne!(readable("É"), readable("Ü"));
        for text in ["a", "A b", "-", "", "x".repeat(500).as_str(), "ü"] {
            assert!(is_policy_name(&format!("telovix-custom-{}", readable(text))), "{text:?}");
        }
    }
}
