//! What a batch makes of its records is what each of them makes when it is read back alone; notices, statuses
//! and pending deliveries are what a model of them says.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::hub::known::Known;
use crate::hub::progress;
use crate::hub::progress::EVENTS_MAX;
use crate::hub::progress::Report;
use crate::hub::record::Addressee;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyState;
use crate::hub::rows::DocumentRow;
use crate::hub::transaction::NOTICES_DONE_MAX;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Priority;
use crate::store::Change as RowChange;
use crate::store::Index;
use crate::store::Position;

const AGENCIES: u32 = 3;

#[derive(Clone, Debug)]
enum Step {
    Submit {
        sender: u32,
        to: u32,
        kind: u8,
        about: usize,
    },
    Report {
        by: u32,
        about: usize,
        code: usize,
        named: Option<u32>,
    },
    Acknowledge {
        by: u32,
        about: Vec<usize>,
        cursor: u64,
    },
    /// The batch goes to the disk.
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let agency = || 0..AGENCIES;
    prop_oneof![
        2 => (agency(), 1u32..(1 << AGENCIES), 0u8..4, 0usize..40).prop_map(
            |(sender, to, kind, about)| Step::Submit { sender, to, kind, about },
        ),
        8 => (agency(), 0usize..40, 0usize..9, proptest::option::of(agency())).prop_map(
            |(by, about, code, named)| Step::Report { by, about, code, named },
        ),
        3 => (agency(), proptest::collection::vec(0usize..40, 0..4), 0u64..6).prop_map(
            |(by, about, cursor)| Step::Acknowledge { by, about, cursor },
        ),
        1 => Just(Step::Commit),
    ]
}

/// An index, with everything that was entered into it.
struct Books {
    index: Index,
    known: Known,
}

impl Books {
    fn new() -> Self {
        Self {
            index: Index::in_memory(rows::FORMAT).unwrap(),
            known: Known::default(),
        }
    }

    fn finish(&self, tx: Transaction<'_>) {
        let outcome = tx.finish();
        let mut rows = outcome.rows;
        for (sequence, record) in outcome.fresh {
            let position = Position::from_bytes([0; 16]);
            let row = DocumentRow {
                position: Some(position),
                record,
            };
            rows.push((
                rows::document_key(sequence),
                RowChange::Insert(row.encode()),
            ));
        }
        self.index.apply(rows);
    }

    fn rows(&self, letter: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (from, to) = rows::every(letter);
        self.index.range(from..to, usize::MAX).unwrap()
    }
}

/// The committer's part: what is decided, in the order of decisions.
struct Axis {
    agencies: Agencies,
    /// Sender and identity of each document, from sequence 1.
    documents: Vec<(u32, crate::model::DocumentId)>,
    cursor: u64,
    records: Vec<Record>,
    /// Notices that wait.
    waiting: BTreeMap<u32, BTreeSet<u64>>,
}

impl Axis {
    fn new() -> Self {
        let mut agencies = Agencies::default();
        for number in 0..AGENCIES {
            agencies.set(&AgencyRecord {
                at: Timestamp::UNIX_EPOCH,
                number: AgencyNo(number),
                organ: organ(number),
                name: String::new(),
                short_name: String::new(),
                state: AgencyState::Active,
                daily_limit: None,
                merged_into: None,
                changed_by: OrganId::government_office(),
                why: String::new(),
            });
        }
        Self {
            agencies,
            documents: Vec::new(),
            cursor: 0,
            records: Vec::new(),
            waiting: BTreeMap::new(),
        }
    }

    fn enter(&mut self, record: Record, tx: &mut Transaction<'_>) {
        // As it lies in the journal.
        let (kind, body) = record.encode();
        let record = Record::decode(kind, &body).unwrap();
        apply(&record, tx).unwrap();
        self.records.push(record);
    }

    fn take(&mut self, step: &Step, tx: &mut Transaction<'_>) {
        match step {
            Step::Submit {
                sender,
                to,
                kind,
                about,
            } => self.submit(*sender, *to, *kind, *about, tx),
            Step::Report {
                by,
                about,
                code,
                named,
            } => self.report(*by, *about, *code, *named, tx),
            Step::Acknowledge { by, about, cursor } => {
                let cursor = match cursor {
                    0 => 0,
                    1 => self.cursor,
                    2 => self.cursor + 1000,
                    3 => u64::MAX,
                    back => self.cursor.saturating_sub(*back),
                };
                let sequences: BTreeSet<u64> = about
                    .iter()
                    .filter(|about| **about < self.documents.len())
                    .map(|about| *about as u64 + 1)
                    .collect();
                self.waiting
                    .entry(*by)
                    .or_default()
                    .retain(|waiting| *waiting > cursor);
                let record = Acknowledged {
                    at: at(),
                    by: AgencyNo(*by),
                    status_cursor: cursor,
                    sequences: sequences.into_iter().collect(),
                };
                self.enter(Record::Acknowledged(record), tx);
            }
            Step::Commit => {}
        }
    }

