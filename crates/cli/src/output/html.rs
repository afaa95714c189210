//! A title, a style sheet and a body -> an HTML page without scripts or other files.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Returns the page. The style sheet is not escaped: it is part of this program.
pub(crate) fn page(title: &str, style: &'static str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body { (body) }
        }
    }
}
