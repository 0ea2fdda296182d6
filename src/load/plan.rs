//! The plan of a run: every document, in the order of time, complete but for the bytes of its
//! attachments, which are made from a seed when they are wanted.

use jiff::Timestamp;
use rand::Rng;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::arrivals::Arrivals;
use super::check::InvalidScenario;
use super::faults;
use super::matrix;
use super::quota;
use super::random::length;
use super::scenario::Scenario;
use super::writer::Writer;
use crate::model::Agency;
use crate::model::Directory;
use crate::model::DocumentHeader;
use crate::model::InvalidDocumentId;
use crate::model::InvalidRecipients;
use crate::model::OrganId;

/// Every document of a run, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The scenario's name.
    pub scenario: String,
    /// The seed that decided everything.
    pub seed: u64,
    /// Good documents and those that will be refused, by instant.
    pub documents: Vec<Planned>,
}

/// One document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    /// When it is sent.
    pub at: Timestamp,
    /// Its header, without attachments: their digests are known when their bytes are made.
    pub header: DocumentHeader,
    /// What is attached, in order.
    pub attachments: Vec<PlannedAttachment>,
    /// Who signs it.
    pub signing: Signing,
    /// What is wrong with it; `None` of a good document.
    pub fault: Option<Fault>,
    /// After this many virtual minutes its sender asks it back by status 13.
    pub recall_after: Option<u32>,
}

/// An attachment whose content follows from its seed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedAttachment {
    /// File name for people.
    pub name: String,
    /// Media type.
    pub content_type: &'static str,
    /// Size in bytes.
    pub size: u32,
    /// Decides the content.
    pub seed: u64,
}

/// Who signs a document.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Signing {
    /// The competent person and the organisation's seal.
    Both,
    /// Nobody: for information only.
    None,
}

/// What is wrong with a document that will be refused.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// Has the identity of an earlier document and other content.
    DuplicateOtherContent,
    /// Dated ahead of the day it is sent; the header says so already.
    FutureDate,
    /// Send all attachments but the first.
    MissingAttachment,
    /// Marked as a state secret; the header says so already.
    Secret,
    /// Change the first attachment's content after its digest was taken.
    TamperedAttachment,
    /// Change the header's bytes after signing.
    TamperedHeader,
    /// Names a recipient nobody knows; the header says so already.
    UnknownRecipient,
    /// Sign with the keys of another agency.
    WrongSigner,
}

/// What a plan holds, counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PlanTotals {
    /// Good documents.
    pub documents: u64,
    /// Sum of their recipients.
    pub deliveries: u64,
    /// Of the good documents, those signed.
    pub signed: u64,
    /// Documents that will be refused.
    pub faults: u64,
}

/// Why there is no plan.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidPlan {
    /// More deliveries than documents times other agencies.
    #[error("{deliveries} deliveries, at most {most} with this directory")]
    Deliveries {
        /// Wanted.
        deliveries: u64,
        /// Possible.
        most: u64,
    },
    /// A composed identity breaks a rule.
    #[error("a composed identity is not valid")]
    Identity(#[source] InvalidDocumentId),
    /// A composed list of recipients breaks a rule.
    #[error("a composed list of recipients is not valid")]
    Recipients(#[source] InvalidRecipients),
    /// The scenario breaks a rule.
    #[error("the scenario is not valid")]
    Scenario(#[source] InvalidScenario),
    /// Fewer documents than agencies, each of which sends at least one.
    #[error("{documents} documents for {agencies} agencies, each sends at least one")]
    TooFew {
        /// Wanted.
        documents: u64,
        /// Agencies of the directory.
        agencies: usize,
    },
    /// The scenario names an agency the directory does not have.
    #[error("{organ} is not in the directory")]
    Unknown {
        /// The agency.
        organ: OrganId,
    },
}

impl Plan {
    /// Plans every document of a scenario among the agencies of a directory.
    ///
    /// # Errors
    /// [`InvalidPlan`] where the scenario does not fit the directory.
    pub fn of(scenario: &Scenario, directory: &Directory) -> Result<Self, InvalidPlan> {
        scenario.check().map_err(InvalidPlan::Scenario)?;
        let agencies = directory.agencies();
        let lowest = position(agencies, scenario.signed.lowest.organ)?;
        let office = position(agencies, OrganId::government_office())?;
        for organ in scenario
            .senders
            .named
            .keys()
            .chain(scenario.recipients.named.keys())
        {
            position(agencies, *organ)?;
        }
        let (documents, deliveries) = (scenario.documents, scenario.deliveries);
        if length(documents) < agencies.len() {
            return Err(InvalidPlan::TooFew {
                documents,
                agencies: agencies.len(),
            });
        }
        let most = (agencies.len() - 1) as u64 * documents;
        if deliveries > most {
            return Err(InvalidPlan::Deliveries { deliveries, most });
        }
        let arrivals = Arrivals::of(scenario);
        let drafts = matrix::drafts(scenario, agencies, &arrivals, office, lowest);
        let signed = quota::signed(scenario, &drafts, agencies.len(), lowest, office);
        let faults = faults::placed(scenario, agencies.len(), &arrivals);
        let mut writer = Writer::new(scenario, agencies, &drafts);
        let mut documents: Vec<Planned> = Vec::with_capacity(drafts.len() + faults.len());
        // Where each good document stands, for those that are about it.
        let mut places: Vec<usize> = Vec::with_capacity(drafts.len());
        let mut faults = faults.into_iter().peekable();
        for (draft, is_signed) in drafts.iter().zip(signed) {
            while let Some(misfit) = faults.next_if(|misfit| misfit.draft.at <= draft.at) {
                let planned = writer.faulty(&misfit, &documents)?;
                documents.push(planned);
            }
            let earlier = draft
                .about
                .map(|(_, earlier)| &documents[places[earlier]].header);
            let planned = writer.good(draft, is_signed, earlier)?;
            places.push(documents.len());
            documents.push(planned);
        }
        for misfit in faults {
            let planned = writer.faulty(&misfit, &documents)?;
            documents.push(planned);
        }
        Ok(Self {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            documents,
        })
    }

    /// Documents that will be accepted.
    pub fn good(&self) -> impl Iterator<Item = &Planned> {
        self.documents
            .iter()
            .filter(|planned| planned.fault.is_none())
    }

    /// What the plan holds, counted.
    pub fn totals(&self) -> PlanTotals {
        let mut totals = PlanTotals::default();
        for planned in &self.documents {
            if planned.fault.is_some() {
                totals.faults += 1;
                continue;
            }
            totals.documents += 1;
            totals.deliveries += planned.header.to.count() as u64;
            totals.signed += u64::from(planned.signing == Signing::Both);
        }
        totals
    }
}

impl PlannedAttachment {
    /// The content: `size` bytes that look random and are the same every time.
    pub fn content(&self) -> Vec<u8> {
        let mut content = vec![0; usize::try_from(self.size).unwrap_or_default()];
        Pcg64Mcg::seed_from_u64(self.seed).fill_bytes(&mut content);
        content
    }
}

fn position(agencies: &[Agency], organ: OrganId) -> Result<usize, InvalidPlan> {
    let found = agencies.iter().position(|agency| agency.organ == organ);
    found.ok_or(InvalidPlan::Unknown { organ })
}