    fn submit(&mut self, sender: u32, to: u32, kind: u8, about: usize, tx: &mut Transaction<'_>) {
        let business_type = BusinessType::from_code(kind.into()).unwrap();
        let earlier = self.documents.get(about);
        let earlier = match business_type {
            BusinessType::Recall | BusinessType::Update => {
                earlier.filter(|(earlier, _)| *earlier == sender)
            }
            BusinessType::New | BusinessType::Replace => None,
        };
        let earlier = earlier.map(|_| about as u64 + 1).into_iter().collect();
        let sequence = self.documents.len() as u64 + 1;
        let document_id: crate::model::DocumentId =
            format!("{},2019/06/03,{sequence}/VB", organ(sender))
                .parse()
                .unwrap();
        let recipients = (0..AGENCIES).filter(|agency| to & (1 << agency) != 0);
        let recipients = recipients.map(|agency| Addressee {
            agency: AgencyNo(agency),
            standing: Standing::Open,
        });
        let record = DocumentRecord {
            sequence,
            accepted_at: at(),
            sender: AgencyNo(sender),
            axis: crate::hub::registry::Axis::National,
            legal_value: LegalValue::ReferenceOnly,
            priority: Priority::Normal,
            business_type,
            recipients: recipients.collect(),
            document_id: document_id.clone(),
            header_digest: Digest::from([1; 32]),
            earlier,
            supersedes: business_type == BusinessType::Recall,
            attachments: Vec::new(),
        };
        self.documents.push((sender, document_id));
        self.enter(Record::Document(record), tx);
    }

    fn report(
        &mut self,
        by: u32,
        about: usize,
        code: usize,
        named: Option<u32>,
        tx: &mut Transaction<'_>,
    ) {
        let Some((sender, document_id)) = self.documents.get(about).cloned() else {
            return;
        };
        let code = StatusCode::ALL[code];
        let report = Report {
            document_id,
            recipient: named.map(organ),
            code,
            description: "vì sao".to_owned(),
        };
        let mut room = progress::CONCERNED_MAX;
        let decided = progress::decide(tx, AgencyNo(by), &report, &mut room, &self.agencies);
        let Ok(changes) = decided.unwrap() else {
            return;
        };
        if changes.is_empty() {
            return;
        }
        let first_cursor = self.cursor + 1;
        for change in &changes {
            self.cursor += 1;
            let other = match code.party() {
                Party::Recipient => {
                    assert_eq!(change.recipient.0, by, "a recipient reports for itself");
                    sender
                }
                Party::Sender => change.recipient.0,
            };
            self.waiting.entry(other).or_default().insert(self.cursor);
        }
        let record = Statuses {
            at: at(),
            by: AgencyNo(by),
            first_cursor,
            changes,
        };
        self.enter(Record::Statuses(record), tx);
    }
}

fn organ(number: u32) -> OrganId {
    format!("H{number}.1").parse().unwrap()
}

fn at() -> Timestamp {
    "2019-06-03T02:00:00Z".parse().unwrap()
}

/// Every row the transaction writes.
const LETTERS: &[u8] = b"DINPST";

fn check(live: &Books, axis: &Axis) -> Result<(), TestCaseError> {
    let waiting: BTreeSet<(u32, u64)> = axis
        .waiting
        .iter()
        .flat_map(|(agency, cursors)| cursors.iter().map(|cursor| (*agency, *cursor)))
        .collect();
    let found: BTreeSet<(u32, u64)> = live
        .rows(b'N')
        .iter()
        .map(|(key, _)| {
            let agency = u32::from_be_bytes(key[1..5].try_into().unwrap());
            (agency, rows::parse_notice_key(key).unwrap())
        })
        .collect();
    prop_assert_eq!(found, waiting, "notices");
    let pending: BTreeSet<(u64, u32)> = live
        .rows(b'P')
        .iter()
        .filter_map(|(key, _)| rows::parse_pending_key(key))
        .map(|(agency, _, sequence)| (sequence, agency.0))
        .collect();
    let mut statuses = 0;
    for (key, row) in live.rows(b'D') {
        let row = DeliveryRow::decode(&row).unwrap();
        let sequence = u64::from_be_bytes(key[1..9].try_into().unwrap());
        let recipient = u32::from_be_bytes(key[9..13].try_into().unwrap());
        let is_pending = pending.contains(&(sequence, recipient));
        prop_assert_eq!(is_pending, row.acknowledged_at.is_none());
        if row.stage == Stage::Recalled {
            prop_assert!(!is_pending, "recalled and pending");
        }
        prop_assert!(row.events as usize <= EVENTS_MAX, "{row:?}");
        statuses += row.events as usize;
    }
    prop_assert_eq!(live.rows(b'V').len(), statuses, "one row for each status");
    Ok(())
}

