//! Rows -> the Rust files of `crates/tetragon/src`.

use std::fmt::Write as _;

use super::Build;
use super::rows::{Prototypes, Rows};

/// The width of a line.
const WIDTH: usize = 110;

/// The LSM hooks.
pub(super) fn hooks(builds: &[Build], rows: &Rows) -> String {
    let mut text = head("LSM hooks and their prototypes: the functions `bpf_lsm_*` of kernels.", builds);
    text.push_str(
        "use self::Returns::{Errno, Void};

/// Return type of a hook function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Nothing: the operation cannot be denied here.
    Void,
    /// Zero or a negative error number.
    Errno,
}

/// `(name, kernels, result, types of the arguments)`, sorted by name.
#[rustfmt::skip]
pub(super) const HOOKS: &[(&str, u8, Returns, &[&str])] = &[
",
    );
    for ((name, is_void, arguments), kernels) in &rows.hooks {
        let returns = if *is_void { "Void" } else { "Errno" };
        push(&mut text, &format!("(\"{name}\", {kernels:#08b}, {returns}, &{}),", list(arguments)));
    }
    text + "];\n"
}

/// The functions and the entries of system calls.
pub(super) fn functions(builds: &[Build], rows: &Rows) -> String {
    let what =
        "Kernel functions: those that start with `security_`, those that policies hook, and system calls.";
    let mut text = head(what, builds);
    text.push_str(
        "/// `(function, kernels, types of the arguments)`, sorted by name.
#[rustfmt::skip]
pub(super) const FUNCTIONS: &[(&str, u8, &[&str])] = &[
",
    );
    for ((name, arguments), kernels) in without_results(&rows.functions) {
        push(&mut text, &format!("(\"{name}\", {kernels:#08b}, &{}),", list(&arguments)));
    }
    text.push_str(
        "];

/// `(function, kernels)`, sorted: functions of which a kernel has several with different arguments, and those that only
/// other kernels or configurations have.
#[rustfmt::skip]
pub(super) const UNCLEAR: &[(&str, u8)] = &[
",
    );
    let rows_of = |(name, kernels): (&String, &u8)| format!("(\"{name}\", {kernels:#08b}),");
    filled(&mut text, rows.unclear.iter().map(rows_of));
    text.push_str(
        "];

/// `(system call, kernels with its entry)`, sorted: with the prefixes `__x64_sys_`, `__ia32_sys_`, `__ia32_compat_sys_`,
/// `__arm64_sys_` and `__arm64_compat_sys_`. Those without a kernel exist elsewhere.
#[rustfmt::skip]
pub(super) const ENTRIES: &[(&str, [u8; 5])] = &[
",
    );
    let rows_of = |(name, kernels): (&String, &[u8; 5])| format!("(\"{name}\", {kernels:?}),");
    filled(&mut text, rows.entries.iter().map(rows_of));
    text + "];\n"
}

/// The structs.
pub(super) fn structs(builds: &[Build], rows: &Rows) -> String {
    let mut text =
        head("Structs that `resolve` paths go through, and the fields that any kernel has.", builds);
    text.push_str(
        "/// Fields that other kernels or configurations have in one of the structs, sorted.
#[rustfmt::skip]
pub(super) const OTHER_FIELDS: &[&str] = &[
",
    );
    filled(&mut text, rows.other_fields.iter().map(|name| format!("\"{name}\",")));
    text.push_str(
        "];

/// `(struct, fields)`, sorted. Fields of anonymous members are fields of the struct, as for Tetragon. A field whose type is
/// one of these structs, or a pointer to one, has its name after `:`.
#[rustfmt::skip]
pub(super) const STRUCTS: &[(&str, &str)] = &[
",
    );
    for (name, fields) in &rows.structs {
        let _ = writeln!(text, "    (\"{name}\", \"\\");
        let field = |(field, target): (&String, &Option<String>)| match target {
            Some(target) => format!("{field}:{target}"),
            None => field.clone(),
        };
        let mut line = String::new();
        for word in fields.iter().map(field) {
            if line.len() + word.len() > WIDTH - 11 {
                let _ = writeln!(text, "        {line}\\");
                line.clear();
            }
            line += &word;
            line.push(' ');
        }
        let _ = writeln!(text, "        {line}\\\n    \"),");
    }
    text + "];\n"
}

fn head(what: &str, builds: &[Build]) -> String {
    let mut text = format!("//! {what}\n//!\n//! Written by `cargo xtask kernel-tables`");
    text.push_str(". Types are written without `struct`, `union`, `enum` and `const`. A set of kernels\n");
    text.push_str(
        "//! has one bit for each of these, the lowest first; digests are SHA-256 of the BTF:\n//!\n",
    );
    for Build { package, digest, .. } in builds {
        let _ = writeln!(text, "//! - {package}\n//!   {digest}");
    }
    text.push('\n');
    text
}

/// Unites the kernels of rows that differ in their result only.
fn without_results(functions: &Prototypes) -> std::collections::BTreeMap<(&String, Vec<String>), u8> {
    let mut united = std::collections::BTreeMap::new();
    for ((name, _, arguments), kernels) in functions {
        *united.entry((name, arguments.clone())).or_default() |= kernels;
    }
    united
}

fn list(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn push(text: &mut String, row: &str) {
    let _ = writeln!(text, "    {row}");
}

/// Writes as many rows into a line as fit.
fn filled(text: &mut String, rows: impl Iterator<Item = String>) {
    let mut line = String::new();
    for row in rows {
        if !line.is_empty() && line.len() + row.len() + 5 > WIDTH {
            push(text, line.trim_end());
            line.clear();
        }
        line += &row;
        line.push(' ');
    }
    if !line.is_empty() {
        push(text, line.trim_end());
    }
}
