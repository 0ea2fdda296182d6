//! Time stamps that came with a signature (RFC 3161; ETSI EN 319 122-1, 5.2.8, 5.3 and 5.5).
//!
//! A time stamp is a signature of its own over what it says, a digest and an instant; it goes the way of
//! all signatures, and may have time stamps itself. What came with any of them may complete the path of
//! each: nobody believes it for that.

mod archive;
mod evidence;
mod said;

use super::claim::Claim;
use super::claim::Enclosed;
use super::claim::claim;
use super::cms::AnySignedData;
use super::cms::AnySigner;
use super::cms::NotExamined;
use super::cms::oid;
use super::digests::digest_by_name;
use super::digests::digest_name;
use super::engine::Job;
use super::examine::Examined;
use super::examine::Examiner;
use super::facts::ContentFacts;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::StampFacts;
use super::facts::StampKind;
use super::path::Along;
use super::sha256;
use super::verify::ContentDigest;
pub(super) use archive::Archive;
use archive::Archived;
pub(super) use evidence::Evidence;
use said::Said;

/// Time stamps of one signature file, those in others included, that are looked at. A signature has one or
/// two; archives add one in some years. Each costs what a signature does.
const STAMPS_MAX: usize = 32;

/// Time stamps in time stamps. One over the archive of another stands beside it, not in it; in each other
/// they stand where somebody proves when a time stamp was made, and hardly ever that of the proof.
const DEPTH_MAX: usize = 3;

/// A signature file as it was read, with the time stamps of each of its signers.
pub(super) struct Stamped<'a> {
    pub(super) data: AnySignedData<'a>,
    /// In the order of the signers.
    pub(super) stamps: Vec<Vec<Token<'a>>>,
}

/// A time stamp as it was read.
pub(super) struct Token<'a> {
    kind: StampKind,
    /// The attribute it stands in, and its value there.
    name: &'a [u8],
    value: &'a [u8],
    read: Read<'a>,
}

/// What a time stamp ought to be over.
pub(super) enum Over<'a> {
    These(&'a [u8]),
    /// They are not at hand.
    Missing,
    /// The signature and what is beside it.
    Archived(Archived),
    /// That cannot be told.
    Untold(SignerProblem),
}

/// A time stamp on its way to the engine.
pub(super) struct StampClaim<'a> {
    facts: StampFacts,
    at: Option<jiff::Timestamp>,
    claim: Result<Box<Claim<'a>>, SignerProblem>,
}

impl<'a> Stamped<'a> {
    /// Reads the time stamps of a signature.
    pub(super) fn read(data: AnySignedData<'a>) -> Self {
        Self::within(data, DEPTH_MAX, &mut { STAMPS_MAX })
    }

    fn within(data: AnySignedData<'a>, depth: usize, left: &mut usize) -> Self {
        let mut stamps = Vec::new();
        for info in &data.signers {
            stamps.push(match info {
                Ok(info) => tokens(info, depth, left),
                Err(_) => Vec::new(),
            });
        }
        Self { data, stamps }
    }
}

/// The time stamps of one signer, oldest kind first.
fn tokens<'a>(info: &AnySigner<'a>, depth: usize, left: &mut usize) -> Vec<Token<'a>> {
    let inside = info.attributes.iter().flat_map(|all| &all.content_stamps);
    let inside = inside.map(|value| (StampKind::Content, oid::CONTENT_STAMP, *value));
    let outside = info.unsigned.iter().filter_map(|(name, value)| {
        let kind = match *name {
            oid::SIGNATURE_STAMP => StampKind::Signature,
            oid::COMPLETE_STAMP
            | oid::REFERENCES_STAMP
            | oid::ARCHIVE_STAMP
            | oid::ARCHIVE_STAMP_V2
            | oid::ARCHIVE_STAMP_V3 => StampKind::Archive,
            _ => return None,
        };
        Some((kind, *name, *value))
    });
    let mut found = Vec::new();
    for (kind, name, value) in inside.chain(outside) {
        let limit = match (depth, *left) {
            (0, _) => "a time stamp in more than 3 others",
            (_, 0) => "more than 32 time stamps; no more are looked at",
            _ => {
                *left -= 1;
                found.push(Token {
                    kind,
                    name,
                    value,
                    read: read(AnySignedData::parse(value), depth - 1, left),
                });
                continue;
            }
        };
        found.push(Token {
            kind,
            name,
            value,
            read: Err(unsupported(limit)),
        });
        break;
    }
    found
}

