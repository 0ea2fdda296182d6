//! What a list speaks of: issuingDistributionPoint (RFC 5280, 5.2.5) beside cRLDistributionPoints (4.2.1.13).

use crate::trust::certificate::SignedCertificate;
use crate::trust::der::BOOLEAN;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::CONTEXT_2;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::facts::ListFacts;
use crate::trust::names;

/// Reasons of ReasonFlags (4.2.1.13), the first of which, `unused`, stands for none.
const ALL_REASONS: u16 = ListFacts::ALL_REASONS;

/// `[4]` constructed: directoryName of a GeneralName.
const DIRECTORY_NAME: u8 = 0xa4;

/// What a list says it speaks of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Scope {
    /// Names of the point it is distributed at, in a form that can be compared.
    names: Option<Vec<Vec<u8>>>,
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    reasons: Option<u16>,
    pub(super) is_indirect: bool,
}

impl Scope {
    /// Reads the value of an issuingDistributionPoint of a list of this issuer, in canonical form.
    pub(super) fn read(value: &[u8], issuer: &[u8]) -> Option<Self> {
        let mut fields = Reader(value).only(SEQUENCE)?;
        let mut scope = Self::default();
        if let Some(point) = fields.expect(CONTEXT_0) {
            scope.names = Some(point_names(point.content, issuer)?);
        }
        scope.only_users = flag(&mut fields, 0x81)?;
        scope.only_authorities = flag(&mut fields, 0x82)?;
        if let Some(bits) = fields.expect(0x83) {
            scope.reasons = Some(reasons(bits.content)?);
        }
        scope.is_indirect = flag(&mut fields, 0x84)?;
        scope.only_attributes = flag(&mut fields, 0x85)?;
        fields.is_empty().then_some(scope)
    }

    /// For which reasons a list of this issuer with this scope speaks of a certificate.
    pub(super) fn covers(&self, list_issuer: &[u8], link: &Link) -> u16 {
        if self.only_attributes
            || (self.only_users && link.is_authority)
            || (self.only_authorities && !link.is_authority)
        {
            return 0;
        }
        let points = link.points.iter().chain([&link.of_issuer]);
        let covered = points.filter(|point| self.is_at(list_issuer, point, &link.issuer));
        let asked = covered.fold(0, |all, point| all | point.reasons);
        asked & self.reasons.unwrap_or(ALL_REASONS)
    }

    /// Whether a list is the one of a distribution point (6.3.3 b).
    fn is_at(&self, list_issuer: &[u8], point: &Point, certificate_issuer: &[u8]) -> bool {
        let is_issuer = if point.issuers.is_empty() {
            list_issuer == certificate_issuer
        } else {
            self.is_indirect && point.issuers.iter().any(|issuer| issuer == list_issuer)
        };
        let Some(names) = &self.names else {
            return is_issuer;
        };
        let has = |wanted: &Vec<u8>| names.contains(wanted);
        is_issuer
            && match &point.names {
                Some(wanted) => wanted.iter().any(has),
                None => point.issuers.iter().any(|issuer| has(&directory(issuer))),
            }
    }
}

/// A distribution point of a certificate.
#[derive(Clone, Debug)]
struct Point {
    names: Option<Vec<Vec<u8>>>,
    reasons: u16,
    /// Issuers of its list, in canonical form, where it is not the certificate's issuer.
    issuers: Vec<Vec<u8>>,
}

/// A certificate, as lists speak of it.
#[derive(Clone, Debug)]
pub(in crate::trust) struct Link {
    /// Content of the serial number.
    pub(in crate::trust) serial: Vec<u8>,
    /// Name of its issuer, in canonical form.
    pub(in crate::trust) issuer: Vec<u8>,
    is_authority: bool,
    points: Vec<Point>,
    /// The point that is assumed where a certificate names none (6.3.3).
    of_issuer: Point,
}

/// id-ce-cRLDistributionPoints, id-ce-basicConstraints as content bytes.
const DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

