//! The calendars as a drawing: two groups of bars over one axis of weeks.
//!
//! Colours are those of the page's style sheet; days nobody works are shaded, by each calendar's
//! own dates. Bounded by the activities there are and by the days that are shaded.

use jiff::Timestamp;

use super::Axis;
use super::Gantt;
use super::words::length;
use super::words::total;
use crate::model::calendar::is_working_day;
use crate::page::svg::WIDTH;
use crate::page::svg::escape;
use crate::page::svg::open;
use crate::page::svg::push;
use crate::procedure::Actor;
use crate::procedure::Bar;
use crate::procedure::Schedule;
use crate::procedure::lines::COLUMNS;
use crate::procedure::lines::wrapped;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::step_name;

/// Column of activities, and what stays free on the right.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 12.0;

/// A bar, the head of a group, a line of text beneath.
const ROW: f64 = 18.0;
const HEAD: f64 = 46.0;
const LINE: f64 = 18.0;

/// Days that are shaded: more cannot be told apart.
const SHADED_MAX: usize = 400;

/// Numbers of weeks that are written.
const WEEKS_MAX: f64 = 26.0;

/// Width of a letter of 10 px, on the generous side.
const SMALL: f64 = 5.6;

/// The calendars.
pub(super) fn drawn(gantt: &Gantt, language: Language) -> String {
    let groups = [
        (JoiningPhrase::Today, &gantt.today),
        (JoiningPhrase::Automated, &gantt.automated),
    ];
    let notes = [JoiningPhrase::Assumed, JoiningPhrase::Presumed];
    let notes: Vec<String> = notes
        .iter()
        .flat_map(|note| wrapped(note.text(language), COLUMNS + COLUMNS / 4))
        .collect();
    let groups_high: f64 = groups.iter().map(|(_, schedule)| height(schedule)).sum();
    let high = groups_high + notes.len() as f64 * LINE + 8.0;
    let mut out = open(
        JoiningPhrase::CalendarTitle.text(language),
        JoiningPhrase::CalendarHow.text(language),
        high,
    );
    let axis = gantt.axis();
    let mut y = 0.0;
    for (heading, schedule) in groups {
        let group = Group {
            heading,
            schedule,
            begins: schedule.begins().unwrap_or_default(),
            axis,
            language,
        };
        group.draw(&mut out, y);
        y += height(schedule);
    }
    for note in notes {
        y += LINE;
        push(
            &mut out,
            format_args!("<text x=\"4\" y=\"{y:.1}\">{}</text>", escape(&note)),
        );
    }
    out.push_str("</svg>");
    out
}

fn height(schedule: &Schedule) -> f64 {
    HEAD + schedule.bars.len() as f64 * ROW + 10.0
}

/// One calendar.
struct Group<'a> {
    heading: JoiningPhrase,
    schedule: &'a Schedule,
    begins: Timestamp,
    axis: Axis,
    language: Language,
}

impl Group<'_> {
    /// Where a place of the axis stands.
    fn x(place: f64) -> f64 {
        LEFT + place * (WIDTH - LEFT - RIGHT)
    }

    fn draw(&self, out: &mut String, top: f64) {
        push(
            out,
            format_args!(
                "<text x=\"4\" y=\"{:.1}\">{}</text>",
                top + 18.0,
                escape(&total(self.heading, self.schedule, self.language))
            ),
        );
        let bottom = top + height(self.schedule) - 10.0;
        self.shade(out, top + HEAD, bottom);
        self.weeks(out, top + HEAD, bottom);
        for (place, bar) in self.schedule.bars.iter().enumerate() {
            self.bar(out, bar, top + HEAD + place as f64 * ROW);
        }
    }

    /// Days nobody works.
    fn shade(&self, out: &mut String, top: f64, bottom: f64) {
        if self.schedule.bars.is_empty() {
            return;
        }
        let days = 7.0 * self.axis.weeks;
        let dates = self.axis.dates(self.begins).take(SHADED_MAX).enumerate();
        for (day, _) in dates.filter(|(_, date)| !is_working_day(*date)) {
            let left = Self::x(day as f64 / days);
            push(
                out,
                format_args!(
                    "<rect class=\"pale\" fill-opacity=\"0.25\" x=\"{left:.1}\" y=\"{top:.1}\" \
                     width=\"{:.1}\" height=\"{:.1}\"/>",
                    Self::x(1.0 / days) - LEFT,
                    bottom - top
                ),
            );
        }
    }

    /// Where weeks begin, and their numbers.
    fn weeks(&self, out: &mut String, top: f64, bottom: f64) {
        let week = JoiningPhrase::Week.text(self.language);
        push(
            out,
            format_args!(
                "<text class=\"end small\" x=\"{:.1}\" y=\"{:.1}\">{week}</text>",
                LEFT - 8.0,
                top - 6.0
            ),
        );
        // Every week, or every other, or …
        let stride = (self.axis.weeks / WEEKS_MAX).ceil().max(1.0);
        let marks = (0u32..).map(|mark| f64::from(mark) * stride);
        for week in marks.take_while(|week| *week < self.axis.weeks) {
            let x = Self::x(week / self.axis.weeks);
            push(
                out,
                format_args!(
                    "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{:.1}\" \
                     x2=\"{x:.1}\" y2=\"{bottom:.1}\"/><text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{:.0}</text>",
                    top - 14.0,
                    x + 3.0,
                    top - 6.0,
                    week + 1.0
                ),
            );
        }
    }

    fn bar(&self, out: &mut String, bar: &Bar, y: f64) {
        let left = Self::x(self.axis.place(self.begins, bar.from));
        // What a program does in seconds is still to be seen.
        let right = Self::x(self.axis.place(self.begins, bar.to)).max(left + 2.0);
        let class = match bar.actor {
            Actor::Program => "held",
            _ if bar.wait => "pale",
            _ => "bar",
        };
        let activity = bar.activity.text(self.language);
        let beside = format!(
            "{}, {}",
            bar.actor.text(self.language),
            length(bar, self.language)
        );
        let law = bar.law.map(|law| law.text(self.language));
        let told = [
            Some(step_name(bar.step, self.language).to_owned()),
            Some(activity.to_owned()),
            Some(beside.clone()),
            law,
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        let fits = right + 4.0 + beside.chars().count() as f64 * SMALL <= WIDTH;
        let (class_beside, x) = if fits {
            ("small", right + 4.0)
        } else {
            ("end small", left - 4.0)
        };
        push(
            out,
            format_args!(
                "<g><title>{}</title><text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
                 <rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" \
                 width=\"{:.1}\" height=\"{:.1}\"/><text class=\"{class_beside}\" x=\"{x:.1}\" y=\"{:.1}\">{}</text></g>",
                escape(&told.join(" · ")),
                LEFT - 8.0,
                y + 13.0,
                escape(activity),
                y + 3.0,
                right - left,
                ROW - 6.0,
                y + 13.0,
                escape(&beside)
            ),
        );
    }
}
