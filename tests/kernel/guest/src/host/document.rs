//! What a command printed for machines -> lines of the console, for checking against the published schemas.

use std::process::Command;

/// Events of one command that are shown; a flood has thousands of one kind.
const EVENTS: usize = 40;

/// Prints the documents among what a command printed, one a line, each with the name of its schema.
pub(super) fn show(command: &Command, printed: &[u8]) {
    let words: Vec<&str> = command.get_args().filter_map(|word| word.to_str()).collect();
    let Some(verb) = words.first() else { return };
    let printed = String::from_utf8_lossy(printed);
    if *verb == "events" {
        for line in printed.lines().take(EVENTS) {
            println!("@@ DOCUMENT event {line}");
        }
    } else if words.contains(&"json") && !printed.trim().is_empty() {
        // What could not be done is told in the shape of all findings.
        let schema = if printed.contains("\"diagnostics\": [") { "report" } else { verb };
        let line: String = printed.lines().map(str::trim).collect();
        println!("@@ DOCUMENT {schema} {line}");
    }
}
