//! Exceptions -> the exemptions that still hold.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_policy::confine::Exemption;

use super::Options;
use crate::Exception;

/// An exception whose last day is past.
pub(super) static EXCEPTION_EXPIRED: Code = Code {
    id: "exception-expired",
    title: "an exception has expired",
    severity: Severity::Warning,
    explanation: "The last day of the exception is before the day of the compile (`--as-of`), so it exempts nobody \
any more: what it let through is now confined. On its last day an exception still holds.\n\nRemove it, or \
renew it with its owner and move `expiry`.",
    fires: Example::Text(
        "kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         exceptions:\n\
         \x20 - process: /usr/sbin/dkms\n\
         \x20   reason: driver build\n\
         \x20   owner: platform\n\
         \x20   expiry: 2020-01-31\n",
    ),
    silent: Example::Text(
        "kind: EnforcementRule\n\
         name: no modules\n\
         template: block-kmod-load\n\
         exceptions:\n\
         \x20 - process: /usr/sbin/dkms\n\
         \x20   reason: driver build\n\
         \x20   owner: platform\n\
         \x20   expiry: 2099-01-31\n",
    ),
};

/// Returns the exemptions that hold on the day of the compile.
pub(super) fn exemptions(exceptions: &[Exception], options: Options, sink: &mut Sink) -> Vec<Exemption> {
    let mut held = Vec::with_capacity(exceptions.len());
    for exception in exceptions {
        match &exception.expiry {
            Some(expiry) if expiry.value < options.as_of => {
                let message = format!("this exception expired on `{}` and exempts nobody", expiry.value);
                sink.report(
                    Diagnostic::new(&EXCEPTION_EXPIRED, expiry.span, message)
                        .label(format!("before `{}`, the day of this compile", options.as_of))
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
