//! What monitoring and tracing see of documents on their way.

use docaxis::model::Reason;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::reason;
use crate::support::start;

/// The value of one sample.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_follow_a_document_and_agree_with_the_ledger() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(sent).await.unwrap();
    hanoi
        .submit(document(2, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    let stranger = document(3, HANOI, &["000.00.00.Z99"]).unsigned();
    assert_eq!(
        reason(hanoi.submit(stranger).await),
        Reason::RecipientUnknown
    );
    assert_eq!(phu_tho.acknowledge(&[receipt.hub_sequence]).await, 1);
    let text = axis.hub.open_metrics();
    let of = |name: &str| sample(&text, name).unwrap_or_else(|| panic!("{name} in {text}"));
    let totals = axis.hub.ledger().totals();
    assert_eq!(
        of("docaxis_documents_total{outcome=\"accepted_full\"}"),
        1.0
    );
    assert_eq!(
        of("docaxis_documents_total{outcome=\"accepted_reference\"}"),
        1.0
    );
    assert_eq!(
        of("docaxis_refusals_total{reason=\"RECIPIENT_UNKNOWN\"}"),
        totals.refused as f64
    );
    assert_eq!(of("docaxis_deliveries_pending"), totals.pending as f64);
    assert_eq!(
        of("docaxis_deliveries_total{state=\"acknowledged\"}"),
        totals.received as f64
    );
    assert_eq!(of("docaxis_receipt_seconds_count"), 2.0);
    assert_eq!(of("docaxis_signatures_verified_total"), 2.0);
    assert_eq!(of("docaxis_connections"), 2.0);
    assert_eq!(of("docaxis_ledger_balanced"), 1.0);
    let times = axis.hub.stages().receipt_times();
    assert_eq!(times.count(), 2);
    assert!(times.quantile(0.5) <= times.quantile(1.0) && !times.sum().is_zero());
}
