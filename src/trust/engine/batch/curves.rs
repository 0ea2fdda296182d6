//! Signatures on curves: those of known signers by their tables, the others by their points.

use super::Batch;
use super::sha384_of_all;
use super::sha512_of_all;
use crate::trust::engine::SignatureAlgorithm;
use crate::trust::engine::Verdict;
use crate::trust::engine::ecdsa::Ecdsa;
use crate::trust::engine::ecdsa::EcdsaKeys;
use crate::trust::engine::ecdsa::EcdsaLane;
use crate::trust::engine::ecdsa::SignedCurve;
use crate::trust::engine::eddsa::EddsaKeys;
use crate::trust::engine::eddsa::EddsaLane;
use crate::trust::engine::group::Table;
use crate::trust::engine::group::Weierstrass;
use crate::trust::engine::key::Material;
use crate::trust::engine::key::Prepared;
use crate::trust::engine::key::uncompressed;
use crate::trust::engine::lanes::Lanes;

/// Signatures that share one inversion: known signers' need little memory, unknown signers' a table
/// each.
const KNOWN_AT_ONCE: usize = 256;
const UNKNOWN_AT_ONCE: usize = 64;

impl<'a, L: Lanes> Batch<'a, L> {
    /// Digests of a group on one curve, each by its own algorithm.
    fn ecdsa_lanes<C: SignedCurve<N>, const N: usize>(
        &mut self,
        group: &[usize],
    ) -> (Vec<usize>, Vec<EcdsaLane>) {
        let with = |algorithm| -> Vec<usize> {
            let is = |at: &&usize| self.jobs[**at].algorithm == algorithm;
            group.iter().filter(is).copied().collect()
        };
        let short = with(SignatureAlgorithm::EcdsaSha256);
        let long = with(SignatureAlgorithm::EcdsaSha384);
        let messages: Vec<&[u8]> = long.iter().map(|at| self.jobs[*at].message).collect();
        let longer = sha384_of_all(self.wide.lanes, &messages);
        let shorter = self.sha256(&short);
        let short = short.iter().zip(shorter.iter().map(<[u8; 32]>::as_slice));
        let long = long.iter().zip(longer.iter().map(<[u8; 48]>::as_slice));
        let (mut members, mut lanes) = (Vec::new(), Vec::new());
        for (at, digest) in short.chain(long) {
            match EcdsaLane::parse::<C, N>(self.jobs[*at].signature, digest) {
                None => self.verdicts[*at] = Some(Verdict::Invalid),
                Some(lane) => {
                    members.push(*at);
                    lanes.push(lane);
                }
            }
        }
        (members, lanes)
    }

    pub(super) fn ecdsa<C: SignedCurve<N>, const N: usize>(
        &mut self,
        shared: &Ecdsa<C, N>,
        group: &[usize],
        table: impl Fn(&Prepared) -> Option<&Table<Weierstrass<C, N>>>,
    ) {
        let (members, lanes) = self.ecdsa_lanes::<C, N>(group);
        let prepared = self.prepared;
        let tables: Vec<_> = members
            .iter()
            .filter_map(|at| prepared[*at].as_deref().and_then(&table))
            .collect();
        let parts = members
            .chunks(KNOWN_AT_ONCE)
            .zip(lanes.chunks(KNOWN_AT_ONCE));
        for ((members, lanes), tables) in parts.zip(tables.chunks(KNOWN_AT_ONCE)) {
            let keys = EcdsaKeys::Known(tables);
            self.give(members, &shared.verify(self.wide.lanes, lanes, keys));
        }
    }

    pub(super) fn ecdsa_unknown<C: SignedCurve<N>, const N: usize>(
        &mut self,
        shared: &Ecdsa<C, N>,
        group: &[usize],
    ) {
        let (members, lanes) = self.ecdsa_lanes::<C, N>(group);
        let points: Vec<C::Row> = members
            .iter()
            .filter_map(|at| match &self.jobs[*at].key.material {
                Material::EcdsaP256 { point, .. } | Material::EcdsaP384 { point, .. } => {
                    uncompressed(point, C::BYTES)
                }
                _ => None,
            })
            .map(|(x, y)| shared.point(self.wide.lanes, x, y))
            .collect();
        let parts = members
            .chunks(UNKNOWN_AT_ONCE)
            .zip(lanes.chunks(UNKNOWN_AT_ONCE));
        for ((members, lanes), points) in parts.zip(points.chunks(UNKNOWN_AT_ONCE)) {
            let keys = EcdsaKeys::Unknown(points);
            self.give(members, &shared.verify(self.wide.lanes, lanes, keys));
        }
    }

    fn ed25519_lanes(&mut self, group: &[usize]) -> (Vec<usize>, Vec<EddsaLane>) {
        let inputs: Vec<Vec<u8>> = group
            .iter()
            .map(|at| {
                let job = &self.jobs[*at];
                let encoded: &[u8] = match &job.key.material {
                    Material::Ed25519 { encoded, .. } => encoded,
                    _ => &[],
                };
                let r = &job.signature[..job.signature.len().min(32)];
                [r, encoded, job.message].concat()
            })
            .collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let digests = sha512_of_all(self.wide.lanes, &inputs);
        let (mut members, mut lanes) = (Vec::new(), Vec::new());
        for (at, digest) in group.iter().zip(&digests) {
            match EddsaLane::parse(self.jobs[*at].signature, digest) {
                None => self.verdicts[*at] = Some(Verdict::Invalid),
                Some(lane) => {
                    members.push(*at);
                    lanes.push(lane);
                }
            }
        }
        (members, lanes)
    }

    pub(super) fn ed25519(&mut self, group: &[usize]) {
        let (members, lanes) = self.ed25519_lanes(group);
        let tables: Vec<_> = members
            .iter()
            .filter_map(|at| match self.prepared(*at) {
                Some(Prepared::Ed25519(table)) => Some(table),
                _ => None,
            })
            .collect();
        let parts = members
            .chunks(KNOWN_AT_ONCE)
            .zip(lanes.chunks(KNOWN_AT_ONCE));
        for ((members, lanes), tables) in parts.zip(tables.chunks(KNOWN_AT_ONCE)) {
            let keys = EddsaKeys::Known(tables);
            self.give(
                members,
                &self.wide.ed25519.verify(self.wide.lanes, lanes, keys),
            );
        }
    }

    pub(super) fn ed25519_unknown(&mut self, group: &[usize]) {
        let (members, lanes) = self.ed25519_lanes(group);
        let points: Vec<[u8; 32]> = members
            .iter()
            .filter_map(|at| match &self.jobs[*at].key.material {
                Material::Ed25519 { encoded, .. } => Some(*encoded),
                _ => None,
            })
            .collect();
        let parts = members
            .chunks(UNKNOWN_AT_ONCE)
            .zip(lanes.chunks(UNKNOWN_AT_ONCE));
        for ((members, lanes), points) in parts.zip(points.chunks(UNKNOWN_AT_ONCE)) {
            let keys = EddsaKeys::Unknown(points);
            self.give(
                members,
                &self.wide.ed25519.verify(self.wide.lanes, lanes, keys),
            );
        }
    }
}
