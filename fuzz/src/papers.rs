//! A CA with its subscribers and their signatures, made once in every process: what is genuine, and
//! what must not be taken for it.

use std::sync::LazyLock;

use docaxis::model::CertificateUse;
use docaxis::model::OrganId;
use docaxis::trust::Authority;
use docaxis::trust::Credential;
use docaxis::trust::DocumentSigner;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::RevokedSerial;
use docaxis::trust::Subject;
use docaxis::trust::Validity;
use docaxis::trust::sha256;
use docaxis::wire::v1;
use jiff::SignedDuration;
use jiff::Timestamp;
use prost::Message as _;

/// The organisation whose papers these are.
pub const ORGAN: &str = "000.00.00.H26";

/// Another of the same axis.
pub const OTHER_ORGAN: &str = "000.00.00.H62";

/// What the attached file holds.
pub const ATTACHED: &[u8] = b"attached \x00\r\n\xff";

const SETUP: &str = "papers are made the same way in every process";

/// The papers of this process.
pub static PAPERS: LazyLock<Papers> = LazyLock::new(Papers::make);

/// One organisation's papers, and those of some who pretend.
#[derive(Debug)]
pub struct Papers {
    /// When everything is verified. No clock: an input means the same tomorrow.
    pub now: Timestamp,
    /// Root and issuing authority, PEM.
    pub anchors: String,
    /// The lists in force.
    pub lists: Vec<Vec<u8>>,
    /// A list of the same issuer from before the revocation.
    pub old_list: Vec<u8>,
    /// Those whose signatures are good: person and seal on P-256, the same with RSA.
    pub good: Vec<Party>,
    /// Of another organisation on the axis; good, but for its own documents.
    pub other: Party,
    /// Of the organisation, revoked.
    pub revoked: Party,
    /// Of a CA with the same names that nobody believes.
    pub stranger: Party,
}

/// Person and seal of one organisation.
#[derive(Debug)]
pub struct Party {
    /// Signs as both.
    pub both: DocumentSigner,
    /// Signs as the person alone.
    pub person: DocumentSigner,
    /// Serial numbers, person first.
    pub serials: [Vec<u8>; 2],
    /// SHA-256 of the certificates in hexadecimal, person first.
    pub certificates: [String; 2],
}

impl Party {
    fn make(authority: &Authority, organ: &str, kind: KeyKind, now: Timestamp) -> Self {
        let not_before = now - SignedDuration::from_hours(24 * 60);
        let validity = Validity {
            not_before,
            not_after: now + SignedDuration::from_hours(24 * 300),
        };
        let make = |usage: CertificateUse| {
            let key = KeyPair::generate(kind).expect(SETUP);
            let subject = Subject {
                organ: organ.parse::<OrganId>().expect(SETUP),
                usage,
                common_name: "Hà Nội".to_owned(),
            };
            let issued = authority.issue(&key, &subject, validity).expect(SETUP);
            (issued, key.to_pkcs8_pem())
        };
        let (person, person_key) = make(CertificateUse::Person);
        let (seal, seal_key) = make(CertificateUse::Seal);
        let credential = |pem: &str, key: &str| Credential::from_pem(pem, key).expect(SETUP);
        let of_person = || credential(&person.pem_with_chain, &person_key);
        Self {
            both: DocumentSigner::new(of_person(), credential(&seal.pem_with_chain, &seal_key)),
            person: DocumentSigner::person_only(of_person()),
            certificates: [&person, &seal].map(|one| sha256(&one.der).to_string()),
            serials: [person.serial, seal.serial],
        }
    }

    /// The seal.
    pub fn seal(&self) -> &Credential {
        self.both.seal().expect("a party has a seal")
    }
}

impl Papers {
    fn make() -> Self {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().expect(SETUP);
        let hours = |hours| SignedDuration::from_hours(hours);
        let authority = Authority::create(now - hours(24 * 365)).expect(SETUP);
        let impostor = Authority::create(now - hours(24 * 365)).expect(SETUP);
        let party = |organ, kind| Party::make(&authority, organ, kind, now);
        let revoked = party(ORGAN, KeyKind::EcdsaP256);
        let serials: Vec<RevokedSerial> = revoked
            .serials
            .iter()
            .map(|serial| RevokedSerial {
                serial: serial.clone(),
                at: now - hours(24),
            })
            .collect();
        let lists = authority.revocation_lists(&serials, now - hours(1), now + hours(24 * 30));
        let lists = lists.expect(SETUP);
        // Both would be current at `now`: only the newer may count.
        let old = authority.revocation_lists(&[], now - hours(48), now + hours(24 * 30));
        Self {
            now,
            anchors: authority.anchors_pem(),
            lists: vec![lists.root, lists.issuing],
            old_list: old.expect(SETUP).issuing,
            good: vec![
                party(ORGAN, KeyKind::EcdsaP256),
                party(ORGAN, KeyKind::Rsa2048),
            ],
            other: party(OTHER_ORGAN, KeyKind::EcdsaP384),
            revoked,
            stranger: Party::make(&impostor, ORGAN, KeyKind::EcdsaP256, now),
        }
    }
}

/// The header of a document of the organisation, with everything a header may have.
pub fn header() -> v1::DocumentHeader {
    v1::DocumentHeader {
        document_id: format!("{ORGAN},2026/06/01,7816/UBND-KT"),
        from: ORGAN.to_owned(),
        to: vec![OTHER_ORGAN.to_owned(), "H26.13.5".to_owned()],
        code_number: "7816".to_owned(),
        code_notation: "UBND-KT".to_owned(),
        promulgation_date: "2026/06/01".to_owned(),
        document_type: "Công văn".to_owned(),
        subject: "V/v kiểm thử".to_owned(),
        signer: Some(v1::Signer {
            competence: "KT.".to_owned(),
            position: "Phó Chủ tịch".to_owned(),
            full_name: "Nguyễn Văn A".to_owned(),
        }),
        priority: 2,
        business_type: 1,
        response_for: vec![v1::ResponseFor {
            organ_id: OTHER_ORGAN.to_owned(),
            document_id: format!("{OTHER_ORGAN},2026/05/20,12/UBND"),
        }],
        due_date: "2026/06/30".to_owned(),
        secrecy: 0,
        attachments: vec![v1::AttachmentRef {
            name: "a.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size: ATTACHED.len() as u64,
            sha256: sha256(ATTACHED).as_bytes().to_vec().into(),
        }],
    }
}

/// The same, serialised.
pub fn header_bytes() -> Vec<u8> {
    header().encode_to_vec()
}
