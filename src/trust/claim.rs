//! One signer on its way to the engine: with which certificates it is tried, over which bytes.
//!
//! Certificates in a signature are not signed with it, and anybody may add some. So the one that the
//! signer names by its digest counts, or else each that has the name and number it gives, until one fits.

use std::borrow::Cow;
use std::sync::Arc;

use super::certificate::CertificateFields;
use super::cms::AnySignedData;
use super::cms::AnySigner;
use super::cms::Meant;
use super::cms::SignerIdentifier;
use super::cms::oid;
use super::der::OID;
use super::der::Reader;
use super::der::SEQUENCE;
use super::der::SET;
use super::der::element;
use super::der::set_of;
use super::engine::Job;
use super::engine::SignatureAlgorithm;
use super::examine::Examined;
use super::examine::Examiner;
use super::examine::Signer;
use super::examine::Unusable;
use super::facts::ContentFacts;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::SigningCertificate;
use super::names;
use super::path::Along;
use super::stamp::Archive;
use super::stamp::Evidence;
use super::stamp::Over;
use super::stamp::StampClaim;
use super::stamp::Stamped;
use super::stamp::Token;
use super::verify::ContentDigest;
use super::verify::is_identified_by;

/// Certificates that one signer is tried with.
const CANDIDATES_MAX: usize = 8;

/// A signer, with what it may have signed and by whose key.
pub(super) struct Claim<'a> {
    info: AnySigner<'a>,
    content: ContentFacts,
    /// What was signed, where the signer is tried: as it stands there, and in the order of DER.
    messages: Vec<Cow<'a, [u8]>>,
    candidates: Vec<Candidate>,
    /// Whether there are more certificates that may be the signer's than are tried.
    is_too_many: bool,
    /// Whether it is over plain data.
    is_plain: bool,
    stamps: Vec<StampClaim<'a>>,
}

/// A certificate that may be the signer's.
struct Candidate {
    meant: Meant,
    signer: Result<Arc<Signer>, Unusable>,
}

/// What a signature is over, and what came with it.
pub(super) struct Enclosed<'e, 'a> {
    pub(super) evidence: &'e Evidence<'a>,
    pub(super) content_type: &'a [u8],
    /// `encapContentInfo`, `certificates` and `crls` of the signature.
    pub(super) fields: [&'a [u8]; 3],
    /// What was signed, if it is at hand.
    pub(super) content: Option<&'a [u8]>,
    /// What the signature carries.
    pub(super) inside: Option<&'a [u8]>,
}

/// The claims of the signers of a signature; for each that breaks the format, why.
pub(super) fn claims<'a>(
    examiner: &Examiner,
    data: AnySignedData<'a>,
    one: &Examined<'a>,
    digest: Option<&ContentDigest<'_>>,
) -> Vec<Result<Claim<'a>, &'static str>> {
    let stamped = Stamped::read(data);
    let mut evidence = Evidence::default();
    // What was given comes first: what a signature carries, as much as its maker likes, must not displace it.
    evidence.add(one.certificates, one.lists);
    evidence.take(&stamped);
    let Stamped { data, stamps } = stamped;
    let enclosed = Enclosed {
        evidence: &evidence,
        content_type: data.content_type,
        fields: data.fields,
        content: one.content.or(data.content),
        inside: data.content,
    };
    let mut along = examiner.along(&evidence.certificates, &evidence.lists);
    let signers = data.signers.into_iter().zip(stamps);
    signers
        .map(|(info, tokens)| {
            let signer = (info?, tokens);
            Ok(claim(examiner, signer, &enclosed, &mut along, digest))
        })
        .collect()
}

/// The claim of a signer, with its time stamps.
pub(super) fn claim<'a>(
    examiner: &Examiner,
    (info, tokens): (AnySigner<'a>, Vec<Token<'a>>),
    enclosed: &Enclosed<'_, 'a>,
    along: &mut Along<'_>,
    digest: Option<&ContentDigest<'_>>,
) -> Claim<'a> {
    let content = match (digest, &info.attributes, &info.scheme) {
        (None, ..) => ContentFacts::Missing,
        // Content inside that is not the content given is not what anybody was shown.
        (Some(digest), ..)
            if enclosed
                .inside
                .is_some_and(|inside| inside != digest.content()) =>
        {
            ContentFacts::Contradicted
        }
        (Some(digest), Some(attributes), Ok((algorithm, _))) => {
            if digest.is(*algorithm, attributes.message_digest) {
                ContentFacts::Intact
            } else {
                ContentFacts::Altered
            }
        }
        // The signature itself tells whether it is the one.
        (Some(_), None, Ok(_)) => ContentFacts::Intact,
        (Some(_), _, Err(_)) => ContentFacts::Missing,
    };
    let (candidates, is_too_many) = candidates(examiner, &info, enclosed, along);
    let archive = Archive {
        signer: &info,
        enclosed,
        tokens: &tokens,
    };
    let over: Vec<Over<'_>> = tokens.iter().map(|token| token.over(&archive)).collect();
    let stamps = tokens.into_iter().zip(over);
    let stamps = stamps.map(|(token, over)| token.claim(examiner, enclosed.evidence, along, &over));
    Claim {
        stamps: stamps.collect(),
        messages: messages(&info, enclosed.content),
        candidates,
        is_too_many,
        is_plain: enclosed.content_type == oid::DATA,
        content,
        info,
    }
}

