//! Making a corpus: the scenario's plan, dated today, written and signed on every core.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread::ScopedJoinHandle;

use jiff::Timestamp;
use prost::Message as _;

use super::corpus::CHUNK;
use super::corpus::Expected;
use super::corpus::Prepared;
use super::corpus::write_chunk;
use super::orders::Kind;
use super::orders::Order;
use super::orders::orders;
use crate::load::plan::InvalidPlan;
use crate::load::plan::Plan;
use crate::load::plan::Signing;
use crate::load::scenario::Scenario;
use crate::model::BusinessType;
use crate::model::Directory;
use crate::model::DocumentCode;
use crate::model::DocumentId;
use crate::model::INLINE_MAX;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Recipients;
use crate::model::calendar;
use crate::model::unit_of;
use crate::node;
use crate::node::Draft;
use crate::node::Identity;
use crate::node::Mistake;
use crate::node::WriteError;

/// How documents are signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signatures {
    /// As the scenario says: both or nobody.
    AsPlanned,
    /// By nobody.
    Nobody,
    /// By the seal only.
    Seal,
    /// By person and seal, every one.
    Both,
}

impl Signatures {
    fn as_str(self) -> &'static str {
        match self {
            Self::AsPlanned => "as-planned",
            Self::Nobody => "nobody",
            Self::Seal => "seal",
            Self::Both => "both",
        }
    }
}

/// Who writes and signs.
#[derive(Clone, Copy, Debug)]
pub struct Writers<'a> {
    /// The agencies of the run, in the order that numbers them.
    pub agencies: &'a [(OrganId, Identity)],
    /// Signers of some of them whose certificates ended.
    pub expired: &'a [(OrganId, Identity)],
    /// Signers of some of them whose certificates are revoked.
    pub revoked: &'a [(OrganId, Identity)],
    /// Everybody a document may be addressed to, and so many units below each.
    pub directory: &'a Directory,
    /// Units; where there are any, `agencies` holds those of each agency right after it.
    pub units: u32,
}

impl Writers<'_> {
    /// Which of an agency's units, or the agency itself, a document is of or for.
    pub(super) fn unit(&self, salt: usize) -> u32 {
        let mixed = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        u32::try_from(mixed % (self.units as usize + 1)).unwrap_or(0)
    }
}

/// What makes one corpus differ from another.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    /// What is sent.
    pub scenario: &'a Scenario,
    /// How it is signed.
    pub signatures: Signatures,
    /// Put into every notation, so that documents of this run are not those of another.
    pub mark: &'a str,
    /// The day of promulgation, and when documents are signed.
    pub at: Timestamp,
}

/// Why there is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// A composed field breaks a rule.
    #[error("a composed document is not valid: {problem}")]
    Composed {
        /// What is wrong.
        problem: String,
    },
    /// Whoever heard how it went wanted no more.
    #[error("ended from outside before all documents were signed")]
    Ended,
    /// The disk.
    #[error("cannot write documents to {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The scenario does not fit the directory.
    #[error("the scenario cannot be planned")]
    Plan(#[from] InvalidPlan),
    /// A thread of the makers panicked. A bug.
    #[error("a signing thread did not end well")]
    Panicked,
    /// Writing or signing.
    #[error("a document cannot be written")]
    Write(#[from] WriteError),
}

/// Hears how many documents are there, and says whether to go on.
pub type Heard<'a> = dyn Fn(usize) -> ControlFlow<()> + Sync + 'a;

/// Makes sure that the chunks of the first `documents` documents are in `directory`; gives their
/// files. Of those that have to be signed, `made` hears how many there are now, each number once, and may
/// end it. Blocking: it signs on every core.
///
/// # Errors
/// [`MakeError`]; chunks that were finished stay.
pub fn make(
    directory: &Path,
    documents: usize,
    recipe: Recipe<'_>,
    writers: Writers<'_>,
    made: &Heard<'_>,
) -> Result<Vec<PathBuf>, MakeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| MakeError::Io { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let name = |number: usize| {
        let signatures = recipe.signatures.as_str();
        directory.join(format!("{signatures}-{number:04}.docs"))
    };
    let chunks = documents.div_ceil(CHUNK).max(1);
    for number in 0..chunks {
        let path = name(number);
        if path.exists() {
            continue;
        }
        let told = |count: usize| made(number * CHUNK + count);
        let documents = chunk(number, recipe, writers, &told)?;
        write_chunk(&path, documents.iter()).map_err(failed(&path))?;
    }
    Ok((0..chunks).map(name).collect())
}

fn chunk(
    number: usize,
    recipe: Recipe<'_>,
    writers: Writers<'_>,
    made: &Heard<'_>,
) -> Result<Vec<Prepared>, MakeError> {
    let scenario = recipe.scenario.clone();
    let seed = scenario.seed.wrapping_add(number as u64);
    let mut scenario = scenario.scaled_to(CHUNK as u64).with_seed(seed);
    // Bad documents are ours to choose, large attachments go another way.
    scenario.faults = crate::load::scenario::Faults::none();
    scenario.attachments.large_documents = 0;
    let plan = Plan::of(&scenario, writers.directory)?;
    let orders = orders(number * CHUNK, &plan, recipe, writers);
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<Result<Prepared, MakeError>>>> =
        orders.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let make = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let (Some(order), Some(slot)) = (orders.get(place), slots.get(place)) else {
                return ControlFlow::Continue(());
            };
            // A repetition is copied afterwards.
            if !matches!(order.kind, Kind::Repeated(_)) {
                let prepared = prepare(order, recipe, writers);
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
            }
            made(done.fetch_add(1, Ordering::Relaxed) + 1)?;
        }
    };
    let ended: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..cores).map(|_| scope.spawn(make)).collect();
        makers.into_iter().map(ScopedJoinHandle::join).collect()
    });
    if ended.iter().any(Result::is_err) {
        return Err(MakeError::Panicked);
    }
    if ended.iter().flatten().any(ControlFlow::is_break) {
        return Err(MakeError::Ended);
    }
    let mut documents: Vec<Prepared> = Vec::with_capacity(orders.len());
    for (order, slot) in orders.iter().zip(slots) {
        let prepared = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        documents.push(match (prepared, order.kind) {
            (Some(prepared), _) => prepared?,
            (None, Kind::Repeated(earlier)) => {
                let earlier_at = u32::try_from(number * CHUNK + earlier).unwrap_or(u32::MAX);
                let original = documents.get(earlier).ok_or(MakeError::Panicked)?;
                Prepared {
                    outcome: Expected::Repeated,
                    about: Some(earlier_at),
                    ..original.clone()
                }
            }
            (None, _) => return Err(MakeError::Panicked),
        });
    }
    Ok(documents)
}

