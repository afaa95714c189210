//! A struct of a kernel -> its fields, and what they lead to.

use super::Btf;
use super::layout::{Kind, Record};

/// The most typedefs and pointers before a struct, and anonymous members inside each other.
const DEPTH: usize = 16;
/// The most members that are looked at for one struct: a damaged file may have structs inside themselves.
const MEMBERS: usize = 16_384;

/// A field of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'btf> {
    /// Its name.
    pub name: &'btf str,
    /// The name of the struct or union that it is or points to.
    pub target: Option<&'btf str>,
}

impl Btf {
    /// Returns the fields of a struct or union; none when there is no such struct. Fields of anonymous members are fields
    /// of the struct.
    #[must_use]
    pub fn fields(&self, name: &str) -> Option<Vec<Field<'_>>> {
        let numbers = self.named(&self.structs, name);
        let (mut fields, mut left) = (Vec::new(), MEMBERS);
        for number in numbers {
            self.add_fields(*number, DEPTH, &mut left, &mut fields);
        }
        (!numbers.is_empty()).then_some(fields)
    }

    fn add_fields<'btf>(
        &'btf self,
        number: u32,
        depth: usize,
        left: &mut usize,
        fields: &mut Vec<Field<'btf>>,
    ) {
        let Some(record) = self.record(number) else { return };
        for (name, kind) in record.fields(&self.bytes) {
            let Some(fewer) = left.checked_sub(1) else { return };
            *left = fewer;
            let name = self.text(name);
            let target = self.target(kind);
            if name.is_empty() {
                if let Some((number, _)) = target.filter(|_| depth > 0) {
                    self.add_fields(number, depth - 1, left, fields);
                }
                continue;
            }
            let target = target.map(|(_, target)| self.text(target.name)).filter(|name| !name.is_empty());
            fields.push(Field { name, target });
        }
    }

    /// Returns the struct or union that a type is, points to or has elements of.
    fn target(&self, number: u32) -> Option<(u32, Record)> {
        let mut number = number;
        for _ in 0..DEPTH {
            let record = self.record(number)?;
            number = match record.kind {
                Kind::Struct | Kind::Union => return Some((number, record)),
                Kind::Pointer | Kind::Qualifier | Kind::Typedef => record.target,
                Kind::Array => record.element(&self.bytes),
                _ => return None,
            };
        }
        None
    }
}
