//! One hub's life: steps drawn at random, each done by the hub and by the model.

mod subscribers;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use tokio::sync::oneshot;

use super::model::AGENCIES;
use super::model::BOUNDS;
use super::model::Model;
use super::model::State;
use super::model::notice_rows;
use super::rig::Paper;
use super::rig::Receipts;
use super::rig::Rig;
use super::rig::World;
use super::rig::number;
use super::rig::organ;
use crate::hub::progress::Report;
use crate::hub::record::Addressee;
use crate::hub::record::Standing;
use crate::hub::subscription::Subscription;
use crate::hub::subscription::load;
use crate::hub::track;
use crate::model::Priority;
use crate::model::Refusal;
use crate::model::StatusCode;
use crate::wire::v1;

use subscribers::Client;

/// Payload bytes of one batch: a few of the documents made here.
const BATCH_BYTES: usize = 200;

/// Documents of one life, so that journals stay short.
const DOCUMENTS_MAX: usize = 60;

/// An acknowledgement that the commit thread has.
struct Acknowledging {
    by: usize,
    sequences: Vec<u64>,
    cursor: u64,
    answer: oneshot::Receiver<Result<u32, Refusal>>,
}

/// A hub and its model.
pub(super) struct Walk {
    rng: Pcg64Mcg,
    rig: Option<Rig>,
    model: Model,
    clients: Vec<Client>,
    names: usize,
    papers: Vec<Paper>,
    /// By sequence.
    accepted: BTreeMap<u64, Paper>,
    receipts: Receipts,
    acknowledging: Vec<Acknowledging>,
    /// Documents that cannot be read.
    damaged: BTreeSet<u64>,
    is_store_away: bool,
    /// Up to this sequence.
    archived: u64,
}

impl Walk {
    pub(super) fn new(world: &Arc<World>, seed: u64) -> Self {
        Self {
            rng: Pcg64Mcg::seed_from_u64(seed),
            rig: Some(Rig::new(world)),
            model: Model::default(),
            clients: Vec::new(),
            names: 0,
            papers: Vec::new(),
            accepted: BTreeMap::new(),
            receipts: Receipts::default(),
            acknowledging: Vec::new(),
            damaged: BTreeSet::new(),
            is_store_away: false,
            archived: 0,
        }
    }

    fn rig(&self) -> &Rig {
        self.rig.as_ref().unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }

    /// One step, and the laws after it.
    pub(super) fn step(&mut self) {
        match self.below(1000) {
            0..140 => self.submit(),
            140..300 => self.commit(),
            300..340 => self.subscribe(),
            340..470 => self.take(),
            470..590 => self.load(),
            590..700 => self.arrange(),
            700..840 => self.hand_over(),
            840..900 => self.acknowledge_received(),
            900..925 => self.acknowledge_by_call(),
            925..940 => self.unsubscribe(),
            940..965 => self.report(),
            965..980 => self.acknowledge_notices(),
            980..986 => self.damage_or_mend(),
            986..990 => self.readmit(),
            990..994 => self.list(),
            994..996 => self.archive(),
            996..998 => self.write_out(),
            _ => self.crash(),
        }
    }

    fn submit(&mut self) {
        let again = self.below(8) == 0;
        let known = (!self.papers.is_empty()).then(|| self.below(self.papers.len()));
        let paper = match known.filter(|_| again || self.papers.len() >= DOCUMENTS_MAX) {
            Some(known) => self.papers[known].clone(),
            None => {
                let count = 1 + self.below(AGENCIES - 1);
                let first = self.below(AGENCIES);
                let recipients = (0..count).map(|n| (first + n) % AGENCIES).map(|agency| {
                    let is_locked = count > 1 && agency == first && first == AGENCIES - 1;
                    Addressee {
                        agency: number(agency),
                        standing: if is_locked {
                            Standing::Locked
                        } else {
                            Standing::Open
                        },
                    }
                });
                let recipients = recipients.collect();
                let paper = Paper {
                    number: u32::try_from(self.papers.len()).unwrap(),
                    sender: self.below(AGENCIES),
                    priority: Priority::ALL[self.below(Priority::ALL.len())],
                    recipients,
                    bytes: 1 + self.below(BATCH_BYTES / 3),
                };
                self.papers.push(paper.clone());
                paper
            }
        };
        let receipts = Arc::clone(&self.receipts);
        self.rig().submit(&paper, &receipts);
    }

    fn commit(&mut self) {
        self.rig.as_mut().unwrap().commit();
        self.committed(true);
    }

