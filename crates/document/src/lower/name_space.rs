//! What this room says about the name space that paths are read in.

use telovix_diagnostic::{Code, Example, Severity};

/// The profile also denies what would change the meaning of its paths.
pub(super) static NAME_SPACE_CLOSED: Code = Code {
    id: "name-space-closed",
    title: "a profile with path rules also closes its name space",
    severity: Severity::Note,
    explanation: "A path rule is only as good as the name space it is read in: after a chroot, a mount, a \
pivot_root or the creation of a user or mount namespace the same file has another path. A profile that \
confines spawns or files therefore also confines those operations for its binary, with the profile's own \
effect. The native runtime enforces it.\n\nA binary that has to mount or chroot says so with \
`waive: [{name: open-name-space, reason: …}]`; its path rules then hold only as long as it does not.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_spawns: [/usr/bin/logger]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_dst_ports: [38412]\n",
    ),
};

/// Path rules whose name space the target leaves open.
pub static OPEN_NAME_SPACE: Code = Code {
    id: "open-name-space",
    title: "a target leaves the name space of path rules open",
    severity: Severity::Warning,
    explanation: "A path rule is only as good as the name space it is read in. The native runtime stops a profile \
with path rules from chroot, mounts, pivot_root and new namespaces; the engine's policies for the profile do not, so \
there the binary can give a file another path.\n\nAdd the templates `block-mount-syscall`, `block-pivot-root` and \
`block-unshare` for engine hosts, use a native target, or accept it with `waive: [{name: open-name-space, reason: …}]`. \
With that waiver the native runtime leaves the name space open as well, for binaries that have to mount.",
    fires: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_spawns: [/usr/bin/logger]\n",
    ),
    silent: Example::Text(
        "kind: GuardianProfile\n\
         name: amf\n\
         target_binary: /opt/amf/bin/amf\n\
         mode: enforce\n\
         allowed_spawns: [/usr/bin/logger]\n\
         waive:\n\
         \x20 - name: open-name-space\n\
         \x20   reason: the host runs no other mount tools\n",
    ),
};
