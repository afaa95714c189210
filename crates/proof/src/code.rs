//! Codes of findings about artifacts that do not do what the policy says.

use telovix_diagnostic::Code;

/// A TracingPolicy gives an event another effect than the policy.
pub(crate) static YAML_DISAGREES: Code = Code::page(include_str!("code/yaml-disagrees.md"));

/// A TracingPolicy cannot be read back.
pub(crate) static YAML_UNREADABLE: Code = Code::page(include_str!("code/yaml-unreadable.md"));

/// The image gives an event another effect than the policy.
pub(crate) static IMAGE_DISAGREES: Code = Code::page(include_str!("code/image-disagrees.md"));

/// The image cannot be read back.
pub(crate) static IMAGE_UNREADABLE: Code = Code::page(include_str!("code/image-unreadable.md"));

/// The codes this crate reports.
pub const CODES: &[&Code] = &[&YAML_DISAGREES, &YAML_UNREADABLE, &IMAGE_DISAGREES, &IMAGE_UNREADABLE];
