//! The codes that only a host reports, each with the page that `telovix explain` prints. The others are those of
//! signatures (`telovix_trust::code`) and of the runtime (`telovix_bpf_runtime::code`).

use telovix_diagnostic::Code;

/// The code `no-image`.
pub static NO_IMAGE: Code = Code::page(include_str!("code/no-image.md"));
/// The code `image-refused`.
pub static IMAGE_REFUSED: Code = Code::page(include_str!("code/image-refused.md"));
/// The code `audit-log-torn`, of [`Notice::LineNotFinished`](crate::Notice::LineNotFinished).
pub static AUDIT_LOG_TORN: Code = Code::page(include_str!("code/audit-log-torn.md"));
/// The code `process-not-placed`, of [`Applied::unplaced`](crate::Applied).
pub static PROCESS_NOT_PLACED: Code = Code::page(include_str!("code/process-not-placed.md"));

/// Every code of this crate.
pub const CODES: &[&Code] = &[&NO_IMAGE, &IMAGE_REFUSED, &AUDIT_LOG_TORN, &PROCESS_NOT_PLACED];
/// Every code of the runtime, which only this crate depends on.
pub const RUNTIME_CODES: &[&Code] = telovix_bpf_runtime::code::CODES;
