//! TracingPolicy YAML means what the documents mean: judge and Tetragon give the same effect for the same event.
//!
//! Documents are generated, compiled to YAML, read back, and interpreted as Tetragon was measured to behave; the
//! judge decides the same event from the confinements. Where Tetragon can only kill after the
//! fact (system calls, namespaces other than the user namespace) a denial counts as a kill, as in `assessment`.

#[path = "engine_agreement/interpreter.rs"]
mod interpreter;
#[path = "engine_agreement/repository.rs"]
mod repository;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;

use interpreter::{Call, Value, effect};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use telovix_compiler::emit::Outbox;
use telovix_compiler::emit::tracing_policy::{Options, emit};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower;
use telovix_policy::confine::{Access, Confinement, Dimension, Effect, Operation};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::Date;
use telovix_syntax as syntax;
use telovix_tetragon::interpret::Decided;
use telovix_tetragon::{TracingPolicy, read};

const CASES: u32 = 400;
const EVENTS: usize = 40;

/// Compiles documents; their confinements, and the policies as they are read back from the written bytes.
fn compile(text: &str) -> (Vec<Confinement>, Vec<TracingPolicy<'static>>) {
    compile_if_possible(text).unwrap_or_else(|findings| panic!("{text}\n{findings}"))
}

/// Compiles documents, or returns the findings.
fn compile_if_possible(text: &str) -> Result<(Vec<Confinement>, Vec<TracingPolicy<'static>>), String> {
    let sources = SourceSet::single("generated.yaml", text);
    let mut sink = Sink::default();
    let documents = document::read(&sources, &mut sink).documents;
    let as_of = Date::new(2026, 11, 21).expect("a date");
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut sink);
    let mut files = BTreeMap::new();
    let mut collect = |path: &str, bytes: &[u8]| {
        files.insert(path.to_owned(), String::from_utf8(bytes.to_vec()).expect("text"));
        ControlFlow::Continue(())
    };
    emit(&policy, &sources, &Options::default(), &mut Outbox::new(&mut collect), &mut sink);
    if sink.has_errors() {
        return Err(format!("{:?}", sink.into_sorted()));
    }
    let files = SourceSet::new(files);
    let mut policies = Vec::new();
    let mut sink = Sink::default();
    for (id, source) in files.iter() {
        syntax::parse(id, source, &mut sink, |tree, sink| policies.extend(read(&tree.root, sink)));
    }
    assert!(!sink.has_errors(), "{:?}", sink.into_sorted());
    // Tetragon policies leave the name space open, which is reported separately.
    let named = policy.confinements.into_iter().filter(|own| own.dimension != Dimension::NameSpace);
    Ok((named.collect(), policies))
}

