//! The signed attributes of any signer (RFC 5652, 11; RFC 5035; RFC 6211), for reports.

use jiff::Timestamp;

use super::attributes::parse_time;
use super::oid;
use super::parse::algorithm_within;
use super::parse::digest_of;
use super::parse::scheme;
use crate::trust::certificate::CertificateFields;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::CONTEXT_4;
use crate::trust::der::Element;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::digests::digest_by_name;
use crate::trust::names;

/// Signed attributes of one signer; real ones have a dozen.
const ATTRIBUTES_MAX: usize = 1_024;

/// Certificates and time stamps that signed attributes name or hold. A signer names one certificate, twice where
/// both versions are written, and adds a time stamp or two.
const VALUES_MAX: usize = 64;

/// Signed attributes: those that say something to us.
#[derive(Debug, Default)]
pub(in crate::trust) struct AnyAttributes<'a> {
    /// As they stand there, without the implicit tag.
    pub(in crate::trust) bytes: &'a [u8],
    content_type: Option<&'a [u8]>,
    pub(in crate::trust) message_digest: &'a [u8],
    pub(in crate::trust) signing_time: Option<Timestamp>,
    count: usize,
    /// What of them is not read here.
    pub(in crate::trust) limit: Option<&'static str>,
    /// The certificates they say it was made with.
    meant: Vec<MeantCertificate<'a>>,
    protection: Option<Element<'a>>,
    /// Time stamps over the content, older than the signature.
    pub(in crate::trust) content_stamps: Vec<&'a [u8]>,
    /// Lists that the signer added, as Adobe's programs do.
    pub(in crate::trust) revocation: Option<&'a [u8]>,
}

/// A certificate as signing-certificate names it.
#[derive(Debug)]
struct MeantCertificate<'a> {
    algorithm: &'a [u8],
    hash: &'a [u8],
    issuer_and_serial: Option<(Reader<'a>, &'a [u8])>,
}

/// Whether a certificate is the one that was meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::trust) enum Meant {
    /// Nothing is said.
    Unsaid,
    Yes,
    No,
}

impl<'a> AnyAttributes<'a> {
    pub(super) fn parse(mut reader: Reader<'a>) -> Result<Self, &'static str> {
        let malformed = "a signed attribute is malformed";
        let mut found = Self {
            bytes: reader.0,
            ..Self::default()
        };
        let (mut digest, mut has_time) = (None, false);
        while !reader.is_empty() {
            found.count += 1;
            let mut attribute = reader.enter(SEQUENCE).ok_or(malformed)?;
            let kind = attribute.expect(OID).ok_or(malformed)?.content;
            let mut values = attribute.only(SET).ok_or(malformed)?;
            let Some(value) = values.any() else {
                // Of an attribute without a value nothing is asked, unless it is one of these.
                if matches!(kind, oid::CONTENT_TYPE | oid::MESSAGE_DIGEST) {
                    return Err(malformed);
                }
                continue;
            };
            let is_double = match kind {
                oid::CONTENT_TYPE => found.content_type.replace(value.content).is_some(),
                oid::MESSAGE_DIGEST => digest.replace(value.content).is_some(),
                oid::SIGNING_TIME => {
                    found.signing_time = parse_time(value);
                    if found.signing_time.is_none() {
                        found.limit = Some("signing-time is not written as RFC 5652, 11.3 says");
                    }
                    std::mem::replace(&mut has_time, true)
                }
                oid::ALGORITHM_PROTECTION => found.protection.replace(value).is_some(),
                oid::SIGNING_CERTIFICATE | oid::SIGNING_CERTIFICATE_V2 => {
                    let is_second = kind == oid::SIGNING_CERTIFICATE_V2;
                    found.mean_also(meant(value, is_second).ok_or(malformed)?);
                    false
                }
                oid::CONTENT_STAMP => {
                    let others = std::iter::from_fn(|| values.any());
                    let all = std::iter::once(value).chain(others);
                    found.stamped(all.map(|value| value.whole));
                    continue;
                }
                oid::ADOBE_REVOCATION => {
                    found.revocation = Some(value.whole);
                    continue;
                }
                // What means nothing to us may have any number of values.
                _ => continue,
            };
            if is_double || !values.is_empty() {
                return Err("a signed attribute that must stand once stands twice");
            }
        }
        if !found.are_few() {
            found.limit = Some("more than 1,024 signed attributes");
        }
        found.message_digest = digest.ok_or("message-digest is missing")?;
        Ok(found)
    }

    /// Whether there are no more than are put in order.
    pub(in crate::trust) fn are_few(&self) -> bool {
        self.count <= ATTRIBUTES_MAX
    }

    /// Takes in one more certificate that is meant.
    fn mean_also(&mut self, meant: MeantCertificate<'a>) {
        if self.meant.len() < VALUES_MAX {
            self.meant.push(meant);
        } else {
            self.limit = Some("signing-certificate stands more than 64 times");
        }
    }

    /// Takes in the time stamps over the content; of more than are read those beyond prove nothing.
    fn stamped(&mut self, stamps: impl Iterator<Item = &'a [u8]>) {
        let left = VALUES_MAX - self.content_stamps.len();
        self.content_stamps.extend(stamps.take(left));
    }

    /// Whether they speak of this signature: of its kind of content and of its algorithms.
    pub(super) fn fit(
        &self,
        content_type: &[u8],
        digest: Element<'_>,
        algorithm: Element<'_>,
    ) -> Result<(), &'static str> {
        match self.content_type {
            Some(found) if found == content_type => {}
            Some(_) => return Err("the content-type attribute names another kind of content"),
            None => return Err("the content-type attribute is missing"),
        }
        let Some(protection) = self.protection else {
            return Ok(());
        };
        let mut named = Reader(protection.content);
        let is_right = named
            .expect(SEQUENCE)
            .is_some_and(|found| is_same_algorithm(found.content, digest.content))
            && named
                .expect(CONTEXT_1)
                .is_some_and(|found| is_same_scheme(found, algorithm, digest))
            && named.is_empty();
        if is_right {
            Ok(())
        } else {
            Err("CMSAlgorithmProtection names other algorithms than were used (RFC 6211)")
        }
    }

