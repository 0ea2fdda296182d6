//! What every report has in common: the machine it was made on and whether it was left alone, the page,
//! the charts.
//!
//! A page stands alone: no script, nothing fetched, readable on paper and in the dark. This room knows
//! no report; whoever has one brings its words and figures.

mod host;
mod machine;
pub(crate) mod svg;

use std::fmt::Write as _;

pub use host::Host;
pub use machine::Disturbance;
pub use machine::Machine;
pub use machine::Ticks;
pub use machine::Unsteady;

use self::svg::escape;

const STYLE: &str = include_str!("style.css");

/// Opens a page, up to its first heading; `language` as HTML names it.
pub(crate) fn open(out: &mut String, language: &str, title: &str) -> std::fmt::Result {
    write!(
        out,
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>",
        title = escape(title)
    )
}

/// A part of a page under a heading, with a sentence on how to read it; `content` is HTML.
pub(crate) fn section(
    out: &mut String,
    heading: &str,
    how: &str,
    content: &str,
) -> std::fmt::Result {
    write!(
        out,
        "<section><h2>{}</h2><p class=\"how\">{}</p>{content}</section>",
        escape(heading),
        escape(how)
    )
}

/// Closes a page.
pub(crate) fn close(out: &mut String) {
    out.push_str("</main></body></html>\n");
}
