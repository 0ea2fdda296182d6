//! Certificate paths and revocation lists of every kind through `docaxis verify`, beside `openssl verify`.

use crate::variants::Suite;
use crate::witness_openssl::openssl_is_missing;

#[test]
fn paths_and_lists_are_judged_as_rfc_5280_says() {
    if openssl_is_missing() {
        return;
    }
    let Some(suite) = Suite::generate("paths", "cryptography") else {
        return;
    };
    assert_eq!(suite.variants.len(), 67);
    suite.hold_against(&[suite.openssl()]);
}
