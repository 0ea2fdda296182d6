//! Writing the documents of a plan: numbers, texts, people, attachments, each from its own stream.

use jiff::civil::Date;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::matrix::Draft;
use super::people::House;
use super::plan::InvalidPlan;
use super::plan::Planned;
use super::plan::PlannedAttachment;
use super::plan::Signing;
use super::random::Concern;
use super::random::Weighted;
use super::random::length;
use super::random::log_normal;
use super::random::one_of;
use super::random::part;
use super::random::stream;
use super::random::taken;
use super::random::whole_u32;
use super::scenario::Scenario;
use super::subject;
use crate::model::Agency;
use crate::model::AgencyKind;
use crate::model::BusinessType;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::Priority;
use crate::model::Recipients;
use crate::model::ResponseFor;
use crate::model::Secrecy;
use crate::model::calendar;

/// Writes headers: numbers per agency from 1, texts and people from their streams.
pub(super) struct Writer<'a> {
    scenario: &'a Scenario,
    pub(super) agencies: &'a [Agency],
    provinces: Vec<&'a str>,
    houses: Vec<House>,
    /// Numbers given out, by agency.
    numbers: Vec<u64>,
    by_type: Weighted,
    by_priority: Weighted,
    by_attachments: Weighted,
    /// Of the good documents that are still to come: which has a large attachment, which is recalled.
    extras: std::vec::IntoIter<(bool, bool)>,
    types: Pcg64Mcg,
    subjects: Pcg64Mcg,
    people: Pcg64Mcg,
    priorities: Pcg64Mcg,
    due_dates: Pcg64Mcg,
    attachments: Pcg64Mcg,
    recalls: Pcg64Mcg,
}

impl<'a> Writer<'a> {
    pub(super) fn new(scenario: &'a Scenario, agencies: &'a [Agency], drafts: &[Draft]) -> Self {
        let seed = scenario.seed;
        let mut people = stream(seed, Concern::People);
        let houses = agencies
            .iter()
            .map(|agency| House::of(agency, &mut people))
            .collect();
        let mut attachments = stream(seed, Concern::Attachments);
        let mut recalls = stream(seed, Concern::Recalls);
        let large = length(scenario.attachments.large_documents).min(drafts.len());
        let large = taken(large, drafts.len(), &mut attachments);
        // Asked back by 13 are only documents no other is about, and that are about no other.
        let is_plain = |draft: &Draft| draft.about.is_none() && !draft.is_target;
        let plain = drafts.iter().filter(|draft| is_plain(draft)).count();
        let wanted = part(scenario.recall.share, drafts.len()).min(plain);
        let mut chosen = taken(wanted, plain, &mut recalls).into_iter();
        let extras: Vec<(bool, bool)> = drafts
            .iter()
            .zip(large)
            .map(|(draft, large)| (large, is_plain(draft) && chosen.next().unwrap_or_default()))
            .collect();
        Self {
            scenario,
            agencies,
            provinces: agencies
                .iter()
                .filter(|agency| agency.kind == AgencyKind::Province)
                .map(|agency| agency.short_name.as_str())
                .collect(),
            houses,
            numbers: vec![0; agencies.len()],
            by_type: Weighted::new(scenario.types.iter().map(|kind| kind.weight)),
            by_priority: Weighted::new(scenario.priorities.weights),
            by_attachments: Weighted::new(scenario.attachments.counts),
            extras: extras.into_iter(),
            types: stream(seed, Concern::Types),
            subjects: stream(seed, Concern::Subjects),
            people,
            priorities: stream(seed, Concern::Priorities),
            due_dates: stream(seed, Concern::DueDates),
            attachments,
            recalls,
        }
    }

    pub(super) fn good(
        &mut self,
        draft: &Draft,
        is_signed: bool,
        earlier: Option<&DocumentHeader>,
    ) -> Result<Planned, InvalidPlan> {
        let (is_large, is_recalled) = self.extras.next().unwrap_or_default();
        let mut header = self.header(draft)?;
        if let (Some((kind, _)), Some(earlier)) = (draft.about, earlier) {
            header.business_type = kind;
            let (document_type, about) = (&earlier.document_type, &earlier.code);
            let words = match kind {
                BusinessType::Recall => "Thu hồi",
                BusinessType::Update => "Cập nhật",
                BusinessType::Replace => "Thay thế",
                BusinessType::New => "Về",
            };
            let date = calendar_date(earlier.promulgation_date);
            header.subject = format!("{words} {document_type} số {about} ngày {date}");
            header.response_for = vec![ResponseFor {
                organ: earlier.from,
                document_id: earlier.document_id.clone(),
            }];
        }
        let attachments = if is_large {
            vec![self.large_attachment(&header)]
        } else {
            self.attachments(&header)
        };
        let recall = &self.scenario.recall;
        let recall_after = is_recalled.then(|| {
            self.recalls
                .random_range(recall.from_minutes..=recall.to_minutes)
        });
        Ok(Planned {
            at: draft.at,
            header,
            attachments,
            signing: if is_signed {
                Signing::Both
            } else {
                Signing::None
            },
            fault: None,
            recall_after,
        })
    }

