//! Step 3: certificates on signing requests, for the first time or beside those in use.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::applications::Moved;
use super::change::Decision;
use super::change::View;
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
use crate::model::joining::RENEWALS_PER_DAY;
use crate::trust::Subject;
use crate::trust::check_request;
use crate::trust::sha256;
use crate::wire::certificate_use;
use crate::wire::certificate_use_to_wire;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Certificates kept with an application: those of the last renewal and of the one before, so that a
/// repeated request of either gets its own again. Older ones are in the journal.
const CERTIFICATES_MAX: usize = 6;

/// Certificates of one organisation in force at a time: one renewal of all three in every week of the
/// year they are valid.
const IN_FORCE_MAX: usize = 3 * 52;

/// Bytes of a signing request; RSA-4096 takes 1.2 KiB.
const REQUEST_MAX: usize = 4 * 1024;

/// The time in which renewals are counted.
const DAY: SignedDuration = SignedDuration::from_hours(24);

type Wanted = Vec<(CertificateUse, bytes::Bytes)>;

/// Step 3: certificates, for the first time or again. What was issued before is not issued again, and
/// costs no signature.
///
/// # Errors
/// `CSR_INVALID`, `STEP_NOT_ALLOWED`, `JOINING_CLOSED`, `QUOTA_EXCEEDED`, `STORAGE_UNAVAILABLE`.
pub(in crate::hub) async fn submit_csr(
    core: &Core,
    organ: OrganId,
    stored: Arc<v1::StoredApplication>,
    requests: Vec<v1::SigningRequest>,
) -> Result<v1::Application, Refusal> {
    if core.offices.is_none() {
        return Err(Refusal::JoiningClosed);
    }
    let first = is_first(organ, &stored)?;
    let wanted = read_requests(requests, first)?;
    if !first && not_issued(&stored, &wanted).is_empty() {
        return shown(core, organ);
    }
    let wanted = proved(wanted).await?;
    // One after another: what is counted below cannot change before it is on record.
    let _office = core.door.office.lock().await;
    let unknown = Refusal::ApplicationUnknown { organ };
    let now_stored = core.applications.load().find(organ).cloned();
    let now_stored = now_stored
        .filter(|known| known.secret_sha256 == stored.secret_sha256)
        .ok_or(unknown)?;
    issue_all(core, organ, &now_stored, wanted).await
}

/// The requests, once each proves that its maker holds the key: none is issued where one does not, and none
/// of it takes the CA's time.
async fn proved(wanted: Wanted) -> Result<Wanted, Refusal> {
    let judged = spawn_blocking(move || {
        for (usage, der) in &wanted {
            check_request(der).map_err(|error| Refusal::CsrInvalid {
                usage: *usage,
                problem: error.to_string(),
            })?;
        }
        Ok::<_, Refusal>(wanted)
    });
    judged.await.map_err(unavailable)?
}

/// Whether the application waits for its first certificates.
fn is_first(organ: OrganId, stored: &v1::StoredApplication) -> Result<bool, Refusal> {
    let state = stored.application.as_ref().map(joining_state);
    let state = state.ok_or(Refusal::ApplicationUnknown { organ })?;
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
    Ok(state <= JoiningState::NetworkReady)
}

/// Those of the requests that no certificate on record is for.
fn not_issued(stored: &v1::StoredApplication, wanted: &Wanted) -> Wanted {
    let known = stored.application.as_ref();
    let known = known.map_or(&[][..], |application| &application.certificates);
    let is_issued = |(usage, der): &(CertificateUse, bytes::Bytes)| {
        let request = sha256(der);
        known.iter().any(|issued| {
            issued.request_sha256 == request.as_bytes().as_slice()
                && issued.r#use() == certificate_use_to_wire(*usage)
        })
    };
    wanted
        .iter()
        .filter(|one| !is_issued(one))
        .cloned()
        .collect()
}

