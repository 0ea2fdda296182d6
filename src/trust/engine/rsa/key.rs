//! What is prepared of a key: its modulus in limbs, and what Montgomery's multiplication and the
//! padding of PKCS#1 v1.5 make of it. 1.4 to 2.8 kB, 0.1 ms.

use super::Moduli;
use super::columns;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;
use crate::trust::engine::limbs;
use crate::trust::engine::limbs::ROW;
use crate::trust::engine::limbs::Rows;

/// The sizes that go eight at a time.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::trust::engine) enum RsaSize {
    Bits2048,
    Bits3072,
    Bits4096,
}

impl RsaSize {
    /// Bytes of the longest modulus.
    pub(in crate::trust::engine) const BYTES_MAX: usize = 512;

    /// Bytes of the modulus.
    pub(in crate::trust::engine) fn bytes(self) -> usize {
        match self {
            Self::Bits2048 => 256,
            Self::Bits3072 => 384,
            Self::Bits4096 => 512,
        }
    }

    fn limbs(self) -> usize {
        match self {
            Self::Bits2048 => 40,
            Self::Bits3072 => 60,
            Self::Bits4096 => 80,
        }
    }

    /// Limbs that one step of reduction cancels.
    fn tile(self) -> usize {
        match self {
            Self::Bits2048 | Self::Bits4096 => 8,
            Self::Bits3072 => 6,
        }
    }

    fn of(modulus: &[u8]) -> Option<Self> {
        [Self::Bits2048, Self::Bits3072, Self::Bits4096]
            .into_iter()
            .find(|size| size.bytes() == modulus.len())
    }
}

/// A prepared key with the exponent 65537. R = 2^(52 · limbs).
#[derive(Debug)]
pub(in crate::trust::engine) struct RsaKey {
    size: RsaSize,
    modulus_be: Vec<u8>,
    modulus: Rows,
    /// −1/n modulo the tile.
    negated_inverse: [u64; ROW],
    /// R² mod n
    squared_radix: Rows,
    /// padding of a SHA-256 digest / R^65536 mod n
    padding: Rows,
    /// 2^(52 · tile) / R^65536 mod n: what a digest is multiplied by, block-wise
    digest_unit: Rows,
}

/// DER of `DigestInfo` before a SHA-256 digest (RFC 8017, 9.2, note 1).
const DIGEST_INFO_SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

impl RsaKey {
    /// Whether a key with these big-endian numbers is of a kind that goes into lanes.
    pub(in crate::trust::engine) fn takes(modulus_be: &[u8], exponent_be: &[u8]) -> bool {
        let is_set = |byte: Option<&u8>, bit: u8| byte.is_some_and(|byte| byte & bit != 0);
        RsaSize::of(modulus_be).is_some()
            && is_set(modulus_be.first(), 0x80)
            && is_set(modulus_be.last(), 1)
            && exponent_be == [1, 0, 1]
    }

    /// Prepares a key from its big-endian numbers. `None`: not of a kind that goes into lanes.
    pub(in crate::trust::engine) fn prepare<L: Lanes>(
        lanes: L,
        modulus_be: &[u8],
        exponent_be: &[u8],
    ) -> Option<Self> {
        let size = RsaSize::of(modulus_be)?;
        if !Self::takes(modulus_be, exponent_be) {
            return None;
        }
        let empty = || vec![[0; ROW]; limbs::rows_for(size.limbs())];
        let mut modulus = empty();
        limbs::read_be(modulus_be, &mut modulus);
        let n = &modulus.as_flattened()[..size.limbs()];
        let mut negated_inverse = limbs::negated_inverse::<ROW>(n);
        negated_inverse[size.tile()..].fill(0);
        let mut key = Self {
            size,
            modulus_be: modulus_be.to_vec(),
            negated_inverse,
            squared_radix: empty(),
            padding: empty(),
            digest_unit: empty(),
            modulus,
        };
        key.squared_radix = key.squared_radix_by(lanes);
        let (mut one, mut tile) = (empty(), empty());
        one.as_flattened_mut()[0] = 1;
        tile.as_flattened_mut()[size.tile()] = 1;
        let mut padded = vec![0xff; size.bytes()];
        let digest_at = size.bytes() - 32;
        padded[0] = 0;
        padded[1] = 1;
        padded[digest_at - 20] = 0;
        padded[digest_at - 19..digest_at].copy_from_slice(&DIGEST_INFO_SHA256);
        padded[digest_at..].fill(0);
        let mut padding = empty();
        limbs::read_be(&padded, &mut padding);
        // The power of 1 is 1 / R^65536; what is multiplied by R² and by that has lost R.
        let unit = key.with_lanes(lanes, Step::Power(&one));
        key.digest_unit = key.times(lanes, &unit, &tile);
        key.padding = key.times(lanes, &unit, &padding);
        Some(key)
    }

