//! The codes of the assessment: weakenings, defects of Tetragon, and waivers.

use telovix_diagnostic::Code;
use telovix_document::lower::OPEN_NAME_SPACE;

/// The weakenings that a document can accept by name.
pub static WAIVABLE: [&Code; 8] = [
    &DENIAL_RACE,
    &PARENT_EXCEPTION,
    &HOST_LIMIT_UNENFORCED,
    &HOST_LIMIT_UNWATCHED,
    &KILL_INSTEAD_OF_DENY,
    &OPEN_NAME_SPACE,
    &TRACING_POLICY_NOT_NATIVE,
    &TRACING_POLICY_WEAKER_NATIVE,
];

/// An operator's own TracingPolicy enforces what no confinement can express.
pub(super) static TRACING_POLICY_NOT_NATIVE: Code =
    Code::page(include_str!("codes/tracing-policy-not-native.md"));

/// An operator's own TracingPolicy reports; the native image does not contain it.
pub(super) static TRACING_POLICY_UNWATCHED: Code =
    Code::page(include_str!("codes/tracing-policy-unwatched.md"));

/// The image denies or kills less than a TracingPolicy does in Tetragon.
pub(super) static TRACING_POLICY_WEAKER_NATIVE: Code =
    Code::page(include_str!("codes/tracing-policy-weaker-native.md"));

/// The image contains a TracingPolicy, with known differences.
pub(super) static TRACING_POLICY_NATIVE: Code = Code::page(include_str!("codes/tracing-policy-native.md"));

/// The document denies; a target can only kill.
pub(super) static KILL_INSTEAD_OF_DENY: Code = Code::page(include_str!("codes/kill-instead-of-deny.md"));

/// Defect B1 of Tetragon: denials at LSM hooks leak when several processors hit one hook.
pub(super) static DENIAL_RACE: Code = Code::page(include_str!("codes/engine-denial-race.md"));

/// Tetragon loads its policies as BPF programs, which the policy denies to every process.
pub(super) static ENGINE_LOCKED_OUT: Code = Code::page(include_str!("codes/engine-locked-out.md"));

/// Tetragon cannot exempt by parent. Reported where its policies are written.
pub static PARENT_EXCEPTION: Code = Code::page(include_str!("codes/engine-parent-exception.md"));

/// A limit of an enforcing guard that no target enforces.
pub(super) static HOST_LIMIT_UNENFORCED: Code = Code::page(include_str!("codes/host-limit-unenforced.md"));

/// A limit of a logging guard that no target monitors.
pub(super) static HOST_LIMIT_UNWATCHED: Code = Code::page(include_str!("codes/host-limit-unwatched.md"));

/// A waiver that accepts nothing.
pub(super) static WAIVER_UNUSED: Code = Code::page(include_str!("codes/waiver-unused.md"));

/// A kill and a denial of the same events: the order in which Tetragon loads them decides.
pub(super) static LOAD_ORDER: Code = Code::page(include_str!("codes/engine-load-order.md"));

/// An allowlist that allows every event.
pub(super) static LIST_CONFINES_NOTHING: Code = Code::page(include_str!("codes/list-confines-nothing.md"));
