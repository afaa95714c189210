//! Addresses and CIDRs, as Go's `netip` reads them for Tetragon.

use std::net::{IpAddr, Ipv6Addr};

use telovix_policy::value::Cidr;

use super::Problem;
use crate::codes::{IGNORED, VALUE};

/// Returns what is wrong with an address or CIDR.
pub(super) fn address_problem(text: &str) -> Problem {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let without_zone = || {
        let (address, zone) = address.split_once('%')?;
        address.parse::<Ipv6Addr>().ok().filter(|_| !zone.is_empty()).map(IpAddr::V6)
    };
    let (parsed, has_zone) = match address.parse::<IpAddr>().ok() {
        Some(address) => (address, false),
        None => match without_zone() {
            Some(address) => (address, true),
            None => return Some((&VALUE, "is not an IP address or CIDR".to_owned())),
        },
    };
    let width = if parsed.is_ipv4() { 32 } else { 128 };
    let plain = |digits: &&str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
    };
    let length = match length {
        None => None,
        Some(digits) => match Some(digits).filter(plain).and_then(|digits| digits.parse::<u8>().ok()) {
            Some(length) if length <= width => Some(length),
            _ => return Some((&VALUE, "has an invalid prefix length".to_owned())),
        },
    };
    match (has_zone, length) {
        (true, Some(_)) => Some((&VALUE, "is a CIDR with a zone".to_owned())),
        (true, None) => Some((&IGNORED, "has a zone, which Tetragon ignores".to_owned())),
        (false, Some(length)) if Cidr::new(parsed, length).is_some_and(Cidr::has_host_bits) => {
            Some((&IGNORED, "has host bits, which Tetragon ignores".to_owned()))
        }
        _ => None,
    }
}