/// What a signature is tried over.
fn messages<'a>(info: &AnySigner<'a>, content: Option<&'a [u8]>) -> Vec<Cow<'a, [u8]>> {
    let Some(attributes) = &info.attributes else {
        return content.map(Cow::Borrowed).into_iter().collect();
    };
    let stored = element(SET, attributes.bytes);
    if !attributes.are_few() {
        return vec![Cow::Owned(stored)];
    }
    // What is signed is the DER of the attributes, in whatever order they stand there (RFC 5652, 5.4).
    let mut each = Reader(attributes.bytes);
    let each = std::iter::from_fn(|| each.any()).map(|attribute| attribute.whole.to_vec());
    let ordered = set_of(SET, each.collect());
    let is_other = ordered != stored;
    let mut all = vec![Cow::Owned(stored)];
    all.extend(is_other.then_some(Cow::Owned(ordered)));
    all
}

/// The certificates that a signer may mean, and whether there are more than are tried.
fn candidates(
    examiner: &Examiner,
    info: &AnySigner<'_>,
    enclosed: &Enclosed<'_, '_>,
    along: &mut Along<'_>,
) -> (Vec<Candidate>, bool) {
    let mut named: Vec<(Meant, &[u8])> = Vec::new();
    let all = enclosed.evidence.certificates.iter().copied();
    for der in all.chain(examiner.certificates()) {
        if !fits(der, info.identifier) || named.iter().any(|(_, one)| *one == der) {
            continue;
        }
        let attributes = info.attributes.as_ref();
        named.push((attributes.map_or(Meant::Unsaid, |some| some.mean(der)), der));
    }
    if named.iter().any(|(meant, _)| *meant == Meant::Yes) {
        named.retain(|(meant, _)| *meant == Meant::Yes);
    }
    let is_too_many = named.len() > CANDIDATES_MAX;
    let tried = named.into_iter().take(CANDIDATES_MAX);
    let tried = tried.map(|(meant, der)| Candidate {
        meant,
        signer: examiner.signer(der, along, !enclosed.evidence.lists.is_empty()),
    });
    (tried.collect(), is_too_many)
}

/// Whether a certificate is one that a signer may mean, however its issuer's name is written (RFC 5280, 7.1).
fn fits(certificate: &[u8], identifier: SignerIdentifier<'_>) -> bool {
    let SignerIdentifier::IssuerAndSerial { issuer, serial } = identifier else {
        return is_identified_by(certificate, identifier);
    };
    CertificateFields::parse(certificate).is_some_and(|fields| {
        fields.serial == serial
            && (fields.issuer == issuer
                || names::canonical(fields.issuer) == names::canonical(issuer))
    })
}

