//! Techniques of MITRE ATT&CK for Enterprise, and which operation, path, system call or kernel function each is about.
//!
//! Ids and names are those of the pages at attack.mitre.org. The assignment to operations is ours: it says which
//! technique needs the operation, not that a match is an attack.

use telovix_policy::confine::Operation;

/// A technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Technique {
    /// `T1055.008`.
    pub(crate) id: &'static str,
    /// Its name, without that of the technique it belongs to.
    pub(crate) name: &'static str,
}

impl Technique {
    /// Returns the address of its page.
    pub(crate) fn page(self) -> String {
        page(self.id)
    }
}

/// Returns the address of the page of a technique.
pub(crate) fn page(id: &str) -> String {
    format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/"))
}

const fn technique(id: &'static str, name: &'static str) -> Technique {
    Technique { id, name }
}

const CREDENTIAL_FILES: Technique = technique("T1003.008", "/etc/passwd and /etc/shadow");
const LOCAL_DATA: Technique = technique("T1005", "Data from Local System");
const ROOTKIT: Technique = technique("T1014", "Rootkit");
const SNIFFING: Technique = technique("T1040", "Network Sniffing");
const CRON: Technique = technique("T1053.003", "Cron");
const INJECTION: Technique = technique("T1055", "Process Injection");
const PTRACE: Technique = technique("T1055.008", "Ptrace System Calls");
const INTERPRETER: Technique = technique("T1059", "Command and Scripting Interpreter");
const UNIX_SHELL: Technique = technique("T1059.004", "Unix Shell");
const EXPLOITATION: Technique = technique("T1068", "Exploitation for Privilege Escalation");
const APPLICATION_LAYER: Technique = technique("T1071", "Application Layer Protocol");
const NON_APPLICATION_LAYER: Technique = technique("T1095", "Non-Application Layer Protocol");
const AUTHORIZED_KEYS: Technique = technique("T1098.004", "SSH Authorized Keys");
const TOKEN: Technique = technique("T1528", "Steal Application Access Token");
const KERNEL_MODULES: Technique = technique("T1547.006", "Kernel Modules and Extensions");
const ELEVATION: Technique = technique("T1548", "Abuse Elevation Control Mechanism");
const SETUID: Technique = technique("T1548.001", "Setuid and Setgid");
const PRIVATE_KEYS: Technique = technique("T1552.004", "Private Keys");
const LINKER: Technique = technique("T1574.006", "Dynamic Linker Hijacking");
const ESCAPE: Technique = technique("T1611", "Escape to Host");
const REFLECTIVE: Technique = technique("T1620", "Reflective Code Loading");

/// Returns the techniques that need an operation; for `open` and `syscall` the path and the call say more.
pub(crate) fn of_operation(operation: Operation) -> &'static [Technique] {
    match operation {
        Operation::Exec => &[INTERPRETER],
        Operation::Open => &[LOCAL_DATA],
        Operation::Connect => &[APPLICATION_LAYER],
        Operation::Capability | Operation::Capset => &[ELEVATION],
        Operation::Syscall => &[],
        Operation::ModuleLoad => &[KERNEL_MODULES, ROOTKIT],
        Operation::UserNamespace => &[EXPLOITATION],
        Operation::Socket => &[SNIFFING, NON_APPLICATION_LAYER],
        Operation::Ptrace => &[PTRACE],
        Operation::MemoryFile => &[REFLECTIVE],
        Operation::PivotRoot | Operation::Mount | Operation::Unshare => &[ESCAPE],
        Operation::Bpf => &[ROOTKIT],
        Operation::SetId => &[SETUID],
    }
}

/// Returns the technique that a path is known for.
pub(crate) fn of_path(path: &str) -> Option<Technique> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let any = |parts: &[&str]| parts.iter().any(|part| path.contains(part));
    if any(&["/etc/shadow", "/etc/gshadow", "/etc/passwd"]) {
        Some(CREDENTIAL_FILES)
    } else if name == "authorized_keys" {
        Some(AUTHORIZED_KEYS)
    } else if any(&["/.ssh", "/etc/ssh/ssh_host_", "/etc/ssl/private"]) || name.ends_with(".key") {
        Some(PRIVATE_KEYS)
    } else if any(&["/etc/cron", "/var/spool/cron"]) {
        Some(CRON)
    } else if any(&["/etc/ld.so.preload"]) {
        Some(LINKER)
    } else if any(&["/secrets/kubernetes.io/serviceaccount"]) {
        Some(TOKEN)
    } else if any(&["docker.sock", "containerd.sock", "crio.sock"]) {
        Some(ESCAPE)
    } else if matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "busybox") {
        Some(UNIX_SHELL)
    } else {
        None
    }
}

