//! Time stamps that came with a signature (RFC 3161; ETSI EN 319 122-1, 5.2.8, 5.3 and 5.5).
//!
//! A token is a signature of its own over what it says: a digest and an instant. Tokens over the signature
//! or its content are verified; those of archives are recognised, and said not to be.

use jiff::Timestamp;
use jiff::civil;

use super::cms::AnySigner;
use super::cms::NotExamined;
use super::cms::oid;
use super::der::GENERALIZED_TIME;
use super::der::INTEGER;
use super::der::OCTET_STRING;
use super::der::OID;
use super::der::Reader;
use super::der::SEQUENCE;
use super::der::SET;
use super::digests::digest_by_name;
use super::examine::Examined;
use super::examine::Examiner;
use super::facts::ContentFacts;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::TimeStampFacts;
use super::facts::TimeStampKind;

/// Time stamps of one signer that are looked at.
const STAMPS_MAX: usize = 16;

/// Certificates, and lists, that a signer's unsigned attributes may add.
const VALUES_MAX: usize = 256;

/// The time stamps of a signer, not yet looked at.
pub(super) struct Stamps<'a> {
    found: Vec<(TimeStampKind, &'a [u8])>,
    signature: &'a [u8],
    content: Option<&'a [u8]>,
    /// Certificates and lists that may complete the path of an authority.
    certificates: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
}

/// What a token says.
struct Said<'a> {
    algorithm: &'a [u8],
    hash: &'a [u8],
    at: Timestamp,
}

impl<'a> Stamps<'a> {
    pub(super) fn of(
        info: &AnySigner<'a>,
        content: Option<&'a [u8]>,
        certificates: &[&[u8]],
        lists: &[&[u8]],
    ) -> Self {
        let inside = info.attributes.iter().flat_map(|all| &all.content_stamps);
        let mut found: Vec<(TimeStampKind, &[u8])> = inside
            .map(|token| (TimeStampKind::Content, *token))
            .collect();
        for (kind, value) in unsigned(info.unsigned) {
            let kind = match kind {
                oid::SIGNATURE_STAMP => TimeStampKind::Signature,
                oid::ESC_STAMP
                | oid::REFERENCES_STAMP
                | oid::ARCHIVE_STAMP
                | oid::ARCHIVE_STAMP_V2
                | oid::ARCHIVE_STAMP_V3 => TimeStampKind::Archive,
                _ => continue,
            };
            found.push((kind, value));
        }
        found.truncate(STAMPS_MAX);
        let owned = |all: &[&[u8]]| all.iter().map(|der| der.to_vec()).collect();
        let is_any = !found.is_empty();
        Self {
            found,
            signature: info.signature,
            content,
            certificates: is_any.then(|| owned(certificates)).unwrap_or_default(),
            lists: is_any.then(|| owned(lists)).unwrap_or_default(),
        }
    }

    pub(super) fn facts(&self, examiner: &Examiner) -> Vec<TimeStampFacts> {
        let each = self.found.iter().map(|(kind, token)| {
            let over = match kind {
                TimeStampKind::Signature => Ok(self.signature),
                TimeStampKind::Content => self.content.ok_or("the content is not at hand"),
                TimeStampKind::Archive => Err("time stamps of archives are not verified here"),
            };
            let facts = over.and_then(|over| {
                examiner.examine_time_stamp(&Examined {
                    signature: token,
                    content: Some(over),
                    certificates: &self.certificates,
                    lists: &self.lists,
                })
            });
            TimeStampFacts {
                kind: *kind,
                problem: facts.as_ref().err().map(|problem| (*problem).to_owned()),
                facts: facts.ok(),
            }
        });
        each.collect()
    }
}

/// Kind and value of each unsigned attribute.
fn unsigned(mut attributes: Reader<'_>) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    while let Some(mut attribute) = attributes.enter(SEQUENCE) {
        let Some(kind) = attribute.expect(OID) else {
            break;
        };
        let mut values = attribute.enter(SET).unwrap_or(Reader(&[]));
        while let Some(value) = values.any() {
            found.push((kind.content, value.whole));
        }
    }
    found
}

