//! Attachments: whose they are, how much of them one may have, how long they stay, and going on where an
//! upload broke off. By a plain client.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use docaxis::hub::Config;
use docaxis::model::AttachmentRef;
use docaxis::model::Reason;
use docaxis::store::Durability;
use docaxis::trust::sha256;
use docaxis::wire;
use docaxis::wire::v1;
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::document;
use crate::support::eventually;
use crate::support::reason;

const CHUNK: usize = 256 * 1024;

/// Content that nobody else has.
fn content(seed: u8, bytes: usize) -> Vec<u8> {
    (0..=250u8).cycle().take(bytes).map(|i| i ^ seed).collect()
}

fn digest(content: &[u8]) -> Vec<u8> {
    sha256(content).as_bytes().to_vec()
}

/// Chunks from an offset, the first saying what is to come out.
fn chunks(content: &[u8], offset: usize) -> Vec<v1::Chunk> {
    let mut chunks: Vec<v1::Chunk> = content[offset..]
        .chunks(CHUNK)
        .map(|data| v1::Chunk {
            data: data.to_vec().into(),
            ..Default::default()
        })
        .collect();
    let first = chunks.first_mut().unwrap();
    first.sha256 = digest(content).into();
    first.size = content.len() as u64;
    first.offset = offset as u64;
    chunks
}

/// A document that names a content without carrying it.
fn naming(number: u32, from: &str, to: &[&str], content: &[u8], size: u64) -> v1::SignedDocument {
    let mut writing = document(number, from, to);
    writing.header.attachments.push(AttachmentRef {
        name: "phụ lục.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        size,
        sha256: sha256(content),
    });
    writing.unsigned()
}

impl Party {
    async fn put(&self, chunks: Vec<v1::Chunk>) -> Result<v1::StoredAttachment, Status> {
        let mut exchange = self.connection.exchange();
        let stored = exchange.put_attachment(tokio_stream::iter(chunks)).await;
        stored.map(tonic::Response::into_inner)
    }

    async fn name(
        &self,
        number: u32,
        from: &str,
        to: &[&str],
        content: &[u8],
    ) -> Result<String, Status> {
        let document = naming(number, from, to, content, content.len() as u64);
        self.submit(document)
            .await
            .map(|receipt| receipt.document_id)
    }

    async fn get(&self, id: &str, content: &[u8]) -> Result<Vec<u8>, Status> {
        let mut chunks = self.open(id, content).await?;
        let mut got = Vec::new();
        while let Some(chunk) = chunks.message().await? {
            got.extend_from_slice(&chunk.data);
        }
        Ok(got)
    }

    async fn open(&self, id: &str, content: &[u8]) -> Result<tonic::Streaming<v1::Chunk>, Status> {
        let request = v1::GetAttachmentRequest {
            document_id: id.to_owned(),
            sha256: digest(content).into(),
        };
        let mut exchange = self.connection.exchange();
        exchange
            .get_attachment(request)
            .await
            .map(tonic::Response::into_inner)
    }

    async fn state(&self, content: &[u8]) -> v1::UploadState {
        let request = v1::GetUploadRequest {
            sha256: digest(content).into(),
        };
        let mut exchange = self.connection.exchange();
        exchange.get_upload(request).await.unwrap().into_inner()
    }

    /// Begins an upload and leaves it open.
    async fn begin(&self, chunks: Vec<v1::Chunk>) -> Open {
        let (send, receive) = mpsc::channel(64);
        for chunk in chunks {
            send.send(chunk).await.unwrap();
        }
        let mut exchange = self.connection.exchange();
        let answer = tokio::spawn(async move {
            let stored = exchange.put_attachment(ReceiverStream::new(receive)).await;
            stored.map(tonic::Response::into_inner)
        });
        Open { send, answer }
    }
}

/// An upload that is open.
struct Open {
    send: mpsc::Sender<v1::Chunk>,
    answer: tokio::task::JoinHandle<Result<v1::StoredAttachment, Status>>,
}

impl Open {
    /// The client goes away in the middle.
    async fn break_off(self) {
        self.answer.abort();
        let _ = self.answer.await;
    }
}