impl Claim<'_> {
    /// Adds what is to be verified, that of its time stamps behind its own.
    pub(super) fn add_jobs<'c>(&'c self, jobs: &mut Vec<Job<'c>>) {
        jobs.extend(self.jobs());
        for stamp in &self.stamps {
            stamp.add_jobs(jobs);
        }
    }

    /// What is to be verified of itself: each certificate with each message.
    fn jobs(&self) -> impl Iterator<Item = Job<'_>> {
        let algorithm = self.algorithm();
        let signers = self.candidates.iter();
        let signers = signers.filter_map(move |one| {
            let signer = one.signer.as_ref().ok()?;
            Some((
                signer,
                algorithm.filter(|found| signer.key.can_verify(*found))?,
            ))
        });
        signers.flat_map(move |(signer, algorithm)| {
            self.messages.iter().map(move |message| Job {
                key: &signer.key,
                algorithm,
                message,
                signature: self.info.signature,
            })
        })
    }

    fn algorithm(&self) -> Option<SignatureAlgorithm> {
        self.info
            .scheme
            .as_ref()
            .ok()
            .map(|(_, algorithm)| *algorithm)
    }

    /// Each candidate, and whether the signature is of its key.
    fn verdicts(&self, verdicts: &[bool]) -> Vec<Option<bool>> {
        let mut next = verdicts.chunks(self.messages.len().max(1));
        let algorithm = self.algorithm();
        let verdict = |one: &Candidate| {
            let signer = one.signer.as_ref().ok()?;
            let can = algorithm.is_some_and(|found| signer.key.can_verify(found));
            (can && !self.messages.is_empty())
                .then(|| next.next().is_some_and(|tried| tried.contains(&true)))
        };
        self.candidates.iter().map(verdict).collect()
    }

    /// The facts, now that the verdicts on its jobs come next.
    pub(super) fn facts(mut self, verdicts: &mut dyn Iterator<Item = bool>) -> SignatureFacts {
        // Every job has its verdict, in the order of the jobs.
        let count = self.jobs().count();
        let own: Vec<bool> = (0..count).map_while(|_| verdicts.next()).collect();
        let stamps = std::mem::take(&mut self.stamps).into_iter();
        let time_stamps = stamps.map(|stamp| stamp.facts(verdicts)).collect();
        SignatureFacts {
            time_stamps,
            ..self.own_facts(&own)
        }
    }

    /// Its facts, of the certificate that fits best.
    fn own_facts(self, verdicts: &[bool]) -> SignatureFacts {
        let verdicts = self.verdicts(verdicts);
        let rank = |at: &usize| {
            let leads =
                matches!(&self.candidates[*at].signer, Ok(one) if one.path.problem.is_none());
            let verdict = verdicts[*at];
            // One that cannot be tried may be the right one. Of several that are as good the first.
            (
                verdict == Some(true),
                leads,
                verdict.is_none(),
                std::cmp::Reverse(*at),
            )
        };
        let best = (0..self.candidates.len()).max_by_key(rank);
        let is_found = best.is_some_and(|at| verdicts[at] == Some(true));
        let limit = self.limit().or_else(|| self.limit_of_candidates(is_found));
        let mut facts = match best.map(|at| (&self.candidates[at], verdicts[at])) {
            None => {
                let problem = "the signer's certificate is not in the CMS".to_owned();
                SignatureFacts::unreadable(SignerProblem::NoCertificate(problem))
            }
            Some((candidate, verdict)) => candidate.facts(verdict),
        };
        if let Some(limit) = limit {
            facts.problem = Some(SignerProblem::Unsupported(limit.to_owned()));
        }
        let scheme = self.info.scheme.as_ref().ok();
        facts.algorithm = scheme.map(|(_, algorithm)| algorithm.as_str().to_owned());
        facts.digest = scheme.map(|(digest, _)| digest.as_str().to_owned());
        facts.content = self.content;
        facts.is_bare = self.info.attributes.is_none();
        facts.signing_time = self
            .info
            .attributes
            .as_ref()
            .and_then(|some| some.signing_time);
        facts
    }

    /// That the right certificate may be among those that were not tried.
    fn limit_of_candidates(&self, is_found: bool) -> Option<&'static str> {
        (self.is_too_many && !is_found).then_some(
            "more than 8 certificates have the signer's name and number, and 8 were tried",
        )
    }

    /// What of it goes beyond what is verified here.
    fn limit(&self) -> Option<&'static str> {
        if let Err(problem) = self.info.scheme {
            return Some(problem);
        }
        let Some(attributes) = &self.info.attributes else {
            let is_attributes = self
                .messages
                .iter()
                .any(|content| looks_like_attributes(content));
            return if !self.is_plain {
                Some("a signature without signed attributes over what is not plain data")
            } else if is_attributes {
                Some("without signed attributes it signs what may be those of another")
            } else {
                None
            };
        };
        if !attributes.names_certificates_readably() {
            return Some("signing-certificate-v2 names a certificate by a digest not made here");
        }
        attributes.limit
    }
}

/// Whether content may be the signed attributes of another signature, passed off as a document.
fn looks_like_attributes(content: &[u8]) -> bool {
    let Some(mut attributes) = Reader(content).only(SET) else {
        return false;
    };
    std::iter::from_fn(|| attributes.enter(SEQUENCE)).any(|mut attribute| {
        attribute
            .expect(OID)
            .is_some_and(|kind| kind.content == oid::MESSAGE_DIGEST)
    })
}

impl Candidate {
    fn facts(&self, verdict: Option<bool>) -> SignatureFacts {
        let mut facts = match &self.signer {
            Ok(signer) => SignatureFacts {
                problem: None,
                certificate: Some(signer.facts.clone()),
                signature: verdict,
                path: signer.path.clone(),
                ..SignatureFacts::default()
            },
            Err(unusable) => SignatureFacts {
                problem: Some(unusable.problem.clone()),
                certificate: unusable.facts.as_deref().cloned(),
                ..SignatureFacts::default()
            },
        };
        facts.signing_certificate = match self.meant {
            Meant::Unsaid => SigningCertificate::Absent,
            Meant::Yes => SigningCertificate::Matches,
            Meant::No => SigningCertificate::Differs,
        };
        facts
    }
}
