//! One list, read.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use jiff::Timestamp;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use super::entries::Asked;
use super::entries::BadEntries;
use super::entries::Entries;
use super::entries::Entry;
use super::entries::instant;
use super::entries::integer;
use super::scope::Link;
use super::scope::Scope;
use crate::trust::certificate::extension;
use crate::trust::der::BIT_STRING;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_0_PRIMITIVE;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::INTEGER;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::UTC_TIME;
use crate::trust::facts::ListFate;
use crate::trust::names;

/// Extensions of a list (RFC 5280, 5.2) as content bytes.
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
const DELTA: &[u8] = &[0x55, 0x1d, 0x1b];
const DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
/// id-ce-expiredCertsOnCRL (X.509, 9.5.2.8).
const EXPIRED: &[u8] = &[0x55, 0x1d, 0x3c];

/// A revocation list. Its parts are places in its bytes.
#[derive(Debug)]
pub(in crate::trust) struct List<'a> {
    /// What whoever asks calls it.
    pub(in crate::trust) name: String,
    der: Cow<'a, [u8]>,
    /// Its issuer, for people.
    pub(in crate::trust) issuer_text: String,
    /// Its issuer, in canonical form.
    pub(in crate::trust) issuer: Vec<u8>,
    pub(in crate::trust) this_update: Timestamp,
    pub(in crate::trust) next_update: Option<Timestamp>,
    /// crlNumber, and BaseCRLNumber of a delta.
    number: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
    key_id: Option<Vec<u8>>,
    scope: Scope,
    /// Certificates that expired since then are not left out.
    pub(in crate::trust) expired_since: Option<Timestamp>,
    /// A critical extension that is not known.
    critical: Option<String>,
    signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    revoked: Range<usize>,
    entries: OnceLock<Result<Entries, ListFate>>,
}

impl<'a> List<'a> {
    /// Reads a list, DER; `None` where it is none.
    pub(in crate::trust) fn read(name: String, der: Cow<'a, [u8]>) -> Option<Self> {
        let whole: &[u8] = &der;
        let place = |part: &[u8]| place_in(whole, part);
        let mut list = Reader(whole).only(SEQUENCE)?;
        let signed = list.expect(SEQUENCE)?;
        let algorithm = list.expect(SEQUENCE)?.content;
        let (0, signature) = list
            .only(BIT_STRING)?
            .0
            .split_first()
            .map(|(a, b)| (*a, b))?
        else {
            return None;
        };
        let mut fields = Reader(signed.content);
        let _version = fields.expect(INTEGER);
        let inside = fields.expect(SEQUENCE)?.content;
        if inside != algorithm {
            return None;
        }
        let name_der = fields.expect(SEQUENCE)?.whole;
        let issuer = names::canonical(name_der);
        let this_update = instant(&fields.any()?)?;
        let next_update = match fields.peek() {
            Some(UTC_TIME | GENERALIZED_TIME) => Some(instant(&fields.any()?)?),
            _ => None,
        };
        let revoked = fields
            .expect(SEQUENCE)
            .map_or(&whole[..0], |found| found.content);
        let (signed, algorithm) = (place(signed.whole), place(algorithm));
        let (signature, revoked) = (place(signature), place(revoked));
        let extensions = Extensions::read(fields, &issuer)?;
        let text = X509Name::from_der(name_der).map_or_else(
            |_error| "(unreadable)".to_owned(),
            |(_, name)| name.to_string(),
        );
        Some(Self {
            name,
            issuer_text: text,
            issuer,
            this_update,
            next_update,
            number: extensions.number,
            base: extensions.base,
            key_id: extensions.key_id,
            scope: extensions.scope,
            expired_since: extensions.expired_since,
            critical: extensions.critical,
            signed,
            algorithm,
            signature,
            revoked,
            entries: OnceLock::new(),
            der,
        })
    }

    /// What there is to verify: algorithm, message, signature.
    pub(in crate::trust) fn signature(&self) -> [&[u8]; 3] {
        [&self.algorithm, &self.signed, &self.signature].map(|place| &self.der[place.clone()])
    }

    /// Why it says nothing of anybody.
    pub(in crate::trust) fn unusable(&self) -> Option<ListFate> {
        if let Some(oid) = &self.critical {
            return Some(ListFate::CriticalExtension(oid.clone()));
        }
        if self.next_update.is_none() {
            return Some(ListFate::NoNextUpdate);
        }
        self.entries().err()
    }

