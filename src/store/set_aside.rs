//! Files that prove something are given another name, never removed.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::files;

/// Gives a file another name beside its own, with a mark and the first number that is free, durably, and
/// says which: `index.redb.ahead-1`. Blocking.
///
/// # Errors
/// What the file system says.
pub fn set_aside(path: &Path, mark: &str) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    let kept = loop {
        let mut name = OsString::from(path.file_name().unwrap_or_default());
        name.push(format!(".{mark}-{number}"));
        let kept = path.with_file_name(name);
        match fs::symlink_metadata(&kept) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break kept,
            Err(error) => return Err(error),
            Ok(_) => number += 1,
        }
    };
    fs::rename(path, &kept)?;
    files::sync_directory(files::parent(path))?;
    tracing::warn!(path = %path.display(), kept = %kept.display(), "set aside");
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_set_aside_earlier_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.redb");
        for number in 1..4 {
            fs::write(&path, number.to_string()).unwrap();
            let kept = set_aside(&path, "ahead").unwrap();
            assert_eq!(kept, dir.path().join(format!("index.redb.ahead-{number}")));
        }
        for number in 1..4 {
            let kept = dir.path().join(format!("index.redb.ahead-{number}"));
            assert_eq!(fs::read_to_string(kept).unwrap(), number.to_string());
        }
        assert!(set_aside(&path, "ahead").is_err());
    }
}
