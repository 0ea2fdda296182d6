//! Following the revocation lists of a CA directory: a list that is replaced is put in force, one that
//! cannot be read or is not believed leaves the last good one in force. Each is told once.

use std::path::PathBuf;
use std::time::Duration;

use crate::axis::pki;
use crate::axis::pki::PkiError;
use crate::hub::Handle;
use crate::trust::RevocationError;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One list on disk. Each is followed alone: one that is damaged must not keep the other from being
/// replaced.
#[derive(Debug)]
pub(super) struct Followed {
    path: PathBuf,
    /// What was read last and put in force, or refused.
    seen: Vec<u8>,
    can_be_read: bool,
}

/// What a look found, where it is worth a line.
#[derive(Debug)]
enum Found {
    NotBelieved(RevocationError),
    ReadableAgain,
    Replaced,
    Unreadable(PkiError),
}

impl Followed {
    /// A list that is in force already.
    pub(super) fn new(path: PathBuf, in_force: Vec<u8>) -> Self {
        Self {
            path,
            seen: in_force,
            can_be_read: true,
        }
    }

    fn look(
        &mut self,
        put_in_force: impl FnOnce(&[Vec<u8>]) -> Result<(), RevocationError>,
    ) -> Option<Found> {
        let list = match pki::read_list(&self.path) {
            Ok(list) => list,
            Err(error) => {
                let could_be = std::mem::replace(&mut self.can_be_read, false);
                return could_be.then_some(Found::Unreadable(error));
            }
        };
        let could_be = std::mem::replace(&mut self.can_be_read, true);
        if list == self.seen {
            return (!could_be).then_some(Found::ReadableAgain);
        }
        let put = put_in_force(std::slice::from_ref(&list));
        self.seen = list;
        Some(match put {
            Ok(()) => Found::Replaced,
            Err(error) => Found::NotBelieved(error),
        })
    }

    fn tell(&self, found: &Found) {
        let path = self.path.display();
        match found {
            Found::NotBelieved(error) => {
                tracing::warn!(%path, %error, "a new revocation list is not believed");
            }
            Found::ReadableAgain => tracing::info!(%path, "the revocation list can be read again"),
            Found::Replaced => tracing::info!(%path, "revocation list replaced"),
            Found::Unreadable(error) => tracing::warn!(
                %error,
                "a revocation list cannot be read: the last one stays in force"
            ),
        }
    }
}

/// Puts revocation lists in force when the files change. For as long as the hub runs.
pub(super) async fn follow(mut lists: Vec<Followed>, hub: Handle) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        let hub = hub.clone();
        let looking = tokio::task::spawn_blocking(move || {
            for list in &mut lists {
                if let Some(found) = list.look(|list| hub.replace_crls(list)) {
                    list.tell(&found);
                }
            }
            lists
        });
        match looking.await {
            Ok(looked) => lists = looked,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_ending) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_list_that_cannot_be_read_is_told_once_and_heals() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("issuing.crl");
        fs::write(&path, "1").unwrap();
        let mut list = Followed::new(path.clone(), b"1".to_vec());
        let untouched = |_: &[Vec<u8>]| panic!("nothing is to be put in force");
        assert!(list.look(untouched).is_none());
        fs::remove_file(&path).unwrap();
        assert!(matches!(list.look(untouched), Some(Found::Unreadable(_))));
        for _ in 0..3 {
            assert!(list.look(untouched).is_none());
        }
        fs::write(&path, "1").unwrap();
        assert!(matches!(list.look(untouched), Some(Found::ReadableAgain)));
        assert!(list.look(untouched).is_none());
        // In the way again, and back with a new list: that one line says all.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(list.look(untouched), Some(Found::Unreadable(_))));
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "2").unwrap();
        let mut put = Vec::new();
        let found = list.look(|lists| {
            put = lists.to_vec();
            Ok(())
        });
        assert!(matches!(found, Some(Found::Replaced)));
        assert_eq!(put, [b"2".to_vec()]);
    }

    #[test]
    fn a_list_that_is_not_believed_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.crl");
        fs::write(&path, "garbage").unwrap();
        let mut list = Followed::new(path, b"1".to_vec());
        let refused = |_: &[Vec<u8>]| Err(RevocationError::Malformed("garbage".to_owned()));
        assert!(matches!(list.look(refused), Some(Found::NotBelieved(_))));
        assert!(list.look(refused).is_none());
    }
}
