//! Whether a list is believed: who signed it, and whether that somebody may and leads to the anchor.

use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::AHEAD_MAX;
use super::LIST_SIGNERS_MAX;
use super::Search;
use super::better;
use crate::trust::algorithms::Signed;
use crate::trust::algorithms::signed;
use crate::trust::certificate::may;
use crate::trust::chains::Index;
use crate::trust::facts::ListFate;
use crate::trust::facts::UnusedList;
use crate::trust::lists::REMOVE_FROM_CRL;

impl Search<'_> {
    /// Whether a list is believed on a chain.
    pub(super) fn believed(&mut self, number: usize, chain: &[Index]) -> Result<(), UnusedList> {
        let list = self.list(number);
        let at = list.this_update;
        let is_future = self.paths.clock.is_some_and(|clock| {
            let latest = clock.saturating_add(AHEAD_MAX);
            latest.is_ok_and(|latest| at > latest)
        });
        let unusable = list.unusable();
        if let Err(fate) = self.signer(number, chain, 0) {
            return Err(self.unused(number, fate));
        }
        let fate = match unusable {
            _ if is_future => ListFate::Future,
            Some(fate) => fate,
            None => return Ok(()),
        };
        Err(UnusedList {
            signed_at: Some(at),
            ..self.unused(number, fate)
        })
    }

    /// Whether somebody signed a list who leads to the anchor of a chain (RFC 5280, 6.3.3 f and g).
    fn signer(&mut self, number: usize, chain: &[Index], depth: usize) -> Result<(), ListFate> {
        let named = self.pool.named(&self.list(number).issuer);
        let (above, others): (Vec<Index>, Vec<Index>) = named
            .iter()
            .partition(|index| chain.iter().skip(1).any(|above| above == *index));
        let mut why = ListFate::Unsigned;
        for index in above.into_iter().chain(others).take(LIST_SIGNERS_MAX) {
            let found = match self.list_signed(number, index) {
                Signed::No => ListFate::Unsigned,
                Signed::Unsupported => ListFate::Algorithm,
                Signed::Yes if !self.may_sign_lists(index) => ListFate::KeyUsage,
                Signed::Yes if chain.iter().skip(1).any(|above| *above == index) => return Ok(()),
                Signed::Yes => match self.signer_path(number, index, chain, depth) {
                    Ok(()) => return Ok(()),
                    Err(fate) => fate,
                },
            };
            better(&mut why, found);
        }
        Err(why)
    }

    fn list_signed(&mut self, number: usize, index: Index) -> Signed {
        if let Some(known) = self.signed.get(&(number, index)) {
            return *known;
        }
        let [algorithm, message, signature] = self.list(number).signature();
        let verdict = self
            .pool
            .get(index)
            .read_again()
            .map_or(Signed::Unsupported, |read| {
                signed(read.key, algorithm, message, signature)
            });
        self.signed.insert((number, index), verdict);
        verdict
    }

    fn may_sign_lists(&self, index: Index) -> bool {
        let der = &self.pool.get(index).der;
        X509Certificate::from_der(der).is_ok_and(|(_, read)| may(&read, KeyUsage::crl_sign))
    }

    /// Whether the signer of a list, who is not above the certificate, leads to the same anchor, was valid
    /// when the list was made, and is revoked by no list at hand.
    fn signer_path(
        &mut self,
        number: usize,
        index: Index,
        chain: &[Index],
        depth: usize,
    ) -> Result<(), ListFate> {
        let Some(anchor) = chain.last().copied() else {
            return Err(ListFate::Signer);
        };
        let at = self.list(number).this_update;
        let mut why = ListFate::Signer;
        let chains = self.chains_of(index);
        for found in &chains.found {
            let leads_there = found.last().is_some_and(|last| self.is_same(*last, anchor));
            let is_valid = |one: &Index| {
                let link = self.link(*one);
                link.is_some_and(|link| link.not_before <= at && at <= link.not_after)
            };
            if !leads_there || !found.iter().all(is_valid) || self.rules_of(found).is_err() {
                continue;
            }
            let own = found
                .iter()
                .filter(|one| !chain.contains(one) && **one != anchor);
            let own: Vec<Index> = own.copied().collect();
            if own
                .into_iter()
                .any(|one| self.is_revoked(one, found, depth))
            {
                why = ListFate::SignerRevoked;
                continue;
            }
            return Ok(());
        }
        Err(why)
    }

    /// Whether two anchors are the same authority.
    fn is_same(&self, one: Index, other: Index) -> bool {
        let (one, other) = (self.pool.get(one), self.pool.get(other));
        one.subject == other.subject
            && one.read_again().map(|read| read.key) == other.read_again().map(|read| read.key)
    }

    /// Whether a list at hand says that a certificate above a signer of lists is revoked.
    fn is_revoked(&mut self, index: Index, chain: &[Index], depth: usize) -> bool {
        let Some(link) = self.told_of(index) else {
            return true;
        };
        let anchor_is_it = self.pool.get(index).is_anchor;
        if anchor_is_it {
            return false;
        }
        (0..self.list_count()).any(|number| {
            let list = self.list(number);
            let speaks = link.is_told_of_by(&list.issuer) && list.covers(&link) != 0;
            let entry = if speaks { list.entry(&link) } else { None };
            entry.is_some_and(|entry| entry.reason != REMOVE_FROM_CRL)
                // Lists of lists' signers end somewhere: then what they say is taken at its worst.
                && (depth > 0 || self.signer(number, chain, depth + 1).is_ok())
        })
    }
}
