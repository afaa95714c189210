//! A review -> Markdown.

use std::io::{self, Write};

use telovix_review::{Review, Rule, Threat};

use super::Document;
use super::change::Change;
use crate::output::inline::{Part, parts};
use crate::output::markdown::{code, text};

/// Prints the review.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let review = &document.review;
    writeln!(out, "# Policy review\n\n{}.", document.sentence())?;
    if let Some(change) = &document.change {
        changes(change, out)?;
    }
    table(&review.rules, out)?;
    review.rules.iter().try_for_each(|rule| details(rule, out))?;
    scoping(review, out)?;
    findings(review, out)?;
    corrections(review, out)?;
    rollout(review, out)?;
    routing(review, out)?;
    writeln!(out, "\n## Not known\n")?;
    let unknown = review.not_known.iter().chain(&review.routing.not_known);
    unknown.into_iter().try_for_each(|line| writeln!(out, "- {}", inline(line)))
}

/// Formats a sentence with code in backticks.
fn inline(sentence: &str) -> String {
    let part = |part| match part {
        Part::Words(words) => text(words),
        Part::Code(words) => code(words),
    };
    parts(sentence).map(part).collect()
}

/// Formats a command outside of tables, where a backslash before `|` would be part of it.
fn command_code(command: &str) -> String {
    code(command).replace("\\|", "|")
}

fn changes(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Changed since {}: {}\n", code(&change.base), change.direction)?;
    if change.documents.is_empty() {
        return writeln!(out, "No document changed.");
    }
    writeln!(out, "| verdict | document | place | example |\n|---|---|---|---|")?;
    change.documents.iter().try_for_each(|document| {
        let presence = document.presence.map(|word| format!(" ({word})")).unwrap_or_default();
        let place = document.source.as_deref().map(code).unwrap_or_default();
        let example = document.example.as_deref().map(inline).unwrap_or_default();
        writeln!(
            out,
            "| {} | {}{presence} | {place} | {example} |",
            document.direction,
            text(&document.document)
        )
    })
}

fn threat(threat: &Threat) -> String {
    let name = threat.name.as_deref().map(|name| format!(" {}", text(name))).unwrap_or_default();
    format!("[{}]({}){name}", threat.technique, threat.source)
}

fn threats(rule: &Rule) -> String {
    let found: Vec<_> = rule.threats.iter().map(threat).collect();
    if found.is_empty() { "not known".to_owned() } else { found.join("; ") }
}

fn table(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Rules\n")?;
    if rules.is_empty() {
        return writeln!(out, "There is no rule.");
    }
    writeln!(
        out,
        "| # | document | hook | threat | action | false-positive risk |\n|---|---|---|---|---|---|"
    )?;
    rules.iter().try_for_each(|rule| {
        let risk = &rule.false_positives;
        let reason = risk.reasons.first().map(|reason| inline(reason)).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | **{}**: {reason} |",
            rule.number,
            text(&rule.document),
            inline(&rule.hook),
            threats(rule),
            inline(&rule.action.does),
            risk.level
        )
    })
}

fn details(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### Rule {}: {}\n", rule.number, text(&rule.document))?;
    writeln!(out, "- place: {}", code(&rule.source))?;
    writeln!(out, "- hook: {}", inline(&rule.hook))?;
    writeln!(out, "- subject: {}", inline(&rule.subject))?;
    for found in &rule.threats {
        writeln!(out, "- threat: {}, because {}", threat(found), inline(&found.because))?;
    }
    if let Some(unknown) = &rule.threat_not_known {
        writeln!(out, "- threat: {}", inline(unknown))?;
    }
    writeln!(out, "- action: {}", inline(&rule.action.does))?;
    if let Some(radius) = &rule.action.blast_radius {
        writeln!(out, "- blast radius: {}", inline(radius))?;
    }
    if let Some(back) = &rule.action.way_back {
        writeln!(out, "- way back: {}", inline(back))?;
    }
    let risk = &rule.false_positives;
    writeln!(out, "- false-positive risk: **{}**", risk.level)?;
    for reason in &risk.reasons {
        writeln!(out, "  - {}", inline(reason))?;
    }
    for exempt in &risk.allowlist {
        let executables: Vec<_> = exempt.executables.iter().map(|path| code(path)).collect();
        writeln!(out, "  - consider exempting the {}: {}", text(&exempt.agent), executables.join(", "))?;
    }
    if let Some(events) = rule.events_of_history {
        writeln!(out, "- events of the history it would have affected: {events}")?;
    }
    if rule.fields.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| field | value | why it is there | place |\n|---|---|---|---|")?;
    rule.fields.iter().try_for_each(|field| {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            code(&field.field),
            code(&field.value),
            inline(&field.why),
            code(&field.source)
        )
    })
}

