//! Places for connections: so many, and a newcomer always gets one. Where none is free, whoever makes the
//! least of its own goes: first who has said nothing, then who takes nothing, the oldest first.
//!
//! A probe comes with a connection of its own, asks and goes. Turning newcomers away would turn it away
//! too, and whoever watches the process would end a healthy hub. What is asked for without an end, events,
//! has half of the places at most.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection this young may not have had the time to ask.
const YOUNG: Duration = Duration::from_millis(250);

/// Requests of one connection in a row, before it is held to [`REQUESTS_PER_S`]: a page with all that
/// belongs to it, some ten times.
const REQUESTS_BURST: f64 = 64.0;

/// Requests of one connection in a second: more than any page of ours makes.
const REQUESTS_PER_S: f64 = 32.0;

/// What a connection is at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    /// Has not asked for anything since it came or since its last answer.
    Silent,
    /// Waits for an answer that is held back: it gave a wrong token.
    InVain,
    /// Has asked, and is being answered.
    Asking,
    /// Listens to events, which have no end.
    Listening,
}

#[derive(Debug)]
struct Held {
    from: IpAddr,
    standing: Standing,
    since: Instant,
    /// Since when it takes nothing of what is written to it.
    blocked: Option<Instant>,
    gone: CancellationToken,
}

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    listeners_most: usize,
    held: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    rows: BTreeMap<u64, Held>,
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    /// The other side.
    pub(super) from: SocketAddr,
    /// The address at which it reached us.
    pub(super) at: IpAddr,
    gone: CancellationToken,
    pace: Mutex<Pace>,
}

/// What a request does to its connection's place, until its answer is written.
#[derive(Debug)]
pub(super) struct Turn(Arc<Place>);

/// How fast one connection asks.
#[derive(Debug)]
struct Pace {
    left: f64,
    at: Instant,
}

impl Places {
    pub(super) fn new(most: usize, listeners_most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            listeners_most,
            held: Mutex::default(),
        })
    }

    /// A place for a newcomer; another goes where none is free.
    pub(super) fn take(self: &Arc<Self>, from: SocketAddr, at: IpAddr) -> Arc<Place> {
        let (now, gone) = (Instant::now(), CancellationToken::new());
        let mut table = self.table();
        if table.rows.len() >= self.most {
            table.end_one(now, |_| true);
        }
        let number = table.next;
        table.next += 1;
        let held = Held {
            from: from.ip(),
            standing: Standing::Silent,
            since: now,
            blocked: None,
            gone: gone.clone(),
        };
        table.rows.insert(number, held);
        drop(table);
        Arc::new(Place {
            places: Arc::clone(self),
            number,
            from,
            at: at.to_canonical(),
            gone,
            pace: Mutex::new(Pace {
                left: REQUESTS_BURST,
                at: now,
            }),
        })
    }

    /// Ends the connection that makes the least of its place: the system has none left for others.
    pub(super) fn make_room(&self) {
        self.table().end_one(Instant::now(), |_| true);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn listeners(&self) -> usize {
        let listens = |held: &&Held| held.standing == Standing::Listening;
        self.rows.values().filter(listens).count()
    }

    /// Ends one of those that may go: by what they are at, then of the address with the most places, then
    /// the oldest.
    fn end_one(&mut self, now: Instant, may_go: impl Fn(&Held) -> bool) {
        let mut of_address = BTreeMap::<IpAddr, usize>::new();
        for held in self.rows.values() {
            *of_address.entry(held.from).or_default() += 1;
        }
        let first = self
            .rows
            .iter()
            .filter(|(_, held)| may_go(held))
            .min_by_key(|(_, held)| {
                let places = of_address.get(&held.from).copied().unwrap_or_default();
                let since = held.blocked.unwrap_or(held.since);
                (held.rank(now), std::cmp::Reverse(places), since)
            })
            .map(|(number, _)| *number);
        if let Some(held) = first.and_then(|number| self.rows.remove(&number)) {
            held.gone.cancel();
            tracing::debug!(from = %held.from, standing = ?held.standing, "a connection makes room");
        }
    }
}

impl Held {
    /// Who goes first.
    fn rank(&self, now: Instant) -> u8 {
        match self.standing {
            Standing::Silent if now.duration_since(self.since) >= YOUNG => 0,
            Standing::InVain => 1,
            _ if self.blocked.is_some() => 2,
            Standing::Asking => 3,
            Standing::Silent => 4,
            Standing::Listening => 5,
        }
    }
}