/// Returns the technique that a system call, an LSM hook or another kernel function is known for.
pub(crate) fn of_function(function: &str) -> Option<Technique> {
    let bare = ["__x64_", "__arm64_", "__ia32_", "__se_", "sys_", "security_", "compat_"]
        .into_iter()
        .fold(function, |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    Some(match bare {
        "ptrace" | "ptrace_access_check" | "ptrace_traceme" => PTRACE,
        "process_vm_writev" | "process_vm_readv" => INJECTION,
        "init_module"
        | "finit_module"
        | "do_init_module"
        | "load_module"
        | "kernel_read_file"
        | "kernel_module_request"
        | "kernel_load_data" => KERNEL_MODULES,
        "memfd_create" | "memfd_secret" | "inode_init_security_anon" => REFLECTIVE,
        "bpf" | "bpf_prog_load" | "bpf_check" => ROOTKIT,
        "mount" | "sb_mount" | "sb_kern_mount" | "move_mount" | "fsmount" | "open_tree" | "pivot_root"
        | "sb_pivotroot" | "setns" | "unshare" | "chroot" => ESCAPE,
        "userns_create" => EXPLOITATION,
        "setuid" | "setgid" | "setreuid" | "setresuid" | "path_chmod" => SETUID,
        "capset" | "commit_creds" => ELEVATION,
        "execve"
        | "execveat"
        | "bprm_check_security"
        | "bprm_check"
        | "bprm_creds_for_exec"
        | "bprm_creds_from_file"
        | "do_execveat_common" => INTERPRETER,
        "connect" | "tcp_connect" | "socket_connect" | "tcp_sendmsg" | "udp_sendmsg" | "socket_sendmsg"
        | "ip_output" => APPLICATION_LAYER,
        "file_open" | "file_permission" | "mmap_file" | "path_truncate" | "fd_install" | "open"
        | "openat" | "openat2" | "read" | "write" => LOCAL_DATA,
        _ => return None,
    })
}

/// Returns the ids of techniques in a text of the author: `T1055`, `attack.t1055.008`.
pub(crate) fn written(text: &str) -> Vec<String> {
    let upper = text.to_ascii_uppercase();
    let mut found = Vec::new();
    for word in upper.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.') {
        let word = word.strip_prefix("ATTACK.").unwrap_or(word).trim_end_matches('.');
        let Some(rest) = word.strip_prefix('T') else { continue };
        let (technique, part) =
            rest.split_once('.').map_or((rest, None), |(left, right)| (left, Some(right)));
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits(technique, 4)
            && part.is_none_or(|part| digits(part, 3))
            && !found.contains(&word.to_owned())
        {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{of_function, of_path, page, written};

    #[test]
    fn ids_are_found_in_tags_and_sentences() {
        assert_eq!(written("attack.t1055.008, see T1611."), ["T1055.008", "T1611"]);
        assert!(written("T10555 T105 XT1055 T1055.08").is_empty());
    }

    #[test]
    fn pages_of_parts_are_below_their_technique() {
        assert_eq!(page("T1055.008"), "https://attack.mitre.org/techniques/T1055/008/");
    }

    #[test]
    fn names_of_one_function_are_one_function() {
        let id = |name| of_function(name).map(|found| found.id);
        assert_eq!(id("sys_ptrace"), Some("T1055.008"));
        assert_eq!(id("__x64_sys_ptrace"), id("security_ptrace_access_check"));
        assert_eq!(id("ext4_sync_file"), None);
    }

    #[test]
    fn the_more_precise_path_decides() {
        let id = |path| of_path(path).map(|found| found.id);
        assert_eq!(id("/root/.ssh/authorized_keys"), Some("T1098.004"));
        assert_eq!(id("/root/.ssh/id_ed25519"), Some("T1552.004"));
        assert_eq!(id("/opt/amf/etc/amf.conf"), None);
    }
}
