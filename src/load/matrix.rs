//! Who sends to whom, when: senders, recipient counts, references to earlier documents, recipients.
//!
//! Totals are exact: the plan has the documents and the deliveries the scenario names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::arrivals::Arrivals;
use super::random::Concern;
use super::random::Weighted;
use super::random::apportion;
use super::random::as_float;
use super::random::length;
use super::random::log_normal;
use super::random::one_of;
use super::random::part;
use super::random::stream;
use super::random::taken;
use super::random::whole;
use super::scenario::Scenario;
use crate::model::Agency;
use crate::model::AgencyKind;
use crate::model::BusinessType;

/// A document before it has a text. Agencies are positions in the directory.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) at: Timestamp,
    /// Working day of the period, from 0.
    pub(super) day: usize,
    pub(super) sender: usize,
    pub(super) fan_out: usize,
    /// The earlier document this one is about, and how.
    pub(super) about: Option<(BusinessType, usize)>,
    /// Whether a later document is about this one.
    pub(super) is_target: bool,
    pub(super) recipients: Vec<usize>,
}

/// All documents in the order of time. `office` and `lowest` are positions of the Government Office
/// and of the agency that signs least.
pub(super) fn drafts(
    scenario: &Scenario,
    agencies: &[Agency],
    arrivals: &Arrivals,
    office: usize,
    lowest: usize,
) -> Vec<Draft> {
    let documents = length(scenario.documents);
    let random = &mut stream(scenario.seed, Concern::Arrivals);
    let mut instants: Vec<_> = (0..documents).map(|_| arrivals.draw(random)).collect();
    instants.sort_unstable_by_key(|(_, at)| *at);
    let senders = senders(scenario, agencies, lowest);
    let fan_outs = fan_outs(scenario, agencies.len() - 1);
    let mut drafts: Vec<Draft> = instants
        .into_iter()
        .zip(senders)
        .zip(fan_outs)
        .map(|(((day, at), sender), fan_out)| Draft {
            at,
            day,
            sender,
            fan_out,
            about: None,
            is_target: false,
            recipients: Vec::new(),
        })
        .collect();
    refer(scenario, &mut drafts);
    address(scenario, agencies, &mut drafts, office, lowest);
    drafts
}

/// The sender of each document, in any order.
fn senders(scenario: &Scenario, agencies: &[Agency], lowest: usize) -> Vec<usize> {
    let rules = &scenario.senders;
    let documents = length(scenario.documents);
    let random = &mut stream(scenario.seed, Concern::Senders);
    let weights: Vec<f64> = agencies
        .iter()
        .map(|agency| {
            let factor = log_normal(rules.sigma, random);
            let own = rules.named.get(&agency.organ).copied();
            own.unwrap_or_else(|| {
                factor * by_kind(agency.kind, rules.party, rules.ministry, rules.province)
            })
        })
        .collect();
    // Enough for what it must send to the Government Office by its ordinary share.
    let share = scenario.recipients.government_office_share.max(0.01);
    let needed = whole(as_float(length(scenario.signed.lowest.least_documents)) / share) + 1;
    let mut least = vec![length(rules.least).max(1); agencies.len()];
    least[lowest] = least[lowest].max(needed);
    let reserved: usize = least.iter().sum();
    let counts = if reserved <= documents {
        // Those whose proportion is above the least are not given the least on top of it.
        let total: f64 = weights.iter().sum();
        let above: Vec<f64> = weights
            .iter()
            .zip(&least)
            .map(|(weight, least)| {
                (as_float(documents) * weight / total - as_float(*least)).max(0.0)
            })
            .collect();
        let rest = apportion(documents - reserved, &above);
        least
            .iter()
            .zip(rest)
            .map(|(least, more)| least + more)
            .collect()
    } else {
        let ones = documents - agencies.len();
        let more = apportion(ones, &weights);
        more.into_iter().map(|more| more + 1).collect::<Vec<_>>()
    };
    let mut senders: Vec<usize> = counts
        .into_iter()
        .enumerate()
        .flat_map(|(sender, count)| std::iter::repeat_n(sender, count))
        .collect();
    senders.shuffle(random);
    senders
}

