//! What a time stamp says: `TSTInfo` (RFC 3161, 2.4.2).

use jiff::Timestamp;
use jiff::civil;

use crate::trust::der::BOOLEAN;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;

/// A digest and an instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Said<'a> {
    /// Name of the digest's algorithm.
    pub(super) algorithm: &'a [u8],
    pub(super) digest: &'a [u8],
    pub(super) at: Timestamp,
    /// Whether it says something that must be understood and is not.
    pub(super) has_critical: bool,
}

impl<'a> Said<'a> {
    pub(super) fn read(content: &'a [u8]) -> Option<Self> {
        let mut info = Reader(content).only(SEQUENCE)?;
        (info.expect(INTEGER)?.content == [1]).then_some(())?;
        let _policy = info.expect(OID)?;
        let mut imprint = info.enter(SEQUENCE)?;
        let algorithm = imprint.enter(SEQUENCE)?.expect(OID)?.content;
        let digest = imprint.only(OCTET_STRING)?.0;
        let _serial = info.expect(INTEGER)?;
        let at = instant(info.expect(GENERALIZED_TIME)?.content)?;
        let _accuracy = info.expect(SEQUENCE);
        let _ordering = info.expect(BOOLEAN);
        let _nonce = info.expect(INTEGER);
        let _authority = info.expect(CONTEXT_0);
        let mut extensions = info.enter(CONTEXT_1).unwrap_or(Reader(&[]));
        info.is_empty().then_some(())?;
        let mut has_critical = false;
        while !extensions.is_empty() {
            let mut one = extensions.enter(SEQUENCE)?;
            one.expect(OID)?;
            let critical = one.expect(BOOLEAN);
            has_critical |= critical.is_some_and(|found| found.content != [0]);
            one.only(OCTET_STRING)?;
        }
        Some(Self {
            algorithm,
            digest,
            at,
            has_critical,
        })
    }
}

/// `20190312011530.5Z`: UTC, with a fraction or without.
fn instant(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !are_digits(whole) || !are_digits(fraction) || fraction.is_empty() {
        return None;
    }
    let two = |at: usize| whole[at..at + 2].parse::<i8>().ok();
    let date = civil::Date::new(whole[..4].parse().ok()?, two(4)?, two(6)?).ok()?;
    // Finer than a nanosecond nobody asks.
    let fraction = &fraction[..fraction.len().min(9)];
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
        assert_eq!(instant(b"20190312011530.500000000001Z"), expected);
        assert!(instant(b"20190312011530Z").is_some());
        for text in [
            &b"20190312011530"[..],
            b"201903120115Z",
            b"20190312011560Z+",
            b"20191312011530Z",
            b"20190312011530.Z",
            b"20190312011530,5Z",
            "2019031201153đZ".as_bytes(),
            b"Z",
        ] {
            assert_eq!(instant(text), None);
        }
    }
}
