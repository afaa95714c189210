//! A valid policy -> findings about what its author probably did not mean.
//!
//! A lint is one file: what it looks for, why that matters, an example that fires and one that does not.
//! A new lint also needs an entry in [`ALL`].

#![forbid(unsafe_code)]

mod audit_kills;
mod bpf_block_without_loader;
mod broad_capability;
mod cidr_any;
mod covered_entry;
mod custom_rule_budget;
mod detection_matches_everything;
mod detection_not_compiled;
mod empty_allowlist;
mod exception_expires_soon;
mod exception_swallows_rule;
mod exception_without_owner;
mod generated_files;
mod guard_dead_allow;
mod guard_denies_network;
mod guard_sample_differs;
mod host_bits;
mod interpreter_profile;
mod list;
mod missing_library_paths;
mod observe_window;
mod path_through_link;
mod path_under_proc;
mod port_zero;
mod ports_without_cidrs;
mod profile_confines_nothing;
mod program;
mod spawn_escape;
mod suspicious_character;
mod syscall_only_32_bit;
mod syscall_sibling;
mod tmp_template_misses_var_tmp;
mod unknown_profile;
mod unknown_role;
mod writable_spawn;

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

/// Every lint, by name.
pub static ALL: [&Lint; 33] = [
    &audit_kills::LINT,
    &bpf_block_without_loader::LINT,
    &broad_capability::LINT,
    &cidr_any::LINT,
    &covered_entry::LINT,
    &custom_rule_budget::LINT,
    &detection_matches_everything::LINT,
    &detection_not_compiled::LINT,
    &empty_allowlist::LINT,
    &exception_expires_soon::LINT,
    &exception_swallows_rule::LINT,
    &exception_without_owner::LINT,
    &generated_files::LINT,
    &guard_dead_allow::LINT,
    &guard_denies_network::LINT,
    &guard_sample_differs::LINT,
    &host_bits::LINT,
    &interpreter_profile::LINT,
    &missing_library_paths::LINT,
    &observe_window::LINT,
    &path_through_link::LINT,
    &path_under_proc::LINT,
    &port_zero::LINT,
    &ports_without_cidrs::LINT,
    &profile_confines_nothing::LINT,
    &spawn_escape::LINT,
    &suspicious_character::LINT,
    &syscall_only_32_bit::LINT,
    &syscall_sibling::LINT,
    &tmp_template_misses_var_tmp::LINT,
    &unknown_profile::LINT,
    &unknown_role::LINT,
    &writable_spawn::LINT,
];

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
