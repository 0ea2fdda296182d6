//! Connections that are open: whose each is, how many one organisation and all strangers may have, and
//! which end when the registry or a revocation list says so.
//!
//! ```text
//!  handshake ─▶ admit ─┬─ strangers   few, gone soon; the one silent for longest gives way
//!                      ├─ agencies    so many each, and so many of all
//!                      └─ operator    its own, whatever the others took
//! ```

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::config::CONNECTION_RECEIVE_KIB;
use super::config::FIRST_CALL_MAX;
use super::config::ORGAN_CONNECTIONS_MAX;
use super::config::ORGAN_FRAMES_BURST;
use super::config::ORGAN_FRAMES_RATE;
use super::config::ORGAN_RECEIVE_KIB;
use super::config::STRANGER_FRAMES_BURST;
use super::config::STRANGER_FRAMES_RATE;
use super::config::STRANGER_RECEIVE_KIB;
use super::config::STRANGER_SILENCE_MAX;
use super::config::STRANGERS_MAX;
use super::frames::Frames;
use super::gate::Kind;
use super::peer::Peer;
use super::registry::AgencyState;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;

/// Whose places a connection takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pool {
    /// Those of nobody in particular.
    Strangers,
    /// Those of an agency.
    Agency(OrganId),
    /// Those of the operator.
    Operator(OrganId),
}

impl Pool {
    fn organ(self) -> Option<OrganId> {
        match self {
            Self::Strangers => None,
            Self::Agency(organ) | Self::Operator(organ) => Some(organ),
        }
    }
}

/// What one organisation may have under way over all its connections; a stranger's connection has its
/// own.
#[derive(Debug)]
pub(super) struct Allowance {
    /// KiB of unfinished messages.
    pub(super) receive_kib: Arc<Semaphore>,
    /// Frames that carry no message.
    pub(super) frames: Arc<Frames>,
    calls: [Arc<Semaphore>; Kind::ALL.len()],
}

impl Allowance {
    fn of(kib: usize, frames: Frames) -> Arc<Self> {
        Arc::new(Self {
            receive_kib: Arc::new(Semaphore::new(kib)),
            frames: Arc::new(frames),
            calls: Kind::ALL.map(|kind| Arc::new(Semaphore::new(kind.under_way_max()))),
        })
    }

    /// Places for calls of a kind.
    pub(super) fn calls(&self, kind: Kind) -> &Arc<Semaphore> {
        &self.calls[kind.index()]
    }
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Session {
    number: u64,
    pub(super) peer: Arc<Peer>,
    pub(super) pool: Pool,
    pub(super) allowance: Arc<Allowance>,
    /// KiB of unfinished messages on this connection.
    pub(super) receive_kib: Arc<Semaphore>,
    /// Cancelled when the connection is to end: its peer is told, and has a moment to read it.
    pub(super) ending: CancellationToken,
    /// Cancelled when it gives way to another: it ends at once.
    pub(super) evicted: CancellationToken,
    begun: Instant,
    /// Milliseconds after `begun` of the last call that was served.
    served_ms: AtomicU64,
    served: AtomicUsize,
    under_way: AtomicUsize,
}

/// A served call on a connection, until its answer is read.
#[derive(Debug)]
pub(super) struct CallUnderWay(Arc<Session>);

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Session {
    /// Notes a call that is served.
    pub(super) fn call(self: &Arc<Self>, now: Instant) -> CallUnderWay {
        let since = now.saturating_duration_since(self.begun).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.served_ms.store(since, Ordering::Relaxed);
        self.served.fetch_add(1, Ordering::Relaxed);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        CallUnderWay(Arc::clone(self))
    }

    /// When it was last of use to its peer.
    fn last_served(&self) -> Instant {
        self.begun + Duration::from_millis(self.served_ms.load(Ordering::Relaxed))
    }

    /// Order in which connections give way: idle before busy, and then the one silent for longest.
    fn usefulness(&self) -> (bool, Instant) {
        let is_busy = self.under_way.load(Ordering::Relaxed) > 0;
        (is_busy && self.pool != Pool::Strangers, self.last_served())
    }

    fn is_overdue(&self, now: Instant) -> bool {
        let silent = now.saturating_duration_since(self.last_served());
        let never_called = self.served.load(Ordering::Relaxed) == 0;
        match self.pool {
            Pool::Strangers => silent > STRANGER_SILENCE_MAX,
            Pool::Agency(_) | Pool::Operator(_) => never_called && silent > FIRST_CALL_MAX,
        }
    }
}

/// Every open connection.
#[derive(Debug)]
pub(super) struct Connections {
    table: Mutex<Table>,
    /// Places of agencies.
    agencies_max: usize,
    operator: OrganId,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Arc<Session>>,
    strangers: BTreeSet<u64>,
    agencies: usize,
    by_organ: HashMap<OrganId, Organ>,
}

#[derive(Debug)]
struct Organ {
    sessions: BTreeSet<u64>,
    allowance: Arc<Allowance>,
}

/// A place of a connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    pub(super) session: Arc<Session>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table().remove(self.session.number);
    }
}

