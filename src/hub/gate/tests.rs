//! The table of who may call what, held against its page and against the protocol.

use std::fmt::Write as _;

use super::access::Kind;
use super::access::RPCS;
use super::access::Role;

/// The table as `docs/access.md` shows it.
fn table() -> String {
    let mut table = String::from(
        "| call | nobody | unregistered | joining | testing | active | locked | revoked | operator | at once |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for rpc in RPCS {
        let name = rpc.path.trim_start_matches("/docaxis.v1.");
        let name = name.trim_start_matches('/').replace('/', ".");
        let _ = write!(table, "| `{name}` |");
        for role in Role::ALL {
            let may = if rpc.roles.contains(&role) {
                " ✓ |"
            } else {
                " |"
            };
            table.push_str(may);
        }
        let _ = writeln!(table, " {} |", rpc.kind.under_way_max());
    }
    table
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/access.md");
    let shown = page
        .split_once("<!-- table -->\n")
        .and_then(|(_, rest)| rest.split_once("<!-- end of table -->"))
        .map_or("", |(shown, _)| shown);
    assert_eq!(
        shown,
        table(),
        "docs/access.md is not the table of src/hub/gate/access.rs; it should be\n{}",
        table()
    );
}

#[test]
fn every_call_of_the_protocol_is_in_the_table() {
    use prost::Message as _;
    let files = prost_types::FileDescriptorSet::decode(crate::wire::DESCRIPTORS).unwrap();
    for file in &files.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let rpc = super::access::find(&path);
                let rpc =
                    rpc.unwrap_or_else(|| panic!("{path} is not in the table of who may call"));
                assert_eq!(
                    rpc.kind.is_stream(),
                    method.client_streaming(),
                    "{path}: whether silence is lawful"
                );
            }
        }
    }
    assert_eq!(
        Kind::ALL.map(Kind::index),
        std::array::from_fn(|index| index)
    );
}
