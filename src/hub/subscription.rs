//! One subscription's share of a mailbox, in steps that neither wait nor know of connections:
//!
//! ```text
//! begin ─▶ take ─▶ load ─▶ arrange ─▶ hand over ─▶ (acknowledged: `route`)
//!            ▲                │ unreadable: aside          │ the rest, and everything
//!            └────────────────┴── no room in the batch ◀───┴── at the end: back into the mailbox
//! ```
//!
//! A delivery is in flight from the moment it is taken: the mailbox and the counters move in one step, under
//! the mailbox's lock. Between two steps anything may happen: a call acknowledges what was taken, a later
//! subscription takes everything over. So every step asks the mailbox whether the delivery is still this
//! subscription's, and does nothing where it is not. `model_tests` interleaves the steps at random.

use std::sync::Arc;

use super::bytes::Reader;
use super::config::MAILBOX_WINDOW;
use super::core::Core;
use super::core::LoadError;
use super::counters::Count;
use super::mailboxes::Slot;
use super::recent::Stored;
use super::registry::AgencyNo;
use super::rows;
use super::set_aside::Scope;
use super::set_aside::scope;
use super::transaction::ReadError;
use crate::model::Priority;
use crate::store::Aside;
use crate::store::Mailbox;
use crate::store::Refill;
use crate::store::Refilled;

/// Deliveries that are counted while the counters are held once, at some 150 ns each.
const COUNTS_AT_ONCE: usize = 256;

/// Who takes from an agency's mailbox, until somebody else does. Whatever it has in flight when it is
/// dropped waits again.
#[derive(Debug)]
pub(super) struct Subscription {
    core: Arc<Core>,
    slot: Arc<Slot>,
    agency: AgencyNo,
    number: u64,
}

/// What was taken, as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// In the order it was taken, as many as fit in a batch.
    stored: Vec<Arc<Stored>>,
    /// Documents that cannot be read while others can.
    unreadable: Vec<(u64, LoadError)>,
    /// Why nothing more was read.
    failure: Option<LoadError>,
}

/// What is to be handed over now.
#[derive(Debug)]
pub(super) struct Arranged {
    /// In its order.
    pub(super) stored: Vec<Arc<Stored>>,
    /// Nothing can be read for now: the rest waits in the mailbox.
    pub(super) failure: Option<LoadError>,
}

impl Subscription {
    /// Begins one. What an earlier one had in flight is this one's to deliver, and what is aside is tried
    /// again.
    pub(super) fn begin(core: &Arc<Core>, agency: AgencyNo) -> Self {
        let slot = core.mailboxes.slot(agency);
        let mut mailbox = slot.mailbox();
        let (number, returned) = mailbox.subscribe();
        let begun = Self {
            core: Arc::clone(core),
            slot: Arc::clone(&slot),
            agency,
            number,
        };
        begun.count_returned(&returned);
        begun.readmit_into(&mut mailbox);
        drop(mailbox);
        // The one before learns that it was replaced.
        slot.bell.notify_waiters();
        begun
    }

    /// Whether no later one has begun.
    pub(super) fn is_current(&self) -> bool {
        self.slot.mailbox().is_current(self.number)
    }

    /// Takes at most so many deliveries, as far as more may be in flight. They are in flight from now on.
    ///
    /// # Errors
    /// [`ReadError`] where nothing could be taken because the index cannot be read.
    pub(super) fn take(&self, most: usize) -> Result<Vec<u64>, ReadError> {
        let mut mailbox = self.slot.mailbox();
        let most = most.min(mailbox.room());
        let mut taken = Vec::with_capacity(most);
        let mut read = Ok(());
        while taken.len() < most {
            read = self.refill(&mut mailbox);
            if read.is_err() {
                break;
            }
            let Some(next) = mailbox.take(self.number) else {
                break;
            };
            taken.push(next);
        }
        if taken.is_empty() {
            return read.map(|()| Vec::new());
        }
        for some in taken.chunks(COUNTS_AT_ONCE) {
            let mut counters = self.core.counters();
            for taken in some {
                counters.count(Count::HandedOver {
                    sender: taken.sender,
                    recipient: self.agency,
                });
            }
        }
        Ok(taken.iter().map(|taken| taken.sequence).collect())
    }

