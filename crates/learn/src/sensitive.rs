//! A path or a pattern -> why it is never learned without being asked for.

use telovix_policy::value::PathPattern;

/// Files and folders whose reading or writing is enough to take over a host or an account, and why. A folder ends in
/// `/`; other entries are prefixes of names.
const FIXED: [(&str, &str); 40] = [
    ("/boot/", "boot files"),
    ("/dev/disk/", "raw disks"),
    ("/dev/dm-", "raw disks"),
    ("/dev/kmem", "memory of the kernel"),
    ("/dev/mem", "memory of the kernel"),
    ("/dev/nvme", "raw disks"),
    ("/dev/port", "memory of the kernel"),
    ("/dev/sd", "raw disks"),
    ("/dev/vd", "raw disks"),
    ("/etc/cron", "scheduled commands"),
    ("/etc/gshadow", "password hashes"),
    ("/etc/kubernetes/", "keys of the cluster"),
    ("/etc/ld.so.preload", "libraries of every process"),
    ("/etc/pam.d/", "login rules"),
    ("/etc/security/opasswd", "password hashes"),
    ("/etc/shadow", "password hashes"),
    ("/etc/ssh/ssh_host_", "host keys"),
    ("/etc/ssl/private/", "private keys"),
    ("/etc/sudoers", "rights to become root"),
    ("/etc/systemd/system/", "services that run as root"),
    ("/proc/1/", "the first process"),
    ("/proc/kcore", "memory of the kernel"),
    ("/proc/kmem", "memory of the kernel"),
    ("/proc/sysrq-trigger", "control of the kernel"),
    ("/root/.bash_history", "commands of root"),
    ("/root/.bashrc", "commands of root"),
    ("/root/.profile", "commands of root"),
    ("/run/containerd/containerd.sock", "control of containers"),
    ("/run/crio/crio.sock", "control of containers"),
    ("/run/docker.sock", "control of containers"),
    ("/run/secrets/", "secrets of the container"),
    ("/run/systemd/private", "control of services"),
    ("/sys/fs/bpf/", "enforcement itself"),
    ("/sys/kernel/debug/", "control of the kernel"),
    ("/sys/kernel/security/", "control of the kernel"),
    ("/var/lib/docker/", "files of other containers"),
    ("/var/lib/kubelet/", "secrets of the node"),
    ("/var/lib/telovix", "enforcement itself"),
    ("/var/run/secrets/", "secrets of the container"),
    ("/var/spool/cron", "scheduled commands"),
];

/// Names of files and folders with credentials, wherever they are. In home directories the guard also keeps
/// generalisations from containing them.
const NAMES: [(&str, &str); 17] = [
    (".aws", "credentials of a cloud"),
    (".azure", "credentials of a cloud"),
    (".docker", "credentials of a registry"),
    (".git-credentials", "passwords"),
    (".gnupg", "private keys"),
    (".kube", "credentials of a cluster"),
    (".netrc", "passwords"),
    (".pgpass", "passwords"),
    (".ssh", "keys of an account"),
    (".vault-token", "credentials"),
    ("authorized_keys", "keys of an account"),
    ("gcloud", "credentials of a cloud"),
    ("id_dsa", "private keys"),
    ("id_ecdsa", "private keys"),
    ("id_ed25519", "private keys"),
    ("id_rsa", "private keys"),
    ("serviceaccount", "token of the pod"),
];

/// Folders in which everybody can make files.
pub(crate) const SHARED: [&str; 3] = ["/tmp/", "/var/tmp/", "/dev/shm/"];

/// Folders whose folders are the home directories of accounts, of people and of services.
const HOMES: [&str; 12] = [
    "/home/",
    "/var/lib/",
    "/var/spool/",
    "/var/cache/",
    "/var/",
    "/srv/",
    "/opt/",
    "/run/",
    "/mnt/",
    "/data/",
    "/export/",
    "/",
];

/// System folders directly below `/` in which no account lives.
const NOT_HOMES: [&str; 12] =
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/tmp", "/usr"];

/// Returns why a path is not learned without being asked for.
#[must_use]
pub fn of_path(path: &str) -> Option<&'static str> {
    let fixed =
        FIXED.iter().find(|(start, _)| path.starts_with(start) || start.strip_suffix('/') == Some(path));
    if let Some((_, why)) = fixed {
        return Some(why);
    }
    let hidden =
        SHARED.iter().any(|folder| path.strip_prefix(folder).is_some_and(|name| name.starts_with('.')));
    if hidden {
        return Some("a hidden file in a folder that everybody can write to");
    }
    if let Some(rest) = path.strip_prefix("/proc/")
        && rest.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return Some(
            "another process: a prefix cannot name a file of every process without naming all of them",
        );
    }
    let name = |component: &str| NAMES.iter().find(|(name, _)| *name == component).map(|(_, why)| *why);
    path.split('/').find_map(name)
}

