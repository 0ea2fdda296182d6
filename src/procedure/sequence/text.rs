//! A sequence in letters.
//!
//! ```text
//! 14/01/2026        Địa phương           Trục
//!                        │                │
//! 08:00:00.000           │ ✗ gửi hồ sơ    │
//!                        ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│
//!               lý do: …
//! ```

use jiff::civil::Date;

use super::Lane;
use super::Message;
use super::Sequence;
use super::Verdict;
use crate::model::calendar;
use crate::procedure::lines::COLUMNS;
use crate::procedure::lines::Cells;
use crate::procedure::lines::wrapped;
use crate::text::JoiningPhrase;
use crate::text::Language;

/// Columns of the time of a message.
const TIME: usize = 14;

/// Lanes that fit beside each other with names that can be read.
const LANES_MAX: usize = 4;

/// Columns between two lanes at most: a short arrow is read faster than a long one.
const LANE_MAX: usize = 30;

/// The sequence.
pub(super) fn written(sequence: &Sequence, language: Language) -> String {
    let lanes = sequence.lanes();
    let mut rows = wrapped(&sequence.title, COLUMNS);
    rows.push(String::new());
    let drawing = Drawing::new(&lanes);
    let mut day = None;
    for message in &sequence.messages {
        let date = calendar::local(message.at).date();
        if lanes.len() <= LANES_MAX {
            if day != Some(date) {
                rows.extend(drawing.names(date, &lanes, language));
            }
            rows.extend(drawing.message(message, &lanes));
        } else {
            if day != Some(date) {
                rows.push(on(date));
            }
            rows.extend(listed(message, language));
        }
        day = Some(date);
        rows.extend(excuse(&message.verdict, language));
    }
    let mut out = rows.join("\n");
    out.push('\n');
    out
}

/// Where lanes stand.
struct Drawing {
    /// The column of each lane's line.
    lines: Vec<usize>,
    /// Columns from one to the next.
    apart: usize,
}

impl Drawing {
    fn new(lanes: &[Lane]) -> Self {
        let apart = ((COLUMNS - TIME) / lanes.len().max(1)).min(LANE_MAX);
        let lines = (0..lanes.len()).map(|lane| TIME + lane * apart + apart / 2);
        Self {
            lines: lines.collect(),
            apart,
        }
    }

    /// The names of the lanes, under the day; long names take several rows.
    fn names(&self, date: Date, lanes: &[Lane], language: Language) -> Vec<String> {
        let names = lanes
            .iter()
            .map(|lane| wrapped(&lane.name(language), self.apart - 2));
        let names: Vec<Vec<String>> = names.collect();
        let high = names.iter().map(Vec::len).max().unwrap_or(0);
        let row = |row: usize| {
            let mut cells = Cells::new(COLUMNS);
            if row == 0 {
                cells.put(0, &on(date));
            }
            for (line, name) in self.lines.iter().zip(&names) {
                if let Some(part) = name.get(row) {
                    cells.put(line.saturating_sub(part.chars().count() / 2), part);
                }
            }
            cells.trimmed()
        };
        let rows = (0..high).map(row);
        rows.chain([self.between().trimmed()]).collect()
    }

    /// A row with nothing but the lines of the lanes.
    fn between(&self) -> Cells {
        let mut cells = Cells::new(COLUMNS);
        for line in &self.lines {
            cells.put(*line, "│");
        }
        cells
    }

    /// What a message says, and beneath it its arrow.
    fn message(&self, message: &Message, lanes: &[Lane]) -> Vec<String> {
        let line = |lane: Lane| {
            let place = lanes.iter().position(|known| *known == lane);
            place
                .and_then(|place| self.lines.get(place))
                .copied()
                .unwrap_or(TIME)
        };
        let (from, to) = (line(message.from), line(message.to));
        let left = from.min(to) + 2;
        let what = format!("{} {}", message.verdict.mark(), message.what);
        let mut rows = Vec::new();
        for (place, part) in wrapped(&what, COLUMNS - left).iter().enumerate() {
            let mut cells = self.between();
            if place == 0 {
                cells.put(0, &time(message));
            }
            // A space after the text, so that no line of a lane touches it.
            cells.put(left, &format!("{part} "));
            rows.push(cells.trimmed());
        }
        rows.extend(self.arrow(from, to, &message.verdict));
        rows
    }

    fn arrow(&self, from: usize, to: usize, verdict: &Verdict) -> Vec<String> {
        let stroke = match verdict {
            Verdict::Done => "─",
            Verdict::Refused { .. } => "╌",
            Verdict::Note => "┄",
        };
        let mut cells = self.between();
        if from == to {
            let mut back = self.between();
            cells.put(from, &format!("├{stroke}╮"));
            back.put(from, "│◀╯");
            return vec![cells.trimmed(), back.trimmed()];
        }
        let shaft = stroke.repeat(from.abs_diff(to) - 2);
        if from < to {
            cells.put(from, &format!("├{shaft}▶"));
        } else {
            cells.put(to, &format!("│◀{shaft}┤"));
        }
        vec![cells.trimmed()]
    }
}

/// A message in lines of its own.
fn listed(message: &Message, language: Language) -> Vec<String> {
    let from = message.from.name(language);
    let parties = if message.from == message.to {
        from
    } else {
        format!("{from} → {}", message.to.name(language))
    };
    let whole = format!("{parties}: {} {}", message.what, message.verdict.mark());
    let lines = wrapped(&whole, COLUMNS - TIME);
    let line = |(place, line): (usize, String)| {
        let begin = if place == 0 {
            time(message)
        } else {
            String::new()
        };
        format!("{begin:<TIME$}{line}")
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Why it was refused and what to do; nothing of a message that was not.
fn excuse(verdict: &Verdict, language: Language) -> Vec<String> {
    let Verdict::Refused { reason, remedy } = verdict else {
        return Vec::new();
    };
    let told = [
        (JoiningPhrase::Reason, reason),
        (JoiningPhrase::Remedy, remedy),
    ];
    let told = told.into_iter().filter(|(_, text)| !text.is_empty());
    let lines = told.flat_map(|(label, text)| {
        wrapped(&format!("{}: {text}", label.text(language)), COLUMNS - TIME)
    });
    lines.map(|line| format!("{:TIME$}{line}", "")).collect()
}

/// The time of day, to the millisecond.
pub(super) fn time(message: &Message) -> String {
    let local = calendar::local(message.at);
    local.strftime("%H:%M:%S.%3f").to_string()
}

fn on(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}
