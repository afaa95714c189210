//! An approval of a bundle -> an in-toto statement and back.
//!
//! The only subject of the statement is the bundle's `manifest.json`; the manifest holds the digest of every
//! artifact, so one signature covers YAML and image alike.

use serde::{Deserialize, Serialize};

use crate::encoding::{Digest, shorten};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// The DSSE payload type of every in-toto statement.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Names the fields of [`Approval`] to other tools.
const PREDICATE_TYPE: &str = "https://telovix.com/attestation/bundle-approval/v1";
const SUBJECT: &str = "manifest.json";

/// What a signer approves of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The digest of the bundle's `manifest.json`.
    pub manifest: Digest,
    /// The bundle's position in the order of all bundles of a fleet; it only rises.
    pub epoch: u64,
    /// When it was approved.
    pub issued_at: Timestamp,
    /// The first moment at which it is no longer valid.
    pub expires_at: Timestamp,
    /// For whom.
    pub scope: Scope,
    /// The revision of the policy repository it was made from, such as a commit id.
    pub source_revision: Option<String>,
    /// The version of the tool that approved it.
    pub tool_version: String,
    /// The digests of the results of checks, such as `lint` and `test`.
    pub results: Vec<ResultDigest>,
}

/// The digest of one check's machine-readable result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultDigest {
    /// The check, such as `lint` or `test`.
    pub name: String,
    /// The digest of its result file.
    pub sha256: Digest,
}

/// Why a statement is not an approval.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApprovalError {
    #[error("its statement cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("its statement is of type `{0}`, which is not a bundle approval")]
    OtherType(String),
    #[error("its statement is about {0}; expected `manifest.json` alone")]
    OtherSubject(String),
    #[error("its statement expires before it was issued")]
    EndsBeforeItBegins,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDigest {
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    epoch: u64,
    issued_at: Timestamp,
    expires_at: Timestamp,
    scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_revision: Option<String>,
    tool: Tool,
    #[serde(default)]
    results: Vec<ResultDigest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    version: String,
}

impl Approval {
    /// Returns the statement as one line of JSON: the payload of an envelope.
    pub(crate) fn to_statement(&self) -> Vec<u8> {
        let statement = Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: SUBJECT.to_owned(),
                digest: SubjectDigest { sha256: self.manifest },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                epoch: self.epoch,
                issued_at: self.issued_at,
                expires_at: self.expires_at,
                scope: self.scope.clone(),
                source_revision: self.source_revision.clone(),
                tool: Tool { name: "telovix".to_owned(), version: self.tool_version.clone() },
                results: self.results.clone(),
            },
        };
        serde_json::to_vec(&statement).expect("strings and numbers have a JSON form")
    }

    /// Reads a statement. Unknown fields are refused: they might limit what was approved.
    pub(crate) fn from_statement(json: &[u8]) -> Result<Self, ApprovalError> {
        let statement: Statement = serde_json::from_slice(json)?;
        if statement.kind != STATEMENT_TYPE {
            return Err(ApprovalError::OtherType(shorten(&statement.kind)));
        }
        if statement.predicate_type != PREDICATE_TYPE {
            return Err(ApprovalError::OtherType(shorten(&statement.predicate_type)));
        }
        let [subject] = statement.subject.as_slice() else {
            return Err(ApprovalError::OtherSubject(format!("{} files", statement.subject.len())));
        };
        if subject.name != SUBJECT {
            return Err(ApprovalError::OtherSubject(format!("`{}`", shorten(&subject.name))));
        }
        let predicate = statement.predicate;
        if predicate.expires_at <= predicate.issued_at {
            return Err(ApprovalError::EndsBeforeItBegins);
        }
        Ok(Approval {
            manifest: subject.digest.sha256,
            epoch: predicate.epoch,
            issued_at: predicate.issued_at,
            expires_at: predicate.expires_at,
            scope: predicate.scope,
            source_revision: predicate.source_revision,
            tool_version: predicate.tool.version,
            results: predicate.results,
        })
    }
}
