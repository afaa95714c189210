//! A confinement -> the Tetragon hooks that see its operation, with the arguments that select its events.
//!
//! Indices and types are those of the kernels' prototypes (`tracing_policy::lsm_hook_table`); what each hook
//! sees was measured on 6.1, 6.12 and 7.2 for the hooks of exec, open, connect and capability, and is taken
//! from the kernel's source for the others.

use std::borrow::Cow;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_platform::Kernel;
use telovix_policy::confine::{
    Access, CapabilitySet, Condition, Confinement, Effect, Listing, MemberValue, Operation, PathSet,
    SocketSet, SocketType,
};
use telovix_policy::value::Capability;
use telovix_tetragon::{Argument, ArgumentFilter, ArgumentType, Operator, SyscallFlag, Text};

use super::filter::{
    Lines, PATH_BYTES, Place, Refusal, constant_filter, decimal, endpoint_alternatives, filter,
    path_alternatives,
};
use super::plan::{Plan, Site};
use super::syscall;

/// `O_LARGEFILE | __FMODE_EXEC`: the flags with which the kernel opens what it executes (`fs/exec.c`,
/// do_open_execat). No process can request these flags.
const OPENED_FOR_EXEC: &str = "32800";
/// `PTRACE_MODE_ATTACH` of `include/linux/ptrace.h`.
const PTRACE_ATTACH: &str = "2";
/// `S_ISUID | S_ISGID`.
const SET_ID_BITS: &str = "3072";
/// `READING_MODULE`, and `READING_MODULE_COMPRESSED`, which kernels before 7.0 do not have.
const MODULE_READS: &[&str] = &["2", "7"];
/// `LOADING_MODULE`.
const MODULE_LOADS: &[&str] = &["2"];
/// `BPF_PROG_LOAD`, and the commands that open a program, a map or a link by its number.
const BPF_LOADS_AND_TAKES: [&str; 4] = ["5", "13", "14", "30"];
/// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET: every namespace but the user namespace, whose
/// creation has a separate hook.
const CLONE_NAMESPACES: &str = "1845624832";
/// The same and CLONE_NEWTIME, whose bit is part of the exit signal in `clone`.
const UNSHARE_NAMESPACES: &str = "1845624960";

/// Plans the hooks of a confinement.
pub(super) fn plan<'text>(
    confinement: &'text Confinement,
    kernels: &[Kernel],
) -> Result<Vec<Plan<'text>>, Refusal> {
    let (effect, span) = (confinement.effect, confinement.span);
    match (&confinement.condition, confinement.operation) {
        (Condition::Exec { paths, anonymous }, _) => exec(paths, *anonymous, confinement),
        (Condition::Open { paths, accesses }, _) => {
            let reads =
                [Access::Read, Access::Write, Access::Create].iter().any(|access| accesses.contains(*access));
            open(paths, reads, accesses.contains(Access::Truncate), confinement)
        }
        (Condition::Connect(endpoints), _) => {
            let argument = vec![Argument::plain(1, ArgumentType::SocketAddress, span)];
            let alternatives = endpoint_alternatives(endpoints, Place::Index(1), confinement);
            Ok(vec![Plan::lsm("socket_connect", effect, span).reading(argument).when(alternatives)])
        }
        (Condition::Capability(set), Operation::Capset) => Ok(vec![capset(*set, effect, span)]),
        (Condition::Capability(set), _) => Ok(vec![capability(*set, confinement)]),
        (Condition::Syscall(set), _) => syscall::plans(set, effect, span),
        (Condition::Socket(sockets), _) => socket(sockets, effect, span),
        (Condition::Always, operation) => always(operation, kernels, effect, span),
    }
}