fn scoping(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Scoping\n")?;
    for scoping in &review.scoping {
        let (document, applies) = (text(&scoping.document), inline(&scoping.applies));
        writeln!(out, "- {document} ({}): {applies}", code(&scoping.source))?;
        scoping.findings.iter().try_for_each(|finding| writeln!(out, "  - {}", inline(finding)))?;
    }
    Ok(())
}

fn findings(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Findings\n")?;
    if review.findings.is_empty() {
        return writeln!(out, "The checks found nothing.");
    }
    for finding in &review.findings {
        let place = finding.source.as_deref().map(|place| format!(" {}", code(place))).unwrap_or_default();
        let (code, message) = (code(finding.code), inline(&finding.message));
        writeln!(out, "- {}{place}: {message} ({code})", finding.severity)?;
        finding.help.iter().try_for_each(|help| writeln!(out, "  - {}", inline(help)))?;
    }
    Ok(())
}

fn corrections(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Corrected files\n")?;
    if review.corrections.is_empty() {
        return writeln!(out, "No fix is certain enough to be applied: the files stay as they are.");
    }
    for correction in &review.corrections {
        writeln!(out, "### {}\n", text(&correction.source))?;
        for change in &correction.changes {
            let (place, message) = (code(&change.source), inline(&change.message));
            writeln!(out, "- {place}: {message} ({}, {})", code(&change.code), change.certainty)?;
        }
        // Longer than every run of backticks in the text, so that the text cannot end the block.
        let longest = correction.text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        writeln!(out, "\n{fence}yaml\n{}\n{fence}\n", correction.text.trim_end())?;
    }
    Ok(())
}

fn rollout(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Rollout, from observe to enforce\n")?;
    for step in &review.rollout {
        let reached = if step.is_reached { " (reached)" } else { "" };
        writeln!(out, "{}. {}: {}{reached}", step.number, text(&step.document), inline(&step.change))?;
        step.watch.iter().try_for_each(|command| writeln!(out, "   - watch: {}", command_code(command)))?;
        writeln!(out, "   - gate: {}", inline(&step.gate))?;
    }
    Ok(())
}

fn routing(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    let routing = &review.routing;
    writeln!(out, "\n## Alert routing\n\n| telovix | ECS | OCSF | CEF | why |\n|---|---|---|---|---|")?;
    for field in &routing.fields {
        let [telovix, ecs, ocsf, cef] = [field.telovix, field.ecs, field.ocsf, field.cef].map(code);
        writeln!(out, "| {telovix} | {ecs} | {ocsf} | {cef} | {} |", text(field.why))?;
    }
    if !routing.ocsf_classes.is_empty() {
        writeln!(out, "\nOCSF classes; an alert is a Detection Finding (2004):\n")?;
    }
    for class in &routing.ocsf_classes {
        writeln!(out, "- {}: {} ({})", code(class.operation), text(class.class), class.class_uid)?;
    }
    writeln!(out, "\nSignals:\n")?;
    routing.high_fidelity.iter().try_for_each(|signal| writeln!(out, "- {}", inline(signal)))?;
    if routing.sigma.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nSigma:\n\n```yaml\n{}\n```", routing.sigma.trim_end().replace("```", "'''"))
}
