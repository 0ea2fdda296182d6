//! How much machine for how many documents: a cost model fitted to measured runs.
//!
//! Hub CPU of one document = fixed + per recipient + per KiB in + per KiB out + per signature. The
//! terms are what a document does on its way, so the fit has a meaning outside the measured points;
//! a run that was not among them checks it. What cores cannot speed up is the one thread that orders
//! everything: its share bounds the rate of one hub whatever the cores, as the contention term of the
//! Universal Scalability Law (Gunther) does.

use std::str::FromStr;

use super::random::whole;
use super::random::whole_u32;
use super::scenario::Band;
use super::scenario::Scenario;

/// Use of cores to plan for: at half the highest rate latencies hold.
const UTILISATION: f64 = 0.5;

/// Working days of a year.
const DAYS_A_YEAR: f64 = 250.0;

/// Bytes on the wire beside the documents: TLS, HTTP/2, receipts, acknowledgements; by document and
/// by delivery.
const WIRE_DOCUMENT: f64 = 400.0;
const WIRE_DELIVERY: f64 = 250.0;

/// What is to be carried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Documents on one working day.
    pub documents_per_day: f64,
    /// Bytes of a document with its inline attachments.
    pub size: f64,
    /// Recipients of a document.
    pub recipients: f64,
    /// Share of documents with both signatures.
    pub signed: f64,
}

/// Why a text is not a demand.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{found}`: write it as documents/day=200000, size=10KiB, recipients=3, signed=0.74; the first is needed"
)]
pub struct InvalidDemand {
    /// The part that is not understood.
    pub found: String,
}

impl FromStr for Demand {
    type Err = InvalidDemand;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut demand = Self {
            documents_per_day: 0.0,
            size: 9_000.0,
            recipients: 3.06,
            signed: 0.737,
        };
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let invalid = || InvalidDemand {
                found: part.to_owned(),
            };
            let (name, value) = part.split_once('=').ok_or_else(invalid)?;
            let value = quantity(value.trim()).ok_or_else(invalid)?;
            match name.trim() {
                "documents/day" if value >= 1.0 => demand.documents_per_day = value,
                "size" if (500.0..=262_144.0).contains(&value) => demand.size = value,
                "recipients" if (1.0..=94.0).contains(&value) => demand.recipients = value,
                "signed" if (0.0..=1.0).contains(&value) => demand.signed = value,
                _ => return Err(invalid()),
            }
        }
        if demand.documents_per_day < 1.0 {
            return Err(InvalidDemand {
                found: text.to_owned(),
            });
        }
        Ok(demand)
    }
}

/// A number with a unit of size, or a percentage.
fn quantity(text: &str) -> Option<f64> {
    let units = [
        ("KiB", 1024.0),
        ("kB", 1e3),
        ("KB", 1e3),
        ("MiB", 1_048_576.0),
        ("%", 0.01),
        ("k", 1e3),
        ("M", 1e6),
    ];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1.0));
    let value = number.trim().replace('_', "").parse::<f64>().ok()? * factor;
    value.is_finite().then_some(value)
}

/// What was measured of one run, per document.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    /// Bytes of header, signature and attachments.
    pub bytes: f64,
    /// Deliveries.
    pub recipients: f64,
    /// Signatures verified.
    pub signatures: f64,
    /// Microseconds of hub CPU.
    pub cpu_us: f64,
    /// Of these, on the one thread that orders everything.
    pub serial_us: f64,
}

/// Terms of the model.
const TERMS: usize = 5;

/// The fitted model: microseconds of each term.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    cpu: [f64; TERMS],
    serial: [f64; TERMS],
}

fn terms(observed: &Observed) -> [f64; TERMS] {
    let kib = observed.bytes / 1024.0;
    [
        1.0,
        observed.recipients,
        kib,
        kib * observed.recipients,
        observed.signatures,
    ]
}

impl Model {
    /// Least squares of relative error over the runs; `None` where they do not determine it.
    pub fn fit(runs: &[Observed]) -> Option<Self> {
        Some(Self {
            cpu: least_squares(runs, |run| run.cpu_us)?,
            serial: least_squares(runs, |run| run.serial_us)?,
        })
    }

