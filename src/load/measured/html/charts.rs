//! Each chart of the page, from the figures of a run.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::load::drive::BANDS_US;
use crate::load::drive::Second;
use crate::load::measured::run::Ladder;
use crate::load::measured::run::Run;
use crate::load::measured::run::Search;
use crate::model::Directory;
use crate::model::OrganId;
use crate::page::svg;
use crate::page::svg::Frame;
use crate::page::svg::Scale;
use crate::page::svg::Series;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;

/// Columns of a chart over time: a day of seconds must not make a large page.
const COLUMNS: usize = 300;

/// Agencies of the matrix, each way.
const AGENCIES: usize = 30;

/// Points of the percentile curve: nines, as x.
const NINES: f64 = 5.0;

/// What was due, answered and delivered over time.
pub(super) fn rates(run: &Run, language: Language) -> String {
    let say = |phrase: PagePhrase| phrase.text(language);
    let series = |phrase: PagePhrase, pick: fn(&Second) -> u64| Series {
        name: say(phrase).to_owned(),
        points: buckets(run)
            .iter()
            .map(|bucket| {
                let sum: u64 = bucket.seconds.iter().map(&pick).sum();
                (bucket.middle, sum as f64 / bucket.long)
            })
            .collect(),
    };
    let frame = Frame {
        title: say(PagePhrase::Rates),
        how: say(PagePhrase::RatesHow),
        x: say(PagePhrase::Seconds),
        y: "/s",
        scale: Scale::Linear,
        ticks: Vec::new(),
    };
    let all = [
        series(PagePhrase::Due, |second| second.counts.intended),
        series(PagePhrase::Answered, |second| second.counts.answered()),
        series(PagePhrase::Delivered, |second| second.counts.delivered),
    ];
    svg::lines(&frame, &all)
}

/// p50, p99 and the largest over time.
pub(super) fn latency(run: &Run, language: Language) -> String {
    let say = |phrase: PagePhrase| phrase.text(language);
    let series = |name: &str, place: usize| Series {
        name: name.to_owned(),
        points: buckets(run)
            .iter()
            .map(|bucket| {
                let all = bucket.seconds.iter();
                let most = all.map(|second| second.receipt_us[place]).max();
                (bucket.middle, most.unwrap_or(0) as f64 / 1e3)
            })
            .collect(),
    };
    let frame = Frame {
        title: say(PagePhrase::Latency),
        how: say(PagePhrase::LatencyHow),
        x: say(PagePhrase::Seconds),
        y: "ms",
        scale: Scale::Log,
        ticks: Vec::new(),
    };
    svg::lines(
        &frame,
        &[series("p50", 0), series("max", 2), series("p99", 1)],
    )
}

/// Bands of latency over time.
pub(super) fn heat(run: &Run, language: Language) -> String {
    let buckets = buckets(run);
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for band in (0..BANDS_US.len()).rev() {
        let lower = band.checked_sub(1).map_or(0, |below| BANDS_US[below]);
        rows.push(match BANDS_US[band] {
            u64::MAX => format!("> {} ms", lower as f64 / 1e3),
            upper => format!("≤ {} ms", upper as f64 / 1e3),
        });
        let row = buckets.iter().map(|bucket| {
            let all = bucket.seconds.iter();
            all.map(|second| u64::from(second.bands[band])).sum()
        });
        values.push(row.collect());
    }
    let columns = vec![String::new(); buckets.len()];
    svg::fields(
        PagePhrase::Heat.text(language),
        PagePhrase::HeatHow.text(language),
        &rows,
        &columns,
        &values,
    )
}

/// Every latency by percentile.
pub(super) fn curve(run: &Run, language: Language) -> String {
    let histograms = &run.driven.totals.histograms;
    let series = |phrase: LoadPhrase, histogram: &Histogram<u64>| Series {
        name: phrase.text(language).to_owned(),
        points: (0..=100)
            .map(|step| {
                let nines = f64::from(step) / 100.0 * NINES;
                let quantile = 1.0 - 10f64.powf(-nines);
                (nines, histogram.value_at_quantile(quantile) as f64 / 1e3)
            })
            .collect(),
    };
    let places = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"];
    let frame = Frame {
        title: PagePhrase::Curve.text(language),
        how: PagePhrase::CurveHow.text(language),
        x: "",
        y: "ms",
        scale: Scale::Log,
        ticks: places
            .iter()
            .enumerate()
            .map(|(place, label)| (place as f64, (*label).to_owned()))
            .collect(),
    };
    svg::lines(
        &frame,
        &[
            series(LoadPhrase::IntendedToReceipt, &histograms.receipt_us),
            series(
                LoadPhrase::IntendedToAcknowledgement,
                &histograms.delivery_us,
            ),
            series(LoadPhrase::SentToReceipt, &histograms.service_us),
            series(LoadPhrase::Slip, &histograms.slip_us),
        ],
    )
}

