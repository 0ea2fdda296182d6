//! Every answer a client gets to a submission is in exactly one count, and the sums are equal at every
//! step; a repeated document has its receipt, whatever has happened since.

use std::collections::BTreeMap;

use docaxis::hub;
use docaxis::model::Reason;
use docaxis::store::Durability;
use docaxis::wire;
use docaxis::wire::v1;
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::document;
use crate::support::eventually;
use crate::support::raw::Http2;
use crate::support::reason;
use crate::support::start;
use crate::support::year;

/// An organisation that our CA knows and the registry does not.
const NOBODY: &str = "000.00.00.X99";

/// What a client was told.
#[derive(Debug, Default)]
struct Told {
    receipts: BTreeMap<u64, u64>,
    refused: BTreeMap<String, u64>,
}

impl Told {
    async fn submit(&mut self, by: &Party, document: v1::SignedDocument) {
        match by.submit(document).await {
            Ok(receipt) => *self.receipts.entry(receipt.hub_sequence).or_default() += 1,
            Err(status) => {
                let told = wire::reason_of(&status).unwrap();
                let reason = told.reason.as_str().to_owned();
                *self.refused.entry(reason).or_default() += 1;
            }
        }
    }

    fn answers(&self) -> u64 {
        self.receipts.values().sum::<u64>() + self.refused.values().sum::<u64>()
    }

    /// Holds what was told against what the hub counted, once nothing is under way.
    async fn is_counted_by(&self, reader: &Party) -> v1::Totals {
        eventually("every outcome is known", || async {
            let totals = reader.totals().await;
            assert_balanced(&totals);
            totals.under_way == 0
        })
        .await;
        let totals = reader.totals().await;
        assert_eq!(totals.submitted, self.answers());
        assert_eq!(totals.sent, self.receipts.len() as u64);
        let again: u64 = self.receipts.values().map(|count| count - 1).sum();
        assert_eq!(totals.repeated, again);
        let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
        for row in totals.refusals.iter().chain(&totals.turned_away_reasons) {
            *by_reason.entry(row.reason.clone()).or_default() += row.count;
        }
        by_reason.retain(|_, count| *count > 0);
        assert_eq!(by_reason, self.refused);
        totals
    }
}

