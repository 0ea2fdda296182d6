//! A hub without network and threads: everything from the commit thread's queue to the hand-over, on one
//! thread, in memory, a step at a time.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;

use super::model::AGENCIES;
use super::model::BOUNDS;
use crate::clock::Clock;
use crate::hub::admit::Admitted;
use crate::hub::admit::Place;
use crate::hub::arrival::Arrival;
use crate::hub::commit::Acknowledge;
use crate::hub::commit::Committer;
use crate::hub::config::Config;
use crate::hub::core::Core;
use crate::hub::fair_queue::Waiting;
use crate::hub::mailboxes::Mailboxes;
use crate::hub::pipeline::Reply;
use crate::hub::progress::Report;
use crate::hub::record::Addressee;
use crate::hub::record::AgencyRecord;
use crate::hub::record::Payload;
use crate::hub::record::Record;
use crate::hub::recover::Recovered;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::hub::registry::Axis;
use crate::hub::retention::Outcome;
use crate::hub::rows;
use crate::hub::verify::Verified;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Recipients;
use crate::model::Refusal;
use crate::store::Attachments;
use crate::store::Batch;
use crate::store::Durability;
use crate::store::Index;
use crate::store::Journal;
use crate::store::JournalConfig;
use crate::store::Row;
use crate::store::Task;
use crate::trust::Authority;
use crate::trust::TrustStore;
use crate::wire::v1;

/// What hubs of one test share: dear to make, and nothing of it moves.
pub(super) struct World {
    trust: Arc<TrustStore>,
    attachments: Attachments,
    places: Arc<Semaphore>,
}

/// One hub.
pub(super) struct Rig {
    world: Arc<World>,
    pub(super) core: Arc<Core>,
    committer: Committer,
}

/// A document as it is handed to the commit thread.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    pub(super) number: u32,
    pub(super) sender: usize,
    pub(super) priority: Priority,
    pub(super) recipients: Vec<Addressee>,
    pub(super) bytes: usize,
}

/// Receipts and refusals as they come.
pub(super) type Receipts = Arc<Mutex<Vec<(Paper, Result<v1::Receipt, Refusal>)>>>;

pub(super) fn start() -> Timestamp {
    "2019-06-03T02:00:00Z".parse().unwrap()
}

pub(super) fn organ(agency: usize) -> OrganId {
    format!("H{agency}.1").parse().unwrap()
}

pub(super) fn number(agency: usize) -> AgencyNo {
    AgencyNo(u32::try_from(agency).unwrap())
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        let authority = Authority::create(start()).unwrap();
        Arc::new(Self {
            trust: Arc::new(TrustStore::from_pem(&authority.anchors_pem()).unwrap()),
            attachments: Attachments::temporary().unwrap(),
            places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        })
    }
}

impl Paper {
    pub(super) fn id(&self) -> DocumentId {
        let text = format!("{},2019/06/03,{}/VB", organ(self.sender), self.number);
        text.parse().unwrap()
    }

    fn verified(&self, world: &World, clock: &Clock) -> Verified {
        let to: Vec<OrganId> = self
            .recipients
            .iter()
            .map(|addressee| organ(addressee.agency.index()))
            .collect();
        let to = Recipients::try_from(to).unwrap();
        let header = DocumentHeader {
            priority: self.priority,
            ..DocumentHeader::letter(self.id(), to, "")
        };
        let permit = || Arc::clone(&world.places).try_acquire_owned().unwrap();
        let bytes = [permit(), permit()];
        let place = Place::take(header.from, &Arc::default(), clock.monotonic(), bytes);
        let document = Admitted {
            sender: number(self.sender),
            axis: Axis::National,
            header,
            recipients: self.recipients.clone(),
            payload: Payload {
                header: Bytes::from(vec![0; self.bytes]),
                signature: Bytes::new(),
                attachments: Vec::new(),
            },
            place: Arc::new(place.unwrap()),
        };
        Verified::on_purpose(document, LegalValue::ReferenceOnly, clock.now())
    }
}

impl Rig {
    /// A hub that knows its agencies and nothing else.
    pub(super) fn new(world: &Arc<World>) -> Self {
        let mut journal = Journal::in_memory(JournalConfig {
            // Small enough that a journal has several segments.
            segment_bytes: 16 * 1024,
            durability: Durability::Memory,
            capacity_bytes: None,
        })
        .unwrap();
        let mut batch = Batch::new();
        for agency in 0..AGENCIES {
            let (kind, fields) = Record::Agency(AgencyRecord {
                at: start(),
                number: number(agency),
                organ: organ(agency),
                name: organ(agency).to_string(),
                short_name: String::new(),
                state: AgencyState::Active,
                daily_limit: None,
                merged_into: None,
                changed_by: organ(0),
                why: String::new(),
            })
            .encode();
            batch.push(kind, &[&fields]);
        }
        journal.append(&batch).unwrap();
        Self::recover(world, journal)
    }