    /// Whether a certificate is the one they say it was made with.
    pub(in crate::trust) fn mean(&self, certificate: &[u8]) -> Meant {
        // Of one named by a digest that is not made here nobody can tell.
        let told = || self.meant.iter().filter(|meant| meant.is_readable());
        if told().next().is_none() {
            Meant::Unsaid
        } else if told().all(|meant| meant.is(certificate)) {
            Meant::Yes
        } else {
            Meant::No
        }
    }

    /// Whether all digests by which they name certificates can be made here.
    pub(in crate::trust) fn names_certificates_readably(&self) -> bool {
        self.meant.iter().all(MeantCertificate::is_readable)
    }
}

/// Whether both name one way to sign, however they write its parameters: some write out what is usual.
fn is_same_scheme(one: Element<'_>, other: Element<'_>, digest: Element<'_>) -> bool {
    let digest = algorithm_within(digest).and_then(digest_of);
    let read = |named: Element<'_>| {
        let mut inside = Reader(named.content);
        let name = inside.expect(OID)?.content;
        scheme(name, digest?, inside)
    };
    is_same_algorithm(one.content, other.content)
        || read(one).is_some_and(|found| read(other) == Some(found))
}

/// Absent parameters are as good as NULL.
fn is_same_algorithm(one: &[u8], other: &[u8]) -> bool {
    let plain = |named: &[u8]| named.strip_suffix(&[5, 0]).unwrap_or(named).to_vec();
    one == other || plain(one) == plain(other)
}

