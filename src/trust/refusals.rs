//! Certificates that were refused for ever: what was wrong with them does not change with time, nor with
//! revocation lists. Whoever sends one again gets the same answer for a digest.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::certificate::SignedCertificate;
use super::policy::REFUSALS_MAX;
use crate::model::Refusal;

/// A certificate and those that came along and count for its path.
pub(super) type Key = [u8; 32];

/// The key of a certificate with those that count for its path.
pub(super) fn key_of(leaf: &SignedCertificate<'_>, between: &[SignedCertificate<'_>]) -> Key {
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    // Each is one DER element, so it is plain where one ends and the next begins.
    for one in std::iter::once(leaf).chain(between) {
        digest.update(one.whole);
    }
    let mut key = Key::default();
    key.copy_from_slice(digest.finish().as_ref());
    key
}

/// The refusals, the oldest out when there are [`REFUSALS_MAX`].
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<Key, Refusal>,
    in_order: VecDeque<Key>,
}

impl Refusals {
    pub(super) fn find(&self, key: &Key) -> Option<Refusal> {
        self.kept().by_key.get(key).cloned()
    }

    pub(super) fn keep(&self, key: Key, refusal: &Refusal) {
        let mut kept = self.kept();
        if kept.by_key.insert(key, refusal.clone()).is_some() {
            return;
        }
        kept.in_order.push_back(key);
        if kept.in_order.len() > REFUSALS_MAX
            && let Some(oldest) = kept.in_order.pop_front()
        {
            kept.by_key.remove(&oldest);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept().by_key.len()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