impl Link {
    /// Reads a certificate; `None` where what it says of lists cannot be read.
    pub(in crate::trust) fn read(certificate: &SignedCertificate<'_>) -> Option<Self> {
        let issuer = names::canonical(certificate.issuer);
        let mut link = Self {
            serial: certificate.serial.to_vec(),
            is_authority: false,
            points: Vec::new(),
            of_issuer: Point {
                names: Some(vec![directory(&issuer)]),
                reasons: ALL_REASONS,
                issuers: Vec::new(),
            },
            issuer,
        };
        for (kind, _, value) in certificate.extensions()? {
            if kind == BASIC_CONSTRAINTS {
                let mut fields = Reader(value).only(SEQUENCE)?;
                let ca = fields.expect(BOOLEAN);
                link.is_authority = ca.is_some_and(|ca| ca.content != [0]);
            } else if kind == DISTRIBUTION_POINTS {
                let mut points = Reader(value).only(SEQUENCE)?;
                while !points.is_empty() {
                    let point = Point::read(points.enter(SEQUENCE)?, &link.issuer)?;
                    link.points.push(point);
                }
            }
        }
        Some(link)
    }

    /// Whether a list of this issuer may speak of it.
    pub(in crate::trust) fn is_told_of_by(&self, list_issuer: &[u8]) -> bool {
        let points = self.points.iter();
        self.issuer == list_issuer
            || points
                .flat_map(|point| &point.issuers)
                .any(|issuer| issuer == list_issuer)
    }
}

impl Point {
    fn read(mut fields: Reader<'_>, certificate_issuer: &[u8]) -> Option<Self> {
        let point = fields.expect(CONTEXT_0);
        let reasons = match fields.expect(0x81) {
            None => ALL_REASONS,
            Some(bits) => reasons(bits.content)?,
        };
        let issuers = match fields.enter(CONTEXT_2) {
            None => Vec::new(),
            Some(names) => directories(names)?,
        };
        let issuer = issuers.first().map_or(certificate_issuer, Vec::as_slice);
        let names = match point {
            None => None,
            Some(point) => Some(point_names(point.content, issuer)?),
        };
        fields.is_empty().then_some(Self {
            names,
            reasons,
            issuers,
        })
    }
}

/// The names of a DistributionPointName; one that is relative is completed by its issuer's.
fn point_names(content: &[u8], issuer: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut choice = Reader(content);
    let chosen = choice.any()?;
    if !choice.is_empty() {
        return None;
    }
    match chosen.tag {
        CONTEXT_0 => {
            let mut names = Reader(chosen.content);
            let mut all = Vec::new();
            while !names.is_empty() {
                let name = names.any()?;
                all.push(match name.tag {
                    DIRECTORY_NAME => directory(&names::canonical(name.content)),
                    _ => name.whole.to_vec(),
                });
            }
            Some(all)
        }
        CONTEXT_1 => {
            let relative = names::canonical_set(chosen.content)?;
            Some(vec![directory(&[issuer, &relative].concat())])
        }
        _ => None,
    }
}

/// The directory names among GeneralNames, in canonical form.
pub(super) fn directories(mut names: Reader<'_>) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    while !names.is_empty() {
        let name = names.any()?;
        if name.tag == DIRECTORY_NAME {
            all.push(names::canonical(name.content));
        }
    }
    Some(all)
}

/// A directory name as it stands among other general names.
fn directory(canonical: &[u8]) -> Vec<u8> {
    [&[DIRECTORY_NAME], canonical].concat()
}

/// A BOOLEAN with a context tag, false where it is not there.
fn flag(fields: &mut Reader<'_>, tag: u8) -> Option<bool> {
    match fields.expect(tag) {
        None => Some(false),
        Some(found) => match found.content {
            [value] => Some(*value != 0),
            _ => None,
        },
    }
}

/// ReasonFlags, the bit of a reason at its number.
fn reasons(bits: &[u8]) -> Option<u16> {
    let (unused, bits) = bits.split_first()?;
    if *unused > 7 || bits.len() > 2 {
        return None;
    }
    let of = |number: usize| {
        bits.get(number / 8)
            .is_some_and(|byte| byte << (number % 8) & 0x80 != 0)
    };
    Some(
        (1..9)
            .filter(|number| of(*number))
            .fold(0, |all, number| all | 1 << number),
    )
}
