//! CRC-32 of any stretch of a segment, in constant time after one pass over it.
//!
//! Whether a torn tail holds a whole record is asked at every multiple of 8. Who fills a document with
//! what looks like the headers of long records would make that read the tail once for each of them. With
//! the checksums of all beginnings of the tail, that of a stretch follows from two of them, for CRC is
//! linear: crc(AB) = crc(A)·x^(8·|B|) + crc(B), over polynomials of bits modulo CRC-32's own.

use std::io;

use crc32fast::Hasher;

use super::format::ALIGNMENT;
use super::window::CHUNK;
use super::window::Window;

/// CRC-32's polynomial, lowest power in the highest bit.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The polynomial 1.
const ONE: u32 = 1 << 31;

/// x to the powers 2⁰ to 2³¹.
const POWERS: [u32; 32] = powers();

/// Checksums of a segment from some offset up to each multiple of 8 after it: half the memory of the
/// stretch itself.
#[derive(Debug)]
pub(super) struct Sums {
    start: u64,
    beginnings: Vec<u32>,
}

impl Sums {
    /// Reads the segment from an offset, a multiple of 8, to its end, once.
    pub(super) fn read(window: &mut Window, start: u64) -> io::Result<Self> {
        let words = window.len().saturating_sub(start) / ALIGNMENT as u64;
        let end = start + words * ALIGNMENT as u64;
        let mut beginnings = Vec::with_capacity(usize::try_from(words).unwrap_or_default() + 1);
        let mut hasher = Hasher::new();
        beginnings.push(hasher.clone().finalize());
        let mut offset = start;
        while offset < end {
            let length = usize::try_from(end - offset).unwrap_or(usize::MAX);
            let piece = window.bytes(offset, length.min(CHUNK))?;
            for word in piece.chunks_exact(ALIGNMENT) {
                hasher.update(word);
                beginnings.push(hasher.clone().finalize());
            }
            offset += piece.len() as u64;
        }
        Ok(Self { start, beginnings })
    }

    /// The checksum of some bytes, whose own is `opening`, and those of the segment between two offsets
    /// after them; `None` where these are not multiples of 8 in what was read.
    pub(super) fn continued(&self, opening: u32, from: u64, to: u64) -> Option<u32> {
        let length = to.checked_sub(from)?;
        let (before, all) = (self.up_to(from)?, self.up_to(to)?);
        Some(times(opening ^ before, power(length.checked_mul(8)?)) ^ all)
    }

    fn up_to(&self, offset: u64) -> Option<u32> {
        let bytes = offset.checked_sub(self.start)?;
        let is_word = bytes.is_multiple_of(ALIGNMENT as u64);
        let index = usize::try_from(bytes / ALIGNMENT as u64).ok()?;
        self.beginnings.get(index).copied().filter(|_| is_word)
    }
}

/// The product of two polynomials.
const fn times(a: u32, b: u32) -> u32 {
    let (mut product, mut shifted, mut bit) = (0, b, ONE);
    while bit != 0 {
        if a & bit != 0 {
            product ^= shifted;
        }
        shifted = if shifted & 1 == 0 {
            shifted >> 1
        } else {
            (shifted >> 1) ^ POLYNOMIAL
        };
        bit >>= 1;
    }
    product
}

/// x to the power of `exponent`. The powers repeat: x^(2³²) is x.
fn power(mut exponent: u64) -> u32 {
    let (mut product, mut index) = (ONE, 0);
    while exponent != 0 {
        if exponent & 1 == 1 {
            product = times(POWERS[index % POWERS.len()], product);
        }
        exponent >>= 1;
        index += 1;
    }
    product
}

const fn powers() -> [u32; 32] {
    let mut powers = [ONE >> 1; 32];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = times(powers[index - 1], powers[index - 1]);
        index += 1;
    }
    powers
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::RwLock;

    use proptest::prelude::*;

    use crate::store::journal::segment::Segment;

    use super::*;

    proptest! {
        #[test]
        fn a_stretch_has_the_checksum_it_has_when_read(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            opening in prop::collection::vec(any::<u8>(), 0..50),
            start in 0..9_usize,
            stretch in (0..80_usize, 0..80_usize),
        ) {
            let segment = Arc::new(Segment::Memory(RwLock::new(bytes.clone())));
            let mut window = Window::open(segment, u64::MAX).unwrap();
            let sums = Sums::read(&mut window, 8 * start as u64).unwrap();
            let (from, to) = (8 * (start + stretch.0), 8 * (start + stretch.0 + stretch.1));
            let found = sums.continued(crc32fast::hash(&opening), from as u64, to as u64);
            let expected = bytes.get(from..to).map(|stretch| {
                crc32fast::hash(&[&opening, stretch].concat())
            });
            // Of nothing there is a checksum where the segment is shorter, too.
            if from < to || expected.is_some() {
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(sums.continued(0, from as u64 + 1, to as u64 + 9), None);
        }
    }

    #[test]
    fn powers_go_on_beyond_the_table() {
        // 2^32 − 1 is the order of x, if the polynomial is what it should be.
        assert_eq!(power(u64::from(u32::MAX)), ONE);
        assert_eq!(power(1 << 32), ONE >> 1);
        assert_eq!(power(3), times(power(1), power(2)));
    }
}