    /// Microseconds of hub CPU for a document like this one.
    pub fn cpu_us(&self, like: &Observed) -> f64 {
        dot(&self.cpu, &terms(like))
    }

    /// Microseconds on the thread that orders everything.
    pub fn serial_us(&self, like: &Observed) -> f64 {
        dot(&self.serial, &terms(like))
    }

    /// Microseconds: fixed, per recipient, per KiB in, per KiB out, per signature.
    pub fn terms_us(&self) -> [f64; TERMS] {
        self.cpu
    }
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves the normal equations, each run weighted by its own value, by elimination with pivots.
fn least_squares(runs: &[Observed], of: impl Fn(&Observed) -> f64) -> Option<[f64; TERMS]> {
    let mut matrix = [[0.0_f64; TERMS + 1]; TERMS];
    for run in runs {
        let value = of(run).max(1e-6);
        let row = terms(run).map(|term| term / value);
        for (line, left) in matrix.iter_mut().zip(row) {
            for (cell, right) in line.iter_mut().zip(row) {
                *cell += left * right;
            }
            line[TERMS] += left;
        }
    }
    for column in 0..TERMS {
        let pivot = (column..TERMS).max_by(|a, b| {
            matrix[*a][column]
                .abs()
                .total_cmp(&matrix[*b][column].abs())
        })?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        let lead = matrix[column];
        for (line, row) in matrix.iter_mut().enumerate() {
            if line != column {
                let factor = row[column] / lead[column];
                for (cell, lead) in row.iter_mut().zip(lead) {
                    *cell -= factor * lead;
                }
            }
        }
    }
    let mut solved = [0.0; TERMS];
    for (place, value) in solved.iter_mut().enumerate() {
        *value = matrix[place][TERMS] / matrix[place][place];
    }
    Some(solved)
}

/// What is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What for.
    pub demand: Demand,
    /// Documents a second in the busiest half hour.
    pub peak_rate: f64,
    /// Microseconds of hub CPU per document.
    pub cpu_us: f64,
    /// Cores of this kind for the hub, at half their use.
    pub cores: f64,
    /// Highest rate of one hub on any number of such cores.
    pub ceiling: f64,
    /// Bytes of journal a day, and a year of working days.
    pub disk_day: f64,
    /// A year of working days.
    pub disk_year: f64,
    /// Bits a second in the busiest half hour, in and out.
    pub link_in: f64,
    /// Out.
    pub link_out: f64,
    /// The terms of the model, in microseconds: fixed, per recipient, per KiB in, per KiB out, per
    /// signature.
    pub terms_us: [f64; TERMS],
    /// The held-out run: predicted and measured microseconds.
    pub held_out: (f64, f64),
}

impl Sheet {
    /// Fills the sheet. `busiest` is the share of a day's documents in its busiest half hour.
    pub fn new(demand: Demand, model: &Model, busiest: f64, held_out: (f64, f64)) -> Self {
        let peak_rate = demand.documents_per_day * busiest / 1800.0;
        let like = Observed {
            bytes: demand.size,
            recipients: demand.recipients,
            signatures: 2.0 * demand.signed,
            ..Observed::default()
        };
        let cpu_us = model.cpu_us(&like);
        let disk_day = demand.documents_per_day * (demand.size + 200.0 + 90.0 * demand.recipients);
        Self {
            demand,
            peak_rate,
            cpu_us,
            cores: peak_rate * cpu_us / 1e6 / UTILISATION,
            ceiling: 1e6 / model.serial_us(&like).max(1e-3),
            disk_day,
            disk_year: disk_day * DAYS_A_YEAR,
            link_in: peak_rate * (demand.size + WIRE_DOCUMENT + demand.recipients * 60.0) * 8.0,
            link_out: peak_rate * demand.recipients * (demand.size + WIRE_DELIVERY) * 8.0,
            terms_us: model.terms_us(),
            held_out,
        }
    }

    /// How far the held-out run was from what the model said, as a share.
    pub fn error(&self) -> f64 {
        let (predicted, measured) = self.held_out;
        (predicted - measured).abs() / measured.max(1e-9)
    }
}

