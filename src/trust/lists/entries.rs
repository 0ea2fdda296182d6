//! The entries of a list: gone through once, then found by their serial number.

use jiff::Timestamp;
use jiff::civil;

use super::scope::directories;
use crate::trust::certificate::extension;
use crate::trust::der::Element;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::INTEGER;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::UTC_TIME;

/// Reason of an entry that takes back an earlier one (RFC 5280, 5.3.1).
pub(in crate::trust) const REMOVE_FROM_CRL: u8 = 8;

/// id-ce-cRLReasons, id-ce-invalidityDate, id-ce-certificateIssuer as content bytes.
const REASON: &[u8] = &[0x55, 0x1d, 0x15];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 0x1d];

/// What a list says of one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::trust) struct Entry {
    pub(in crate::trust) at: Timestamp,
    /// CRLReason, 0 where none is given.
    pub(in crate::trust) reason: u8,
}

/// Where entries stand, and of which issuer they are.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Hash of the serial and offset of each entry, sorted.
    places: Vec<(u32, u32)>,
    /// From which offset on entries are of certificates of another issuer, by its canonical names.
    issuers: Vec<(u32, Vec<Vec<u8>>)>,
}

/// Why entries cannot be used.
#[derive(Debug)]
pub(super) enum BadEntries {
    Malformed,
    /// An entry has a critical extension that is not known: its content bytes.
    Critical(Vec<u8>),
}

impl Entries {
    /// Goes through the content of `revokedCertificates`.
    pub(super) fn read(content: &[u8]) -> Result<Self, BadEntries> {
        let mut entries = Self::default();
        let mut rest = Reader(content);
        while !rest.is_empty() {
            let offset = u32::try_from(content.len() - rest.0.len());
            let offset = offset.map_err(|_error| BadEntries::Malformed)?;
            let fields = rest.enter(SEQUENCE).ok_or(BadEntries::Malformed)?;
            let one = Fields::read(fields).ok_or(BadEntries::Malformed)?;
            if let Some(critical) = one.unknown {
                return Err(BadEntries::Critical(critical.to_vec()));
            }
            if let Some(issuer) = one.issuer {
                let names = Reader(issuer).only(SEQUENCE).and_then(directories);
                entries
                    .issuers
                    .push((offset, names.ok_or(BadEntries::Malformed)?));
            }
            entries.places.push((hash(one.serial), offset));
        }
        entries.places.sort_unstable();
        Ok(entries)
    }

    /// What they say of a certificate: of several entries, the one that keeps it revoked the longest.
    pub(super) fn find(&self, content: &[u8], serial: &[u8], issuer: &Asked<'_>) -> Option<Entry> {
        let serial = integer(serial);
        let wanted = hash(serial);
        let from = self.places.partition_point(|(hash, _)| *hash < wanted);
        let places = self.places[from..].iter();
        places
            .take_while(|(hash, _)| *hash == wanted)
            .filter_map(|(_, offset)| {
                let at = *offset;
                let fields = Reader(content.get(at as usize..)?).enter(SEQUENCE)?;
                let one = Fields::read(fields)?;
                (one.serial == serial && self.is_of(at, issuer)).then_some(one.entry)
            })
            .min_by_key(|entry| (entry.reason == REMOVE_FROM_CRL, entry.reason == 6, entry.at))
    }

    /// Whether the entry at an offset is of a certificate of this issuer (5.3.3).
    fn is_of(&self, offset: u32, asked: &Asked<'_>) -> bool {
        let next = self.issuers.partition_point(|(from, _)| *from <= offset);
        match next.checked_sub(1).and_then(|last| self.issuers.get(last)) {
            Some((_, names)) if asked.is_indirect => {
                names.iter().any(|name| name == asked.certificate_issuer)
            }
            _ => asked.certificate_issuer == asked.list_issuer,
        }
    }
}

/// Of whom a list is asked, names in canonical form.
pub(super) struct Asked<'a> {
    pub(super) certificate_issuer: &'a [u8],
    pub(super) list_issuer: &'a [u8],
    pub(super) is_indirect: bool,
}

/// The fields of an entry.
struct Fields<'a> {
    serial: &'a [u8],
    entry: Entry,
    issuer: Option<&'a [u8]>,
    /// A critical extension that is not known.
    unknown: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(mut fields: Reader<'a>) -> Option<Self> {
        let serial = integer(fields.expect(INTEGER)?.content);
        let at = instant(&fields.any()?)?;
        let mut found = Self {
            serial,
            entry: Entry { at, reason: 0 },
            issuer: None,
            unknown: None,
        };
        if fields.is_empty() {
            return Some(found);
        }
        let mut extensions = fields.only(SEQUENCE)?;
        while !extensions.is_empty() {
            let (kind, is_critical, value) = extension(extensions.enter(SEQUENCE)?)?;
            match kind {
                REASON => match Reader(value).only(0x0a)?.0 {
                    [reason] => found.entry.reason = *reason,
                    _ => return None,
                },
                CERTIFICATE_ISSUER => found.issuer = Some(value),
                INVALIDITY_DATE => {}
                other if is_critical => found.unknown = Some(other),
                _ => {}
            }
        }
        Some(found)
    }
}

/// An INTEGER's content in its shortest form, with its sign.
pub(in crate::trust) fn integer(mut content: &[u8]) -> &[u8] {
    while let [first, second, ..] = content {
        let is_sign_alone = matches!((first, second & 0x80), (0, 0) | (0xff, 0x80));
        if !is_sign_alone {
            break;
        }
        content = &content[1..];
    }
    content
}

/// UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5 has them.
pub(super) fn instant(value: &Element<'_>) -> Option<Timestamp> {
    let digits = value.content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| Some((digits.get(at)? - b'0') * 10 + (digits.get(at + 1)? - b'0'));
    let (year, at) = match (value.tag, digits.len()) {
        (UTC_TIME, 12) => {
            let short = i16::from(two(0)?);
            (short + if short < 50 { 2000 } else { 1900 }, 2)
        }
        (GENERALIZED_TIME, 14) => (i16::from(two(0)?) * 100 + i16::from(two(2)?), 4),
        _ => return None,
    };
    let two = |after: usize| i8::try_from(two(at + after)?).ok();
    let date = civil::Date::new(year, two(0)?, two(2)?).ok()?;
    let time = civil::Time::new(two(4)?, two(6)?, two(8)?, 0).ok()?;
    let whole = civil::DateTime::from_parts(date, time);
    jiff::tz::Offset::UTC.to_timestamp(whole).ok()
}

/// FNV-1a. Serials that were chosen to meet cost whoever chose them a longer search, no more.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
