//! Bars: how latencies are spread, and where the hub's CPU goes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Stylize as _;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Block;
use ratatui::widgets::Paragraph;

use super::BANDS_US;
use crate::load::random::whole;
use crate::node::HubCost;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;
use crate::text::grouped;

/// Columns of a bar's label and of its figure.
const LABEL: usize = 9;
const FIGURE: usize = 9;

/// Eighths of a cell, so that a short bar is more than nothing.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// How many receipts took how long, over the whole run.
pub(super) fn bands(
    frame: &mut Frame<'_>,
    area: Rect,
    bands: &[u64; BANDS_US.len()],
    language: Language,
) {
    let most = bands.iter().copied().max().unwrap_or(0).max(1) as f64;
    let before = BANDS_US.len() - 2;
    let rows = BANDS_US.iter().zip(bands).enumerate();
    let rows = rows.map(|(place, (upper, count))| {
        let label = match BANDS_US.get(before).filter(|_| place > before) {
            Some(lower) => format!("> {}", time(*lower)),
            None => format!("≤ {}", time(*upper)),
        };
        (label, grouped(*count), *count as f64 / most)
    });
    let title = format!(" {} ", LoadPhrase::IntendedToReceipt.text(language));
    draw(frame, area, title, rows.collect(), Color::Cyan);
}

/// CPU of one document, stage by stage.
pub(super) fn stages(
    frame: &mut Frame<'_>,
    area: Rect,
    cost: Option<&HubCost>,
    language: Language,
) {
    let cost = cost.filter(|cost| cost.documents > 0);
    let each = |us: f64| us / cost.map_or(1, |cost| cost.documents) as f64;
    let micros = |time: std::time::Duration| each(time.as_secs_f64() * 1e6);
    let stages = cost.map_or(&[][..], |cost| &cost.stages);
    let longest = stages.iter().map(|stage| micros(stage.cpu));
    let longest = longest.fold(1e-9, f64::max);
    let rows = stages.iter().map(|stage| {
        let micros = micros(stage.cpu);
        let figure = format!("{micros:.1} µs");
        (stage.name.clone(), figure, micros / longest)
    });
    let whole = cost.map_or_else(String::new, |cost| format!(" {:.0} µs ", micros(cost.cpu)));
    let title = format!(" {}{whole}", PagePhrase::Stages.text(language));
    draw(frame, area, title, rows.collect(), Color::Green);
}

fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{} s", us / 1_000_000),
    }
}

/// Label, figure and share of the longest, a line each.
fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    title: String,
    rows: Vec<(String, String, f64)>,
    color: Color,
) {
    let room = usize::from(area.width).saturating_sub(LABEL + FIGURE + 5);
    let lines = rows.into_iter().map(|(label, figure, share)| {
        Line::from(vec![
            Span::from(format!("{label:>LABEL$} {figure:>FIGURE$} ")),
            Span::from(bar(room, share)).fg(color),
        ])
    });
    let lines: Vec<Line<'_>> = lines.collect();
    let block = Block::bordered().title(title);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn bar(room: usize, share: f64) -> String {
    let eighths = whole((share.clamp(0.0, 1.0) * room as f64 * 8.0).round());
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    "█".repeat(eighths / 8) + rest
}
