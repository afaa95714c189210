//! The fields of an event that a verdict can depend on.

use std::fmt;
use strum::VariantArray;

/// A field of an event that a verdict can depend on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The executable of the process.
    Binary,
    /// The executable of its parent.
    Parent,
    /// The executables of all it descends from.
    Ancestors,
    /// The user it runs as; only detections use it.
    Uid,
    /// The sensor of the host.
    Sensor,
    /// The group of the sensor.
    Group,
    /// The file.
    Path,
    /// How the file is used.
    Access,
    /// Whether anonymous memory or a deleted file is executed.
    Anonymous,
    /// The destination address.
    Address,
    /// The destination port.
    Port,
    /// The capability.
    Capability,
    /// The system call.
    Syscall,
    /// The address family of the socket.
    Family,
    /// The type of the socket.
    Type,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the key of the event.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fields(u16);

impl Fields {
    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether a field is inside.
    #[must_use]
    pub fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u16) != 0
    }

    /// Returns the union.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns each field.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |mask, field| mask | 1 << field as u16))
    }
}
