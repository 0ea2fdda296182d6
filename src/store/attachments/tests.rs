//! Attachments: there as a whole or not at all.

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

fn name(digest: Digest) -> UploadName {
    UploadName {
        organ: "000.00.00.H26".parse().unwrap(),
        digest,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// FIPS 180-2, appendix B.1.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn content_is_found_under_its_digest_and_stored_once() {
    for level in [Durability::Fsync, Durability::Os] {
        let dir = tempfile::tempdir().unwrap();
        let attachments = Attachments::open(dir.path(), level).unwrap();
        for parts in [&[&b"ab"[..], b"c"][..], &[b"abc"]] {
            let mut upload = attachments
                .begin(name(Digest::from([0; 32])).organ)
                .unwrap();
            parts.iter().for_each(|part| upload.write(part).unwrap());
            let (digest, _pin) = upload.finish(at(7)).unwrap();
            assert_eq!(digest.to_string(), ABC);
            let place = dir.path().join("sha256/ba").join(&ABC[2..]);
            assert_eq!(files(dir.path()), std::slice::from_ref(&place));
            let mode = fs::metadata(&place).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert_eq!(attachments.size(digest), Some(3));
            assert_eq!(attachments.read(digest, 0, 9).unwrap().unwrap(), b"abc");
            assert_eq!(attachments.read(digest, 1, 1).unwrap().unwrap(), b"b");
            assert_eq!(attachments.read(digest, 3, 9).unwrap().unwrap(), b"");
            assert_eq!(attachments.shelf(0xba).unwrap(), [(digest, at(7))]);
        }
        let absent = Digest::from([0; 32]);
        assert_eq!(attachments.size(absent), None);
        assert_eq!(attachments.read(absent, 0, 1).unwrap(), None);
    }
}

#[test]
fn an_upload_that_is_dropped_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Fsync).unwrap();
    let mut upload = attachments.begin_as(name(ABC.parse().unwrap())).unwrap();
    upload.write(b"half").unwrap();
    assert_eq!(files(dir.path()).len(), 1);
    drop(upload);
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn an_upload_that_was_kept_goes_on_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let name = name(ABC.parse().unwrap());
    let attachments = Attachments::open(dir.path(), Durability::Fsync).unwrap();
    let mut upload = attachments.begin_as(name).unwrap();
    upload.write(b"a").unwrap();
    let hashed = upload.keep(at(5)).unwrap();
    let mut upload = attachments.resume(name, Some(hashed)).unwrap();
    upload.write(b"b").unwrap();
    let hashed = upload.keep(at(6)).unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Fsync).unwrap();
    let kept = Unfinished {
        name,
        bytes: 2,
        at: at(6),
    };
    assert_eq!(attachments.unfinished().unwrap(), [kept]);
    let mut upload = attachments.resume(name, None).unwrap();
    upload.write(b"c").unwrap();
    assert_eq!(upload.finish(at(7)).unwrap().0, name.digest);
    // What is not as it was left is not gone on with.
    let mut upload = attachments.begin_as(name).unwrap();
    upload.write(b"xyz").unwrap();
    upload.keep(at(8)).unwrap();
    assert!(attachments.resume(name, Some(hashed)).is_err());
    attachments.discard(name).unwrap();
    attachments.discard(name).unwrap();
    assert!(attachments.resume(name, None).is_err());
}

#[test]
fn what_a_crash_left_is_removed_unless_it_can_go_on_and_what_was_finished_stays() {
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    let name = name(ABC.parse().unwrap());
    let (digest, _) = attachments
        .begin(name.organ)
        .unwrap()
        .finish(at(1))
        .unwrap();
    for mut upload in [
        attachments.begin(name.organ).unwrap(),
        attachments.begin_as(name).unwrap(),
    ] {
        upload.write(b"half").unwrap();
        std::mem::forget(upload);
    }
    // Of a version before uploads had owners.
    fs::write(dir.path().join("unfinished/17"), "half").unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    assert_eq!(files(dir.path()).len(), 2);
    assert_eq!(attachments.size(digest), Some(0));
    assert_eq!(attachments.unfinished().unwrap()[0].bytes, 4);
}

#[test]
fn a_content_is_removed_unless_it_is_wanted_or_about_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    let organ = name(ABC.parse().unwrap()).organ;
    let (digest, pin) = attachments.begin(organ).unwrap().finish(at(1)).unwrap();
    assert!(!attachments.remove_unless(digest, || false).unwrap());
    let (_, second) = attachments.begin(organ).unwrap().finish(at(1)).unwrap();
    drop(pin);
    assert!(!attachments.remove_unless(digest, || false).unwrap());
    drop(second);
    assert!(!attachments.remove_unless(digest, || true).unwrap());
    assert!(attachments.remove_unless(digest, || false).unwrap());
    assert!(!attachments.remove_unless(digest, || false).unwrap());
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn attachments_of_before_owners_are_read_and_never_removed() {
    let dir = tempfile::tempdir().unwrap();
    let digest: Digest = ABC.parse().unwrap();
    let place = dir.path().join("ba").join(&ABC[2..]);
    fs::create_dir(dir.path().join("ba")).unwrap();
    fs::write(&place, "abc").unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    assert_eq!(attachments.size(digest), Some(3));
    assert_eq!(attachments.read(digest, 1, 9).unwrap().unwrap(), b"bc");
    assert!(!attachments.remove_unless(digest, || false).unwrap());
    assert!(place.exists());
    assert_eq!(attachments.shelf(0xba).unwrap(), []);
}

#[test]
fn nothing_follows_a_link() {
    use std::os::unix::fs::symlink;
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret");
    fs::write(&secret, "abc").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    let name = name(ABC.parse().unwrap());
    // In place of an upload, of an attachment, and of a shelf.
    symlink(&secret, attachments.dir.unfinished().join(name.file())).unwrap();
    assert!(attachments.resume(name, None).is_err());
    fs::create_dir(attachments.dir.complete().join("ba")).unwrap();
    symlink(&secret, attachments.dir.place(name.digest)).unwrap();
    assert_eq!(attachments.size(name.digest), None);
    assert_eq!(attachments.read(name.digest, 0, 3).unwrap(), None);
    let (empty, _) = attachments
        .begin(name.organ)
        .unwrap()
        .finish(at(1))
        .unwrap();
    fs::remove_dir_all(attachments.dir.place(empty).parent().unwrap()).unwrap();
    symlink(
        elsewhere.path(),
        attachments.dir.place(empty).parent().unwrap(),
    )
    .unwrap();
    assert!(
        attachments
            .begin(name.organ)
            .unwrap()
            .finish(at(1))
            .is_err()
    );
    // Opening clears the names away, not what they lead to.
    let attachments = Attachments::open(dir.path(), Durability::Os).unwrap();
    assert_eq!(attachments.unfinished().unwrap(), []);
    assert_eq!(fs::read(&secret).unwrap(), b"abc");
    fs::remove_dir_all(attachments.dir.unfinished()).unwrap();
    symlink(elsewhere.path(), attachments.dir.unfinished()).unwrap();
    assert!(Attachments::open(dir.path(), Durability::Os).is_err());
    assert!(secret.exists());
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
    let organ = name(ABC.parse().unwrap()).organ;
    let (digest, pin) = clone.begin(organ).unwrap().finish(at(1)).unwrap();
    assert_eq!(clone.size(digest), Some(0));
    drop((clone, pin));
    assert!(!path.exists());
}