impl Place {
    /// Resolves when the place is needed for another.
    pub(super) async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// A request is there; the place is silent again when the turn is dropped.
    pub(super) fn asks(self: &Arc<Self>) -> Turn {
        self.stands(Standing::Asking);
        Turn(Arc::clone(self))
    }

    /// What was asked for has no end. The oldest listener goes where there are too many.
    pub(super) fn listens(&self) {
        let mut table = self.places.table();
        if table.listeners() >= self.places.listeners_most {
            table.end_one(Instant::now(), |held| held.standing == Standing::Listening);
        }
        drop(table);
        self.stands(Standing::Listening);
    }

    /// The answer is held back: nothing is lost if it is never given.
    pub(super) fn waits_in_vain(&self) {
        self.stands(Standing::InVain);
    }

    /// Whether nothing of what is written is taken at the moment.
    pub(super) fn is_blocked(&self, blocked: bool) {
        if let Some(held) = self.places.table().rows.get_mut(&self.number) {
            held.blocked = match blocked {
                true => held.blocked.or_else(|| Some(Instant::now())),
                false => None,
            };
        }
    }

    /// How long the next request has to wait, for a connection that asks faster than any page does.
    pub(super) fn pause(&self) -> Duration {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = now.duration_since(pace.at).as_secs_f64();
        pace.left = (pace.left + since * REQUESTS_PER_S).min(REQUESTS_BURST) - 1.0;
        pace.at = now;
        Duration::from_secs_f64((-pace.left).max(0.0) / REQUESTS_PER_S)
    }

    fn stands(&self, standing: Standing) {
        if let Some(held) = self.places.table().rows.get_mut(&self.number) {
            (held.standing, held.since) = (standing, Instant::now());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().rows.remove(&self.number);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.stands(Standing::Silent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, number], 4000))
    }

    fn take(places: &Arc<Places>, from: u8) -> Arc<Place> {
        places.take(address(from), address(0).ip())
    }

    fn is_gone(place: &Place) -> bool {
        place.gone.is_cancelled()
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_takes_the_place_of_who_makes_the_least_of_it() {
        let places = Places::new(5, 5);
        let silent = take(&places, 1);
        let blocked = take(&places, 2);
        let _taken = blocked.asks();
        blocked.is_blocked(true);
        let listening = take(&places, 3);
        let _heard = listening.asks();
        listening.listens();
        let vain = take(&places, 4);
        let _held_back = vain.asks();
        vain.waits_in_vain();
        let asking = take(&places, 5);
        let _asked = asking.asks();
        tokio::time::advance(YOUNG).await;
        let mut probes = Vec::new();
        for (from, goes) in (6..).zip([&silent, &vain, &blocked, &asking]) {
            assert!(!is_gone(goes));
            let probe = take(&places, from);
            assert!(is_gone(goes) && !is_gone(&probe));
            probes.push((probe.asks(), probe));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(!is_gone(&listening));
        // A place that is given back is there for others.
        drop(probes.pop());
        let _another = take(&places, 6);
        assert!(probes.iter().all(|(_, probe)| !is_gone(probe)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_address_with_the_most_places_gives_one() {
        let places = Places::new(4, 2);
        let honest = take(&places, 1);
        tokio::time::advance(YOUNG).await;
        let flood: Vec<_> = (0..3).map(|_| take(&places, 2)).collect();
        tokio::time::advance(YOUNG).await;
        let _newcomer = take(&places, 3);
        assert!(!is_gone(&honest) && is_gone(&flood[0]));
        // Listeners have a share of their own, and the oldest of it goes.
        for place in flood.iter().skip(1).chain([&honest]) {
            std::mem::forget(place.asks());
            place.listens();
            tokio::time::advance(YOUNG).await;
        }
        assert!(is_gone(&flood[1]) && !is_gone(&flood[2]) && !is_gone(&honest));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_faster_than_any_page_waits() {
        let place = take(&Places::new(1, 1), 1);
        for _ in 0..64 {
            assert!(place.pause().is_zero());
        }
        let pauses: Vec<_> = (0..2).map(|_| place.pause()).collect();
        assert_eq!(pauses[0], Duration::from_secs_f64(1.0 / REQUESTS_PER_S));
        assert!(pauses[1] > pauses[0]);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(place.pause().is_zero());
    }
}
