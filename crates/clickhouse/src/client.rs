//! Statements -> answers, over the HTTP interface.

use std::fmt;
use std::time::Duration;

use telovix_replay::sql::{Answer, Statement};
use ureq::Agent;
use ureq::http::Response;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::body::{self, Broken, Exception, FORMAT};
use crate::error::Error;

/// How long a connection may take.
const CONNECTION: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const LARGEST: u64 = 1 << 30;
/// Exceptions that mean that another server of the cluster did not answer: end of data, timeout, network, all
/// connections failed.
const OF_SHARDS: [u32; 6] = [32, 159, 209, 210, 279, 519];

/// The password of the user.
#[derive(Clone, Default)]
pub struct Credentials {
    password: Option<Zeroizing<String>>,
}

impl Credentials {
    /// Keeps a password, which no output shows.
    #[must_use]
    pub fn new(password: Option<String>) -> Self {
        Self { password: password.map(Zeroizing::new) }
    }

    /// Returns whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A server and who asks it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) address: Address,
    credentials: Credentials,
    agent: Agent,
    pub(crate) seconds: u64,
}

impl Client {
    pub(crate) fn new(address: Address, credentials: Credentials, seconds: u64) -> Self {
        let config = Agent::config_builder()
            // Events stay in this network: a proxy of the environment is one for the Internet.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECTION))
            .timeout_global(Some(Duration::from_secs(seconds)))
            .build();
        Self { address, credentials, agent: Agent::new_with_config(config), seconds }
    }

    /// Runs a query that reads.
    pub(crate) fn ask(&self, statement: &Statement) -> Result<Answer, Error> {
        let text = format!("{}\nFORMAT {FORMAT}", statement.text);
        let answer = if statement.sets.is_empty() {
            self.post(&[], "text/plain; charset=utf-8", text.as_bytes())?
        } else {
            let (boundary, form) = form(&text, statement);
            self.post(&[], &format!("multipart/form-data; boundary={boundary}"), &form)?
        };
        body::read(&answer).map_err(|broken| match broken {
            Broken::Exception(exception) => self.refused(exception),
            Broken::Cut(problem) => Error::Cut { server: self.address.server(), problem },
        })
    }

    /// Runs a statement that writes.
    pub(crate) fn run(&self, statement: &str, data: &[u8]) -> Result<(), Error> {
        let answer = if data.is_empty() {
            self.post(&[], "text/plain; charset=utf-8", statement.as_bytes())?
        } else {
            self.post(&[("query", statement)], "text/tab-separated-values", data)?
        };
        if answer.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        Err(self.refused(body::exception(&String::from_utf8_lossy(&answer))))
    }

    fn post(&self, parameters: &[(&str, &str)], kind: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        // With `wait_end_of_query` an exception comes as a status, and not after the first rows.
        let url = format!("http://{}/", self.address.server());
        let mut request = self
            .agent
            .post(url)
            .query("wait_end_of_query", "1")
            .query_pairs(parameters.iter().copied())
            .content_type(kind);
        if let Some(user) = &self.address.user {
            request = request.header("X-ClickHouse-User", user);
        }
        if let Some(password) = &self.credentials.password {
            request = request.header("X-ClickHouse-Key", password.as_str());
        }
        let response = request.send(body).map_err(|error| self.failed(&error))?;
        self.read(response)
    }

    fn read(&self, mut response: Response<ureq::Body>) -> Result<Vec<u8>, Error> {
        let status = response.status();
        let text = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let text = text.map_err(|error| self.failed(&error))?;
        if status.is_success() {
            return Ok(text);
        }
        let mut exception = body::exception(&String::from_utf8_lossy(&text));
        if exception.code.is_none() {
            exception.message = format!("HTTP status {}: {}", status.as_u16(), exception.message);
        }
        Err(self.refused(exception))
    }

    fn refused(&self, exception: Exception) -> Error {
        let Exception { code, message } = exception;
        let message = match &self.credentials.password {
            Some(password) if password.len() > 2 => message.replace(password.as_str(), "***"),
            _ => message,
        };
        let server = self.address.server();
        if code.is_some_and(|code| OF_SHARDS.contains(&code)) {
            let mut shards: Vec<_> =
                body::shards(&message).into_iter().map(|shard| format!("shard {shard}")).collect();
            if shards.is_empty() {
                shards.push("a shard".to_owned());
            }
            return Error::Shard { shards, message };
        }
        Error::Refused { server, code, message }
    }

    fn failed(&self, error: &ureq::Error) -> Error {
        let server = self.address.server();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Error::Unreachable { server, problem: "it does not accept a connection".to_owned() }
            }
            ureq::Error::Timeout(_) => Error::Slow { server, seconds: self.seconds, shards: Vec::new() },
            ureq::Error::BodyExceedsLimit(limit) => {
                Error::Cut { server, problem: format!("it has more than {limit} bytes") }
            }
            error => Error::Unreachable { server, problem: error.to_string() },
        }
    }
}

/// Returns a form with a query and its sets, and the boundary between its parts.
fn form(text: &str, statement: &Statement) -> (String, Vec<u8>) {
    let mut boundary = "telovix-part".to_owned();
    let has = |boundary: &str| {
        let contains =
            |bytes: &[u8]| bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        contains(text.as_bytes()) || statement.sets.iter().any(|set| contains(&set.rows))
    };
    while has(&boundary) {
        boundary.push('0');
    }
    let mut form = Vec::new();
    let mut field = |name: &str, file: Option<&str>, value: &[u8]| {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        form.extend(head.into_bytes());
        form.extend(value);
        form.extend(b"\r\n");
    };
    field("query", None, text.as_bytes());
    // The structure of a set comes before the set.
    for set in &statement.sets {
        field(&format!("{}_structure", set.name), None, set.structure.as_bytes());
        field(&format!("{}_format", set.name), None, b"TabSeparated");
    }
    for set in &statement.sets {
        field(&set.name, Some(&set.name), &set.rows);
    }
    form.extend(format!("--{boundary}--\r\n").into_bytes());
    (boundary, form)
}
