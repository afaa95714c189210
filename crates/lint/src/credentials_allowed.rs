//! An allowlist of files that includes credentials of the host -> the file.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("credentials_allowed.md")), check: Check::Document(check) };

/// Files with passwords and keys that are not those of one program.
const CREDENTIALS: [&str; 4] =
    ["/etc/shadow", "/root/.ssh/id_ed25519", "/etc/ssh/ssh_host_ed25519_key", "/etc/kubernetes/admin.conf"];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::allowed_files(document) {
        let Some(file) = CREDENTIALS.into_iter().find(|path| item.value.contains(path)) else { continue };
        let message = format!("`{}` includes `{file}`, which is a credential of the host", item.value);
        sink.report(Diagnostic::new(&LINT.code, item.span, message).help("list the files that are needed"));
    }
}
