//! What strangers can do with applications: nothing to an agency that is on the axis, nothing that closes
//! the procedure to others, nothing that cannot be taken back.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use docaxis::axis::DirectoryOffices;
use docaxis::axis::pki;
use docaxis::axis::pki::Pki;
use docaxis::clock::Clock;
use docaxis::hub;
use docaxis::hub::Approvals;
use docaxis::hub::Hub;
use docaxis::hub::Offices;
use docaxis::model::Reason;
use docaxis::node::Connection;
use docaxis::node::Identity;
use docaxis::store::Durability;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::TrustStore;
use docaxis::trust::server_config;
use docaxis::trust::sha256;
use docaxis::wire::v1;
use jiff::SignedDuration;

use crate::support::HANOI;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::organ;
use crate::support::raw::Endpoint;
use crate::support::reason;
use crate::support::start;
use crate::support::year;

/// A code nobody has.
const NEW: &str = "000.00.00.K77";

/// A hub with a CA in a directory, and the clock everybody goes by.
pub(crate) struct Scene {
    directory: tempfile::TempDir,
    clock: Clock,
    address: String,
    anchors: String,
    hub: hub::Handle,
    shutdown: tokio::sync::oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Scene {
    pub(crate) async fn set(approvals: Approvals) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::manual(start());
        // Older than the certificates that `year` makes.
        let made = start() - SignedDuration::from_hours(24 * 60);
        let pki = Pki::init(&directory.path().join("pki"), made).unwrap();
        pki.write_lists(start(), 30).unwrap();
        drop(pki);
        Self::open(directory, clock, approvals).await
    }

    async fn open(directory: tempfile::TempDir, clock: Clock, approvals: Approvals) -> Self {
        let papers = directory.path().join("pki");
        let read = |name: &str| pki::read_text(&papers.join(name)).unwrap();
        let anchors = read("ca.pem");
        let trust = Arc::new(TrustStore::from_pem(&anchors).unwrap());
        trust
            .replace_crls(&pki::read_lists(&papers).unwrap())
            .unwrap();
        let time = Arc::new(clock.clone());
        let tls = server_config(&read("hub.pem"), &read("hub.key"), time).unwrap();
        let offices = DirectoryOffices::open(&papers).unwrap().unwrap();
        let parts = hub::Parts {
            clock: clock.clone(),
            trust,
            tls,
            offices: Some(Arc::new(offices) as Arc<dyn Offices>),
        };
        let data = directory.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let mut config = hub::Config::new(Some(data), Durability::Fsync);
        config.approvals = approvals;
        let hub = Hub::open(config, parts).unwrap();
        let handle = hub.handle();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let (shutdown, told) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let told = async {
                let _ = told.await;
            };
            hub.serve(listener, told).await.unwrap();
        });
        Self {
            directory,
            clock,
            address,
            anchors,
            hub: handle,
            shutdown,
            served,
        }
    }

    /// The hub is stopped and opened again, with the same clock.
    async fn again(self, approvals: Approvals) -> Self {
        self.shutdown.send(()).unwrap();
        self.served.await.unwrap();
        // A handle keeps the index open.
        drop(self.hub);
        Self::open(self.directory, self.clock, approvals).await
    }

    fn papers(&self) -> PathBuf {
        self.directory.path().join("pki")
    }

    fn stranger(&self) -> Connection {
        Connection::new(&self.address, &self.anchors, None, &self.clock).unwrap()
    }

    /// Whoever has the papers in a directory; they are issued where there are none.
    pub(crate) fn party(&self, code: &str) -> Party {
        let directory = self.directory.path().join(code);
        if !directory.exists() {
            let mut pki = Pki::open(&self.papers()).unwrap();
            pki.issue(organ(code), code, KeyKind::EcdsaP256, year(), &directory)
                .unwrap();
        }
        self.with_identity(Identity::read(&directory).unwrap().connection)
    }

    fn with_identity(&self, identity: (String, String)) -> Party {
        let own = Some((identity.0.as_str(), identity.1.as_str()));
        Party {
            connection: Connection::new(&self.address, &self.anchors, own, &self.clock).unwrap(),
            identity,
        }
    }

    fn pass(&self, time: SignedDuration) {
        self.clock.advance_to(self.clock.now() + time);
        Pki::open(&self.papers())
            .unwrap()
            .write_lists(self.clock.now(), pki::LIST_DAYS)
            .unwrap();
        let lists = pki::read_lists(&self.papers()).unwrap();
        self.hub.replace_crls(&lists).unwrap();
    }

    pub(crate) async fn apply(
        &self,
        code: &str,
        secret: &str,
    ) -> Result<v1::Application, tonic::Status> {
        apply(&self.stranger(), request(code, secret)).await
    }

    /// Certificates on new keys; the connection's identity.
    pub(crate) async fn certified(&self, code: &str, secret: &str) -> Result<Party, tonic::Status> {
        let (request, key) = signing_requests(code, secret);
        let submitted = self.stranger().registry().submit_csr(request).await?;
        let issued = submitted.into_inner().certificates;
        let uses = issued.iter().rev();
        let pem = uses
            .filter(|issued| issued.r#use() == v1::CertificateUse::Connection)
            .map(|issued| issued.pem.clone())
            .next()
            .unwrap();
        Ok(self.with_identity((pem, key)))
    }
}