/// Bytes of an unsigned document without attachments, and what two RSA-2048 signatures with their
/// certificates add.
const BARE_BYTES: f64 = 600.0;
const SIGNATURES_BYTES: f64 = 5_200.0;

impl Scenario {
    /// The same with one attachment of so many bytes (none for 0) on each document, so many recipients
    /// on average, and this share of documents signed where one is given.
    #[must_use]
    pub fn with_documents(&self, bytes: f64, recipients: f64, signed: Option<f64>) -> Self {
        let mut scenario = self.clone();
        let bytes = whole_u32(bytes);
        let attachments = &mut scenario.attachments;
        attachments.counts = if bytes == 0 {
            [1.0, 0.0, 0.0, 0.0]
        } else {
            [0.0, 1.0, 0.0, 0.0]
        };
        attachments.median_bytes = bytes.max(1);
        attachments.most_bytes = bytes.max(1);
        attachments.sigma = 0.01;
        let low = recipients.floor().max(1.0);
        let above = recipients - low;
        let band = |to: f64, share: f64| {
            let to = u16::try_from(whole_u32(to)).unwrap_or(u16::MAX);
            Band {
                from: to,
                to,
                share,
            }
        };
        scenario.fan_out = vec![band(low, 1.0 - above), band(low + 1.0, above)];
        scenario.fan_out.retain(|band| band.share > 1e-9);
        let documents = whole(scenario.documents as f64 * recipients);
        scenario.deliveries = (documents as u64).max(scenario.documents);
        if let Some(signed) = signed {
            // The agency that signs least has to be below all others.
            let share = signed.clamp(0.02, 1.0);
            let own = &mut scenario.signed;
            own.overall = share;
            own.to_government_office = share;
            own.from = 0.01;
            own.to = 1.0;
            own.lowest.share = 0.005;
            own.lowest.below = 0.01;
            own.lowest.least_documents = 1;
        }
        scenario
    }

    /// The same with documents as they are demanded.
    #[must_use]
    pub fn demanded(&self, demand: &Demand) -> Self {
        let own = BARE_BYTES + SIGNATURES_BYTES * demand.signed;
        let attached = (demand.size - own).max(0.0);
        self.with_documents(attached, demand.recipients, Some(demand.signed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_reads_its_units_and_refuses_the_rest() {
        let demand: Demand = "documents/day=200k, size=10KiB, signed=50%"
            .parse()
            .unwrap();
        assert_eq!(demand.documents_per_day, 200_000.0);
        assert_eq!(demand.size, 10_240.0);
        assert_eq!(demand.signed, 0.5);
        for bad in [
            "",
            "size=1",
            "documents/day=x",
            "documents/day=5, speed=3",
            "documents/day=0",
        ] {
            assert!(bad.parse::<Demand>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_fit_finds_the_terms_that_made_the_runs() {
        let run = |bytes: f64, recipients: f64, signatures: f64| {
            let kib = bytes / 1024.0;
            Observed {
                bytes,
                recipients,
                signatures,
                cpu_us: 30.0
                    + 9.0 * recipients
                    + 0.5 * kib
                    + 0.8 * kib * recipients
                    + 15.0 * signatures,
                serial_us: 8.0 + 5.0 * recipients + 0.7 * kib,
            }
        };
        let runs = [
            run(1000.0, 1.0, 0.0),
            run(30_000.0, 1.0, 0.0),
            run(1000.0, 8.0, 0.0),
            run(30_000.0, 8.0, 0.0),
            run(3000.0, 1.0, 2.0),
            run(9000.0, 3.0, 2.0),
        ];
        let model = Model::fit(&runs).unwrap();
        let other = run(12_000.0, 4.0, 1.0);
        assert!((model.cpu_us(&other) - other.cpu_us).abs() < 1e-6);
        assert!((model.serial_us(&other) - other.serial_us).abs() < 1e-6);
    }

    #[test]
    fn runs_that_say_too_little_give_no_model() {
        let run = Observed {
            bytes: 1.0,
            recipients: 1.0,
            signatures: 1.0,
            cpu_us: 1.0,
            serial_us: 1.0,
        };
        assert!(Model::fit(&[run; 6]).is_none());
    }
}