fn by_kind(kind: AgencyKind, party: f64, ministry: f64, province: f64) -> f64 {
    match kind {
        AgencyKind::Party => party,
        AgencyKind::Ministry => ministry,
        AgencyKind::Province => province,
    }
}

/// The number of recipients of each document, adding up to the deliveries.
fn fan_outs(scenario: &Scenario, most: usize) -> Vec<usize> {
    let random = &mut stream(scenario.seed, Concern::FanOut);
    let bands = Weighted::new(scenario.fan_out.iter().map(|band| band.share));
    let mut counts: Vec<usize> = (0..scenario.documents)
        .map(|_| {
            let band = &scenario.fan_out[bands.draw(random)];
            usize::from(random.random_range(band.from..=band.to)).min(most)
        })
        .collect();
    let wanted = length(scenario.deliveries);
    let mut sum: usize = counts.iter().sum();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.shuffle(random);
    // The caller has seen that `wanted` lies between one and `most` for each.
    while sum != wanted {
        let before = sum;
        for position in &order {
            let count = &mut counts[*position];
            if sum < wanted && *count < most {
                *count += 1;
                sum += 1;
            } else if sum > wanted && *count > 1 {
                *count -= 1;
                sum -= 1;
            }
        }
        if sum == before {
            break;
        }
    }
    counts
}

/// Makes some documents updates, replacements and recalls of an earlier one, at least one working day
/// before, of the same sender and with as many recipients.
fn refer(scenario: &Scenario, drafts: &mut [Draft]) {
    let random = &mut stream(scenario.seed, Concern::References);
    let mut alike: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (position, draft) in drafts.iter().enumerate() {
        alike
            .entry((draft.sender, draft.fan_out))
            .or_default()
            .push(position);
    }
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.shuffle(random);
    let mut order = order.into_iter();
    let business = &scenario.business;
    for (kind, count) in [
        (BusinessType::Update, business.updates),
        (BusinessType::Replace, business.replacements),
        (BusinessType::Recall, business.recalls),
    ] {
        let mut made = 0;
        while made < count {
            let Some(later) = order.next() else { return };
            let draft = &drafts[later];
            if draft.is_target {
                continue;
            }
            let Some(list) = alike.get(&(draft.sender, draft.fan_out)) else {
                continue;
            };
            let until = list.partition_point(|earlier| drafts[*earlier].day < draft.day);
            let since = list.partition_point(|earlier| drafts[*earlier].day + REACH < draft.day);
            let Some(earlier) = one_of(&list[since..until], random).copied() else {
                continue;
            };
            if drafts[earlier].is_target || drafts[earlier].about.is_some() {
                continue;
            }
            drafts[later].about = Some((kind, earlier));
            drafts[earlier].is_target = true;
            made += 1;
        }
    }
}

/// Working days within which a document is updated, replaced or recalled.
const REACH: usize = 20;

/// Gives every document its recipients.
fn address(
    scenario: &Scenario,
    agencies: &[Agency],
    drafts: &mut [Draft],
    office: usize,
    lowest: usize,
) {
    let names_office = naming_the_office(scenario, agencies.len(), drafts, office, lowest);
    let rules = &scenario.recipients;
    let random = &mut stream(scenario.seed, Concern::Recipients);
    let weights: Vec<f64> = agencies
        .iter()
        .enumerate()
        .map(|(position, agency)| {
            let factor = log_normal(rules.sigma, random);
            let own = rules.named.get(&agency.organ).copied();
            if position == office {
                return 0.0;
            }
            own.unwrap_or_else(|| {
                factor * by_kind(agency.kind, rules.party, rules.ministry, rules.province)
            })
        })
        .collect();
    let by_weight = Weighted::new(weights.iter().copied());
    let mut received = vec![0_usize; agencies.len()];
    for position in 0..drafts.len() {
        let draft = &drafts[position];
        let recipients = match draft.about {
            Some((_, earlier)) => drafts[earlier].recipients.clone(),
            None => {
                let mut list = Vec::with_capacity(draft.fan_out);
                if names_office[position] {
                    list.push(office);
                }
                fill(&mut list, draft, &weights, &by_weight, random);
                list
            }
        };
        for recipient in &recipients {
            received[*recipient] += 1;
        }
        drafts[position].recipients = recipients;
    }
    reach_everyone(drafts, &mut received, office);
}

