//! The edges of an answer -> DOT for Graphviz, or a self-contained SVG image.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use telovix_policy::confine::Effect;

use crate::output::text::plural;
use crate::output::xml::escaped;

/// An edge from a node on the left to one on the right, with an effect.
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) effect: Effect,
    /// The label of the edge; the effect if empty.
    pub(super) label: String,
}

/// Prints the graph for Graphviz; denied and killed actions are dashed.
pub(super) fn dot(edges: &[Edge], out: &mut dyn Write) -> io::Result<()> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    writeln!(out, "digraph policy {{\n  rankdir=LR;\n  node [shape=box];")?;
    for edge in edges {
        let style = if is_stopped(edge.effect) { "dashed" } else { "solid" };
        let (from, to, label) = (quoted(&edge.from), quoted(&edge.to), quoted(edge.label()));
        writeln!(out, "  {from} -> {to} [label={label}, style={style}, color=\"{}\"];", colour(edge.effect))?;
    }
    writeln!(out, "}}")
}

/// Height of a row and of a box, and the outer margin, in pixels.
const ROW: usize = 44;
const BOX: usize = 28;
const MARGIN: usize = 16;

/// Width of a character at 13 pixels in common monospaced fonts.
const LETTER: usize = 8;

/// Width of the space between the columns, for the edges.
const BETWEEN: usize = 200;

/// Longer texts are shortened in the middle; the full text is in the title of the box.
const LONGEST: usize = 64;

const STYLE: &str = "text{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#1f2328}\
.box{fill:#f6f8fa;stroke:#8c959f}.line{fill:none;stroke-width:1.6}\
.label{font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}.title{font-weight:600}.page{fill:#fff}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.box{fill:#161b22;stroke:#6e7681}.label{stroke:#0d1117}.page{fill:#0d1117}}";

/// Height of the line with the title.
const TITLE: usize = 28;

/// Prints the graph as an SVG image: a left and a right column, with a line for each edge.
pub(super) fn svg(title: &str, edges: &[Edge], out: &mut dyn Write) -> io::Result<()> {
    let left = Column::of(edges.iter().map(|edge| edge.from.as_str()));
    let right = Column::of(edges.iter().map(|edge| edge.to.as_str()));
    let rows = left.rows.len().max(right.rows.len()).max(1);
    let height = 2 * MARGIN + TITLE + rows * ROW;
    let width =
        (2 * MARGIN + left.width + BETWEEN + right.width).max(2 * MARGIN + title.chars().count() * LETTER);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    let title = escaped(title);
    writeln!(out, "<title>{title}</title>\n<style>{STYLE}</style>")?;
    writeln!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>")?;
    writeln!(out, "<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{title}</text>", MARGIN + 13)?;
    let mut labels = String::new();
    let (start, end) = (MARGIN + left.width, MARGIN + left.width + BETWEEN);
    for (number, edge) in edges.iter().enumerate() {
        let (from, to) = (left.middle(&edge.from, rows), right.middle(&edge.to, rows));
        let (near, far) = (start + BETWEEN / 2, end - BETWEEN / 2);
        let colour = colour(edge.effect);
        let dashes = if is_stopped(edge.effect) { " stroke-dasharray=\"6 4\"" } else { "" };
        writeln!(
            out,
            "<path class=\"line\" id=\"edge{number}\" stroke=\"{colour}\"{dashes} d=\"M{start},{from} C{near},{from} {far},{to} {end},{to}\"/>"
        )?;
        // Put the label on the line, at the end where lines to a shared node are still apart, and above all lines.
        let (x, y) = if left.rows.len() >= right.rows.len() { (start + 12, from) } else { (end - 12, to) };
        let anchor = if left.rows.len() >= right.rows.len() { "start" } else { "end" };
        let label = escaped(edge.label());
        let _ = writeln!(
            labels,
            "<text class=\"label\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" style=\"fill:{colour}\">{label}</text>",
            y + 4
        );
    }
    out.write_all(labels.as_bytes())?;
    left.write(MARGIN, rows, out)?;
    right.write(end, rows, out)?;
    if edges.is_empty() {
        writeln!(out, "<text x=\"{MARGIN}\" y=\"{}\">nothing</text>", MARGIN + TITLE + ROW / 2)?;
    }
    writeln!(out, "</svg>")
}

/// A column of boxes.
struct Column<'edge> {
    rows: BTreeMap<&'edge str, usize>,
    width: usize,
}

impl<'edge> Column<'edge> {
    fn of(texts: impl Iterator<Item = &'edge str>) -> Self {
        let mut rows = BTreeMap::new();
        for text in texts {
            let next = rows.len();
            rows.entry(text).or_insert(next);
        }
        let longest = rows.keys().map(|text| text.chars().count().min(LONGEST)).max().unwrap_or(0);
        Self { rows, width: longest * LETTER + 20 }
    }

    /// Returns the y coordinate of the middle of a box; the column is centred.
    fn middle(&self, text: &str, rows: usize) -> usize {
        let row = self.rows.get(text).copied().unwrap_or_default();
        MARGIN + TITLE + (rows - self.rows.len().min(rows)) * ROW / 2 + row * ROW + ROW / 2
    }

    fn write(&self, x: usize, rows: usize, out: &mut dyn Write) -> io::Result<()> {
        for text in self.rows.keys() {
            let (middle, whole) = (self.middle(text, rows), escaped(text));
            let (top, line, inner) = (middle - BOX / 2, middle + 5, x + 10);
            let (width, shown) = (self.width, escaped(&shortened(text)));
            writeln!(
                out,
                "<g><title>{whole}</title><rect class=\"box\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{BOX}\" rx=\"5\"/>\
                 <text x=\"{inner}\" y=\"{line}\">{shown}</text></g>"
            )?;
        }
        Ok(())
    }
}

impl Edge {
    fn label(&self) -> &str {
        if self.label.is_empty() { self.effect.name() } else { &self.label }
    }
}

/// Returns the accessible title of an image with these edges.
pub(super) fn title(question: &str, edges: &[Edge]) -> String {
    format!("{question}: {}", plural(edges.len(), "line"))
}

fn is_stopped(effect: Effect) -> bool {
    effect >= Effect::Kill
}

fn colour(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "#1a7f37",
        Effect::Observe | Effect::Log => "#9a6700",
        Effect::Kill | Effect::Deny => "#cf222e",
    }
}

fn shortened(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= LONGEST {
        return text.to_owned();
    }
    let half = LONGEST / 2 - 1;
    let start: String = letters.iter().take(half).collect();
    let end: String = letters.iter().skip(letters.len() - half).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::{Edge, LONGEST, shortened, svg};
    use telovix_policy::confine::Effect;

    #[test]
    fn a_name_cannot_break_out_of_the_image() {
        let edge = Edge { from: "a<b".into(), to: "c".into(), effect: Effect::Deny, label: String::new() };
        let mut image = Vec::new();
        svg("who", &[edge], &mut image).expect("memory can be written");
        assert!(!String::from_utf8(image).expect("text").contains("a<b"));
    }

    #[test]
    fn long_texts_keep_both_ends() {
        let text = format!("/start{}end", "/middle".repeat(20));
        let shown = shortened(&text);
        assert!(shown.starts_with("/start") && shown.ends_with("end") && shown.chars().count() <= LONGEST);
    }
}
