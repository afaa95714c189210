//! A path below `/proc/self` or `/dev/fd` -> a finding that it matches nothing.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("path_under_proc.md")), check: Check::Document(check) };

const LINKS: [&str; 6] =
    ["/dev/fd", "/dev/stderr", "/dev/stdin", "/dev/stdout", "/proc/self", "/proc/thread-self"];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for paths in super::list::paths(document) {
        for item in &paths.list.items {
            let Some(link) = LINKS.into_iter().find(|link| lies_below(item.value.stem(), link)) else {
                continue;
            };
            let message = format!(
                "no file has the path `{}`: the kernel resolves `{link}` before `{}` is checked",
                item.value, paths.field
            );
            sink.report(
                Diagnostic::new(&LINT.code, item.span, message)
                    .help("write the file that the link leads to; the files of processes are below `/proc/1*` to `/proc/9*`"),
            );
        }
    }
}

fn lies_below(path: &str, link: &str) -> bool {
    path.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
