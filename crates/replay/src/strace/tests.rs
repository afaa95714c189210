//! Lines of strace as it prints them.

use std::io::Read;

use proptest::prelude::*;

use super::{Events, is_of_strace};

const TRACE: &str = r#"100 1700000000.000001 execve("/bin/sh", ["sh", "-c", "a, \"b\") = 3"], 0x7ffd /* 20 vars */) = 0
100 1700000000.100000 openat(AT_FDCWD</srv/app>, "/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3</usr/lib/x86_64-linux-gnu/libc.so.6>
100 1700000000.200000 openat(AT_FDCWD</srv/app>, "missing", O_RDONLY) = -1 ENOENT (No such file or directory)
100 1700000000.300000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
101 1700000000.310000 execve("./tool", ["tool"], 0x55 /* 20 vars */ <unfinished ...>
100 1700000000.320000 <... clone resumed>, child_tidptr=0x7f) = 101
101 1700000000.400000 <... execve resumed>) = 0
101 1700000070.500000 openat(AT_FDCWD</srv/app>, "out\303\244", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 4</srv/app/out\303\244>
101 1700000070.600000 connect(5<TCP:[77]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EINPROGRESS (Operation now in progress)
101 1700000070.700000 connect(5<UNIX:[78]>, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0
101 1700000070.800000 openat(AT_FDCWD</srv/app>, ".", O_RDONLY|O_NONBLOCK|O_DIRECTORY) = 6</srv/app>
101 1700000070.900000 unlinkat(AT_FDCWD</srv/app>, "out", 0) = 0
101 1700000071.000000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
101 1700000071.100000 connect(5, {sa_family=AF_INET6, sin6_port=htons(53), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0
101 1700000071.200000 +++ exited with 0 +++
this is no line of strace
100 1700000072.000000 openat(AT_FDCWD</srv/app>, "/etc/pa"#;

fn translated(trace: &str) -> Vec<String> {
    let mut text = String::new();
    Events::new(trace.as_bytes()).read_to_string(&mut text).expect("text");
    text.split('\n').map(str::to_owned).collect()
}

#[test]
fn calls_become_events_on_their_lines() {
    let lines = translated(TRACE);
    assert_eq!(lines.len(), TRACE.split('\n').count());
    let expected = [
        (0, r#"{"operation":"exec","path":"/usr/bin/sh","time":"2023-11-14T22:13:20Z"}"#),
        (
            1,
            r#"{"access":["read"],"binary":"/usr/bin/sh","operation":"open","path":"/usr/lib/x86_64-linux-gnu/libc.so.6","process_started":"2023-11-14T22:13:20Z","time":"2023-11-14T22:13:20Z"}"#,
        ),
        (2, ""),
        (
            6,
            r#"{"binary":"/usr/bin/sh","operation":"exec","parent":"/usr/bin/sh","path":"/srv/app/tool","process_started":"2023-11-14T22:13:20Z","time":"2023-11-14T22:13:20Z"}"#,
        ),
        (
            8,
            r#"{"address":"192.0.2.1","binary":"/srv/app/tool","operation":"connect","parent":"/usr/bin/sh","port":443,"process_started":"2023-11-14T22:13:20Z","time":"2023-11-14T22:14:30Z"}"#,
        ),
        (9, ""),
        (12, ""),
        (15, "this is no line of strace"),
        (16, r#"100 1700000072.000000 openat(AT_FDCWD</srv/app>, "/etc/pa"#),
    ];
    for (at, line) in expected {
        let (found, line): (serde_json::Value, serde_json::Value) =
            match (serde_json::from_str(&lines[at]), serde_json::from_str(line)) {
                (Ok(found), Ok(line)) => (found, line),
                _ => (lines[at].clone().into(), line.into()),
            };
        assert_eq!(found, line, "line {at}");
    }
    assert!(lines[7].contains("outä") && lines[7].contains("truncate"), "{}", lines[7]);
    assert!(lines[10].contains(r#""directory":true"#) && lines[11].contains("delete"));
    assert!(lines[13].contains("2001:db8::1"));
}

#[test]
fn traces_are_recognised_by_their_first_line() {
    for line in [
        "100 1700000000.000001 execve(\"/bin/sh\", [\"sh\"], 0x7ffd /* 20 vars */) = 0",
        "[pid   812] 1700000000.1 close(3</x>) = 0",
        "1700000000.1 brk(NULL) = 0x55",
        "execve(\"/bin/true\", [\"true\"], 0x7 /* 1 var */) = 0",
        "812 12:00:01 +++ exited with 0 +++",
    ] {
        assert!(is_of_strace(line.as_bytes()), "{line}");
    }
    for line in
        ["{\"operation\":\"open\"}", "", "hello world", "2026-11-20T10:00:00Z stdout F {}", "100 text (x)"]
    {
        assert!(!is_of_strace(line.as_bytes()), "{line}");
    }
}

proptest! {
    #[test]
    fn any_text_keeps_its_lines(
        lines in prop::collection::vec(prop_oneof![
            "\\PC{0,40}",
            "[0-9]{1,3} [0-9]{1,12}\\.[0-9]{1,3} (open|openat|execve|connect|clone|chdir)\\([A-Za-z0-9_\", <>{}=/.()-]{0,40}\\) = -?[0-9]{1,3}[</a>]{0,4}",
            "[0-9]{1,3} <... (open|execve) resumed>[\", a-z/]{0,10}\\) = 0",
            "[0-9]{1,3} (openat|vfork)\\([\"/a-z ,]{0,20}<unfinished ...>",
        ], 0..12)
    ) {
        let text = lines.join("\n");
        let found = translated(&text);
        prop_assert_eq!(found.len(), text.split('\n').count());
        for (found, line) in found.iter().zip(text.split('\n')) {
            let is_event = serde_json::from_str::<serde_json::Value>(found).is_ok_and(|value| value.is_object());
            prop_assert!(found.is_empty() || found == line || is_event, "{line} -> {found}");
        }
    }
}
