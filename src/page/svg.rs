//! A few kinds of chart as SVG, drawn by ourselves: a chart crate would bring fonts and image codecs
//! for what are lines, bars and fields.
//!
//! Every chart has a title and a description for those who do not see it, takes its colours from the
//! page's style sheet, and is bounded in size whatever the data.

use std::fmt::Write as _;

/// Size of a chart, in user units.
pub(crate) const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 280.0;

/// Room for labels.
const LEFT: f64 = 72.0;
const BOTTOM: f64 = 36.0;
const TOP: f64 = 26.0;
const RIGHT: f64 = 12.0;

/// Height of one bar and of one row of fields.
const BAR: f64 = 22.0;

/// Label column of bars.
const BAR_LEFT: f64 = 230.0;

/// How values become heights.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scale {
    /// From 0.
    Linear,
    /// By powers of ten; values are at least 0.001.
    Log,
}

/// A line of a chart.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// By x.
    pub(crate) points: Vec<(f64, f64)>,
}

/// What stands around a chart.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    pub(crate) how: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    pub(crate) scale: Scale,
    /// Places on the x axis, and what stands there; empty for round numbers.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// Lines over a common x.
pub(crate) fn lines(frame: &Frame<'_>, series: &[Series]) -> String {
    let points = || series.iter().flat_map(|series| &series.points);
    let x_max = points().map(|(x, _)| *x).fold(1e-9, f64::max);
    let y_max = points().map(|(_, y)| *y).fold(1e-3, f64::max);
    let axis = Axis::new(frame.scale, y_max);
    let at = |x: f64, y: f64| {
        let x = LEFT + x / x_max * (WIDTH - LEFT - RIGHT);
        let y = HEIGHT - BOTTOM - axis.place(y) * (HEIGHT - BOTTOM - TOP);
        (x, y)
    };
    let mut out = open(frame.title, frame.how, HEIGHT);
    for tick in axis.ticks() {
        let (_, y) = at(0.0, tick);
        let label = number(tick);
        push(
            &mut out,
            format_args!(
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0
            ),
        );
    }
    let round: Vec<(f64, String)> = Axis::new(Scale::Linear, x_max)
        .ticks()
        .into_iter()
        .filter(|tick| *tick <= x_max)
        .map(|tick| (tick, number(tick)))
        .collect();
    let ticks = if frame.ticks.is_empty() {
        &round
    } else {
        &frame.ticks
    };
    for (x, label) in ticks {
        let (x, _) = at(*x, 0.0);
        push(
            &mut out,
            format_args!(
                "<text class=\"mid\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                HEIGHT - BOTTOM + 18.0,
                escape(label)
            ),
        );
    }
    push(
        &mut out,
        format_args!(
            "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text><text x=\"4\" y=\"14\">{}</text>",
            WIDTH - RIGHT,
            HEIGHT - 4.0,
            escape(frame.x),
            escape(frame.y)
        ),
    );
    for (place, series) in series.iter().enumerate() {
        let path: Vec<String> = series
            .points
            .iter()
            .map(|(x, y)| {
                let (x, y) = at(*x, *y);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let legend = LEFT + 90.0 + place as f64 * 210.0;
        push(
            &mut out,
            format_args!(
                "<polyline class=\"s{place}\" points=\"{}\"/>\
                 <line class=\"s{place}\" x1=\"{legend}\" y1=\"10\" x2=\"{}\" y2=\"10\"/>\
                 <text x=\"{}\" y=\"14\">{}</text>",
                path.join(" "),
                legend + 24.0,
                legend + 30.0,
                escape(&series.name)
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// Points, each held or crossed.
pub(crate) fn points(frame: &Frame<'_>, points: &[(f64, f64, bool)]) -> String {
    let x_max = points.iter().map(|(x, ..)| *x).fold(1.0, f64::max) * 1.05;
    let y_max = points.iter().map(|(_, y, _)| *y).fold(1e-3, f64::max);
    let axis = Axis::new(frame.scale, y_max);
    let outline = Series {
        name: String::new(),
        points: vec![(0.0, axis.least()), (x_max, axis.least())],
    };
    let top = Series {
        name: String::new(),
        points: vec![(0.0, y_max)],
    };
    let mut out = lines(frame, &[outline, top]);
    out.truncate(out.len() - "</svg>".len());
    for (x, y, held) in points {
        let x = LEFT + x / x_max * (WIDTH - LEFT - RIGHT);
        let y = HEIGHT - BOTTOM - axis.place(*y) * (HEIGHT - BOTTOM - TOP);
        let mark = if *held { "●" } else { "×" };
        let class = if *held { "held" } else { "missed" };
        push(
            &mut out,
            format_args!(
                "<text class=\"mid {class}\" x=\"{x:.1}\" y=\"{:.1}\">{mark}</text>",
                y + 5.0
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// A bar: its label, its length, what stands at its end, and the class of its colour.
pub(crate) type Bar = (String, f64, String, &'static str);

/// Bars from the top down.
pub(crate) fn bars(title: &str, how: &str, bars: &[Bar]) -> String {
    let most = bars
        .iter()
        .map(|(_, value, ..)| *value)
        .fold(1e-9, f64::max);
    let height = bars.len() as f64 * BAR + 8.0;
    let mut out = open(title, how, height);
    for (place, (label, value, text, class)) in bars.iter().enumerate() {
        let y = place as f64 * BAR + 4.0;
        let long = value / most * (WIDTH - BAR_LEFT - 150.0);
        push(
            &mut out,
            format_args!(
                "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
                 <rect class=\"{class}\" x=\"{BAR_LEFT}\" y=\"{:.1}\" width=\"{long:.1}\" height=\"{:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                BAR_LEFT - 8.0,
                y + 15.0,
                escape(label),
                y + 3.0,
                BAR - 6.0,
                BAR_LEFT + long + 6.0,
                y + 15.0,
                escape(text)
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// Fields of a table of numbers, darker where they are larger; rows from the top down.
pub(crate) fn fields(
    title: &str,
    how: &str,
    rows: &[String],
    columns: &[String],
    values: &[Vec<u64>],
) -> String {
    let most = values.iter().flatten().copied().max().unwrap_or(0).max(1);
    let row_height = (420.0 / rows.len().max(1) as f64).clamp(9.0, BAR);
    let names = columns.iter().any(|name| !name.is_empty());
    let foot = if names { 92.0 } else { 6.0 };
    let height = TOP + row_height * rows.len() as f64 + foot;
    let left = 150.0;
    let wide = (WIDTH - left - RIGHT) / columns.len().max(1) as f64;
    let mut out = open(title, how, height);
    for (row, (name, values)) in rows.iter().zip(values).enumerate() {
        let y = TOP + row as f64 * row_height;
        push(
            &mut out,
            format_args!(
                "<text class=\"end small\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left - 6.0,
                y + row_height * 0.75,
                escape(name)
            ),
        );
        for (column, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
            // By the cube root: a few large values must not hide the others.
            let shade = (*value as f64 / most as f64).cbrt();
            push(
                &mut out,
                format_args!(
                    "<rect class=\"cell\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
                     fill-opacity=\"{shade:.2}\"/>",
                    left + column as f64 * wide,
                    wide + 0.2,
                    row_height - 0.5
                ),
            );
        }
    }
    for (column, name) in columns
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
    {
        let x = left + (column as f64 + 0.6) * wide;
        let y = height - foot + 8.0;
        push(
            &mut out,
            format_args!(
                "<text class=\"end small\" transform=\"translate({x:.1},{y:.1}) rotate(-60)\">{}</text>",
                escape(name)
            ),
        );
    }
    out.push_str("</svg>");
    out
}

/// Opens a drawing of this height, up to its first element; whoever draws ends it with `</svg>`.
pub(crate) fn open(title: &str, how: &str, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\"><title>{}</title><desc>{}</desc>",
        escape(title),
        escape(how)
    )
}

/// A value axis.
struct Axis {
    scale: Scale,
    least: f64,
    most: f64,
}

impl Axis {
    fn new(scale: Scale, largest: f64) -> Self {
        match scale {
            Scale::Linear => {
                let step = step(largest);
                Self {
                    scale,
                    least: 0.0,
                    most: (largest / step).ceil().max(1.0) * step,
                }
            }
            Scale::Log => Self {
                scale,
                least: 0.1,
                most: 10f64.powf(largest.max(1.0).log10().ceil()),
            },
        }
    }

    fn least(&self) -> f64 {
        self.least
    }

    /// 0 at the bottom, 1 at the top.
    fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => value / self.most,
            Scale::Log => {
                let span = (self.most / self.least).log10();
                (value.max(self.least) / self.least).log10() / span
            }
        };
        place.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.most);
                std::iter::successors(Some(0u32), |tick| tick.checked_add(1))
                    .map(|tick| f64::from(tick) * step)
                    .take_while(|tick| *tick < self.most + step / 2.0)
                    .collect()
            }
            Scale::Log => {
                let mut ticks = Vec::new();
                let mut tick = self.least;
                while tick <= self.most * 1.001 {
                    ticks.push(tick);
                    tick *= 10.0;
                }
                ticks
            }
        }
    }
}

/// A round step with about five of them up to `largest`.
fn step(largest: f64) -> f64 {
    let rough = (largest / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0];
    let fits = factor.into_iter().find(|factor| factor * power >= rough);
    fits.unwrap_or(10.0) * power
}

fn number(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{}M", v / 1e6),
        v if v >= 1e4 => format!("{}k", v / 1e3),
        v if v >= 1.0 || v == 0.0 => format!("{v:.0}"),
        v => format!("{v:.3}").trim_end_matches('0').to_owned(),
    }
}

/// Adds elements to a drawing.
pub(crate) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

/// Text that stands for itself in HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
