//! Registers against arrays, one operation after the other.

use proptest::prelude::*;

use super::Lanes;
use super::Portable;

type Numbers = [u64; 8];

/// Everything that [`Lanes`] can do with three values, as arrays.
fn everything<L: Lanes>(l: L, a: Numbers, b: Numbers, c: Numbers, mask: u8) -> Vec<Numbers> {
    let (va, vb, vc) = (l.load(&a), l.load(&b), l.load(&c));
    let mut out = vec![
        l.add(va, vb),
        l.sub(va, vb),
        l.and(va, vb),
        l.or(va, vb),
        l.sll::<13>(va),
        l.srl::<52>(va),
        l.sra::<52>(va),
        l.madd_lo(va, vb, vc),
        l.madd_hi(va, vb, vc),
        l.splat(u64::from(l.equal(va, l.select(mask, va, vb)))),
        l.select(mask, va, vb),
        l.xor3(va, vb, vc),
        l.ror::<14>(va),
        l.choose(va, vb, vc),
        l.majority(va, vb, vc),
    ];
    out.extend(l.transpose([&a, &b, &c, &a, &c, &b, &a, &b]));
    out.into_iter().map(|v| l.store(v)).collect()
}

fn halves(a: Numbers) -> [u32; 16] {
    std::array::from_fn(|at| {
        let half = a[at / 2] >> (32 * (at % 2)) & u64::from(u32::MAX);
        u32::try_from(half).unwrap()
    })
}

fn everything32<L: Lanes>(l: L, a: Numbers, b: Numbers, c: Numbers) -> Vec<[u32; 16]> {
    let (wa, wb, wc) = (
        l.load32(&halves(a)),
        l.load32(&halves(b)),
        l.load32(&halves(c)),
    );
    let mut out = vec![
        l.splat32(halves(a)[0]),
        l.add32(wa, wb),
        l.xor3_32(wa, wb, wc),
        l.srl32::<3>(wa),
        l.ror32::<7>(wa),
        l.choose32(wa, wb, wc),
        l.majority32(wa, wb, wc),
    ];
    let rows = std::array::from_fn(|row| {
        std::array::from_fn(|at| halves(a)[(row + at) % 16] ^ halves(b)[(row * 5 + at * 3) % 16])
    });
    out.extend(l.transpose32(&rows));
    out.into_iter().map(|w| l.store32(w)).collect()
}

proptest! {
    #[test]
    fn registers_do_what_arrays_do(
        a: Numbers,
        b: Numbers,
        c: Numbers,
        mask: u8,
    ) {
        let Some(ifma) = super::detect() else { return Ok(()) };
        prop_assert_eq!(everything(ifma, a, b, c, mask), everything(Portable, a, b, c, mask));
        prop_assert_eq!(everything32(ifma, a, b, c), everything32(Portable, a, b, c));
    }
}
