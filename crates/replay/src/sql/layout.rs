//! The table of events: its columns, and the statement that creates it.

use std::fmt::Write as _;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

/// What a column holds. Every column may be `NULL`, which is: the event does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes; paths are compared byte by byte.
    Text,
    /// A number.
    Number(&'static str),
    /// A time in seconds.
    Time,
    /// 16 bytes in network order; an IPv4 address is `::ffff:a.b.c.d`.
    Address,
}

impl Kind {
    /// Returns the type in `CREATE TABLE`.
    #[must_use]
    pub fn type_name(self) -> String {
        let inner = match self {
            Self::Text => "String",
            Self::Number(name) => name,
            Self::Time => "DateTime('UTC')",
            Self::Address => "FixedString(16)",
        };
        format!("Nullable({inner})")
    }

    /// Returns whether a column of this type of ClickHouse can be read as this.
    #[must_use]
    pub fn accepts(self, type_name: &str) -> bool {
        let mut inner = type_name;
        for wrapper in ["LowCardinality(", "Nullable("] {
            inner = inner.strip_prefix(wrapper).and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
        }
        match self {
            Self::Text => inner == "String",
            Self::Number(_) => {
                let bits = inner.strip_prefix("UInt").or_else(|| inner.strip_prefix("Int"));
                inner == "Bool" || matches!(bits, Some("8" | "16" | "32" | "64"))
            }
            Self::Time => inner == "DateTime" || (inner.starts_with("DateTime(") && inner.ends_with(')')),
            Self::Address => inner == "FixedString(16)",
        }
    }
}

const fn text(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Text, meaning }
}

const fn number(name: &'static str, bits: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Number(bits), meaning }
}

/// The columns, in the order of `CREATE TABLE` and of the rows that [`load`](super::load) writes.
pub const COLUMNS: [Column; 33] = [
    Column { name: "observed_at", kind: Kind::Time, meaning: "when, in UTC" },
    text("node_name", "the host"),
    text("pod", "namespace and name of the pod: `core/amf-0`"),
    text("recorded_by", "`tetragon` or `telovix`"),
    text("hook", "the hook, the traced function, or the kind of the event"),
    text(
        "operation",
        "the operation in the format of `telovix why`; `NULL` for events that no policy decides",
    ),
    text("also", "a second operation of the same call: `unshare` of the system call `unshare`"),
    text("binary", "the executable of the process; of an execution, the program that called it"),
    text("parent", "the executable of its parent"),
    text(
        "ancestors",
        "the executables of all it descends from, as a JSON array; `NULL` when they are not known",
    ),
    number("uid", "UInt32", "the user"),
    text("path", "the resolved path of the file"),
    text("access", "how the file is used: `read,write`"),
    number("anonymous", "UInt8", "1 when anonymous memory or a deleted file is executed"),
    Column { name: "dst_address", kind: Kind::Address, meaning: "the destination" },
    number("dst_port", "UInt16", "the destination port; 0 is a port, `NULL` an unknown one"),
    text("protocol", "`tcp`, `udp`, `sctp`"),
    text("capability", "the capability: `CAP_NET_RAW`"),
    text("syscall", "the name of the system call"),
    number("family", "UInt16", "the address family of a socket"),
    text("socket_type", "the type of a socket: `stream`"),
    number("mode", "UInt32", "the file mode that is set"),
    text("sensor_id", "the sensor of the host"),
    text("group_id", "the group of the sensor"),
    text("event_kind", "the kind by which detections ask: `process_exec`"),
    text("process_executable", "the process of detections; of an execution, the program that was executed"),
    text(
        "parent_executable",
        "its parent; of an execution, the program that called it; empty when there is none",
    ),
    text("effect", "what a policy did: `deny`, `kill`"),
    text("document", "the name of the document that decided"),
    number("directory", "UInt8", "1 when the path is a directory"),
    number("process_age", "Int64", "seconds since the start of the process"),
    number("aggregated", "UInt8", "1 when Tetragon put several events into one"),
    number("lost", "UInt64", "how many events Tetragon reports as lost"),
];

/// Returns the statement that creates the table.
#[must_use]
pub fn create(table: &str) -> String {
    let mut text = format!("CREATE TABLE {table} (\n");
    for (at, Column { name, kind, .. }) in COLUMNS.iter().enumerate() {
        let comma = if at + 1 < COLUMNS.len() { "," } else { "" };
        let _infallible = writeln!(text, "    {name} {}{comma}", kind.type_name());
    }
    text.push_str(
        ") ENGINE = MergeTree\n\
         PARTITION BY toYYYYMM(ifNull(observed_at, toDateTime(0, 'UTC')))\n\
         ORDER BY (ifNull(operation, ''), ifNull(binary, ''))",
    );
    text
}

/// Returns what is wrong with a table of these columns and types: what it lacks, and what has another type.
#[must_use]
pub fn missing(found: &[(String, String)]) -> Vec<String> {
    let wrong = COLUMNS.iter().filter_map(|column| {
        let expected = column.kind.type_name();
        match found.iter().find(|(name, _)| name == column.name) {
            None => Some(format!("no column `{}` of the type {expected}", column.name)),
            Some((_, found)) if !column.kind.accepts(found) => {
                Some(format!("column `{}` has the type {found}, expected {expected}", column.name))
            }
            Some(_) => None,
        }
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Kind, create, missing};

    #[test]
    fn a_table_as_it_is_created_lacks_nothing() {
        let columns: Vec<_> =
            COLUMNS.iter().map(|column| (column.name.to_owned(), column.kind.type_name())).collect();
        assert_eq!(missing(&columns), [] as [String; 0]);
        assert_eq!(missing(&columns[1..]), ["no column `observed_at` of the type Nullable(DateTime('UTC'))"]);
        assert_eq!(create("a.b").lines().count(), COLUMNS.len() + 4);
    }

    #[test]
    fn other_types_of_the_same_values_are_read() {
        for (kind, types) in [
            (Kind::Text, ["String", "LowCardinality(String)", "LowCardinality(Nullable(String))"]),
            (Kind::Number("UInt16"), ["UInt16", "Nullable(UInt32)", "Int64"]),
            (Kind::Time, ["DateTime", "DateTime('Europe/Berlin')", "Nullable(DateTime)"]),
            (Kind::Address, ["FixedString(16)", "Nullable(FixedString(16))", "FixedString(16)"]),
        ] {
            assert!(types.iter().all(|name| kind.accepts(name)), "{kind:?}");
            assert!(!kind.accepts("Array(String)") && !kind.accepts("Float64"), "{kind:?}");
        }
        assert!(!Kind::Time.accepts("DateTime64(3)") && !Kind::Address.accepts("IPv6"));
    }
}