fn exec<'text>(
    paths: &'text PathSet,
    anonymous: bool,
    confinement: &Confinement,
) -> Result<Vec<Plan<'text>>, Refusal> {
    let (effect, span) = (confinement.effect, confinement.span);
    let mut arguments = vec![Argument::plain(0, ArgumentType::Binprm, span)];
    let mut alternatives = path_alternatives(paths, Place::Index(0), confinement)?;
    let is_everything = alternatives.iter().any(Vec::is_empty);
    if anonymous && !is_everything {
        // Programs without a path have no link: memory files, O_TMPFILE and deleted files.
        arguments.push(Argument::plain(0, ArgumentType::Uint32, span).resolve("file.f_inode.i_nlink"));
        alternatives.push(vec![constant_filter(Place::Declared(1), Operator::Equal, &["0"], span)]);
    }
    if is_everything {
        arguments.clear();
    }
    Ok(vec![Plan::lsm("bprm_check_security", effect, span).reading(arguments).when(alternatives)])
}

/// Plans opens and truncations. Deleting, renaming and linking pass hooks whose paths Tetragon reads relative to
/// their mount only; they are reported as open bypasses.
fn open<'text>(
    paths: &'text PathSet,
    opens: bool,
    truncates: bool,
    confinement: &Confinement,
) -> Result<Vec<Plan<'text>>, Refusal> {
    let (effect, span) = (confinement.effect, confinement.span);
    let mut alternatives = path_alternatives(paths, Place::Index(0), confinement)?;
    for filters in alternatives.iter_mut().filter(|filters| filters.is_empty()) {
        // Files without a path (pipes, sockets, memory files) are in no set of paths.
        filters.push(constant_filter(Place::Index(0), Operator::Prefix, &["/"], span));
    }
    let mut plans = Vec::new();
    if opens {
        let flags = Argument::plain(0, ArgumentType::Uint32, span).resolve("f_flags");
        let arguments = vec![Argument::plain(0, ArgumentType::File, span), flags];
        let not_for_exec = constant_filter(Place::Declared(1), Operator::NotEqual, &[OPENED_FOR_EXEC], span);
        let mut opened = alternatives.clone();
        for filters in &mut opened {
            filters.iter_mut().for_each(name_deleted);
            filters.push(not_for_exec.clone());
        }
        plans.push(Plan::lsm("file_open", effect, span).reading(arguments).when(opened));
    }
    if truncates {
        let arguments = vec![Argument::plain(0, ArgumentType::Path, span)];
        plans.push(Plan::lsm("path_truncate", effect, span).reading(arguments).when(alternatives));
    }
    Ok(plans)
}

/// The ending of the path of a file that is deleted but still open (`fs/d_path.c`).
const DELETED: &str = " (deleted)";

/// Adds the paths of deleted files to a list of exact paths; prefixes match them anyway. An allowlist is unchanged:
/// it denies what it does not list.
fn name_deleted(filter: &mut ArgumentFilter<'_>) {
    if filter.operator.value == Operator::Equal {
        let deleted = |path: &Text<'_>| Spanned::new([&path.value, DELETED].concat().into(), path.span);
        // The kernel returns no path longer than Tetragon compares.
        let fits = |path: &&Text<'_>| path.value.len() + DELETED.len() <= PATH_BYTES;
        let deleted: Vec<Text<'_>> = filter.values.iter().filter(fits).map(deleted).collect();
        filter.values.extend(deleted);
    }
}

fn capability(set: CapabilitySet, confinement: &Confinement) -> Plan<'static> {
    let (effect, span) = (confinement.effect, confinement.span);
    let place = Place::Index(2);
    let lines = Lines::of(confinement, |member| match member {
        MemberValue::Capability(capability) => Some(*capability),
        _ => None,
    });
    let number = |capability: Capability| {
        Spanned::new(decimal(capability.number()), lines.get(&capability).unwrap_or(span))
    };
    let values = |set: CapabilitySet| set.iter().map(number).collect::<Vec<_>>();
    // A capability that a later kernel adds is in neither list, so `NotInMap` of the complement covers it.
    let filter = match confinement.listing {
        Listing::Allows => filter(place, Operator::NotInMap, values(set.complement()), span),
        Listing::Blocks => filter(place, Operator::InMap, values(set), span),
    };
    let plan = Plan::lsm("capable", effect, span);
    match (filter.values.is_empty(), confinement.listing) {
        (true, Listing::Allows) => plan,
        (true, Listing::Blocks) => plan.when(Vec::new()),
        (false, _) => {
            plan.reading(vec![Argument::plain(2, ArgumentType::Int, span)]).when(vec![vec![filter]])
        }
    }
}

