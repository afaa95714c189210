use super::{Reading, read, resolved};
use crate::judge::event;
use crate::line::{fast, reference};

/// Reads a body of an event, wrapped in its envelope, and returns the events it is.
fn events(kind: &str, body: &str) -> Vec<String> {
    let line = format!(r#"{{"{kind}":{{{body}}},"node_name":"n","time":"2026-11-20T10:00:00Z"}}"#);
    let envelope = fast::envelope(&line).unwrap();
    assert_eq!(Ok(&envelope), reference::envelope(&line).as_ref());
    match read(&envelope) {
        Reading::Passed => Vec::new(),
        Reading::Did(first, second) => {
            std::iter::once(first).chain(second).map(|action| event(&action).to_json().to_string()).collect()
        }
    }
}

fn called(function: &str, arguments: &str) -> Vec<String> {
    events(
        "process_lsm",
        &format!(r#""process":{{"binary":"/a"}},"function_name":"{function}","args":[{arguments}]"#),
    )
}

#[test]
fn every_hook_tells_its_operation() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "bprm_check_security",
            r#"{"linux_binprm_arg":{"path":"/bin/sh"}}"#,
            &[r#"{"binary":"/a","operation":"exec","path":"/bin/sh"}"#],
        ),
        (
            "security_bprm_check",
            r#"{"linux_binprm_arg":{"path":"/memfd:x (deleted)"}}"#,
            &[r#"{"anonymous":true,"binary":"/a","operation":"exec"}"#],
        ),
        (
            "file_open",
            r#"{"file_arg":{"path":"/f"}}, {"uint_arg":32769}"#,
            &[r#"{"access":["write"],"binary":"/a","operation":"open","path":"/f"}"#],
        ),
        (
            "file_open",
            r#"{"file_arg":{"path":"/f"}}, {"uint_arg":32800}"#,
            &[r#"{"access":["execute"],"binary":"/a","operation":"open","path":"/f"}"#],
        ),
        (
            "file_open",
            r#"{"file_arg":{"path":"/f"}}"#,
            &[r#"{"binary":"/a","operation":"open","path":"/f"}"#],
        ),
        (
            "security_file_permission",
            r#"{"file_arg":{"path":"/f"}},{"int_arg":4}"#,
            &[r#"{"access":["read"],"binary":"/a","operation":"open","path":"/f"}"#],
        ),
        (
            "path_truncate",
            r#"{"path_arg":{"path":"/f"}}"#,
            &[r#"{"access":["truncate"],"binary":"/a","operation":"open","path":"/f"}"#],
        ),
        ("file_open", r#"{"file_arg":{"path":"relative"}}"#, &[r#"{"binary":"/a","operation":"open"}"#]),
        (
            "socket_connect",
            r#"{"sockaddr_arg":{"family":"AF_INET","addr":"10.0.0.1","port":443}}"#,
            &[r#"{"address":"10.0.0.1","binary":"/a","operation":"connect","port":443}"#],
        ),
        (
            "socket_connect",
            r#"{"sockaddr_arg":{"family":"AF_INET6","addr":"::ffff:10.0.0.1"}}"#,
            &[r#"{"address":"10.0.0.1","binary":"/a","operation":"connect","port":0}"#],
        ),
        ("socket_connect", r#"{"sockaddr_arg":{"family":"AF_UNIX"}}"#, &[]),
        (
            "tcp_connect",
            r#"{"sock_arg":{"family":"AF_INET","protocol":"IPPROTO_TCP","saddr":"1.1.1.1","daddr":"10.0.0.2","sport":9,"dport":80,"cookie":"18446744073709551615"}}"#,
            &[r#"{"address":"10.0.0.2","binary":"/a","operation":"connect","port":80,"protocol":"tcp"}"#],
        ),
        (
            "capable",
            r#"{"int_arg":21}"#,
            &[r#"{"binary":"/a","capability":"CAP_SYS_ADMIN","operation":"capability"}"#],
        ),
        (
            "cap_capable",
            r#"{"capability_arg":{"name":"CAP_CHOWN"}}"#,
            &[r#"{"binary":"/a","capability":"CAP_CHOWN","operation":"capability"}"#],
        ),
        (
            "socket_create",
            r#"{"int_arg":2},{"int_arg":526339},{"int_arg":0}"#,
            &[r#"{"binary":"/a","family":"inet","operation":"socket","type":"raw"}"#],
        ),
        ("kernel_read_file", r#"{"int_arg":2}"#, &[r#"{"binary":"/a","operation":"module_load"}"#]),
        ("kernel_read_file", r#"{"int_arg":1}"#, &[]),
        ("bpf", r#"{"int_arg":5}"#, &[r#"{"binary":"/a","operation":"bpf"}"#]),
        ("ptrace_access_check", r#"{"uint_arg":2}"#, &[r#"{"binary":"/a","operation":"ptrace"}"#]),
        ("ptrace_access_check", r#"{"uint_arg":1}"#, &[]),
        (
            "path_chmod",
            r#"{"path_arg":{"path":"/f"}},{"uint_arg":2541}"#,
            &[r#"{"binary":"/a","mode":"4755","operation":"set_id","path":"/f"}"#],
        ),
        ("path_chmod", r#"{"path_arg":{"path":"/f"}},{"uint_arg":420}"#, &[]),
        ("__x64_sys_ptrace", "", &[r#"{"binary":"/a","operation":"syscall","syscall":"ptrace"}"#]),
        (
            "__x64_sys_unshare",
            r#"{"size_arg":"131072"}"#,
            &[
                r#"{"binary":"/a","operation":"syscall","syscall":"unshare"}"#,
                r#"{"binary":"/a","operation":"unshare"}"#,
            ],
        ),
        (
            "__x64_sys_unshare",
            r#"{"size_arg":"268435456"}"#,
            &[r#"{"binary":"/a","operation":"syscall","syscall":"unshare"}"#],
        ),
        ("wake_up_new_task", "", &[]),
    ];
    for (function, arguments, expected) in cases {
        assert_eq!(called(function, arguments), *expected, "{function} {arguments}");
    }
}

#[test]
fn who_executes_is_known_where_the_process_was_forked_for_it() {
    let exec = |flags: &str| {
        events(
            "process_exec",
            &format!(
                r#""process":{{"binary":"/bin/sh","uid":0,"flags":"{flags}"}},"parent":{{"binary":"/p"}}"#
            ),
        )
    };
    assert_eq!(
        exec("execve clone"),
        [r#"{"binary":"/p","operation":"exec","parent":"/p","path":"/bin/sh","uid":0}"#]
    );
    assert_eq!(exec("execve"), [r#"{"operation":"exec","parent":"/p","path":"/bin/sh","uid":0}"#]);
    assert_eq!(exec("procFS auid"), [""; 0]);
}

#[test]
fn calls_of_32_bit_programs_are_not_mistaken_by_their_number() {
    let enter = |argument: &str| {
        events(
            "process_tracepoint",
            &format!(
                r#""process":{{"binary":"/a"}},"subsys":"raw_syscalls","event":"sys_enter","args":[{argument}]"#
            ),
        )
    };
    let ptrace = r#"{"binary":"/a","operation":"syscall","syscall":"ptrace"}"#;
    assert_eq!(enter(r#"{"syscall_id":{"id":101,"abi":"x64"}}"#), [ptrace]);
    assert_eq!(enter(r#"{"long_arg":"101"}"#), [ptrace]);
    assert_eq!(
        enter(r#"{"syscall_id":{"id":101,"abi":"i386"}}"#),
        [r#"{"binary":"/a","operation":"syscall"}"#]
    );
}

#[test]
fn only_resolved_paths_are_paths() {
    for path in ["/", "/a", "/a/b", "/.a/..b/c..", "/a b"] {
        assert_eq!(resolved(path), Some(path));
    }
    for path in ["", "a", "a/b", "//", "/a/", "/a//b", "/.", "/a/..", "/../a", "/./a", "/a\0b", "./a", "a/"] {
        assert_eq!(resolved(path), None, "{path}");
    }
}
