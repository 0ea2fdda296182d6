//! What bad input gets: a stable reason, and nothing else changes.

use std::time::Duration;

use docaxis::hub;
use docaxis::hub::Hub;
use docaxis::hub::OpenError;
use docaxis::model::CertificateUse;
use docaxis::model::Reason;
use docaxis::model::Secrecy;
use docaxis::store::Durability;
use docaxis::store::OpenDataDirError;
use docaxis::trust::Authority;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Subject;
use docaxis::trust::Validity;
use docaxis::wire;
use docaxis::wire::v1;
use jiff::SignedDuration;
use prost::Message as _;
use tokio::io::AsyncReadExt as _;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::document;
use crate::support::eventually;
use crate::support::organ;
use crate::support::party_of;
use crate::support::reason;
use crate::support::start;
use crate::support::year;

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_speaks_for_nobody_is_told_why() {
    let axis = Axis::start().await;
    let totals = |connection: docaxis::node::Connection| async move {
        connection
            .monitor()
            .get_totals(v1::GetTotalsRequest {})
            .await
    };
    assert_eq!(
        reason(totals(axis.connect(None)).await),
        Reason::UnauthenticatedPeer
    );

    let foreign = Authority::create(start() - DAY * 60).unwrap();
    let stranger = party_of(&foreign, &foreign, HANOI, year(), &axis);
    assert_eq!(
        reason(totals(stranger.connection).await),
        Reason::ChainUntrusted
    );

    let past = Validity {
        not_before: start() - DAY * 30,
        not_after: start() - DAY,
    };
    let expired = axis.party_valid(HANOI, past);
    assert_eq!(
        reason(totals(expired.connection).await),
        Reason::CertificateExpired
    );

    let future = Validity {
        not_before: start() + DAY,
        not_after: start() + DAY * 30,
    };
    let early = axis.party_valid(HANOI, future);
    assert_eq!(
        reason(totals(early.connection).await),
        Reason::CertificateNotYetValid
    );

    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let subject = Subject {
        organ: organ(HANOI),
        usage: CertificateUse::Seal,
        common_name: "seal".to_owned(),
    };
    let seal = axis.authority.issue(&key, &subject, year()).unwrap();
    let with_seal = axis.connect(Some((&seal.pem_with_chain, &key.to_pkcs8_pem())));
    assert_eq!(reason(totals(with_seal).await), Reason::CertificateUsage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_holds_for_the_next_call_and_ends_open_streams() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    hanoi
        .submit(document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start()))
        .await
        .unwrap();
    let (requests, receive) = tokio::sync::mpsc::channel(1);
    requests
        .send(v1::SubscribeRequest::default())
        .await
        .unwrap();
    let requests_stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut exchange = hanoi.connection.exchange();
    let mut deliveries = exchange
        .subscribe(requests_stream)
        .await
        .unwrap()
        .into_inner();
    axis.revoke(&hanoi.serials[..1]);
    assert_eq!(
        reason(deliveries.message().await),
        Reason::CertificateRevoked
    );
    let again = document(2, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(
        reason(hanoi.submit(again).await),
        Reason::CertificateRevoked
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_speaks_for_itself_while_it_is_active() {
    let axis = Axis::start().await;
    let (hanoi, operator) = (axis.party(HANOI), axis.party(VPCP));
    let other = document(1, VINH_PHUC, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(reason(hanoi.submit(other).await), Reason::SenderMismatch);

    let suspend = |who: &str| v1::ChangeAgencyRequest {
        organ_id: who.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    let refused = hanoi.connection.registry().suspend(suspend(PHU_THO)).await;
    assert_eq!(reason(refused), Reason::OperatorOnly);
    operator
        .connection
        .registry()
        .suspend(suspend(HANOI))
        .await
        .unwrap();
    let own = document(2, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(
        reason(hanoi.submit(own.clone()).await),
        Reason::SenderNotActive
    );
    let metrics = axis.hub.open_metrics();
    assert!(metrics.contains("docaxis_turned_away_total{reason=\"SENDER_NOT_ACTIVE\"} 1\n"));
    operator
        .connection
        .registry()
        .activate(v1::ActivateRequest {
            organ_id: HANOI.to_owned(),
            ..v1::ActivateRequest::default()
        })
        .await
        .unwrap();
    hanoi.submit(own).await.unwrap();
    let unknown = operator
        .connection
        .registry()
        .suspend(suspend("000.00.00.X99"))
        .await;
    assert_eq!(reason(unknown), Reason::AgencyUnknown);
    let stranger = axis.party("000.00.00.X99");
    let from_stranger = document(3, "000.00.00.X99", &[HANOI]).signed_by(&stranger, start());
    assert_eq!(
        reason(stranger.submit(from_stranger).await),
        Reason::SenderNotActive
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_recipient_refuses_itself_and_not_the_document() {
    let axis = Axis::start().await;
    let (hanoi, operator) = (axis.party(HANOI), axis.party(VPCP));
    let request = v1::ChangeAgencyRequest {
        organ_id: PHU_THO.to_owned(),
        reason: String::new(),
    };
    operator
        .connection
        .registry()
        .suspend(request)
        .await
        .unwrap();
    let both = document(1, HANOI, &[PHU_THO, VINH_PHUC]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(both).await.unwrap();
    let standing: Vec<(bool, &str)> = receipt
        .recipients
        .iter()
        .map(|r| (r.accepted, r.reason.as_str()))
        .collect();
    assert_eq!(standing, [(false, "RECIPIENT_LOCKED"), (true, "")]);
    let alone = document(2, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(reason(hanoi.submit(alone).await), Reason::RecipientLocked);
    let totals = hanoi.totals().await;
    assert!(totals.balanced);
    assert_eq!((totals.addressed, totals.locked, totals.pending), (2, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_breaks_a_rule_is_refused_with_every_field_named() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let not_protobuf = v1::SignedDocument {
        header: vec![0xff; 40].into(),
        ..Default::default()
    };
    assert_eq!(
        reason(hanoi.submit(not_protobuf).await),
        Reason::HeaderInvalid
    );

    let good = document(1, HANOI, &[PHU_THO]).unsigned();
    let bent = |bend: fn(&mut v1::DocumentHeader)| {
        let mut header = v1::DocumentHeader::decode(good.header.clone()).unwrap();
        bend(&mut header);
        v1::SignedDocument {
            header: header.encode_to_vec().into(),
            ..Default::default()
        }
    };
    let cases: [(v1::SignedDocument, Reason); 8] = [
        (bent(|h| h.to.clear()), Reason::HeaderInvalid),
        (bent(|h| h.to.push(h.to[0].clone())), Reason::HeaderInvalid),
        (bent(|h| h.subject = "a".repeat(501)), Reason::HeaderInvalid),
        (bent(|h| h.document_type.clear()), Reason::HeaderInvalid),
        (bent(|h| h.priority = 5), Reason::HeaderInvalid),
        (
            bent(|h| h.to[0] = "000.00.00.X99".to_owned()),
            Reason::RecipientUnknown,
        ),
        (
            bent(|h| h.to[0] = "không phải mã".to_owned()),
            Reason::HeaderInvalid,
        ),
        (
            bent(|h| {
                h.promulgation_date = "2019/06/05".to_owned();
                h.document_id = h.document_id.replace("2019/06/03", "2019/06/05");
            }),
            Reason::ClockSkew,
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(reason(hanoi.submit(document).await), expected);
    }
    let several = bent(|h| {
        h.subject.clear();
        h.code_notation = "x".repeat(31);
    });
    let status = hanoi.submit(several).await.unwrap_err();
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let fields: Vec<&str> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|v| v.field.as_str())
        .collect();
    assert_eq!(fields, ["code_number", "subject"]);
    assert!(
        details
            .localized_message()
            .is_some_and(|m| m.locale == "vi")
    );
    assert_eq!(hanoi.totals().await.sent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_secret_is_refused() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let mut secret = document(1, HANOI, &[PHU_THO]);
    secret.header.secrecy = Secrecy::Secret;
    let secret = secret.signed_by(&hanoi, start());
    assert_eq!(reason(hanoi.submit(secret).await), Reason::SecretRefused);
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_must_be_there_and_be_what_the_header_says() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let with = |number| document(number, HANOI, &[PHU_THO]).attach("a.pdf", b"noi dung");
    let mut missing = with(1).signed_by(&hanoi, start());
    missing.attachments.clear();
    assert_eq!(
        reason(hanoi.submit(missing).await),
        Reason::AttachmentMissing
    );
    let mut tampered = with(2).signed_by(&hanoi, start());
    tampered.attachments[0].content = b"noi dunG".to_vec().into();
    assert_eq!(reason(hanoi.submit(tampered).await), Reason::DigestMismatch);
    let mut unnamed = with(3).signed_by(&hanoi, start());
    let stray = document(4, HANOI, &[PHU_THO])
        .attach("b.pdf", b"khac")
        .unsigned();
    unnamed.attachments.extend(stray.attachments);
    assert_eq!(reason(hanoi.submit(unnamed).await), Reason::DigestMismatch);

    let chunk = v1::Chunk {
        data: vec![1; 10].into(),
        size: 11,
        ..Default::default()
    };
    let truncated = hanoi
        .connection
        .exchange()
        .put_attachment(tokio_stream::iter([chunk]))
        .await;
    assert_eq!(reason(truncated), Reason::DigestMismatch);
    let chunk = v1::Chunk {
        data: vec![1; 10].into(),
        sha256: vec![0; 32].into(),
        ..Default::default()
    };
    let wrong = hanoi
        .connection
        .exchange()
        .put_attachment(tokio_stream::iter([chunk]))
        .await;
    assert_eq!(reason(wrong), Reason::DigestMismatch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_must_be_valid_and_its_signer_the_senders() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let to = [VINH_PHUC];

    let mut changed = document(1, HANOI, &to).signed_by(&hanoi, start());
    changed.header = document(2, HANOI, &to).unsigned().header;
    assert_eq!(
        reason(hanoi.submit(changed).await),
        Reason::SignatureInvalid
    );

    let by_another = document(3, HANOI, &to).signed_by(&phu_tho, start());
    assert_eq!(
        reason(hanoi.submit(by_another).await),
        Reason::SignerMismatch
    );

    let foreign = Authority::create(start() - DAY * 60).unwrap();
    let outsider = party_of(&axis.authority, &foreign, HANOI, year(), &axis);
    let untrusted = document(4, HANOI, &to).signed_by(&outsider, start());
    assert_eq!(
        reason(outsider.submit(untrusted).await),
        Reason::ChainUntrusted
    );

    let past = Validity {
        not_before: start() - DAY * 30,
        not_after: start() - DAY,
    };
    let expired = axis.party_valid(HANOI, past);
    let document_of =
        |number, by: &crate::support::Party| document(number, HANOI, &to).signed_by(by, start());
    assert_eq!(
        reason(hanoi.submit(document_of(5, &expired)).await),
        Reason::CertificateExpired
    );
    let future = Validity {
        not_before: start() + DAY,
        not_after: start() + DAY * 30,
    };
    let early = axis.party_valid(HANOI, future);
    assert_eq!(
        reason(hanoi.submit(document_of(6, &early)).await),
        Reason::CertificateNotYetValid
    );

    let ahead = document(7, HANOI, &to).signed_by(&hanoi, start() + SignedDuration::from_hours(1));
    assert_eq!(reason(hanoi.submit(ahead).await), Reason::ClockSkew);

    let garbage = v1::SignedDocument {
        signature: b"not a signature".to_vec().into(),
        ..document(8, HANOI, &to).unsigned()
    };
    assert_eq!(
        reason(hanoi.submit(garbage).await),
        Reason::SignatureInvalid
    );

    hanoi.submit(document_of(9, &hanoi)).await.unwrap();
    axis.revoke(&hanoi.serials[1..2]);
    let now = axis.clock.now();
    let revoked = document(10, HANOI, &to).signed_by(&hanoi, now);
    assert_eq!(
        reason(hanoi.submit(revoked).await),
        Reason::CertificateRevoked
    );
    eventually("every refusal counts", || async {
        let totals = hanoi.totals().await;
        (totals.sent, totals.refused, totals.balanced) == (1, 8, true)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_document_is_accepted_for_reference_only() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let receipt = hanoi
        .submit(document(1, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    assert_eq!(receipt.legal_value(), v1::LegalValue::ReferenceOnly);
    let signed = document(2, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(
        hanoi.submit(signed).await.unwrap().legal_value(),
        v1::LegalValue::Full
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_taken_once_and_repeating_it_changes_nothing() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let first = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(first.clone()).await.unwrap();
    assert_eq!(hanoi.submit(first).await.unwrap(), receipt);
    let mut other = document(1, HANOI, &[PHU_THO]);
    other.header.subject = "V/v khác".to_owned();
    let other = other.signed_by(&hanoi, start());
    assert_eq!(reason(hanoi.submit(other).await), Reason::DuplicateDocument);
    eventually("one is sent, one refused", || async {
        let totals = hanoi.totals().await;
        (totals.sent, totals.pending, totals.refused) == (1, 1, 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_is_refused_with_its_reason() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let large = document(1, HANOI, &[PHU_THO])
        .attach("a.pdf", &vec![7; 300 * 1024])
        .unsigned();
    assert_eq!(reason(hanoi.submit(large).await), Reason::TooLarge);
    let huge = v1::SignedDocument {
        signature: vec![7; 6 * 1024 * 1024].into(),
        ..document(2, HANOI, &[PHU_THO]).unsigned()
    };
    assert_eq!(reason(hanoi.submit(huge.clone()).await), Reason::TooLarge);
    let request = v1::SubmitStreamRequest {
        tag: 1,
        document: Some(huge),
    };
    let mut exchange = hanoi.connection.exchange();
    let answers = exchange
        .submit_stream(tokio_stream::iter([request]))
        .await
        .unwrap();
    assert_eq!(
        reason(answers.into_inner().message().await),
        Reason::TooLarge
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_is_ended_and_a_silent_socket_dropped() {
    let mut config = hub::Config::new(None, Durability::Memory);
    config.stream_idle_max = Duration::from_millis(50);
    config.handshake_max = Duration::from_millis(50);
    let axis = Axis::start_with(config).await;
    let mut socket = tokio::net::TcpStream::connect(axis.address.trim_start_matches("https://"))
        .await
        .unwrap();
    let hanoi = axis.party(HANOI);
    let (_requests, receive) = tokio::sync::mpsc::channel(1);
    let silent = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut exchange = hanoi.connection.exchange();
    let mut answers = exchange.submit_stream(silent).await.unwrap().into_inner();
    assert_eq!(reason(answers.message().await), Reason::StreamIdle);
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read(&mut [0; 1])).await;
    assert_eq!(read.unwrap().unwrap_or(0), 0, "the hub closes the socket");
    hanoi
        .submit(document(1, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_refuses_and_keeps_what_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = hub::Config::new(Some(directory.path().into()), Durability::Fsync);
    config.journal_max_bytes = Some(64 * 1024);
    let axis = Axis::start_with(config).await;
    let hanoi = axis.party(HANOI);
    let mut accepted = 0;
    let refused = loop {
        let content = vec![7; 8 * 1024];
        let next = document(accepted + 1, HANOI, &[PHU_THO])
            .attach("a.pdf", &content)
            .unsigned();
        match hanoi.submit(next).await {
            Ok(_) => accepted += 1,
            Err(status) => break status,
        }
        assert!(accepted < 100, "the journal is never full");
    };
    assert_eq!(reason::<()>(Err(refused)), Reason::StorageFull);
    // What could not be written down is not in the ledger, and yet not hidden.
    let metrics = axis.hub.open_metrics();
    assert!(metrics.contains("docaxis_turned_away_total{reason=\"STORAGE_FULL\"} 1\n"));
    assert_eq!(
        axis.party(PHU_THO).pending().await.pending_total,
        u64::from(accepted)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_belongs_to_one_hub_of_a_known_version() {
    let directory = tempfile::tempdir().unwrap();
    let config = hub::Config::new(Some(directory.path().into()), Durability::Fsync);
    let axis = Axis::start_with(config.clone()).await;
    let open = || {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let server = axis
            .authority
            .issue_server(&key, &["localhost"], &[], year())
            .unwrap();
        let time = std::sync::Arc::new(axis.clock.clone());
        let tls = docaxis::trust::server_config(&server.pem_with_chain, &key.to_pkcs8_pem(), time);
        let trust = docaxis::trust::TrustStore::from_pem(&axis.authority.anchors_pem()).unwrap();
        let parts = hub::Parts {
            clock: axis.clock.clone(),
            trust: std::sync::Arc::new(trust),
            tls: tls.unwrap(),
            offices: None,
        };
        Hub::open(config.clone(), parts)
    };
    let second = open();
    assert!(matches!(
        second,
        Err(OpenError::DataDir(OpenDataDirError::InUse { .. }))
    ));
    let authority = axis.stop().await;
    std::fs::write(directory.path().join("VERSION"), "999\n").unwrap();
    drop(authority);
    let newer = docaxis::store::DataDir::open(directory.path());
    assert!(matches!(
        newer,
        Err(OpenDataDirError::NewerVersion { found: 999, .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_explains_itself_in_both_languages() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let other = document(1, VINH_PHUC, &[PHU_THO]).unsigned();
    let status = hanoi.submit(other).await.unwrap_err();
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let explained = wire::reason_of(&status).unwrap();
    let info = details.error_info().unwrap();
    insta::assert_snapshot!(format!(
        "{} {:?}\n{}\n{}\n{}\n{}",
        info.reason,
        status.code(),
        explained.message,
        explained.remedy,
        details.localized_message().unwrap().message,
        info.metadata["remedy_vi"],
    ));
}
