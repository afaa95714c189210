//! Exceptions -> the exemptions that still apply.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::confine::Exemption;
use telovix_policy::value::Date;

use super::{Options, Policy};
use crate::{Document, Exception};

/// An exception whose last day is past.
pub(super) static EXCEPTION_EXPIRED: Code = Code::page(include_str!("exception/exception-expired.md"));

/// An exception whose last day is past, in a compile without `--as-of`.
pub(super) static EXPIRED_IN_FORCE: Code =
    Code::page(include_str!("exception/expired-exception-in-force.md"));

/// Reports every exception that applies on the day to compile for but has expired on the day of the run.
pub fn report_outlived(policy: &Policy, as_of: Date, today: Date, sink: &mut Sink) {
    for placed in &policy.documents {
        let exceptions = match &placed.document {
            Document::GuardianProfile(profile) => &profile.exceptions,
            Document::EnforcementRule(rule) => &rule.exceptions,
            _ => continue,
        };
        let ends = exceptions.iter().filter_map(|exception| exception.expiry);
        for expiry in ends.filter(|expiry| (as_of..today).contains(&expiry.value)) {
            let message = format!("this exception expired on `{}` but would still apply", expiry.value);
            sink.report(
                Diagnostic::new(&EXPIRED_IN_FORCE, expiry.span, message)
                    .label(format!("today is `{today}`"))
                    .help("remove the exception, or renew it with its owner and a later `expiry`")
                    .help("or compile with `--as-of DATE`, which leaves out expired exceptions"),
            );
        }
    }
}

/// Returns the exemptions that apply on the day to compile for.
pub(super) fn exemptions(exceptions: &[Exception], options: Options, sink: &mut Sink) -> Vec<Exemption> {
    let mut held = Vec::with_capacity(exceptions.len());
    for exception in exceptions {
        match &exception.expiry {
            Some(expiry) if expiry.value < options.as_of => {
                let message = format!("this exception expired on `{}` and exempts no process", expiry.value);
                sink.report(
                    Diagnostic::new(&EXCEPTION_EXPIRED, expiry.span, message)
                        .label(format!("before `{}`, the day of `--as-of`", options.as_of))
                        .help("remove the exception, or renew it with its owner and a later `expiry`"),
                );
            }
            _ => held.push(exemption(exception)),
        }
    }
    held
}

fn exemption(exception: &Exception) -> Exemption {
    Exemption {
        process: exception.process.as_ref().map(|pattern| pattern.value.clone()),
        parent: exception.parent.as_ref().map(|pattern| pattern.value.clone()),
        span: exception.span,
        reason: exception.reason.value.clone(),
        owner: exception.owner.as_ref().map(|owner| owner.value.clone()),
        expiry: exception.expiry.as_ref().map(|expiry| expiry.value),
    }
}
