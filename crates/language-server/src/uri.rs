//! Paths of files -> the URIs that editors use (RFC 8089), and back.

use gen_lsp_types::Uri;

/// Bytes that a path in a URI contains as they are: RFC 3986 `pchar` without `%`, and `/`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

/// Returns the URI of an absolute path.
#[must_use]
pub fn uri_of(path: &str) -> Uri {
    let mut uri = "file://".to_owned();
    for byte in path.bytes() {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    Uri(uri)
}

/// Returns the path of a `file` URI of this machine; `None` for any other, and for one that is not UTF-8.
#[must_use]
pub fn path_of(uri: &Uri) -> Option<String> {
    let rest = uri.0.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hexadecimal(rest.next()?)? << 4 | hexadecimal(rest.next()?)?,
            b'?' | b'#' => break,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{path_of, uri_of};

    #[test]
    fn other_uris_have_no_path() {
        for uri in
            ["https://example.org/a", "file://server/a", "file:a", "untitled:1", "file:///%zz", "file:///%ff"]
        {
            assert_eq!(path_of(&uri.into()), None, "{uri}");
        }
        assert_eq!(path_of(&"file://localhost/a%20b".into()).as_deref(), Some("/a b"));
    }

    proptest! {
        #[test]
        fn a_path_is_what_its_uri_says(path in "/[^\0]{0,20}") {
            prop_assert_eq!(path_of(&uri_of(&path)), Some(path));
        }
    }
}