/// CPU of each stage, and below what no hub avoids.
pub(super) fn stages(run: &Run, language: Language) -> String {
    let text = |value: f64| format!("{value:.1} µs");
    let mut bars: Vec<svg::Bar> = run
        .stages()
        .into_iter()
        .map(|stage| {
            let share = stage.share * 100.0;
            let label = format!("{} · {share:.0} %", text(stage.cpu_us));
            (stage.name, stage.cpu_us, label, "bar")
        })
        .collect();
    let parts = &run.parts;
    for (name, value) in [
        ("transport in", parts.transport_in),
        ("digest", parts.digest),
        ("verify", parts.verify),
        ("journal", parts.journal),
        ("transport out", parts.transport_out),
    ] {
        bars.push((format!("({name})"), value, text(value), "pale"));
    }
    svg::bars(
        PagePhrase::Stages.text(language),
        PagePhrase::StagesHow.text(language),
        &bars,
    )
}

/// Senders and recipients.
pub(super) fn matrix(run: &Run, language: Language) -> String {
    let mut sent: BTreeMap<OrganId, u64> = BTreeMap::new();
    let mut received: BTreeMap<OrganId, u64> = BTreeMap::new();
    for ((sender, recipient), pair) in run.pairs() {
        *sent.entry(*sender).or_default() += pair.addressed;
        *received.entry(*recipient).or_default() += pair.addressed;
    }
    let (rows, columns) = (busiest(&sent), busiest(&received));
    let mut values = vec![vec![0; columns.len() + 1]; rows.len() + 1];
    for ((sender, recipient), pair) in run.pairs() {
        let place = |list: &[OrganId], organ: &OrganId| {
            let found = list.iter().position(|known| known == organ);
            found.unwrap_or(list.len())
        };
        values[place(&rows, sender)][place(&columns, recipient)] += pair.addressed;
    }
    let names = |list: &[OrganId]| {
        let mut names: Vec<String> = list.iter().map(|organ| short_name(*organ)).collect();
        names.push(PagePhrase::Others.text(language).to_owned());
        names
    };
    svg::fields(
        PagePhrase::Matrix.text(language),
        PagePhrase::MatrixHow.text(language),
        &names(&rows),
        &names(&columns),
        &values,
    )
}

/// The price of each layer.
pub(super) fn ladder(ladder: &Ladder, language: Language) -> String {
    let bars: Vec<svg::Bar> = ladder
        .rungs
        .iter()
        .map(|rung| {
            let label = format!(
                "{:.0}/s ±{:.1} % · {:.1} µs",
                rung.docs_per_s,
                rung.spread * 100.0,
                rung.cpu_us
            );
            (rung.name.clone(), rung.docs_per_s, label, "bar")
        })
        .collect();
    svg::bars(
        PagePhrase::Ladder.text(language),
        PagePhrase::LadderHow.text(language),
        &bars,
    )
}

/// The attempts of a search.
pub(super) fn probes(search: &Search, language: Language) -> String {
    let frame = Frame {
        title: PagePhrase::Probes.text(language),
        how: PagePhrase::ProbesHow.text(language),
        x: LoadPhrase::DocumentsPerSecond.text(language),
        y: "p99, ms",
        scale: Scale::Log,
        ticks: Vec::new(),
    };
    let points: Vec<(f64, f64, bool)> = search
        .probes
        .iter()
        .map(|probe| (probe.rate, probe.receipt_us[1] as f64 / 1e3, probe.held))
        .collect();
    svg::points(&frame, &points)
}

/// Seconds that share a column.
struct Bucket<'a> {
    seconds: &'a [Second],
    /// Seconds.
    middle: f64,
    long: f64,
}

fn buckets(run: &Run) -> Vec<Bucket<'_>> {
    let seconds = &run.driven.seconds;
    let each = seconds.len().div_ceil(COLUMNS).max(1);
    let mut begun = 0.0;
    seconds
        .chunks(each)
        .map(|seconds| {
            let ended = seconds.last().map_or(begun, |last| last.at.as_secs_f64());
            let bucket = Bucket {
                seconds,
                middle: f64::midpoint(begun, ended),
                long: (ended - begun).max(1e-3),
            };
            begun = ended;
            bucket
        })
        .collect()
}

/// The busiest, in the order of their codes.
fn busiest(counts: &BTreeMap<OrganId, u64>) -> Vec<OrganId> {
    let mut all: Vec<(u64, OrganId)> = counts.iter().map(|(organ, n)| (*n, *organ)).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    let mut first: Vec<OrganId> = all
        .into_iter()
        .take(AGENCIES)
        .map(|(_, organ)| organ)
        .collect();
    first.sort_unstable();
    first
}

fn short_name(organ: OrganId) -> String {
    Directory::of_2019()
        .find(organ)
        .map_or_else(|| organ.to_string(), |agency| agency.short_name.clone())
}
