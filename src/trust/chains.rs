//! Which chains lead from a certificate to an anchor: all of them, over edges whose names fit and whose
//! signatures were verified, within bounds that whoever sends certificates cannot move.

use std::borrow::Cow;
use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashMap;

use super::algorithms::Signed;
use super::algorithms::signed;
use super::certificate::SignedCertificate;
use super::names;

/// Chains of one certificate.
const CHAINS_MAX: usize = 32;

/// Certificates of a chain.
const DEPTH_MAX: usize = 10;

/// Certificates that are gone through in search of chains.
const STEPS_MAX: usize = 2_000;

/// Signatures that are verified in search of the chains of one certificate.
const SIGNATURES_MAX: usize = 250;

const _: () = assert!(DEPTH_MAX <= super::rules::LINKS_MAX);

/// A certificate that may stand in a chain.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) der: Cow<'a, [u8]>,
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) is_anchor: bool,
    /// Whether whoever asks gave it; others came along with the signature.
    pub(super) is_given: bool,
}

impl<'a> Candidate<'a> {
    /// `None` for what is not a certificate.
    pub(super) fn read(der: Cow<'a, [u8]>, is_given: bool) -> Option<Self> {
        let read = SignedCertificate::parse(&der)?;
        let (subject, issuer) = (
            names::canonical(read.subject),
            names::canonical(read.issuer),
        );
        Some(Self {
            der,
            subject,
            issuer,
            is_anchor: false,
            is_given,
        })
    }

    pub(super) fn lend(&self) -> Candidate<'_> {
        Candidate {
            der: Cow::Borrowed(&self.der),
            subject: self.subject.clone(),
            issuer: self.issuer.clone(),
            ..*self
        }
    }

    pub(super) fn read_again(&self) -> Option<SignedCertificate<'_>> {
        SignedCertificate::parse(&self.der)
    }

    /// Whether it is signed by the key of another. Names are not looked at.
    pub(super) fn is_signed_by(&self, issuer: &Candidate<'_>) -> Signed {
        match (self.read_again(), issuer.read_again()) {
            (Some(below), Some(above)) => {
                signed(above.key, below.algorithm, below.signed, below.signature)
            }
            _ => Signed::Unsupported,
        }
    }
}

/// Number of a certificate in a [`Pool`].
pub(super) type Index = usize;

/// The certificates that chains are made of.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    all: Vec<Candidate<'a>>,
    by_subject: HashMap<Vec<u8>, Vec<Index>>,
    edges: RefCell<HashMap<(Index, Index), Signed>>,
    signatures: Cell<usize>,
}

/// The chains of one certificate.
#[derive(Debug, Default)]
pub(super) struct Chains {
    /// Each from the certificate to an anchor.
    pub(super) found: Vec<Vec<Index>>,
    /// Whether a bound ended the search.
    pub(super) is_cut: bool,
    /// Issuers by name whose signature it was not: the certificate, the issuer, and why not.
    pub(super) not_signed: Vec<(Index, Index, Signed)>,
}

impl<'a> Pool<'a> {
    /// A pool in which those given come before those that came along.
    pub(super) fn new(all: impl IntoIterator<Item = Candidate<'a>>) -> Self {
        let mut pool = Self {
            all: Vec::new(),
            by_subject: HashMap::new(),
            edges: RefCell::default(),
            signatures: Cell::new(0),
        };
        for one in all {
            pool.add(one);
        }
        pool
    }

    /// Adds a certificate unless it is there, and gives its number.
    pub(super) fn add(&mut self, one: Candidate<'a>) -> Index {
        if let Some(known) = self.find(&one.subject, &one.der) {
            return known;
        }
        let index = self.all.len();
        let named = self.by_subject.entry(one.subject.clone()).or_default();
        named.push(index);
        self.all.push(one);
        index
    }

    /// The number of a certificate with this name.
    fn find(&self, subject: &[u8], der: &[u8]) -> Option<Index> {
        let mut named = self.named(subject).iter().copied();
        named.find(|index| *self.all[*index].der == *der)
    }

    pub(super) fn get(&self, index: Index) -> &Candidate<'a> {
        &self.all[index]
    }

    /// Certificates of this name.
    pub(super) fn named(&self, subject: &[u8]) -> &[Index] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// The chains of a certificate.
    pub(super) fn chains(&self, from: Index) -> Chains {
        self.signatures.set(0);
        let mut chains = Chains::default();
        let mut steps = 0;
        self.walk(&mut vec![from], &mut chains, &mut steps);
        chains
    }

    fn walk(&self, chain: &mut Vec<Index>, chains: &mut Chains, steps: &mut usize) {
        *steps += 1;
        let Some(last) = chain.last().copied() else {
            return;
        };
        if self.all[last].is_anchor {
            chains.found.push(chain.clone());
            return;
        }
        if chain.len() >= DEPTH_MAX {
            chains.is_cut = true;
            return;
        }
        for issuer in self.named(&self.all[last].issuer) {
            if *steps >= STEPS_MAX || chains.found.len() >= CHAINS_MAX {
                chains.is_cut = true;
                return;
            }
            if chain.contains(issuer) {
                continue;
            }
            match self.edge(last, *issuer) {
                Some(Signed::Yes) => {
                    chain.push(*issuer);
                    self.walk(chain, chains, steps);
                    chain.pop();
                }
                Some(why) => {
                    *steps += 1;
                    chains.not_signed.push((last, *issuer, why));
                }
                None => chains.is_cut = true,
            }
        }
    }

    /// Whether one certificate is signed by another; `None` where too many were asked for.
    fn edge(&self, below: Index, above: Index) -> Option<Signed> {
        if let Some(known) = self.edges.borrow().get(&(below, above)) {
            return Some(*known);
        }
        let count = self.signatures.get();
        if count >= SIGNATURES_MAX {
            return None;
        }
        self.signatures.set(count + 1);
        let verdict = self.all[below].is_signed_by(&self.all[above]);
        self.edges.borrow_mut().insert((below, above), verdict);
        Some(verdict)
    }
}

#[cfg(test)]
mod tests;