    /// Reads back what did not fit into the mailbox's window, of every priority that wants it: a lower one
    /// must not go first because a higher lies on disk.
    fn refill(&self, mailbox: &mut Mailbox<AgencyNo>) -> Result<(), ReadError> {
        while let Some(refill) = mailbox.wants_refill() {
            let Refill {
                priority,
                after_sequence,
            } = refill;
            let from = rows::pending_key(self.agency, priority, after_sequence + 1);
            let to = rows::pending_key(self.agency, priority, u64::MAX);
            let found = self.core.index.range(from..to, MAILBOX_WINDOW)?;
            let mut entries = Vec::with_capacity(found.len());
            for (key, row) in &found {
                if let Some((_, _, sequence)) = rows::parse_pending_key(key) {
                    let sender = pending_sender(row).or_else(|| self.document_sender(sequence));
                    if sender.is_none() {
                        let error = ReadError::Malformed('P').into();
                        self.core.set_aside.add(sequence, self.agency, &error);
                    }
                    entries.push((sequence, sender));
                }
            }
            // Without any progress the same would be read for ever.
            let refilled = if found.len() < MAILBOX_WINDOW || entries.is_empty() {
                Refilled::Exhausted
            } else {
                Refilled::More
            };
            mailbox.refill(priority, &entries, refilled);
        }
        Ok(())
    }

    /// The sender of a document as its own row says.
    fn document_sender(&self, sequence: u64) -> Option<AgencyNo> {
        let row = self.core.row(sequence).ok()??;
        Some(row.record.sender)
    }

    /// Sorts what was taken by what loading found: what cannot be read goes aside, what did not fit goes
    /// back. All that was taken is in one of the three.
    pub(super) fn arrange(&self, taken: &[u64], loaded: Loaded) -> Arranged {
        let Loaded {
            stored,
            unreadable,
            mut failure,
        } = loaded;
        let mut mailbox = self.slot.mailbox();
        let mut returned = Vec::new();
        for (sequence, error) in unreadable {
            match mailbox.set_aside(self.number, sequence) {
                Aside::Set(sender) => {
                    returned.push(sender);
                    self.core.set_aside.add(sequence, self.agency, &error);
                }
                Aside::Full(sender) => {
                    returned.push(sender);
                    failure = Some(error);
                }
                Aside::NotInFlight => {}
            }
        }
        let mut loaded = stored.iter().map(|stored| stored.record.sequence);
        let mut next = loaded.next();
        for sequence in taken {
            if next == Some(*sequence) {
                next = loaded.next();
                if mailbox.is_in_flight(self.number, *sequence) {
                    self.core.set_aside.remove(*sequence, self.agency);
                }
            } else {
                returned.extend(mailbox.put_back(self.number, *sequence));
            }
        }
        self.count_returned(&returned);
        drop(mailbox);
        Arranged { stored, failure }
    }

    /// Whether a delivery may go to the subscriber now: nobody acknowledged it and no later subscription
    /// took it over since it was taken.
    pub(super) fn may_hand_over(&self, sequence: u64) -> bool {
        self.slot.mailbox().is_in_flight(self.number, sequence)
    }

    /// What is aside waits in its place again and is tried once more.
    pub(super) fn readmit(&self) {
        self.readmit_into(&mut self.slot.mailbox());
    }

    fn readmit_into(&self, mailbox: &mut Mailbox<AgencyNo>) {
        if mailbox.aside() == 0 {
            return;
        }
        mailbox.readmit(|priority, sequence| {
            let sender = self.pending_sender_of(priority, sequence);
            let sender = sender.or_else(|| self.document_sender(sequence));
            if sender.is_some() {
                self.core.set_aside.remove(sequence, self.agency);
            }
            sender
        });
    }

    fn pending_sender_of(&self, priority: Priority, sequence: u64) -> Option<AgencyNo> {
        let key = rows::pending_key(self.agency, priority, sequence);
        pending_sender(&self.core.index.get(&key).ok()??)
    }

