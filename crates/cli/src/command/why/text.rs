//! An event and its verdict -> a few lines for people.

use std::io::{self, Write};

use telovix_policy::judge::{Event, VerdictReport};

/// Prints the verdict, what decided, and what would have been allowed.
pub(super) fn write(event: &Event, told: &VerdictReport, out: &mut dyn Write) -> io::Result<()> {
    let binary = event.binary.as_deref().unwrap_or("an unknown binary");
    writeln!(out, "{:<8} {binary}: {}", told.effect, deed(event))?;
    match (&told.document, &told.dimension, &told.source) {
        (Some(document), Some(dimension), Some(source)) => {
            let (kind, name, id) = (&document.kind, &document.name, &document.id);
            writeln!(out, "         {source}: {kind} `{name}` ({id}), {dimension}")?;
        }
        _ => writeln!(out, "         no policy speaks of it")?,
    }
    if let Some(member) = &told.member {
        writeln!(out, "         listed: {member}")?;
    }
    if let Some(reason) = &told.exempted {
        writeln!(out, "         exempt: {reason}")?;
    }
    if let Some(nearest) = &told.nearest {
        writeln!(out, "         nearest allowed: {nearest}")?;
    }
    if let Some(written) = told.written {
        writeln!(out, "         written as {written}; the state of the pack holds it back")?;
    }
    if !told.depends_on.is_empty() {
        let fields = told.depends_on.join(", ");
        let least = told.at_least.unwrap_or(told.effect);
        writeln!(out, "         the event does not tell {fields}: between {least} and {}", told.effect)?;
    }
    Ok(())
}

/// Returns what the process does, in the words of the event.
fn deed(event: &Event) -> String {
    let mut words = vec![event.operation.name().to_owned()];
    words.extend(event.path.clone());
    if event.anonymous == Some(true) {
        words.push("anonymous memory".to_owned());
    }
    match (event.address, event.port) {
        (Some(address), Some(port)) => words.push(std::net::SocketAddr::new(address, port).to_string()),
        (Some(address), None) => words.push(address.to_string()),
        (None, Some(port)) => words.push(format!("port {port}")),
        (None, None) => {}
    }
    words.extend(event.capability.map(|capability| capability.to_string()));
    words.extend(event.syscall.map(|syscall| syscall.name().to_owned()));
    words.join(" ")
}
