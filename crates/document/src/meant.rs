//! Invalid text in the notation of another tool -> what to write instead.

use std::net::Ipv4Addr;

use telovix_policy::value::{Cidr, PortRange};

/// `8000 - 8100`, `80:90`, `443/tcp`
pub(super) fn ports(text: &str) -> Option<String> {
    let (ports, protocol) = match text.split_once('/') {
        Some((ports, protocol @ ("tcp" | "udp" | "TCP" | "UDP"))) => (ports, Some(protocol)),
        Some(_) => return None,
        None => (text, None),
    };
    let meant: String = ports.replace([':', '\u{2013}'], "-").split_whitespace().collect();
    PortRange::parse(&meant).ok()?;
    Some(match protocol {
        Some(_) => format!("write `{meant}`; an entry has no protocol"),
        None => format!("write `{meant}`"),
    })
}

/// `10.0.0.0/255.0.0.0`, `10.0.0/8`
pub(super) fn block(text: &str) -> Option<String> {
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
    Cidr::parse(&meant).ok().map(|_| format!("write `{meant}`"))
}

/// `/etc/**`, `~/x`, `$HOME/x`, `*`
pub(super) fn path(text: &str) -> Option<String> {
    if let Some(folder) = text.strip_suffix("**").or_else(|| text.strip_suffix("**/*"))
        && folder.starts_with('/')
        && folder.ends_with('/')
        && !folder.contains(['*', '?', '['])
    {
        return Some(format!("write `{folder}`, which is everything below it"));
    }
    let home = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|start| text.strip_prefix(start));
    if let Some(below) = home {
        return Some(format!(
            "write the whole path, such as `/root/{below}` or `/home/NAME/{below}`; nothing is expanded"
        ));
    }
    match text {
        "*" | "**" => {
            Some("write `/` for every path; an allowlist that allows everything is left out".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{block, path, ports};

    #[test]
    fn notations_of_other_tools_are_translated() {
        let written = |help: Option<String>| help.and_then(|help| help.split('`').nth(1).map(str::to_owned));
        let same = |help, expected: &str| assert_eq!(written(help).as_deref(), Some(expected));
        same(ports("8000 - 8100"), "8000-8100");
        same(ports("80:90"), "80-90");
        same(ports("443/tcp"), "443");
        same(block("10.0.0.0/255.0.0.0"), "10.0.0.0/8");
        same(block("10.0.0/8"), "10.0.0.0/8");
        same(path("/etc/**"), "/etc/");
        same(path("~/x"), "/root/x");
        same(path("${HOME}/x"), "/root/x");
        same(path("*"), "/");
    }

    #[test]
    fn what_is_not_certain_is_not_translated() {
        assert_eq!((ports("90:80x"), ports("https"), ports("443/x")), (None, None, None));
        assert_eq!((block("10.0.0.0/255.0.255.0"), block("10.x/8"), block("host")), (None, None, None));
        assert_eq!((path("/e*c/**"), path("x/**"), path("$USER/x")), (None, None, None));
    }
}
