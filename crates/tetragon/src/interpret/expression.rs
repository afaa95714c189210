//! A `CelExpr` value -> a condition on the arguments of a call, as Tetragon's BPF code computes it.
//!
//! Numbers wrap around in their width. Nothing fails, so `&&` and `||` may be decided by one operand.
//! Source: `pkg/celbpf` of Tetragon.

use telovix_policy::judge::{Event, Field, Fields};

use super::call::Source;
use super::fact::{Assumptions, FactId, Facts};
use super::known::{Known, known};
use super::truth::{Needs, Truth};
use crate::ArgumentType;
use crate::cel::{CelType, Expression, Function, condition, position};

/// A condition.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    expression: Expression,
    /// By position, the type and what is known to be there.
    arguments: Vec<(Option<CelType>, Option<Source>)>,
    /// What else decides: arguments that no event has.
    other: FactId,
}

/// A value of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Boolean(bool),
    Int(i64),
    Uint(u64),
    Int32(i32),
    Uint32(u32),
}

impl Condition {
    /// Reads an expression on these arguments; `None` if Tetragon refuses it.
    pub(super) fn read(
        text: &str,
        arguments: &[(ArgumentType, Option<Source>)],
        other: FactId,
    ) -> Option<Self> {
        let types: Vec<ArgumentType> = arguments.iter().map(|(kind, _)| *kind).collect();
        let expression = condition(text, &types).ok()?;
        let arguments = arguments.iter().map(|(kind, source)| (CelType::of(*kind), *source)).collect();
        Some(Self { expression, arguments, other })
    }

    /// Returns what is known of the arguments that it uses.
    pub(super) fn sources(&self) -> impl Iterator<Item = Source> {
        let used = self.expression.arguments();
        used.into_iter().filter_map(|at| self.arguments.get(at).and_then(|(_, source)| *source))
    }

    /// Returns whether it holds for an event.
    pub(super) fn of(&self, event: &Event, assumed: Assumptions) -> Truth {
        match self.value(&self.expression, event) {
            Ok(value) => Truth::from(value == Value::Boolean(true)),
            Err(Needs { fields, facts }) => {
                let open = Truth::Open(Needs { fields, facts: Facts::default() });
                match (fields.is_empty(), facts.is_empty()) {
                    (true, _) => Truth::fact(self.other, assumed),
                    (false, true) => open,
                    (false, false) => open.union(Truth::fact(self.other, assumed)),
                }
            }
        }
    }

    /// Returns the value of a part, or what it depends on. The depth is limited by the parser.
    fn value(&self, part: &Expression, event: &Event) -> Result<Value, Needs> {
        match part {
            Expression::Boolean(holds) => Ok(Value::Boolean(*holds)),
            Expression::Int(number) => Ok(Value::Int(*number)),
            Expression::Uint(number) => Ok(Value::Uint(*number)),
            Expression::Name(name) => self.argument(name, event),
            Expression::Call(Function::Logic(sign), operands) => {
                // The value of one operand that decides alone.
                let deciding = Value::Boolean(*sign == "||");
                let mut open = None;
                for operand in operands {
                    match self.value(operand, event) {
                        Ok(value) if value == deciding => return Ok(deciding),
                        Ok(_) => {}
                        Err(needs) => open = Some(open.map_or(needs, |known: Needs| known.union(needs))),
                    }
                }
                open.map_or(Ok(Value::Boolean(*sign != "||")), Err)
            }
            Expression::Call(function, operands) => {
                let values: Vec<Result<Value, Needs>> =
                    operands.iter().map(|operand| self.value(operand, event)).collect();
                let needs = values.iter().filter_map(|value| value.err()).reduce(Needs::union);
                if let Some(needs) = needs {
                    return Err(needs);
                }
                let values: Vec<Value> = values.into_iter().flatten().collect();
                apply(function, &values).ok_or_else(|| self.unknown())
            }
        }
    }

    fn argument(&self, name: &str, event: &Event) -> Result<Value, Needs> {
        let declared = position(name).and_then(|at| self.arguments.get(at));
        let Some((Some(kind), Some(source))) = declared else { return Err(self.unknown()) };
        match known(*source, event) {
            Known::Number(number) => match kind {
                CelType::Int32 => Ok(Value::Int32(number as i32)),
                CelType::Uint32 => Ok(Value::Uint32(number as u32)),
                CelType::Int => Ok(Value::Int(number.cast_signed())),
                CelType::Uint => Ok(Value::Uint(number)),
                CelType::Boolean => Err(self.unknown()),
            },
            Known::Lacks(field) => Err(lacks(field)),
            Known::Nothing => Err(self.unknown()),
        }
    }

    fn unknown(&self) -> Needs {
        Needs { fields: Fields::default(), facts: self.other.into() }
    }
}

fn lacks(field: Field) -> Needs {
    Needs { fields: [field].into_iter().collect(), facts: Facts::default() }
}

/// Applies an operator or a function; `None` if the types do not fit, which the reader of expressions refuses.
fn apply(function: &Function, values: &[Value]) -> Option<Value> {
    use Value as V;
    match (function, values) {
        (Function::Not, [V::Boolean(holds)]) => Some(V::Boolean(!holds)),
        (Function::Comparison(sign), [left, right]) => {
            let order = match (left, right) {
                (V::Boolean(left), V::Boolean(right)) => left.cmp(right),
                (V::Int(left), V::Int(right)) => left.cmp(right),
                (V::Uint(left), V::Uint(right)) => left.cmp(right),
                (V::Int32(left), V::Int32(right)) => left.cmp(right),
                (V::Uint32(left), V::Uint32(right)) => left.cmp(right),
                _ => return None,
            };
            let holds = match *sign {
                "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                _ => return None,
            };
            Some(V::Boolean(holds))
        }
        (Function::Arithmetic(sign), [left, right]) => {
            let adds = *sign == "+";
            binary(
                *left,
                *right,
                |left, right| if adds { left.wrapping_add(right) } else { left.wrapping_sub(right) },
            )
        }
        (Function::Named(name), values) => match (name.as_str(), values) {
            ("int32", [V::Int(number)]) => Some(V::Int32(*number as i32)),
            ("uint32", [V::Uint(number)]) => Some(V::Uint32(*number as u32)),
            ("and", [left, right]) => binary(*left, *right, |left, right| left & right),
            ("or", [left, right]) => binary(*left, *right, |left, right| left | right),
            ("xor", [left, right]) => binary(*left, *right, |left, right| left ^ right),
            ("not", [operand]) => binary(*operand, *operand, |operand, _| !operand),
            _ => None,
        },
        _ => None,
    }
}

/// Applies a function of bits to two numbers of one type. The low half of a result does not depend on the upper halves.
fn binary(left: Value, right: Value, with: impl Fn(u64, u64) -> u64) -> Option<Value> {
    use Value as V;
    match (left, right) {
        (V::Int(left), V::Int(right)) => {
            Some(V::Int(with(left.cast_unsigned(), right.cast_unsigned()).cast_signed()))
        }
        (V::Uint(left), V::Uint(right)) => Some(V::Uint(with(left, right))),
        (V::Int32(left), V::Int32(right)) => {
            Some(V::Int32(with(left.cast_unsigned().into(), right.cast_unsigned().into()) as i32))
        }
        (V::Uint32(left), V::Uint32(right)) => Some(V::Uint32(with(left.into(), right.into()) as u32)),
        _ => None,
    }
}
