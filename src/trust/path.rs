//! From a certificate to an anchor, as facts: every chain that leads there, which rule each breaks, when
//! each certificate is valid, what became of each revocation list. The rules of RFC 5280, 6.1 need no
//! instant; what does is judged later.

mod search;

use std::borrow::Cow;

use jiff::Timestamp;

use super::algorithms::Signed;
use super::chains::Candidate;
use super::facts::PathFacts;
use super::lists::List;
use super::pem;
use super::rules::PolicyInputs;
use super::store::TrustError;
pub(super) use search::CERTIFICATES_MAX;
pub(super) use search::LISTS_MAX;
use search::Search;

/// What whoever asks believes, DER, and what else may help.
#[derive(Clone, Debug, Default)]
pub struct GivenTrust {
    /// Certificates to believe. One that another of them has issued is an authority below it; the others
    /// are anchors, whether they sign themselves or not.
    pub anchors: Vec<Vec<u8>>,
    /// Certificates that may stand between, and are believed for nothing.
    pub intermediates: Vec<Vec<u8>>,
    /// Revocation lists, each with what it is to be called.
    pub lists: Vec<(String, Vec<u8>)>,
    /// What is asked of certificate policies.
    pub policies: PolicyInputs,
    /// When all this is examined: no list is of later. `None`: that is not looked at.
    pub clock: Option<Timestamp>,
}

impl GivenTrust {
    /// What believes the certificates of a PEM text and takes these lists, DER.
    ///
    /// # Errors
    /// [`TrustError::Anchor`].
    pub fn from_pem(anchors: &str, lists: Vec<Vec<u8>>) -> Result<Self, TrustError> {
        let anchors = match pem::certificates(anchors.as_bytes()) {
            Ok(anchors) => anchors,
            Err(pem::NothingTaken::Nothing) => Vec::new(),
            Err(error) => return Err(TrustError::Anchor(error.to_string())),
        };
        let lists = (1..).zip(lists);
        Ok(Self {
            anchors,
            lists: lists
                .map(|(number, der)| (format!("list {number}"), der))
                .collect(),
            ..Self::default()
        })
    }
}

/// Anchors, authorities and lists that stay the same.
pub(super) struct Paths {
    given: Vec<Candidate<'static>>,
    lists: Vec<List<'static>>,
    /// Lists that are none.
    unreadable: Vec<String>,
    policies: PolicyInputs,
    clock: Option<Timestamp>,
}

impl Paths {
    /// # Errors
    /// [`TrustError::Anchor`].
    pub(super) fn new(trust: GivenTrust) -> Result<Self, TrustError> {
        let read = |der: Vec<u8>| {
            let bad = || TrustError::Anchor("it is not an X.509 certificate".to_owned());
            Candidate::read(Cow::Owned(der), true).ok_or_else(bad)
        };
        let anchors: Result<Vec<_>, _> = trust.anchors.into_iter().map(read).collect();
        let mut given = anchors?;
        let is_anchor: Vec<bool> = given.iter().map(|one| is_top(one, &given)).collect();
        for (one, is_anchor) in given.iter_mut().zip(is_anchor) {
            one.is_anchor = is_anchor;
        }
        for der in trust.intermediates {
            given.push(read(der)?);
        }
        let (mut lists, mut unreadable) = (Vec::new(), Vec::new());
        for (name, der) in trust.lists {
            match List::read(name.clone(), Cow::Owned(der)) {
                Some(list) => lists.push(list),
                None => unreadable.push(name),
            }
        }
        Ok(Self {
            given,
            lists,
            unreadable,
            policies: trust.policies,
            clock: trust.clock,
        })
    }

    /// Anchors.
    pub(super) fn anchors(&self) -> usize {
        self.given.iter().filter(|one| one.is_anchor).count()
    }

    /// Certificates and lists that came along with a signature.
    pub(super) fn along<'a>(&'a self, embedded: &[&'a [u8]], lists: &[&'a [u8]]) -> Along<'a> {
        Along {
            paths: self,
            embedded: embedded.to_vec(),
            lists: lists.to_vec(),
            search: None,
        }
    }

    /// The certificates of anchors and authorities: one of them may have signed itself.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.given.iter().map(|one| &*one.der)
    }
}

/// What came along with a signature, beside what is given. It is read when the first path is asked for, once
/// for all signers: of those met before, none is.
pub(super) struct Along<'a> {
    paths: &'a Paths,
    embedded: Vec<&'a [u8]>,
    lists: Vec<&'a [u8]>,
    search: Option<Search<'a>>,
}

impl Along<'_> {
    /// The path of a certificate.
    pub(super) fn path(&mut self, der: &[u8]) -> PathFacts {
        let search = || Search::new(self.paths, &self.embedded, &self.lists);
        self.search.get_or_insert_with(search).path(der)
    }
}

/// Whether none of these has issued it but itself.
fn is_top(one: &Candidate<'_>, all: &[Candidate<'_>]) -> bool {
    let is_own = one.issuer == one.subject && one.is_signed_by(one) == Signed::Yes;
    let has_issued = |other: &Candidate<'_>| {
        other.subject == one.issuer
            && other.der != one.der
            && one.is_signed_by(other) == Signed::Yes
    };
    is_own || !all.iter().any(has_issued)
}

impl std::fmt::Debug for Paths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paths")
            .field("anchors", &self.anchors())
            .field("certificates", &self.given.len())
            .field("lists", &self.lists.len())
            .finish()
    }
}
