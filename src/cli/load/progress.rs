//! How a run goes, said while it goes.

use std::io::IsTerminal as _;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use super::output;
use super::screen::Screen;
use crate::load::drive::Seen;
use crate::load::live::Live;
use crate::text::Language;

/// A bar on standard error; nothing where that is no terminal.
pub(super) fn bar(length: u64, message: &'static str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("  {msg}  {bar:28} {human_pos}/{human_len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─");
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style)
        .with_message(message)
}

/// How a run is shown while it goes.
#[derive(Debug)]
pub(super) enum Progress {
    /// One line a second on standard error.
    Lines,
    /// The whole terminal.
    Screen(Box<Screen>),
}

impl Progress {
    /// On the whole terminal where there is one, and it is wanted.
    pub(super) fn begin(shown: Shown, headline: String, language: Language) -> Self {
        if shown == Shown::Screen && Screen::is_possible() {
            let live = Live::new(headline, language);
            if let Ok(screen) = Screen::open(live) {
                return Self::Screen(Box::new(screen));
            }
        }
        Self::Lines
    }

    /// Gives the terminal back, with one line that stays.
    pub(super) fn end(self) {
        if let Self::Screen(screen) = self {
            let summary = screen.close();
            output::progress(&format!("  {summary}"));
        }
    }

    /// Tells of one second.
    pub(super) fn tell(&mut self, seen: &Seen<'_>) {
        match self {
            Self::Screen(screen) => screen.tell(seen),
            Self::Lines => line(seen),
        }
    }
}

/// How progress is to be shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shown {
    /// On the whole terminal, where there is one.
    Screen,
    /// As lines.
    Lines,
}

fn line(seen: &Seen<'_>) {
    let counts = &seen.second.counts;
    output::progress(&format!(
        "  {:>6.1} s  due {:>6}  answered {:>6}  delivered {:>7}  p99 {:>9.2} ms",
        seen.second.at.as_secs_f64(),
        counts.intended,
        counts.answered(),
        counts.delivered,
        seen.second.receipt_us[1] as f64 / 1e3
    ));
}