    /// For which reasons it speaks of a certificate.
    pub(in crate::trust) fn covers(&self, link: &Link) -> u16 {
        self.scope.covers(&self.issuer, link)
    }

    /// What it says of a certificate.
    pub(in crate::trust) fn entry(&self, link: &Link) -> Option<Entry> {
        let asked = Asked {
            certificate_issuer: &link.issuer,
            list_issuer: &self.issuer,
            is_indirect: self.scope.is_indirect,
        };
        let content = &self.der[self.revoked.clone()];
        let entries = self.entries().ok()?;
        entries.find(content, &link.serial, &asked)
    }

    fn entries(&self) -> Result<&Entries, ListFate> {
        let read = self.entries.get_or_init(|| {
            Entries::read(&self.der[self.revoked.clone()]).map_err(|problem| match problem {
                BadEntries::Malformed => ListFate::Unreadable,
                BadEntries::Critical(oid) => ListFate::CriticalExtension(dotted(&oid)),
            })
        });
        read.as_ref().map_err(Clone::clone)
    }

    /// Whether it tells only what changed since another.
    pub(in crate::trust) fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    /// Whether this delta continues a full list (RFC 5280, 5.2.4).
    pub(in crate::trust) fn continues(&self, full: &Self) -> bool {
        let (Some(base), Some(number), Some(of_full)) = (&self.base, &self.number, &full.number)
        else {
            return false;
        };
        full.base.is_none()
            && self.issuer == full.issuer
            && self.scope == full.scope
            && self.key_id == full.key_id
            && is_at_most(base, of_full)
            && is_at_most(of_full, number)
    }

    /// What lists that replace each other have in common.
    pub(in crate::trust) fn series(&self) -> String {
        let scope = format!("{:?}{:?}", self.issuer, self.scope);
        crate::trust::sha256(scope.as_bytes()).to_string()[..16].to_owned()
    }
}

/// The extensions of a list.
#[derive(Default)]
struct Extensions {
    number: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
    key_id: Option<Vec<u8>>,
    scope: Scope,
    expired_since: Option<Timestamp>,
    critical: Option<String>,
}

impl Extensions {
    fn read(fields: Reader<'_>, issuer: &[u8]) -> Option<Self> {
        let mut all = Self::default();
        if fields.is_empty() {
            return Some(all);
        }
        let mut extensions = fields.only(CONTEXT_0)?.only(SEQUENCE)?;
        let mut seen: Vec<&[u8]> = Vec::new();
        while !extensions.is_empty() {
            let (kind, is_critical, value) = extension(extensions.enter(SEQUENCE)?)?;
            if seen.contains(&kind) || seen.len() >= 64 {
                return None;
            }
            seen.push(kind);
            let number = || Some(integer(Reader(value).only(INTEGER)?.0).to_vec());
            match kind {
                NUMBER => all.number = Some(number()?),
                DELTA => all.base = Some(number()?),
                DISTRIBUTION_POINT => all.scope = Scope::read(value, issuer)?,
                AUTHORITY_KEY_ID => {
                    let id = Reader(value).only(SEQUENCE)?.expect(CONTEXT_0_PRIMITIVE);
                    all.key_id = id.map(|id| id.content.to_vec());
                }
                EXPIRED => {
                    let mut time = Reader(value);
                    all.expired_since = Some(instant(&time.any()?)?);
                }
                other if is_critical => all.critical = Some(dotted(other)),
                _ => {}
            }
        }
        Some(all)
    }
}

/// Whether a number that is not negative is at most another, both in their shortest form.
fn is_at_most(one: &[u8], other: &[u8]) -> bool {
    let magnitude = |number: &[u8]| number.strip_prefix(&[0]).unwrap_or(number).to_vec();
    let (one, other) = (magnitude(one), magnitude(other));
    (one.len(), one) <= (other.len(), other)
}

/// An object identifier from its content bytes.
fn dotted(content: &[u8]) -> String {
    x509_parser::der_parser::oid::Oid::new(content.into()).to_id_string()
}

/// Where a part of some bytes stands in them.
fn place_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let from = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    let to = from.wrapping_add(part.len());
    if to <= whole.len() && from <= to {
        from..to
    } else {
        0..0
    }
}
