//! Copies of a data directory: whole, private, and of no use until they are finished.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::store::Batch;
use crate::store::Durability;
use crate::store::Journal;
use crate::store::JournalConfig;

const MODE: CopyMode = CopyMode {
    link: false,
    piece: 1000,
};

/// SHA-256 of `abc`, FIPS 180-2.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A data directory with some segments, an attachment, and what a hub leaves beside them.
fn data(root: &Path) -> DataDir {
    let data = DataDir::open(root).unwrap();
    let config = JournalConfig {
        segment_bytes: 1024,
        durability: Durability::Os,
        capacity_bytes: None,
    };
    let opened = Journal::open(&data.journal(), config, None, &mut |_, _, _| {
        Ok::<(), ()>(())
    });
    let (mut journal, _) = opened.unwrap();
    for number in 0..30_u8 {
        let mut batch = Batch::new();
        batch.push(1, &[&[number; 100]]);
        journal.append(&batch).unwrap();
    }
    let shelf = data.attachments().join("sha256").join(&ABC[..2]);
    fs::create_dir_all(&shelf).unwrap();
    fs::write(shelf.join(&ABC[2..]), b"abc").unwrap();
    fs::create_dir_all(data.attachments().join("unfinished")).unwrap();
    fs::write(data.attachments().join("unfinished/some"), b"a").unwrap();
    fs::write(data.index(), b"not copied").unwrap();
    fs::write(data.revocation().join("of.crl"), b"list").unwrap();
    fs::write(root.join("ANCHORS"), b"anchors").unwrap();
    data
}

fn made(from: &Path, to: &Path, mode: CopyMode) -> Result<(Backup, u64), CopyError> {
    let mut seen = 0;
    let copied = copy_data(from, to, mode, &mut |_| Ok(()), &mut |_, _| seen += 1)?;
    Ok((copied, seen))
}

fn paths(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}", path.display());
        if path.is_dir() {
            found.extend(paths(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found
}

#[test]
fn a_copy_holds_what_cannot_be_made_again_and_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("data"), directory.path().join("copy"));
    // Its lock is held.
    let _held = data(&from);
    let (copied, seen) = made(&from, &to, MODE).unwrap();
    assert_eq!((copied.journal.records, seen), (30, 30));
    assert_eq!((copied.attachments, copied.attachment_bytes), (1, 3));
    assert_eq!(copied.damaged, []);
    let found = paths(&to);
    let beside: Vec<&str> = found
        .iter()
        .filter_map(|path| path.strip_prefix(to.to_str().unwrap()))
        .filter(|path| !path.starts_with("/journal/"))
        .collect();
    let attachment = format!("/attachments/sha256/{}/{}", &ABC[..2], &ABC[2..]);
    assert_eq!(
        beside,
        [
            "/ANCHORS",
            "/VERSION",
            attachment.as_str(),
            "/revocation/of.crl"
        ]
    );
    assert!(has_attachment(&to, ABC.parse().unwrap()));
    seal(&to, &copied.journal).unwrap();
    verify_data(&to, &mut |_, _| {}).unwrap();
    // It can be used, and copied in turn; then it is not what it was.
    drop(data(&to));
    let again = directory.path().join("again");
    made(&to, &again, MODE).unwrap();
    let changed = verify_data(&to, &mut |_, _| {});
    assert!(
        matches!(changed, Err(CopyError::Changed { .. })),
        "{changed:?}"
    );
}

#[test]
fn a_linked_copy_shares_what_never_changes_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("data"), directory.path().join("copy"));
    drop(data(&from));
    let mode = CopyMode { link: true, ..MODE };
    let (copied, _) = made(&from, &to, mode).unwrap();
    let links = |path: &str| fs::metadata(to.join(path)).unwrap().nlink();
    assert_eq!(links("journal/00000001.journal"), 2);
    let last = format!("journal/{:08}.journal", copied.journal.segments);
    for own in [last.as_str(), "VERSION", "ANCHORS", "revocation/of.crl"] {
        assert_eq!(links(own), 1, "{own}");
    }
}

#[test]
fn nothing_is_overwritten_and_an_unfinished_copy_is_of_no_use() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("data"), directory.path().join("copy"));
    drop(data(&from));
    let not_ours = made(&directory.path().join("nothing"), &to, MODE);
    assert!(
        matches!(not_ours, Err(CopyError::NotOurs { .. })),
        "{not_ours:?}"
    );
    assert!(!to.exists());
    let mut pieces = 0;
    let mut moved = |_| {
        pieces += 1;
        if pieces == 4 {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    };
    let full = copy_data(&from, &to, MODE, &mut moved, &mut |_, _| {});
    assert!(matches!(full, Err(CopyError::Io { .. })), "{full:?}");
    assert!(DataDir::open(&to).is_err(), "no hub starts there");
    assert!(matches!(
        verify_data(&to, &mut |_, _| {}),
        Err(CopyError::NotOurs { .. })
    ));
    assert!(matches!(
        made(&to, &directory.path().join("more"), MODE),
        Err(CopyError::NotOurs { .. })
    ));
    assert!(matches!(
        made(&from, &to, MODE),
        Err(CopyError::NotEmpty { .. })
    ));
}

#[test]
fn damage_is_found_in_journal_and_attachments() {
    let directory = tempfile::tempdir().unwrap();
    let from = directory.path().join("data");
    drop(data(&from));
    let attachment = from
        .join("attachments/sha256")
        .join(&ABC[..2])
        .join(&ABC[2..]);
    fs::write(attachment, b"abd").unwrap();
    let (copied, _) = made(&from, &directory.path().join("one"), MODE).unwrap();
    assert_eq!(copied.damaged, [ABC.parse().unwrap()]);
    let segment = from.join("journal/00000001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[130] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let to = directory.path().join("other");
    assert!(matches!(
        made(&from, &to, MODE),
        Err(CopyError::Audit { .. })
    ));
    assert!(DataDir::open(&to).is_err(), "no hub starts there");
}
