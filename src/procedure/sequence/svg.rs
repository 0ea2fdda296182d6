//! A sequence as a drawing: lanes from left to right, time downwards.
//!
//! Colours are those of the page's style sheet. Bounded: [`MESSAGES_MAX`] messages between
//! [`LANES_MAX`] lanes; a text too long for its place is shortened and whole where the pointer
//! rests.

use super::Lane;
use super::Message;
use super::Sequence;
use super::Verdict;
use super::text::time;
use crate::page::svg::WIDTH;
use crate::page::svg::escape;
use crate::page::svg::open;
use crate::page::svg::push;
use crate::procedure::lines::shortened;
use crate::procedure::lines::shown;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::filled;

/// Messages drawn: some thirty pages on paper, and what a browser draws at once.
pub(super) const MESSAGES_MAX: usize = 400;

/// Lanes drawn: narrower ones have no room for an agency's code.
pub(super) const LANES_MAX: usize = 9;

/// Columns of the time, and what stays free on the right.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;

/// The lanes' names, a message, a line of a refusal.
const HEAD: f64 = 34.0;
const ROW: f64 = 32.0;
const LINE: f64 = 14.0;

/// Width of a letter of 13 px and of one of 10 px, on the generous side.
const LETTER: f64 = 7.0;
const SMALL: f64 = 5.4;

