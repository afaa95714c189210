//! A line -> its gaps. Lines that are not ordinary have none: they are left to the careful reader.

use super::gap::{Enter, Gap, Level, NumberField, Placed, Side, Take, TextField};
use crate::json::{Cursor, NotJson, Pattern, Token};
use crate::line::{ArgumentShape, KINDS, is_read, shape};

/// Gaps of one line, and bytes of one gap.
const LONGEST_LINE: usize = 512;
const LONGEST_GAP: usize = 512;

/// What a key says about its value.
enum Field {
    Other,
    Text(TextField),
    Number(NumberField),
    /// An object, or the list of arguments.
    Record(Level),
}

/// Returns the gaps of a line that an envelope can be made of by filling it in.
pub(super) fn gaps(line: &str) -> Option<Vec<Placed>> {
    let mut lesson = Lesson { gaps: Vec::new(), enters: Vec::new(), inside: Vec::new(), start: line };
    let mut cursor = Cursor::new(line);
    lesson.value(&mut cursor, Field::Record(Level::Line)).ok()?;
    lesson.gap("", Take::End).ok()?;
    cursor.finish().ok()?;
    Some(lesson.gaps)
}

/// What was read of a line.
struct Lesson<'line> {
    gaps: Vec<Placed>,
    /// What is entered since the last value.
    enters: Vec<Enter>,
    inside: Vec<Level>,
    /// The line after the last value.
    start: &'line str,
}

impl<'line> Lesson<'line> {
    fn value(&mut self, cursor: &mut Cursor<'line>, field: Field) -> Result<(), NotJson> {
        match (cursor.token()?, field) {
            (Token::Object, Field::Record(Level::Arguments)) => Err(NotJson),
            (Token::Object, Field::Record(level)) => self.object(cursor, level),
            (Token::Object, Field::Other) => self.object(cursor, Level::OtherObject),
            (Token::Array, Field::Record(Level::Arguments)) => self.array(cursor, Level::Arguments),
            (Token::Array, Field::Other) => self.array(cursor, Level::OtherArray),
            (Token::Text, Field::Other) => self.taken(cursor, Take::SkipText),
            (Token::Text, Field::Text(field)) => self.taken(cursor, Take::Text(field)),
            (Token::Text, Field::Number(field)) => self.taken(cursor, Take::NumberInText(field)),
            (Token::Number, Field::Other) => self.taken(cursor, Take::SkipNumber),
            (Token::Number, Field::Number(field)) => self.taken(cursor, Take::Number(field)),
            (Token::Word, Field::Other) => cursor.skip(),
            // A field that is used and has a value of another type.
            _ => Err(NotJson),
        }
    }

    fn object(&mut self, cursor: &mut Cursor<'line>, level: Level) -> Result<(), NotJson> {
        self.inside.push(level);
        cursor.members(|cursor, key| {
            let field = self.field(level, key);
            self.value(cursor, field)
        })?;
        self.inside.pop();
        Ok(())
    }

    fn array(&mut self, cursor: &mut Cursor<'line>, level: Level) -> Result<(), NotJson> {
        self.inside.push(level);
        cursor.items(|cursor| {
            let is_argument = level == Level::Arguments;
            if is_argument {
                self.enters.push(Enter::Argument);
            }
            self.value(cursor, if is_argument { Field::Record(Level::Argument) } else { Field::Other })
        })?;
        self.inside.pop();
        Ok(())
    }

    /// Takes a string or a number.
    fn taken(&mut self, cursor: &mut Cursor<'line>, take: Take) -> Result<(), NotJson> {
        let is_number = matches!(take, Take::SkipNumber | Take::Number(_));
        let value = cursor.left();
        self.gap(if is_number { value } else { value.get(1..).ok_or(NotJson)? }, take)?;
        cursor.skip()?;
        self.start = cursor.left();
        Ok(())
    }

