//! A scenario: what is to be simulated, as a TOML text says it.
//!
//! Fields are public and mean what the comments of `scenarios/period-2019.toml` say. Every value has
//! been checked on its own, and together by [`Scenario::check`]; nothing is filled in silently: a
//! field that is missing or unknown is an error. A text that `extends` a compiled-in scenario takes
//! from it the tables it does not write, each as a whole.

mod documents;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::check::InvalidScenario;
use super::overlay::Overlay;
use super::traffic::Traffic;
use super::written;
use crate::model::OrganId;

pub use documents::Attachments;
pub use documents::Business;
pub use documents::Delay;
pub use documents::DocumentType;
pub use documents::Faults;
pub use documents::Priorities;
pub use documents::Recall;
pub use documents::Subjects;

/// What is to be simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name, as reports print it.
    pub name: String,
    /// Decides everything random.
    pub seed: u64,
    /// Documents that will be accepted.
    pub documents: u64,
    /// Sum of their recipients.
    pub deliveries: u64,
    /// Keys of persons and seals, by the name `trust` knows: `rsa2048`.
    pub key_algorithm: String,
    /// The days.
    pub period: Period,
    /// The hours.
    pub day: Day,
    /// Who sends how much.
    pub senders: SenderWeights,
    /// Who receives how much.
    pub recipients: RecipientWeights,
    /// How many recipients a document has.
    pub fan_out: Vec<Band>,
    /// Attachments and their sizes.
    pub attachments: Attachments,
    /// Urgency.
    pub priorities: Priorities,
    /// Documents about earlier ones.
    pub business: Business,
    /// Documents asked back by status 13.
    pub recall: Recall,
    /// Who signs how much.
    pub signed: Signed,
    /// What people do with what they receive.
    pub office: Office,
    /// Documents that will be refused.
    pub faults: Faults,
    /// What documents are about.
    pub subjects: Subjects,
    /// Kinds of documents.
    pub types: Vec<DocumentType>,
    /// How a load run offers them to a hub, against the wall clock.
    pub load: Traffic,
}

/// First and last day, and how the rate grows between them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    #[serde(deserialize_with = "written::text")]
    pub first: Date,
    /// Last day, included.
    #[serde(deserialize_with = "written::text")]
    pub last: Date,
    /// Daily rate in the last month against the first.
    #[serde(deserialize_with = "written::positive")]
    pub growth: f64,
}

/// The course of an office day.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Relative rate in each half hour of office time, the break left out.
    #[serde(deserialize_with = "written::weights")]
    pub profile: [f64; 16],
}

/// Weights of senders.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SenderWeights {
    /// Of a body of the Party that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub party: f64,
    /// Of a ministry that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub ministry: f64,
    /// Of a province that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub province: f64,
    /// Spread of those that are not named: sigma of a log-normal factor.
    #[serde(deserialize_with = "written::positive")]
    pub sigma: f64,
    /// Every agency sends at least this many documents.
    pub least: u64,
    /// Weights by agency.
    #[serde(deserialize_with = "written::named")]
    pub named: BTreeMap<OrganId, f64>,
}

/// Weights of recipients.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RecipientWeights {
    /// Of a body of the Party that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub party: f64,
    /// Of a ministry that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub ministry: f64,
    /// Of a province that is not named.
    #[serde(deserialize_with = "written::positive")]
    pub province: f64,
    /// Spread of those that are not named: sigma of a log-normal factor.
    #[serde(deserialize_with = "written::positive")]
    pub sigma: f64,
    /// Share of other agencies' documents that name the Government Office.
    #[serde(deserialize_with = "written::share")]
    pub government_office_share: f64,
    /// Documents each other agency sends to the Government Office at least.
    pub government_office_least: u64,
    /// Weights by agency; the Government Office has none, its share decides.
    #[serde(deserialize_with = "written::named")]
    pub named: BTreeMap<OrganId, f64>,
}

/// A band of recipient counts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Fewest recipients.
    pub from: u16,
    /// Most recipients.
    pub to: u16,
    /// Share of documents in this band.
    #[serde(deserialize_with = "written::share")]
    pub share: f64,
}

