//! Who is signed in: numbers made at random, kept in memory, each with an end. Nothing of them can be had
//! from the token, and a restart knows none of them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use super::token::hex;
use crate::trust::sha256;

/// How long a session lasts: a working day.
const LASTS: Duration = Duration::from_secs(8 * 3600);

/// How long nothing may be done in it.
const IDLE_MAX: Duration = Duration::from_secs(30 * 60);

/// Sessions at once: one for each browser of a shift. Whoever was idle longest goes first.
const SESSIONS_MAX: usize = 64;

/// All sessions, by the digest of what the browser keeps.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<[u8; 32], Session>>);

#[derive(Debug)]
struct Session {
    form_code: String,
    begun: Instant,
    used: Instant,
}

/// Who asks: a person, or a page that is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    Person,
    Page,
}

impl Sessions {
    /// A new session: what the browser keeps.
    pub(super) fn begin(&self, now: Instant) -> String {
        let kept = hex(&rand::random::<[u8; 32]>());
        let session = Session {
            form_code: hex(&rand::random::<[u8; 16]>()),
            begun: now,
            used: now,
        };
        let mut sessions = self.in_force(now);
        if sessions.len() >= SESSIONS_MAX {
            let idle = sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(key) = idle.map(|(key, _)| *key) {
                sessions.remove(&key);
            }
        }
        sessions.insert(digest(&kept), session);
        kept
    }

    /// The code that forms of a session carry; `None` where there is no such session, or not any more. A
    /// page that asks by itself keeps no session alive.
    pub(super) fn form_code(&self, kept: &str, now: Instant, by: By) -> Option<String> {
        let mut sessions = self.in_force(now);
        let session = sessions.get_mut(&digest(kept))?;
        if by == By::Person {
            session.used = now;
        }
        Some(session.form_code.clone())
    }

    /// Signs out.
    pub(super) fn end(&self, kept: &str, now: Instant) {
        self.in_force(now).remove(&digest(kept));
    }

    fn in_force(&self, now: Instant) -> MutexGuard<'_, BTreeMap<[u8; 32], Session>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| {
            now.saturating_duration_since(session.begun) < LASTS
                && now.saturating_duration_since(session.used) < IDLE_MAX
        });
        sessions
    }
}

/// What a session is found by: how long that takes tells nothing of what a browser keeps.
fn digest(kept: &str) -> [u8; 32] {
    *sha256(kept.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_ends_when_signed_out_when_idle_and_after_a_day() {
        let sessions = Sessions::default();
        let now = Clock::system().monotonic();
        let (one, other) = (sessions.begin(now), sessions.begin(now));
        let code = |kept: &str, at, by| sessions.form_code(kept, at, by);
        assert_ne!(code(&one, now, By::Person), code(&other, now, By::Person));
        assert_eq!(code("guess", now, By::Person), None);
        sessions.end(&one, now);
        assert_eq!(code(&one, now, By::Person), None);
        assert!(code(&other, now + 29 * MINUTE, By::Person).is_some());
        assert!(code(&other, now + 58 * MINUTE, By::Page).is_some());
        assert_eq!(code(&other, now + 59 * MINUTE, By::Person), None);
        // Never idle, and still it ends.
        let busy = sessions.begin(now);
        let used =
            (0..48u32).filter(|at| code(&busy, now + *at * 10 * MINUTE, By::Person).is_some());
        assert_eq!(used.count(), 48);
        assert_eq!(code(&busy, now + 480 * MINUTE, By::Person), None);
    }

    #[test]
    fn the_idlest_makes_room() {
        let sessions = Sessions::default();
        let now = Clock::system().monotonic();
        let at = |second| now + Duration::from_secs(second);
        let kept: Vec<_> = (0..64).map(|second| sessions.begin(at(second))).collect();
        assert!(sessions.form_code(&kept[0], at(64), By::Person).is_some());
        sessions.begin(at(65));
        assert!(sessions.form_code(&kept[0], at(66), By::Person).is_some());
        assert_eq!(sessions.form_code(&kept[1], at(66), By::Person), None);
    }
}
