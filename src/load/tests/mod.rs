//! What a plan promises: exact totals, exact quotas, working time, and the same plan from a seed.

mod texts;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use aws_lc_rs::digest;
use proptest::prelude::*;

use super::*;
use crate::model::BusinessType;
use crate::model::Directory;
use crate::model::DocumentId;
use crate::model::INLINE_MAX;
use crate::model::OrganId;
use crate::model::Secrecy;
use crate::model::calendar;
use crate::model::length;

const TEXT: &str = include_str!("../../../scenarios/period-2019.toml");

static FULL: LazyLock<Plan> = LazyLock::new(|| plan(&preset()));

fn preset() -> Scenario {
    Scenario::preset("period-2019").unwrap()
}

fn plan(scenario: &Scenario) -> Plan {
    Plan::of(scenario, Directory::of_2019()).unwrap()
}

struct Hashed(digest::Context);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

fn fingerprint(plan: &Plan) -> Vec<u8> {
    let mut hashed = Hashed(digest::Context::new(&digest::SHA256));
    write!(hashed, "{plan:?}").unwrap();
    hashed.0.finish().as_ref().to_vec()
}

fn vinh_phuc() -> OrganId {
    "000.00.00.H62".parse().unwrap()
}

/// Signed and all of what each agency sends to the Government Office.
fn to_the_office(plan: &Plan) -> BTreeMap<OrganId, (u64, u64)> {
    let mut counts: BTreeMap<OrganId, (u64, u64)> = BTreeMap::new();
    for planned in plan.good() {
        if planned.header.to.contains(OrganId::government_office()) {
            let (signed, all) = counts.entry(planned.header.from).or_default();
            *signed += u64::from(planned.signing == Signing::Both);
            *all += 1;
        }
    }
    counts
}

fn share((signed, all): (u64, u64)) -> f64 {
    signed as f64 / all as f64
}

fn per_mille(signed: u64, all: u64) -> u64 {
    (signed * 1000 + all / 2) / all
}

#[test]
fn the_period_of_2019_has_exactly_its_documents_and_deliveries() {
    let totals = FULL.totals();
    assert_eq!((totals.documents, totals.deliveries), (86_000, 263_000));
    assert_eq!(totals.faults, 49);
    assert_eq!(FULL.documents.len(), 86_049);
    assert!(FULL.documents.is_sorted_by_key(|planned| planned.at));
}

#[test]
fn signed_shares_are_the_reported_ones() {
    let totals = FULL.totals();
    assert_eq!(per_mille(totals.signed, totals.documents), 737);
    let counts = to_the_office(&FULL);
    let sum = counts
        .values()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    assert_eq!(per_mille(sum.0, sum.1), 737);
    let lowest = counts[&vinh_phuc()];
    assert!(lowest.1 >= 300, "{lowest:?}");
    assert!(share(lowest) < 0.18);
    assert!(((lowest.0 as f64) - 0.178 * lowest.1 as f64).abs() <= 1.0);
    assert_eq!(counts.len(), 94);
    for (organ, count) in &counts {
        assert!(count.1 >= 20, "{organ} {count:?}");
        if *organ != vinh_phuc() {
            assert!((0.44..=0.98).contains(&share(*count)), "{organ} {count:?}");
        }
    }
}

#[test]
fn every_agency_sends_and_receives() {
    let senders: BTreeSet<_> = FULL.good().map(|planned| planned.header.from).collect();
    let recipients: BTreeSet<_> = FULL
        .good()
        .flat_map(|planned| planned.header.to.as_slice().to_vec())
        .collect();
    assert_eq!((senders.len(), recipients.len()), (95, 95));
}

#[test]
fn the_named_agencies_are_the_busiest() {
    let mut counts: BTreeMap<OrganId, u64> = BTreeMap::new();
    for planned in FULL.good() {
        *counts.entry(planned.header.from).or_default() += 1;
    }
    let mut order: Vec<_> = counts
        .iter()
        .map(|(organ, count)| (*count, *organ))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let busiest: Vec<String> = order
        .iter()
        .take(9)
        .map(|(_, organ)| organ.as_str()[10..].to_owned())
        .collect();
    assert_eq!(
        busiest,
        [
            "G22", "G12", "G13", "G14", "G17", "H49", "H19", "H32", "H24"
        ]
    );
}

#[test]
fn identities_are_unique_and_numbers_run_from_1_for_each_agency() {
    let mut numbers: BTreeMap<OrganId, Vec<u64>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for planned in FULL.good() {
        assert!(seen.insert(&planned.header.document_id));
    }
    for planned in &FULL.documents {
        if planned.fault != Some(Fault::DuplicateOtherContent) {
            let number = planned.header.code.number().parse().unwrap();
            numbers.entry(planned.header.from).or_default().push(number);
        }
    }
    for (organ, numbers) in numbers {
        assert_eq!(numbers[0], 1, "{organ}");
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{organ}");
    }
}