/// Adds the certificates and lists that unsigned attributes carry.
pub(super) fn values<'a>(
    attributes: Reader<'a>,
    certificates: &mut Vec<&'a [u8]>,
    lists: &mut Vec<&'a [u8]>,
) {
    for (kind, value) in unsigned(attributes) {
        let Some(mut inside) = Reader(value).only(SEQUENCE) else {
            continue;
        };
        let into = match kind {
            oid::CERTIFICATE_VALUES => &mut *certificates,
            oid::REVOCATION_VALUES => {
                inside = inside
                    .enter(super::der::CONTEXT_0)
                    .and_then(|crls| crls.only(SEQUENCE))
                    .unwrap_or(Reader(&[]));
                &mut *lists
            }
            _ => continue,
        };
        while let Some(value) = inside.expect(SEQUENCE) {
            if into.len() >= VALUES_MAX {
                break;
            }
            if !into.contains(&value.whole) {
                into.push(value.whole);
            }
        }
    }
}

impl Examiner {
    /// The facts of a time stamp over some content: that it is intact says that its digest is in the token,
    /// and the time of signing is the one that the token says.
    ///
    /// # Errors
    /// Why it is not looked at, for a person.
    pub fn examine_time_stamp(&self, token: &Examined<'_>) -> Result<SignatureFacts, &'static str> {
        let one = Examined {
            content: None,
            ..*token
        };
        let der = super::cms::to_der(token.signature)
            .ok_or("the token is not a CMS")?
            .0;
        let data = super::cms::AnySignedData::parse(&der);
        let said = match &data {
            Ok(data) if data.content_type == oid::TST_INFO => data.content.and_then(Said::read),
            _ => None,
        };
        let said = said.ok_or("the token says no time (RFC 3161)")?;
        let examined = self.examine(&[one]).pop();
        let mut facts = match examined {
            Some(Ok(mut all)) if all.len() == 1 => all.remove(0),
            Some(Ok(_)) => return Err("the token has more than one signer"),
            Some(Err(NotExamined::Malformed(problem) | NotExamined::Limit(problem))) => {
                return Err(problem);
            }
            _ => return Err("the token is not a CMS"),
        };
        // Within time stamps no others are asked for.
        facts.time_stamps.clear();
        facts.is_time_stamp = true;
        facts.signing_time = Some(said.at);
        let digest = digest_by_name(said.algorithm, token.content.unwrap_or_default());
        match digest {
            None => {
                let problem = "the token's digest is none that is made here".to_owned();
                facts.problem = Some(SignerProblem::Unsupported(problem));
            }
            Some(digest) if digest.as_ref() == said.hash => {}
            Some(_) => facts.content = ContentFacts::Altered,
        }
        if let Some(certificate) = &mut facts.certificate {
            certificate.may_sign = certificate.may_time_stamp;
        }
        Ok(facts)
    }
}

impl<'a> Said<'a> {
    /// Reads a `TSTInfo` (RFC 3161, 2.4.2).
    fn read(content: &'a [u8]) -> Option<Self> {
        let mut info = Reader(content).only(SEQUENCE)?;
        info.expect(INTEGER)?;
        info.expect(OID)?;
        let mut imprint = info.enter(SEQUENCE)?;
        let algorithm = imprint.enter(SEQUENCE)?.expect(OID)?.content;
        let hash = imprint.expect(OCTET_STRING)?.content;
        info.expect(INTEGER)?;
        let at = instant(info.expect(GENERALIZED_TIME)?.content)?;
        Some(Self {
            algorithm,
            hash,
            at,
        })
    }
}

/// `20190312011530.5Z`.
fn instant(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !are_digits(whole) || !are_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let two = |at: usize| whole[at..at + 2].parse::<i8>().ok();
    let date = civil::Date::new(whole[..4].parse().ok()?, two(4)?, two(6)?).ok()?;
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let time = civil::Time::new(two(8)?, two(10)?, two(12)?, nanoseconds).ok()?;
    let instant = civil::DateTime::from_parts(date, time);
    jiff::tz::Offset::UTC.to_timestamp(instant).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_their_fractions() {
        let expected = "2019-03-12T01:15:30.5Z".parse().ok();
        assert_eq!(instant(b"20190312011530.5Z"), expected);
        assert!(instant(b"20190312011530Z").is_some());
        for text in [
            &b"20190312011530"[..],
            b"201903120115Z",
            b"20190312011560Z+",
            b"Z",
        ] {
            assert_eq!(instant(text), None);
        }
    }
}
