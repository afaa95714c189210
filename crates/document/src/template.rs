//! The built-in templates: their confinements, every known bypass, and which target covers it.
//!
//! A template names an operation, not a system call. Each file of this folder has the confinements of one template,
//! lists every known bypass of the operation, and says for each backend and kernel
//! whether it is denied, only killed, or open. An open bypass is reported.

use telovix_platform::Bypass;
use telovix_policy::confine::ViolationSeverity;
use telovix_policy::confine::{Condition, Effect, MemberValue, Operation};

use crate::Template;

/// A built-in template.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its identity.
    pub template: Template,
    /// A short name of the operation it stops.
    pub title: &'static str,
    /// What happens to the operation.
    pub effect: Effect,
    /// The severity of an attempt.
    pub severity: ViolationSeverity,
    /// The confinements it means, for every process that is not exempt.
    pub clauses: fn() -> Vec<Clause>,
    /// The system calls for the operation, for event histories and engines that know only system calls.
    pub syscalls: &'static [&'static str],
    /// Every known bypass, and the ways to the operation that are covered.
    pub bypasses: &'static [Bypass],
    /// Why to use it, and what it breaks. Markdown paragraphs.
    pub explanation: &'static str,
}

/// One operation that a template names.
#[derive(Debug)]
pub struct Clause {
    /// What is done.
    pub operation: Operation,
    /// Which events of the operation.
    pub condition: Condition,
    /// The entries of the condition, if it is a list.
    pub members: Vec<MemberValue>,
}

impl Clause {
    /// Returns a clause that names every event of an operation.
    fn always(operation: Operation) -> Self {
        Self { operation, condition: Condition::Always, members: Vec::new() }
    }
}

/// Declares the module of each template and the list of all of them.
macro_rules! templates {
    ($($name:ident,)+) => {
        $(mod $name;)+

        /// Every built-in template, in the order of the documentation.
        pub static ALL: &[&BuiltIn] = &[$(&$name::TEMPLATE),+];
    };
}

templates! {
    block_kmod_load,
    block_user_namespace,
    block_raw_sockets,
    block_capset_sysadmin,
    kill_ptrace_attach,
    block_execve_tmp,
    block_memfd_create,
    block_pivot_root,
    block_mount_syscall,
    block_unshare,
    block_bpf_load,
    block_socket_raw,
    block_chmod_suid,
}

/// Returns the definition of a template; none for `custom`, whose policy defines it.
#[must_use]
pub fn find(template: Template) -> Option<&'static BuiltIn> {
    ALL.iter().copied().find(|built_in| built_in.template == template)
}

#[cfg(test)]
mod tests {
    use telovix_bpf_programs::layout::HOOKS;

    use super::{ALL, find};
    use crate::Template;
    use telovix_platform::Status;
    use telovix_platform::{Backend, Target};
    use telovix_policy::confine::Effect;
    use telovix_policy::value::Syscall;

    #[test]
    fn every_template_but_custom_is_built_in_and_in_order() {
        let ids: Vec<&str> = ALL.iter().map(|built_in| built_in.template.id()).collect();
        let product: Vec<&str> = Template::ALL.iter().map(|template| template.id()).collect();
        assert_eq!([ids, vec!["custom"]].concat(), product);
        assert!(find(Template::Custom).is_none());
    }

    #[test]
    fn what_is_covered_natively_is_covered_by_a_program_that_attaches_there() {
        for built_in in ALL {
            for (bypass, target) in
                built_in.bypasses.iter().flat_map(|bypass| Target::ALL.map(|target| (bypass, target)))
            {
                let Status::Covered(hook) = bypass.on(target) else { continue };
                let attaches = HOOKS.iter().any(|known| {
                    known.name == hook && known.until.is_none_or(|until| target.kernel.version() < until)
                });
                let is_native = target.backend == Backend::Native;
                assert!(attaches || !is_native, "{target} has no program at `{hook}`: {}", bypass.name);
            }
        }
    }

    #[test]
    fn a_template_that_kills_is_never_said_to_be_weakened_to_a_kill() {
        for built_in in ALL.iter().filter(|built_in| built_in.effect == Effect::Kill) {
            for (bypass, target) in
                built_in.bypasses.iter().flat_map(|bypass| Target::ALL.map(|target| (bypass, target)))
            {
                assert!(
                    !matches!(bypass.on(target), Status::Killed(_)),
                    "{}: {}",
                    built_in.title,
                    bypass.name
                );
            }
        }
    }

    #[test]
    fn every_named_call_exists() {
        for call in ALL.iter().flat_map(|built_in| built_in.syscalls) {
            assert!(Syscall::parse(call).is_ok(), "`{call}` is no system call");
        }
    }
}
