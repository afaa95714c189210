//! Bytes that are read into the same memory again and again, which is cleared once only.

/// A buffer.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    memory: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// Returns what it has.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }

    /// Keeps the first bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Adds bytes.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.free(self.length + bytes.len());
        if let Some(free) = self.memory.get_mut(self.length..self.length + bytes.len()) {
            free.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// Returns the memory after the bytes, so that there are `room` in all. What it has is not determined.
    pub(super) fn free(&mut self, room: usize) -> &mut [u8] {
        if self.memory.len() < room {
            self.memory.resize(room, 0);
        }
        self.memory.get_mut(self.length..room).unwrap_or_default()
    }

    /// Notes that the first bytes of the free memory were written.
    pub(super) fn written(&mut self, bytes: usize) {
        self.length = (self.length + bytes).min(self.memory.len());
    }
}
