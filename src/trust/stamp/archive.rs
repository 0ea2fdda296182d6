//! What time stamps of archives are over (ETSI EN 319 122-1, 5.5.2 and 5.5.3; ETSI TS 101 733, 6.3.5 and
//! 6.4.1): the signature, and what stood beside it by then, older time stamps among it.
//!
//! The third version is over an index: the digests of certificates, lists and unsigned attributes. What the
//! index names must be there; what it does not name came later, or is nobody's, and is not proved by it.

use std::collections::HashSet;

use aws_lc_rs::digest::Digest;

use super::Token;
use super::malformed;
use super::no_digest;
use super::said::Said;
use super::unsupported;
use crate::trust::claim::Enclosed;
use crate::trust::cms::AnySigner;
use crate::trust::cms::oid;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::Element;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::element;
use crate::trust::der::push_header;
use crate::trust::digests::digest_by_name;
use crate::trust::digests::digest_of_parts;
use crate::trust::facts::SignerProblem;
use crate::trust::facts::StampKind;

/// Certificates, lists and unsigned attributes of one signature that are held against indexes, and digests of
/// one index; archives have some hundreds.
const PARTS_MAX: usize = 10_000;

/// What a time stamp of archives is over.
pub(in crate::trust) struct Archived {
    /// The digests that fit: there are two ways to write the second version.
    pub(super) digests: Vec<Digest>,
    /// Which time stamps of the signature it is over, by their place.
    pub(super) covers: Vec<usize>,
}

/// A signer whose time stamps are looked at, and what there is around it.
pub(in crate::trust) struct Archive<'e, 'a> {
    pub(in crate::trust) signer: &'e AnySigner<'a>,
    pub(in crate::trust) enclosed: &'e Enclosed<'e, 'a>,
    pub(in crate::trust) tokens: &'e [Token<'a>],
}

/// One unsigned attribute.
#[derive(Clone, Copy)]
struct Attribute<'a> {
    whole: &'a [u8],
    kind: Element<'a>,
    /// The set of its values.
    values: Element<'a>,
}

/// What one digest of an index is over: an unsigned attribute, or one value of it.
struct Part<'a> {
    hashed: [&'a [u8]; 2],
    name: &'a [u8],
    values: Vec<&'a [u8]>,
}

/// The digests of what stood beside a signature.
struct Index<'a> {
    whole: &'a [u8],
    /// Certificates, lists, unsigned attributes.
    named: [HashSet<&'a [u8]>; 3],
    /// Whether unsigned attributes are named value by value.
    is_by_value: bool,
}

