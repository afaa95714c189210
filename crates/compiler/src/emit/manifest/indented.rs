//! JSON with a field a line, byte for byte as `serde_json` indents it, each line end in one write.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// A comma, a line end, and indentation for the depth of a manifest and more.
const LINE: &[u8] = b",\n                                ";
/// Spaces of one step in.
const STEP: usize = 2;

/// Where the writer is.
#[derive(Debug, Default)]
pub(super) struct Indented {
    depth: usize,
    /// Whether what is open holds anything yet.
    is_filled: bool,
}

impl Indented {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_filled = false;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        if self.is_filled {
            self.line(writer, true)?;
        }
        writer.write_all(bracket)
    }

    /// Starts a line, behind a comma unless it is the `first` inside what is open.
    fn line<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        let start = usize::from(first);
        let spaces = STEP * self.depth;
        match LINE.get(start..2 + spaces) {
            Some(line) => writer.write_all(line),
            None => {
                writer.write_all(&[LINE.get(start..2).unwrap_or_default(), &b" ".repeat(spaces)].concat())
            }
        }
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::{Serializer, Value, json};

    use super::Indented;

    #[test]
    fn it_is_what_serde_json_writes() {
        let deep =
            (0..40).fold(json!([1, "two", null, {}, []]), |inner, _| json!({ "in": [inner, {}], "b": 1 }));
        for value in [deep, json!([]), json!({}), json!([[], [{}]]), Value::Null] {
            let mut text = Vec::new();
            value.serialize(&mut Serializer::with_formatter(&mut text, Indented::default())).unwrap();
            assert_eq!(text, serde_json::to_vec_pretty(&value).unwrap());
        }
    }
}
