//! What lies between two values: its text, the objects it enters, and where the value after it belongs.

use std::borrow::Cow;

use crate::json::{Cursor, Pattern, Slot};
use crate::line::{Argument, ArgumentShape, Envelope, Origin, Pod, Process, Socket, Text};

/// Which of the two processes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Process,
    Parent,
}

/// The start of something that an envelope has, even where it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Enter {
    /// The event, and its place in `KINDS`.
    Kind(usize),
    /// `aggregation_info`.
    Aggregated,
    Process(Side),
    Pod(Side),
    /// The list of arguments.
    Arguments,
    /// The next one of them.
    Argument,
    /// Its value.
    Shape(ArgumentShape),
}

/// What is done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Take {
    /// The line ends instead.
    End,
    SkipText,
    SkipNumber,
    Text(TextField),
    Number(NumberField),
    /// A number that is written as a string.
    NumberInText(NumberField),
}

/// The texts of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TextField {
    Host,
    Time,
    Function,
    Subsystem,
    Tracepoint,
    Binary(Side),
    Flags(Side),
    Started(Side),
    Namespace(Side),
    Name(Side),
    Path,
    Family,
    Address,
    Protocol,
    Abi,
}

/// The numbers of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NumberField {
    Dropped,
    Uid(Side),
    /// That of an argument: its value, its id or its port.
    OfArgument,
}

/// What lies between two values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Gap {
    pub(super) text: Pattern,
    pub(super) enters: Box<[Enter]>,
    pub(super) take: Take,
}

/// An object or an array that a value lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Level {
    Line,
    Body,
    Process(Side),
    Pod(Side),
    Arguments,
    Argument,
    /// The value of an argument.
    Of(ArgumentShape),
    /// One that is not used.
    OtherObject,
    OtherArray,
}

/// A gap, and the objects and arrays that the value after it lies in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Placed {
    pub(super) gap: Gap,
    pub(super) inside: Box<[Level]>,
}

/// An envelope that is being filled.
#[derive(Debug)]
pub(super) struct Filling<'line> {
    pub(super) envelope: Envelope<'line>,
    /// How many arguments were entered, and whether the last one has a value.
    arguments: usize,
    has_value: bool,
}

impl<'line> Filling<'line> {
    pub(super) fn new() -> Self {
        let envelope = Envelope {
            origin: Origin::Telovix,
            body: Default::default(),
            host: Text::Absent,
            time: Text::Absent,
            aggregated: false,
        };
        Self { envelope, arguments: 0, has_value: false }
    }

    /// Starts something. None where it is there twice, and what that means is left to the careful reader.
    pub(super) fn enter(&mut self, enter: Enter) -> Option<()> {
        match enter {
            Enter::Kind(kind) => {
                if self.envelope.origin != Origin::Telovix {
                    return None;
                }
                self.envelope.origin = Origin::Tetragon(kind);
            }
            Enter::Aggregated => self.envelope.aggregated = true,
            Enter::Process(side) => *self.side(side) = Slot::Is(Process::default()),
            Enter::Pod(side) => self.process(side)?.pod = Slot::Is(Pod::default()),
            Enter::Arguments if self.arguments > 0 => return None,
            Enter::Arguments => {}
            Enter::Argument => {
                self.arguments += 1;
                self.has_value = false;
            }
            Enter::Shape(_) if self.has_value => return None,
            Enter::Shape(shape) => {
                self.has_value = true;
                if let Some(argument) = self.argument() {
                    *argument = empty(shape);
                }
            }
        }
        Some(())
    }

    /// Takes the value at the cursor. None where it is of another type than those before it.
    pub(super) fn value(&mut self, cursor: &mut Cursor<'line>, take: Take) -> Option<()> {
        match take {
            Take::End => return None,
            Take::SkipText => cursor.skip_string().ok()?,
            Take::SkipNumber => cursor.skip_number().ok()?,
            Take::Text(field) => {
                let text = cursor.string().ok()?;
                self.text(field, text)?;
            }
            Take::Number(field) => {
                let number = cursor.number().ok()?;
                self.number(field, number)?;
            }
            Take::NumberInText(field) => {
                let text = cursor.string().ok()?;
                self.number(field, text.parse().map_or(Slot::Wrong, Slot::Is))?;
            }
        }
        Some(())
    }