/// What a time stamp says, with what is in it.
type Read<'a> = Result<(Said<'a>, Box<Stamped<'a>>), SignerProblem>;

fn read<'a>(
    data: Result<AnySignedData<'a>, NotExamined>,
    depth: usize,
    left: &mut usize,
) -> Read<'a> {
    let data = data.map_err(|problem| match problem {
        NotExamined::Limit(limit) => SignerProblem::Unsupported(limit.to_owned()),
        NotExamined::Malformed(problem) | NotExamined::Unsigned(problem) => malformed(problem),
        NotExamined::NotCms => malformed("the time stamp is not a CMS"),
    })?;
    said(&data).map(|said| (said, Box::new(Stamped::within(data, depth, left))))
}

fn malformed(problem: &str) -> SignerProblem {
    SignerProblem::Malformed(problem.to_owned())
}

fn no_digest() -> SignerProblem {
    unsupported("it is by a digest that is not made here")
}

fn unsupported(limit: &str) -> SignerProblem {
    SignerProblem::Unsupported(limit.to_owned())
}

/// What a time stamp says.
fn said<'a>(data: &AnySignedData<'a>) -> Result<Said<'a>, SignerProblem> {
    let content = data.content.filter(|_| data.content_type == oid::TST_INFO);
    let said = content.and_then(Said::read);
    let said = said.ok_or_else(|| malformed("it says no time (RFC 3161, 2.4.2)"))?;
    if said.has_critical {
        return Err(unsupported(
            "it has a critical extension that is not known here",
        ));
    }
    match &data.signers[..] {
        [Ok(_)] => Ok(said),
        [Err(problem)] => Err(malformed(problem)),
        _ => Err(malformed(
            "it is not signed by one authority alone (RFC 3161, 2.4.2)",
        )),
    }
}

impl<'a> Token<'a> {
    /// A time stamp that stands alone.
    fn alone(data: Result<AnySignedData<'a>, NotExamined>, kind: StampKind) -> Self {
        Self {
            kind,
            name: &[],
            value: &[],
            read: read(data, DEPTH_MAX, &mut { STAMPS_MAX }),
        }
    }

