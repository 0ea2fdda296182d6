//! The rules a machine keeps over the sources, each failing with file, line and remedy.
//!
//! By lines, not by a parser: no false alarm matters more than no miss. Paths are those after
//! `crate::`; comments are skipped, so that documentation may link upwards.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use docaxis::model::Reason;

/// Rooms from the bottom up, each with the rooms it may use (ARCHITECTURE.md has the reasons).
const ROOMS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("files", &[]),
    ("telemetry", &[]),
    ("model", &["clock"]),
    ("text", &["model"]),
    ("trust", &["model"]),
    ("store", &["files", "model"]),
    ("wire", &["model", "text"]),
    ("page", &["text"]),
    ("pdf", &["model", "trust"]),
    (
        "validation",
        &["model", "page", "pdf", "text", "trust", "wire"],
    ),
    (
        "rates",
        &["clock", "model", "page", "text", "trust", "validation"],
    ),
    ("node", &["clock", "model", "trust", "wire"]),
    ("hub", &["clock", "model", "store", "trust", "wire"]),
    (
        "load",
        &["clock", "model", "node", "page", "text", "trust", "wire"],
    ),
    (
        "procedure",
        &[
            "clock", "files", "model", "node", "page", "text", "trust", "wire",
        ],
    ),
    (
        "web",
        &[
            "clock",
            "hub",
            "model",
            "page",
            "procedure",
            "store",
            "text",
            "trust",
            "validation",
            "wire",
        ],
    ),
    (
        "axis",
        &[
            "clock", "files", "hub", "load", "model", "node", "page", "pdf", "store", "text",
            "trust", "wire",
        ],
    ),
    (
        "abuse",
        &[
            "axis", "clock", "model", "node", "page", "store", "trust", "wire",
        ],
    ),
    (
        "cli",
        &[
            "abuse",
            "axis",
            "clock",
            "hub",
            "load",
            "model",
            "node",
            "page",
            "pdf",
            "procedure",
            "rates",
            "store",
            "telemetry",
            "text",
            "trust",
            "validation",
            "web",
            "wire",
        ],
    ),
];

/// Folders that hold Rust of ours.
const FOLDERS: &[&str] = &["src", "tests", "benches"];

/// A source file: its path from the repository's root with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines that are not comments, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..)
            .zip(self.text.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The room a file of `src` belongs to: its first folder, or its name where it stands alone.
    fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// Whether the file holds tests only.
    fn is_test(&self) -> bool {
        !self.path.starts_with("src/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        rust_files(&root().join(folder), &mut paths);
    }
    paths.sort();
    assert!(
        paths.len() > 10,
        "the sources were not found under {}",
        root().display()
    );
    paths
        .into_iter()
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path
                .strip_prefix(root())
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/"),
        })
        .collect()
}