impl Connections {
    pub(super) fn new(agencies_max: usize, operator: OrganId, clock: Clock) -> Self {
        Self {
            table: Mutex::default(),
            agencies_max,
            operator,
            clock,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Agencies' places: those taken and all.
    pub(super) fn places(&self) -> (usize, usize) {
        (self.table().agencies, self.agencies_max)
    }

    /// Open connections, whoever they are of.
    pub(super) fn count(&self) -> usize {
        self.table().open.len()
    }

    /// Gives a connection its place. Where there is none, the least useful of its own kind gives way;
    /// `None` where every one of them is in use.
    pub(super) fn admit(self: &Arc<Self>, peer: Arc<Peer>) -> Option<Place> {
        let pool = match peer.organ() {
            Err(_) => Pool::Strangers,
            Ok(organ) if organ == self.operator => Pool::Operator(organ),
            Ok(organ) => Pool::Agency(organ),
        };
        let now = self.clock.monotonic();
        let mut table = self.table();
        if !table.make_room(pool, self.agencies_max) {
            // Said by the health of the hub, which looks at the places.
            return None;
        }
        let session = table.add(peer, pool, now);
        drop(table);
        Some(Place {
            connections: Arc::clone(self),
            session,
        })
    }

    /// Ends what is open of an agency that was locked or taken off the axis. It may connect anew, and is
    /// told then what it is.
    pub(super) fn end(&self, organ: OrganId, state: AgencyState) {
        let refusal = Refusal::SenderNotActive {
            organ,
            state: state.as_str().to_owned(),
        };
        for session in self.table().of(organ) {
            session.peer.end(refusal.clone());
            session.ending.cancel();
        }
    }

    /// Ends connections that are overdue, and those whose certificate was revoked. Blocking: every
    /// certificate is judged anew.
    pub(super) fn sweep(&self, everybody: bool) {
        let now = self.clock.monotonic();
        let table = self.table();
        let sessions: Vec<Arc<Session>> = table.open.values().map(Arc::clone).collect();
        drop(table);
        for session in sessions {
            // One that was nobody when it began and is somebody now, because a clock was wrong, is to come
            // again for a place of its own.
            let is_misplaced = session.pool == Pool::Strangers && session.peer.organ().is_ok();
            if session.is_overdue(now) || is_misplaced {
                session.ending.cancel();
            } else if everybody
                && session.pool != Pool::Strangers
                && let Err(refusal) = session.peer.organ()
                && refusal.reason() == Reason::CertificateRevoked
            {
                session.peer.end(refusal);
                session.ending.cancel();
            }
        }
    }
}

impl Table {
    fn add(&mut self, peer: Arc<Peer>, pool: Pool, now: Instant) -> Arc<Session> {
        let number = self.next;
        self.next += 1;
        let allowance = match pool.organ() {
            None => {
                self.strangers.insert(number);
                let frames = Frames::new(STRANGER_FRAMES_RATE, STRANGER_FRAMES_BURST);
                Allowance::of(STRANGER_RECEIVE_KIB, frames)
            }
            Some(organ) => {
                self.agencies += usize::from(matches!(pool, Pool::Agency(_)));
                let organ = self.by_organ.entry(organ).or_insert_with(|| Organ {
                    sessions: BTreeSet::new(),
                    allowance: Allowance::of(
                        ORGAN_RECEIVE_KIB,
                        Frames::new(ORGAN_FRAMES_RATE, ORGAN_FRAMES_BURST),
                    ),
                });
                organ.sessions.insert(number);
                Arc::clone(&organ.allowance)
            }
        };
        let session = Arc::new(Session {
            number,
            peer,
            pool,
            allowance,
            receive_kib: Arc::new(Semaphore::new(CONNECTION_RECEIVE_KIB)),
            ending: CancellationToken::new(),
            evicted: CancellationToken::new(),
            begun: now,
            served_ms: AtomicU64::new(0),
            served: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
        });
        self.open.insert(number, Arc::clone(&session));
        session
    }

    fn of(&self, organ: OrganId) -> Vec<Arc<Session>> {
        let sessions = self.by_organ.get(&organ);
        sessions
            .into_iter()
            .flat_map(|organ| &organ.sessions)
            .filter_map(|number| self.open.get(number).map(Arc::clone))
            .collect()
    }

    fn make_room(&mut self, pool: Pool, agencies_max: usize) -> bool {
        let rivals: Vec<Arc<Session>> = match pool {
            Pool::Strangers if self.strangers.len() < STRANGERS_MAX => return true,
            Pool::Strangers => {
                let strangers = self.strangers.iter();
                strangers
                    .filter_map(|number| self.open.get(number).map(Arc::clone))
                    .collect()
            }
            Pool::Agency(organ) | Pool::Operator(organ) => {
                let own = self.by_organ.get(&organ);
                let own = own.map_or(0, |organ| organ.sessions.len());
                let is_full = matches!(pool, Pool::Agency(_)) && self.agencies >= agencies_max;
                if own >= ORGAN_CONNECTIONS_MAX {
                    self.of(organ)
                } else if is_full {
                    let agencies = self.open.values();
                    agencies
                        .filter(|session| matches!(session.pool, Pool::Agency(_)))
                        .map(Arc::clone)
                        .collect()
                } else {
                    return true;
                }
            }
        };
        let least = rivals.iter().min_by_key(|session| session.usefulness());
        match least {
            Some(session) if !session.usefulness().0 => {
                session.evicted.cancel();
                self.remove(session.number);
                true
            }
            _ => false,
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(session) = self.open.remove(&number) else {
            return;
        };
        match session.pool {
            Pool::Strangers => {
                self.strangers.remove(&number);
            }
            Pool::Agency(organ) | Pool::Operator(organ) => {
                self.agencies -= usize::from(matches!(session.pool, Pool::Agency(_)));
                let Some(of) = self.by_organ.get_mut(&organ) else {
                    return;
                };
                of.sessions.remove(&number);
                if of.sessions.is_empty() {
                    self.by_organ.remove(&organ);
                }
            }
        }
    }
}
