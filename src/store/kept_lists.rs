//! The newest revocation list of each issuer, kept over restarts: who puts an older one back must not
//! bring back what was revoked.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::files;
use crate::files::Readers;
use crate::model::Digest;

/// A directory of lists: `<SHA-256 of the issuer's name>.crl`, DER.
#[derive(Debug)]
pub struct KeptLists {
    directory: PathBuf,
}

impl KeptLists {
    /// The lists in a directory.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where they are.
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// All that are kept, DER, in the order of their names. Blocking.
    ///
    /// # Errors
    /// What the file system says; a directory that is not there has none.
    pub fn read(&self) -> io::Result<Vec<Vec<u8>>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "crl") {
                paths.push(path);
            }
        }
        paths.sort();
        paths.into_iter().map(fs::read).collect()
    }

    /// Keeps these lists, each under its issuer, durably; those of other issuers stay. Blocking.
    ///
    /// # Errors
    /// What the file system says; each list is the old or the new one as a whole.
    pub fn keep(&self, lists: &[(Digest, Vec<u8>)]) -> io::Result<()> {
        files::create_private_directory(&self.directory)?;
        for (issuer, list) in lists {
            let path = self.directory.join(format!("{issuer}.crl"));
            if fs::read(&path).is_ok_and(|kept| kept == *list) {
                continue;
            }
            files::replace(&path, list, Readers::Owner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_list_of_each_issuer_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLists::at(dir.path().join("revocation"));
        assert!(kept.read().unwrap().is_empty());
        let (root, issuing) = (Digest::from([1; 32]), Digest::from([2; 32]));
        kept.keep(&[(root, vec![1]), (issuing, vec![2])]).unwrap();
        kept.keep(&[(issuing, vec![3])]).unwrap();
        // What a crash left unfinished is not a list.
        fs::write(kept.directory().join(".x.crl.unfinished"), "half").unwrap();
        assert_eq!(kept.read().unwrap(), [vec![1], vec![3]]);
    }

    #[test]
    fn what_could_not_be_kept_is_kept_at_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLists::at(dir.path().join("revocation"));
        let lists = [(Digest::from([1; 32]), vec![1])];
        fs::write(kept.directory(), "in the way").unwrap();
        assert!(kept.keep(&lists).is_err());
        fs::remove_file(kept.directory()).unwrap();
        kept.keep(&lists).unwrap();
        assert_eq!(kept.read().unwrap(), [vec![1]]);
    }
}
