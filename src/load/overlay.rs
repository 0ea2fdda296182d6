//! A scenario as written: every table may be left to the compiled-in scenario it extends.
//!
//! Whole tables only: a table that is written has to have all its fields, so that nobody has to guess
//! which half of it came from where.

use serde::Deserialize;

use super::check::InvalidScenario;
use super::scenario::Attachments;
use super::scenario::Band;
use super::scenario::Business;
use super::scenario::Day;
use super::scenario::DocumentType;
use super::scenario::Faults;
use super::scenario::Office;
use super::scenario::Period;
use super::scenario::Priorities;
use super::scenario::Recall;
use super::scenario::RecipientWeights;
use super::scenario::Scenario;
use super::scenario::SenderWeights;
use super::scenario::Signed;
use super::scenario::Subjects;
use super::traffic::Traffic;

/// What a scenario's text says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    name: String,
    extends: Option<String>,
    seed: Option<u64>,
    documents: Option<u64>,
    deliveries: Option<u64>,
    key_algorithm: Option<String>,
    period: Option<Period>,
    day: Option<Day>,
    senders: Option<SenderWeights>,
    recipients: Option<RecipientWeights>,
    fan_out: Option<Vec<Band>>,
    attachments: Option<Attachments>,
    priorities: Option<Priorities>,
    business: Option<Business>,
    recall: Option<Recall>,
    signed: Option<Signed>,
    office: Option<Office>,
    faults: Option<Faults>,
    subjects: Option<Subjects>,
    types: Option<Vec<DocumentType>>,
    load: Option<Traffic>,
}

impl Overlay {
    /// What is meant: the base's tables where this text has none.
    pub(super) fn over_base(self) -> Result<Scenario, InvalidScenario> {
        let base = match &self.extends {
            None => None,
            // A preset that extends itself would never end.
            Some(name) if *name == self.name => {
                return Err(field("extends", "must not be the scenario itself"));
            }
            Some(name) => Some(Scenario::preset(name).ok_or_else(|| {
                let known = Scenario::PRESETS.join(", ");
                field("extends", &format!("must be one of {known}"))
            })?),
        };
        let base = base.as_ref();
        macro_rules! meant {
            ($table:ident) => {
                self.$table
                    .or_else(|| base.map(|base| base.$table.clone()))
                    .ok_or_else(|| {
                        let rule = "is missing, and nothing is extended that has it";
                        field(stringify!($table), rule)
                    })?
            };
        }
        Ok(Scenario {
            name: self.name,
            seed: meant!(seed),
            documents: meant!(documents),
            deliveries: meant!(deliveries),
            key_algorithm: meant!(key_algorithm),
            period: meant!(period),
            day: meant!(day),
            senders: meant!(senders),
            recipients: meant!(recipients),
            fan_out: meant!(fan_out),
            attachments: meant!(attachments),
            priorities: meant!(priorities),
            business: meant!(business),
            recall: meant!(recall),
            signed: meant!(signed),
            office: meant!(office),
            faults: meant!(faults),
            subjects: meant!(subjects),
            types: meant!(types),
            load: meant!(load),
        })
    }
}

fn field(name: &str, rule: &str) -> InvalidScenario {
    InvalidScenario::Field {
        line: None,
        field: name.to_owned(),
        rule: rule.to_owned(),
    }
}
