//! A hub in this process, with a CA and clients of any organisation: everything over real sockets.
//! Beside it, a browser.

pub(crate) mod browser;
pub(crate) mod raw;
pub(crate) mod webdriver;

use std::sync::Arc;
use std::time::Duration;

use docaxis::clock::Clock;
use docaxis::hub;
use docaxis::hub::Hub;
use docaxis::model::AttachmentRef;
use docaxis::model::BusinessType;
use docaxis::model::CertificateUse;
use docaxis::model::DocumentCode;
use docaxis::model::DocumentHeader;
use docaxis::model::DocumentId;
use docaxis::model::OrganId;
use docaxis::model::Priority;
use docaxis::model::Reason;
use docaxis::model::Recipients;
use docaxis::model::Secrecy;
use docaxis::model::Signer;
use docaxis::model::calendar;
use docaxis::node::Connection;
use docaxis::store::Durability;
use docaxis::trust::Authority;
use docaxis::trust::Credential;
use docaxis::trust::DocumentSigner;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::RevokedSerial;
use docaxis::trust::Subject;
use docaxis::trust::TrustStore;
use docaxis::trust::Validity;
use docaxis::trust::server_config;
use docaxis::trust::sha256;
use docaxis::wire;
use docaxis::wire::v1;
use jiff::SignedDuration;
use jiff::Timestamp;

/// Arguments of a hub in the current directory, on any port.
pub(crate) const HUB: [&str; 7] = [
    "hub",
    "--data",
    "data",
    "--pki",
    "pki",
    "--listen",
    "127.0.0.1:0",
];

pub(crate) const HANOI: &str = "000.00.00.H26";
pub(crate) const PHU_THO: &str = "000.00.00.H44";
pub(crate) const VINH_PHUC: &str = "000.00.00.H62";
pub(crate) const VPCP: &str = "000.00.00.G22";

/// A hub, its CA, and the clock everybody goes by.
pub(crate) struct Axis {
    pub(crate) authority: Authority,
    pub(crate) clock: Clock,
    pub(crate) hub: hub::Handle,
    pub(crate) address: String,
    revoked: std::sync::Mutex<Vec<RevokedSerial>>,
    shutdown: Option<tokio::sync::oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

/// An organisation's certificates and how it signs.
pub(crate) struct Party {
    pub(crate) connection: Connection,
    pub(crate) signer: DocumentSigner,
    pub(crate) serials: Vec<Vec<u8>>,
    /// The connection's certificate chain and key, PEM.
    pub(crate) identity: (String, String),
}

pub(crate) fn organ(code: &str) -> OrganId {
    code.parse().unwrap()
}

/// Nine in the morning of a working day of the reference period.
pub(crate) fn start() -> Timestamp {
    "2019-06-03T02:00:00Z".parse().unwrap()
}

pub(crate) fn year() -> Validity {
    let not_before = start() - SignedDuration::from_hours(24 * 30);
    Validity {
        not_before,
        not_after: not_before + SignedDuration::from_hours(24 * 365),
    }
}

/// What a hub of this CA is given.
pub(crate) fn parts_of(authority: &Authority, clock: &Clock) -> hub::Parts {
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let loopback = [std::net::Ipv4Addr::LOCALHOST.into()];
    let server = authority
        .issue_server(&key, &["localhost"], &loopback, year())
        .unwrap();
    let time = Arc::new(clock.clone());
    let tls = server_config(&server.pem_with_chain, &key.to_pkcs8_pem(), time).unwrap();
    let trust = Arc::new(TrustStore::from_pem(&authority.anchors_pem()).unwrap());
    trust.replace_crls(&lists(authority, &[], start())).unwrap();
    hub::Parts {
        clock: clock.clone(),
        trust,
        tls,
        offices: None,
    }
}

impl Axis {
    /// In memory, with the defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(hub::Config::new(None, Durability::Memory)).await
    }