/// Shares of signed documents.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Of all documents.
    #[serde(deserialize_with = "written::share")]
    pub overall: f64,
    /// Of those that name the Government Office.
    #[serde(deserialize_with = "written::share")]
    pub to_government_office: f64,
    /// Lowest of the other agencies.
    #[serde(deserialize_with = "written::share")]
    pub from: f64,
    /// Highest.
    #[serde(deserialize_with = "written::share")]
    pub to: f64,
    /// The agency that signs least.
    pub lowest: Lowest,
}

/// The agency that signs least.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Lowest {
    /// Which.
    #[serde(deserialize_with = "written::text")]
    pub organ: OrganId,
    /// Its share of what it sends to the Government Office.
    #[serde(deserialize_with = "written::share")]
    pub share: f64,
    /// The counted share stays below this.
    #[serde(deserialize_with = "written::share")]
    pub below: f64,
    /// It sends at least this many there.
    pub least_documents: u64,
}

/// What people do with what they receive.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Share answered with 02.
    #[serde(deserialize_with = "written::share")]
    pub reject_share: f64,
    /// Reasons of 02.
    pub reject_reasons: Vec<String>,
    /// Of those accepted, the share that goes on to 04, 05 and 06.
    #[serde(deserialize_with = "written::share")]
    pub continue_share: f64,
    /// Share of recalls and updates answered with 16.
    #[serde(deserialize_with = "written::share")]
    pub refuse_change_share: f64,
    /// Reasons of 16.
    pub refuse_change_reasons: Vec<String>,
    /// Before 02 or 03.
    pub accept: Delay,
    /// Before 04.
    pub assign: Delay,
    /// Before 05.
    pub process: Delay,
    /// Before 06.
    pub finish: Delay,
}

impl Scenario {
    /// Names of the compiled-in scenarios.
    pub const PRESETS: &[&str] = &[
        "period-2019",
        "normal-day",
        "quarter-end",
        "peak",
        "storm-circular",
        "hostile",
    ];

    /// The text of the compiled-in scenario of this name.
    pub fn preset_text(name: &str) -> Option<&'static str> {
        Some(match name {
            "period-2019" => include_str!("../../../scenarios/period-2019.toml"),
            "normal-day" => include_str!("../../../scenarios/normal-day.toml"),
            "quarter-end" => include_str!("../../../scenarios/quarter-end.toml"),
            "peak" => include_str!("../../../scenarios/peak.toml"),
            "storm-circular" => include_str!("../../../scenarios/storm-circular.toml"),
            "hostile" => include_str!("../../../scenarios/hostile.toml"),
            _ => return None,
        })
    }

    /// The compiled-in scenario of this name.
    pub fn preset(name: &str) -> Option<Self> {
        let text = Self::preset_text(name)?;
        Some(Self::parse(text).expect("a compiled-in text, which a test parses"))
    }

    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// [`InvalidScenario`], naming the field and, where it can be found, the line.
    pub fn parse(text: &str) -> Result<Self, InvalidScenario> {
        let overlay: Overlay =
            toml::from_str(text).map_err(|error| InvalidScenario::from_toml(text, &error))?;
        let scenario = overlay
            .over_base()
            .map_err(|error| error.located_in(text))?;
        scenario.check().map_err(|error| error.located_in(text))?;
        Ok(scenario)
    }

    /// The same with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same with this many documents (at least 1) and everything counted in proportion. Kinds
    /// that occur at all, large attachments and faults, keep at least one.
    #[must_use]
    pub fn scaled_to(mut self, documents: u64) -> Self {
        let (documents, before) = (documents.max(1), self.documents.max(1));
        let scaled = |count: u64| {
            let product = u128::from(count) * u128::from(documents) + u128::from(before / 2);
            u64::try_from(product / u128::from(before)).unwrap_or(u64::MAX)
        };
        let kept = |count: u64| scaled(count).max(count.min(1));
        self.deliveries = scaled(self.deliveries).max(documents);
        self.senders.least = scaled(self.senders.least);
        self.recipients.government_office_least = scaled(self.recipients.government_office_least);
        self.signed.lowest.least_documents = scaled(self.signed.lowest.least_documents);
        self.attachments.large_documents = kept(self.attachments.large_documents);
        for count in [
            &mut self.business.updates,
            &mut self.business.replacements,
            &mut self.business.recalls,
        ] {
            *count = scaled(*count);
        }
        for count in self.faults.counts_mut() {
            *count = kept(*count);
        }
        self.documents = documents;
        self
    }
}
