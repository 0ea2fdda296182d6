//! Step 3: certificates on signing requests, for the first time or beside those in use.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::applications::Moved;
use super::change::change;
use super::steps::noted;
use super::steps::shown;
use super::steps::state_now;
use super::steps::step;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::offices::OfficeError;
use crate::hub::offices::Offices;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::trust::Subject;
use crate::trust::sha256;
use crate::wire::certificate_use;
use crate::wire::certificate_use_to_wire;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;

/// Certificates kept with an application; older ones are in the journal.
const CERTIFICATES_MAX: usize = 12;

/// Bytes of a signing request; RSA-4096 takes 1.2 KiB.
const REQUEST_MAX: usize = 16 * 1024;

type Stored = Arc<v1::StoredApplication>;

/// Step 3: certificates, for the first time or again.
///
/// # Errors
/// `CSR_INVALID`, `STEP_NOT_ALLOWED`, `JOINING_CLOSED`, `STORAGE_UNAVAILABLE`.
pub(in crate::hub) async fn submit_csr(
    core: &Core,
    organ: OrganId,
    stored: Stored,
    requests: Vec<v1::SigningRequest>,
) -> Result<v1::Application, Refusal> {
    let offices = Arc::clone(core.offices.as_ref().ok_or(Refusal::JoiningClosed)?);
    let application = stored.application.clone().unwrap_or_default();
    let state = joining_state(&application);
    if matches!(
        state,
        JoiningState::Applied | JoiningState::Revoked | JoiningState::Merged
    ) {
        let waits_for = state.next_step().map(|(step, _)| step);
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for,
        });
    }
    let first = state <= JoiningState::NetworkReady;
    let wanted = read_requests(requests, first)?;
    let now = core.clock.now();
    if state == JoiningState::CodeRegistered {
        let by = Moved {
            at: now,
            by: organ,
            automatic: false,
            why: "signing requests came over the network".to_owned(),
        };
        change(core, move |view| {
            step(view, organ, Event::RequestsReceived, by, |_| {})
        })
        .await?;
    }
    let name = application.name.clone();
    let known = application.certificates;
    let issued = spawn_blocking(move || {
        let issue = |(usage, der): &(CertificateUse, bytes::Bytes)| {
            let request_sha256 = sha256(der);
            let same = |issued: &&v1::Issued| {
                issued.request_sha256 == request_sha256.as_bytes().as_slice()
                    && issued.r#use() == certificate_use_to_wire(*usage)
            };
            match known.iter().find(same) {
                Some(_) => Ok(None),
                None => issue(offices.as_ref(), organ, &name, *usage, der, now).map(Some),
            }
        };
        wanted
            .iter()
            .map(issue)
            .collect::<Result<Vec<_>, Refusal>>()
    });
    let issued: Vec<v1::Issued> = issued
        .await
        .map_err(unavailable)??
        .into_iter()
        .flatten()
        .collect();
    if issued.is_empty() && !first {
        return shown(core, organ);
    }
    let operator = core.config.operator;
    change(core, move |view| {
        let by = Moved {
            at: now,
            by: operator,
            automatic: true,
            why: format!("{} certificates issued", issued.len()),
        };
        let add = move |application: &mut v1::Application| {
            application.certificates.extend(issued);
            let surplus = application
                .certificates
                .len()
                .saturating_sub(CERTIFICATES_MAX);
            application.certificates.drain(..surplus);
        };
        match state_now(view, organ)? {
            JoiningState::NetworkReady => step(view, organ, Event::CertificatesIssued, by, add),
            _ => noted(view, organ, by, add),
        }
    })
    .await?;
    shown(core, organ)
}

fn read_requests(
    requests: Vec<v1::SigningRequest>,
    first: bool,
) -> Result<Vec<(CertificateUse, bytes::Bytes)>, Refusal> {
    let mut wanted: Vec<(CertificateUse, bytes::Bytes)> = Vec::new();
    for (place, request) in requests.into_iter().enumerate() {
        let field = format!("requests[{place}]");
        let Some(usage) = certificate_use(request.r#use()) else {
            return Err(Refusal::field(field, "does not say what it is for"));
        };
        if wanted.iter().any(|(known, _)| *known == usage) {
            let problem = format!("there is a second one for {}", usage.as_str());
            return Err(Refusal::field(field, problem));
        }
        if request.der.len() > REQUEST_MAX {
            let problem = format!("it has {} bytes", request.der.len());
            return Err(Refusal::CsrInvalid { usage, problem });
        }
        wanted.push((usage, request.der));
    }
    let complete = if first {
        wanted.len() == 3
    } else {
        !wanted.is_empty()
    };
    if complete {
        return Ok(wanted);
    }
    let problem = format!(
        "are for {} uses, expected connection, person and seal",
        wanted.len()
    );
    Err(Refusal::field("requests", problem))
}

fn issue(
    offices: &dyn Offices,
    organ: OrganId,
    name: &str,
    usage: CertificateUse,
    der: &[u8],
    now: Timestamp,
) -> Result<v1::Issued, Refusal> {
    let common_name = match usage {
        CertificateUse::Person => format!("Thủ trưởng {name}"),
        CertificateUse::Connection | CertificateUse::Seal => name.to_owned(),
    };
    let subject = Subject {
        organ,
        usage,
        common_name,
    };
    let issued = offices
        .issue(der, &subject, now)
        .map_err(|error| match error {
            OfficeError::Request(problem) => Refusal::CsrInvalid { usage, problem },
            OfficeError::Office(problem) => Refusal::StorageUnavailable { problem },
        })?;
    let (not_before, not_after) = (issued.validity.not_before, issued.validity.not_after);
    Ok(v1::Issued {
        r#use: certificate_use_to_wire(usage).into(),
        pem: issued.pem_with_chain,
        serial: issued.serial.into(),
        not_before: Some(timestamp(not_before)),
        not_after: Some(timestamp(not_after)),
        request_sha256: sha256(der).as_bytes().to_vec().into(),
    })
}
