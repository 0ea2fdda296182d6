//! The calendars in letters: a line for each activity, its bar under a common axis of weeks.

use jiff::Timestamp;

use super::Axis;
use super::Gantt;
use super::words::length;
use super::words::total;
use crate::procedure::Actor;
use crate::procedure::Bar;
use crate::procedure::Schedule;
use crate::procedure::lines::COLUMNS;
use crate::procedure::lines::Cells;
use crate::procedure::lines::wrapped;
use crate::text::ACTIVITY_MAX;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::step_name;

/// Columns of activities, of bars and of lengths.
const LABEL: usize = 2 + ACTIVITY_MAX + 1;
const BARS: usize = 53;
const LENGTH: usize = COLUMNS - LABEL - BARS;

/// What bars are made of.
const WORKING: &str = "█";
const WAITING: &str = "▒";
const MEASURED: &str = "▪";

const _: () = assert!(LENGTH >= 10, "`10,5 ngày` and a space must fit");

/// The calendars.
pub(super) fn written(gantt: &Gantt, language: Language) -> String {
    let axis = gantt.axis();
    let say = |phrase: JoiningPhrase| phrase.text(language);
    let mut rows = wrapped(say(JoiningPhrase::CalendarTitle), COLUMNS);
    rows.push(legend(language));
    for (heading, schedule) in [
        (JoiningPhrase::Today, &gantt.today),
        (JoiningPhrase::Automated, &gantt.automated),
    ] {
        rows.push(String::new());
        rows.push(total(heading, schedule, language));
        rows.push(weeks(axis, language));
        rows.extend(bars(schedule, axis, language));
    }
    rows.push(String::new());
    for phrase in [JoiningPhrase::Assumed, JoiningPhrase::Presumed] {
        rows.extend(wrapped(say(phrase), COLUMNS));
    }
    let mut out = rows.join("\n");
    out.push('\n');
    out
}

fn legend(language: Language) -> String {
    let kinds = [
        (WORKING, JoiningPhrase::Working),
        (WAITING, JoiningPhrase::Waiting),
        (MEASURED, JoiningPhrase::Measured),
    ];
    let kinds = kinds.map(|(mark, kind)| format!("{mark} {}", kind.text(language)));
    kinds.join("   ")
}

/// The numbers of the weeks, as many as can be told apart.
fn weeks(axis: Axis, language: Language) -> String {
    let mut cells = Cells::new(LABEL + BARS);
    cells.put(0, JoiningPhrase::Week.text(language));
    let mut free = LABEL;
    for (week, column) in columns(axis) {
        if column >= free {
            let number = week.to_string();
            cells.put(column, &number);
            free = column + number.len() + 1;
        }
    }
    cells.trimmed()
}

/// Each week, counted from 1, and the column where it begins.
fn columns(axis: Axis) -> impl Iterator<Item = (u32, usize)> {
    let first = (1u32..).take_while(move |week| f64::from(*week) <= axis.weeks);
    first.map(move |week| {
        let place = f64::from(week - 1) / axis.weeks;
        (week, LABEL + column(place))
    })
}

/// The column of a place, of those of the bars.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a place is from 0 to 1, the whole part is wanted"
)]
fn column(place: f64) -> usize {
    // A boundary that is a whole column must not fall short of it.
    ((place * BARS as f64 + 1e-9) as usize).min(BARS - 1)
}

/// A line for each activity, under the names of the steps.
fn bars(schedule: &Schedule, axis: Axis, language: Language) -> Vec<String> {
    let begins = schedule.begins().unwrap_or_default();
    let mut rows = Vec::new();
    let mut step = None;
    for bar in &schedule.bars {
        if step != Some(bar.step) {
            rows.push(step_name(bar.step, language).to_owned());
            step = Some(bar.step);
        }
        rows.push(row(bar, begins, axis, language));
    }
    rows
}

fn row(bar: &Bar, begins: Timestamp, axis: Axis, language: Language) -> String {
    let mut cells = Cells::new(COLUMNS);
    cells.put(2, bar.activity.text(language));
    for (_, column) in columns(axis) {
        cells.put(column, "·");
    }
    let first = column(axis.place(begins, bar.from));
    // The end does not belong to the bar.
    let end = axis.place(begins, bar.to) - 1e-6;
    let last = column(end.max(0.0)).max(first);
    let mark = match bar.actor {
        Actor::Program => MEASURED,
        _ if bar.wait => WAITING,
        _ => WORKING,
    };
    cells.put(LABEL + first, &mark.repeat(last + 1 - first));
    let actor = bar.actor.text(language);
    let wide = actor.chars().count();
    // Beside the bar, where there is room.
    if last + 2 + wide <= BARS {
        cells.put(LABEL + last + 1, &format!(" {actor} "));
    } else if first > wide {
        cells.put(LABEL + first - wide - 1, actor);
        cells.put(LABEL + first - 1, " ");
    }
    let length = length(bar, language);
    cells.put(LABEL + BARS, &format!("{length:>LENGTH$}"));
    cells.whole()
}
