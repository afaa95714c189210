//! The codes for errors in single documents.

use telovix_diagnostic::Code;

/// The codes for errors in single documents.
pub const CODES: &[&Code] = &[
    &AMBIGUOUS_SCOPE,
    &CUSTOM_WITHOUT_POLICY,
    &EMPTY_INVARIANT,
    &EXCEPTION_WITHOUT_PATTERN,
    &GUARD_WITHOUT_PROCESS,
    &INVALID_ADDRESS,
    &INVALID_DATE,
    &INVALID_PACK_ID,
    &INVALID_PATH,
    &INVALID_PORT,
    &INVALID_PROCESS_NAME,
    &INVALID_PROFILE_ID,
    &MISSING_KIND,
    &NOT_A_DOCUMENT,
    &OTHER_OBJECTS,
    &PACK_CANNOT_ENFORCE,
    &PATH_GLOB,
    &POLICY_WITHOUT_CUSTOM,
    &UNKNOWN_CAPABILITY,
    &UNKNOWN_KIND,
    &UNKNOWN_SYSCALL,
    &WRAPPED_DOCUMENT,
];

/// The root of a document is not a mapping.
pub static NOT_A_DOCUMENT: Code = Code::page(include_str!("codes/not-a-document.md"));

/// Objects of other kinds.
pub static OTHER_OBJECTS: Code = Code::page(include_str!("codes/other-objects.md"));

/// A document without a kind.
pub static MISSING_KIND: Code = Code::page(include_str!("codes/missing-kind.md"));

/// An unknown kind.
pub static UNKNOWN_KIND: Code = Code::page(include_str!("codes/unknown-kind.md"));

/// An invalid path.
pub static INVALID_PATH: Code = Code::page(include_str!("codes/invalid-path.md"));

/// An unsupported glob.
pub static PATH_GLOB: Code = Code::page(include_str!("codes/path-glob.md"));

/// An invalid port range.
pub static INVALID_PORT: Code = Code::page(include_str!("codes/invalid-port.md"));

/// An invalid CIDR block.
pub static INVALID_ADDRESS: Code = Code::page(include_str!("codes/invalid-address.md"));

/// An invariant without a requirement.
pub static EMPTY_INVARIANT: Code = Code::page(include_str!("codes/empty-invariant.md"));

/// An unknown capability.
pub static UNKNOWN_CAPABILITY: Code = Code::page(include_str!("codes/unknown-capability.md"));

/// An unknown system call.
pub static UNKNOWN_SYSCALL: Code = Code::page(include_str!("codes/unknown-syscall.md"));

/// An invalid profile id.
pub static INVALID_PROFILE_ID: Code = Code::page(include_str!("codes/invalid-profile-id.md"));

/// An invalid date.
pub static INVALID_DATE: Code = Code::page(include_str!("codes/invalid-date.md"));

/// An exception for every process.
pub static EXCEPTION_WITHOUT_PATTERN: Code = Code::page(include_str!("codes/exception-without-pattern.md"));

/// A sensor and a group at once.
pub static AMBIGUOUS_SCOPE: Code = Code::page(include_str!("codes/ambiguous-scope.md"));

/// `custom` without a policy.
pub static CUSTOM_WITHOUT_POLICY: Code = Code::page(include_str!("codes/custom-without-policy.md"));

/// A policy under a built-in template.
pub static POLICY_WITHOUT_CUSTOM: Code = Code::page(include_str!("codes/policy-without-custom.md"));

/// A guard without a process.
pub static GUARD_WITHOUT_PROCESS: Code = Code::page(include_str!("codes/guard-without-process.md"));

/// A process name that no executable has.
pub static INVALID_PROCESS_NAME: Code = Code::page(include_str!("codes/invalid-process-name.md"));

/// A pack id or version that no folder can have.
pub static INVALID_PACK_ID: Code = Code::page(include_str!("codes/invalid-pack-id.md"));

/// A pack in a state that its kind does not allow.
pub static PACK_CANNOT_ENFORCE: Code = Code::page(include_str!("codes/pack-cannot-enforce.md"));

/// A document in the form of a Kubernetes object.
pub static WRAPPED_DOCUMENT: Code = Code::page(include_str!("codes/wrapped-document.md"));
