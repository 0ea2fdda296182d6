//! `docaxis doctor`: every fault that is planted is the first that is found, and nothing else is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::Arc;

use docaxis::clock::Clock;
use docaxis::model::CertificateUse;
use docaxis::procedure::doctor::Check;
use docaxis::procedure::doctor::CheckName;
use docaxis::procedure::doctor::Code;
use docaxis::procedure::doctor::Diagnosis;
use docaxis::procedure::doctor::Patient;
use docaxis::procedure::doctor::Verdict;
use docaxis::procedure::doctor::diagnose;
use docaxis::text::Language;
use docaxis::trust::Authority;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Subject;
use docaxis::trust::Validity;
use docaxis::trust::server_config;
use docaxis::wire::v1;
use jiff::SignedDuration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VPCP;
use crate::support::eventually;
use crate::support::lists;
use crate::support::organ;
use crate::support::start;
use crate::support::year;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");
const DAY: SignedDuration = SignedDuration::from_hours(24);

const USES: [CertificateUse; 3] = [
    CertificateUse::Connection,
    CertificateUse::Person,
    CertificateUse::Seal,
];

/// A hub, the papers of one agency, and a healthy patient, until something is planted.
struct Scene {
    axis: Axis,
    directory: tempfile::TempDir,
    /// Of the certificates issued last, in the order of [`USES`].
    serials: Vec<Vec<u8>>,
    patient: Patient,
    clock: Clock,
    /// Other hubs, and their keys' owners, that live as long as the scene.
    others: Vec<Axis>,
}

impl Scene {
    async fn set() -> Self {
        let axis = Axis::start().await;
        let directory = tempfile::tempdir().unwrap();
        let patient = Patient {
            hub: axis.address.parse().unwrap(),
            identity: directory.path().to_owned(),
            organ: organ(HANOI),
            anchors: None,
        };
        let mut scene = Self {
            clock: axis.clock.clone(),
            axis,
            directory,
            serials: Vec::new(),
            patient,
            others: Vec::new(),
        };
        let anchors = scene.axis.authority.anchors_pem();
        scene.write("ca.pem", anchors.as_bytes());
        let list = lists(&scene.axis.authority, &[], start());
        scene.write("root.crl", &list[0]);
        scene.write("issuing.crl", &list[1]);
        scene.issue_all(HANOI);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    fn swap(&self, one: &str, other: &str) {
        let spare = self.path("spare");
        fs::rename(self.path(one), &spare).unwrap();
        fs::rename(self.path(other), self.path(one)).unwrap();
        fs::rename(spare, self.path(other)).unwrap();
    }

    fn issue_all(&mut self, code: &str) {
        self.serials = USES.map(|usage| self.issue(usage, code, year())).to_vec();
    }

    fn issue(&self, usage: CertificateUse, code: &str, validity: Validity) -> Vec<u8> {
        self.issue_by(&self.axis.authority, usage, code, validity)
    }

    fn issue_by(
        &self,
        authority: &Authority,
        usage: CertificateUse,
        code: &str,
        validity: Validity,
    ) -> Vec<u8> {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let subject = Subject {
            organ: organ(code),
            usage,
            common_name: code.to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity).unwrap();
        self.store(usage, &issued.pem_with_chain, &key);
        issued.serial
    }

    fn store(&self, usage: CertificateUse, pem: &str, key: &KeyPair) {
        let name = usage.as_str();
        self.write(&format!("{name}.pem"), pem.as_bytes());
        let key_file = format!("{name}.key");
        self.write(&key_file, key.to_pkcs8_pem().as_bytes());
        self.mode(&key_file, 0o600);
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Another server in the place of the hub.
    async fn serve<F>(&mut self, answer: impl Fn(TcpStream) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.patient.hub = format!("https://{address}").parse().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                answer(socket).await;
            }
        });
    }

    /// A server that speaks TLS with a certificate of this axis, and nothing inside it.
    async fn serve_tls(&mut self, name: &str, validity: Validity, inside: &[&[u8]]) {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let names: &[&str] = if name.is_empty() { &[] } else { &[name] };
        let loopback = [std::net::Ipv4Addr::LOCALHOST.into()];
        let addresses = if name.is_empty() { &loopback[..] } else { &[] };
        let authority = &self.axis.authority;
        let issued = authority
            .issue_server(&key, names, addresses, validity)
            .unwrap();
        let time = Arc::new(self.clock.clone());
        let mut config = server_config(&issued.pem_with_chain, &key.to_pkcs8_pem(), time).unwrap();
        config.alpn_protocols = inside.iter().map(|protocol| protocol.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        self.serve(move |socket| {
            let accepting = acceptor.accept(socket);
            async move { drop(accepting.await) }
        })
        .await;
    }

    /// The operator changes the agency.
    async fn operate(&self, suspend: bool) {
        let mut registry = self.axis.party(VPCP).connection.registry();
        let (organ_id, reason) = (HANOI.to_owned(), "kiểm thử".to_owned());
        if suspend {
            let request = v1::ChangeAgencyRequest { organ_id, reason };
            registry.suspend(request).await.unwrap();
        } else {
            let into = PHU_THO.to_owned();
            let request = v1::MergeRequest {
                organ_id,
                into,
                reason,
            };
            registry.merge(request).await.unwrap();
        }
    }

    async fn diagnosis(&self) -> Diagnosis {
        diagnose(&self.patient, &self.clock).await
    }
}

