//! Reports as files of every kind: read once, regular ones only, and nothing waits for them.

use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::CWD;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::mknodat;

use super::directory::BYTES_MAX;
use super::*;

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

fn pipe(directory: &Path, name: &str) {
    let path = directory.join(name);
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

fn names(listing: &Listing) -> Vec<(&str, bool)> {
    let reports = listing.reports.iter();
    reports
        .map(|report| (report.name.as_str(), report.has_page))
        .collect()
}

fn found(directory: &Path) -> Listing {
    let mut directory = Directory::new(directory.to_path_buf(), Clock::system());
    directory.look().unwrap()
}

#[test]
fn only_reports_of_the_directory_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    write(path, "a.json", "{\"docs_per_s\": 1.0}");
    write(path, "a.html", "<p>");
    write(path, "b.json", "[1]");
    write(path, "c.json", "{");
    write(path, "d.txt", "{}");
    write(path, ".e.json", "{}");
    assert_eq!(names(&found(path)), [("a", true)]);
    let mut reports = Directory::new(path.to_path_buf(), Clock::system());
    assert_eq!(reports.page("a").as_deref(), Some(&b"<p>"[..]));
    for name in ["../a", "b", "", "a\0", "."] {
        assert!(reports.page(name).is_none(), "{name:?}");
    }
    assert!(found(&path.join("absent")).is_unreadable);
}

#[test]
fn what_is_no_regular_file_is_neither_shown_nor_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), "secret.json", "{\"docs_per_s\": 1.0}");
    write(elsewhere.path(), "secret.html", "secret");
    for ending in ["json", "html"] {
        pipe(path, &format!("pipe.{ending}"));
        std::fs::create_dir(path.join(format!("directory.{ending}"))).unwrap();
        symlink("/dev/zero", path.join(format!("zero.{ending}"))).unwrap();
        let secret = elsewhere.path().join(format!("secret.{ending}"));
        symlink(secret, path.join(format!("link.{ending}"))).unwrap();
        symlink("nowhere", path.join(format!("broken.{ending}"))).unwrap();
    }
    write(path, "good.json", "{\"docs_per_s\": 1.0}");
    symlink("/etc/passwd", path.join("good.html")).unwrap();
    assert_eq!(names(&found(path)), [("good", false)]);
    let mut reports = Directory::new(path.to_path_buf(), Clock::system());
    for name in ["pipe", "directory", "zero", "link", "broken", "good"] {
        assert!(reports.page(name).is_none(), "{name}");
    }
}

#[test]
fn what_is_too_large_is_named_and_what_is_older_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for number in 0..60 {
        let name = format!("{number}.json");
        write(path, &name, "{\"docs_per_s\": 1.0}");
        let at = std::time::UNIX_EPOCH + Duration::from_secs(number);
        let file = std::fs::File::options().write(true).open(path.join(name));
        file.unwrap().set_modified(at).unwrap();
    }
    let large = std::fs::File::create(path.join("large.json")).unwrap();
    large.set_len(BYTES_MAX + 1).unwrap();
    let page = std::fs::File::create(path.join("59.html")).unwrap();
    page.set_len(BYTES_MAX + 1).unwrap();
    let listing = found(path);
    assert_eq!((listing.reports.len(), listing.older), (50, 10));
    assert_eq!(names(&listing)[0], ("59", false));
    assert_eq!(listing.too_large, ["large.json"]);
}

#[test]
fn a_file_is_read_again_when_it_changed_and_little_of_it_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut reports = Directory::new(path.to_path_buf(), Clock::system());
    let row =
        "{\"backend\": \"aws-lc\", \"step\": \"digest\", \"docs_per_s\": 1, \"other\": [[[1]]]}";
    let rows = vec![row; 1000].join(",");
    let scenario = "s".repeat(1000);
    write(
        path,
        "a.json",
        &format!("{{\"scenario\": \"{scenario}\", \"waterfall\": [{rows}], \"noise\": [{rows}]}}"),
    );
    let first = reports.looked().unwrap();
    let figures = &first.reports[0].figures;
    assert_eq!(figures["waterfall"].as_array().unwrap().len(), 64);
    assert_eq!(figures["scenario"].as_str().unwrap().len(), 120);
    assert!(figures["noise"].is_null() && figures["waterfall"][0]["other"].is_null());
    let again = reports.looked().unwrap();
    assert!(Arc::ptr_eq(&first.reports[0], &again.reports[0]));
    write(path, "a.json", "{\"docs_per_s\": 2.0}");
    let changed = reports.looked().unwrap();
    assert_eq!(changed.reports[0].figures["docs_per_s"], 2.0);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_does_not_answer_blocks_no_page() {
    // Nobody answers: as a thread does that hangs.
    let (questions, _asked) = mpsc::sync_channel(WAITING_MAX);
    let reports = Reports {
        questions,
        last: Arc::default(),
    };
    for _ in 0..3 * WAITING_MAX {
        assert!(reports.listing().await.is_late);
        assert!(matches!(reports.page("a".to_owned()).await, Page::Late));
    }
}

#[tokio::test]
async fn a_listing_is_of_now() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.json", "{\"docs_per_s\": 1.0}");
    let reports = Reports::of(directory.path().to_path_buf(), Clock::system()).unwrap();
    let seen = reports.listing().await;
    assert!(!seen.is_late);
    assert_eq!(names(&seen.listing), [("a", false)]);
    assert!(matches!(reports.page("a".to_owned()).await, Page::Absent));
}
