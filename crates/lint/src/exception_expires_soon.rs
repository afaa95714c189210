//! An exception near its last day -> a reminder while there is time.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code::page(include_str!("exception_expires_soon.md"))
        .fires_on(|| rule("2026-12-01"))
        .silent_on(|| rule("2099-12-31")),
    check: Check::Document(check),
};

const NOTICE_DAYS: i32 = 30;

fn check(document: &Document, as_of: Date, sink: &mut Sink) {
    for exception in super::list::exceptions(document) {
        let Some(expiry) = &exception.expiry else { continue };
        let days = expiry.value.days_since(as_of);
        if !(0..=NOTICE_DAYS).contains(&days) {
            continue;
        }
        let message = match days {
            0 => "this exception expires today".to_owned(),
            1 => "this exception expires tomorrow".to_owned(),
            days => format!("this exception expires in {days} days"),
        };
        let who = exception.owner.as_ref().map_or("its owner", |owner| owner.value.as_str());
        sink.report(
            Diagnostic::new(&LINT.code, expiry.span, message)
                .help(format!("renew it with `{who}`, or check that it is no longer needed")),
        );
    }
}

fn rule(expiry: &str) -> String {
    format!(
        "kind: EnforcementRule\nname: no modules\ntemplate: block-kmod-load\nexceptions:\n  - process: /usr/sbin/dkms\n    \
         reason: driver build\n    owner: platform\n    expiry: {expiry}\n"
    )
}
