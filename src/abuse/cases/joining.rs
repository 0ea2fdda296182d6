//! Strangers who apply, and certificates renewed without end.

use bytes::Bytes;
use prost::Message as _;

use super::numbered;
use super::prepared;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::Flood;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::sha256;
use crate::wire::v1;

/// Units of an application that is as large as it may be: 209 kB with names of 200 letters.
const UNITS: usize = 500;
const NAME: usize = 200;

/// The code that asks for certificates again and again.
const RENEWING: &str = "000.00.00.Z99";

/// What only the applicant knows.
const SECRET: &[u8] = b"a secret of this attack";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "apply-small",
            "R7",
            "applications for one code after another without certificate, 16 in flight",
            |ground| applying(ground, 0),
        ),
        Case::new(
            "apply-large",
            "R8",
            "the same with 500 units, 209 kB each",
            |ground| applying(ground, UNITS),
        ),
        Case::new(
            "csr-renewals",
            "R8",
            "an applicant has its certificates issued anew, 16 in flight",
            renewing,
        ),
    ]
}

/// A code nobody has: `J00` to `ZZZ` in the last group.
fn code(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let digit = |value: u64| {
        let place = usize::try_from(value % 36).unwrap_or(0);
        char::from(DIGITS[place])
    };
    let first = digit(19 + number / (36 * 36) % 16);
    format!("000.00.00.{first}{}{}", digit(number / 36), digit(number))
}

fn application(organ_id: &str, units: usize) -> Bytes {
    let group = organ_id.rsplit('.').next().unwrap_or_default();
    let units = (1..=units).map(|number| v1::Unit {
        organ_id: format!("000.{:02}.{:02}.{group}", number / 100, number % 100),
        name: "ế".repeat(NAME),
    });
    let request = v1::ApplyRequest {
        organ_id: organ_id.to_owned(),
        name: "Đơn vị lạ".to_owned(),
        contact: "nobody".to_owned(),
        units: units.collect(),
        documents_per_day: 100,
        secret_sha256: sha256(SECRET).as_bytes().to_vec().into(),
        ..v1::ApplyRequest::default()
    };
    request.encode_to_vec().into()
}

async fn applying(ground: Ground, units: usize) -> Result<(), String> {
    let flood = Flood {
        connections: 4,
        in_flight: 4,
        who: vec![ground.stranger()],
        call: "Registry/Apply",
        messages: numbered(move |number| application(&code(number), units)),
    };
    flood.calls(&ground).await;
    Ok(())
}

fn requests() -> Bytes {
    let uses = [
        v1::CertificateUse::Connection,
        v1::CertificateUse::Person,
        v1::CertificateUse::Seal,
    ];
    let requests = uses.into_iter().map(|usage| {
        let key = KeyPair::generate(KeyKind::EcdsaP256);
        // Without a request the hub refuses it, which is counted.
        let der = key
            .and_then(|key| key.signing_request())
            .unwrap_or_default();
        v1::SigningRequest {
            r#use: usage.into(),
            der: der.into(),
        }
    });
    let request = v1::SubmitCsrRequest {
        organ_id: RENEWING.to_owned(),
        secret: Bytes::from_static(SECRET),
        requests: requests.collect(),
    };
    request.encode_to_vec().into()
}

async fn renewing(ground: Ground) -> Result<(), String> {
    let link = Link::dial(&ground.hub, &ground.stranger(), Windows::OPEN).await;
    let link = link.ok_or("the hub cannot be reached")?;
    prepared(&link, "Registry/Apply", &application(RENEWING, 0)).await?;
    prepared(&link, "Registry/SubmitCsr", &requests()).await?;
    let flood = Flood {
        connections: 4,
        in_flight: 4,
        who: vec![ground.stranger()],
        call: "Registry/SubmitCsr",
        messages: numbered(|_| requests()),
    };
    flood.calls(&ground).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::OrganId;

    #[test]
    fn codes_differ_and_are_codes() {
        let codes: BTreeSet<String> = (0..10_000).map(code).collect();
        assert_eq!(codes.len(), 10_000);
        let are_codes = |code: &String| code.parse::<OrganId>().is_ok_and(|c| c.is_qcvn_102());
        assert!(codes.iter().all(are_codes));
    }

    #[test]
    fn a_large_application_is_as_large_as_the_finding_had_it() {
        let bytes = application(&code(0), UNITS).len();
        assert!((200_000..350_000).contains(&bytes), "{bytes} bytes");
    }
}
