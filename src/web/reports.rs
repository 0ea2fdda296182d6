//! Reports of past runs in a directory: what `load`, `demo` and `bench verify` wrote with `--json`,
//! with the page of the same name beside it where there is one.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

/// Files looked at; a directory with more shows the newest.
const FILES_MAX: usize = 50;

/// Largest file that is read. One at a time: what is shown of it is kept, not the file.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What a file says of one run.
#[derive(Debug)]
pub(super) struct Report {
    /// The file's name without its ending.
    pub(super) name: String,
    pub(super) figures: Value,
    /// Whether a page lies beside it.
    pub(super) has_page: bool,
}

/// What is to be shown of the reports of a directory, newest first. Files that are none are left out.
/// Blocking.
pub(super) fn of<T>(directory: &Path, show: impl Fn(&Report) -> Option<T>) -> Vec<T> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter_map(|path| {
            let about = std::fs::metadata(&path).ok()?;
            (about.len() <= BYTES_MAX).then_some((about.modified().ok()?, path))
        })
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    files
        .into_iter()
        .take(FILES_MAX)
        .filter_map(|(_, path)| {
            let figures: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            let name = path.file_stem()?.to_str()?.to_owned();
            let report = figures.is_object().then(|| Report {
                has_page: path_of_page(directory, &name).is_some(),
                name,
                figures,
            });
            show(&report?)
        })
        .collect()
}

/// The page of a report, of a size that can be one. Blocking.
pub(super) fn page(directory: &Path, name: &str) -> Option<String> {
    let path = path_of_page(directory, name)?;
    let about = std::fs::metadata(&path).ok()?;
    let is_whole = about.len() <= BYTES_MAX;
    is_whole.then(|| std::fs::read_to_string(path).ok())?
}

/// Only files of the directory itself.
fn path_of_page(directory: &Path, name: &str) -> Option<PathBuf> {
    let is_plain = !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.contains("..");
    let path = directory.join(format!("{name}.html"));
    (is_plain && path.is_file()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_of_the_directory_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).unwrap();
        };
        write("a.json", "{\"docs_per_s\": 1.0}");
        write("a.html", "<p>");
        write("b.json", "[1]");
        write("c.json", "{");
        write("d.txt", "{}");
        let name = |report: &Report| Some((report.name.clone(), report.has_page));
        let found = of(directory.path(), name);
        assert_eq!(found, [("a".to_owned(), true)]);
        assert_eq!(page(directory.path(), "a").as_deref(), Some("<p>"));
        assert!(page(directory.path(), "../a").is_none());
        assert!(page(directory.path(), "b").is_none());
        assert!(of(&directory.path().join("absent"), name).is_empty());
    }
}