/// Collects what each source is blamed for and fails with all of it.
fn nothing_is_found(blame: impl Fn(&Source) -> Vec<String>) {
    let found: Vec<String> = sources().iter().flat_map(blame).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The identifier a path begins with.
fn first_segment(path: &str) -> &str {
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.map_or(path, |end| &path[..end])
}

/// Whether `line` has `word` between characters that cannot belong to it.
fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

/// The breaches of the table of rooms in one file.
fn breaches(source: &Source) -> Vec<String> {
    let Some((room, below)) = ROOMS.iter().find(|(room, _)| source.room() == Some(room)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (number, line) in source.code() {
        let place = format!("{}:{number}", source.path);
        for used in line.split("crate::").skip(1).map(first_segment) {
            if used.is_empty() {
                found.push(format!("{place}: grouped import, write one path per `use`"));
            }
            let is_room = ROOMS.iter().any(|(known, _)| *known == used);
            if is_room && used != *room && !below.contains(&used) {
                found.push(format!(
                    "{place}: `{room}` may not use `{used}`, see ROOMS in tidy.rs"
                ));
            }
        }
        if line.contains("super::super") {
            found.push(format!(
                "{place}: two levels up, write the path from `crate::`"
            ));
        }
    }
    found
}

#[test]
fn a_room_uses_only_the_rooms_below_it() {
    nothing_is_found(breaches);
}

#[test]
fn the_table_of_rooms_has_no_cycle() {
    for (position, (room, below)) in ROOMS.iter().enumerate() {
        for used in *below {
            let known = ROOMS.iter().position(|(known, _)| known == used);
            assert!(
                known.is_some_and(|known| known < position),
                "`{room}` uses `{used}`, which is not below it"
            );
        }
    }
}

#[test]
fn a_breach_of_the_table_is_found_with_its_line() {
    let source = |line: &str| Source {
        path: "src/store/mod.rs".into(),
        text: format!("//! crate::hub is only mentioned.\n{line}\n"),
    };
    assert_eq!(
        breaches(&source("use crate::model::Digest;")),
        Vec::<String>::new()
    );
    assert!(
        breaches(&source("use crate::hub::Hub;"))[0].starts_with("src/store/mod.rs:2: `store`")
    );
    assert!(breaches(&source("use crate::{model};"))[0].contains("grouped import"));
    assert!(breaches(&source("use super::super::hub;"))[0].contains("two levels up"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    nothing_is_found(|source| {
        let opens = source.text.starts_with("//! ");
        let remedy = format!("{}:1: open with `//!`: what the file is for", source.path);
        if opens { Vec::new() } else { vec![remedy] }
    });
}

#[test]
fn nothing_is_left_to_be_fixed() {
    // Put together here, so that this file does not find itself.
    let words = [concat!("FIX", "ME"), concat!("XX", "X")];
    nothing_is_found(|source| {
        (1..)
            .zip(source.text.lines())
            .filter(|(_, line)| words.iter().any(|word| has_word(line, word)))
            .map(|(number, _)| format!("{}:{number}: fix it now or file an issue", source.path))
            .collect()
    });
}

/// Where processor instructions are, and nothing else.
const INSTRUCTIONS: [&str; 2] = [
    "src/trust/engine/lanes/ifma.rs",
    "src/trust/engine/lanes/sha_ni.rs",
];

#[test]
fn there_is_unsafe_code_where_instructions_are_only() {
    let word = concat!("un", "safe");
    nothing_is_found(|source| {
        if INSTRUCTIONS.contains(&source.path.as_str()) {
            return Vec::new();
        }
        source
            .code()
            .filter(|(_, line)| has_word(line, word) && !line.contains('"'))
            .map(|(number, _)| {
                let [one, other] = INSTRUCTIONS;
                let path = &source.path;
                format!("{path}:{number}: {word} code belongs into {one} or {other}")
            })
            .collect()
    });
}

#[test]
fn library_code_imports_one_path_per_use() {
    nothing_is_found(|source| {
        source
            .code()
            .filter(|(_, line)| {
                let line = line.trim_start();
                let is_use = line.starts_with("use ") || line.starts_with("pub use ");
                is_use && line.contains('{') && !source.is_test()
            })
            .map(|(number, _)| format!("{}:{number}: write one path per `use`", source.path))
            .collect()
    });
}

#[test]
fn every_reason_has_its_file() {
    for reason in Reason::ALL {
        let name = format!("src/text/reasons/{}.md", reason.as_str().to_lowercase());
        assert!(
            root().join(&name).is_file(),
            "{name}: write it, in both languages"
        );
    }
}

#[test]
fn every_file_is_named_by_a_mod() {
    let sources = sources();
    let declared: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| {
            let folder = module_folder(&source.path);
            source
                .code()
                .filter_map(move |(_, line)| Some(format!("{folder}{}", declared_module(line)?)))
        })
        .collect();
    for source in &sources {
        let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        assert!(
            is_crate_root(&source.path) || declared.contains(module),
            "{}:1: no `mod` names this file, name it or delete it",
            source.path
        );
    }
}

/// Files Cargo finds by itself.
fn is_crate_root(path: &str) -> bool {
    let in_folder = |folder: &str| {
        let inside = path.strip_prefix(folder);
        inside.is_some_and(|inside| !inside.contains('/') || inside.ends_with("/main.rs"))
    };
    ["src/lib.rs", "src/main.rs"].contains(&path) || in_folder("tests/") || in_folder("benches/")
}

/// Where the modules declared in this file lie, ending in `/`.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => format!("{folder}/"),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    }
}

/// The module a line like `pub(crate) mod name;` declares.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(';')?;
    let (before, name) = line.rsplit_once(' ')?;
    (before == "mod" || (before.starts_with("pub") && before.ends_with(" mod"))).then_some(name)
}
