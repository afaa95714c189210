//! An impact -> Markdown for a pull request: the answer first, long lists collapsed.

use std::io::{self, Write};

use telovix_replay::{Count, Impact, RuleImpact};

use super::words::{by_effect, events, grouped, limits, rule, sample, sentence};

/// Rules shown; a comment has a size limit.
const MOST: usize = 30;

/// Prints the answer, the rules, and the limits of the answer.
pub(super) fn write(impact: &Impact, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### Impact: {}\n", sentence(impact))?;
    if impact.total_events > 0 {
        writeln!(out, "{} of {} read.", by_effect(impact), events(impact.scanned_events))?;
    } else {
        writeln!(out, "{} read.", events(impact.scanned_events))?;
    }
    if let Some(delta) = &impact.delta {
        writeln!(
            out,
            "\n| compared with the base | events |\n|---|--:|\n| newly affected | {} |\n| no longer affected | {} |\n| with \
             another effect | {} |",
            grouped(delta.newly_affected),
            grouped(delta.no_longer_affected),
            grouped(delta.changed_effect)
        )?;
        rules("Newly affected", &delta.newly_affected_by_rule, out)?;
        rules("No longer affected", &delta.no_longer_affected_by_rule, out)?;
        rules("With another effect", &delta.changed_effect_by_rule, out)?;
    }
    rules("By rule", &impact.by_rule, out)?;
    rules("May be affected", &impact.possible.by_rule, out)?;
    let lists = [
        ("Binaries", &impact.top_binaries),
        ("Parents", &impact.by_parent),
        ("Paths", &impact.by_path),
        ("Ports", &impact.by_port),
    ];
    for (title, counts) in lists {
        list(title, counts, out)?;
    }
    writeln!(out, "\n**Limits of this answer**\n")?;
    limits(impact).iter().try_for_each(|limit| writeln!(out, "- {}", text(limit)))
}

fn rules(title: &str, rules: &[RuleImpact], out: &mut dyn Write) -> io::Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n**{title}**\n\n| events | effect | line | rule | example |\n|--:|---|---|---|---|")?;
    for impact in rules.iter().take(MOST) {
        let example = impact.samples.first().map(|first| code(&sample(first))).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {} | {} | {example} |",
            grouped(impact.events),
            impact.effect,
            code(&impact.source),
            text(&rule(impact))
        )?;
    }
    match rules.len().checked_sub(MOST) {
        Some(more) if more > 0 => writeln!(out, "\nand {more} more."),
        _ => Ok(()),
    }
}

fn list(title: &str, counts: &[Count], out: &mut dyn Write) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{title}</summary>\n\n| events | value |\n|--:|---|")?;
    for count in counts {
        writeln!(out, "| {} | {} |", grouped(count.events), code(&count.value))?;
    }
    writeln!(out, "\n</details>")
}

/// Quotes as code, inside a table too.
pub(in crate::command) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace(char::is_control, " "))
}

/// Escapes Markdown and HTML markup.
pub(in crate::command) fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' => plain.extend(['\\', letter]),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{code, text};

    #[test]
    fn a_name_cannot_break_out_of_its_cell() {
        assert_eq!(text("a|b <script>\n@team"), "a\\|b &lt;script&gt; \\@team");
        assert_eq!(code("a`|b"), "`a'\\|b`");
    }
}