impl<'a> Archive<'_, 'a> {
    /// What a time stamp of archives is to be over; `None`: the content is not at hand.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub(super) fn over(
        &self,
        token: &Token<'a>,
        said: &Said<'a>,
    ) -> Result<Option<Archived>, SignerProblem> {
        digest_by_name(said.algorithm, b"").ok_or_else(no_digest)?;
        match token.name {
            oid::ARCHIVE_STAMP_V3 => self.third(token, said),
            oid::ARCHIVE_STAMP_V2 => self.second(said),
            oid::COMPLETE_STAMP => self.complete(said).map(Some),
            _ => Err(unsupported("a time stamp of archives of this kind")),
        }
    }

    /// `archive-time-stamp-v3`.
    fn third(&self, token: &Token<'a>, said: &Said<'a>) -> Result<Option<Archived>, SignerProblem> {
        let (_, inside) = token.read.as_ref().map_err(Clone::clone)?;
        let by = inside.data.signers.iter().flatten().next();
        let index = Index::read(by.map_or(&[], |by| &by.unsigned), said.algorithm)?;
        let Some(content) = self.enclosed.content else {
            return Ok(None);
        };
        let digest = |parts: [&[u8]; 2]| digest_of_parts(said.algorithm, &parts);
        let [of_certificates, of_lists, of_attributes] = &index.named;
        let [_, certificates, lists] = self.enclosed.fields;
        let mut left = PARTS_MAX;
        for (field, named) in [(certificates, of_certificates), (lists, of_lists)] {
            let parts = inside_of(field, &mut left)?;
            all_are_there(named, parts.iter().map(|part| digest([part, &[]])))?;
        }
        let attributes = self.attributes(&mut left)?;
        let parts: Vec<Part<'_>> = attributes.iter().flat_map(|one| index.parts(one)).collect();
        let are_named = all_are_there(of_attributes, parts.iter().map(|part| digest(part.hashed)))?;
        let named = parts
            .iter()
            .zip(are_named)
            .filter(|(_, is_named)| *is_named);
        let over: HashSet<_> = named
            .flat_map(|(part, _)| part.values.iter().map(|value| (part.name, *value)))
            .collect();
        let kind = element(OID, self.enclosed.content_type);
        let content = digest_by_name(said.algorithm, content);
        let content = content.as_ref().map_or(&[][..], Digest::as_ref);
        let fields = [&kind, content, self.signer.fields[0], index.whole];
        Ok(Some(Archived {
            digests: digest_of_parts(said.algorithm, &fields)
                .into_iter()
                .collect(),
            covers: self.places(|token| over.contains(&(token.name, token.value))),
        }))
    }

    /// `archive-time-stamp-v2`: over everything that stood there before it.
    fn second(&self, said: &Said<'a>) -> Result<Option<Archived>, SignerProblem> {
        let Some(content) = self.enclosed.content else {
            return Ok(None);
        };
        let older: HashSet<&[u8]> = self
            .tokens
            .iter()
            .filter(|token| token.time().is_some_and(|time| time < said.at))
            .map(|token| token.value)
            .collect();
        let is_archive = |one: &Attribute<'_>| {
            [oid::ARCHIVE_STAMP_V2, oid::ARCHIVE_STAMP_V3].contains(&one.kind.content)
        };
        let stood =
            |one: &Attribute<'_>| !is_archive(one) || one.each().all(|value| older.contains(value));
        let attributes = self.attributes(&mut { PARTS_MAX })?.into_iter();
        let attributes: Vec<Attribute<'_>> = attributes.filter(stood).collect();
        let [encapsulated, certificates, lists] = self.enclosed.fields;
        // What the signature carries stands in its first field.
        let apart = if self.enclosed.inside.is_some() {
            &[][..]
        } else {
            content
        };
        let length = attributes.iter().map(|one| one.whole.len()).sum();
        let mut header = Vec::new();
        push_header(&mut header, CONTEXT_1, length);
        let before = [
            encapsulated,
            apart,
            certificates,
            lists,
            self.signer.fields[0],
        ];
        let digest = |header: &[u8]| {
            let mut parts = before.to_vec();
            parts.push(header);
            parts.extend(attributes.iter().map(|one| one.whole));
            digest_of_parts(said.algorithm, &parts)
        };
        // Older ones leave out the tag and length of what is not signed (TS 101 733, annex K, note 3).
        let digests = [digest(&header), digest(&[])]
            .into_iter()
            .flatten()
            .collect();
        let over: HashSet<&[u8]> = attributes.iter().flat_map(Attribute::each).collect();
        Ok(Some(Archived {
            digests,
            covers: self.places(|token| over.contains(token.value)),
        }))
    }

    /// `CAdES-C-timestamp`: over the signature, its time stamps and the names of certificates and lists.
    fn complete(&self, said: &Said<'a>) -> Result<Archived, SignerProblem> {
        let attributes = self.attributes(&mut { PARTS_MAX })?;
        let mut parts = vec![self.signer.signature];
        for name in [
            oid::SIGNATURE_STAMP,
            oid::CERTIFICATE_REFERENCES,
            oid::REVOCATION_REFERENCES,
        ] {
            for one in attributes.iter().filter(|one| one.kind.content == name) {
                parts.extend([one.kind.whole, one.values.whole]);
            }
        }
        Ok(Archived {
            digests: digest_of_parts(said.algorithm, &parts)
                .into_iter()
                .collect(),
            covers: self.places(|token| token.name == oid::SIGNATURE_STAMP),
        })
    }

    /// The places of those time stamps that are in something, and of those that the signer signed.
    fn places(&self, is_in: impl Fn(&Token<'a>) -> bool) -> Vec<usize> {
        let all = self.tokens.iter().enumerate();
        all.filter(|(_, token)| token.kind == StampKind::Content || is_in(token))
            .map(|(place, _)| place)
            .collect()
    }

    /// The unsigned attributes, if there are not more than so many values.
    fn attributes(&self, left: &mut usize) -> Result<Vec<Attribute<'a>>, SignerProblem> {
        let broken = || malformed("an unsigned attribute is malformed");
        let mut all = Vec::new();
        let mut reader = Reader(self.signer.fields[1]);
        while !reader.is_empty() {
            let whole = reader.expect(SEQUENCE).ok_or_else(broken)?;
            let mut inside = Reader(whole.content);
            let one = Attribute {
                whole: whole.whole,
                kind: inside.expect(OID).ok_or_else(broken)?,
                values: inside.expect(SET).ok_or_else(broken)?,
            };
            let count = 1 + one.each().take(*left).count();
            *left = left.checked_sub(count).ok_or_else(too_many)?;
            all.push(one);
        }
        Ok(all)
    }
}