fn prepare(
    order: &Order<'_>,
    recipe: Recipe<'_>,
    writers: Writers<'_>,
) -> Result<Prepared, MakeError> {
    let composed = |problem: &dyn std::fmt::Display| MakeError::Composed {
        problem: problem.to_string(),
    };
    let (organ, own) = writers
        .agencies
        .get(order.sender)
        .ok_or(MakeError::Panicked)?;
    let mut header = order.planned.header.clone();
    let own_number = match order.kind {
        Kind::Duplicate(earlier) => order.number / CHUNK * CHUNK + earlier,
        _ => order.number,
    };
    header.from = *organ;
    header.business_type = BusinessType::New;
    header.response_for.clear();
    header.promulgation_date = calendar::local(recipe.at).date();
    let to = header.to.as_slice().iter().enumerate();
    let mut to: Vec<OrganId> = to
        .map(|(place, agency)| unit_of(*agency, writers.unit(own_number + 7919 * (place + 1))))
        .collect();
    to.retain(|recipient| recipient != organ);
    if to.is_empty() {
        let others = writers.directory.agencies().iter();
        to.extend(
            others
                .map(|agency| agency.organ)
                .find(|other| other != organ),
        );
    }
    let recipients = u16::try_from(to.len()).unwrap_or(u16::MAX);
    header.to = Recipients::try_from(to).map_err(|error| composed(&error))?;
    let number = (own_number + 1).to_string();
    let code = DocumentCode::new(&number, recipe.mark).map_err(|error| composed(&error))?;
    header.code = code.clone();
    header.document_id = DocumentId::new(*organ, header.promulgation_date, code);
    if matches!(order.kind, Kind::Duplicate(_)) {
        header.subject.push('…');
    }
    let other = |pool: &'_ [(OrganId, Identity)]| {
        pool.iter()
            .position(|(of, _)| of == organ)
            .ok_or(MakeError::Panicked)
    };
    let (mistake, signer, outcome) = match order.kind {
        Kind::Good | Kind::Repeated(_) => (None, None, Expected::Accepted),
        Kind::Tampered => (
            Some(Mistake::TamperedHeader),
            None,
            Expected::Refused(Reason::SignatureInvalid),
        ),
        Kind::Expired => (
            Some(Mistake::WrongSigner),
            Some(&writers.expired[other(writers.expired)?].1),
            Expected::Refused(Reason::CertificateExpired),
        ),
        Kind::Revoked => (
            Some(Mistake::WrongSigner),
            Some(&writers.revoked[other(writers.revoked)?].1),
            Expected::Refused(Reason::CertificateRevoked),
        ),
        Kind::Oversized => (None, None, Expected::Refused(Reason::TooLarge)),
        Kind::Duplicate(_) => (None, None, Expected::Refused(Reason::DuplicateDocument)),
    };
    let must_sign = matches!(order.kind, Kind::Tampered | Kind::Expired | Kind::Revoked);
    let signing = match (recipe.signatures, order.planned.signing) {
        _ if must_sign => node::Signing::Both,
        (Signatures::Both, _) | (Signatures::AsPlanned, Signing::Both) => node::Signing::Both,
        (Signatures::Seal, _) => node::Signing::Seal,
        (Signatures::Nobody, _) | (Signatures::AsPlanned, Signing::None) => node::Signing::None,
    };
    let contents = order.planned.attachments.iter().map(|attachment| {
        let media = attachment.content_type.to_owned();
        (attachment.name.clone(), media, attachment.content())
    });
    let draft = Draft {
        header,
        attachments: contents.collect(),
        signing,
        at: recipe.at,
        mistake,
    };
    let mut written = node::write(draft, own, signer)?.document;
    if order.kind == Kind::Oversized {
        let content = vec![7; usize::try_from(INLINE_MAX + 1).unwrap_or(usize::MAX)];
        written.attachments.push(node::attachment(content));
    }
    let mut crc = crc32fast::Hasher::new();
    crc.update(&written.header);
    crc.update(&written.signature);
    Ok(Prepared {
        sender: u32::try_from(order.sender).unwrap_or(u32::MAX),
        about: None,
        recipients,
        outcome,
        signatures: match signing {
            node::Signing::Both => 2,
            node::Signing::Seal => 1,
            node::Signing::None => 0,
        },
        crc: crc.finalize(),
        document: written.encode_to_vec().into(),
    })
}