/// The new effective and inheritable sets; `capset` never adds to the permitted set.
fn capset(set: CapabilitySet, effect: Effect, span: Span) -> Plan<'static> {
    let names: Vec<_> = set.iter().map(engine_name).collect();
    let names = Spanned::new(Cow::Owned(names.join(",")), span);
    let holds = |index| vec![filter(Place::Index(index), Operator::Mask, vec![names.clone()], span)];
    let arguments = [2, 3].map(|index| Argument::plain(index, ArgumentType::KernelCapabilities, span));
    Plan::lsm("capset", effect, span).reading(arguments.to_vec()).when(vec![holds(2), holds(3)])
}

/// Returns the name that Tetragon has for a capability: one of them is without `CAP_`.
fn engine_name(capability: Capability) -> String {
    match capability.short_name() {
        "DAC_OVERRIDE" => "DAC_OVERRIDE".to_owned(),
        name => format!("CAP_{name}"),
    }
}

fn socket(sockets: &SocketSet, effect: Effect, span: Span) -> Result<Vec<Plan<'static>>, Refusal> {
    /// Most numbers of a filter.
    const NUMBERS: usize = 4;
    let (families, others) = sockets.families();
    if !others.is_empty() {
        return Err(Refusal::cannot_express(
            span,
            "Tetragon does not support a condition on all socket families except some",
        ));
    }
    let mut by_types: std::collections::BTreeMap<Vec<SocketType>, Vec<String>> =
        std::collections::BTreeMap::new();
    for (family, types) in families.filter(|(_, types)| !types.is_empty()) {
        by_types.entry(types).or_default().push(family.to_string());
    }
    let numbers = |index: u32, numbers: &[String]| {
        let operator = if numbers.len() > NUMBERS { Operator::InMap } else { Operator::Equal };
        let values = numbers.iter().map(|number| Spanned::new(number.clone().into(), span)).collect();
        filter(Place::Index(index), operator, values, span)
    };
    let alternatives = by_types.iter().map(|(types, families)| {
        let mut filters = vec![numbers(0, families)];
        if types.len() < SocketType::ALL.len() {
            let types: Vec<_> = types.iter().map(|kind| kind.number().to_string()).collect();
            filters.push(numbers(1, &types));
        }
        // Sockets that the kernel creates for itself are not confined.
        filters.push(constant_filter(Place::Index(3), Operator::Equal, &["0"], span));
        filters
    });
    let arguments = [0, 1, 3].map(|index| Argument::plain(index, ArgumentType::Int, span));
    let plan = Plan::lsm("socket_create", effect, span);
    Ok(vec![plan.reading(arguments.to_vec()).when(alternatives.collect())])
}

