//! How a run goes, said while it goes.

use std::io::IsTerminal as _;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use super::output;
use crate::load::drive::Seen;

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

/// One line a second.
pub(super) fn tell(seen: &Seen) {
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
