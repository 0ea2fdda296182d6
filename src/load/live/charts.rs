//! Lines over time.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::Axis;
use ratatui::widgets::Block;
use ratatui::widgets::Chart;
use ratatui::widgets::Dataset;
use ratatui::widgets::GraphType;
use ratatui::widgets::LegendPosition;

use super::Second;
use crate::load::random::whole;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;
use crate::text::grouped;

/// Documents due and answered, deliveries, each second.
pub(super) fn rates(
    frame: &mut Frame<'_>,
    area: Rect,
    seconds: &VecDeque<Second>,
    language: Language,
) {
    let page = |phrase: PagePhrase| phrase.text(language);
    let due = points(seconds, |second| second.counts.intended as f64);
    let answered = points(seconds, |second| second.counts.answered() as f64);
    let most = highest(&[&due, &answered]).max(10.0);
    let labels = [0.0, most / 2.0, most].map(|y| Line::from(grouped(whole(y) as u64)));
    let title = format!(
        " {} · {} ",
        page(PagePhrase::Rates),
        LoadPhrase::DocumentsPerSecond.text(language)
    );
    let sets = vec![
        line(page(PagePhrase::Due), Color::DarkGray, &due),
        line(page(PagePhrase::Answered), Color::Green, &answered),
    ];
    draw(frame, area, title, sets, (seconds, most, labels.to_vec()));
}

/// The median and the 99th percentile of each second, on a scale of powers of ten: what waits 3 s and
/// what waits 3 ms are both seen.
pub(super) fn latencies(
    frame: &mut Frame<'_>,
    area: Rect,
    seconds: &VecDeque<Second>,
    language: Language,
) {
    let decades = |us: u64| (us.max(100) as f64 / 100.0).log10();
    let p50 = points(seconds, |second| decades(second.receipt_us[0]));
    let p99 = points(seconds, |second| decades(second.receipt_us[1]));
    let most = highest(&[&p50, &p99]).ceil().max(2.0);
    let labels = ["0.1", "1", "10", "100", "1 000", "10 000", "100 000"];
    let labels = labels.iter().take(whole(most) + 1);
    let labels = labels.map(|label| Line::from(*label)).collect();
    let title = format!(" {} · ms ", PagePhrase::Latency.text(language));
    let sets = vec![
        line("p50", Color::Cyan, &p50),
        line("p99", Color::Magenta, &p99),
    ];
    draw(frame, area, title, sets, (seconds, most, labels));
}

fn line<'a>(name: &'a str, color: Color, points: &'a [(f64, f64)]) -> Dataset<'a> {
    Dataset::default()
        .name(name)
        .marker(Marker::Braille)
        .graph_type(GraphType::Line)
        .style(Style::new().fg(color))
        .data(points)
}

fn points(seconds: &VecDeque<Second>, of: impl Fn(&Second) -> f64) -> Vec<(f64, f64)> {
    let points = seconds.iter();
    points
        .map(|second| (second.at.as_secs_f64(), of(second)))
        .collect()
}

fn highest(lines: &[&[(f64, f64)]]) -> f64 {
    let values = lines.iter().flat_map(|line| line.iter());
    values.map(|(_, y)| *y).fold(0.0, f64::max)
}

fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    title: String,
    sets: Vec<Dataset<'_>>,
    (seconds, most, labels): (&VecDeque<Second>, f64, Vec<Line<'_>>),
) {
    let at = |second: Option<&Second>| second.map_or(0.0, |second| second.at.as_secs_f64());
    let first = at(seconds.front());
    let last = at(seconds.back()).max(first + 1.0);
    let ends = [format!("{first:.0} s"), format!("{last:.0} s")];
    let chart = Chart::new(sets)
        .block(Block::bordered().title(title))
        .legend_position(Some(LegendPosition::BottomRight))
        .x_axis(Axis::default().bounds([first, last]).labels(ends))
        .y_axis(Axis::default().bounds([0.0, most]).labels(labels));
    frame.render_widget(chart, area);
}