async fn has_bytes(party: &Party, content: &[u8], bytes: usize) {
    eventually("the hub has so much of the upload", || async {
        party.state(content).await.offset == bytes as u64
    })
    .await;
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn kept_in(directory: &Path) -> Config {
    let mut config = Config::new(Some(directory.into()), Durability::Os);
    config.collect_every = Duration::from_millis(2);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn knowing_a_digest_is_not_having_the_attachment() {
    let axis = Axis::start().await;
    let (owner, other) = (axis.party(HANOI), axis.party(VINH_PHUC));
    let secret = content(1, 3 * CHUNK / 2);
    owner.put(chunks(&secret, 0)).await.unwrap();
    owner.name(1, HANOI, &[PHU_THO], &secret).await.unwrap();

    // The same words with the right size, a wrong one, and for what nobody has.
    let mut said = Vec::new();
    let absent = content(2, secret.len());
    for (number, (named, size)) in [
        (&secret, secret.len() as u64),
        (&secret, 1),
        (&absent, secret.len() as u64),
    ]
    .into_iter()
    .enumerate()
    {
        let number = u32::try_from(number).unwrap() + 1;
        let refused = other
            .submit(naming(number, VINH_PHUC, &[VINH_PHUC], named, size))
            .await
            .unwrap_err();
        said.push(
            refused
                .message()
                .replace(&sha256(named).to_string(), "DIGEST"),
        );
        assert_eq!(
            wire::reason_of(&refused).unwrap().reason,
            Reason::AttachmentMissing
        );
        let state = other.state(named).await;
        assert_eq!((state.offset, state.stored), (0, false));
    }
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");

    // Its owner is told when it errs, and its recipient may pass it on.
    let wrong = naming(2, HANOI, &[PHU_THO], &secret, 1);
    assert_eq!(reason(owner.submit(wrong).await), Reason::DigestMismatch);
    let recipient = axis.party(PHU_THO);
    let id = recipient
        .name(1, PHU_THO, &[VINH_PHUC], &secret)
        .await
        .unwrap();
    assert!(other.get(&id, &secret).await.unwrap() == secret);
    assert!(recipient.get(&id, &secret).await.unwrap() == secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_agreed_to_a_recall_has_lost_the_attachment() {
    let directory = tempfile::tempdir().unwrap();
    let axis = Axis::start_with(kept_in(directory.path())).await;
    let (owner, recipient) = (axis.party(HANOI), axis.party(PHU_THO));
    let secret = content(1, 2 * CHUNK);
    owner.put(chunks(&secret, 0)).await.unwrap();
    let id = owner.name(1, HANOI, &[PHU_THO], &secret).await.unwrap();
    // Put aside beforehand: a document to itself, and one to somebody else, who has it for good.
    let aside = recipient
        .name(1, PHU_THO, &[PHU_THO], &secret)
        .await
        .unwrap();
    let passed_on = recipient
        .name(2, PHU_THO, &[VINH_PHUC], &secret)
        .await
        .unwrap();
    assert!(recipient.get(&id, &secret).await.unwrap() == secret);
    let report = v1::StatusReport {
        document_id: id.clone(),
        code: 13,
        recipient: PHU_THO.to_owned(),
        ..Default::default()
    };
    owner
        .connection
        .exchange()
        .report_status(report)
        .await
        .unwrap();
    recipient.report(&id, 15, "").await.unwrap();

    let is_lost = async |recipient: &Party| {
        assert_eq!(
            reason(recipient.get(&id, &secret).await),
            Reason::DocumentRecalled
        );
        for own in [&aside, &passed_on] {
            assert_eq!(
                reason(recipient.get(own, &secret).await),
                Reason::AttachmentMissing
            );
        }
        assert_eq!(
            reason(recipient.name(3, PHU_THO, &[PHU_THO], &secret).await),
            Reason::AttachmentMissing
        );
        assert_eq!(recipient.state(&secret).await.offset, 0);
    };
    is_lost(&recipient).await;
    drop((owner, recipient));
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, kept_in(directory.path())).await;
    let (owner, recipient) = (axis.party(HANOI), axis.party(PHU_THO));
    is_lost(&recipient).await;

    assert!(owner.get(&id, &secret).await.unwrap() == secret);
    let third = axis.party(VINH_PHUC);
    assert!(third.get(&passed_on, &secret).await.unwrap() == secret);
    // It has it by another document: not lost.
    let again = owner.name(2, HANOI, &[PHU_THO], &secret).await.unwrap();
    assert!(recipient.get(&again, &secret).await.unwrap() == secret);
    assert_eq!(
        reason(recipient.get(&id, &secret).await),
        Reason::DocumentRecalled
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_ends_with_the_right_to_it() {
    let axis = Axis::start().await;
    let (owner, operator) = (axis.party(HANOI), axis.party(VPCP));
    // More than lies in windows and buffers between hub and client.
    let large = content(1, 16 * 1024 * 1024);
    owner.put(chunks(&large, 0)).await.unwrap();
    let to = [PHU_THO, VINH_PHUC, "000.00.00.H01"];
    let id = owner.name(1, HANOI, &to, &large).await.unwrap();
    let [recalled, suspended, revoked] = to.map(|organ| axis.party(organ));
    let mut open = Vec::new();
    for party in [&recalled, &suspended, &revoked] {
        let mut download = party.open(&id, &large).await.unwrap();
        download.message().await.unwrap().unwrap();
        open.push(download);
    }
    recalled.report(&id, 15, "").await.unwrap_err();
    let report = v1::StatusReport {
        document_id: id.clone(),
        code: 13,
        recipient: PHU_THO.to_owned(),
        ..Default::default()
    };
    owner
        .connection
        .exchange()
        .report_status(report)
        .await
        .unwrap();
    recalled.report(&id, 15, "").await.unwrap();
    let request = v1::ChangeAgencyRequest {
        organ_id: VINH_PHUC.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    operator
        .connection
        .registry()
        .suspend(request)
        .await
        .unwrap();
    axis.revoke(&revoked.serials);
    let expected = [
        Reason::DocumentRecalled,
        Reason::SenderNotActive,
        Reason::CertificateRevoked,
    ];
    for (mut download, expected) in open.into_iter().zip(expected) {
        let mut got = 0;
        let ended = loop {
            match download.message().await {
                Ok(Some(chunk)) => got += chunk.data.len(),
                Ok(None) => panic!("{expected:?}: the whole content came, {got} bytes"),
                Err(status) => break status,
            }
        };
        // The hub may close the connection before it says why.
        if let Some(explained) = wire::reason_of(&ended) {
            assert_eq!(explained.reason, expected);
        }
        assert!(got < large.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_with_the_right_to_it_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let axis = Axis::start_with(kept_in(directory.path())).await;
    let operator = axis.party(VPCP);
    let (suspended, revoked) = (axis.party(HANOI), axis.party(PHU_THO));
    let large = content(1, 4 * CHUNK);
    let mut open = Vec::new();
    for party in [&suspended, &revoked] {
        let mut some = chunks(&large, 0);
        some.truncate(2);
        open.push(party.begin(some).await);
        has_bytes(party, &large, 2 * CHUNK).await;
    }
    let request = v1::ChangeAgencyRequest {
        organ_id: HANOI.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    operator
        .connection
        .registry()
        .suspend(request)
        .await
        .unwrap();
    axis.revoke(&revoked.serials);
    let expected = [Reason::SenderNotActive, Reason::CertificateRevoked];
    for (open, expected) in open.into_iter().zip(expected) {
        // Silent: the hub ends it by itself.
        let answer = open.answer.await.unwrap().unwrap_err();
        if let Some(explained) = wire::reason_of(&answer) {
            assert_eq!(explained.reason, expected);
        }
    }
    let attachments = directory.path().join("attachments");
    eventually("nothing is kept", || async {
        files(&attachments).is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_document_names_is_limited_for_each_organisation() {
    let mut config = Config::new(None, Durability::Memory);
    config.unnamed_max = 1024 * 1024;
    let axis = Axis::start_with(config).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let large = content(1, 700_000);
    // At the announced size, before the bytes are there.
    let mut too_much = chunks(&large, 0);
    too_much.truncate(1);
    too_much[0].size = 1024 * 1024 + 1;
    assert_eq!(reason(hanoi.put(too_much).await), Reason::QuotaExceeded);
    // As they come, where nothing is announced.
    let unannounced: Vec<v1::Chunk> = (0..6)
        .map(|seed| v1::Chunk {
            data: content(seed, CHUNK).into(),
            ..Default::default()
        })
        .collect();
    assert_eq!(
        reason(hanoi.put(unannounced.clone()).await),
        Reason::QuotaExceeded
    );
    hanoi.put(chunks(&large, 0)).await.unwrap();
    let second = content(2, 700_000);
    assert_eq!(
        reason(hanoi.put(chunks(&second, 0)).await),
        Reason::QuotaExceeded
    );
    // Somebody else's is not touched by it, and a document gives the room back.
    phu_tho.put(chunks(&second, 0)).await.unwrap();
    hanoi.name(1, HANOI, &[PHU_THO], &large).await.unwrap();
    hanoi.put(chunks(&second, 0)).await.unwrap();
    // Small ones count as what they cost.
    let mut taken = 0;
    let refused = loop {
        match phu_tho.put(chunks(&[taken; 1], 0)).await {
            Ok(_) => taken += 1,
            Err(status) => break status,
        }
        assert!(taken < 20);
    };
    assert_eq!(
        wire::reason_of(&refused).unwrap().reason,
        Reason::QuotaExceeded
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_names_within_a_day_is_collected() {
    let directory = tempfile::tempdir().unwrap();
    let attachments = directory.path().join("attachments");
    let axis = Axis::start_with(kept_in(directory.path())).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let (named, unnamed, shared) = (content(1, CHUNK), content(2, CHUNK), content(3, CHUNK));
    let broken = content(4, 3 * CHUNK);
    for content in [&named, &unnamed, &shared] {
        hanoi.put(chunks(content, 0)).await.unwrap();
    }
    phu_tho.put(chunks(&shared, 0)).await.unwrap();
    hanoi.name(1, HANOI, &[PHU_THO], &named).await.unwrap();
    phu_tho.name(1, PHU_THO, &[HANOI], &shared).await.unwrap();
    let mut some = chunks(&broken, 0);
    some.truncate(1);
    let open = hanoi.begin(some).await;
    has_bytes(&hanoi, &broken, CHUNK).await;
    open.break_off().await;
    let orphan = content(5, 10);
    let name = sha256(&orphan).to_string();
    let shelf = attachments.join("sha256").join(&name[..2]);
    std::fs::create_dir_all(&shelf).unwrap();
    let path = shelf.join(&name[2..]);
    std::fs::write(&path, &orphan).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    eventually("what no row knows and is old is gone", || async {
        files(&attachments).len() == 4
    })
    .await;
    axis.clock
        .advance_to(axis.clock.now() + SignedDuration::from_hours(25));
    eventually("what is named is left", || async {
        files(&attachments).len() == 2
    })
    .await;
    assert_eq!(hanoi.state(&broken).await.offset, 0);
    assert!(!hanoi.state(&unnamed).await.stored);
    assert_eq!(
        reason(hanoi.name(2, HANOI, &[PHU_THO], &unnamed).await),
        Reason::AttachmentMissing
    );
    // It uploaded it, and received it: by its document it is the recipient's still.
    assert!(!hanoi.state(&shared).await.stored);
    hanoi.name(3, HANOI, &[VINH_PHUC], &shared).await.unwrap();
    drop((hanoi, phu_tho));
    let authority = axis.stop().await;

    // The same after a restart, by a clock that did not stand still meanwhile.
    let axis = Axis::start_under(authority, kept_in(directory.path())).await;
    let hanoi = axis.party(HANOI);
    hanoi.put(chunks(&unnamed, 0)).await.unwrap();
    hanoi.name(4, HANOI, &[PHU_THO], &unnamed).await.unwrap();
    let later = content(6, CHUNK);
    hanoi.put(chunks(&later, 0)).await.unwrap();
    drop(hanoi);
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, kept_in(directory.path())).await;
    axis.clock
        .advance_to(axis.clock.now() + SignedDuration::from_hours(50));
    eventually("the later one is gone", || async {
        files(&attachments).len() == 3
    })
    .await;
    let hanoi = axis.party(HANOI);
    assert!(hanoi.state(&unnamed).await.stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_it_broke_off() {
    let directory = tempfile::tempdir().unwrap();
    let axis = Axis::start_with(kept_in(directory.path())).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let large = content(1, 5 * CHUNK + 17);
    let mut some = chunks(&large, 0);
    some.truncate(2);
    some[1].data.truncate(1000);
    let there = CHUNK + 1000;
    let open = hanoi.begin(some).await;
    has_bytes(&hanoi, &large, there).await;
    open.break_off().await;
    has_bytes(&hanoi, &large, there).await;
    // Nobody else's, and not from anywhere else.
    assert_eq!(phu_tho.state(&large).await.offset, 0);
    let refused = phu_tho.put(chunks(&large, there)).await;
    assert_eq!(reason(refused), Reason::HeaderInvalid);
    let refused = hanoi.put(chunks(&large, CHUNK)).await.unwrap_err();
    let explained = wire::reason_of(&refused).unwrap();
    assert_eq!(explained.reason, Reason::HeaderInvalid);
    assert!(
        format!("{explained:?}").contains(&there.to_string()),
        "{explained:?}"
    );
    drop((hanoi, phu_tho));
    let authority = axis.stop().await;

    let axis = Axis::start_under(authority, kept_in(directory.path())).await;
    let hanoi = axis.party(HANOI);
    assert_eq!(hanoi.state(&large).await.offset, there as u64);
    let mut next = chunks(&large, there);
    next.truncate(1);
    let open = hanoi.begin(next).await;
    has_bytes(&hanoi, &large, there + CHUNK).await;
    open.break_off().await;
    // Our own client finds by itself where.
    docaxis::node::put(&hanoi.connection, &large.clone().into())
        .await
        .unwrap();
    assert!(hanoi.state(&large).await.stored);
    let id = hanoi.name(1, HANOI, &[PHU_THO], &large).await.unwrap();
    assert!(hanoi.get(&id, &large).await.unwrap() == large);
    assert_eq!(
        files(&directory.path().join("attachments")).len(),
        1,
        "nothing else is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_with_other_content_is_refused_and_begins_anew() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let large = content(1, 3 * CHUNK);
    let mut some = chunks(&large, 0);
    some.truncate(1);
    let open = hanoi.begin(some).await;
    has_bytes(&hanoi, &large, CHUNK).await;
    open.break_off().await;
    has_bytes(&hanoi, &large, CHUNK).await;
    let mut forged = chunks(&large, CHUNK);
    forged[1].data = content(9, CHUNK).into();
    assert_eq!(reason(hanoi.put(forged).await), Reason::DigestMismatch);
    assert_eq!(hanoi.state(&large).await.offset, 0);
    hanoi.put(chunks(&large, 0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_upload_ends_and_is_kept_and_a_second_takes_over_from_the_first() {
    let mut config = Config::new(None, Durability::Memory);
    config.upload_idle_max = Duration::from_millis(100);
    let axis = Axis::start_with(config).await;
    let hanoi = axis.party(HANOI);
    let large = content(1, 3 * CHUNK);
    let mut some = chunks(&large, 0);
    some.truncate(1);
    let open = hanoi.begin(some.clone()).await;
    assert_eq!(reason(open.answer.await.unwrap()), Reason::StreamIdle);
    assert_eq!(hanoi.state(&large).await.offset, CHUNK as u64);

    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let first = hanoi.begin(some).await;
    has_bytes(&hanoi, &large, CHUNK).await;
    hanoi.put(chunks(&large, CHUNK)).await.unwrap();
    assert_eq!(reason(first.answer.await.unwrap()), Reason::Overloaded);
    drop(first.send);
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_have_a_size() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let chunk = |bytes: usize| v1::Chunk {
        data: vec![7; bytes].into(),
        ..Default::default()
    };
    let largest = chunk(1024 * 1024);
    hanoi.put(vec![largest]).await.unwrap();
    let larger = chunk(1024 * 1024 + 1);
    assert_eq!(reason(hanoi.put(vec![larger]).await), Reason::TooLarge);
    // Nothing, again and again, and next to nothing.
    for bytes in [0, 1] {
        let endless = vec![chunk(bytes); 5000];
        assert_eq!(reason(hanoi.put(endless).await), Reason::HeaderInvalid);
    }
    // Many small ones that bring something are an upload.
    let small = vec![chunk(2000); 3000];
    assert_eq!(hanoi.put(small).await.unwrap().size, 6_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_place_of_the_attachments_is_not_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let elsewhere = tempfile::tempdir().unwrap();
    let precious = elsewhere.path().join("unfinished");
    std::fs::create_dir(&precious).unwrap();
    std::fs::write(precious.join("1"), "kept").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("attachments");
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    let refused = docaxis::store::Attachments::open(&link, Durability::Fsync);
    assert!(refused.is_err());
    assert!(precious.join("1").exists());
    // As a place for attachments it is anybody's no longer.
    std::fs::remove_file(&link).unwrap();
    std::fs::create_dir(&link).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&link, open).unwrap();
    docaxis::store::Attachments::open(&link, Durability::Fsync).unwrap();
    for path in [link.clone(), link.join("unfinished"), link.join("sha256")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", path.display());
    }
}
