//! A run while it runs, as one screen of a terminal: rate, latencies, how they are spread, where the
//! hub's CPU goes, and what became of the documents.
//!
//! Draws into a frame it is given; who has a terminal is not its business.

mod bars;
mod charts;

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Constraint;
use ratatui::layout::Layout;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Style;
use ratatui::style::Stylize as _;
use ratatui::text::Line;
use ratatui::widgets::Block;
use ratatui::widgets::LineGauge;
use ratatui::widgets::Paragraph;

use super::drive::BANDS_US;
use super::drive::Counts;
use super::drive::Second;
use super::drive::Seen;
use super::random::whole;
use crate::node::HubCost;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;
use crate::text::grouped;

/// Seconds a chart shows at most.
const SHOWN: usize = 120;

/// Rows of everything below the charts, and of the stages in it: with their frames.
const BARS: u16 = 20;
const STAGES: u16 = 14;

/// What a run has shown so far.
#[derive(Debug)]
pub struct Live {
    headline: String,
    language: Language,
    seconds: VecDeque<Second>,
    bands: [u64; BANDS_US.len()],
    counts: Counts,
    /// p50, p99, p99.9 and largest of the whole run, due to receipt, in microseconds.
    receipt_us: [u64; 4],
    delivery_us: [u64; 4],
    cost: Option<HubCost>,
    at: Duration,
    planned: Duration,
}

impl Live {
    /// Nothing seen yet of the run this headline names.
    pub fn new(headline: String, language: Language) -> Self {
        Self {
            headline,
            language,
            seconds: VecDeque::with_capacity(SHOWN),
            bands: [0; BANDS_US.len()],
            counts: Counts::default(),
            receipt_us: [0; 4],
            delivery_us: [0; 4],
            cost: None,
            at: Duration::ZERO,
            planned: Duration::ZERO,
        }
    }

    /// Takes a second in.
    pub fn take(&mut self, seen: &Seen<'_>) {
        let quantiles = [0.5, 0.99, 0.999, 1.0];
        let totals = seen.totals;
        // Until figures count, those of the warm-up are better than none.
        let histograms = if totals.histograms.receipt_us.is_empty() {
            &totals.warm_up_histograms
        } else {
            &totals.histograms
        };
        self.receipt_us = quantiles.map(|q| histograms.receipt_us.value_at_quantile(q));
        self.delivery_us = quantiles.map(|q| histograms.delivery_us.value_at_quantile(q));
        self.counts.add(&seen.second.counts);
        for (sum, count) in self.bands.iter_mut().zip(seen.second.bands) {
            *sum += u64::from(count);
        }
        if self.seconds.len() == SHOWN {
            self.seconds.pop_front();
        }
        self.seconds.push_back(seen.second.clone());
        if let Some(cost) = &seen.cost {
            self.cost = Some(cost.clone());
        }
        self.at = seen.second.at;
        self.planned = seen.planned;
    }

    /// What the run came to, in one line.
    pub fn summary(&self) -> String {
        let [_, p99, ..] = self.receipt_us;
        let rate = self.counts.answered() as f64 / self.at.as_secs_f64().max(1e-9);
        format!(
            "{}: {} {}, p99 {:.1} ms",
            self.headline,
            grouped(whole(rate) as u64),
            LoadPhrase::DocumentsPerSecond.text(self.language),
            p99 as f64 / 1e3
        )
    }

    /// Draws it all.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let [head, lines, below, foot] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Min(8),
            Constraint::Length(BARS),
            Constraint::Length(2),
        ])
        .areas(frame.area());
        self.head(frame, head);
        let [rates, latencies] = halves(lines);
        charts::rates(frame, rates, &self.seconds, self.language);
        charts::latencies(frame, latencies, &self.seconds, self.language);
        let [spread, right] = halves(below);
        bars::bands(frame, spread, &self.bands, self.language);
        let [stages, outcomes] =
            Layout::vertical([Constraint::Length(STAGES), Constraint::Fill(1)]).areas(right);
        bars::stages(frame, stages, self.cost.as_ref(), self.language);
        self.outcomes(frame, outcomes);
        self.foot(frame, foot);
    }

    fn head(&self, frame: &mut Frame<'_>, area: Rect) {
        let [title, gauge] = Layout::vertical([Constraint::Length(1); 2]).areas(area);
        frame.render_widget(Line::from(self.headline.as_str()).bold(), title);
        let planned = self.planned.as_secs_f64().max(1e-9);
        let done = (self.at.as_secs_f64() / planned).clamp(0.0, 1.0);
        let label = format!(
            "{:>4.0} / {:.0} s",
            self.at.as_secs_f64(),
            self.planned.as_secs_f64()
        );
        let gauge_widget = LineGauge::default()
            .ratio(done)
            .label(label)
            .filled_style(Style::new().fg(Color::Cyan));
        frame.render_widget(gauge_widget, gauge);
    }

    /// What became of the documents, worst news last where the eye ends.
    fn outcomes(&self, frame: &mut Frame<'_>, area: Rect) {
        let page = |phrase: PagePhrase| phrase.text(self.language);
        let say = |phrase: LoadPhrase| phrase.text(self.language);
        let counts = &self.counts;
        let mut lines = vec![Line::from(format!(
            "{} {}   {} {}   {} {}",
            page(PagePhrase::Due),
            grouped(counts.intended),
            page(PagePhrase::Answered),
            grouped(counts.answered()),
            page(PagePhrase::Delivered),
            grouped(counts.delivered)
        ))];
        for (reason, count) in &counts.refused {
            let line = format!(
                "{} {} {}",
                say(LoadPhrase::Refused),
                reason.as_str(),
                grouped(*count)
            );
            lines.push(Line::from(line).fg(Color::Yellow));
        }
        let block = Block::bordered();
        frame.render_widget(Paragraph::new(lines).block(block), area);
    }

    fn foot(&self, frame: &mut Frame<'_>, area: Rect) {
        let say = |phrase: LoadPhrase| phrase.text(self.language);
        let told = |[p50, p99, p999, most]: [u64; 4]| {
            let millis = |us: u64| us as f64 / 1e3;
            format!(
                "p50 {:>8.1}  p99 {:>8.1}  p99.9 {:>8.1}  max {:>8.1} ms",
                millis(p50),
                millis(p99),
                millis(p999),
                millis(most)
            )
        };
        let rows = [
            (LoadPhrase::IntendedToReceipt, self.receipt_us),
            (LoadPhrase::IntendedToAcknowledgement, self.delivery_us),
        ];
        let lines = rows.map(|(phrase, quantiles)| {
            Line::from(format!("{:<22} {}", say(phrase), told(quantiles)))
        });
        frame.render_widget(Paragraph::new(lines.to_vec()), area);
    }
}

fn halves(area: Rect) -> [Rect; 2] {
    Layout::horizontal([Constraint::Fill(1); 2]).areas(area)
}

#[cfg(test)]
mod tests;
