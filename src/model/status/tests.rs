//! The table of transitions, held against its page.

use std::fmt::Write as _;

use super::*;

/// A stage as the page names it.
fn name(stage: Stage) -> String {
    match stage {
        Stage::RecallRequested(before) | Stage::UpdateRequested(before) => {
            format!("{} ({})", stage.as_str(), before.stage().as_str())
        }
        _ => stage.as_str().to_owned(),
    }
}

/// The table as `docs/statuses.md` shows it.
fn table() -> String {
    let mut table = String::from("| stage |");
    for code in StatusCode::ALL {
        let _ = write!(table, " {:02} |", code.number());
    }
    table.push_str(" update |\n|---|");
    table.push_str(&"---|".repeat(StatusCode::ALL.len() + 1));
    table.push('\n');
    for stage in Stage::all() {
        let _ = write!(table, "| {} |", name(stage));
        let after = StatusCode::ALL.map(|code| stage.after(code, code.party(), "why").ok());
        for next in after.into_iter().chain([stage.after_update()]) {
            match next {
                Some(next) if next == stage => table.push_str(" = |"),
                Some(next) => {
                    let _ = write!(table, " {} |", name(next));
                }
                None => table.push_str(" |"),
            }
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/statuses.md");
    let shown = page
        .split_once("<!-- table -->\n")
        .and_then(|(_, rest)| rest.split_once("<!-- end of table -->"))
        .map_or("", |(shown, _)| shown);
    assert_eq!(
        shown,
        table(),
        "docs/statuses.md is not the table of src/model/status.rs; it should be\n{}",
        table()
    );
}
