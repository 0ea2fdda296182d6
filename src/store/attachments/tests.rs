//! Attachments: there as a whole or not at all.

use std::io::Read as _;

use super::*;

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

#[test]
fn content_is_found_under_its_digest_and_stored_once() {
    for level in [Durability::Fsync, Durability::Os] {
        let dir = tempfile::tempdir().unwrap();
        let attachments = Attachments::open(dir.path(), level).unwrap();
        for parts in [&[&b"ab"[..], b"c"][..], &[b"abc"]] {
            let mut upload = attachments.begin().unwrap();
            parts.iter().for_each(|part| upload.write(part).unwrap());
            let digest = upload.finish().unwrap();
            // FIPS 180-2, appendix B.1.
            let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            assert_eq!(digest.to_string(), expected);
            assert_eq!(
                files(dir.path()),
                [dir.path().join("ba").join(&expected[2..])]
            );
            assert_eq!(attachments.size(digest), Some(3));
            let (mut file, size) = attachments.open_content(digest).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!((content.as_slice(), size), (&b"abc"[..], 3));
        }
        let absent = Digest::from([0; 32]);
        assert_eq!(attachments.size(absent), None);
        assert!(attachments.open_content(absent).is_none());
    }
}

#[test]
fn an_upload_that_is_dropped_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Fsync).unwrap();
    let mut upload = attachments.begin().unwrap();
    upload.write(b"half").unwrap();
    assert_eq!(files(dir.path()).len(), 1);
    drop(upload);
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn what_a_crash_left_is_removed_and_what_was_finished_stays() {
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    let digest = attachments.begin().unwrap().finish().unwrap();
    let mut upload = attachments.begin().unwrap();
    upload.write(b"half").unwrap();
    std::mem::forget(upload);
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    assert_eq!(files(dir.path()).len(), 1);
    assert_eq!(attachments.size(digest), Some(0));
}

#[test]
fn a_full_disk_is_told_apart_from_other_failures() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        assert!(matches!(
            AttachmentError::from(io::Error::from(kind)),
            AttachmentError::Full { .. }
        ));
    }
    let other = AttachmentError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    assert!(matches!(other, AttachmentError::Io(_)));
}

#[test]
fn temporary_attachments_go_with_their_last_owner() {
    let attachments = Attachments::temporary().unwrap();
    let path = attachments.dir.path.clone();
    let clone = attachments.clone();
    drop(attachments);
    let digest = clone.begin().unwrap().finish().unwrap();
    assert_eq!(clone.size(digest), Some(0));
    drop(clone);
    assert!(!path.exists());
}