#[test]
fn headers_are_well_formed() {
    for planned in &FULL.documents {
        let header = &planned.header;
        let id = header.document_id.to_string();
        assert_eq!(id.parse::<DocumentId>().unwrap(), header.document_id);
        assert_eq!(header.document_id.organ(), header.from);
        assert_eq!(header.document_id.code(), &header.code);
        assert_eq!(header.document_id.date(), header.promulgation_date);
        assert!(!header.to.contains(header.from), "{id}");
        let fits = |text: &str, max: usize| !text.is_empty() && text.chars().count() <= max;
        assert!(fits(&header.document_type, length::DOCUMENT_TYPE), "{id}");
        assert!(fits(&header.subject, length::SUBJECT), "{id}");
        assert!(!header.subject.contains(['{', '}']), "{}", header.subject);
        assert!(
            header.signer.competence.chars().count() <= length::COMPETENCE,
            "{id}"
        );
        assert!(fits(&header.signer.position, length::POSITION), "{id}");
        assert!(fits(&header.signer.full_name, length::FULL_NAME), "{id}");
        assert!(planned.attachments.len() <= length::ATTACHMENTS, "{id}");
        for attachment in &planned.attachments {
            assert!(fits(&attachment.name, length::ATTACHMENT_NAME), "{id}");
            assert!(fits(attachment.content_type, length::CONTENT_TYPE), "{id}");
        }
        assert!(header.attachments.is_empty());
        assert!(
            header
                .due_date
                .is_none_or(|due| due > header.promulgation_date)
        );
    }
}

#[test]
fn documents_are_sent_in_office_hours_on_the_day_of_their_date() {
    for planned in &FULL.documents {
        let local = calendar::local(planned.at);
        assert!(calendar::is_office_time(local), "{local}");
        if planned.fault.is_none() {
            assert_eq!(planned.header.promulgation_date, local.date());
        }
    }
}

#[test]
fn traffic_grows_over_the_months_and_peaks_twice_a_day() {
    let mut months: BTreeMap<i8, f64> = BTreeMap::new();
    let mut hours: BTreeMap<i8, u64> = BTreeMap::new();
    for planned in FULL.good() {
        let local = calendar::local(planned.at);
        *months.entry(local.month()).or_default() += 1.0;
        *hours.entry(local.hour()).or_default() += 1;
    }
    let days = |from: &str, to: &str| {
        calendar::working_days(from.parse().unwrap(), to.parse().unwrap()).count() as f64
    };
    let first = months[&3] / days("2019-03-12", "2019-03-31");
    let last = months[&8] / days("2019-08-01", "2019-08-20");
    assert!((last / first - 1.5).abs() < 0.06, "{}", last / first);
    assert!(hours[&9] > hours[&8] && hours[&9] > hours[&11]);
    assert!(hours[&14] > hours[&13] && hours[&14] > hours[&16]);
}

#[test]
fn a_document_about_another_comes_a_working_day_later_to_the_same_recipients() {
    let good: BTreeMap<&DocumentId, &Planned> = FULL
        .good()
        .map(|planned| (&planned.header.document_id, planned))
        .collect();
    let mut kinds: BTreeMap<BusinessType, u64> = BTreeMap::new();
    let mut targets = BTreeSet::new();
    for planned in FULL.good() {
        let header = &planned.header;
        *kinds.entry(header.business_type).or_default() += 1;
        assert_eq!(
            header.business_type == BusinessType::New,
            header.response_for.is_empty()
        );
        for response in &header.response_for {
            let earlier = good[&response.document_id];
            assert!(targets.insert(&response.document_id));
            assert_eq!(earlier.header.from, header.from);
            assert_eq!(earlier.header.to, header.to);
            assert_eq!(earlier.header.business_type, BusinessType::New);
            assert_eq!(earlier.recall_after, None);
            assert!(earlier.header.promulgation_date < header.promulgation_date);
        }
    }
    assert_eq!(kinds[&BusinessType::Update], 180);
    assert_eq!(kinds[&BusinessType::Replace], 120);
    assert_eq!(kinds[&BusinessType::Recall], 90);
    assert_eq!(
        FULL.good()
            .filter(|planned| planned.recall_after.is_some())
            .count(),
        172
    );
}

