//! The name of a program -> whether it can run other programs: if it is allowed, every program is.

/// Why a program can run others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    Shell,
    Interpreter,
    Loader,
    Launcher,
}

impl Runner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shell => "a shell",
            Self::Interpreter => "an interpreter",
            Self::Loader => "the loader",
            Self::Launcher => "a program that starts others",
        }
    }
}

/// Paths that a pattern for a whole directory is checked for.
pub(super) const USUAL: [&str; 12] = [
    "/usr/bin/bash",
    "/usr/bin/sh",
    "/usr/bin/dash",
    "/usr/bin/busybox",
    "/usr/bin/python3",
    "/usr/bin/perl",
    "/usr/bin/env",
    "/usr/bin/sudo",
    "/bin/sh",
    "/bin/bash",
    "/lib64/ld-linux-x86-64.so.2",
    "/usr/lib64/ld-linux-x86-64.so.2",
];

/// Returns what kind of runner a program is by its base name, ignoring versions: `python3.11`.
pub(super) fn runner(base_name: &str) -> Option<Runner> {
    if base_name.starts_with("ld-linux") || base_name.starts_with("ld-musl") || base_name.starts_with("ld.so")
    {
        return Some(Runner::Loader);
    }
    let is_of_version = |character: char| matches!(character, '0'..='9' | '.' | '-');
    Some(match base_name.trim_end_matches(is_of_version) {
        "ash" | "bash" | "busybox" | "csh" | "dash" | "ksh" | "sh" | "tcsh" | "zsh" => Runner::Shell,
        "awk" | "gawk" | "gdb" | "java" | "lua" | "mawk" | "node" | "perl" | "php" | "python" | "ruby"
        | "tclsh" => Runner::Interpreter,
        "chroot" | "doas" | "env" | "find" | "nice" | "nohup" | "nsenter" | "setpriv" | "setsid" | "ssh"
        | "stdbuf" | "su" | "sudo" | "systemd-run" | "timeout" | "unshare" | "watch" | "xargs" => {
            Runner::Launcher
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Runner, runner};

    #[test]
    fn knows_runners_by_their_names_and_versions() {
        assert_eq!(runner("python3.11"), Some(Runner::Interpreter));
        assert_eq!(runner("ld-linux-x86-64.so.2"), Some(Runner::Loader));
        assert_eq!(runner("bash"), Some(Runner::Shell));
        assert_eq!(runner("logger"), None);
        assert_eq!(runner("nodectl"), None);
    }
}