/// What is not in order, with its code.
fn told(check: &Check) -> (CheckName, &'static str) {
    (check.name(), check.code().map_or("", Code::as_str))
}

fn verdict_of(diagnosis: &Diagnosis, name: CheckName) -> Verdict {
    let check = diagnosis.checks().iter().find(|check| check.name() == name);
    check.unwrap().verdict()
}

type Planted<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A fault, the check that is to find it, and its code.
struct Fault {
    plant: for<'a> fn(&'a mut Scene) -> Planted<'a>,
    check: CheckName,
    code: &'static str,
}

macro_rules! faults {
    ($(|$scene:ident| $plant:block => $check:ident, $code:literal;)*) => {
        vec![$(Fault {
            plant: |$scene| Box::pin(async move { $plant }),
            check: CheckName::$check,
            code: $code,
        },)*]
    };
}

/// Each fault alone: the first check that fails is the one expected, and both languages say something.
async fn check_each(faults: Vec<Fault>) {
    for (number, fault) in faults.into_iter().enumerate() {
        let mut scene = Scene::set().await;
        (fault.plant)(&mut scene).await;
        let diagnosis = scene.diagnosis().await;
        let report = diagnosis.to_text(Language::En);
        let failed = diagnosis.first_failed();
        let failed = failed.unwrap_or_else(|| panic!("fault {number} is not found\n{report}"));
        assert_eq!(
            told(failed),
            (fault.check, fault.code),
            "fault {number}\n{report}"
        );
        let all: Vec<CheckName> = diagnosis.checks().iter().map(Check::name).collect();
        assert_eq!(all, CheckName::ALL);
        for check in diagnosis.checks() {
            let is_wrong = matches!(check.verdict(), Verdict::Failed | Verdict::Warning);
            assert_eq!(check.code().is_some(), is_wrong);
            for language in Language::ALL {
                assert_eq!(check.remedy(language).is_some(), is_wrong);
                let said = check.cause(language).or_else(|| check.found(language));
                assert!(said.is_some_and(|said| !said.contains("{}")));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_the_way_is_found_first() {
    check_each(faults! {
        |scene| {
            scene.patient.hub = "https://hub.invalid:7443".parse().unwrap();
        } => Name, "NAME_UNKNOWN";
        |scene| {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            scene.patient.hub = format!("https://{address}").parse().unwrap();
        } => Port, "PORT_CLOSED";
        // A plain service that speaks first.
        |scene| {
            let greet = |mut socket: TcpStream| async move {
                let _ = socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await;
                let _ = socket.readable().await;
            };
            scene.serve(greet).await;
        } => Tls, "NOT_TLS";
        // One that hangs up.
        |scene| {
            scene.serve(|socket| async move { drop(socket) }).await;
        } => Tls, "NOT_TLS";
        // An alert, protocol_version (RFC 8446, 6).
        |scene| {
            let alert = |mut socket: TcpStream| async move {
                let _ = socket.write_all(&[21, 3, 3, 0, 2, 2, 70]).await;
                let _ = socket.readable().await;
            };
            scene.serve(alert).await;
        } => Tls, "TLS_VERSION";
        |scene| {
            let other = Axis::start().await;
            scene.patient.hub = other.address.parse().unwrap();
            scene.others.push(other);
        } => Tls, "SERVER_UNTRUSTED";
        |scene| {
            scene.serve_tls("hub.example", year(), &[b"h2"]).await;
        } => Tls, "SERVER_NAME_MISMATCH";
        |scene| {
            let past = Validity { not_before: start() - DAY * 20, not_after: start() - DAY };
            scene.serve_tls("", past, &[b"h2"]).await;
        } => Tls, "SERVER_EXPIRED";
        |scene| {
            let future = Validity { not_before: start() + DAY, not_after: start() + DAY * 20 };
            scene.serve_tls("", future, &[b"h2"]).await;
        } => Tls, "SERVER_NOT_YET_VALID";
        |scene| {
            scene.serve_tls("", year(), &[]).await;
        } => Tls, "NOT_A_HUB";
        |scene| {
            scene.serve_tls("", year(), &[b"h2"]).await;
        } => Api, "NO_ANSWER";
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_papers_is_found_by_the_check_it_belongs_to() {
    check_each(faults! {
        |scene| {
            scene.patient.identity = scene.path("nowhere");
        } => Files, "FILE_MISSING";
        |scene| {
            fs::remove_file(scene.path("connection.key")).unwrap();
        } => Files, "FILE_MISSING";
        |scene| {
            fs::remove_file(scene.path("ca.pem")).unwrap();
        } => Files, "FILE_MISSING";
        |scene| {
            fs::remove_file(scene.path("person.pem")).unwrap();
            fs::create_dir(scene.path("person.pem")).unwrap();
        } => Files, "FILE_UNREADABLE";
        |scene| {
            let pem = fs::read_to_string(scene.path("seal.pem")).unwrap();
            scene.write("seal.pem", pem.replacen("MII", "MIJ", 1).as_bytes());
        } => Files, "FILE_MALFORMED";
        |scene| {
            scene.write("ca.pem", b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
        } => Files, "FILE_MALFORMED";
        |scene| {
            scene.write("person.key", &[0xff; 64]);
            scene.mode("person.key", 0o600);
        } => Files, "FILE_MALFORMED";
        |scene| {
            scene.write("issuing.crl", b"no list");
        } => Files, "FILE_MALFORMED";
        |scene| {
            scene.mode("seal.key", 0o644);
        } => Files, "KEY_EXPOSED";
        |scene| {
            scene.swap("connection.key", "seal.key");
        } => KeyMatch, "KEY_MISMATCH";
        |scene| {
            let other = Authority::create(start() - DAY * 60).unwrap();
            scene.issue_by(&other, CertificateUse::Seal, HANOI, year());
        } => Chain, "CHAIN_UNTRUSTED";
        |scene| {
            let other = Authority::create(start() - DAY * 60).unwrap();
            scene.issue_by(&other, CertificateUse::Connection, HANOI, year());
        } => Chain, "CHAIN_UNTRUSTED";
        |scene| {
            scene.swap("connection.pem", "seal.pem");
            scene.swap("connection.key", "seal.key");
        } => Purpose, "CERTIFICATE_USAGE";
        // A certificate for servers, which names no organisation.
        |scene| {
            let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
            let authority = &scene.axis.authority;
            let issued = authority.issue_server(&key, &["localhost"], &[], year()).unwrap();
            scene.store(CertificateUse::Connection, &issued.pem_with_chain, &key);
        } => Purpose, "CERTIFICATE_USAGE";
        |scene| {
            let past = Validity { not_before: start() - DAY * 20, not_after: start() - DAY };
            scene.issue(CertificateUse::Connection, HANOI, past);
        } => Expiry, "CERTIFICATE_EXPIRED";
        |scene| {
            let past = Validity { not_before: start() - DAY * 20, not_after: start() - DAY };
            scene.issue(CertificateUse::Person, HANOI, past);
        } => Expiry, "CERTIFICATE_EXPIRED";
        |scene| {
            let future = Validity { not_before: start() + DAY, not_after: start() + DAY * 99 };
            scene.issue(CertificateUse::Seal, HANOI, future);
        } => Expiry, "CERTIFICATE_NOT_YET_VALID";
        |scene| {
            scene.axis.revoke(&scene.serials[..1]);
        } => Revocation, "CERTIFICATE_REVOKED";
        |scene| {
            scene.axis.revoke(&scene.serials[2..]);
        } => Revocation, "CERTIFICATE_REVOKED";
        |scene| {
            scene.patient.organ = organ(PHU_THO);
        } => Organisation, "SENDER_MISMATCH";
        |scene| {
            scene.issue(CertificateUse::Seal, PHU_THO, year());
        } => Organisation, "SIGNER_MISMATCH";
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_between_hub_and_agency_is_found() {
    check_each(faults! {
        // Two months on, nobody renewed the hub's lists.
        |scene| {
            let now = start() + DAY * 60;
            scene.axis.clock.advance_to(now);
            let fresh = lists(&scene.axis.authority, &[], now);
            scene.write("root.crl", &fresh[0]);
            scene.write("issuing.crl", &fresh[1]);
        } => Revocation, "REVOCATION_UNKNOWN";
        |scene| {
            scene.clock = Clock::manual(start() + SignedDuration::from_mins(11));
        } => Clock, "CLOCK_SKEW";
        |scene| {
            scene.clock = Clock::manual(start() - SignedDuration::from_hours(3));
        } => Clock, "CLOCK_SKEW";
        |scene| {
            scene.operate(true).await;
        } => State, "SENDER_NOT_ACTIVE";
        |scene| {
            scene.operate(false).await;
        } => State, "SENDER_NOT_ACTIVE";
        |scene| {
            let stranger = "000.00.00.X99";
            scene.issue_all(stranger);
            scene.patient.organ = organ(stranger);
        } => State, "AGENCY_UNKNOWN";
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_participant_is_healthy_in_both_languages() {
    let scene = Scene::set().await;
    let diagnosis = scene.diagnosis().await;
    let english = diagnosis.to_text(Language::En);
    let vietnamese = diagnosis.to_text(Language::Vi);
    assert!(diagnosis.is_healthy(), "{english}");
    for check in diagnosis.checks() {
        assert_eq!(check.verdict(), Verdict::Ok, "{english}");
    }
    let port = format!(":{}", scene.axis.address.rsplit_once(':').unwrap().1);
    insta::assert_snapshot!("healthy_en", english.replace(&port, ":PORT"));
    insta::assert_snapshot!("healthy_vi", vietnamese.replace(&port, ":PORT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_faults_are_told_at_once() {
    let mut scene = Scene::set().await;
    fs::remove_file(scene.path("person.key")).unwrap();
    scene.mode("seal.key", 0o640);
    let past = Validity {
        not_before: start() - DAY * 20,
        not_after: start() - DAY,
    };
    scene.issue(CertificateUse::Connection, HANOI, past);
    scene.issue(
        CertificateUse::Seal,
        HANOI,
        Validity {
            not_before: start() - DAY,
            not_after: start() + DAY * 9,
        },
    );
    scene.mode("seal.key", 0o640);
    fs::remove_file(scene.path("root.crl")).unwrap();
    scene.clock = Clock::manual(start() + SignedDuration::from_mins(2));
    let diagnosis = scene.diagnosis().await;
    let port = format!(":{}", scene.axis.address.rsplit_once(':').unwrap().1);
    let here = scene.directory.path().display().to_string();
    let shown = |language| {
        let text = diagnosis.to_text(language);
        text.replace(&port, ":PORT").replace(&here, "IDENTITY")
    };
    insta::assert_snapshot!("unhealthy_en", shown(Language::En));
    insta::assert_snapshot!("unhealthy_vi", shown(Language::Vi));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_be_wrong_is_a_warning() {
    async fn check(plant: fn(&mut Scene), name: CheckName, code: &str) {
        let mut scene = Scene::set().await;
        plant(&mut scene);
        let diagnosis = scene.diagnosis().await;
        let report = diagnosis.to_text(Language::En);
        assert!(diagnosis.is_healthy(), "{report}");
        let warned: Vec<_> = diagnosis
            .checks()
            .iter()
            .filter(|check| check.verdict() == Verdict::Warning)
            .map(told)
            .collect();
        assert_eq!(warned, [(name, code)], "{report}");
    }
    let soon = |scene: &mut Scene| {
        let validity = Validity {
            not_before: start() - DAY,
            not_after: start() + DAY * 30,
        };
        scene.issue(CertificateUse::Seal, HANOI, validity);
    };
    check(soon, CheckName::Expiry, "CERTIFICATE_EXPIRES_SOON").await;
    let late = |scene: &mut Scene| {
        let now = start() + DAY * 30 + SignedDuration::from_hours(1);
        scene.axis.clock.advance_to(now);
    };
    check(late, CheckName::Revocation, "REVOCATION_LATE").await;
    let no_list = |scene: &mut Scene| fs::remove_file(scene.path("issuing.crl")).unwrap();
    check(no_list, CheckName::Revocation, "REVOCATION_UNKNOWN").await;
    let ahead = |scene: &mut Scene| {
        scene.clock = Clock::manual(start() + SignedDuration::from_mins(9));
    };
    check(ahead, CheckName::Clock, "CLOCK_SKEW").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_hub_is_checked_while_it_is_down() {
    let mut scene = Scene::set().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    scene.patient.hub = format!("https://{address}").parse().unwrap();
    let own = docaxis::trust::RevokedSerial {
        serial: scene.serials[1].clone(),
        at: start(),
    };
    let list = lists(&scene.axis.authority, &[own], start());
    scene.write("issuing.crl", &list[1]);
    let diagnosis = scene.diagnosis().await;
    for (name, verdict) in [
        (CheckName::Name, Verdict::Ok),
        (CheckName::Port, Verdict::Failed),
        (CheckName::Tls, Verdict::Skipped),
        (CheckName::Api, Verdict::Skipped),
        (CheckName::Files, Verdict::Ok),
        (CheckName::KeyMatch, Verdict::Ok),
        (CheckName::Chain, Verdict::Ok),
        (CheckName::Purpose, Verdict::Ok),
        (CheckName::Expiry, Verdict::Ok),
        (CheckName::Revocation, Verdict::Failed),
        (CheckName::Organisation, Verdict::Ok),
        (CheckName::Clock, Verdict::Skipped),
        (CheckName::Peer, Verdict::Skipped),
        (CheckName::State, Verdict::Skipped),
        (CheckName::Quota, Verdict::Skipped),
        (CheckName::Disk, Verdict::Skipped),
    ] {
        assert_eq!(verdict_of(&diagnosis, name), verdict, "{name:?}");
    }
}

/// A process, killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn docaxis(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(directory)
        .env("LANG", "C")
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_judges_a_hub_that_runs() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let run = |arguments: &[&str]| {
        let ran = docaxis(directory, arguments);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{arguments:?}: {said}");
    };
    run(&["ca", "init", "--dir", "pki"]);
    let issue = [
        "ca", "issue", "--dir", "pki", "--organ", HANOI, "--out", "id", "--keys", "p256",
    ];
    run(&issue);
    let mut hub = Command::new(PROGRAM);
    hub.args(["hub", "--data", "data", "--pki", "pki"])
        .args(["--listen", "127.0.0.1:0", "--ready-file", "ready"])
        .current_dir(directory)
        .stdout(Stdio::null());
    let hub = Running(hub.spawn().unwrap());
    let ready = directory.join("ready");
    let is_ready = || async { fs::read_to_string(&ready).is_ok_and(|text| !text.is_empty()) };
    eventually("the hub serves", is_ready).await;
    let url = format!("https://{}", fs::read_to_string(&ready).unwrap());
    let doctor = |more: &[&str]| {
        let arguments = [
            "doctor",
            "--hub",
            &url,
            "--identity",
            "id",
            "--organ",
            HANOI,
        ];
        let ran = docaxis(directory, &[&arguments[..], more].concat());
        let said = String::from_utf8(ran.stdout).unwrap();
        (ran.status.code(), said)
    };

    for (language, conclusion) in [
        ("en", "Nothing stands in the way of exchanging documents.\n"),
        ("vi", "Không có gì cản trở việc trao đổi văn bản.\n"),
    ] {
        let (code, said) = doctor(&["--lang", language]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.ends_with(conclusion), "{said}");
        assert_eq!(said.matches('✓').count(), CheckName::ALL.len(), "{said}");
        assert!(!said.contains('\u{1b}'), "no colours: {said}");
    }
    let json = |more: &[&str]| {
        let (code, said) = doctor(&[&["--json", "-"], more].concat());
        let value: serde_json::Value = serde_json::from_str(&said).unwrap();
        (code, value)
    };
    let (code, value) = json(&[]);
    assert_eq!((code, &value["healthy"]), (Some(0), &true.into()));
    assert_eq!(value["hub"], url.as_str());
    assert_eq!(value["organ"], HANOI);
    let names: Vec<&str> = value["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = CheckName::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, expected);

    run(&[
        "ca", "revoke", "--dir", "pki", "--organ", HANOI, "--use", "seal",
    ]);
    // The hub takes notice within a second.
    let is_seen = || async { json(&[]).0 == Some(1) };
    eventually("the hub knows", is_seen).await;
    let (_, value) = json(&[]);
    let checks = value["checks"].as_array().unwrap();
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["verdict"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["name"], "revocation");
    assert_eq!(failed[0]["code"], "CERTIFICATE_REVOKED");
    for field in ["cause", "cause_vi", "remedy", "remedy_vi"] {
        assert!(
            failed[0][field]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    assert!(failed[0]["took_ms"].is_u64());

    drop(hub);
    let (code, value) = json(&[]);
    let checks = value["checks"].as_array().unwrap();
    let port = checks.iter().find(|check| check["name"] == "port").unwrap();
    assert_eq!((code, &port["code"]), (Some(1), &"PORT_CLOSED".into()));
}

#[test]
fn bad_usage_ends_with_2() {
    let here = Path::new(".");
    let good = ["--hub", "https://127.0.0.1:1", "--identity", ".", "--organ"];
    for (arguments, expected) in [
        ([&good[..], &["hanoi"]].concat(), "hanoi"),
        (good[..4].to_vec(), "--organ"),
        (
            [&["--hub", "hub:1"], &good[2..], &[HANOI]].concat(),
            "https://HOST:PORT",
        ),
        ([&good[..], &[HANOI, "--lang", "fr"]].concat(), "fr"),
    ] {
        let ran = docaxis(here, &[&["doctor"], &arguments[..]].concat());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
