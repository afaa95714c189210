//! Codes of findings about conditions that the native backend cannot pack.

use telovix_diagnostic::Code;

/// A path has more components than a program in the kernel walks.
pub static PATH_TOO_DEEP: Code = Code::page(include_str!("code/path-too-deep.md"))
    .fires_on(|| profile_with_path(65))
    .silent_on(|| profile_with_path(64));

/// A condition that no map of the image supports.
pub static UNPACKABLE: Code = Code::page(include_str!("code/unpackable-condition.md"));

fn profile_with_path(components: usize) -> String {
    let path = "/d".repeat(components);
    format!(
        "kind: GuardianProfile\nname: deep\ntarget_binary: /opt/deep\nmode: enforce\nallowed_files: [{path}]\n"
    )
}