/// Which documents name the Government Office: an exact share of each agency's, and its least.
fn naming_the_office(
    scenario: &Scenario,
    agencies: usize,
    drafts: &[Draft],
    office: usize,
    lowest: usize,
) -> Vec<bool> {
    let rules = &scenario.recipients;
    let random = &mut stream(scenario.seed, Concern::GovernmentOffice);
    let mut names = vec![false; drafts.len()];
    let mut open = vec![Vec::new(); agencies];
    let mut certain = vec![0_usize; agencies];
    for (position, draft) in drafts.iter().enumerate() {
        if draft.sender == office || draft.about.is_some() {
            continue;
        }
        // A document to all others cannot leave it out.
        if draft.fan_out + 1 >= agencies {
            names[position] = true;
            certain[draft.sender] += 1;
        } else {
            open[draft.sender].push(position);
        }
    }
    for (sender, list) in open.iter().enumerate() {
        let mut least = length(rules.government_office_least);
        if sender == lowest {
            least = least.max(length(scenario.signed.lowest.least_documents));
        }
        let wanted = part(rules.government_office_share, list.len() + certain[sender]).max(least);
        let count = wanted.saturating_sub(certain[sender]).min(list.len());
        for (position, is_taken) in list.iter().zip(taken(count, list.len(), random)) {
            names[*position] = is_taken;
        }
    }
    names
}

/// Adds recipients by weight, none twice and never the sender, until the document has its number.
fn fill(
    list: &mut Vec<usize>,
    draft: &Draft,
    weights: &[f64],
    by_weight: &Weighted,
    random: &mut Pcg64Mcg,
) {
    // With few to draw, a second hit is rare; with many, all get a key and the smallest are taken.
    if draft.fan_out * 4 <= weights.len() {
        while list.len() < draft.fan_out {
            let recipient = by_weight.draw(random);
            if recipient != draft.sender && !list.contains(&recipient) {
                list.push(recipient);
            }
        }
        return;
    }
    let mut keys: Vec<(f64, usize)> = (0..weights.len())
        .filter(|recipient| *recipient != draft.sender && weights[*recipient] > 0.0)
        .map(|recipient| {
            let uniform: f64 = random.random();
            (-(1.0 - uniform).ln() / weights[recipient], recipient)
        })
        .collect();
    keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let missing = draft.fan_out - list.len();
    list.extend(
        keys.into_iter()
            .take(missing)
            .map(|(_, recipient)| recipient),
    );
}

/// In a small plan an agency may have been drawn by nobody: it takes the place of one drawn often.
fn reach_everyone(drafts: &mut [Draft], received: &mut [usize], office: usize) {
    for missed in 0..received.len() {
        if received[missed] > 0 {
            continue;
        }
        let place = drafts.iter().enumerate().find_map(|(position, draft)| {
            if draft.sender == missed || draft.about.is_some() || draft.is_target {
                return None;
            }
            let often = |recipient: &usize| *recipient != office && received[*recipient] > 1;
            let place = draft.recipients.iter().position(often)?;
            Some((position, place))
        });
        if let Some((position, place)) = place {
            let instead = std::mem::replace(&mut drafts[position].recipients[place], missed);
            received[instead] -= 1;
            received[missed] += 1;
        }
    }
}
