//! The text of an answer -> its rows, and whether they are all.
//!
//! ClickHouse may send an exception after `200 OK` and some rows. The format `JSONCompact` ends with the number of rows,
//! so an answer that ends early is seen.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use telovix_replay::sql::Answer;

/// What the server says is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) code: Option<u32>,
    pub(crate) message: String,
}

/// Why a text is not a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The server says why.
    Exception(Exception),
    /// It does not.
    Cut(String),
}

/// The format of answers.
pub(crate) const FORMAT: &str = "JSONCompact";

#[derive(Deserialize)]
struct Body {
    data: Vec<Vec<Cell>>,
    rows: u64,
    exception: Option<String>,
}

/// A value as text.
struct Cell(Option<String>);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Cell;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell(None))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
                Ok(Cell(Some(u8::from(value).to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }

            fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_owned())))
            }

            fn visit_string<E>(self, value: String) -> Result<Cell, E> {
                Ok(Cell(Some(value)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Cell(None))
            }
        }
        from.deserialize_any(Any)
    }
}

/// Reads an answer with the status 200.
pub(crate) fn read(text: &[u8]) -> Result<Answer, Broken> {
    let body: Body = match serde_json::from_slice(text) {
        Ok(body) => body,
        Err(error) => {
            let text = String::from_utf8_lossy(text);
            // The exception is what was written last.
            let start = text.rfind("Code: ").or_else(|| text.find("__exception__"));
            return Err(match start.and_then(|start| text.get(start..)) {
                Some(exception) => Broken::Exception(self::exception(exception)),
                None => Broken::Cut(error.to_string()),
            });
        }
    };
    if let Some(exception) = body.exception {
        return Err(Broken::Exception(self::exception(&exception)));
    }
    if body.rows != body.data.len() as u64 {
        let problem = format!("it has {} of {} rows", body.data.len(), body.rows);
        return Err(Broken::Cut(problem));
    }
    let row = |row: Vec<Cell>| row.into_iter().map(|Cell(value)| value).collect();
    Ok(body.data.into_iter().map(row).collect())
}

/// The most bytes of a message that are shown.
const SHOWN: usize = 600;

/// Reads the text of an exception: `Code: 60, e.displayText() = DB::Exception: ...`.
pub(crate) fn exception(text: &str) -> Exception {
    let number = text.split("Code: ").nth(1).map(|rest| {
        rest.bytes()
            .take_while(u8::is_ascii_digit)
            .fold(0_u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    });
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.strip_suffix(", e.what() = DB::Exception").unwrap_or(&words);
    let words = words.replace("e.displayText() = ", "");
    let message: String = words
        .char_indices()
        .take_while(|(at, _)| *at < SHOWN)
        .map(|(_, letter)| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    let message = if message.is_empty() { "an empty answer".to_owned() } else { message };
    Exception { code: number.filter(|code| *code > 0), message }
}

/// Returns the shards that a message names: `127.0.0.1:19001`, `ch-2.example:9000`.
pub(crate) fn shards(message: &str) -> Vec<String> {
    let words = message.split(|letter: char| letter.is_whitespace() || "(),;'`\"".contains(letter));
    let is_server = |word: &&str| {
        word.rsplit_once(':').is_some_and(|(host, port)| {
            let named =
                host.contains('.') || host == "localhost" || host.ends_with(']') || host.contains('-');
            named && !host.contains("::") | host.ends_with(']') && port.parse::<u16>().is_ok()
        })
    };
    let mut found: Vec<String> =
        words.map(|word| word.trim_end_matches(['.', ':'])).filter(is_server).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::{Broken, exception, read, shards};

    #[test]
    fn a_whole_answer_is_read() {
        let text =
            br#"{"meta":[],"data":[["a",1,"18446744073709551615",null,["x"]]],"rows":1,"statistics":{}}"#;
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(read(text), Ok(vec![vec![of("a"), of("1"), of("18446744073709551615"), None, None]]));
    }

    #[test]
    fn an_answer_with_less_than_everything_is_none() {
        let cut = br#"{"meta":[],"data":[["a"],["b"]"#;
        assert!(matches!(read(cut), Err(Broken::Cut(_))));
        assert!(matches!(read(b""), Err(Broken::Cut(_))));
        assert!(matches!(read(br#"{"data":[["a"]],"rows":2}"#), Err(Broken::Cut(_))));
        assert!(matches!(read(br#"{"data":[["a"]]}"#), Err(Broken::Cut(_))));
        let half = b"{\"meta\":[],\"data\":[[\"a\"],Code: 241, e.displayText() = DB::Exception: Memory limit, e.what() = DB::Exception";
        let Err(Broken::Exception(told)) = read(half) else { panic!("an exception") };
        assert_eq!((told.code, told.message.as_str()), (Some(241), "Code: 241, DB::Exception: Memory limit"));
        let told = br#"{"data":[["a"]],"rows":1,"exception":"Code: 159. DB::Exception: Timeout"}"#;
        assert!(matches!(read(told), Err(Broken::Exception(_))));
    }

    #[test]
    fn messages_name_shards() {
        let message =
            "Code: 279, All connection tries failed. Log: Connection refused (127.0.0.1:19001), e.what()";
        assert_eq!(shards(message), ["127.0.0.1:19001"]);
        assert_eq!(shards("Connection refused (ch-2.example:9000): while x"), ["ch-2.example:9000"]);
        assert_eq!(shards("DB::NetException: at 10:30 a.b::c"), [] as [String; 0]);
        assert_eq!(exception("Code: 60. x").code, Some(60));
    }
}
