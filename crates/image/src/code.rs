//! What the native backend cannot pack, as findings.

use telovix_diagnostic::{Code, Example, Severity};

/// A path has more components than a program in the kernel walks.
pub static PATH_TOO_DEEP: Code = Code {
    id: "path-too-deep",
    title: "a path has more components than the native runtime walks",
    severity: Severity::Error,
    explanation: "The programs in the kernel walk at most 64 components of a path, because the verifier wants a \
bound; a confined process is denied anything deeper. A pattern below that depth could therefore never have an \
effect of its own.\n\nWrite the pattern for a directory nearer to the root.",
    fires: Example::Made("a pattern of 65 components", || profile_with_path(65)),
    silent: Example::Made("a pattern of 64 components", || profile_with_path(64)),
};

/// A condition that no map of the image can hold.
pub static UNPACKABLE: Code = Code {
    id: "unpackable-condition",
    title: "a condition has no place in the image",
    severity: Severity::Error,
    explanation: "The image has tables for the operations and conditions that documents can express: raw IP \
sockets, packet sockets, `CAP_SYS_ADMIN` through capset. A confinement outside of them cannot be enforced \
natively and is refused rather than packed as something else.",
    fires: Example::Situation(
        "no document lowers to such a condition; the test `emit::image::tests::refuses_what_it_cannot_hold` makes one",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no raw sockets\n\
         template: block-raw-sockets\n",
    ),
};

fn profile_with_path(components: usize) -> String {
    let path = "/d".repeat(components);
    format!(
        "kind: GuardianProfile\nname: deep\ntarget_binary: /opt/deep\nmode: enforce\nallowed_files: [{path}]\n"
    )
}