    /// One that stands alone, on its way, over what was given with it.
    pub(super) fn alone_over(
        data: Result<AnySignedData<'a>, NotExamined>,
        kind: StampKind,
        examiner: &Examiner,
        one: &Examined<'a>,
    ) -> StampClaim<'a> {
        let token = Self::alone(data, kind);
        let mut evidence = Evidence::default();
        evidence.add(one.certificates, one.lists);
        token.lend(&mut evidence);
        let mut along = examiner.along(&evidence.certificates, &evidence.lists);
        let over = one.content.map_or(Over::Missing, Over::These);
        token.claim(examiner, &evidence, &mut along, &over)
    }

    /// Takes what it carries.
    fn lend(&self, evidence: &mut Evidence<'a>) {
        if let Ok((_, inside)) = &self.read {
            evidence.take(inside);
        }
    }

    /// What it ought to be over.
    pub(super) fn over(&self, archive: &Archive<'_, 'a>) -> Over<'a> {
        let content = archive.enclosed.content;
        match (self.kind, &self.read) {
            (StampKind::Signature, _) => Over::These(archive.signer.signature),
            (StampKind::Archive, Ok((said, _))) => match archive.over(self, said) {
                Ok(found) => found.map_or(Over::Missing, Over::Archived),
                Err(problem) => Over::Untold(problem),
            },
            _ => content.map_or(Over::Missing, Over::These),
        }
    }

    /// The time it says.
    fn time(&self) -> Option<jiff::Timestamp> {
        self.read.as_ref().ok().map(|(said, _)| said.at)
    }

    /// Sends it on its way, to be held against what it ought to be over.
    pub(super) fn claim(
        self,
        examiner: &Examiner,
        evidence: &Evidence<'a>,
        along: &mut Along<'_>,
        over: &Over<'_>,
    ) -> StampClaim<'a> {
        let mut facts = StampFacts {
            kind: self.kind,
            digest: None,
            imprint: ContentFacts::Missing,
            covers: over.covers(),
        };
        let (said, inside) = match self.read {
            Ok(read) => read,
            Err(problem) => {
                return StampClaim {
                    facts,
                    at: None,
                    claim: Err(problem),
                };
            }
        };
        facts.digest = digest_name(said.algorithm).map(str::to_owned);
        let imprint = over.imprint(&said);
        facts.imprint = *imprint.as_ref().unwrap_or(&ContentFacts::Missing);
        let claim = imprint.and_then(|_| inside.claim(examiner, evidence, along));
        StampClaim {
            facts,
            at: Some(said.at),
            claim: claim.map(Box::new),
        }
    }
}

impl Over<'_> {
    /// Whether a time stamp is over this.
    fn imprint(&self, said: &Said<'_>) -> Result<ContentFacts, SignerProblem> {
        let is_over = match self {
            Self::These(bytes) => {
                let found = digest_by_name(said.algorithm, bytes).ok_or_else(no_digest)?;
                found.as_ref() == said.digest
            }
            Self::Archived(archived) => archived
                .digests
                .iter()
                .any(|digest| digest.as_ref() == said.digest),
            Self::Missing => return Ok(ContentFacts::Missing),
            Self::Untold(problem) => return Err(problem.clone()),
        };
        Ok(if is_over {
            ContentFacts::Intact
        } else {
            ContentFacts::Altered
        })
    }

    /// Which other time stamps it is over, too.
    fn covers(&self) -> Vec<usize> {
        match self {
            Self::Archived(archived) => archived.covers.clone(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Stamped<'a> {
    /// The claim of the one who signed it, as of a time stamp.
    fn claim(
        self,
        examiner: &Examiner,
        evidence: &Evidence<'a>,
        along: &mut Along<'_>,
    ) -> Result<Claim<'a>, SignerProblem> {
        let Self { data, mut stamps } = self;
        let content = data.content.unwrap_or_default();
        let digest = ContentDigest::new(content, *sha256(content).as_bytes());
        let enclosed = Enclosed {
            evidence,
            content_type: data.content_type,
            fields: data.fields,
            content: data.content,
            inside: data.content,
        };
        let mut signers = data.signers;
        let info = signers.pop().unwrap_or(Err("nobody signed it"));
        let info = info.map_err(malformed)?;
        let tokens = stamps.pop().unwrap_or_default();
        Ok(claim(
            examiner,
            (info, tokens),
            &enclosed,
            along,
            Some(&digest),
        ))
    }
}

impl StampClaim<'_> {
    /// Adds what is to be verified.
    pub(super) fn add_jobs<'c>(&'c self, jobs: &mut Vec<Job<'c>>) {
        if let Ok(claim) = &self.claim {
            claim.add_jobs(jobs);
        }
    }

    /// The facts, now that the verdicts on its jobs come next.
    pub(super) fn facts(self, verdicts: &mut dyn Iterator<Item = bool>) -> SignatureFacts {
        let facts = match self.claim {
            Ok(claim) => claim.facts(verdicts),
            Err(problem) => SignatureFacts::unreadable(problem),
        };
        SignatureFacts {
            stamp: Some(self.facts),
            signing_time: self.at,
            ..facts
        }
    }
}
