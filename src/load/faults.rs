//! Documents that will be refused, each with one thing wrong and everything else right.

use jiff::Span;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::arrivals::Arrivals;
use super::matrix::Draft;
use super::plan::Fault;
use super::plan::InvalidPlan;
use super::plan::Planned;
use super::plan::Signing;
use super::random::Concern;
use super::random::stream;
use super::scenario::Scenario;
use super::writer::Writer;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::Secrecy;

/// A document that will be refused, before it has a text.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    pub(super) draft: Draft,
    fault: Fault,
}

/// The faulty documents of a scenario, in the order of time.
pub(super) fn placed(scenario: &Scenario, agencies: usize, arrivals: &Arrivals) -> Vec<Misfit> {
    let random = &mut stream(scenario.seed, Concern::Faults);
    let counts = &scenario.faults;
    let mut kinds: Vec<Fault> = [
        (Fault::DuplicateOtherContent, counts.duplicate_other_content),
        (Fault::FutureDate, counts.future_date),
        (Fault::MissingAttachment, counts.missing_attachment),
        (Fault::Secret, counts.secret),
        (Fault::TamperedAttachment, counts.tampered_attachment),
        (Fault::TamperedHeader, counts.tampered_header),
        (Fault::UnknownRecipient, counts.unknown_recipient),
        (Fault::WrongSigner, counts.wrong_signer),
    ]
    .into_iter()
    .flat_map(|(fault, count)| (0..count).map(move |_| fault))
    .collect();
    kinds.shuffle(random);
    let mut misfits: Vec<Misfit> = kinds
        .into_iter()
        .map(|fault| Misfit {
            draft: draft(agencies, arrivals, random),
            fault,
        })
        .collect();
    misfits.sort_by_key(|misfit| misfit.draft.at);
    misfits
}

fn draft(agencies: usize, arrivals: &Arrivals, random: &mut Pcg64Mcg) -> Draft {
    let (day, at) = arrivals.draw(random);
    let sender = random.random_range(0..agencies);
    let other = random.random_range(1..agencies);
    Draft {
        at,
        day,
        sender,
        fan_out: 1,
        about: None,
        is_target: false,
        recipients: vec![(sender + other) % agencies],
    }
}

impl Writer<'_> {
    /// Writes one; `before` are the documents sent earlier. A second document with an earlier one's
    /// identity takes that one's sender; if there is no good one before it, the header says a secret
    /// instead, so that it is refused all the same.
    pub(super) fn faulty(
        &mut self,
        misfit: &Misfit,
        before: &[Planned],
    ) -> Result<Planned, InvalidPlan> {
        let mut draft = misfit.draft.clone();
        let mut fault = misfit.fault;
        let earlier = before
            .iter()
            .rev()
            .skip(DUPLICATE_AFTER.min(before.len() / 2))
            .find(|planned| planned.fault.is_none() && planned.recall_after.is_none());
        if fault == Fault::DuplicateOtherContent {
            if let Some(earlier) = earlier {
                draft.sender = self.position_of(earlier.header.from)?;
                draft.recipients = vec![self.position_of(earlier.header.to.as_slice()[0])?];
            } else {
                fault = Fault::Secret;
            }
        }
        let mut header = self.header(&draft)?;
        let mut attachments = self.attachments(&header);
        match (fault, earlier) {
            (Fault::DuplicateOtherContent, Some(earlier)) => {
                header.document_id = earlier.header.document_id.clone();
                header.code = earlier.header.code.clone();
                header.promulgation_date = earlier.header.promulgation_date;
                header.subject = format!("{} (bản khác)", header.subject);
                // The number it was given stays unused, as in a register where one is struck out.
            }
            (Fault::FutureDate, _) => {
                let day = header
                    .promulgation_date
                    .saturating_add(Span::new().days(30));
                header.promulgation_date = day;
                header.document_id = DocumentId::new(header.from, day, header.code.clone());
                header.due_date = None;
            }
            (Fault::Secret, _) => header.secrecy = Secrecy::Confidential,
            (Fault::UnknownRecipient, _) => {
                let mut to = header.to.as_slice().to_vec();
                to.extend(self.unknown());
                header.to = Recipients::try_from(to).map_err(InvalidPlan::Recipients)?;
            }
            (Fault::MissingAttachment | Fault::TamperedAttachment, _) if attachments.is_empty() => {
                attachments.push(self.attachment(&header, 0));
            }
            _ => {}
        }
        Ok(Planned {
            at: draft.at,
            header,
            attachments,
            signing: Signing::Both,
            fault: Some(fault),
            recall_after: None,
        })
    }

    fn position_of(&self, organ: OrganId) -> Result<usize, InvalidPlan> {
        let found = self
            .agencies
            .iter()
            .position(|agency| agency.organ == organ);
        found.ok_or(InvalidPlan::Unknown { organ })
    }

    /// A well-formed code that no agency has.
    fn unknown(&self) -> Option<OrganId> {
        (0..100)
            .rev()
            .filter_map(|number| format!("000.00.00.H{number:02}").parse().ok())
            .find(|organ| self.agencies.iter().all(|agency| agency.organ != *organ))
    }
}

/// Documents between one and the other that takes its identity, where there are that many: enough
/// that the first is stored when the second comes.
const DUPLICATE_AFTER: usize = 1_000;
