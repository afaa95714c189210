//! Faults in what an image is packed from.

use std::collections::BTreeMap;

use telovix_compiler::proof::{Depth, Parents, Translation, prove};
use telovix_diagnostic::Sink;
use telovix_platform::{Backend, Target};
use telovix_policy::confine::{
    Access, CapabilitySet, Condition, Confinement, Effect, EndpointSet, PathSet, PortSet, SyscallSet,
};
use telovix_policy::value::{Children, PortRange};

use super::{Compiled, Seeded, compiled, judge};

/// A fault: a confinement -> what is packed instead. Nothing where it cannot be put in.
type Fault = fn(&Confinement) -> Option<Confinement>;

const FAULTS: &[(&str, Fault)] = &[
    ("a condition is never met", |one| condition(one, none(&one.condition)?)),
    ("a path is missing from a list", |one| condition(one, without_a_path(&one.condition)?)),
    ("an access is not covered", |one| condition(one, without_an_access(&one.condition)?)),
    ("an endpoint is missing", |one| condition(one, without_an_endpoint(&one.condition)?)),
    ("a capability is missing", |one| condition(one, without_a_capability(&one.condition)?)),
    ("a system call is missing", |one| condition(one, without_a_call(&one.condition)?)),
    ("an effect is weaker", |one| {
        let weaker = match one.effect {
            Effect::Deny => Effect::Kill,
            Effect::Kill => Effect::Log,
            _ => return None,
        };
        Some(Confinement { effect: weaker, ..one.clone() })
    }),
    ("descendants are left out", |one| {
        (one.children == Children::Inherit).then(|| Confinement { children: Children::Leave, ..one.clone() })
    }),
    ("an exception is lost", |one| {
        (!one.exemptions.is_empty()).then(|| Confinement { exemptions: Vec::new(), ..one.clone() })
    }),
];

fn condition(one: &Confinement, condition: Condition) -> Option<Confinement> {
    (condition != one.condition).then(|| Confinement { condition, ..one.clone() })
}

fn none(condition: &Condition) -> Option<Condition> {
    Some(match condition {
        Condition::Exec { .. } => Condition::Exec { paths: PathSet::default(), anonymous: false },
        Condition::Open { accesses, .. } => {
            Condition::Open { paths: PathSet::default(), accesses: *accesses }
        }
        Condition::Connect(_) => Condition::Connect(EndpointSet::any_address(PortSet::default())),
        Condition::Capability(_) => Condition::Capability(CapabilitySet::default()),
        Condition::Syscall(_) => Condition::Syscall(SyscallSet::default()),
        Condition::Always | Condition::Socket(_) => return None,
    })
}

fn without_a_path(condition: &Condition) -> Option<Condition> {
    let less = |paths: &PathSet| {
        let lost: PathSet =
            [telovix_policy::value::PathPattern::parse(&paths.witness()?).ok()?].iter().collect();
        Some(paths.difference(&lost))
    };
    Some(match condition {
        Condition::Exec { paths, anonymous } => {
            Condition::Exec { paths: less(paths)?, anonymous: *anonymous }
        }
        Condition::Open { paths, accesses } => Condition::Open { paths: less(paths)?, accesses: *accesses },
        _ => return None,
    })
}

fn without_an_access(condition: &Condition) -> Option<Condition> {
    let Condition::Open { paths, accesses } = condition else { return None };
    let rest = accesses.iter().filter(|access| *access != Access::Write).collect();
    Some(Condition::Open { paths: paths.clone(), accesses: rest })
}

fn without_an_endpoint(condition: &Condition) -> Option<Condition> {
    let Condition::Connect(set) = condition else { return None };
    let port: PortSet = [PortRange::parse(&set.witness()?.port.to_string()).ok()?].into_iter().collect();
    Some(Condition::Connect(set.difference(&EndpointSet::any_address(port))))
}

fn without_a_capability(condition: &Condition) -> Option<Condition> {
    let Condition::Capability(set) = condition else { return None };
    let lost = set.witness()?;
    Some(Condition::Capability(set.iter().filter(|capability| *capability != lost).collect()))
}

fn without_a_call(condition: &Condition) -> Option<Condition> {
    let Condition::Syscall(set) = condition else { return None };
    let lost = set.witness()?;
    Some(Condition::Syscall(set.iter().filter(|call| *call != lost).collect()))
}

#[test]
fn each_fault_in_an_image_is_caught() {
    let compiled = compiled();
    let enforced = compiled.outcome.policy.enforced_natively();
    let mut table: BTreeMap<&'static str, Seeded> = BTreeMap::new();
    for (kind, fault) in FAULTS {
        let seeded = table.entry(kind).or_default();
        for (at, one) in enforced.iter().enumerate() {
            let Some(changed) = fault(one) else { continue };
            let mut packed = enforced.to_vec();
            packed[at] = changed;
            seeded.faults += 1;
            if is_caught(&compiled, &packed) {
                seeded.caught += 1;
            } else {
                seeded.survivors.push(format!(
                    "{} {}: {}",
                    one.document.kind.name(),
                    one.document.name,
                    one.operation
                ));
            }
        }
    }
    judge("image", &table, EQUIVALENT);
}

/// Faults that change nothing that an event can show, and why.
const EQUIVALENT: &[(&str, &str)] = &[];

fn is_caught(compiled: &Compiled, packed: &[Confinement]) -> bool {
    let image = telovix_image::pack(packed, &compiled.sources, &mut Sink::default()).unwrap();
    let bytes = image.write();
    let is_native = |target: &Target| target.backend == Backend::Native;
    let targets: Vec<Target> = compiled.options.targets.iter().copied().filter(is_native).collect();
    let translation = Translation {
        policy: &compiled.outcome.policy,
        sources: &compiled.sources,
        targets: &targets,
        parents: Parents::Unknown,
        emitted: &[],
        image: Some(&bytes),
    };
    let mut sink = Sink::default();
    let _ = prove(&translation, Depth::Whole, &mut sink);
    sink.has_errors()
}