    /// Notes the gap up to `rest`.
    fn gap(&mut self, rest: &str, take: Take) -> Result<(), NotJson> {
        let length = self.start.len() - rest.len();
        if length > LONGEST_GAP || self.gaps.len() >= LONGEST_LINE {
            return Err(NotJson);
        }
        let text = Pattern::new(self.start.as_bytes().get(..length).ok_or(NotJson)?);
        let gap = Gap { text, enters: self.enters.as_slice().into(), take };
        self.gaps.push(Placed { gap, inside: self.inside.as_slice().into() });
        self.enters.clear();
        Ok(())
    }

    /// Returns what a key says about its value, and notes what it starts.
    fn field(&mut self, level: Level, key: &str) -> Field {
        let mut enter = |enter, level| {
            self.enters.push(enter);
            Field::Record(level)
        };
        let process = |side| (Enter::Process(side), Level::Process(side));
        match (level, key) {
            (Level::Line, "node_name") => Field::Text(TextField::Host),
            (Level::Line, "time") => Field::Text(TextField::Time),
            (Level::Line, "aggregation_info") => {
                self.enters.push(Enter::Aggregated);
                Field::Other
            }
            (Level::Line, key) => match KINDS.iter().position(|kind| *kind == key) {
                Some(kind) => {
                    enter(Enter::Kind(kind), if is_read(key) { Level::Body } else { Level::OtherObject })
                }
                None => Field::Other,
            },
            (Level::Body, "process") => {
                let (start, level) = process(Side::Process);
                enter(start, level)
            }
            (Level::Body, "parent") => {
                let (start, level) = process(Side::Parent);
                enter(start, level)
            }
            (Level::Body, "args") => enter(Enter::Arguments, Level::Arguments),
            (Level::Body, "function_name") => Field::Text(TextField::Function),
            (Level::Body, "subsys") => Field::Text(TextField::Subsystem),
            (Level::Body, "event") => Field::Text(TextField::Tracepoint),
            (Level::Body, "number_of_dropped_process_events") => Field::Number(NumberField::Dropped),
            (Level::Process(side), "binary") => Field::Text(TextField::Binary(side)),
            (Level::Process(side), "flags") => Field::Text(TextField::Flags(side)),
            (Level::Process(side), "uid") => Field::Number(NumberField::Uid(side)),
            (Level::Process(side), "start_time") => Field::Text(TextField::Started(side)),
            (Level::Process(side), "pod") => enter(Enter::Pod(side), Level::Pod(side)),
            (Level::Pod(side), "namespace") => Field::Text(TextField::Namespace(side)),
            (Level::Pod(side), "name") => Field::Text(TextField::Name(side)),
            (Level::Argument, key) => match shape(key) {
                Some((_, ArgumentShape::Number)) => {
                    self.enters.push(Enter::Shape(ArgumentShape::Number));
                    Field::Number(NumberField::OfArgument)
                }
                Some((_, shape)) => enter(Enter::Shape(shape), Level::Of(shape)),
                None => Field::Other,
            },
            (Level::Of(ArgumentShape::Path), "path") => Field::Text(TextField::Path),
            (Level::Of(ArgumentShape::Capability), "value") | (Level::Of(ArgumentShape::Syscall), "id") => {
                Field::Number(NumberField::OfArgument)
            }
            (Level::Of(ArgumentShape::Syscall), "abi") => Field::Text(TextField::Abi),
            (Level::Of(ArgumentShape::Socket(..)), "family") => Field::Text(TextField::Family),
            (Level::Of(ArgumentShape::Socket(..)), "protocol") => Field::Text(TextField::Protocol),
            (Level::Of(ArgumentShape::Socket(address, _)), key) if key == address => {
                Field::Text(TextField::Address)
            }
            (Level::Of(ArgumentShape::Socket(_, port)), key) if key == port => {
                Field::Number(NumberField::OfArgument)
            }
            _ => Field::Other,
        }
    }
}