    /// Whatever was not in the journal is gone.
    pub(super) fn crash(self) -> Self {
        let Self {
            world, committer, ..
        } = self;
        Self::recover(&world, committer.into_journal())
    }

    fn recover(world: &Arc<World>, journal: Journal) -> Self {
        let index = Index::in_memory(rows::FORMAT).unwrap();
        let mut recovered = Recovered::from_index(&index).unwrap();
        let last = journal.last().expect("the agencies are in it");
        let read = journal
            .reader()
            .visit(None, last, &mut |position, kind, body| {
                let record = Record::decode(kind, body).unwrap();
                recovered.replay(&index, position, &record)
            });
        read.unwrap();
        let mailboxes = Mailboxes::within(BOUNDS);
        recovered.restore_pending(&index, &mailboxes).unwrap();
        let Recovered {
            agencies,
            applications,
            counters,
            heads,
            ..
        } = recovered;
        let core = Arc::new(Core::new(
            Config::new(None, Durability::Memory),
            Clock::manual(start()),
            Arc::clone(&world.trust),
            (index, journal.reader(), world.attachments.clone()),
            (agencies, applications, counters, mailboxes),
            None,
        ));
        let committer = Committer::new(Arc::clone(&core), journal, heads);
        Self {
            world: Arc::clone(world),
            core,
            committer,
        }
    }

    pub(super) fn submit(&self, paper: &Paper, receipts: &Receipts) {
        let verified = paper.verified(&self.world, &self.core.clock);
        let (paper, receipts) = (paper.clone(), Arc::clone(receipts));
        let sender = number(paper.sender);
        let told = move |outcome| receipts.lock().unwrap().push((paper, outcome));
        let reply = Reply::new(&self.core.health, told);
        let arrival = Arrival::of(&self.core, sender, Axis::National);
        self.core.commit_document(verified, reply, arrival);
    }

    pub(super) fn acknowledge(
        &self,
        by: usize,
        sequences: &[u64],
        status_cursor: u64,
    ) -> oneshot::Receiver<Result<u32, Refusal>> {
        let (reply, answer) = oneshot::channel();
        let mut sequences = sequences.to_vec();
        sequences.sort_unstable();
        sequences.dedup();
        let work = Acknowledge {
            by: number(by),
            sequences,
            status_cursor,
            reply: Some(reply),
        };
        at_once(self.core.commit_acknowledge(work, Waiting::Somebody)).unwrap();
        answer
    }

    /// Has one status decided and committed, with whatever else waits. Whether it was taken.
    pub(super) fn report(&mut self, by: usize, report: Report) -> bool {
        let core = Arc::clone(&self.core);
        let mut reported = std::pin::pin!(core.commit_statuses(number(by), vec![report]));
        assert!(poll(reported.as_mut()).is_none(), "it waits for the disk");
        self.commit();
        let outcomes = poll(reported.as_mut()).expect("it was answered").unwrap();
        outcomes[0].is_ok()
    }

    /// Has documents archived, with whatever else waits, as many as may be.
    pub(super) fn archive(&mut self, sequences: Vec<u64>) -> Outcome {
        let core = Arc::clone(&self.core);
        let mut archived = std::pin::pin!(core.commit_archive(sequences));
        assert!(poll(archived.as_mut()).is_none(), "it waits for the disk");
        self.commit();
        poll(archived.as_mut()).expect("it was answered").unwrap()
    }

    /// One turn of the commit thread, until nothing waits.
    pub(super) fn commit(&mut self) {
        while self.core.commit.len() > 0 {
            self.committer.step();
        }
    }

    /// The index is written out.
    pub(super) fn write_out(&mut self) {
        self.committer.write_out();
        while self.core.index.task(Duration::ZERO) == Task::Flush {
            self.core.index.flush_frozen().unwrap();
        }
    }

    /// Every row that both a running hub and one that recovered must have, but those of counters.
    pub(super) fn rows(&self, letters: &[u8]) -> Vec<Row> {
        let rows = letters.iter().flat_map(|letter| {
            let (from, to) = rows::every(*letter);
            self.core.index.range(from..to, usize::MAX).unwrap()
        });
        rows.collect()
    }
}

/// What a future gives that never waits here.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    poll(std::pin::pin!(future)).expect("nothing to wait for")
}

fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
