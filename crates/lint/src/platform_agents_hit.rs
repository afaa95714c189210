//! A rule without an exception -> the programs of a platform that do what it denies.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("platform_agents_hit.md")), check: Check::Rule(check) };

fn check(rule: &EnforcementRule, sink: &mut Sink) {
    let Some(agents) = agents(rule.template.value).filter(|_| rule.enabled && rule.exceptions.is_empty())
    else {
        return;
    };
    let message = format!("this rule has no exception, and stops {agents}");
    sink.report(Diagnostic::new(&LINT.code, rule.template.span, message).help(
        "add exceptions for those that your hosts have, with `process`, `reason`, `owner` and `expiry`",
    ));
}

/// Returns the programs that do this on usual hosts, each with its purpose.
fn agents(template: Template) -> Option<&'static str> {
    Some(match template {
        Template::BlockKmodLoad => "`modprobe` for `systemd-modules-load`, `kubelet` and CNI plugins",
        Template::BlockUserNamespace => "rootless containers, `bubblewrap` and the sandboxes of browsers",
        Template::BlockCapsetSysadmin => {
            "container runtimes (`runc`, `crun`), which set the capabilities of containers"
        }
        Template::KillPtraceAttach => "debuggers, `strace` and crash reporters",
        Template::BlockExecveTmp => "package managers and configuration tools that run scripts from `/tmp`",
        Template::BlockMemfdCreate => "`runc`, which runs from a memory file, and `systemd`",
        Template::BlockPivotRoot => "container runtimes (`runc`, `crun`)",
        Template::BlockMountSyscall => "container runtimes, `kubelet`, CSI drivers and `systemd`",
        Template::BlockUnshare => "container runtimes, CNI plugins and `systemd`",
        Template::BlockRawSockets => "`ping`, `keepalived` and health checks by ICMP",
        Template::BlockSocketRaw => "DHCP clients, `keepalived`, `tcpdump` and CNI plugins",
        Template::BlockChmodSuid => "package managers, which install `sudo` and `mount`",
        // `bpf-block-without-loader` is about this one.
        Template::BlockBpfLoad | Template::Custom => return None,
    })
}