    /// R² mod n: 2R, 4R … by doubling until the exponent is what some squarings make of it.
    fn squared_radix_by<L: Lanes>(&self, lanes: L) -> Rows {
        let limbs = self.size.limbs();
        let n = &self.modulus.as_flattened()[..limbs];
        let bits = 52 * limbs;
        let top = 8 * self.size.bytes() - 1;
        let squarings = bits.trailing_zeros();
        let mut power = vec![[0; ROW]; limbs::rows_for(limbs)];
        let number = &mut power.as_flattened_mut()[..limbs];
        number[top / 52] = 1 << (top % 52);
        // From 2^top, which is below n, to R · 2^(bits / 2^squarings).
        for _ in top..bits + (bits >> squarings) {
            limbs::double(number, n);
        }
        for _ in 0..squarings {
            power = self.with_lanes(lanes, Step::Product(&power, &power));
        }
        power
    }

    /// a · b mod n
    fn times<L: Lanes>(&self, lanes: L, a: &Rows, b: &Rows) -> Rows {
        let b = self.with_lanes(lanes, Step::Product(b, &self.squared_radix));
        self.with_lanes(lanes, Step::Product(a, &b))
    }

    fn with_lanes<L: Lanes>(&self, lanes: L, step: Step<'_>) -> Rows {
        let number = match self.size {
            RsaSize::Bits2048 => lanes.run(Alone::<40, 8> { key: self, step }),
            RsaSize::Bits3072 => lanes.run(Alone::<60, 6> { key: self, step }),
            RsaSize::Bits4096 => lanes.run(Alone::<80, 8> { key: self, step }),
        };
        let mut rows = vec![[0; ROW]; limbs::rows_for(number.len())];
        let flat = &mut rows.as_flattened_mut()[..number.len()];
        flat.copy_from_slice(&number);
        limbs::reduce_once(flat, self.modulus());
        rows
    }

    pub(in crate::trust::engine) fn size(&self) -> RsaSize {
        self.size
    }

    /// What it takes in memory, in bytes.
    pub(in crate::trust::engine) fn bytes(&self) -> usize {
        let rows = [
            &self.modulus,
            &self.squared_radix,
            &self.padding,
            &self.digest_unit,
        ];
        self.modulus_be.len()
            + rows
                .map(|rows| size_of_val(rows.as_slice()))
                .iter()
                .sum::<usize>()
    }

    pub(super) fn modulus_be(&self) -> &[u8] {
        &self.modulus_be
    }

    pub(super) fn modulus(&self) -> &[u64] {
        &self.modulus.as_flattened()[..self.size.limbs()]
    }

    pub(super) fn modulus_rows(&self) -> &[[u64; ROW]] {
        &self.modulus
    }

    pub(super) fn negated_inverse(&self) -> &[u64; ROW] {
        &self.negated_inverse
    }

    pub(super) fn squared_radix(&self) -> &[[u64; ROW]] {
        &self.squared_radix
    }

    pub(super) fn padding(&self) -> &[[u64; ROW]] {
        &self.padding
    }

    pub(super) fn digest_unit(&self) -> &[[u64; ROW]] {
        &self.digest_unit
    }
}

/// One multiplication, or the power, of one number.
#[derive(Clone, Copy)]
enum Step<'a> {
    Product(&'a Rows, &'a Rows),
    Power(&'a Rows),
}

/// A step for one key in every lane.
struct Alone<'a, const N: usize, const T: usize> {
    key: &'a RsaKey,
    step: Step<'a>,
}

impl<L: Lanes, const N: usize, const T: usize> Kernel<L> for Alone<'_, N, T> {
    type Output = Vec<u64>;

    #[inline(always)]
    fn run(self, l: L) -> Vec<u64> {
        let all = |rows: &'_ Rows| columns::<L, N>(l, [rows.as_slice(); LANES]);
        let moduli = Moduli::<L::V, N, T> {
            n: all(&self.key.modulus),
            negated_inverse: columns(l, [std::slice::from_ref(&self.key.negated_inverse); LANES]),
        };
        let result = match self.step {
            Step::Product(a, b) => moduli.multiply(l, &all(a), &all(b)),
            Step::Power(s) => moduli.power(l, &all(s)),
        };
        result.iter().map(|limb| l.store(*limb)[0]).collect()
    }
}