    /// Counts what waits again. The mailbox is held, so that nobody counts what becomes of it first.
    fn count_returned(&self, senders: &[AgencyNo]) {
        for some in senders.chunks(COUNTS_AT_ONCE) {
            let mut counters = self.core.counters();
            for sender in some {
                counters.count(Count::Returned {
                    sender: *sender,
                    recipient: self.agency,
                });
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut mailbox = self.slot.mailbox();
        let returned = mailbox.unsubscribe(self.number);
        self.count_returned(&returned);
        drop(mailbox);
        self.slot.bell.notify_waiters();
    }
}

/// Reads documents by their sequences, as many as fit in a batch; at least one of those that can be read.
/// One that cannot holds up none behind it. May wait for the disk.
pub(super) fn load(
    sequences: &[u64],
    bytes_max: usize,
    read: impl Fn(u64) -> Result<Arc<Stored>, LoadError>,
) -> Loaded {
    let mut loaded = Loaded::default();
    let mut bytes = 0;
    let mut places = Vec::new();
    for sequence in sequences {
        match read(*sequence) {
            Ok(stored) => {
                bytes += stored.payload.size();
                loaded.stored.push(stored);
                if bytes >= bytes_max {
                    break;
                }
            }
            Err(error) => match scope(&error) {
                Scope::Document => loaded.unreadable.push((*sequence, error)),
                Scope::Place => places.push((*sequence, error)),
                Scope::Store => {
                    loaded.failure = Some(error);
                    break;
                }
            },
        }
    }
    if loaded.stored.is_empty() {
        let failure = places.into_iter().map(|(_, error)| error).next();
        loaded.failure = loaded.failure.or(failure);
    } else {
        loaded.unreadable.extend(places);
    }
    loaded
}

/// The sender in the row of a pending delivery.
pub(super) fn pending_sender(row: &[u8]) -> Option<AgencyNo> {
    Reader(row).u32().map(AgencyNo)
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use jiff::Timestamp;
    use rustix::io::Errno;

    use super::*;
    use crate::hub::record::DocumentRecord;
    use crate::hub::record::Payload;
    use crate::hub::registry::Axis;
    use crate::model::BusinessType;
    use crate::model::Digest;
    use crate::model::LegalValue;
    use crate::store;

    fn stored(sequence: u64) -> Arc<Stored> {
        let record = DocumentRecord {
            sequence,
            accepted_at: Timestamp::UNIX_EPOCH,
            sender: AgencyNo(0),
            axis: Axis::National,
            legal_value: LegalValue::ReferenceOnly,
            priority: Priority::Normal,
            business_type: BusinessType::New,
            recipients: Vec::new(),
            document_id: "000.00.00.H26,2019/06/03,1/VB-TN".parse().unwrap(),
            header_digest: Digest::from([0; 32]),
            earlier: Vec::new(),
            supersedes: false,
            attachments: Vec::new(),
        };
        let payload = Payload {
            header: Bytes::from_static(&[0; 10]),
            signature: Bytes::new(),
            attachments: Vec::new(),
        };
        Arc::new(Stored {
            record: Arc::new(record),
            payload,
        })
    }

    fn refused(errno: Errno) -> LoadError {
        let source = io::Error::from(errno);
        LoadError::Journal(store::ReadError::Io { segment: 1, source })
    }

    /// Sequences read, those that are to go aside, and whether nothing more can be read.
    fn loaded(
        bytes_max: usize,
        read: impl Fn(u64) -> Result<Arc<Stored>, LoadError>,
    ) -> (Vec<u64>, Vec<u64>, bool) {
        let loaded = load(&[1, 2, 3, 4], bytes_max, read);
        let stored = loaded.stored.iter().map(|stored| stored.record.sequence);
        let aside = loaded.unreadable.iter().map(|(sequence, _)| *sequence);
        (stored.collect(), aside.collect(), loaded.failure.is_some())
    }

    #[test]
    fn a_bad_sector_is_one_where_others_can_be_read_and_the_disk_where_none_can() {
        let bad_sector = |sequence| match sequence {
            2 => Err(refused(Errno::IO)),
            sequence => Ok(stored(sequence)),
        };
        assert_eq!(loaded(1000, bad_sector), (vec![1, 3, 4], vec![2], false));
        let no_disk = |_| Err(refused(Errno::IO));
        assert_eq!(loaded(1000, no_disk), (vec![], vec![], true));
    }

    #[test]
    fn a_batch_ends_where_it_is_full_or_nothing_can_be_opened() {
        let good = |sequence| Ok(stored(sequence));
        assert_eq!(loaded(20, good), (vec![1, 2], vec![], false));
        let out_of_files = |sequence| match sequence {
            1 => Err(LoadError::Unknown(1)),
            3 => Err(refused(Errno::MFILE)),
            sequence => Ok(stored(sequence)),
        };
        assert_eq!(loaded(1000, out_of_files), (vec![2], vec![1], true));
    }
}
