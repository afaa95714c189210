//! Texts of arguments -> paths, descriptors and addresses.

use std::net::IpAddr;

/// Returns the text of a string argument; none for one that strace has cut off, or that is not UTF-8.
pub(super) fn string(argument: &str) -> Option<String> {
    let inner = argument.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'v' => bytes.push(0x0b),
            b'f' => bytes.push(0x0c),
            b'x' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            digit @ b'0'..=b'7' => {
                let mut number = u32::from(digit - b'0');
                for _ in 0..2 {
                    match rest.next_if(|byte| (b'0'..=b'7').contains(byte)) {
                        Some(digit) => number = number * 8 + u32::from(digit - b'0'),
                        None => break,
                    }
                }
                bytes.push(u8::try_from(number).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Returns what a descriptor is, as `-y` shows it: `3</etc/hosts>`, `AT_FDCWD</root>`, `4</dev/null<char 1:3>>`.
pub(super) fn opened(descriptor: &str) -> Option<String> {
    let (_, shown) = descriptor.split_once('<')?;
    let (shown, deleted) = match shown.strip_suffix("(deleted)") {
        Some(shown) => (shown, " (deleted)"),
        None => (shown, ""),
    };
    let shown = shown.strip_suffix('>')?;
    let shown =
        shown.split_once("<char ").or_else(|| shown.split_once("<block ")).map_or(shown, |(path, _)| path);
    string(&format!("\"{shown}\"")).map(|path| path + deleted)
}

/// Returns the path of an argument, relative to a folder, in resolved form; none where that is not known: links on the
/// way are not, so `..` is not followed.
pub(super) fn joined(folder: Option<&str>, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", folder?) };
    let parts: Vec<&str> = whole.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let known = whole.starts_with('/') && !parts.contains(&"..") && !whole.contains('\0');
    known.then(|| format!("/{}", parts.join("/")))
}

/// Links that current distributions have, and what the kernel resolves them to.
const LINKS: [(&str, &str); 6] = [
    ("/bin/", "/usr/bin/"),
    ("/sbin/", "/usr/sbin/"),
    ("/lib/", "/usr/lib/"),
    ("/lib64/", "/usr/lib64/"),
    ("/var/run/", "/run/"),
    ("/var/lock/", "/run/lock/"),
];

/// Returns the path that the kernel sees where distributions have a link: strace shows the argument.
pub(super) fn through_links(path: String) -> String {
    let found = LINKS.iter().find_map(|(link, target)| Some(format!("{target}{}", path.strip_prefix(link)?)));
    found.unwrap_or(path)
}

/// Returns address and port of `{sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}`; none for
/// another family.
pub(super) fn endpoint(argument: &str) -> Option<(Option<IpAddr>, Option<u16>)> {
    if !argument.contains("sa_family=AF_INET") {
        return None;
    }
    let between =
        |start: &str, end: char| argument.split_once(start)?.1.split_once(end).map(|(text, _)| text);
    let port = between("port=htons(", ')').and_then(|text| text.parse().ok());
    let v4 = between("inet_addr(\"", '"');
    let v6 = || between("inet_pton(AF_INET6, \"", '"').or_else(|| between("sin6_addr=\"", '"'));
    let address = v4.or_else(v6).and_then(|text| text.parse::<IpAddr>().ok());
    Some((address.map(|address| address.to_canonical()), port))
}
