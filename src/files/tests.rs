//! Keys go into new private files only, whatever stands where they are to be.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::symlink;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_key_never_goes_through_a_link_nor_into_a_looser_file() {
    let dir = tempfile::tempdir().unwrap();
    let (key, victim) = (dir.path().join("person.key"), dir.path().join("victim"));
    fs::write(&victim, "theirs").unwrap();
    symlink(&victim, &key).unwrap();
    replace(&key, b"secret", Readers::Owner).unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
    assert_eq!(fs::read(&key).unwrap(), b"secret");
    assert!(fs::symlink_metadata(&key).unwrap().is_file());
    assert_eq!(mode(&key), 0o600);

    let loose = dir.path().join("seal.key");
    fs::write(&loose, "old").unwrap();
    fs::set_permissions(&loose, Permissions::from_mode(0o666)).unwrap();
    let before = fs::metadata(&loose).unwrap().ino();
    replace(&loose, b"secret", Readers::Owner).unwrap();
    assert_eq!(mode(&loose), 0o600);
    assert_ne!(fs::metadata(&loose).unwrap().ino(), before);
}

#[test]
fn what_was_put_where_unfinished_files_were_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let victim = dir.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    for planted in ["ready.unfinished", "ready.txt.unfinished"] {
        symlink(&victim, dir.path().join(planted)).unwrap();
    }
    for readers in [Readers::Owner, Readers::Everybody] {
        replace(&dir.path().join("ready.txt"), b"1", readers).unwrap();
        replace_unflushed(&dir.path().join("ready.txt"), b"2", readers).unwrap();
    }
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_directory_or_pipe_of_the_name_is_refused_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("place");
    fs::create_dir(&place).unwrap();
    assert!(replace(&place, b"content", Readers::Everybody).is_err());
    assert!(place.is_dir());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_must_be_new_is_not_made_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (link, victim) = (dir.path().join("link"), dir.path().join("victim"));
    symlink(&victim, &link).unwrap();
    assert!(create(&link, Readers::Owner).is_err());
    assert!(open_private(&link).is_err());
    assert!(!victim.exists());
    assert_eq!(
        {
            drop(open_private(&victim).unwrap());
            mode(&victim)
        },
        0o600
    );
}

#[test]
fn others_lose_what_they_could_do_and_links_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    fs::write(&file, "").unwrap();
    symlink(&file, &link).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(tighten(&link).unwrap(), Tightened::Private);
    assert_eq!(mode(&file), 0o644);
    assert_eq!(tighten(&file).unwrap(), Tightened::Was(0o644));
    assert_eq!(tighten(&file).unwrap(), Tightened::Private);
    assert_eq!(mode(&file), 0o600);
}