    /// Takes in what the commit thread said.
    fn committed(&mut self, counts: bool) {
        let receipts = std::mem::take(&mut *self.receipts.lock().unwrap());
        for (paper, outcome) in receipts {
            let sequence = outcome.unwrap().hub_sequence;
            match self.accepted.get(&sequence) {
                Some(known) => assert_eq!(known.number, paper.number, "one sequence, one document"),
                None => self.accept(sequence, paper),
            }
        }
        let (mut said, mut settled) = (0, 0);
        for mut acknowledging in std::mem::take(&mut self.acknowledging) {
            said += acknowledging.answer.try_recv().unwrap().unwrap();
            let by = acknowledging.by;
            for sequence in acknowledging.sequences {
                settled += u32::from(self.model.settle(by, sequence));
            }
            let cursor = acknowledging.cursor;
            self.model.notices[by].retain(|notice| *notice > cursor);
        }
        if counts {
            assert_eq!(said, settled, "acknowledged once each");
        }
        self.model.holds(&self.rig().core);
    }

    fn accept(&mut self, sequence: u64, paper: Paper) {
        let of = (paper.sender, paper.priority);
        for addressee in &paper.recipients {
            let recipient = addressee.agency.index();
            match addressee.standing {
                Standing::Open => self.model.addressed(recipient, sequence, of),
                Standing::Locked => self.model.locked(paper.sender, recipient),
            }
        }
        self.model.accepted += 1;
        self.accepted.insert(sequence, paper);
    }

    /// A subscriber acknowledges some of what it received, also again, also after it was replaced.
    fn acknowledge_received(&mut self) {
        let Some(at) = self.client(|client| !client.received.is_empty()) else {
            return;
        };
        let (by, received) = (self.clients[at].agency, self.clients[at].received.clone());
        let count = 1 + self.below(12);
        let sequences: Vec<u64> = (0..count).filter_map(|_| self.pick(&received)).collect();
        self.acknowledge(by, sequences, 0);
    }

    /// A recipient acknowledges what it was sent, wherever it is, what it has already, and what it never
    /// got.
    fn acknowledge_by_call(&mut self) {
        let by = self.below(AGENCIES);
        let open: Vec<u64> = self.model.open[by].keys().copied().collect();
        let settled: Vec<u64> = self.model.settled[by].iter().copied().collect();
        let mut sequences = vec![1_000_000];
        for _ in 0..self.below(4) {
            sequences.extend(self.pick(&open));
        }
        sequences.extend(self.pick(&settled));
        self.acknowledge(by, sequences, 0);
    }

    fn acknowledge(&mut self, by: usize, sequences: Vec<u64>, cursor: u64) {
        // As many as may wait.
        if self.acknowledging.len() >= 40 {
            self.commit();
        }
        let answer = self.rig().acknowledge(by, &sequences, cursor);
        self.acknowledging.push(Acknowledging {
            by,
            sequences,
            cursor,
            answer,
        });
    }

    /// Notices up to one that was seen, once or more often.
    fn acknowledge_notices(&mut self) {
        let by = self.below(AGENCIES);
        let waiting: Vec<u64> = self.model.notices[by].iter().copied().collect();
        let Some(cursor) = self.pick(&waiting) else {
            return;
        };
        for _ in 0..=self.below(2) {
            self.acknowledge(by, Vec::new(), cursor);
        }
    }

    fn report(&mut self) {
        let sequences: Vec<u64> = self.accepted.keys().copied().collect();
        let Some(sequence) = self.pick(&sequences) else {
            return;
        };
        let paper = self.accepted[&sequence].clone();
        let recipients: Vec<usize> = paper.recipients.iter().map(|a| a.agency.index()).collect();
        let code = [1, 1, 3, 4, 13, 13, 15, 15, 16][self.below(9)];
        let code = StatusCode::from_number(code).unwrap();
        let by = match code {
            StatusCode::RecallRequested => paper.sender,
            _ => self.pick(&recipients).unwrap(),
        };
        let report = Report {
            document_id: paper.id(),
            recipient: None,
            code,
            description: "as said".to_owned(),
        };
        self.rig.as_mut().unwrap().report(by, report);
        let recalled = self.recalled(sequence);
        for recipient in recalled {
            self.model.settle(recipient, sequence);
        }
        let core = Arc::clone(&self.rig().core);
        for agency in 0..AGENCIES {
            let newest = self.model.notices[agency].last().copied().unwrap_or(0);
            let found = notice_rows(&core, number(agency));
            self.model.notices[agency].extend(found.range(newest + 1..));
        }
        self.committed(false);
    }

    /// Recipients that agreed to a document's recall: it is delivered to them no more.
    fn recalled(&self, sequence: u64) -> Vec<usize> {
        let core = &self.rig().core;
        let row = core.row(sequence).unwrap().unwrap();
        let journey = track::whole_journey(core, &row).unwrap();
        let recalled = journey.recipients.iter().filter(|r| r.stage == "RECALLED");
        recalled
            .map(|r| (0..AGENCIES).find(|a| organ(*a).to_string() == r.organ_id))
            .map(Option::unwrap)
            .collect()
    }

    fn damage_or_mend(&mut self) {
        if self.below(3) == 0 {
            self.is_store_away = !self.is_store_away;
        } else if self.below(2) == 0 {
            self.damaged.clear();
        } else {
            let sequences: Vec<u64> = self.accepted.keys().copied().collect();
            let picked = self.pick(&sequences);
            self.damaged.extend(picked);
        }
    }

