//! What of the arguments runs of a bench go by.

use std::path::PathBuf;

use super::arguments::Meant;
use super::arguments::Target;
use super::progress::Shown;
use crate::load::Objective;
use crate::load::Scenario;
use crate::load::drive::Abort;
use crate::load::drive::Transfer;
use crate::store::Durability;
use crate::trust::Backend;
use crate::trust::KeyKind;

/// Settings of the arguments that runs go by.
pub(super) struct Settings {
    pub(super) scenario: Scenario,
    pub(super) target: Target,
    pub(super) in_flight: Option<usize>,
    pub(super) transfer: Transfer,
    pub(super) abort: Abort,
    pub(super) objectives: Vec<Objective>,
    pub(super) key_kind: KeyKind,
    pub(super) durability: Durability,
    pub(super) scratch: PathBuf,
    pub(super) shown: Shown,
    pub(super) units: u32,
    pub(super) verify_backend: Backend,
}

impl Settings {
    pub(super) fn of(meant: &Meant) -> Self {
        Self {
            scenario: meant.scenario.clone(),
            target: meant.target.clone(),
            in_flight: meant.in_flight,
            transfer: meant.transfer,
            abort: meant.abort,
            objectives: meant.objectives.clone(),
            key_kind: meant.key_kind,
            durability: meant.durability,
            scratch: meant.scratch.clone(),
            shown: meant.shown,
            units: meant.units,
            verify_backend: meant.verify_backend,
        }
    }
}