proptest! {
    #[test]
    fn a_batch_is_what_its_records_are_one_by_one(
        steps in proptest::collection::vec(step(), 1..300),
    ) {
        let live = Books::new();
        let mut axis = Axis::new();
        for batch in steps.split(|step| matches!(step, Step::Commit)) {
            let mut tx = Transaction::new(&live.index, &live.known);
            for step in batch {
                axis.take(step, &mut tx);
            }
            live.finish(tx);
            check(&live, &axis)?;
        }
        let replayed = Books::new();
        for record in &axis.records {
            let mut tx = Transaction::new(&replayed.index, &replayed.known);
            apply(record, &mut tx).unwrap();
            replayed.finish(tx);
        }
        for letter in LETTERS {
            prop_assert_eq!(live.rows(*letter), replayed.rows(*letter), "{}", char::from(*letter));
        }
    }
}

#[test]
fn an_acknowledgement_in_the_batch_of_its_notices_ends_them_once_and_what_comes_later_stays() {
    let live = Books::new();
    let mut axis = Axis::new();
    let mut tx = Transaction::new(&live.index, &live.known);
    axis.submit(0, 0b110, 0, 0, &mut tx);
    axis.report(1, 0, 0, None, &mut tx);
    let beyond = Step::Acknowledge {
        by: 0,
        about: Vec::new(),
        cursor: 3,
    };
    axis.take(&beyond, &mut tx);
    axis.take(&beyond, &mut tx);
    axis.report(2, 0, 0, None, &mut tx);
    assert!(tx.has_notices(AgencyNo(0), 2).unwrap());
    assert!(!tx.has_notices(AgencyNo(0), 1).unwrap());
    live.finish(tx);
    assert_eq!(live.rows(b'N').len(), 1);
    check(&live, &axis).unwrap();
}

#[test]
fn more_notices_than_end_at_once_end_in_pieces() {
    let live = Books::new();
    let mut axis = Axis::new();
    let mut tx = Transaction::new(&live.index, &live.known);
    let notices = NOTICES_DONE_MAX + 100;
    for number in 0..notices {
        axis.submit(0, 0b010, 0, 0, &mut tx);
        axis.report(1, number, 0, None, &mut tx);
        if number == 300 {
            // Some lie in the index, some in the batch.
            live.finish(tx);
            tx = Transaction::new(&live.index, &live.known);
        }
    }
    let newest = notices as u64;
    tx.end_notices(AgencyNo(0), newest).unwrap();
    assert!(tx.has_notices(AgencyNo(0), newest).unwrap());
    live.finish(tx);
    assert_eq!(live.rows(b'N').len(), 100);
    let mut tx = Transaction::new(&live.index, &live.known);
    tx.end_notices(AgencyNo(0), newest).unwrap();
    assert!(!tx.has_notices(AgencyNo(0), newest).unwrap());
    live.finish(tx);
    assert!(live.rows(b'N').is_empty());
}

#[test]
fn a_recall_of_an_older_journal_leaves_an_update_its_answer() {
    for (supersedes, expected) in [(false, Stage::Arrived), (true, Stage::Recalled)] {
        let books = Books::new();
        let mut axis = Axis::new();
        let mut tx = Transaction::new(&books.index, &books.known);
        axis.submit(0, 0b010, 0, 0, &mut tx);
        axis.report(1, 0, 0, None, &mut tx);
        axis.submit(0, 0b010, BusinessType::Update.code(), 0, &mut tx);
        axis.submit(0, 0b010, BusinessType::Recall.code(), 0, &mut tx);
        let mut records = std::mem::take(&mut axis.records);
        if let Some(Record::Document(recall)) = records.last_mut() {
            recall.supersedes = supersedes;
        }
        let again = Books::new();
        let mut tx = Transaction::new(&again.index, &again.known);
        for record in &records {
            apply(record, &mut tx).unwrap();
        }
        axis.report(1, 0, 7, None, &mut tx);
        let row = tx.delivery(1, AgencyNo(1)).unwrap().unwrap();
        assert_eq!(row.stage, expected);
        assert_eq!(row.acknowledged_at.is_some(), expected == Stage::Recalled);
    }
}
