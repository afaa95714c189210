//! An operation -> the agents of a platform that do it in normal work, and where their executables usually are.
//!
//! These are starting points for exceptions: which of them run on a host, and where, no document says.

use telovix_policy::confine::Operation;

/// An agent of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agent {
    /// What it is.
    pub(crate) name: &'static str,
    /// Its usual executables.
    pub(crate) executables: &'static [&'static str],
    /// What it does.
    pub(crate) does: &'static [Operation],
}

const ALL: &[Agent] = &[
    Agent {
        name: "container runtime",
        executables: &[
            "/usr/bin/runc",
            "/usr/bin/crun",
            "/usr/bin/containerd-shim-runc-v2",
            "/usr/bin/conmon",
        ],
        does: &[
            Operation::Mount,
            Operation::PivotRoot,
            Operation::Unshare,
            Operation::UserNamespace,
            Operation::MemoryFile,
            Operation::Capset,
            Operation::Capability,
            Operation::Bpf,
            Operation::Exec,
            Operation::Open,
        ],
    },
    Agent {
        name: "init",
        executables: &["/usr/lib/systemd/systemd"],
        does: &[
            Operation::Mount,
            Operation::Unshare,
            Operation::MemoryFile,
            Operation::Capset,
            Operation::Capability,
            Operation::Bpf,
            Operation::Exec,
            Operation::Open,
        ],
    },
    Agent {
        name: "kubelet and its CSI volumes",
        executables: &["/usr/bin/kubelet", "/usr/bin/mount", "/usr/bin/umount"],
        does: &[Operation::Mount, Operation::Exec, Operation::Open, Operation::Connect],
    },
    Agent {
        name: "CNI plug-in",
        executables: &["/usr/bin/cilium-agent", "/usr/bin/calico-node", "/opt/cni/bin/"],
        does: &[
            Operation::ModuleLoad,
            Operation::Bpf,
            Operation::Socket,
            Operation::Unshare,
            Operation::Capability,
            Operation::Exec,
            Operation::Connect,
        ],
    },
    Agent {
        name: "module loader",
        executables: &["/usr/bin/kmod", "/usr/lib/systemd/systemd-modules-load", "/usr/bin/udevadm"],
        does: &[Operation::ModuleLoad],
    },
    Agent {
        name: "log shipper",
        executables: &["/fluent-bit/bin/fluent-bit", "/usr/bin/vector", "/usr/bin/promtail"],
        does: &[Operation::Open, Operation::Connect],
    },
    Agent {
        name: "package manager",
        executables: &["/usr/bin/dpkg", "/usr/bin/rpm", "/usr/bin/dnf"],
        does: &[Operation::SetId, Operation::Exec, Operation::Open],
    },
    Agent {
        name: "ssh server",
        executables: &["/usr/sbin/sshd"],
        does: &[Operation::Exec, Operation::Open, Operation::Capset],
    },
    Agent {
        name: "debugger or crash handler",
        executables: &["/usr/bin/gdb", "/usr/bin/strace"],
        does: &[Operation::Ptrace],
    },
    Agent {
        name: "network diagnosis and high availability",
        executables: &["/usr/bin/ping", "/usr/sbin/keepalived", "/usr/bin/tcpdump"],
        does: &[Operation::Socket],
    },
];

/// Returns the agents that do an operation in normal work.
pub(crate) fn that_do(operation: Operation) -> impl Iterator<Item = &'static Agent> {
    ALL.iter().filter(move |agent| agent.does.contains(&operation))
}
