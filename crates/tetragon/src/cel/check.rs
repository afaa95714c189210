//! An expression and the types of the arguments -> its type.

use telovix_syntax::quote;

use super::{CelType, Expression, Function, Refusal, position};
use crate::ArgumentType;

/// Returns the type. The depth of an expression is limited by the parser.
pub(super) fn type_of(expression: &Expression, arguments: &[ArgumentType]) -> Result<CelType, Refusal> {
    match expression {
        Expression::Boolean(_) => Ok(CelType::Boolean),
        Expression::Int(_) => Ok(CelType::Int),
        Expression::Uint(_) => Ok(CelType::Uint),
        Expression::Name(name) => argument(name, arguments),
        Expression::Call(function, operands) => {
            let types: Vec<CelType> =
                operands.iter().map(|operand| type_of(operand, arguments)).collect::<Result<_, _>>()?;
            result(function, &types)
        }
    }
}

fn argument(name: &str, arguments: &[ArgumentType]) -> Result<CelType, Refusal> {
    let kind = position(name).and_then(|position| arguments.get(position));
    let Some(kind) = kind else {
        return Err(Refusal(format!("uses {}, which is not one of the arguments under `args`", quote(name))));
    };
    CelType::of(*kind).ok_or_else(|| {
        Refusal(format!(
            "uses `{name}` of type `{}`, and only 32-bit and 64-bit integers can be used",
            kind.name()
        ))
    })
}

fn result(function: &Function, types: &[CelType]) -> Result<CelType, Refusal> {
    let integer = |type_: &CelType| *type_ != CelType::Boolean;
    match (function, types) {
        (Function::Comparison("==" | "!="), [left, right]) if left == right => Ok(CelType::Boolean),
        (Function::Comparison("<" | "<=" | ">" | ">="), [left, right]) if left == right && integer(left) => {
            Ok(CelType::Boolean)
        }
        (Function::Arithmetic(_), [left, right]) if left == right && integer(left) => Ok(*left),
        (Function::Logic(_), types) if types.iter().all(|type_| *type_ == CelType::Boolean) => {
            Ok(CelType::Boolean)
        }
        (Function::Not, [CelType::Boolean]) => Ok(CelType::Boolean),
        (Function::Named(name), types) => named(name, types),
        (Function::Comparison(sign) | Function::Arithmetic(sign) | Function::Logic(sign), _) => {
            Err(no_overload(sign, types))
        }
        (Function::Not, _) => Err(no_overload("!", types)),
    }
}

fn named(name: &str, types: &[CelType]) -> Result<CelType, Refusal> {
    match (name, types) {
        ("int32", [CelType::Int]) => Ok(CelType::Int32),
        ("uint32", [CelType::Uint]) => Ok(CelType::Uint32),
        ("and" | "or" | "xor", [left, right]) if left == right && *left != CelType::Boolean => Ok(*left),
        ("not", [operand]) if *operand != CelType::Boolean => Ok(*operand),
        ("int32" | "uint32" | "and" | "or" | "xor" | "not", _) => Err(no_overload(name, types)),
        _ => Err(Refusal(format!("calls {}, which Tetragon does not declare", quote(name)))),
    }
}

fn no_overload(sign: &str, types: &[CelType]) -> Refusal {
    const SHOWN: usize = 4;
    let mut names: Vec<_> = types.iter().take(SHOWN).map(|type_| format!("`{}`", type_.name())).collect();
    if types.len() > SHOWN {
        names.push("…".to_owned());
    }
    let operands = if names.is_empty() { "no operand".to_owned() } else { names.join(", ") };
    Refusal(format!("applies `{sign}` to {operands}, which Tetragon does not declare"))
}