/// Renewals within the last day, and whether there may be another.
fn renewals(
    organ: OrganId,
    stored: &v1::StoredApplication,
    now: Timestamp,
) -> Result<Vec<Timestamp>, Refusal> {
    let exceeded = |what: String| Err(Refusal::QuotaExceeded { organ, what });
    let in_force = stored
        .serials
        .iter()
        .filter(|known| is_in_force(known, now));
    if in_force.count() + 3 > IN_FORCE_MAX {
        return exceeded(format!("{IN_FORCE_MAX} certificates of it are in force"));
    }
    let known = stored.renewals.iter().filter_map(timestamp_from_wire);
    // A clock that was set back leaves nobody waiting.
    let today: Vec<Timestamp> = known
        .filter(|at| *at <= now && now.duration_since(*at) < DAY)
        .collect();
    if today.len() >= RENEWALS_PER_DAY {
        return exceeded(format!(
            "{RENEWALS_PER_DAY} renewals of certificates in 24 hours"
        ));
    }
    Ok(today)
}

async fn issue_all(
    core: &Core,
    organ: OrganId,
    stored: &v1::StoredApplication,
    wanted: Wanted,
) -> Result<v1::Application, Refusal> {
    let offices = Arc::clone(core.offices.as_ref().ok_or(Refusal::JoiningClosed)?);
    let first = is_first(organ, stored)?;
    let wanted = not_issued(stored, &wanted);
    if wanted.is_empty() && !first {
        return shown(core, organ);
    }
    let application = stored.application.clone().unwrap_or_default();
    let now = core.clock.now();
    let renewed = if first {
        Vec::new()
    } else {
        let mut today = renewals(organ, stored, now)?;
        today.push(now);
        today
    };
    if joining_state(&application) == JoiningState::CodeRegistered {
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
    let name = application.name;
    let issued = spawn_blocking(move || {
        let issue = |(usage, der): &(CertificateUse, bytes::Bytes)| {
            issue(offices.as_ref(), organ, &name, *usage, der, now)
        };
        wanted
            .iter()
            .map(issue)
            .collect::<Result<Vec<_>, Refusal>>()
    });
    let issued: Vec<v1::Issued> = issued.await.map_err(unavailable)??;
    let operator = core.config.operator;
    change(core, move |view| {
        let by = Moved {
            at: now,
            by: operator,
            automatic: true,
            why: format!("{} certificates issued", issued.len()),
        };
        put_on_record(view, organ, by, issued, &renewed)
    })
    .await?;
    shown(core, organ)
}

fn is_in_force(issued: &v1::IssuedSerial, now: Timestamp) -> bool {
    let ends = issued.not_after.as_ref().and_then(timestamp_from_wire);
    ends.is_none_or(|ends| ends > now)
}

/// Notes what was issued: the certificates with the application, their serial numbers for as long as they
/// are in force.
fn put_on_record(
    view: &View,
    organ: OrganId,
    by: Moved,
    issued: Vec<v1::Issued>,
    renewed: &[Timestamp],
) -> Result<Decision, Refusal> {
    let serials: Vec<v1::IssuedSerial> = issued
        .iter()
        .map(|issued| v1::IssuedSerial {
            serial: issued.serial.clone(),
            not_after: issued.not_after,
        })
        .collect();
    let at = by.at;
    let add = move |application: &mut v1::Application| {
        application.certificates.extend(issued);
        let surplus = application
            .certificates
            .len()
            .saturating_sub(CERTIFICATES_MAX);
        application.certificates.drain(..surplus);
    };
    let mut decision = match state_now(view, organ)? {
        JoiningState::NetworkReady => step(view, organ, Event::CertificatesIssued, by, add)?,
        _ => noted(view, organ, by, add)?,
    };
    if let Some(stored) = &mut decision.application {
        stored.serials.retain(|known| is_in_force(known, at));
        stored.serials.extend(serials);
        stored.renewals = renewed.iter().map(|at| timestamp(*at)).collect();
    }
    Ok(decision)
}

fn read_requests(requests: Vec<v1::SigningRequest>, first: bool) -> Result<Wanted, Refusal> {
    let mut wanted: Wanted = Vec::new();
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