#[test]
fn attachments_are_small_but_for_the_large_ones() {
    let all = || FULL.good().flat_map(|planned| &planned.attachments);
    let large: Vec<_> = all()
        .filter(|one| u64::from(one.size) > INLINE_MAX)
        .collect();
    assert_eq!(large.len(), 24);
    assert!(
        large
            .iter()
            .all(|one| (307_200..=2_097_152).contains(&one.size))
    );
    let mut small: Vec<u32> = all()
        .map(|one| one.size)
        .filter(|size| *size < 300_000)
        .collect();
    small.sort_unstable();
    assert!(small.last().is_some_and(|most| *most <= 65_536));
    let median = small[small.len() / 2];
    assert!((2_900..3_250).contains(&median), "{median}");
    let seeds: BTreeSet<_> = all().map(|one| one.seed).collect();
    assert_eq!(seeds.len(), all().count());
}

#[test]
fn content_has_its_size_and_is_the_same_every_time() {
    for attachment in FULL
        .good()
        .flat_map(|planned| &planned.attachments)
        .take(50)
    {
        let content = attachment.content();
        assert_eq!(content.len(), usize::try_from(attachment.size).unwrap());
        assert_eq!(content, attachment.content());
    }
}

#[test]
fn each_faulty_document_has_the_one_thing_wrong() {
    let mut counts: BTreeMap<Fault, u64> = BTreeMap::new();
    let mut before: BTreeMap<&DocumentId, &Planned> = BTreeMap::new();
    for planned in &FULL.documents {
        let header = &planned.header;
        let Some(fault) = planned.fault else {
            assert_eq!(header.secrecy, Secrecy::None);
            before.insert(&header.document_id, planned);
            continue;
        };
        *counts.entry(fault).or_default() += 1;
        assert_eq!(planned.signing, Signing::Both);
        let sent = calendar::local(planned.at).date();
        let is_known = |organ: &OrganId| Directory::of_2019().find(*organ).is_some();
        let unknown = header
            .to
            .as_slice()
            .iter()
            .filter(|organ| !is_known(organ))
            .count();
        let earlier = before.get(&header.document_id);
        assert_eq!(fault == Fault::FutureDate, header.promulgation_date > sent);
        assert_eq!(fault == Fault::Secret, header.secrecy != Secrecy::None);
        assert_eq!(usize::from(fault == Fault::UnknownRecipient), unknown);
        assert_eq!(fault == Fault::DuplicateOtherContent, earlier.is_some());
        assert!(earlier.is_none_or(|earlier| earlier.header != *header));
        if matches!(fault, Fault::MissingAttachment | Fault::TamperedAttachment) {
            assert!(!planned.attachments.is_empty());
        }
    }
    let counts: Vec<u64> = counts.into_values().collect();
    assert_eq!(counts, [4, 3, 5, 2, 12, 8, 9, 6]);
}

#[test]
fn a_seed_gives_the_same_plan_and_another_seed_another() {
    let scenario = preset().scaled_to(3_000);
    let print = fingerprint(&plan(&scenario));
    assert_eq!(print, fingerprint(&plan(&scenario)));
    assert_ne!(print, fingerprint(&plan(&scenario.with_seed(2020))));
}

#[test]
fn one_concern_does_not_change_another() {
    let scenario = preset().scaled_to(2_000);
    let mut larger = scenario.clone();
    larger.attachments.counts = [0.0, 0.0, 0.0, 1.0];
    larger.types.truncate(1);
    let parts = |scenario: &Scenario| {
        plan(scenario)
            .good()
            .map(|one| (one.at, one.header.from, one.header.to.clone(), one.signing))
            .collect::<Vec<_>>()
    };
    assert_eq!(parts(&scenario), parts(&larger));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_scaled_plan_is_exact_too(documents in 95_u64..4_000, seed: u64) {
        let scenario = preset().scaled_to(documents).with_seed(seed);
        let plan = plan(&scenario);
        let totals = plan.totals();
        prop_assert_eq!(totals.documents, documents);
        prop_assert_eq!(totals.deliveries, scenario.deliveries);
        let wanted = (737 * documents + 500) / 1000;
        prop_assert!(totals.signed.abs_diff(wanted) <= u64::from(documents < 1_000) * 8);
        let received: BTreeSet<_> =
            plan.good().flat_map(|one| one.header.to.as_slice().to_vec()).collect();
        prop_assert_eq!(received.len(), 95);
        let senders: BTreeSet<_> = plan.good().map(|one| one.header.from).collect();
        prop_assert_eq!(senders.len(), 95);
        for one in plan.good() {
            prop_assert!(!one.header.to.contains(one.header.from));
        }
        let counts = to_the_office(&plan);
        if let Some(lowest) = counts.get(&vinh_phuc()) {
            for (organ, count) in &counts {
                prop_assert!(*organ == vinh_phuc() || share(*count) > share(*lowest), "{}", organ);
            }
        }
    }
}
