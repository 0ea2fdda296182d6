//! CMS signatures as others write them, and as nobody should, through `docaxis verify`, beside `openssl cms`.

use crate::variants::Suite;
use crate::witness_openssl::openssl_is_missing;

#[test]
fn cms_signatures_of_every_shape_are_judged_as_rfc_5652_says() {
    if openssl_is_missing() {
        return;
    }
    let Some(suite) = Suite::generate("cms", "cryptography, asn1crypto") else {
        return;
    };
    assert_eq!(suite.variants.len(), 169);
    suite.hold_against(&[suite.openssl()]);
}
