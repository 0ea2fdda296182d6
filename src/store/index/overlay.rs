//! Changed rows by key, over what lies below them: which layer knows a key, and what a range of keys is
//! when two overlays and a file are read as one.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound;

/// Changed rows by key.
pub(super) type Overlay = BTreeMap<Vec<u8>, Changed>;

/// What becomes of a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The row is not there any more.
    Delete,
    /// A row whose key was never there before. Deleted before it was frozen, it leaves no trace: most
    /// pending deliveries live that short.
    Insert(Vec<u8>),
    /// The row has this value.
    Put(Vec<u8>),
}

impl From<Option<Vec<u8>>> for Change {
    fn from(row: Option<Vec<u8>>) -> Self {
        row.map_or(Self::Delete, Self::Put)
    }
}

/// A row in an overlay.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// `None` hides what lies below.
    pub(super) row: Option<Vec<u8>>,
    below: Below,
}

/// Whether a layer below may know the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Below {
    Nothing,
    Perhaps,
}

/// Keys from one to another, as a map takes them.
pub(super) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Enters one change into an overlay.
pub(super) fn enter(overlay: &mut Overlay, key: Vec<u8>, change: Change) {
    let perhaps = |row| Changed {
        row,
        below: Below::Perhaps,
    };
    match change {
        Change::Insert(row) => {
            let changed = Changed {
                row: Some(row),
                below: Below::Nothing,
            };
            overlay.insert(key, changed);
        }
        Change::Put(row) => match overlay.get_mut(&key) {
            Some(changed) => changed.row = Some(row),
            None => {
                overlay.insert(key, perhaps(Some(row)));
            }
        },
        Change::Delete => match overlay.get(&key) {
            Some(changed) if changed.below == Below::Nothing => {
                overlay.remove(&key);
            }
            _ => {
                overlay.insert(key, perhaps(None));
            }
        },
    }
}

/// The changes two overlays make to a range, in key order and up to `limit` rows that are there; the
/// active one hides the frozen one.
pub(super) fn changes_in(
    active: &Overlay,
    frozen: Option<&Overlay>,
    bounds: Bounds<'_>,
    limit: usize,
) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let nothing = Overlay::new();
    let frozen = frozen.unwrap_or(&nothing);
    let mut merged = Merged {
        active: active.range::<[u8], _>(bounds).peekable(),
        frozen: frozen.range::<[u8], _>(bounds).peekable(),
    };
    let mut found = Vec::new();
    let mut there = 0;
    while there < limit
        && let Some((key, row)) = merged.next()
    {
        there += usize::from(row.is_some());
        found.push((key.to_vec(), row.clone()));
    }
    found
}

type Rows<'a> = std::iter::Peekable<Range<'a, Vec<u8>, Changed>>;

/// The two overlays in key order.
struct Merged<'a> {
    active: Rows<'a>,
    frozen: Rows<'a>,
}

impl<'a> Merged<'a> {
    fn next(&mut self) -> Option<(&'a [u8], &'a Option<Vec<u8>>)> {
        let over = self.active.peek().map(|(key, _)| key.as_slice());
        let under = self.frozen.peek().map(|(key, _)| key.as_slice());
        let is_over = match (over, under) {
            (Some(over), Some(under)) => {
                if over == under {
                    self.frozen.next();
                }
                over <= under
            }
            (over, _) => over.is_some(),
        };
        let next = if is_over {
            self.active.next()
        } else {
            self.frozen.next()
        };
        next.map(|(key, changed)| (key.as_slice(), &changed.row))
    }
}
