//! Who may call what: every cell of docs/access.md, over the wire, by a client that is not ours.

use std::time::Duration;

use docaxis::hub::Approvals;

use crate::applications::Scene;
use crate::applications::change;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::raw::Http2;
use crate::support::raw::Outcome;
use crate::support::raw::framed;
use crate::support::raw::outcome;

/// gRPC status codes.
const NOT_FOUND: i32 = 5;
const PERMISSION_DENIED: i32 = 7;
const UNAUTHENTICATED: i32 = 16;

/// Whether the gate let a call through: whatever a service then makes of an empty message.
fn passed(code: i32, message: &str) -> bool {
    let message = message.replace("%20", " ");
    let by_gate = code == UNAUTHENTICATED
        || (code == PERMISSION_DENIED
            && (message.contains("operator") || message.contains("not active")))
        || (code == NOT_FOUND && message.contains("not in the directory of agencies"));
    code >= 0 && !by_gate
}

/// The rows of docs/access.md: path, and whether each role may.
fn rows() -> Vec<(String, Vec<bool>)> {
    let page = include_str!("../../docs/access.md");
    let rows = page.lines().filter(|line| line.contains('✓'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0].trim_matches('`').to_owned();
        let (service, method) = name.rsplit_once('.').unwrap();
        let package = if service.starts_with("grpc.") {
            ""
        } else {
            "docaxis.v1."
        };
        let may = cells[1..9].iter().map(|cell| *cell == "✓").collect();
        (format!("/{package}{service}/{method}"), may)
    })
    .collect()
}

/// Calls with an empty message and a connection of its own, since some calls end what is open. A watch has
/// no end: that it answers is enough.
async fn called(scene: &Scene, path: &str, identity: Option<&(String, String)>) -> (i32, String) {
    let identity = identity.map(|(chain, key)| (chain.as_str(), key.as_str()));
    let client = Http2::connect(scene, identity).await;
    let (answer, mut send) = client.begin(path).await.unwrap();
    let _ = send.send_data(framed(&[], 0), true);
    match tokio::time::timeout(Duration::from_secs(1), outcome(answer)).await {
        Ok(Outcome::Status { code, message }) => (code.parse().unwrap(), message),
        Ok(broken) => panic!("{path}: {broken:?}"),
        Err(_elapsed) => (0, String::new()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table_holds() {
    let scene = Scene::set(Approvals::Automatic).await;
    let operator = scene.party(VPCP);
    let mut registry = operator.connection.registry();
    registry.suspend(change(PHU_THO, "test")).await.unwrap();
    registry.revoke(change(VINH_PHUC, "test")).await.unwrap();
    let mut candidates = Vec::new();
    for code in ["000.00.00.X78", "000.00.00.X79"] {
        scene.apply(code, "x").await.unwrap();
        let candidate = scene.certified(code, "x").await.unwrap();
        candidate.connect().await.unwrap();
        candidates.push(candidate);
    }
    let [joining, testing] = candidates.try_into().ok().unwrap();
    testing.register().await.unwrap();
    // In the order of the page's columns. The certificate of the one that is revoked is newer.
    let roles = [
        None,
        Some(scene.party("000.00.00.X77")),
        Some(joining),
        Some(testing),
        Some(scene.party(HANOI)),
        Some(scene.party(PHU_THO)),
        Some(scene.party(VINH_PHUC)),
        Some(operator),
    ];
    let mut rows = rows();
    // Whoever registers is not joining any longer.
    rows.sort_by_key(|(path, _)| path.ends_with("/Register"));
    for (path, may) in rows {
        assert_eq!(may.len(), roles.len());
        for (column, (role, may)) in roles.iter().zip(may).enumerate() {
            let identity = role.as_ref().map(|party| &party.identity);
            let (code, message) = called(&scene, &path, identity).await;
            let what = format!("{path}, column {column}: {code} {message}");
            assert_eq!(passed(code, &message), may, "{what}");
        }
    }
}
