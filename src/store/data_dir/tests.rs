//! Who may open a data directory, and what others see of it.

use std::fs::Permissions;
use std::os::unix::fs::symlink;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn anchor(byte: u8) -> Digest {
    Digest::from([byte; 32])
}

#[test]
fn a_second_owner_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = DataDir::open(dir.path()).unwrap();
    assert!(matches!(
        DataDir::open(dir.path()),
        Err(OpenDataDirError::InUse { .. })
    ));
    drop(first);
    DataDir::open(dir.path()).unwrap();
}

#[test]
fn a_newer_layout_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("VERSION"), "2\n").unwrap();
    let refused = DataDir::open(dir.path());
    assert!(matches!(
        refused,
        Err(OpenDataDirError::NewerVersion {
            found: 2,
            supported: 1
        })
    ));
    assert_eq!(fs::read(dir.path().join("VERSION")).unwrap(), b"2\n");
    for nonsense in ["", "0", "one", "-1"] {
        fs::write(dir.path().join("VERSION"), nonsense).unwrap();
        let refused = DataDir::open(dir.path());
        assert!(matches!(
            refused,
            Err(OpenDataDirError::UnreadableVersion { .. })
        ));
    }
}

#[test]
fn a_new_directory_is_complete_private_durable_and_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("a/b");
    files::synced::take();
    for opening in 0..2 {
        let data_dir = DataDir::open(&root).unwrap();
        for path in [
            root.clone(),
            data_dir.journal(),
            data_dir.attachments(),
            data_dir.revocation(),
        ] {
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        }
        assert_eq!(fs::read(root.join("VERSION")).unwrap(), b"1\n");
        for name in ["VERSION", "LOCK"] {
            assert_eq!(mode(&root.join(name)), 0o600, "{name}");
        }
        let synced = files::synced::take();
        if opening == 0 {
            // The names of `b` in `a`, and of `a`.
            assert!(synced.contains(&dir.path().join("a")), "{synced:?}");
            assert!(synced.contains(&dir.path().to_owned()), "{synced:?}");
        }
        assert!(synced.contains(&root));
    }
}

#[test]
fn a_directory_that_was_open_to_others_is_closed_with_all_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    drop(DataDir::open(root).unwrap());
    let segment = root.join("journal/00000001.journal");
    let shelf = root.join("attachments/ab");
    fs::create_dir(&shelf).unwrap();
    let attachment = shelf.join("cdef");
    for file in [&segment, &attachment, &root.join("index.redb")] {
        fs::write(file, "content").unwrap();
        set_mode(file, 0o644);
    }
    for directory in ["", "journal", "attachments", "attachments/ab"] {
        set_mode(&root.join(directory), 0o755);
    }
    set_mode(&root.join("VERSION"), 0o666);
    drop(DataDir::open(root).unwrap());
    for directory in ["", "journal", "attachments", "attachments/ab"] {
        assert_eq!(mode(&root.join(directory)), 0o700, "{directory}");
    }
    for file in [
        &segment,
        &attachment,
        &root.join("index.redb"),
        &root.join("VERSION"),
    ] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
}

#[test]
fn an_empty_directory_is_ours_and_one_with_other_files_is_not() {
    let dir = tempfile::tempdir().unwrap();
    set_mode(dir.path(), 0o777);
    drop(DataDir::open(dir.path()).unwrap());
    assert_eq!(mode(dir.path()), 0o700);

    let others = tempfile::tempdir().unwrap();
    let file = others.path().join("hub.toml");
    fs::write(&file, "").unwrap();
    set_mode(&file, 0o644);
    set_mode(others.path(), 0o755);
    let data_dir = DataDir::open(others.path()).unwrap();
    assert_eq!(mode(others.path()), 0o755);
    assert_eq!(mode(&file), 0o644);
    assert_eq!(mode(&data_dir.journal()), 0o700);
    assert_eq!(mode(&others.path().join("LOCK")), 0o600);

    let shared = tempfile::tempdir().unwrap();
    set_mode(shared.path(), 0o1777);
    for _ in 0..2 {
        drop(DataDir::open(shared.path()).unwrap());
        assert_eq!(mode(shared.path()), 0o1777);
    }
}

#[test]
fn a_directory_whose_parts_lead_elsewhere_is_refused_and_nothing_there_is_touched() {
    for name in OURS {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = elsewhere.path().join("unfinished");
        fs::write(&theirs, "theirs").unwrap();
        symlink(elsewhere.path(), dir.path().join(name)).unwrap();
        let refused = DataDir::open(dir.path()).unwrap_err();
        assert!(
            matches!(refused, OpenDataDirError::Link { .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains(name), "{refused}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }
    // The directory as a whole may be a link: that is its owner's choice.
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(elsewhere.path(), dir.path().join("data")).unwrap();
    DataDir::open(dir.path().join("data")).unwrap();
    assert!(elsewhere.path().join("VERSION").exists());
}

#[test]
fn a_directory_belongs_to_the_axis_it_was_made_under() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(dir.path()).unwrap();
    data_dir.bind_to(&[anchor(1)]).unwrap();
    data_dir.bind_to(&[anchor(1)]).unwrap();
    let kept = dir.path().join("ANCHORS");
    assert_eq!(mode(&kept), 0o600);
    let refused = data_dir.bind_to(&[anchor(2)]).unwrap_err();
    assert!(matches!(refused, OpenDataDirError::Foreign { .. }));
    let said = refused.to_string();
    for part in [
        anchor(1).to_string(),
        anchor(2).to_string(),
        kept.display().to_string(),
    ] {
        assert!(said.contains(&part), "{said}");
    }
    // A new root beside the old one, then alone.
    data_dir.bind_to(&[anchor(3), anchor(1)]).unwrap();
    data_dir.bind_to(&[anchor(3)]).unwrap();
    assert!(data_dir.bind_to(&[anchor(1)]).is_err());
    for nonsense in ["", "# nothing\n", "abc\n"] {
        fs::write(&kept, nonsense).unwrap();
        let refused = data_dir.bind_to(&[anchor(3)]);
        assert!(matches!(
            refused,
            Err(OpenDataDirError::UnreadableAnchors { .. })
        ));
    }
    fs::remove_file(&kept).unwrap();
    data_dir.bind_to(&[anchor(9)]).unwrap();
    assert!(data_dir.bind_to(&[anchor(3)]).is_err());
}
