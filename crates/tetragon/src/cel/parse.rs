//! Tokens -> an expression.
//!
//! The depth of each grammar rule is limited as in the parser that Tetragon uses. An operator of a left-recursive rule
//! counts as one level, so that `1 + 1 + …` is limited too; `&&` and `||` are lists and are not.

use super::token::{Token, tokens};
use super::{CHARACTERS, DEPTH, Expression, Function, Refusal};

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const ARITHMETIC: [&str; 2] = ["+", "-"];

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expression, Refusal> {
    if text.chars().nth(CHARACTERS).is_some() {
        return Err(Refusal(format!("has more than {CHARACTERS} characters")));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, nested: 0, compared: 0, added: 0 };
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(Refusal(format!("ends before {}", shown(token)))),
    }
}

struct Parser<'tokens, 'text> {
    tokens: &'tokens [Token<'text>],
    at: usize,
    /// How many applications of the rule for an expression are open.
    nested: usize,
    /// The same for comparisons.
    compared: usize,
    /// The same for additions.
    added: usize,
}

impl<'text> Parser<'_, 'text> {
    fn expression(&mut self) -> Result<Expression, Refusal> {
        enter(&mut self.nested)?;
        let any = self.list("||", |parser| parser.list("&&", Self::comparison))?;
        self.nested -= 1;
        Ok(any)
    }

    /// Reads operands between operators of one kind, which CEL treats as one list.
    fn list(
        &mut self,
        sign: &'static str,
        operand: impl Fn(&mut Self) -> Result<Expression, Refusal>,
    ) -> Result<Expression, Refusal> {
        let first = operand(self)?;
        let mut operands = vec![first];
        while self.take(sign) {
            operands.push(operand(self)?);
        }
        Ok(match operands.len() {
            1 => operands.remove(0),
            _ => Expression::Call(Function::Logic(sign), operands),
        })
    }

    fn comparison(&mut self) -> Result<Expression, Refusal> {
        let outer = self.compared;
        enter(&mut self.compared)?;
        let mut left = self.sum()?;
        while let Some(sign) = self.take_one(&COMPARISONS) {
            enter(&mut self.compared)?;
            // The right operand is an application of the same rule.
            enter(&mut self.compared)?;
            let right = self.sum()?;
            self.compared -= 1;
            left = Expression::Call(Function::Comparison(sign), vec![left, right]);
        }
        self.compared = outer;
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression, Refusal> {
        let outer = self.added;
        enter(&mut self.added)?;
        let mut left = self.unary()?;
        while let Some(sign) = self.take_one(&ARITHMETIC) {
            enter(&mut self.added)?;
            enter(&mut self.added)?;
            let right = self.unary()?;
            self.added -= 1;
            left = Expression::Call(Function::Arithmetic(sign), vec![left, right]);
        }
        self.added = outer;
        Ok(left)
    }

    /// Reads an operand with its signs. Two of the same sign cancel each other.
    fn unary(&mut self) -> Result<Expression, Refusal> {
        if self.take("!") {
            let mut is_negated = true;
            while self.take("!") {
                is_negated = !is_negated;
            }
            let operand = self.literal_or_primary()?;
            return Ok(if is_negated { Expression::Call(Function::Not, vec![operand]) } else { operand });
        }
        let mut minuses = 0_usize;
        while self.peek_after(minuses) == Some(Token::Sign("-")) {
            minuses += 1;
        }
        if minuses > 1 {
            self.at += minuses;
            if minuses % 2 == 1 {
                return Err(negation());
            }
            return self.primary();
        }
        self.literal_or_primary()
    }

    fn literal_or_primary(&mut self) -> Result<Expression, Refusal> {
        if !self.take("-") {
            return self.primary();
        }
        match self.peek() {
            Some(Token::Int(digits)) => {
                self.at += 1;
                int(digits, true)
            }
            _ => Err(negation()),
        }
    }

    fn primary(&mut self) -> Result<Expression, Refusal> {
        let is_rooted = self.take(".");
        let token = self.peek().ok_or_else(|| Refusal("ends where a value is expected".to_owned()))?;
        self.at += 1;
        let expression = match token {
            Token::Name("true") if !is_rooted => Expression::Boolean(true),
            Token::Name("false") if !is_rooted => Expression::Boolean(false),
            Token::Name(name) if self.take("(") => {
                Expression::Call(Function::Named(name.to_owned()), self.operands()?)
            }
            Token::Name(name) => Expression::Name(name.to_owned()),
            Token::Int(digits) if !is_rooted => int(digits, false)?,
            Token::Uint(digits) if !is_rooted => uint(digits)?,
            Token::Sign("(") if !is_rooted => {
                let inner = self.expression()?;
                self.expect(")")?;
                inner
            }
            other => return Err(Refusal(format!("has {} where a value is expected", shown(other)))),
        };
        if self.peek() == Some(Token::Sign(".")) {
            return Err(Refusal("selects a field, which Tetragon does not support".to_owned()));
        }
        Ok(expression)
    }

    fn operands(&mut self) -> Result<Vec<Expression>, Refusal> {
        let mut operands = Vec::new();
        if self.take(")") {
            return Ok(operands);
        }
        loop {
            operands.push(self.expression()?);
            if !self.take(",") {
                self.expect(")")?;
                return Ok(operands);
            }
        }
    }

    fn peek(&self) -> Option<Token<'text>> {
        self.peek_after(0)
    }

    fn peek_after(&self, count: usize) -> Option<Token<'text>> {
        self.tokens.get(self.at + count).copied()
    }

    fn take(&mut self, sign: &'static str) -> bool {
        let is_there = self.peek() == Some(Token::Sign(sign));
        self.at += usize::from(is_there);
        is_there
    }

    fn take_one(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.take(sign))
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Refusal> {
        if self.take(sign) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "its end".to_owned(), shown);
        Err(Refusal(format!("has {found} where `{sign}` is expected")))
    }
}

fn enter(depth: &mut usize) -> Result<(), Refusal> {
    *depth += 1;
    if *depth > DEPTH {
        return Err(Refusal(format!("is nested more than {DEPTH} levels deep")));
    }
    Ok(())
}

fn int(digits: &str, is_negative: bool) -> Result<Expression, Refusal> {
    let magnitude = magnitude(digits)?;
    let number = if is_negative { -magnitude } else { magnitude };
    i64::try_from(number).map(Expression::Int).map_err(|_| too_large(digits))
}

fn uint(digits: &str) -> Result<Expression, Refusal> {
    u64::try_from(magnitude(digits)?).map(Expression::Uint).map_err(|_| too_large(digits))
}

fn magnitude(digits: &str) -> Result<i128, Refusal> {
    let read = match digits.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    read.map_err(|_| too_large(digits))
}

fn too_large(digits: &str) -> Refusal {
    let start: String = digits.chars().take(24).collect();
    Refusal(format!("has the number `{start}`, which needs more than 64 bits"))
}

fn negation() -> Refusal {
    Refusal("negates a value, which Tetragon supports for literals only".to_owned())
}

fn shown(token: Token<'_>) -> String {
    match token {
        Token::Int(text) | Token::Uint(text) | Token::Name(text) => {
            let start: String = text.chars().take(40).collect();
            format!("`{start}`")
        }
        Token::Sign(sign) => format!("`{sign}`"),
    }
}
