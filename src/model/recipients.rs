//! The recipients of one document: at least one, none twice, in the order of the list.

use super::organ::OrganId;

/// A checked list of recipients.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipients(Vec<OrganId>);

/// Why a list cannot be a [`Recipients`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidRecipients {
    /// The same organisation stands twice (QCVN 102: no duplicate `OrganId` in `To`).
    #[error("{organ} stands at positions {first} and {second}")]
    Duplicate {
        /// The organisation.
        organ: OrganId,
        /// Where it stands first, from 0.
        first: usize,
        /// Where it stands again.
        second: usize,
    },
    /// No recipient at all.
    #[error("no recipient")]
    Empty,
    /// More than [`Recipients::MAX`].
    #[error("{found} recipients, at most 1000")]
    TooMany {
        /// Recipients found.
        found: usize,
    },
}

impl Recipients {
    /// Most recipients of one document. The axis of 2019 has 95 agencies, and a circular to them all and
    /// to every unit of one of them has less; each recipient is a row, a mailbox entry and a place in the
    /// journal, all made by one thread.
    pub const MAX: usize = 1000;

    /// The organisations, in order.
    pub fn as_slice(&self) -> &[OrganId] {
        &self.0
    }

    /// How many; at least 1.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether `organ` is one of them.
    pub fn contains(&self, organ: OrganId) -> bool {
        self.0.contains(&organ)
    }
}

impl TryFrom<Vec<OrganId>> for Recipients {
    type Error = InvalidRecipients;

    fn try_from(organs: Vec<OrganId>) -> Result<Self, Self::Error> {
        if organs.is_empty() {
            return Err(InvalidRecipients::Empty);
        }
        if organs.len() > Self::MAX {
            return Err(InvalidRecipients::TooMany {
                found: organs.len(),
            });
        }
        let mut sorted: Vec<(OrganId, usize)> = organs
            .iter()
            .enumerate()
            .map(|(position, organ)| (*organ, position))
            .collect();
        sorted.sort_unstable();
        for pair in sorted.windows(2) {
            if pair[0].0 == pair[1].0 {
                let [(organ, first), (_, second)] = [pair[0], pair[1]];
                return Err(InvalidRecipients::Duplicate {
                    organ,
                    first,
                    second,
                });
            }
        }
        Ok(Self(organs))
    }
}
