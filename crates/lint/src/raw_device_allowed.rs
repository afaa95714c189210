//! An allowlist of files that includes memory or whole disks -> the device.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("raw_device_allowed.md")), check: Check::Document(check) };

/// Devices through which no other rule holds.
const DEVICES: [&str; 5] = ["/dev/mem", "/dev/kmem", "/dev/sda", "/dev/vda", "/dev/nvme0n1"];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::allowed_files(document) {
        let Some(device) = DEVICES.into_iter().find(|path| item.value.contains(path)) else { continue };
        let message =
            format!("`{}` includes `{device}`, through which every file can be reached", item.value);
        let help = "list the devices that are used, such as `/dev/null`, `/dev/urandom`, `/dev/vfio/`";
        sink.report(Diagnostic::new(&LINT.code, item.span, message).help(help));
    }
}