impl<'a> Index<'a> {
    /// The parts of an attribute, each hashed once, however many values it has.
    fn parts<'p>(&self, one: &Attribute<'p>) -> Vec<Part<'p>> {
        let part = |hashed, values| Part {
            hashed,
            name: one.kind.content,
            values,
        };
        if self.is_by_value {
            let each = one.each();
            each.map(|value| part([one.kind.whole, value], vec![value]))
                .collect()
        } else {
            vec![part([one.whole, &[]], one.each().collect())]
        }
    }

    /// Reads the index among the unsigned attributes of a time stamp.
    fn read(unsigned: &[(&'a [u8], &'a [u8])], algorithm: &[u8]) -> Result<Self, SignerProblem> {
        let is_index =
            |name: &[u8]| [oid::HASH_INDEX, oid::HASH_INDEX_V2, oid::HASH_INDEX_V3].contains(&name);
        let mut found = unsigned.iter().filter(|(name, _)| is_index(name));
        let (Some((name, whole)), None) = (found.next(), found.next()) else {
            return Err(malformed(
                "it has not one index of what it is over (EN 319 122-1, 5.5.3)",
            ));
        };
        let broken =
            || malformed("its index of what it is over is malformed (EN 319 122-1, 5.5.2)");
        let mut lists = Vec::new();
        let mut inside = Reader(whole).only(SEQUENCE).ok_or_else(broken)?;
        while !inside.is_empty() {
            lists.push(inside.enter(SEQUENCE).ok_or_else(broken)?);
        }
        let (by, named) = match lists[..] {
            [mut by, certificates, crls, attributes] => (
                by.expect(OID).ok_or_else(broken)?.content,
                [certificates, crls, attributes],
            ),
            [certificates, crls, attributes] => (oid::SHA256, [certificates, crls, attributes]),
            _ => return Err(broken()),
        };
        if by != algorithm {
            return Err(unsupported(
                "its index is by another digest than the time stamp",
            ));
        }
        let mut left = PARTS_MAX;
        let mut read = |mut list: Reader<'a>| {
            let mut named = HashSet::new();
            while !list.is_empty() {
                left = left.checked_sub(1).ok_or_else(too_many)?;
                named.insert(list.expect(OCTET_STRING).ok_or_else(broken)?.content);
            }
            Ok(named)
        };
        let [certificates, crls, attributes] = named;
        Ok(Self {
            whole,
            named: [read(certificates)?, read(crls)?, read(attributes)?],
            is_by_value: *name == oid::HASH_INDEX_V3,
        })
    }
}

/// Which parts are named by their digests, if none is named that is not among them.
fn all_are_there(
    named: &HashSet<&[u8]>,
    digests: impl Iterator<Item = Option<Digest>>,
) -> Result<Vec<bool>, SignerProblem> {
    let mut there: HashSet<&[u8]> = HashSet::new();
    let mut is_named = |digest: Option<Digest>| {
        let found = digest.and_then(|digest| named.get(digest.as_ref()).copied());
        there.extend(found);
        found.is_some()
    };
    let are_named = digests.map(&mut is_named).collect();
    if there.len() == named.len() {
        return Ok(are_named);
    }
    Err(malformed(
        "its index names what is not there (EN 319 122-1, 5.5.3)",
    ))
}

fn too_many() -> SignerProblem {
    unsupported("a time stamp over the archive of more than 10,000 parts")
}

/// What stands in a field, each whole.
fn inside_of<'a>(field: &'a [u8], left: &mut usize) -> Result<Vec<&'a [u8]>, SignerProblem> {
    let mut parts = Vec::new();
    let mut inside = Reader(Reader(field).any().map_or(&[], |field| field.content));
    while let Some(part) = inside.any() {
        *left = left.checked_sub(1).ok_or_else(too_many)?;
        parts.push(part.whole);
    }
    Ok(parts)
}

impl<'a> Attribute<'a> {
    /// Its values, each whole.
    fn each(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut values = Reader(self.values.content);
        std::iter::from_fn(move || values.any().map(|value| value.whole))
    }
}