/// Returns every sequence of hook calls by which the kernel can show an event to Tetragon.
fn calls(event: &Event) -> Vec<Call> {
    let call = |hook: &str, values: Vec<(u32, &'static str, Value)>| Call {
        hook: hook.to_owned(),
        binary: event.binary.clone().expect("a complete event"),
        ancestors: event.ancestors.clone().expect("a complete event"),
        values,
    };
    let number = |index: u32, value: i128| (index, "", Value::Number(value));
    match event.operation {
        Operation::Exec => {
            let links = i128::from(event.path.is_some());
            let values = vec![
                (0, "", Value::Path(event.path.clone())),
                (0, "file.f_inode.i_nlink", Value::Number(links)),
            ];
            vec![call("lsm:bprm_check_security", values)]
        }
        Operation::Open => {
            let access = event.access.and_then(|accesses| accesses.iter().next()).expect("a complete event");
            let path = (0, "", Value::Path(event.path.clone()));
            let flags = |flags: i128| (0, "f_flags", Value::Number(flags));
            match access {
                Access::Truncate => vec![call("lsm:path_truncate", vec![path])],
                Access::Execute => vec![call("lsm:file_open", vec![path, flags(32_800)])],
                _ => vec![call("lsm:file_open", vec![path, flags(32_768)])],
            }
        }
        Operation::Connect => {
            let (address, port) = (event.address.expect("an address"), event.port.expect("a port"));
            let connect = |address| call("lsm:socket_connect", vec![(1, "", Value::Address(address, port))]);
            let mapped = match address {
                IpAddr::V4(address) => Some(IpAddr::V6(address.to_ipv6_mapped())),
                IpAddr::V6(_) => None,
            };
            std::iter::once(address).chain(mapped).map(connect).collect()
        }
        Operation::Capability => {
            let capability = event.capability.expect("a capability").number();
            vec![call("lsm:capable", vec![number(2, capability.into())])]
        }
        Operation::Capset => {
            let mask = 1 << event.capability.expect("a capability").number();
            vec![
                call("lsm:capset", vec![number(2, mask), number(3, 0)]),
                call("lsm:capset", vec![number(2, 0), number(3, mask)]),
            ]
        }
        Operation::Syscall => {
            let functions: &[&str] = match event.syscall.expect("a call").name() {
                "fork" => &["__do_sys_fork"],
                "umount2" => &["sys_umount", "__ia32_sys_umount"],
                "ptrace" => &["sys_ptrace", "__ia32_compat_sys_ptrace"],
                "mount" => &["sys_mount", "__ia32_sys_mount"],
                "cachestat" => &["sys_cachestat"],
                other => panic!("no function for {other}"),
            };
            functions.iter().map(|function| call(&format!("kprobe:{function}"), Vec::new())).collect()
        }
        Operation::Socket => {
            let family = event.family.expect("a family").into();
            let kind = event.socket_type.expect("a type").number().into();
            vec![call("lsm:socket_create", vec![number(0, family), number(1, kind), number(3, 0)])]
        }
        Operation::ModuleLoad => vec![
            call("lsm:kernel_read_file", vec![number(1, 2)]),
            call("lsm:kernel_load_data", vec![number(0, 2)]),
        ],
        Operation::UserNamespace => vec![call("lsm:userns_create", Vec::new())],
        Operation::Ptrace => vec![
            call("lsm:ptrace_access_check", vec![number(1, 0x12)]),
            call("lsm:ptrace_traceme", Vec::new()),
        ],
        Operation::MemoryFile => {
            vec![call("lsm:inode_init_security_anon", vec![(1, "name", Value::Text("[memfd]"))])]
        }
        Operation::PivotRoot => vec![call("lsm:sb_pivotroot", Vec::new())],
        Operation::Mount => ["lsm:sb_mount", "lsm:sb_kern_mount", "lsm:move_mount"]
            .map(|hook| call(hook, Vec::new()))
            .to_vec(),
        Operation::Unshare => vec![
            call("kprobe:sys_unshare", vec![number(0, 0x0002_0000)]),
            call("kprobe:sys_clone", vec![number(0, 0x4000_0011)]),
            call("kprobe:sys_setns", Vec::new()),
            call("kprobe:__ia32_sys_unshare", vec![(0, "bx", Value::Number(0x0002_0000))]),
            call("kprobe:__ia32_compat_sys_ia32_clone", vec![(0, "bx", Value::Number(0x4000_0011))]),
            call("kprobe:__ia32_sys_setns", Vec::new()),
        ],
        Operation::Bpf => vec![call("lsm:bpf", vec![number(0, 5)])],
        Operation::SetId => vec![
            call("lsm:path_chmod", vec![number(1, 0o4755)]),
            call("lsm:inode_create", vec![number(2, 0o2755)]),
            call("lsm:path_mknod", vec![number(2, 0o6755)]),
        ],
    }
}

/// Returns the effect that the documents ask for, as far as Tetragon supports it.
fn expected(confinements: &[Confinement], event: &Event) -> Effect {
    let written = judge(confinements, event).effect;
    match event.operation {
        Operation::Syscall | Operation::Unshare => written.min(Effect::Kill),
        _ => written,
    }
}

