//! What each document of a corpus is to be: its sender, and what is wrong with it.

use rand::RngExt as _;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::making::Recipe;
use super::making::Writers;
use crate::load::plan::Plan;
use crate::load::plan::Planned;
use crate::model::OrganId;
use crate::node::Identity;

/// What one document is to be.
pub(super) struct Order<'a> {
    /// Place in the corpus.
    pub(super) number: usize,
    /// Which agency sends it.
    pub(super) sender: usize,
    pub(super) planned: &'a Planned,
    pub(super) kind: Kind,
}

/// What is wrong with it, if anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Good,
    Tampered,
    Expired,
    Revoked,
    Oversized,
    /// Of the document this far back in the chunk.
    Duplicate(usize),
    Repeated(usize),
}

/// How far back a document is that is sent again: it should be there by then.
const BACK: usize = 500;

/// Who sends what, and which documents are bad.
pub(super) fn orders<'a>(
    first: usize,
    plan: &'a Plan,
    recipe: Recipe<'_>,
    writers: Writers<'_>,
) -> Vec<Order<'a>> {
    let place_of = |organ: OrganId| {
        let own = writers.agencies.iter().position(|(own, _)| *own == organ);
        // With fewer agencies than the plan has, each of those that are here speaks for some.
        own.unwrap_or_else(|| {
            let bytes = organ.as_str().bytes();
            let mixed = bytes.fold(7_usize, |mixed, byte| mixed * 31 + usize::from(byte));
            mixed % writers.agencies.len().max(1)
        })
    };
    let places: std::collections::HashMap<OrganId, usize> = writers
        .directory
        .agencies()
        .iter()
        .map(|agency| (agency.organ, place_of(agency.organ)))
        .collect();
    let bad = recipe.scenario.load.bad;
    let mut random = Pcg64Mcg::seed_from_u64(plan.seed ^ SALT);
    let mut orders: Vec<Order<'a>> = Vec::with_capacity(plan.documents.len());
    for (within, planned) in plan.documents.iter().enumerate() {
        let mut draw: f64 = random.random();
        let mut falls = |share: f64| {
            let hit = draw < share;
            draw -= share;
            hit && share > 0.0
        };
        let kind = if falls(bad.tampered) {
            Kind::Tampered
        } else if falls(bad.expired) && !writers.expired.is_empty() {
            Kind::Expired
        } else if falls(bad.revoked) && !writers.revoked.is_empty() {
            Kind::Revoked
        } else if falls(bad.oversized) {
            Kind::Oversized
        } else if falls(bad.duplicate) {
            earlier(&orders, within).map_or(Kind::Good, Kind::Duplicate)
        } else if falls(bad.repeated) {
            earlier(&orders, within).map_or(Kind::Good, Kind::Repeated)
        } else {
            Kind::Good
        };
        let spread = within % 4;
        let sender_of = |pool: &[(OrganId, Identity)]| {
            let organ = pool
                .get(spread % pool.len().max(1))
                .map(|(organ, _)| *organ);
            organ.map_or(0, place_of)
        };
        let sender = match kind {
            Kind::Expired => sender_of(writers.expired),
            Kind::Revoked => sender_of(writers.revoked),
            Kind::Duplicate(earlier) | Kind::Repeated(earlier) => {
                orders.get(earlier).map_or(0, |order| order.sender)
            }
            Kind::Good | Kind::Oversized | Kind::Tampered => {
                let agency = places.get(&planned.header.from).copied().unwrap_or(0);
                agency + writers.unit(first + within) as usize
            }
        };
        orders.push(Order {
            number: first + within,
            sender,
            planned,
            kind,
        });
    }
    orders
}

/// A good document far enough back, as its place in the chunk.
fn earlier(orders: &[Order<'_>], within: usize) -> Option<usize> {
    let from = within.checked_sub(BACK)?;
    let mut candidates = (0..=from).rev();
    candidates.find(|place| orders.get(*place).is_some_and(|o| o.kind == Kind::Good))
}

/// Keeps the choice of bad documents apart from the scenario's other random streams.
const SALT: u64 = 0x6261_6420_6461_7973;
