//! An answer as a graph -> DOT for Graphviz, or an SVG picture that needs nothing else.

use std::collections::BTreeMap;
use std::io::{self, Write};

use telovix_policy::confine::Effect;

use crate::output::text::plural;

/// From whom or what, on the left, to what, on the right, with the effect between them.
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) effect: Effect,
    /// What stands at the line; the effect when empty.
    pub(super) label: String,
}

/// Prints the graph for Graphviz; what is stopped is dashed.
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

/// Height of a row of boxes, of a box, and the space around the picture, in pixels.
const ROW: usize = 44;
const BOX: usize = 28;
const MARGIN: usize = 16;

/// Width of a letter at 13 pixels in every common monospaced face.
const LETTER: usize = 8;

/// Room for the lines between the columns.
const BETWEEN: usize = 200;

/// More letters than this in a box are cut in the middle; the whole text stands in its title.
const LONGEST: usize = 64;

const STYLE: &str = "text{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#1f2328}\
.box{fill:#f6f8fa;stroke:#8c959f}.line{fill:none;stroke-width:1.6}.label{font-size:12px}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.box{fill:#161b22;stroke:#6e7681}}";

/// Prints the graph as a picture: the left column, the right column, and a line for each edge.
pub(super) fn svg(title: &str, edges: &[Edge], out: &mut dyn Write) -> io::Result<()> {
    let left = Column::of(edges.iter().map(|edge| edge.from.as_str()));
    let right = Column::of(edges.iter().map(|edge| edge.to.as_str()));
    let rows = left.rows.len().max(right.rows.len()).max(1);
    let (height, width) = (2 * MARGIN + rows * ROW, 2 * MARGIN + left.width + BETWEEN + right.width);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>", escaped(title))?;
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
        // The label stands where lines that meet on one side are still apart.
        let (x, y) = if left.rows.len() >= right.rows.len() { (start + 8, from) } else { (end - 8, to) };
        let anchor = if left.rows.len() >= right.rows.len() { "start" } else { "end" };
        let label = escaped(edge.label());
        writeln!(
            out,
            "<text class=\"label\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" style=\"fill:{colour}\">{label}</text>",
            y.saturating_sub(5)
        )?;
    }
    left.write(MARGIN, rows, out)?;
    right.write(end, rows, out)?;
    if edges.is_empty() {
        writeln!(out, "<text x=\"{MARGIN}\" y=\"{}\">nothing</text>", MARGIN + ROW / 2)?;
    }
    writeln!(out, "</svg>")
}

/// Boxes below one another.
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

    /// Returns the height of a box's middle, with the column centred.
    fn middle(&self, text: &str, rows: usize) -> usize {
        let row = self.rows.get(text).copied().unwrap_or_default();
        MARGIN + (rows - self.rows.len().min(rows)) * ROW / 2 + row * ROW + ROW / 2
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

/// Says how much a picture of so many edges holds, for those who cannot see it.
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

/// Takes the meaning out of what XML reads as markup.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '"' => plain.push_str("&quot;"),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Edge, LONGEST, escaped, shortened, svg};
    use telovix_policy::confine::Effect;

    #[test]
    fn a_name_cannot_break_out_of_the_picture() {
        assert_eq!(escaped("</title><script>\n&\""), "&lt;/title&gt;&lt;script&gt; &amp;&quot;");
        let edge = Edge { from: "a<b".into(), to: "c".into(), effect: Effect::Deny, label: String::new() };
        let mut picture = Vec::new();
        svg("who", &[edge], &mut picture).expect("memory can be written");
        assert!(!String::from_utf8(picture).expect("text").contains("a<b"));
    }

    #[test]
    fn long_texts_keep_both_ends() {
        let text = format!("/start{}end", "/middle".repeat(20));
        let shown = shortened(&text);
        assert!(shown.starts_with("/start") && shown.ends_with("end") && shown.chars().count() <= LONGEST);
    }
}