#[test]
fn judge_and_engine_agree_on_every_event() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let hits = std::cell::RefCell::new(BTreeMap::<(Operation, Effect), usize>::new());
    let certain = std::cell::RefCell::new(BTreeMap::<(Operation, bool), usize>::new());
    let input = (repository::documents(), proptest::collection::vec(repository::event(), EVENTS));
    let outcome = runner.run(&input.prop_map(|input| input), |(text, events)| {
        let (confinements, policies) = compile(&text);
        let decided: Vec<Decided> = policies.iter().map(Decided::new).collect();
        for event in events {
            let expected = expected(&confinements, &event);
            let rulings = decided.iter().map(|policy| policy.judge(&event));
            let range = rulings.fold((Effect::Allow, Effect::Allow), |(least, most), ruling| {
                (least.max(ruling.least), most.max(ruling.most))
            });
            // The path of the root directory is empty for filters, and a report that depends on what no event says is
            // left out.
            let is_told = event.path.as_deref() != Some("/") && expected > Effect::Log;
            *certain.borrow_mut().entry((event.operation, range.0 == range.1)).or_default() += 1;
            if is_told && !(range.0..=range.1).contains(&expected) {
                let message = format!("documents ask for {expected}, why says {range:?}:\n{text}\n{event:?}");
                return Err(TestCaseError::fail(message));
            }
            *hits.borrow_mut().entry((event.operation, expected)).or_default() += 1;
            for call in calls(&event) {
                let found = effect(&policies, &call);
                if found != expected {
                    let message = format!(
                        "documents ask for {expected}, Tetragon has {found}:\n{text}\n{event:?}\n{call:?}"
                    );
                    return Err(TestCaseError::fail(message));
                }
            }
        }
        Ok(())
    });
    let hits = hits.into_inner();
    let shown: Vec<_> =
        hits.iter().map(|((operation, effect), count)| format!("{operation} {effect}: {count}")).collect();
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let certain = certain.into_inner();
    let count = |operation, is_certain| certain.get(&(operation, is_certain)).copied().unwrap_or_default();
    for operation in [Operation::Exec, Operation::Connect, Operation::Capability] {
        assert!(
            count(operation, true) > 20 * count(operation, false),
            "{operation} is mostly open: {certain:?}"
        );
    }
    // Every case must be reached, or the test proves nothing about it.
    let reached = |operation, effect| hits.get(&(operation, effect)).is_some_and(|count| *count >= 5);
    for operation in [Operation::Exec, Operation::Open, Operation::Connect] {
        for effect in [Effect::Allow, Effect::Log, Effect::Kill, Effect::Deny] {
            assert!(reached(operation, effect), "{operation} {effect} is not reached: {shown:?}");
        }
    }
    for (operation, effect) in [
        (Operation::Capability, Effect::Deny),
        (Operation::Capability, Effect::Kill),
        (Operation::Syscall, Effect::Kill),
        (Operation::Syscall, Effect::Log),
        (Operation::Unshare, Effect::Kill),
        (Operation::Ptrace, Effect::Kill),
        (Operation::Mount, Effect::Deny),
        (Operation::Socket, Effect::Deny),
        (Operation::Capset, Effect::Deny),
    ] {
        assert!(reached(operation, effect), "{operation} {effect} is not reached: {shown:?}");
    }
}

#[test]
fn sockets_without_an_address_and_files_without_a_path_are_never_meant() {
    let text = "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\n\
                allowed_files: []\nallowed_dst_ports: []\nallowed_dst_cidrs: []\n";
    let (_, policies) = compile(text);
    let call = |hook: &str, values| Call {
        hook: hook.to_owned(),
        binary: "/opt/amf/bin/amf".to_owned(),
        ancestors: Vec::new(),
        values,
    };
    let local = call("lsm:socket_connect", vec![(1, "", Value::OtherFamily)]);
    assert_eq!(effect(&policies, &local), Effect::Allow);
    let pipe = vec![(0, "", Value::Path(None)), (0, "f_flags", Value::Number(0))];
    assert_eq!(effect(&policies, &call("lsm:file_open", pipe)), Effect::Allow);
    let file = vec![(0, "", Value::Path(Some("/etc/x".to_owned()))), (0, "f_flags", Value::Number(0))];
    assert_eq!(effect(&policies, &call("lsm:file_open", file)), Effect::Deny);
}

#[test]
fn documents_that_share_entries_keep_their_meaning() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (shared, hits) = (std::cell::Cell::new(0), std::cell::RefCell::new(BTreeMap::new()));
    let input = (repository::crowd(), proptest::collection::vec(repository::crowd_event(), 4 * EVENTS));
    let outcome = runner.run(&input.prop_map(|input| input), |(text, events)| {
        // More documents than fit, even when they share, are refused.
        let Ok((confinements, policies)) = compile_if_possible(&text) else { return Ok(()) };
        let is_shared = |policy: &TracingPolicy| policy.metadata.name.value.starts_with("telovix-shared-");
        if policies.iter().any(is_shared) {
            shared.set(shared.get() + 1);
        }
        for event in events {
            let expected = expected(&confinements, &event);
            *hits.borrow_mut().entry((event.operation, expected)).or_insert(0) += 1;
            for call in calls(&event) {
                let found = effect(&policies, &call);
                if found != expected {
                    let message = format!(
                        "documents ask for {expected}, Tetragon has {found}:\n{text}\n{event:?}\n{call:?}"
                    );
                    return Err(TestCaseError::fail(message));
                }
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(shared.get() >= 10, "only {} cases share entries", shared.get());
    let hits = hits.into_inner();
    for operation in [Operation::Exec, Operation::Open, Operation::Connect, Operation::Capability] {
        for effect in [Effect::Allow, Effect::Kill, Effect::Deny] {
            let count: i32 = hits.get(&(operation, effect)).copied().unwrap_or_default();
            assert!(count >= 5, "{operation} {effect} is not reached: {hits:?}");
        }
    }
}
