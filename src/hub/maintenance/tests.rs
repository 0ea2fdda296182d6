//! The thread's steps, one at a time: whatever happens to the file, it is mended once, and says the same
//! afterwards.

use crate::hub::Config;
use crate::hub::Hub;
use crate::hub::rows;
use crate::hub::tests::opened;
use crate::store::Durability;
use crate::store::Pace;
use crate::store::Position;

use super::*;

/// Steps within which everything here ends: each waits for 20 ms at most.
const STEPS_MAX: usize = 3000;

/// Keys and values of an index.
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A hub whose index is on disk, and its rows.
fn hub(directory: &Path) -> (Hub, Rows) {
    let mut hub = opened(Config::new(Some(directory.to_owned()), Durability::Os));
    hub.committer.write_out();
    let all = all(&hub.core);
    assert!(all.len() > 90, "the agencies of 2019");
    (hub, all)
}

fn all(core: &Core) -> Rows {
    core.index
        .range(Vec::new()..vec![0xFF], usize::MAX)
        .unwrap()
}

fn maintained<'a>(hub: &'a Hub, directory: &Path) -> Maintenance<'a> {
    let mut maintenance = Maintenance::new(&hub.core, Some(directory.join("index.redb")));
    maintenance.until(|it| !it.core.index.is_writing());
    maintenance
}

impl Maintenance<'_> {
    fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..STEPS_MAX {
            if holds(self) {
                return;
            }
            assert!(self.step());
        }
        panic!("still {:?}", self.fares);
    }

    fn is_at_rest(&self) -> bool {
        self.fares == Fares::Well && self.making.is_none() && self.inspection.is_none()
    }

    fn remade(&self) -> u64 {
        self.core.remade.load(Ordering::Relaxed)
    }
}

#[test]
fn damage_is_mended_once_and_health_says_so_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, before) = hub(directory.path());
    let mut maintenance = maintained(&hub, directory.path());
    maintenance.until(Maintenance::is_at_rest);
    hub.core.index.report_damage();
    maintenance.until(|it| it.fares == Fares::Damaged);
    assert!(hub.core.health.is_set(Condition::IndexBehind));
    assert_eq!(all(&hub.core), before, "it serves meanwhile");
    maintenance.until(Maintenance::is_at_rest);
    assert!(!hub.core.health.is_set(Condition::IndexBehind));
    // The reading of all rows went on in the new file, and found nothing.
    assert_eq!((maintenance.remade(), hub.core.index.damaged()), (1, 1));
    assert_eq!(all(&hub.core), before);
}

#[test]
fn a_file_that_cannot_be_opened_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, before) = hub(directory.path());
    let mut maintenance = maintained(&hub, directory.path());
    std::fs::write(directory.path().join("index.redb"), b"no index").unwrap();
    maintenance.mend();
    assert!(hub.core.health.is_set(Condition::IndexAway));
    maintenance.until(Maintenance::is_at_rest);
    assert_eq!(maintenance.remade(), 1);
    assert!(!hub.core.health.is_set(Condition::IndexAway));
    assert_eq!(all(&hub.core), before);
}

#[test]
fn what_the_journal_does_not_say_is_found_by_comparing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut hub, before) = hub(directory.path());
    let mut first = maintained(&hub, directory.path());
    first.make(Purpose::Comparison);
    first.until(Maintenance::is_at_rest);
    assert_eq!(first.remade(), 0, "it is as the journal says");
    drop(first);
    let invented = rows::document_key(7);
    let changes = vec![(invented.clone(), Some(b"nobody sent it".to_vec()))];
    hub.core.index.apply(changes);
    hub.committer.write_out();
    let mut maintenance = maintained(&hub, directory.path());
    assert!(hub.core.index.get(&invented).unwrap().is_some());
    maintenance.make(Purpose::Comparison);
    maintenance.until(Maintenance::is_at_rest);
    assert_eq!(maintenance.remade(), 1);
    assert_eq!(hub.core.index.get(&invented).unwrap(), None);
    assert_eq!(all(&hub.core), before);
}

#[test]
fn who_waits_for_a_write_that_is_put_off_learns_so_also_when_the_file_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, before) = hub(directory.path());
    let mut maintenance = maintained(&hub, directory.path());
    let index = &hub.core.index;
    index.apply(vec![(b"Zchanged".to_vec(), Some(vec![1]))]);
    // Of another record than the file reflects: it is known by that that this is not in it.
    let mut later = index.applied().unwrap().to_bytes();
    later[8] += 8;
    index.freeze(Position::from_bytes(later));
    maintenance.failed(Fares::Away, "a write failed");
    maintenance.mend();
    assert_eq!(all(&hub.core).len(), before.len() + 1, "reads are served");
    assert_eq!(index.wait_written(Duration::from_secs(60)), Pace::Stuck);
    // Its time comes, and it is written.
    maintenance.until(|it| it.fares == Fares::Well);
    assert_eq!(index.wait_written(Duration::from_secs(60)), Pace::Written);
}

#[test]
fn changes_are_written_while_another_is_made_and_are_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, _) = hub(directory.path());
    let mut maintenance = maintained(&hub, directory.path());
    hub.core.index.report_damage();
    maintenance.until(|it| it.making.is_some());
    let changed = vec![(b"Zchanged".to_vec(), Some(vec![1]))];
    hub.core.index.apply(changed);
    let position = hub.core.index.applied().unwrap();
    hub.core.index.freeze(position);
    maintenance.until(|it| it.is_at_rest() && !it.core.index.is_writing());
    assert_eq!(maintenance.remade(), 1);
}

#[test]
fn a_hub_that_stops_does_not_wait_for_one_that_is_being_made() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, _) = hub(directory.path());
    let mut maintenance = maintained(&hub, directory.path());
    maintenance.make(Purpose::Replacement);
    hub.core.draining.cancel();
    hub.core.index.close();
    while maintenance.step() {}
    assert!(maintenance.making.is_none());
}
