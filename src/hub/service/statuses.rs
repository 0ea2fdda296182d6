//! Reports of statuses: decode, hand over, answer one by one.
//!
//! A batch is a thousand reports of two kilobytes, and most of a quarrelsome one is refused: the work on it
//! is done a few reports at a time, so that whatever else the reactor has to do comes in between.

use std::collections::BTreeSet;

use super::agency;
use super::exchange::document_id;
use crate::hub::config::DESCRIPTION_MAX;
use crate::hub::config::REPORTS_AT_ONCE;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::progress::Report;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::model::StatusCode;
use crate::model::is_misleading;
use crate::wire;
use crate::wire::timestamp;
use crate::wire::v1;

/// Reports one status.
pub(super) async fn report_one(
    core: &Core,
    organ: OrganId,
    request: v1::StatusReport,
) -> Result<v1::ReportStatusResponse, Refusal> {
    let by = agency(core, organ)?;
    let outcomes = core.commit_statuses(by, vec![report(request)?]).await?;
    let outcome = outcomes.into_iter().next();
    let at = outcome.ok_or_else(|| unavailable(std::io::Error::other("no outcome")))??;
    Ok(v1::ReportStatusResponse {
        reported_at: Some(timestamp(at)),
    })
}

/// Reports many; one outcome for each, in order.
pub(super) async fn report_many(
    core: &Core,
    organ: OrganId,
    requests: Vec<v1::StatusReport>,
) -> Result<v1::ReportStatusBatchResponse, Refusal> {
    let by = agency(core, organ)?;
    let mut well_formed = Vec::with_capacity(requests.len());
    let mut parsed = Vec::with_capacity(requests.len());
    for (number, request) in requests.into_iter().enumerate() {
        parsed.push(report(request).map(|report| well_formed.push(report)));
        give_way(number).await;
    }
    let mut committed = core.commit_statuses(by, well_formed).await?.into_iter();
    let mut told = BTreeSet::new();
    let mut outcomes = Vec::with_capacity(parsed.len());
    for (number, parsed) in parsed.into_iter().enumerate() {
        let outcome = parsed.and_then(|()| {
            committed
                .next()
                .unwrap_or_else(|| Err(core.health.undecided()))
        });
        outcomes.push(match outcome {
            Ok(_) => v1::StatusOutcome {
                accepted: true,
                refused: None,
            },
            Err(refusal) => v1::StatusOutcome {
                accepted: false,
                refused: Some(refused(&refusal, &mut told)),
            },
        });
        give_way(number).await;
    }
    Ok(v1::ReportStatusBatchResponse { outcomes })
}

/// Lets others have the reactor after every few reports.
async fn give_way(number: usize) {
    if (number + 1).is_multiple_of(REPORTS_AT_ONCE) {
        tokio::task::yield_now().await;
    }
}

/// A refusal in an answer to many: what happened stands with each, what to do with the first of a reason.
fn refused(refusal: &Refusal, told: &mut BTreeSet<Reason>) -> v1::Refused {
    let mut refused = wire::refused(refusal);
    if !told.insert(refusal.reason()) {
        refused.remedy = String::new();
        refused.remedy_vi = String::new();
    }
    refused
}

fn report(request: v1::StatusReport) -> Result<Report, Refusal> {
    let code = StatusCode::from_number(request.code)
        .ok_or_else(|| Refusal::field("code", format!("{} is not a status code", request.code)))?;
    let recipient = match request.recipient.as_str() {
        "" => None,
        text => Some(
            text.parse::<OrganId>()
                .map_err(|error| Refusal::field("recipient", error.to_string()))?,
        ),
    };
    if request.description.chars().count() > DESCRIPTION_MAX {
        let problem = format!("is longer than {DESCRIPTION_MAX} characters");
        return Err(Refusal::field("description", problem));
    }
    if let Some(found) = request.description.chars().find(|c| is_misleading(*c)) {
        let problem = format!("has the control character U+{:04X}", u32::from(found));
        return Err(Refusal::field("description", problem));
    }
    let document_id = document_id(&request.document_id)?;
    Ok(Report {
        document_id,
        recipient,
        code,
        description: request.description,
    })
}
