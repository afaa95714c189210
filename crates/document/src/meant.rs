//! Invalid text in the notation of another tool -> what to write instead.

use std::net::Ipv4Addr;

use telovix_policy::value::{Cidr, Date, PortRange, Syscall};

/// What a text in another notation means.
pub(super) struct Meant {
    /// What to write, as a sentence.
    pub(super) help: String,
    /// The text to write, if there is exactly one.
    pub(super) text: Option<String>,
}

impl Meant {
    fn new(text: impl Into<String>, more: &str) -> Self {
        let text = text.into();
        Self { help: format!("write `{text}`{more}"), text: Some(text) }
    }
}

/// `8000 - 8100`, `80:90`, `443/tcp`
pub(super) fn ports(text: &str) -> Option<Meant> {
    let (ports, protocol) = match text.split_once('/') {
        Some((ports, protocol @ ("tcp" | "udp" | "TCP" | "UDP"))) => (ports, Some(protocol)),
        Some(_) => return None,
        None => (text, None),
    };
    let meant: String = ports.replace([':', '\u{2013}'], "-").split_whitespace().collect();
    PortRange::parse(&meant).ok()?;
    Some(match protocol {
        Some(_) => Meant::new(meant, "; an entry has no protocol"),
        None => Meant::new(meant, ""),
    })
}

/// `10.0.0.0/255.0.0.0`, `10.0.0/8`
pub(super) fn block(text: &str) -> Option<Meant> {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let bits = match length.map(|length| (length, length.parse::<Ipv4Addr>())) {
        Some((_, Ok(mask))) => {
            let mask = u32::from(mask);
            (mask.leading_ones() + mask.trailing_zeros() == 32).then(|| mask.leading_ones().to_string())?
        }
        Some((length, Err(_))) => length.to_owned(),
        None => return None,
    };
    let numbers = address.split('.').count();
    let is_short = numbers < 4 && address.split('.').all(|number| number.parse::<u8>().is_ok());
    let padding = if is_short { ".0".repeat(4 - numbers) } else { String::new() };
    let meant = format!("{address}{padding}/{bits}");
    Cidr::parse(&meant).ok().map(|_| Meant::new(meant, ""))
}

/// `/etc/**`, `~/x`, `$HOME/x`, `*`
pub(super) fn path(text: &str) -> Option<Meant> {
    if let Some(folder) = text.strip_suffix("**").or_else(|| text.strip_suffix("**/*"))
        && folder.starts_with('/')
        && folder.ends_with('/')
        && !folder.contains(['*', '?', '['])
    {
        return Some(Meant::new(folder, ", which is everything below it"));
    }
    let home = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|start| text.strip_prefix(start));
    if let Some(below) = home {
        let help = format!(
            "write the whole path, such as `/root/{below}` or `/home/NAME/{below}`; nothing is expanded"
        );
        return Some(Meant { help, text: None });
    }
    match text {
        "*" | "**" => {
            let help = "write `/` for every path; an allowlist that allows everything is left out".to_owned();
            Some(Meant { help, text: None })
        }
        _ => None,
    }
}

/// `/var//log`
pub(super) fn without_empty_parts(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !text.ends_with('/') {
            text.push(character);
        }
    }
    text
}

/// `/usr/./lib/../bin`, if no part of it is a link.
pub(super) fn resolved(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `__x64_sys_openat`, `sys_openat`, `SYS_openat`, `__NR_openat`
pub(super) fn syscall(text: &str) -> Option<String> {
    let starts = ["__x64_sys_", "__arm64_sys_", "__ia32_sys_", "sys_enter_", "sys_", "SYS_", "__NR_"];
    let name = starts.iter().find_map(|start| text.strip_prefix(start))?;
    Syscall::parse(name).ok().map(|_| name.to_owned())
}

/// `2026/11/20`, `20261120`, `2026-11-20T08:00:00Z`, `2026-1-5`, `20.11.2026`
pub(super) fn date(text: &str) -> Option<String> {
    let day = text.split(['T', ' ']).next()?;
    let numbers: Vec<&str> = day.split(['-', '/', '.']).collect();
    let parts = match numbers.as_slice() {
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [day_of_month, month, year] if year.len() == 4 && day.contains('.') => (*year, *month, *day_of_month),
        [digits] if digits.len() == 8 && digits.is_ascii() => (&digits[..4], &digits[4..6], &digits[6..]),
        _ => return None,
    };
    let (year, month, day) = (parts.0.parse().ok()?, parts.1.parse().ok()?, parts.2.parse().ok()?);
    Date::new(year, month, day).map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Meant, block, date, path, ports, resolved, syscall, without_empty_parts};

    #[test]
    fn notations_of_other_tools_are_translated() {
        let written = |meant: Meant| meant.help.split('`').nth(1).map(str::to_owned);
        let same = |meant: Option<Meant>, expected: &str| {
            assert_eq!(meant.and_then(written).as_deref(), Some(expected));
        };
        same(ports("8000 - 8100"), "8000-8100");
        same(ports("80:90"), "80-90");
        same(ports("443/tcp"), "443");
        same(block("10.0.0.0/255.0.0.0"), "10.0.0.0/8");
        same(block("10.0.0/8"), "10.0.0.0/8");
        same(path("/etc/**"), "/etc/");
        same(path("~/x"), "/root/x");
        same(path("${HOME}/x"), "/root/x");
        same(path("*"), "/");
        assert_eq!(without_empty_parts("/var//log///x"), "/var/log/x");
        assert_eq!(resolved("/usr/./lib/../bin"), "/usr/bin");
        assert_eq!(syscall("__x64_sys_openat").as_deref(), Some("openat"));
        for same in ["2026/1/5", "20260105", "2026-01-05T08:00:00Z", "5.1.2026"] {
            assert_eq!(date(same).as_deref(), Some("2026-01-05"), "{same}");
        }
    }

    #[test]
    fn what_is_not_certain_is_not_translated() {
        assert!(["90:80x", "https", "443/x"].into_iter().all(|text| ports(text).is_none()));
        assert!(["10.0.0.0/255.0.255.0", "10.x/8", "host"].into_iter().all(|text| block(text).is_none()));
        assert!(["/e*c/**", "x/**", "$USER/x"].into_iter().all(|text| path(text).is_none()));
        assert!(["1/5/2026", "2026-13-01", "soon"].into_iter().all(|text| date(text).is_none()));
        assert_eq!((syscall("sys_nothing"), syscall("open")), (None, None));
    }
}
