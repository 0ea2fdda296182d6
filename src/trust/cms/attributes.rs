//! The signed attributes of a signer (RFC 5652, 11; RFC 5035).

use jiff::Timestamp;
use jiff::civil;

use super::oid;
use super::parse::digest_of;
use crate::trust::der::Element;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::UTC_TIME;
use crate::trust::engine::DigestAlgorithm;

/// Attributes of one signer, signed, and as many that are not; CAdES has some twenty kinds.
pub(super) const ATTRIBUTES_MAX: usize = 32;

/// The signed attributes that say something to us; each may stand once.
pub(super) struct Attributes<'a> {
    pub(super) bytes: &'a [u8],
    content_type: Option<&'a [u8]>,
    pub(super) message_digest: Option<&'a [u8]>,
    pub(super) signing_time: Option<Timestamp>,
    pub(super) certificate_hash: Option<(DigestAlgorithm, &'a [u8])>,
}

impl<'a> Attributes<'a> {
    pub(super) fn parse(mut reader: Reader<'a>) -> Result<Self, &'static str> {
        let malformed = "a signed attribute is malformed";
        let mut found = Self {
            bytes: reader.0,
            content_type: None,
            message_digest: None,
            signing_time: None,
            certificate_hash: None,
        };
        let mut count = 0;
        while !reader.is_empty() {
            count += 1;
            if count > ATTRIBUTES_MAX {
                return Err("a signer has more than 32 signed attributes");
            }
            let mut attribute = reader.enter(SEQUENCE).ok_or(malformed)?;
            let kind = attribute.expect(OID).ok_or(malformed)?.content;
            let mut values = attribute.only(SET).ok_or(malformed)?;
            let value = values.any().ok_or(malformed)?;
            let twice = match kind {
                oid::CONTENT_TYPE => found.content_type.replace(value.content).is_some(),
                oid::MESSAGE_DIGEST => found.message_digest.replace(value.content).is_some(),
                oid::SIGNING_TIME => {
                    let time = parse_time(value).ok_or("signing-time is malformed")?;
                    found.signing_time.replace(time).is_some()
                }
                oid::SIGNING_CERTIFICATE_V2 => {
                    let hash = certificate_hash(value).ok_or(malformed)?;
                    found.certificate_hash.replace(hash).is_some()
                }
                _ => false,
            };
            if twice || !values.is_empty() {
                return Err("a signed attribute stands twice, or has more than one value");
            }
        }
        if found.content_type != Some(oid::DATA) {
            return Err("the content-type attribute is not plain data");
        }
        Ok(found)
    }
}

/// Algorithm and digest of the first ESSCertIDv2; SHA-256 is the default.
fn certificate_hash(value: Element<'_>) -> Option<(DigestAlgorithm, &[u8])> {
    let mut list = Reader(value.content);
    let mut first = list.enter(SEQUENCE)?.enter(SEQUENCE)?;
    let algorithm = match first.enter(SEQUENCE) {
        None => DigestAlgorithm::Sha256,
        Some(mut named) => digest_of(named.expect(OID)?.content)?,
    };
    Some((algorithm, first.expect(OCTET_STRING)?.content))
}

/// `UTCTime` (years 1950 to 2049) or `GeneralizedTime`, in whole seconds, UTC.
pub(super) fn parse_time(value: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (value.tag, text.len()) {
        (UTC_TIME, 12) => {
            let short: i16 = text[..2].parse().ok()?;
            (
                if short < 50 {
                    2000 + short
                } else {
                    1900 + short
                },
                &text[2..],
            )
        }
        (GENERALIZED_TIME, 14) => (text[..4].parse().ok()?, &text[4..]),
        _ => return None,
    };
    let two = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let date = civil::Date::new(year, two(0)?, two(2)?).ok()?;
    let time = civil::Time::new(two(4)?, two(6)?, two(8)?, 0).ok()?;
    jiff::tz::Offset::UTC
        .to_timestamp(civil::DateTime::from_parts(date, time))
        .ok()
}