    /// What is listed is what was not acknowledged, most urgent first.
    fn list(&mut self) {
        let agency = self.below(AGENCIES);
        let request = v1::ListPendingRequest {
            page_size: 1000,
            after_hub_sequence: 0,
        };
        let listed = track::pending(&self.rig().core, organ(agency), &request).unwrap();
        let mut expected: Vec<(Priority, u64)> = self.model.open[agency]
            .iter()
            .map(|(sequence, delivery)| (delivery.priority, *sequence))
            .collect();
        expected.sort_by_key(|(priority, sequence)| (std::cmp::Reverse(*priority), *sequence));
        let expected: Vec<u64> = expected.iter().map(|entry| entry.1).collect();
        let found: Vec<u64> = listed.documents.iter().map(|d| d.hub_sequence).collect();
        assert_eq!(found, expected);
        assert_eq!(listed.pending_total, expected.len() as u64);
    }

    /// Only what everybody has acknowledged and knows about is archived, and then only its receipt is left.
    fn archive(&mut self) {
        let from = self.archived + 1;
        let most = 1 + self.below(6) as u64;
        let sequences: Vec<u64> = (from..from + most)
            .take_while(|sequence| self.accepted.contains_key(sequence))
            .collect();
        if sequences.is_empty() {
            return;
        }
        let last = sequences[sequences.len() - 1];
        let outcome = self.rig.as_mut().unwrap().archive(sequences);
        self.committed(true);
        let core = Arc::clone(&self.rig().core);
        for _ in 0..outcome.archived {
            self.archived += 1;
            let sequence = self.archived;
            assert!((0..AGENCIES).all(|agency| self.model.state(agency, sequence).is_none()));
            assert!(core.row(sequence).unwrap().unwrap().position.is_none());
            let found = b"DV".iter().flat_map(|letter| {
                let key = |sequence: u64| [&[*letter][..], &sequence.to_be_bytes()].concat();
                core.index
                    .range(key(sequence)..key(sequence + 1), 1)
                    .unwrap()
            });
            assert_eq!(found.count(), 0, "what is left of {sequence}");
        }
        assert_eq!(outcome.held.is_none(), self.archived == last, "{outcome:?}");
    }

    fn write_out(&mut self) {
        self.rig.as_mut().unwrap().write_out();
        self.model.holds(&self.rig().core);
    }

    /// Nothing survives but the journal, and what is read back is what was there.
    fn crash(&mut self) {
        self.clients.clear();
        self.acknowledging.clear();
        let rig = self.rig.take().unwrap();
        let letters: &[u8] = b"ADGINPSV";
        let (rows, days) = (rig.rows(letters), rig.core.counters.by_day());
        let rig = rig.crash();
        // What waited was answered when its hub went, to nobody.
        self.receipts.lock().unwrap().clear();
        assert!(rig.rows(letters) == rows, "what is read back is what was");
        assert_eq!(rig.core.counters.by_day(), days);
        self.model.crash();
        self.rig = Some(rig);
        self.model.holds(&self.rig().core);
    }

    fn holds_at(&self, agency: usize) {
        self.model.holds_at(&self.rig().core, agency);
    }

    /// Everything arrives once it can be read and somebody asks for it, and each delivery once.
    pub(super) fn end(&mut self) {
        self.damaged.clear();
        self.is_store_away = false;
        self.commit();
        self.clients.clear();
        self.model.current = [None; AGENCIES];
        for agency in 0..AGENCIES {
            self.model.wait_again(agency, &[State::InFlight]);
        }
        for agency in 0..AGENCIES {
            self.model.wait_again(agency, &[State::Aside]);
            let last = Subscription::begin(&self.rig().core, number(agency));
            loop {
                let taken = last.take(BOUNDS.in_flight).unwrap();
                assert_eq!(taken, self.model.take(agency, BOUNDS.in_flight));
                if taken.is_empty() {
                    break;
                }
                let core = Arc::clone(&self.rig().core);
                let loaded = load(&taken, usize::MAX, |sequence| core.load(sequence));
                let arranged = last.arrange(&taken, loaded);
                assert_eq!(arranged.stored.len(), taken.len());
                for sequence in &taken {
                    self.model.unreadable.remove(&(agency, *sequence));
                }
                assert!(taken.iter().all(|sequence| last.may_hand_over(*sequence)));
                self.acknowledge(agency, taken, 0);
                self.commit();
            }
        }
        let left: usize = self.model.open.iter().map(BTreeMap::len).sum();
        assert_eq!(left, 0, "nothing is lost");
        let totals = self.rig().core.counters().snapshot().totals;
        assert_eq!((totals.pending, totals.in_flight), (0, 0));
        assert_eq!(totals.addressed, totals.received + totals.locked);
    }
}