impl Endpoint for Scene {
    fn address(&self) -> &str {
        &self.address
    }

    fn anchors(&self) -> String {
        self.anchors.clone()
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// Signing requests for all three uses, and the connection's key.
fn signing_requests(code: &str, secret: &str) -> (v1::SubmitCsrRequest, String) {
    let uses = [
        v1::CertificateUse::Connection,
        v1::CertificateUse::Person,
        v1::CertificateUse::Seal,
    ];
    let keys = uses.map(|_| KeyPair::generate(KeyKind::EcdsaP256).unwrap());
    let requests = uses
        .iter()
        .zip(&keys)
        .map(|(usage, key)| v1::SigningRequest {
            r#use: (*usage).into(),
            der: key.signing_request().unwrap().into(),
        });
    let request = v1::SubmitCsrRequest {
        organ_id: code.to_owned(),
        secret: secret.as_bytes().to_vec().into(),
        requests: requests.collect(),
    };
    (request, keys[0].to_pkcs8_pem())
}

async fn apply(
    from: &Connection,
    request: v1::ApplyRequest,
) -> Result<v1::Application, tonic::Status> {
    Ok(from.registry().apply(request).await?.into_inner())
}

fn request(code: &str, secret: &str) -> v1::ApplyRequest {
    v1::ApplyRequest {
        organ_id: code.to_owned(),
        name: format!("Cơ quan {code}"),
        documents_per_day: 10,
        secret_sha256: sha256(secret.as_bytes()).as_bytes().to_vec().into(),
        ..v1::ApplyRequest::default()
    }
}

pub(crate) fn change(code: &str, why: &str) -> v1::ChangeAgencyRequest {
    v1::ChangeAgencyRequest {
        organ_id: code.to_owned(),
        reason: why.to_owned(),
    }
}

/// A code of nobody, by number.
fn code(number: usize) -> String {
    format!("K{number}")
}

/// Somebody with a certificate.
pub(crate) struct Party {
    pub(crate) connection: Connection,
    /// PEM chain and key of the connection.
    pub(crate) identity: (String, String),
}

impl Party {
    async fn approve(&self, code: &str) -> Result<v1::Application, tonic::Status> {
        let mut registry = self.connection.registry();
        Ok(registry.approve(change(code, "")).await?.into_inner())
    }

    async fn reject(&self, code: &str, why: &str) -> Result<v1::Application, tonic::Status> {
        let mut registry = self.connection.registry();
        Ok(registry.reject(change(code, why)).await?.into_inner())
    }

    async fn delete(
        &self,
        code: &str,
        why: &str,
    ) -> Result<v1::DeleteApplicationResponse, tonic::Status> {
        let mut registry = self.connection.registry();
        let deleted = registry.delete_application(change(code, why)).await?;
        Ok(deleted.into_inner())
    }

    async fn listed(&self) -> Vec<v1::Application> {
        let mut registry = self.connection.registry();
        let listed = registry.list_applications(v1::ListApplicationsRequest {});
        listed.await.unwrap().into_inner().applications
    }

    /// What the directory says of an agency.
    async fn agency(&self, code: &str) -> Option<v1::Agency> {
        let mut registry = self.connection.registry();
        let listed = registry.list_agencies(v1::ListAgenciesRequest {}).await;
        let agencies = listed.unwrap().into_inner().agencies;
        agencies.into_iter().find(|agency| agency.organ_id == code)
    }

    pub(crate) async fn connect(&self) -> Result<v1::Application, tonic::Status> {
        let request = v1::CheckConnectionRequest::default();
        let checked = self.connection.registry().check_connection(request).await?;
        Ok(checked.into_inner())
    }

    pub(crate) async fn register(&self) -> Result<v1::Application, tonic::Status> {
        let mut registry = self.connection.registry();
        let asked = registry.register(v1::RegisterRequest {}).await?;
        Ok(asked.into_inner())
    }

    /// The application for its own code, by its certificate.
    async fn own(&self, code: &str) -> Result<v1::Application, tonic::Status> {
        let request = v1::GetApplicationRequest {
            organ_id: code.to_owned(),
            ..v1::GetApplicationRequest::default()
        };
        let got = self.connection.registry().get_application(request).await?;
        Ok(got.into_inner())
    }

    /// Looks into its mailbox, as an agency on the axis does.
    async fn look(&self) -> Result<(), tonic::Status> {
        let request = v1::ListPendingRequest::default();
        self.connection.exchange().list_pending(request).await?;
        Ok(())
    }
}

#[tokio::test]
async fn the_code_of_an_agency_on_the_axis_is_granted_by_a_person_only() {
    let scene = Scene::set(Approvals::Automatic).await;
    let office = scene.party(VPCP);
    let before = office.agency(VINH_PHUC).await;
    let applied = scene.apply(VINH_PHUC, "a squatter").await.unwrap();
    assert_eq!(applied.state(), v1::JoiningState::Applied);
    assert_eq!(applied.hold(), v1::Hold::CodeInUse);
    assert_eq!(applied.waits_for(), v1::Actor::Operator);
    let certified = scene.certified(VINH_PHUC, "a squatter").await;
    assert_eq!(reason(certified.map(|_| ())), Reason::StepNotAllowed);
    assert_eq!(office.agency(VINH_PHUC).await, before);
    // What is on the axis may be acted on as if nobody had applied.
    let mut registry = office.connection.registry();
    let suspended = registry.suspend(change(VINH_PHUC, "")).await.unwrap();
    assert_eq!(suspended.into_inner().state(), v1::AgencyState::Suspended);
    let activate = v1::ActivateRequest {
        organ_id: VINH_PHUC.to_owned(),
        ..v1::ActivateRequest::default()
    };
    let activated = registry.activate(activate).await.unwrap().into_inner();
    assert_eq!(activated.state(), v1::AgencyState::Active);
    // Certificates in force are enough, without a registry.
    drop(scene.party("000.00.00.K78"));
    let applied = scene.apply("000.00.00.K78", "x").await.unwrap();
    assert_eq!(applied.hold(), v1::Hold::CodeInUse);
    // A code of nobody is granted at once, and is in no registry until it was here.
    let applied = scene.apply(NEW, "x").await.unwrap();
    assert_eq!(applied.state(), v1::JoiningState::CodeRegistered);
    assert_eq!(office.agency(NEW).await, None);
    let party = scene.certified(NEW, "x").await.unwrap();
    party.connect().await.unwrap();
    let agency = office.agency(NEW).await.unwrap();
    assert_eq!(agency.state(), v1::AgencyState::Joining);
}

#[tokio::test]
async fn a_rejection_gives_back_what_was_at_whatever_step() {
    for steps in 0..4 {
        let scene = Scene::set(Approvals::ByOperator).await;
        let office = scene.party(VPCP);
        drop(scene.party(VINH_PHUC));
        let before = office.agency(VINH_PHUC).await;
        scene.apply(VINH_PHUC, "a squatter").await.unwrap();
        office.approve(VINH_PHUC).await.unwrap();
        let mut squatter = None;
        if steps > 0 {
            squatter = Some(scene.certified(VINH_PHUC, "a squatter").await.unwrap());
        }
        if let Some(squatter) = &squatter {
            squatter.own(VINH_PHUC).await.unwrap();
            if steps > 1 {
                squatter.connect().await.unwrap();
            }
            if steps > 2 {
                squatter.register().await.unwrap();
                office.approve(VINH_PHUC).await.unwrap();
                let testing = office.agency(VINH_PHUC).await.unwrap();
                assert_eq!(testing.state(), v1::AgencyState::Testing);
            }
        }
        assert_ne!(office.agency(VINH_PHUC).await, before);
        // What comes after a restart has to know it, too.
        let scene = scene.again(Approvals::ByOperator).await;
        let office = scene.party(VPCP);
        let rejected = office.reject(VINH_PHUC, "kẻ mạo danh").await.unwrap();
        assert_eq!(rejected.state(), v1::JoiningState::Applied, "{steps}");
        assert!(rejected.certificates.is_empty());
        assert_eq!(office.agency(VINH_PHUC).await, before, "{steps}");
        scene.party(VINH_PHUC).look().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_issued_on_an_application_ends_with_it_and_nothing_else_does() {
    for rejects in [true, false] {
        let scene = Scene::set(Approvals::ByOperator).await;
        let office = scene.party(VPCP);
        let victim = scene.party(VINH_PHUC);
        scene.apply(VINH_PHUC, "a squatter").await.unwrap();
        office.approve(VINH_PHUC).await.unwrap();
        let squatter = scene.certified(VINH_PHUC, "a squatter").await.unwrap();
        squatter.own(VINH_PHUC).await.unwrap();
        if rejects {
            office.reject(VINH_PHUC, "kẻ mạo danh").await.unwrap();
        } else {
            let deleted = office.delete(VINH_PHUC, "kẻ mạo danh").await.unwrap();
            assert_eq!(deleted.agency.unwrap().state(), v1::AgencyState::Active);
        }
        assert_eq!(
            reason(squatter.own(VINH_PHUC).await),
            Reason::CertificateRevoked
        );
        victim.look().await.unwrap();
    }
}

#[tokio::test]
async fn the_operator_deletes_an_application_and_it_stays_deleted() {
    let scene = Scene::set(Approvals::Automatic).await;
    let office = scene.party(VPCP);
    scene.apply(NEW, "x").await.unwrap();
    assert_eq!(reason(office.delete(NEW, " ").await), Reason::HeaderInvalid);
    let outsider = scene.party(HANOI);
    let refused = reason(outsider.delete(NEW, "x").await);
    assert_eq!(refused, Reason::OperatorOnly);
    assert_eq!(office.listed().await.len(), 1);
    let deleted = office.delete(NEW, "nhầm mã").await.unwrap();
    assert_eq!(deleted.agency, None);
    let again = reason(office.delete(NEW, "nhầm mã").await);
    assert_eq!(again, Reason::ApplicationUnknown);
    let scene = scene.again(Approvals::Automatic).await;
    let office = scene.party(VPCP);
    assert!(office.listed().await.is_empty());
    // Somebody else's now.
    let applied = scene.apply(NEW, "y").await.unwrap();
    assert_eq!(applied.state(), v1::JoiningState::CodeRegistered);
}

#[tokio::test]
async fn strangers_close_the_procedure_to_nobody() {
    let scene = Scene::set(Approvals::ByOperator).await;
    let office = scene.party(VPCP);
    let stranger = scene.stranger();
    let mut taken = 0;
    while apply(&stranger, request(&code(taken), "x")).await.is_ok() {
        taken += 1;
        assert!(taken < 10_000, "strangers are taken without end");
    }
    assert!(taken > 256, "{taken}");
    let refused = apply(&stranger, request(NEW, "x")).await.unwrap_err();
    assert!(
        refused.message().contains("try again in 10 s"),
        "{refused:?}"
    );
    assert_eq!(reason(Err::<(), _>(refused)), Reason::Overloaded);
    // So many wait, the newest.
    let listed = office.listed().await;
    assert_eq!(listed.len(), 256);
    assert!(
        listed
            .iter()
            .any(|listed| listed.organ_id == code(taken - 1))
    );
    assert!(listed.iter().all(|listed| listed.organ_id != code(0)));
    // The operator passes, in place of a stranger too, and gives way to nobody.
    let theirs = code(taken - 1);
    for (number, code) in [NEW, &theirs].into_iter().enumerate() {
        let secret = format!("its own {number}");
        apply(&office.connection, request(code, &secret))
            .await
            .unwrap();
    }
    // A stranger passes again once time has passed.
    scene.pass(SignedDuration::from_secs(10));
    scene.apply("000.00.00.K78", "x").await.unwrap();
    let listed = office.listed().await;
    for code in [NEW, &theirs, "000.00.00.K78"] {
        assert!(
            listed.iter().any(|listed| listed.organ_id == code),
            "{code}"
        );
    }
    assert!(listed.len() <= 258, "{}", listed.len());
    // A month later none of the strangers' is there.
    scene.pass(SignedDuration::from_hours(31 * 24));
    while office.listed().await.len() > 2 {
        assert!(office.listed().await.len() < 257);
    }
    let listed = office.listed().await;
    let left: Vec<&str> = listed
        .iter()
        .map(|listed| listed.organ_id.as_str())
        .collect();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&NEW) && left.contains(&theirs.as_str()));
}

#[tokio::test]
async fn what_the_hub_grants_by_itself_is_bounded_and_rejected_ones_wait_for_a_person() {
    let scene = Scene::set(Approvals::Automatic).await;
    let office = scene.party(VPCP);
    let agencies = |listed: v1::ListAgenciesResponse| listed.agencies.len();
    let mut registry = office.connection.registry();
    let before = registry.list_agencies(v1::ListAgenciesRequest {}).await;
    let before = agencies(before.unwrap().into_inner());
    let stranger = scene.stranger();
    for number in 0..300 {
        let applied = apply(&stranger, request(&code(number), "x")).await.unwrap();
        assert_eq!(
            applied.state(),
            v1::JoiningState::CodeRegistered,
            "{number}"
        );
    }
    assert_eq!(office.listed().await.len(), 256);
    let after = registry.list_agencies(v1::ListAgenciesRequest {}).await;
    assert_eq!(agencies(after.unwrap().into_inner()), before);
    let last = code(299);
    office.reject(&last, "thiếu quy chế").await.unwrap();
    let amended = apply(&stranger, request(&last, "x")).await.unwrap();
    assert_eq!(amended.state(), v1::JoiningState::Applied);
    assert_eq!(amended.hold(), v1::Hold::SentBack);
}

#[tokio::test]
async fn an_application_is_small_and_plain() {
    let scene = Scene::set(Approvals::Automatic).await;
    let with_units = |count: usize| v1::ApplyRequest {
        units: (1..=count)
            .map(|unit| v1::Unit {
                organ_id: format!("000.{:02}.{:02}.K77", unit / 100, unit % 100),
                name: "Đ".repeat(100),
            })
            .collect(),
        ..request(NEW, "x")
    };
    let large = apply(&scene.stranger(), with_units(80)).await;
    assert_eq!(reason(large), Reason::TooLarge);
    for (bad, field) in [
        ("Sở\u{1b}[2J", "name"),
        ("Sở\nNội vụ", "name"),
        ("Sở\0", "name"),
        ("Sở \u{202e}ụv iộN", "name"),
        ("Sở\u{2066}", "contact"),
        ("Sở\u{200f}", "short_name"),
    ] {
        let mut request = request(NEW, "x");
        match field {
            "name" => request.name = bad.to_owned(),
            "contact" => request.contact = bad.to_owned(),
            _ => request.short_name = bad.to_owned(),
        }
        let refused = apply(&scene.stranger(), request).await;
        assert_eq!(reason(refused), Reason::HeaderInvalid, "{bad:?}");
    }
    let office = scene.party(VPCP);
    scene.apply(VINH_PHUC, "x").await.unwrap();
    let why = reason(office.reject(VINH_PHUC, "xem\u{1b}[31m").await);
    assert_eq!(why, Reason::HeaderInvalid);
    apply(&scene.stranger(), with_units(60)).await.unwrap();
}

#[tokio::test]
async fn renewals_are_few_a_day_and_repeated_requests_are_free() {
    let scene = Scene::set(Approvals::Automatic).await;
    scene.apply(NEW, "x").await.unwrap();
    let mut registry = scene.stranger().registry();
    let (first, _) = signing_requests(NEW, "x");
    let issued = registry
        .submit_csr(first.clone())
        .await
        .unwrap()
        .into_inner();
    for _ in 0..10 {
        let again = registry
            .submit_csr(first.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(again.certificates, issued.certificates);
    }
    let kept = |directory: &Path| {
        let text = std::fs::read_to_string(directory.join("issued.json")).unwrap();
        let new = std::fs::read_to_string(directory.join("issued.new")).unwrap_or_default();
        text.matches("\"serial\"").count() + new.lines().count()
    };
    let before = kept(&scene.papers());
    for _ in 0..3 {
        let (renewal, _) = signing_requests(NEW, "x");
        registry.submit_csr(renewal.clone()).await.unwrap();
        registry.submit_csr(renewal).await.unwrap();
    }
    assert_eq!(kept(&scene.papers()), before + 9);
    let (fourth, _) = signing_requests(NEW, "x");
    let refused = registry.submit_csr(fourth.clone()).await.map(|_| ());
    assert_eq!(reason(refused), Reason::QuotaExceeded);
    assert_eq!(kept(&scene.papers()), before + 9);
    scene.pass(SignedDuration::from_hours(24));
    registry.submit_csr(fourth).await.unwrap();
}

#[tokio::test]
async fn nothing_is_issued_where_one_of_the_requests_proves_nothing() {
    let scene = Scene::set(Approvals::Automatic).await;
    scene.apply(NEW, "x").await.unwrap();
    let issued = || std::fs::read(scene.papers().join("issued.new")).unwrap_or_default();
    let before = issued();
    let mut registry = scene.stranger().registry();
    for _ in 0..5 {
        let (mut bad, _) = signing_requests(NEW, "x");
        let mut last = bad.requests[2].der.to_vec();
        *last.last_mut().unwrap() ^= 1;
        bad.requests[2].der = last.into();
        let refused = registry.submit_csr(bad).await.map(|_| ());
        assert_eq!(reason(refused), Reason::CsrInvalid);
    }
    assert_eq!(issued(), before);
    scene.certified(NEW, "x").await.unwrap();
}

#[tokio::test]
async fn the_operator_does_not_end_itself() {
    let scene = Scene::set(Approvals::Automatic).await;
    let office = scene.party(VPCP);
    let mut registry = office.connection.registry();
    let suspended = registry.suspend(change(VPCP, "x")).await.map(|_| ());
    let revoked = registry.revoke(change(VPCP, "x")).await.map(|_| ());
    let merge = v1::MergeRequest {
        organ_id: VPCP.to_owned(),
        into: HANOI.to_owned(),
        reason: "x".to_owned(),
    };
    let merged = registry.merge(merge).await.map(|_| ());
    for refused in [suspended, revoked, merged] {
        let refused = refused.unwrap_err();
        assert!(refused.message().contains("itself"), "{refused:?}");
        assert_eq!(reason(Err::<(), _>(refused)), Reason::HeaderInvalid);
    }
    office.look().await.unwrap();
}

#[tokio::test]
async fn a_revoked_agency_is_nobody_also_when_the_ca_fails_and_the_same_call_mends_it() {
    let scene = Scene::set(Approvals::Automatic).await;
    let (office, hanoi) = (scene.party(VPCP), scene.party(HANOI));
    hanoi.look().await.unwrap();
    let key = scene.papers().join("issuing.key");
    let aside = scene.papers().join("aside");
    std::fs::rename(&key, &aside).unwrap();
    let mut registry = office.connection.registry();
    let failed = registry
        .revoke(change(HANOI, "mất thiết bị"))
        .await
        .map(|_| ());
    assert_eq!(reason(failed), Reason::StorageUnavailable);
    assert_eq!(reason(hanoi.look().await), Reason::CertificateRevoked);
    std::fs::rename(&aside, &key).unwrap();
    registry
        .revoke(change(HANOI, "mất thiết bị"))
        .await
        .unwrap();
    assert_eq!(reason(hanoi.look().await), Reason::CertificateRevoked);
}