    fn text(&mut self, field: TextField, text: Cow<'line, str>) -> Option<()> {
        let body = &mut self.envelope.body;
        let place = match field {
            TextField::Host => &mut self.envelope.host,
            TextField::Time => &mut self.envelope.time,
            TextField::Function => &mut body.function,
            TextField::Subsystem => &mut body.subsystem,
            TextField::Tracepoint => &mut body.tracepoint,
            TextField::Binary(side) => &mut self.process(side)?.binary,
            TextField::Flags(side) => &mut self.process(side)?.flags,
            TextField::Started(side) => &mut self.process(side)?.started,
            TextField::Namespace(side) => &mut self.pod(side)?.namespace,
            TextField::Name(side) => &mut self.pod(side)?.name,
            TextField::Path
            | TextField::Family
            | TextField::Address
            | TextField::Protocol
            | TextField::Abi => {
                match (field, self.argument()) {
                    (TextField::Path, Some(Argument::Path(path))) => path,
                    (TextField::Family, Some(Argument::Socket(socket))) => &mut socket.family,
                    (TextField::Address, Some(Argument::Socket(socket))) => &mut socket.address,
                    (TextField::Protocol, Some(Argument::Socket(socket))) => &mut socket.protocol,
                    (TextField::Abi, Some(Argument::Syscall(_, abi))) => abi,
                    // Later arguments are not looked at.
                    (_, None) => return Some(()),
                    (_, Some(_)) => return None,
                }
            }
        };
        *place = Slot::Is(text);
        Some(())
    }

    fn number(&mut self, field: NumberField, number: Slot<i64>) -> Option<()> {
        let place = match field {
            NumberField::Dropped => &mut self.envelope.body.dropped,
            NumberField::Uid(side) => &mut self.process(side)?.uid,
            NumberField::OfArgument => match self.argument() {
                Some(Argument::Number(value) | Argument::Capability(value) | Argument::Syscall(value, _)) => {
                    value
                }
                Some(Argument::Socket(socket)) => &mut socket.port,
                None => return Some(()),
                Some(Argument::Path(_) | Argument::Other) => return None,
            },
        };
        *place = number;
        Some(())
    }

    fn side(&mut self, side: Side) -> &mut Slot<Process<'line>> {
        match side {
            Side::Process => &mut self.envelope.body.process,
            Side::Parent => &mut self.envelope.body.parent,
        }
    }

    fn process(&mut self, side: Side) -> Option<&mut Process<'line>> {
        match self.side(side) {
            Slot::Is(process) => Some(process),
            Slot::Absent | Slot::Wrong => None,
        }
    }

    fn pod(&mut self, side: Side) -> Option<&mut Pod<'line>> {
        match &mut self.process(side)?.pod {
            Slot::Is(pod) => Some(pod),
            Slot::Absent | Slot::Wrong => None,
        }
    }

    fn argument(&mut self) -> Option<&mut Argument<'line>> {
        self.envelope.body.arguments.get_mut(self.arguments.checked_sub(1)?)
    }
}

/// An argument whose value has no fields yet.
fn empty<'line>(shape: ArgumentShape) -> Argument<'line> {
    match shape {
        ArgumentShape::Path => Argument::Path(Text::Absent),
        ArgumentShape::Socket(..) => Argument::Socket(Socket::default()),
        ArgumentShape::Capability => Argument::Capability(Slot::Absent),
        ArgumentShape::Syscall => Argument::Syscall(Slot::Absent, Text::Absent),
        ArgumentShape::Number => Argument::Number(Slot::Absent),
    }
}