    /// The header of a new document, its number the agency's next.
    pub(super) fn header(&mut self, draft: &Draft) -> Result<DocumentHeader, InvalidPlan> {
        let day = calendar::local(draft.at).date();
        let agency = &self.agencies[draft.sender];
        let kind = &self.scenario.types[self.by_type.draw(&mut self.types)];
        let notation = self.houses[draft.sender].notation(&kind.symbol, &mut self.types);
        self.numbers[draft.sender] += 1;
        let number = self.numbers[draft.sender].to_string();
        let code = DocumentCode::new(&number, &notation).map_err(InvalidPlan::Identity)?;
        let subjects = &mut self.subjects;
        let mut word = |list: &'a [String]| one_of(list, subjects).map_or("", String::as_str);
        let (template, topic) = (word(&kind.subjects), word(&self.scenario.subjects.topics));
        let province = one_of(&self.provinces, subjects)
            .copied()
            .unwrap_or_default();
        let to = draft
            .recipients
            .iter()
            .map(|recipient| self.agencies[*recipient].organ);
        let to = Recipients::try_from(to.collect::<Vec<_>>()).map_err(InvalidPlan::Recipients)?;
        let level = u32::try_from(self.by_priority.draw(&mut self.priorities)).unwrap_or_default();
        Ok(DocumentHeader {
            document_id: DocumentId::new(agency.organ, day, code.clone()),
            from: agency.organ,
            to,
            code,
            promulgation_date: day,
            document_type: kind.name.clone(),
            subject: subject::fill(template, topic, province, day),
            signer: self.houses[draft.sender].signer(&mut self.people),
            priority: Priority::from_level(level).unwrap_or_default(),
            business_type: BusinessType::New,
            response_for: Vec::new(),
            due_date: self.due_date(day),
            secrecy: Secrecy::None,
            attachments: Vec::new(),
        })
    }

    /// A day for an answer on one document in six, 5 to 20 days ahead, moved to a working day.
    fn due_date(&mut self, day: Date) -> Option<Date> {
        if !self.due_dates.random_ratio(1, 6) {
            return None;
        }
        let ahead = i64::from(self.due_dates.random_range(5_u8..=20));
        let earliest = day.saturating_add(jiff::Span::new().days(ahead));
        let latest = earliest.saturating_add(jiff::Span::new().days(14));
        calendar::working_days(earliest, latest).next()
    }

    pub(super) fn attachments(&mut self, header: &DocumentHeader) -> Vec<PlannedAttachment> {
        let count = self.by_attachments.draw(&mut self.attachments);
        (0..count)
            .map(|position| self.attachment(header, position))
            .collect()
    }

    /// An ordinary attachment, the document itself at position 0 and its annexes after it.
    pub(super) fn attachment(
        &mut self,
        header: &DocumentHeader,
        position: usize,
    ) -> PlannedAttachment {
        let rules = &self.scenario.attachments;
        let factor = log_normal(rules.sigma, &mut self.attachments);
        let size = whole_u32(f64::from(rules.median_bytes) * factor).clamp(1, rules.most_bytes);
        let (extension, content_type) = if position == 0 {
            KINDS[0]
        } else {
            one_of(&KINDS, &mut self.attachments)
                .copied()
                .unwrap_or(KINDS[0])
        };
        let name = if position == 0 {
            format!("{}.{extension}", header.code.to_string().replace('/', "_"))
        } else {
            format!("Phụ lục {position}.{extension}")
        };
        PlannedAttachment {
            name,
            content_type,
            size,
            seed: self.attachments.random(),
        }
    }

    fn large_attachment(&mut self, header: &DocumentHeader) -> PlannedAttachment {
        let rules = &self.scenario.attachments;
        let size = self
            .attachments
            .random_range(rules.large_from_bytes..=rules.large_to_bytes);
        PlannedAttachment {
            size,
            ..self.attachment(header, 0)
        }
    }
}

/// A date as people write it, `12/03/2019`.
fn calendar_date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// Extensions and media types of attachments.
const KINDS: [(&str, &str); 3] = [
    ("pdf", "application/pdf"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
];