/// Returns why a pattern is not learned without being asked for: a sensitive path is inside.
#[must_use]
pub fn of_pattern(pattern: &PathPattern) -> Option<&'static str> {
    let stem = pattern.stem();
    let start = match pattern {
        PathPattern::Prefix(text) => text.to_string(),
        PathPattern::Tree(path) | PathPattern::Below(path) if path.as_str() == "/" => "/".to_owned(),
        PathPattern::Tree(path) | PathPattern::Below(path) => format!("{path}/"),
        PathPattern::File(path) => path.as_str().to_owned(),
    };
    let (start, exact) = (start.as_str(), !matches!(pattern, PathPattern::Below(_)));
    if exact && let Some(why) = of_path(stem) {
        return Some(why);
    }
    if matches!(pattern, PathPattern::File(_)) || is_file(pattern) {
        return None;
    }
    if let Some(why) = of_path(start) {
        return Some(why);
    }
    if let Some((_, why)) = FIXED.iter().find(|(path, _)| path.starts_with(start)) {
        return Some(why);
    }
    let process = "/proc/".starts_with(start);
    if process {
        return Some("other processes");
    }
    if SHARED.iter().any(|folder| folder.starts_with(start)) {
        return Some("hidden files in a folder that everybody can write to");
    }
    reaches_home(start).then_some("credentials in a home directory")
}

/// Returns whether a pattern names one path that looks like a file: `/srv/app.jar`. People have names with dots.
pub(crate) fn is_file(pattern: &PathPattern) -> bool {
    let PathPattern::Tree(path) = pattern else { return false };
    let extension =
        path.base_name().rsplit_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty());
    extension && !path.as_str().starts_with("/home/")
}

/// Bytes of the name of a program with the mark before its version.
const NAMED: usize = 4;

/// Returns whether some path that begins like this is a file with credentials in a home directory.
fn reaches_home(start: &str) -> bool {
    let hidden = |rest: &str| NAMES.iter().any(|(name, _)| name.starts_with('.') && name.starts_with(rest));
    if "/root/".starts_with(start) || start.strip_prefix("/root/").is_some_and(hidden) {
        return true;
    }
    HOMES.iter().any(|homes| {
        let Some(rest) = start.strip_prefix(homes) else { return homes.starts_with(start) };
        match rest.split_once('/') {
            // Any home whose name begins like this. No account has a home such as `app-1.4.2`.
            None if *homes != "/home/" && rest.ends_with(['-', '_', '.']) && rest.len() >= NAMED => false,
            None => !matches!(*homes, "/" | "/var/" | "/run/") || is_home_at_root(start),
            Some((name, below)) => is_home(homes, name) && hidden(below),
        }
    })
}

fn is_home(homes: &str, name: &str) -> bool {
    let folder = format!("{homes}{name}");
    match homes {
        "/" => !NOT_HOMES.contains(&folder.as_str()),
        "/var/" => name == "www",
        "/run/" => false,
        _ => true,
    }
}

/// Returns whether a text of one component may grow to a home directly below `/` or `/var/`.
fn is_home_at_root(start: &str) -> bool {
    "/root/".starts_with(start) || "/var/www/".starts_with(start)
}

#[cfg(test)]
mod tests {
    use telovix_policy::value::PathPattern;

    use super::{of_path, of_pattern};

    #[test]
    fn credentials_are_sensitive_wherever_they_are() {
        for path in [
            "/etc/shadow",
            "/etc/shadow-",
            "/etc/cron.d/job",
            "/etc/sudoers.d/admins",
            "/home/alice/.ssh/id_ed25519",
            "/var/lib/redis/.ssh/authorized_keys",
            "/proc/1/environ",
            "/proc/812/mem",
            "/tmp/.x",
            "/dev/sda1",
            "/run/secrets/kubernetes.io/serviceaccount/token",
        ] {
            assert!(of_path(path).is_some(), "{path}");
        }
        for path in [
            "/etc/passwd",
            "/etc/hosts",
            "/proc/meminfo",
            "/tmp/tmpa1",
            "/var/lib/redis/dump.rdb",
            "/dev/null",
        ] {
            assert_eq!(of_path(path), None, "{path}");
        }
    }

    #[test]
    fn patterns_that_reach_credentials_are_sensitive() {
        let of = |text: &str| of_pattern(&PathPattern::parse(text).expect("a pattern"));
        for text in [
            "/",
            "/etc/",
            "/etc",
            "/etc/s*",
            "/etc/sh*",
            "/root/",
            "/root",
            "/home/",
            "/home/alice",
            "/home/al*",
            "/home/alice-*",
            "/home/alice/*",
            "/home/alice/.s*",
            "/var/lib/",
            "/var/lib/redis/",
            "/var/lib/redis",
            "/proc/",
            "/proc/1*",
            "/tmp/",
            "/tmp/*",
            "/var/",
            "/var/www/",
            "/dev/",
            "/dev/s*",
            "/data/pg/",
            "/sys/",
            "/sys/kernel/",
        ] {
            assert!(of(text).is_some(), "{text}");
        }
        for text in [
            "/srv/app.jar",
            "/var/lib/state.db",
            "/etc/ssl/certs/",
            "/etc/hosts",
            "/var/lib/redis/temp-*",
            "/var/lib/redis/dump.rdb",
            "/tmp/tmp*",
            "/usr/lib/python3.11/",
            "/home/alice/work/",
            "/opt/amf/lib/",
            "/dev/null",
            "/proc/meminfo",
            "/var/log/amf/",
            "/dev/shm/PostgreSQL.*",
            "/usr/lib/x86_64-linux-gnu/",
            "/var/www/html/",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
