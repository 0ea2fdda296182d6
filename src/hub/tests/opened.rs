//! A hub that is open and does not serve, with a CA of its own and a clock that stands still.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::hub::Config;
use crate::hub::Hub;
use crate::hub::Parts;
use crate::trust::Authority;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::TrustStore;
use crate::trust::Validity;
use crate::trust::server_config;

/// Opens it.
pub(in crate::hub) fn opened(config: Config) -> Hub {
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let clock = Clock::manual(now);
    let authority = Authority::create(now).unwrap();
    let validity = Validity {
        not_before: now,
        not_after: now + SignedDuration::from_hours(24),
    };
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let server = authority.issue_server(&key, &["localhost"], &[], validity);
    let server = server.unwrap().pem_with_chain;
    let time = Arc::new(clock.clone());
    let parts = Parts {
        clock,
        trust: Arc::new(TrustStore::from_pem(&authority.anchors_pem()).unwrap()),
        tls: server_config(&server, &key.to_pkcs8_pem(), time).unwrap(),
        offices: None,
    };
    Hub::open(config, parts).unwrap()
}
