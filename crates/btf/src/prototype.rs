//! A function of a kernel -> its prototype, with types as C writes them without `struct`, `union`, `enum` and `const`.

use super::Btf;
use super::layout::Kind;

/// The most pointers and qualifiers around a name: types may refer to themselves in a damaged file.
const DEPTH: usize = 32;
/// The most arguments that are read: functions of the kernel have up to twelve.
const ARGUMENTS: usize = 64;

/// The prototype of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prototype {
    /// Whether it returns nothing.
    pub is_void: bool,
    /// The types of its arguments.
    pub arguments: Vec<String>,
}

impl Btf {
    pub(super) fn prototype_of(&self, function: u32) -> Option<Prototype> {
        let prototype = self.record(self.record(function)?.target)?;
        if prototype.kind != Kind::Prototype {
            return None;
        }
        let parameters = prototype.parameters(&self.bytes).take(ARGUMENTS);
        let arguments = parameters.map(|(_, kind)| self.rendered(kind)).collect();
        Some(Prototype { is_void: prototype.target == 0, arguments })
    }

    fn rendered(&self, number: u32) -> String {
        let (mut number, mut stars) = (number, String::new());
        for _ in 0..DEPTH {
            let Some(record) = self.record(number) else { return "void".to_owned() + &stars };
            match record.kind {
                Kind::Qualifier => number = record.target,
                Kind::Pointer => {
                    stars.push('*');
                    number = record.target;
                }
                Kind::Array => {
                    stars.push_str("[]");
                    number = record.element(&self.bytes);
                }
                Kind::Prototype => return "function".to_owned() + &stars,
                _ => return short(self.text(record.name)).to_owned() + &stars,
            }
        }
        "unknown".to_owned()
    }
}

/// Returns the usual name of an integer, for which compilers write all its words.
fn short(name: &str) -> &str {
    match name {
        "long int" => "long",
        "long unsigned int" => "unsigned long",
        "long long int" => "long long",
        "long long unsigned int" => "unsigned long long",
        "short int" => "short",
        "short unsigned int" => "unsigned short",
        other => other,
    }
}
