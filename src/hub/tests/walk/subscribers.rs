//! The steps of subscribers: each may come between any two others.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::VecDeque;

use rustix::io::Errno;

use super::BATCH_BYTES;
use super::Walk;
use crate::hub::core::LoadError;
use crate::hub::subscription::Loaded;
use crate::hub::subscription::Subscription;
use crate::hub::subscription::load;
use crate::hub::tests::model::AGENCIES;
use crate::hub::tests::model::BOUNDS;
use crate::hub::tests::model::State;
use crate::hub::tests::rig::number;
use crate::store;

/// Subscriptions alive at once, replaced ones among them.
const CLIENTS_MAX: usize = 5;

/// A subscriber, and how far its batch is.
pub(super) struct Client {
    /// A number of its own, over the whole life.
    pub(super) name: usize,
    pub(super) agency: usize,
    subscription: Subscription,
    taken: Option<Vec<u64>>,
    loaded: Option<(Vec<u64>, Loaded, BTreeMap<u64, Read>)>,
    ready: VecDeque<u64>,
    pub(super) received: Vec<u64>,
}

/// How reading one document went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Read {
    Damaged,
    Good,
    StoreAway,
}

impl Walk {
    pub(super) fn subscribe(&mut self) {
        if self.clients.len() >= CLIENTS_MAX {
            return self.unsubscribe();
        }
        let agency = self.below(AGENCIES);
        let subscription = Subscription::begin(&self.rig().core, number(agency));
        self.names += 1;
        self.model.current[agency] = Some(self.names);
        let again = [State::InFlight, State::Aside];
        self.model.wait_again(agency, &again);
        self.clients.push(Client {
            name: self.names,
            agency,
            subscription,
            taken: None,
            loaded: None,
            ready: VecDeque::new(),
            received: Vec::new(),
        });
        self.holds_at(agency);
    }

    /// A subscriber goes away, whatever it was about.
    pub(super) fn unsubscribe(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let gone = self.below(self.clients.len());
        let Client { name, agency, .. } = self.clients.swap_remove(gone);
        if self.model.current[agency] == Some(name) {
            self.model.current[agency] = None;
            self.model.wait_again(agency, &[State::InFlight]);
        }
        self.holds_at(agency);
    }

    pub(super) fn client(&mut self, fits: impl Fn(&Client) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.clients.len())
            .filter(|at| fits(&self.clients[*at]))
            .collect();
        self.pick(&fitting)
    }

    pub(super) fn is_current(&self, client: &Client) -> bool {
        self.model.current[client.agency] == Some(client.name)
    }

    pub(super) fn take(&mut self) {
        let idle = |client: &Client| client.taken.is_none() && client.loaded.is_none();
        let Some(at) = self.client(idle) else { return };
        let most = 1 + self.below(2 * BOUNDS.in_flight);
        let client = &self.clients[at];
        let (agency, is_current) = (client.agency, self.is_current(client));
        assert_eq!(client.subscription.is_current(), is_current);
        let taken = client.subscription.take(most).unwrap();
        // With as many aside as may be, nothing is read back and the order is not the usual one.
        if is_current && self.model.aside(agency) >= BOUNDS.aside {
            self.model.takes(agency, &taken);
        } else if is_current {
            assert_eq!(taken, self.model.take(agency, most), "in order of priority");
        } else {
            assert!(
                taken.is_empty(),
                "a subscription that was replaced takes nothing"
            );
        }
        self.clients[at].taken = (!taken.is_empty()).then_some(taken);
        self.holds_at(agency);
    }

    pub(super) fn load(&mut self) {
        let Some(at) = self.client(|client| client.taken.is_some()) else {
            return;
        };
        let taken = self.clients[at].taken.take().unwrap();
        let read = RefCell::new(BTreeMap::new());
        let core = &self.rig().core;
        let loaded = load(&taken, BATCH_BYTES, |sequence| {
            let (how, stored) = if self.damaged.contains(&sequence) {
                (Read::Damaged, Err(LoadError::NotADocument(sequence)))
            } else if self.is_store_away {
                let error = store::ReadError::Io {
                    segment: 1,
                    source: Errno::MFILE.into(),
                };
                (Read::StoreAway, Err(LoadError::Journal(error)))
            } else {
                (Read::Good, core.load(sequence))
            };
            read.borrow_mut().insert(sequence, how);
            stored
        });
        self.clients[at].loaded = Some((taken, loaded, read.into_inner()));
    }

    pub(super) fn arrange(&mut self) {
        let Some(at) = self.client(|client| client.loaded.is_some()) else {
            return;
        };
        let (taken, loaded, read) = self.clients[at].loaded.take().unwrap();
        let client = &self.clients[at];
        let (agency, is_current) = (client.agency, self.is_current(client));
        let arranged = client.subscription.arrange(&taken, loaded);
        let stored: Vec<u64> = arranged
            .stored
            .iter()
            .map(|stored| stored.record.sequence)
            .collect();
        let good = |sequence: &&u64| read.get(*sequence) == Some(&Read::Good);
        let expected: Vec<u64> = taken.iter().filter(good).copied().collect();
        assert_eq!(stored, expected, "whatever can be read is handed over");
        let is_away = read.values().any(|read| *read == Read::StoreAway);
        assert!(!is_away || arranged.failure.is_some());
        for sequence in taken.iter().filter(|_| is_current) {
            if self.model.state(agency, *sequence) != Some(State::InFlight) {
                continue;
            }
            let aside = self.model.aside(agency);
            match read.get(sequence) {
                Some(Read::Good) => {
                    self.model.unreadable.remove(&(agency, *sequence));
                }
                Some(Read::Damaged) if aside < BOUNDS.aside => {
                    self.model.unreadable.insert((agency, *sequence));
                    self.model.becomes(agency, *sequence, State::Aside);
                }
                _ => self.model.becomes(agency, *sequence, State::Pending),
            }
        }
        self.clients[at].ready.extend(stored);
        self.holds_at(agency);
    }

    pub(super) fn hand_over(&mut self) {
        let Some(at) = self.client(|client| !client.ready.is_empty()) else {
            return;
        };
        let count = 1 + self.below(4);
        for _ in 0..count.min(self.clients[at].ready.len()) {
            let sequence = self.clients[at].ready.pop_front().unwrap();
            let client = &self.clients[at];
            let may = client.subscription.may_hand_over(sequence);
            let in_flight = self.model.state(client.agency, sequence) == Some(State::InFlight);
            assert_eq!(
                may,
                in_flight && self.is_current(client),
                "{sequence} is handed over while it is in flight by this subscription, and only then"
            );
            if may {
                self.clients[at].received.push(sequence);
            }
        }
    }

    pub(super) fn readmit(&mut self) {
        let Some(at) = self.client(|_| true) else {
            return;
        };
        self.clients[at].subscription.readmit();
        let agency = self.clients[at].agency;
        self.model.wait_again(agency, &[State::Aside]);
        self.holds_at(agency);
    }
}