fn always(
    operation: Operation,
    kernels: &[Kernel],
    effect: Effect,
    span: Span,
) -> Result<Vec<Plan<'static>>, Refusal> {
    let every = |hook: &'static str| Plan::lsm(hook, effect, span);
    let numbered = |hook, index: u32, kind: ArgumentType, operator: Operator, values: &[&'static str]| {
        let filters = vec![constant_filter(Place::Index(index), operator, values, span)];
        every(hook).reading(vec![Argument::plain(index, kind, span)]).when(vec![filters])
    };
    let kprobe = |site| Plan::kprobes(vec![site], effect, span);
    let call = |name: &'static str| Site::kprobe(name, SyscallFlag::Syscall, span);
    // A kernel may be built without the stubs of the 32-bit path.
    let stub = |name: &'static str| Site::kprobe(name, SyscallFlag::Function, span).where_present();
    let flagged = |site, flags: &'static str, argument: Argument<'static>| {
        let filters = vec![constant_filter(Place::Index(0), Operator::Mask, &[flags], span)];
        kprobe(site).reading(vec![argument]).when(vec![filters])
    };
    let flags = Argument::plain(0, ArgumentType::Uint64, span);
    let flagged_64 = |name, bits| flagged(call(name), bits, flags.clone());
    // The stubs have the registers as their only argument.
    let flagged_32 = |name, bits| flagged(stub(name), bits, flags.clone().resolve("bx"));
    Ok(match operation {
        Operation::ModuleLoad => vec![
            numbered("kernel_read_file", 1, ArgumentType::Int, Operator::Equal, MODULE_READS),
            numbered("kernel_load_data", 0, ArgumentType::Int, Operator::Equal, MODULE_LOADS),
        ],
        Operation::UserNamespace => vec![every("userns_create")],
        Operation::Ptrace => vec![
            numbered("ptrace_access_check", 1, ArgumentType::Uint32, Operator::Mask, &[PTRACE_ATTACH]),
            every("ptrace_traceme"),
        ],
        Operation::MemoryFile => memory_file(kernels, effect, span),
        Operation::PivotRoot => vec![every("sb_pivotroot")],
        Operation::Mount => vec![every("sb_mount"), every("sb_kern_mount"), every("move_mount")],
        Operation::Unshare => vec![
            flagged_64("sys_unshare", UNSHARE_NAMESPACES),
            flagged_64("sys_clone", CLONE_NAMESPACES),
            kprobe(call("sys_setns")),
            flagged_32("__ia32_sys_unshare", UNSHARE_NAMESPACES),
            flagged_32("__ia32_compat_sys_ia32_clone", CLONE_NAMESPACES),
            kprobe(stub("__ia32_sys_setns")),
        ],
        Operation::Bpf => vec![numbered("bpf", 0, ArgumentType::Int, Operator::Equal, &BPF_LOADS_AND_TAKES)],
        Operation::SetId => vec![
            numbered("path_chmod", 1, ArgumentType::Uint16, Operator::Mask, &[SET_ID_BITS]),
            numbered("inode_create", 2, ArgumentType::Uint16, Operator::Mask, &[SET_ID_BITS]),
            numbered("path_mknod", 2, ArgumentType::Uint16, Operator::Mask, &[SET_ID_BITS]),
        ],
        Operation::Exec => vec![every("bprm_check_security")],
        Operation::Capability => vec![every("capable")],
        Operation::Open | Operation::Connect | Operation::Syscall | Operation::Socket | Operation::Capset => {
            let message = format!("no Tetragon hook sees every event of `{operation}`");
            return Err(Refusal::cannot_express(span, message));
        }
    })
}

/// Kernel 7.2 has an LSM hook for memory files; on older kernels only a kprobe sees the call.
fn memory_file(kernels: &[Kernel], effect: Effect, span: Span) -> Vec<Plan<'static>> {
    let mut plans = Vec::new();
    if kernels.contains(&Kernel::V7_2) {
        let name = Argument::plain(1, ArgumentType::String, span).resolve("name");
        let names = constant_filter(Place::Index(1), Operator::Equal, &["[memfd]", "[secretmem]"], span);
        let plan = Plan::lsm("inode_init_security_anon", effect, span);
        plans.push(plan.reading(vec![name]).when(vec![vec![names]]));
    }
    if kernels.iter().any(|kernel| *kernel != Kernel::V7_2) {
        let sites = ["sys_memfd_create", "sys_memfd_secret"]
            .map(|call| Site::kprobe(call, SyscallFlag::Syscall, span).where_present());
        plans.push(Plan::kprobes(sites.to_vec(), effect, span));
        let stubs = ["__ia32_sys_memfd_create", "__ia32_sys_memfd_secret"];
        plans.extend(syscall::of_32_bit_programs(stubs.to_vec(), effect, span));
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::{CLONE_NAMESPACES, UNSHARE_NAMESPACES};

    #[test]
    fn flags_are_those_of_the_kernel() {
        let (mount, cgroup, uts, ipc): (u64, u64, u64, u64) =
            (0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000);
        let (pid, net, time): (u64, u64, u64) = (0x2000_0000, 0x4000_0000, 0x80);
        let clone = mount | cgroup | uts | ipc | pid | net;
        assert_eq!(CLONE_NAMESPACES, clone.to_string());
        assert_eq!(UNSHARE_NAMESPACES, (clone | time).to_string());
    }
}
