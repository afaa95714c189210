//! A valid policy -> findings about what its author probably did not mean.
//!
//! A lint is one file: what it looks for, why that matters, an example that fires and one that does not.
//! A new lint also needs one line in the table below.

#![forbid(unsafe_code)]

mod list;
mod program;

use telovix_diagnostic::{Code, Sink};
use telovix_document::lower::Policy;
use telovix_document::{Document, EnforcementRule, GuardianPolicy, GuardianProfile, RuntimeGuard};
use telovix_policy::value::Date;

/// One lint.
#[derive(Debug)]
pub struct Lint {
    /// What it reports.
    pub code: Code,
    /// What it looks at.
    check: Check,
}

/// The smallest part of a policy that a lint needs.
#[derive(Debug, Clone, Copy)]
enum Check {
    Profile(fn(&GuardianProfile, &mut Sink)),
    Rule(fn(&EnforcementRule, &mut Sink)),
    Guard(fn(&RuntimeGuard, &mut Sink)),
    Detection(fn(&GuardianPolicy, &mut Sink)),
    Document(fn(&Document, Date, &mut Sink)),
    Policy(fn(&Policy, &mut Sink)),
}

/// Declares the module of each lint and the list of all of them.
macro_rules! lints {
    ($($name:ident,)+) => {
        $(mod $name;)+

        /// Every lint, by name.
        pub static ALL: &[&Lint] = &[$(&$name::LINT),+];
    };
}

lints! {
    audit_kills,
    bpf_block_without_loader,
    broad_capability,
    cidr_any,
    covered_entry,
    credentials_allowed,
    custom_rule_budget,
    detection_matches_everything,
    detection_not_compiled,
    empty_allowlist,
    exception_duplicate,
    exception_expires_soon,
    exception_far_end,
    exception_swallows_rule,
    exception_without_end,
    exception_without_owner,
    generated_files,
    guard_blocks_libraries,
    guard_dead_allow,
    guard_denies_network,
    guard_sample_differs,
    host_bits,
    interpreter_profile,
    kernel_settings_allowed,
    metadata_service_allowed,
    missing_library_paths,
    namespaced_policy,
    observe_window,
    package_manager_spawn,
    path_through_link,
    path_under_proc,
    platform_agents_hit,
    port_zero,
    ports_without_cidrs,
    profile_confines_nothing,
    raw_device_allowed,
    selector_escapable,
    space_in_process_name,
    spawn_escape,
    suspicious_character,
    syscall_listed_twice,
    syscall_only_32_bit,
    syscall_sibling,
    tmp_template_misses_var_tmp,
    transfer_tool_spawn,
    unknown_control,
    unknown_profile,
    unknown_role,
    vague_reason,
    writable_spawn,
}

/// The codes of all lints.
pub static CODES: [&Code; ALL.len()] = {
    let mut codes = [&ALL[0].code; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        codes[at] = &ALL[at].code;
        at += 1;
    }
    codes
};

/// Runs every lint. Expiry dates are compared with `as_of`.
pub fn check(policy: &Policy, as_of: Date, sink: &mut Sink) {
    for lint in ALL {
        if let Check::Policy(run) = lint.check {
            run(policy, sink);
        }
    }
    for placed in &policy.documents {
        for lint in ALL {
            match (lint.check, &placed.document) {
                (Check::Profile(run), Document::GuardianProfile(profile)) => run(profile, sink),
                (Check::Rule(run), Document::EnforcementRule(rule)) => run(rule, sink),
                (Check::Guard(run), Document::RuntimeGuard(guard)) => run(guard, sink),
                (Check::Detection(run), Document::GuardianPolicy(detection)) => run(detection, sink),
                (Check::Document(run), document) => run(document, as_of, sink),
                _ => {}
            }
        }
    }
}

/// Runs the lints for parts of a policy that contradict or repeat each other: entries covered by others, and
/// exceptions that disable their whole document.
pub fn overlaps(policy: &Policy, sink: &mut Sink) {
    for placed in &policy.documents {
        covered_entry::look(&placed.document, sink);
        exception_swallows_rule::look(&placed.document, sink);
    }
}
