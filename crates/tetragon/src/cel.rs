//! A `CelExpr` value -> an expression with its types, or why Tetragon refuses it.
//!
//! Tetragon compiles a small part of CEL to BPF: integer and boolean literals, the declared arguments, comparisons of
//! equal types, `+` and `-`, `&&`, `||` and `!`, and the functions `int32`, `uint32`, `and`, `or`, `xor` and `not`.
//! Anything else is valid CEL that has no declaration there. Source: `pkg/celbpf` of Tetragon, and the limits of the
//! parser of `cel-go`, which it uses with its defaults.

mod check;
mod parse;
mod token;

use std::collections::BTreeSet;

use crate::ArgumentType;

/// Most characters of an expression.
const CHARACTERS: usize = 100_000;
/// Most applications of one grammar rule inside each other.
const DEPTH: usize = 250;

/// The type of a part of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CelType {
    /// `bool`.
    Boolean,
    /// `int`: 64 bits, signed. Literals such as `1` have it.
    Int,
    /// `uint`: 64 bits, unsigned. Literals such as `1u` have it.
    Uint,
    /// 32 bits, signed: `int32(1)`.
    Int32,
    /// 32 bits, unsigned: `uint32(1u)`.
    Uint32,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// `true` or `false`.
    Boolean(bool),
    /// `1`.
    Int(i64),
    /// `1u`.
    Uint(u64),
    /// A name: `arg0` is the first declared argument.
    Name(String),
    /// An operator or function and its operands. `&&` and `||` have two or more.
    Call(Function, Vec<Self>),
}

/// What an expression applies to its operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Function {
    /// `==`, `!=`, `<`, `<=`, `>` or `>=`.
    Comparison(&'static str),
    /// `+` or `-`.
    Arithmetic(&'static str),
    /// `&&` or `||`.
    Logic(&'static str),
    /// `!`.
    Not,
    /// `name(…)`.
    Named(String),
}

/// Why an expression is refused, as the rest of a sentence that starts with "the expression".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) String);

/// Reads an expression without its types.
///
/// # Errors
/// When it is not in the part of CEL that Tetragon compiles, or exceeds a limit of its parser.
pub(crate) fn parse(text: &str) -> Result<Expression, Refusal> {
    parse::parse(text)
}

/// Reads an expression and checks that it is a condition on arguments of the given types.
///
/// # Errors
/// As [`parse`], and when a name is not declared or an operator does not take its operands.
pub(crate) fn condition(text: &str, arguments: &[ArgumentType]) -> Result<Expression, Refusal> {
    let expression = parse(text)?;
    match check::type_of(&expression, arguments)? {
        CelType::Boolean => Ok(expression),
        other => Err(Refusal(format!("is of type `{}`, not a condition", other.name()))),
    }
}

impl CelType {
    /// Returns the type of an argument; none when Tetragon has no type for it in expressions.
    pub(crate) fn of(kind: ArgumentType) -> Option<Self> {
        use ArgumentType as T;
        match kind {
            T::Int | T::Sint32 | T::Int32 => Some(Self::Int32),
            T::Uint32 => Some(Self::Uint32),
            T::Long | T::Sint64 | T::Int64 => Some(Self::Int),
            T::Ulong | T::Uint64 => Some(Self::Uint),
            _ => None,
        }
    }

    /// Returns the name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
        }
    }
}

impl Expression {
    /// Returns the position of every argument in it.
    pub(crate) fn arguments(&self) -> BTreeSet<usize> {
        let (mut pending, mut found) = (vec![self], BTreeSet::new());
        while let Some(expression) = pending.pop() {
            match expression {
                Self::Name(name) => found.extend(position(name)),
                Self::Call(_, operands) => pending.extend(operands),
                Self::Boolean(_) | Self::Int(_) | Self::Uint(_) => {}
            }
        }
        found
    }
}

/// Returns the position that a name such as `arg0` refers to.
pub(crate) fn position(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("arg")?;
    let is_canonical = digits == "0" || !digits.starts_with('0');
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_canonical && all_digits { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