    pub(crate) async fn start_with(config: hub::Config) -> Self {
        let authority = Authority::create(start() - SignedDuration::from_hours(24 * 60)).unwrap();
        Self::start_under(authority, config).await
    }

    pub(crate) async fn start_under(authority: Authority, config: hub::Config) -> Self {
        let clock = Clock::manual(start());
        let parts = parts_of(&authority, &clock);
        let hub = Hub::open(config, parts).unwrap();
        let handle = hub.handle();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let (shutdown, told) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            hub.serve(listener, async {
                let _ = told.await;
            })
            .await
            .unwrap();
        });
        Self {
            authority,
            clock,
            hub: handle,
            address,
            revoked: std::sync::Mutex::default(),
            shutdown: Some(shutdown),
            served: Some(served),
        }
    }

    /// Stops the hub and gives its CA back.
    pub(crate) async fn stop(mut self) -> Authority {
        drop(self.shutdown.take());
        self.served.take().unwrap().await.unwrap();
        self.authority
    }

    pub(crate) fn party(&self, code: &str) -> Party {
        self.party_valid(code, year())
    }

    pub(crate) fn party_valid(&self, code: &str, validity: Validity) -> Party {
        party_of(&self.authority, &self.authority, code, validity, self)
    }

    /// A connection with this certificate and key.
    pub(crate) fn connect(&self, identity: Option<(&str, &str)>) -> Connection {
        let anchors = self.authority.anchors_pem();
        Connection::new(&self.address, &anchors, identity, &self.clock).unwrap()
    }

    pub(crate) fn revoke(&self, serials: &[Vec<u8>]) {
        let mut revoked = self.revoked.lock().unwrap();
        for serial in serials {
            revoked.push(RevokedSerial {
                serial: serial.clone(),
                at: self.clock.now(),
            });
        }
        self.clock
            .advance_to(self.clock.now() + SignedDuration::from_secs(1));
        self.hub
            .replace_crls(&lists(&self.authority, &revoked, self.clock.now()))
            .unwrap();
    }
}

pub(crate) fn lists(
    authority: &Authority,
    revoked: &[RevokedSerial],
    now: Timestamp,
) -> Vec<Vec<u8>> {
    let next = now + SignedDuration::from_hours(24 * 30);
    let lists = authority.revocation_lists(revoked, now, next).unwrap();
    vec![lists.root, lists.issuing]
}

/// Certificates of one organisation; `connecting` may be another CA than `signing`.
pub(crate) fn party_of(
    connecting: &Authority,
    signing: &Authority,
    code: &str,
    validity: Validity,
    axis: &Axis,
) -> Party {
    let mut serials = Vec::new();
    let mut issue = |authority: &Authority, usage: CertificateUse| {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let subject = Subject {
            organ: organ(code),
            usage,
            common_name: code.to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity).unwrap();
        serials.push(issued.serial);
        (issued.pem_with_chain, key.to_pkcs8_pem())
    };
    let (certificates, key) = issue(connecting, CertificateUse::Connection);
    let person = issue(signing, CertificateUse::Person);
    let seal = issue(signing, CertificateUse::Seal);
    let credential = |(c, k): &(String, String)| Credential::from_pem(c, k).unwrap();
    Party {
        connection: axis.connect(Some((&certificates, &key))),
        signer: DocumentSigner::new(credential(&person), credential(&seal)),
        serials,
        identity: (certificates, key),
    }
}

/// A document under construction; every field may be bent before it is signed.
pub(crate) struct Writing {
    pub(crate) header: DocumentHeader,
    pub(crate) contents: Vec<Vec<u8>>,
}

