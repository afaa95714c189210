//! A `resolve` path from a struct -> the first field in it that no kernel has.

use telovix_btf::Btf;

use crate::kernel_struct_table::{OTHER_FIELDS, STRUCTS};

/// Returns the first name of a path that is not a field, and the struct it is looked for in; none where that is not known.
///
/// Kernels differ in their configuration, so a name is only reported when none of the listed structs has it.
pub(super) fn missing_field<'path>(start: &str, path: &'path str) -> Option<(&'path str, &'static str)> {
    let mut within = named(start)?;
    for name in names(path) {
        match field(within.1, name) {
            Some(Some(next)) => within = named(next)?,
            Some(None) => return None,
            None => return (!is_known(name)).then_some((name, within.0)),
        }
    }
    None
}

/// Returns the first name of a path that is not a field on the kernel of a BTF, and the struct it is looked for in; none
/// where the BTF does not have that struct.
pub(super) fn missing_field_of<'path>(
    btf: &Btf,
    start: &str,
    path: &'path str,
) -> Option<(&'path str, String)> {
    let mut within = start.to_owned();
    for name in names(path) {
        let fields = btf.fields(&within)?;
        let mut same = fields.iter().filter(|field| field.name == name).peekable();
        if same.peek().is_none() {
            return Some((name, within));
        }
        let target = same.find_map(|field| field.target)?.to_owned();
        within = target;
    }
    None
}

/// Returns the names in a path, without indexes.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[']).filter(|name| !name.is_empty() && !name.ends_with(']'))
}

fn named(name: &str) -> Option<(&'static str, &'static str)> {
    STRUCTS.iter().copied().find(|(known, _)| *known == name)
}

/// Returns the struct that a field has or points to, if that is listed; none when there is no such field.
fn field(fields: &'static str, name: &str) -> Option<Option<&'static str>> {
    fields.split_ascii_whitespace().find_map(|field| {
        let (known, target) = match field.split_once(':') {
            Some((known, target)) => (known, Some(target)),
            None => (field, None),
        };
        (known == name).then_some(target)
    })
}

fn is_known(name: &str) -> bool {
    OTHER_FIELDS.contains(&name) || STRUCTS.iter().any(|(_, fields)| field(fields, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::missing_field;

    #[test]
    fn paths_are_followed_as_far_as_structs_are_listed() {
        assert_eq!(missing_field("linux_binprm", "file.f_path.dentry.d_name.name"), None);
        assert_eq!(missing_field("linux_binprm", "mm.owner.real_parent.comm"), None);
        assert_eq!(missing_field("file", "f_op.read_iter"), None);
        assert_eq!(missing_field("unlisted", "nothing"), None);
        assert_eq!(missing_field("file", "f_nothing"), Some(("f_nothing", "file")));
        assert_eq!(missing_field("linux_binprm", "mm.owner.nothing[3].x"), Some(("nothing", "task_struct")));
    }
}