/// The first certificate that signing-certificate, or its second version, names.
fn meant(value: Element<'_>, is_second: bool) -> Option<MeantCertificate<'_>> {
    let mut list = Reader(value.content);
    let mut first = list.enter(SEQUENCE)?.enter(SEQUENCE)?;
    let mut algorithm = if is_second { oid::SHA256 } else { oid::SHA1 };
    if is_second && let Some(mut named) = first.enter(SEQUENCE) {
        algorithm = named.expect(OID)?.content;
    }
    let hash = first.expect(OCTET_STRING)?.content;
    let issuer_and_serial = first.enter(SEQUENCE).and_then(|mut pair| {
        let names = pair.enter(SEQUENCE)?;
        Some((names, pair.expect(INTEGER)?.content))
    });
    Some(MeantCertificate {
        algorithm,
        hash,
        issuer_and_serial,
    })
}

impl MeantCertificate<'_> {
    fn is_readable(&self) -> bool {
        digest_by_name(self.algorithm, b"").is_some()
    }

    /// Its digest decides; a name or number that contradicts it is another's. How a name is written does not
    /// matter, nor does one that cannot be read.
    fn is(&self, certificate: &[u8]) -> bool {
        let hash = digest_by_name(self.algorithm, certificate);
        if hash.is_none_or(|hash| hash.as_ref() != self.hash) {
            return false;
        }
        let Some((mut general, serial)) = self.issuer_and_serial else {
            return true;
        };
        let Some(fields) = CertificateFields::parse(certificate) else {
            return false;
        };
        let issuer = names::parts(fields.issuer);
        let mut are_others = false;
        while let Some(name) = general.any() {
            let parts = (name.tag == CONTEXT_4).then(|| names::parts(name.content));
            match parts.flatten() {
                Some(parts) if Some(&parts) == issuer.as_ref() => return serial == fields.serial,
                Some(_) => are_others = true,
                None => {}
            }
        }
        !are_others && serial == fields.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::der::CONTEXT_0;
    use crate::trust::der::CONTEXT_2;
    use crate::trust::der::CONTEXT_3;
    use crate::trust::der::element;
    use crate::trust::der::wrap;

    /// RSASSA-PSS with SHA-256, a salt of this length, and what else.
    fn pss(salt: u8, more: &[u8]) -> Vec<u8> {
        let sha = element(SEQUENCE, &element(OID, oid::SHA256));
        let mask = wrap(SEQUENCE, &[&element(OID, oid::MGF1), &sha]);
        let parameters = wrap(
            SEQUENCE,
            &[
                &element(CONTEXT_0, &sha),
                &element(CONTEXT_1, &mask),
                &element(CONTEXT_2, &element(INTEGER, &[salt])),
                more,
            ],
        );
        wrap(SEQUENCE, &[&element(OID, oid::RSA_PSS), &parameters])
    }

    #[test]
    fn certificates_and_time_stamps_beyond_the_bound_are_a_limit_or_passed_over() {
        let attribute = |kind: &[u8], values: &[u8]| {
            wrap(SEQUENCE, &[&element(OID, kind), &element(SET, values)])
        };
        let hash = element(SEQUENCE, &element(OCTET_STRING, &[7; 20]));
        let named = element(SEQUENCE, &element(SEQUENCE, &hash));
        let digest = attribute(oid::MESSAGE_DIGEST, &element(OCTET_STRING, &[1; 32]));
        let named = attribute(oid::SIGNING_CERTIFICATE, &named);
        let stamps = attribute(oid::CONTENT_STAMP, &[5, 0].repeat(100_000));
        let read = |times: usize| {
            let all = [&digest[..], &named.repeat(times), &stamps].concat();
            let found = AnyAttributes::parse(Reader(&all)).unwrap();
            (
                found.limit.is_some(),
                found.meant.len(),
                found.content_stamps.len(),
            )
        };
        assert_eq!(read(64), (false, 64, 64));
        assert_eq!(read(65), (true, 64, 64));
        let unknown = attribute(oid::SHA256, &[5, 0]);
        let is_limited = |times: usize| {
            let all = [&digest[..], &unknown.repeat(times)].concat();
            AnyAttributes::parse(Reader(&all)).unwrap().limit.is_some()
        };
        assert!(!is_limited(1_023) && is_limited(1_024));
    }

    #[test]
    fn parameters_are_compared_by_what_they_say() {
        let sha = element(SEQUENCE, &element(OID, oid::SHA256));
        let usual = element(CONTEXT_3, &element(INTEGER, &[1]));
        let read = |bytes: &[u8], other: &[u8]| {
            let [one, other, digest] = [bytes, other, &sha].map(|b| Reader(b).any().unwrap());
            is_same_scheme(one, other, digest)
        };
        assert!(read(&pss(32, &[]), &pss(32, &usual)));
        assert!(!read(&pss(32, &[]), &pss(20, &[])));
    }
}