fn assert_balanced(totals: &v1::Totals) {
    let answered = totals.sent + totals.repeated + totals.refused + totals.turned_away;
    assert_eq!(totals.submitted, answered + totals.under_way, "{totals:?}");
    let delivered = totals.received + totals.in_flight;
    assert_eq!(totals.addressed, delivered + totals.pending + totals.locked);
    assert!(totals.balanced);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_full_journal_every_answer_is_in_one_count() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = hub::Config::new(Some(directory.path().into()), Durability::Fsync);
    config.journal_max_bytes = Some(64 * 1024);
    let axis = Axis::start_with(config.clone()).await;
    let (hanoi, vinh_phuc) = (axis.party(HANOI), axis.party(VINH_PHUC));
    let mut told = Told::default();
    let small = |number| document(number, HANOI, &[PHU_THO]).unsigned();
    for number in 1..400 {
        told.submit(&hanoi, small(number)).await;
        if number % 10 == 0 {
            let nowhere = document(number, HANOI, &[NOBODY]).unsigned();
            told.submit(&hanoi, nowhere).await;
            // The first one again, and another document of its number.
            told.submit(&hanoi, small(1)).await;
            let other = document(1, HANOI, &[PHU_THO, VINH_PHUC]).unsigned();
            told.submit(&hanoi, other).await;
            assert_balanced(&hanoi.totals().await);
        }
    }
    assert!(told.refused.contains_key("STORAGE_FULL"), "{told:?}");
    assert!(told.refused.contains_key("RECIPIENT_UNKNOWN"));
    assert_eq!(told.receipts[&1], 1 + 39, "also while the journal is full");
    let totals = told.is_counted_by(&vinh_phuc).await;
    assert!(totals.turned_away > 0 && totals.refused > 0);
    assert!(axis.hub.ledger().imbalances().is_empty());

    // What is on record is what is counted after a restart.
    drop((hanoi, vinh_phuc));
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, config).await;
    let again = axis.party(VINH_PHUC).totals().await;
    assert_balanced(&again);
    assert_eq!((again.sent, again.refused), (totals.sent, totals.refused));
    assert_eq!(again.submitted, totals.sent + totals.refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_is_counted_as_turned_away() {
    let axis = Axis::start().await;
    let [hanoi, phu_tho, operator] = [HANOI, PHU_THO, VPCP].map(|code| axis.party(code));
    let nobody = axis.party(NOBODY);
    let mut told = Told::default();
    told.submit(&nobody, document(1, NOBODY, &[HANOI]).unsigned())
        .await;
    let locked = v1::ChangeAgencyRequest {
        organ_id: PHU_THO.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    operator
        .connection
        .registry()
        .suspend(locked)
        .await
        .unwrap();
    told.submit(&phu_tho, document(1, PHU_THO, &[HANOI]).unsigned())
        .await;
    let not_its_own = document(2, PHU_THO, &[VINH_PHUC]).unsigned();
    told.submit(&hanoi, not_its_own).await;
    told.submit(&hanoi, document(1, HANOI, &[PHU_THO]).unsigned())
        .await;
    let totals = told.is_counted_by(&hanoi).await;
    assert_eq!((totals.turned_away, totals.refused), (2, 2));

    // What is no message at all, and what is too large to be one.
    let (certificates, key) = &hanoi.identity;
    let raw = Http2::connect(&axis, Some((certificates.as_str(), key.as_str()))).await;
    let garbage = raw
        .call("/docaxis.v1.Exchange/Submit", &[0xff, 0xff, 0xff])
        .await;
    assert_ne!(garbage.code(), 0);
    let after = hanoi.totals().await;
    assert_balanced(&after);
    assert_eq!(after.submitted, totals.submitted + 1);
    assert_eq!(after.turned_away, totals.turned_away + 1);
    let mut request = v1::ListCountersRequest::default();
    request.set_by(v1::list_counters_request::By::Agency);
    let rows = hanoi.connection.monitor().list_counters(request).await;
    let rows = rows.unwrap().into_inner().counters;
    let of = |code: &str| rows.iter().find(|row| row.organ_id == code);
    let own = of(HANOI).unwrap();
    assert_eq!((own.submitted, own.refused, own.turned_away), (3, 2, 1));
    assert_eq!(of(PHU_THO).unwrap().turned_away, 1);
    assert!(of(NOBODY).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_document_has_its_receipt_whatever_has_happened_since() {
    let axis = Axis::start().await;
    let mut validity = year();
    validity.not_after = start() + SignedDuration::from_hours(1);
    let for_an_hour = axis.party_valid(HANOI, validity);
    let [hanoi, phu_tho, operator] = [HANOI, PHU_THO, VPCP].map(|code| axis.party(code));
    let signed = document(1, HANOI, &[PHU_THO]).signed_by(&for_an_hour, start());
    let unsigned = document(2, HANOI, &[PHU_THO]).unsigned();
    let receipt = hanoi.submit(signed.clone()).await.unwrap();
    let for_reference = hanoi.submit(unsigned.clone()).await.unwrap();
    assert_eq!(receipt.legal_value(), v1::LegalValue::Full);
    let again = async |what: &str| {
        let repeated = hanoi.submit(signed.clone()).await;
        assert_eq!(repeated.unwrap(), receipt, "{what}");
        let repeated = hanoi.submit(unsigned.clone()).await;
        assert_eq!(repeated.unwrap(), for_reference, "{what}");
        assert_balanced(&hanoi.totals().await);
    };
    again("nothing happened").await;
    let locked = v1::ChangeAgencyRequest {
        organ_id: PHU_THO.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    operator
        .connection
        .registry()
        .suspend(locked)
        .await
        .unwrap();
    again("its recipient is suspended").await;
    let new = document(3, HANOI, &[PHU_THO]).unsigned();
    assert_eq!(reason(hanoi.submit(new).await), Reason::RecipientLocked);
    axis.clock
        .advance_to(start() + SignedDuration::from_hours(2));
    again("the signers' certificates have expired").await;
    axis.revoke(&for_an_hour.serials);
    again("they are revoked").await;

    // By stream as well.
    let (requests, receive) = mpsc::channel(1);
    let request = v1::SubmitStreamRequest {
        tag: 5,
        document: Some(signed.clone()),
    };
    requests.send(request).await.unwrap();
    let mut exchange = hanoi.connection.exchange();
    let answers = exchange.submit_stream(ReceiverStream::new(receive)).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap();
    let expected = v1::submit_stream_response::Outcome::Receipt(receipt.clone());
    assert_eq!(answer.unwrap().outcome, Some(expected));

    // It is the sender's only, and worth what the first is worth.
    let stolen = phu_tho.submit(signed.clone()).await;
    assert_eq!(reason(stolen), Reason::SenderNotActive);
    let stolen = axis.party(VINH_PHUC).submit(signed.clone()).await;
    assert_eq!(reason(stolen), Reason::SenderMismatch);
    let mut stripped = signed.clone();
    stripped.signature = Vec::new().into();
    assert_eq!(
        reason(hanoi.submit(stripped).await),
        Reason::RecipientLocked
    );
    let totals = hanoi.totals().await;
    assert_balanced(&totals);
    assert_eq!((totals.sent, totals.repeated), (2, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_documents_with_one_identity_one_is_taken_and_both_are_counted() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let (requests, receive) = mpsc::channel(8);
    for (tag, to) in [(1, PHU_THO), (2, VINH_PHUC), (3, PHU_THO)] {
        let document = Some(document(1, HANOI, &[to]).unsigned());
        requests
            .send(v1::SubmitStreamRequest { tag, document })
            .await
            .unwrap();
    }
    drop(requests);
    let mut exchange = hanoi.connection.exchange();
    let answers = exchange.submit_stream(ReceiverStream::new(receive)).await;
    let mut answers = answers.unwrap().into_inner();
    let mut told = BTreeMap::new();
    while let Some(answer) = answers.message().await.unwrap() {
        let outcome = match answer.outcome.unwrap() {
            v1::submit_stream_response::Outcome::Receipt(receipt) => {
                receipt.hub_sequence.to_string()
            }
            v1::submit_stream_response::Outcome::Refused(refused) => refused.reason,
        };
        told.insert(answer.tag, outcome);
    }
    // Whichever came first is taken, and the first and the third are the same.
    let first = told[&1].clone();
    assert_eq!(told[&3], first);
    let (repeated, refused) = match told[&2].as_str() {
        "DUPLICATE_DOCUMENT" => (1, 1),
        _ => (0, 2),
    };
    let expected = match refused {
        1 => ["1", "DUPLICATE_DOCUMENT"],
        _ => ["DUPLICATE_DOCUMENT", "1"],
    };
    assert_eq!([first.as_str(), told[&2].as_str()], expected);
    let totals = hanoi.totals().await;
    assert_balanced(&totals);
    let counts = [totals.submitted, totals.sent];
    assert_eq!(counts, [3, 1]);
    assert_eq!([totals.repeated, totals.refused], [repeated, refused]);
}