/// The sequence.
pub(super) fn drawn(sequence: &Sequence, language: Language) -> String {
    let all = sequence.lanes();
    let lanes = all.get(..all.len().min(LANES_MAX)).unwrap_or_default();
    let can_be_drawn =
        |message: &&Message| lanes.contains(&message.from) && lanes.contains(&message.to);
    let messages = sequence.messages.iter().filter(can_be_drawn);
    let messages: Vec<&Message> = messages.take(MESSAGES_MAX).collect();
    let left_out = sequence.messages.len() - messages.len();
    let rows: f64 = messages.iter().map(|message| height(message)).sum();
    let foot = HEAD + rows + 8.0;
    let drawing = Drawing { lanes, language };
    let mut out = open(
        &shown(&sequence.title),
        JoiningPhrase::SequenceHow.text(language),
        foot + if left_out > 0 { ROW } else { 0.0 },
    );
    drawing.lanes(&mut out, foot);
    let mut y = HEAD;
    for message in messages {
        drawing.message(&mut out, message, y);
        y += height(message);
    }
    if left_out > 0 {
        let says = JoiningPhrase::LeftOut.text(language);
        push(
            &mut out,
            format_args!(
                "<text x=\"{LEFT}\" y=\"{:.1}\">{}</text>",
                foot + 18.0,
                escape(&filled(says, &[left_out.to_string()]))
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// How much room a message takes.
fn height(message: &Message) -> f64 {
    match message.verdict {
        Verdict::Refused { .. } => ROW + 2.0 * LINE + 4.0,
        Verdict::Done | Verdict::Note => ROW,
    }
}

struct Drawing<'a> {
    lanes: &'a [Lane],
    language: Language,
}

impl Drawing<'_> {
    /// Columns from one lane to the next.
    fn apart(&self) -> f64 {
        (WIDTH - LEFT - RIGHT) / self.lanes.len().max(1) as f64
    }

    /// Where a lane's line stands.
    fn line(&self, lane: Lane) -> f64 {
        let place = self.lanes.iter().position(|known| *known == lane);
        LEFT + (place.unwrap_or(0) as f64 + 0.5) * self.apart()
    }

    fn lanes(&self, out: &mut String, foot: f64) {
        for lane in self.lanes {
            let x = self.line(*lane);
            let name = lane.name(self.language);
            push(
                out,
                format_args!(
                    "<text class=\"mid\" x=\"{x:.1}\" y=\"16\"><title>{}</title>{}</text>\
                     <line class=\"grid\" x1=\"{x:.1}\" y1=\"24\" x2=\"{x:.1}\" y2=\"{foot:.1}\"/>",
                    escape(&name),
                    escape(&shortened(&name, letters(self.apart(), LETTER)))
                ),
            );
        }
    }

    /// A message whose room begins at `y`.
    fn message(&self, out: &mut String, message: &Message, y: f64) {
        let (from, to) = (self.line(message.from), self.line(message.to));
        let left = from.min(to) + 8.0;
        let what = format!("{} {}", message.verdict.mark(), message.what);
        let is_refused = matches!(message.verdict, Verdict::Refused { .. });
        push(
            out,
            format_args!(
                "<g><title>{}</title><text class=\"small\" x=\"4\" y=\"{:.1}\">{}</text>\
                 <text{} x=\"{left:.1}\" y=\"{:.1}\">{}</text>",
                escape(&shown(&what)),
                y + 14.0,
                time(message),
                if is_refused { " class=\"missed\"" } else { "" },
                y + 14.0,
                escape(&shortened(&what, letters(WIDTH - RIGHT - left, LETTER)))
            ),
        );
        arrow(out, from, to, y + 22.0, &message.verdict);
        if let Verdict::Refused { reason, remedy } = &message.verdict {
            self.excuse(out, JoiningPhrase::Reason, reason, y + ROW + LINE - 4.0);
            self.excuse(
                out,
                JoiningPhrase::Remedy,
                remedy,
                y + ROW + 2.0 * LINE - 4.0,
            );
        }
        out.push_str("</g>");
    }

    /// Why a message was refused, or what to do.
    fn excuse(&self, out: &mut String, label: JoiningPhrase, text: &str, y: f64) {
        let text = format!("{}: {text}", label.text(self.language));
        push(
            out,
            format_args!(
                "<text class=\"small missed\" x=\"{LEFT}\" y=\"{y:.1}\"><title>{}</title>{}</text>",
                escape(&shown(&text)),
                escape(&shortened(&text, letters(WIDTH - RIGHT - LEFT, SMALL)))
            ),
        );
    }
}

/// An arrow at `y`; one to itself goes out and comes back.
fn arrow(out: &mut String, from: f64, to: f64, y: f64, verdict: &Verdict) {
    let (line, head, dashes) = match verdict {
        Verdict::Done => ("s0", "cell", ""),
        Verdict::Refused { .. } => ("s1", "missed", " stroke-dasharray=\"6 3\""),
        Verdict::Note => ("s0", "cell", " stroke-dasharray=\"2 3\""),
    };
    let is_own = from.total_cmp(&to).is_eq();
    let (tip, y_tip) = if is_own { (from, y + 6.0) } else { (to, y) };
    if is_own {
        let right = from + 26.0;
        for (x1, y1, x2, y2) in [
            (from, y - 3.0, right, y - 3.0),
            (right, y - 3.0, right, y_tip),
            (right, y_tip, from, y_tip),
        ] {
            push(
                out,
                format_args!(
                    "<line class=\"{line}\"{dashes} x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" \
                     y2=\"{y2:.1}\"/>"
                ),
            );
        }
    } else {
        push(
            out,
            format_args!(
                "<line class=\"{line}\"{dashes} x1=\"{from:.1}\" y1=\"{y:.1}\" x2=\"{to:.1}\" \
                 y2=\"{y:.1}\"/>"
            ),
        );
    }
    let back = if from < to { tip - 8.0 } else { tip + 8.0 };
    push(
        out,
        format_args!(
            "<polygon class=\"{head}\" \
             points=\"{tip:.1},{y_tip:.1} {back:.1},{:.1} {back:.1},{:.1}\"/>",
            y_tip - 4.0,
            y_tip + 4.0
        ),
    );
}

/// Letters of this width that fit.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the whole part is wanted, and `as` saturates"
)]
fn letters(room: f64, width: f64) -> usize {
    (room / width) as usize
}
