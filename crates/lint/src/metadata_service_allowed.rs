//! An allowed CIDR block that includes the metadata service of a cloud.

use std::net::{IpAddr, Ipv4Addr};

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("metadata_service_allowed.md")), check: Check::Document(check) };

/// The address of the metadata service in the large clouds.
const SERVICE: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    // `cidr-any` is about blocks with every address.
    for item in super::list::allowed_cidrs(document).filter(|item| item.value.length() > 0) {
        if item.value.contains(SERVICE) {
            let message = format!("`{}` includes `{SERVICE}`, where clouds hand out credentials", item.value);
            let help = "allow it only to the program that needs the identity of the machine";
            sink.report(Diagnostic::new(&LINT.code, item.span, message).help(help));
        }
    }
}
