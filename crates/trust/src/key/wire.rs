//! Bytes -> the length-prefixed strings that OpenSSH uses, and back, in key files and agent messages (RFC 4251, section 5).

/// Walks over bytes and never past their end.
pub(crate) struct WireReader<'bytes>(&'bytes [u8]);

impl<'bytes> WireReader<'bytes> {
    pub(crate) fn new(bytes: &'bytes [u8]) -> Self {
        WireReader(bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'bytes [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn string(&mut self) -> Option<&'bytes [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    pub(crate) fn rest(&self) -> &'bytes [u8] {
        self.0
    }
}

/// Collects numbers and strings.
#[derive(Default)]
pub(crate) struct WireWriter(Vec<u8>);

impl WireWriter {
    pub(crate) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn number(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Appends a string. Strings here are messages to sign and key blobs, far below 4 GiB.
    pub(crate) fn string(self, value: &[u8]) -> Self {
        let length = u32::try_from(value.len()).expect("a wire string is below 4 GiB");
        let mut writer = self.number(length);
        writer.0.extend_from_slice(value);
        writer
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}