pub(crate) fn document(number: u32, from: &str, to: &[&str]) -> Writing {
    let code = DocumentCode::new(&number.to_string(), "VB-TN").unwrap();
    let date = calendar::local(start()).date();
    Writing {
        header: DocumentHeader {
            document_id: DocumentId::new(organ(from), date, code.clone()),
            from: organ(from),
            to: Recipients::try_from(to.iter().map(|to| organ(to)).collect::<Vec<_>>()).unwrap(),
            code,
            promulgation_date: date,
            document_type: "Công văn".to_owned(),
            subject: "V/v kiểm thử".to_owned(),
            signer: Signer::default(),
            priority: Priority::Normal,
            business_type: BusinessType::New,
            response_for: Vec::new(),
            due_date: None,
            secrecy: Secrecy::None,
            attachments: Vec::new(),
        },
        contents: Vec::new(),
    }
}

impl Writing {
    pub(crate) fn attach(mut self, name: &str, content: &[u8]) -> Self {
        self.header.attachments.push(AttachmentRef {
            name: name.to_owned(),
            content_type: "application/pdf".to_owned(),
            size: content.len() as u64,
            sha256: sha256(content),
        });
        self.contents.push(content.to_vec());
        self
    }

    pub(crate) fn unsigned(self) -> v1::SignedDocument {
        let attachments = self.contents.iter().map(|content| v1::Attachment {
            sha256: sha256(content).as_bytes().to_vec().into(),
            content: content.clone().into(),
        });
        v1::SignedDocument {
            header: wire::encode_header(&self.header).into(),
            signature: Vec::new().into(),
            attachments: attachments.collect(),
        }
    }

    pub(crate) fn signed_by(self, party: &Party, at: Timestamp) -> v1::SignedDocument {
        let mut document = self.unsigned();
        document.signature = party.signer.sign(&document.header, at).unwrap().into();
        document
    }
}

/// The stable reason of a refused call.
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> Reason {
    let status = answer.expect_err("the call was to be refused");
    let explained = wire::reason_of(&status);
    explained
        .unwrap_or_else(|| panic!("no reason in {status:?}"))
        .reason
}

impl Party {
    pub(crate) async fn submit(
        &self,
        document: v1::SignedDocument,
    ) -> Result<v1::Receipt, tonic::Status> {
        Ok(self
            .connection
            .exchange()
            .submit(document)
            .await?
            .into_inner())
    }

    pub(crate) async fn report(
        &self,
        id: &str,
        code: u32,
        description: &str,
    ) -> Result<v1::ReportStatusResponse, tonic::Status> {
        let report = v1::StatusReport {
            document_id: id.to_owned(),
            code,
            description: description.to_owned(),
            ..Default::default()
        };
        Ok(self
            .connection
            .exchange()
            .report_status(report)
            .await?
            .into_inner())
    }

    pub(crate) async fn pending(&self) -> v1::ListPendingResponse {
        let request = v1::ListPendingRequest::default();
        self.connection
            .exchange()
            .list_pending(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub(crate) async fn track(&self, id: &str) -> Result<v1::Journey, tonic::Status> {
        let request = v1::TrackRequest {
            document_id: id.to_owned(),
        };
        Ok(self
            .connection
            .exchange()
            .track(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn fetch(&self, id: &str) -> Result<v1::DocumentDelivery, tonic::Status> {
        let request = v1::FetchRequest {
            document_id: id.to_owned(),
        };
        Ok(self
            .connection
            .exchange()
            .fetch(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn acknowledge(&self, sequences: &[u64]) -> u32 {
        let request = v1::Acknowledgement {
            hub_sequences: sequences.to_vec(),
            status_cursor: 0,
        };
        let answer = self
            .connection
            .exchange()
            .acknowledge(request)
            .await
            .unwrap();
        answer.into_inner().acknowledged
    }

    pub(crate) async fn totals(&self) -> v1::Totals {
        let request = v1::GetTotalsRequest {};
        self.connection
            .monitor()
            .get_totals(request)
            .await
            .unwrap()
            .into_inner()
    }
}

/// Looks at a state until it holds, for ten seconds at most.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let look = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while !holds().await {
            ticks.tick().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), look).await;
    assert!(in_time.is_ok(), "never happened: {what}");
}
