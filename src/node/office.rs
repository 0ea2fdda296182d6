//! The people: a clerk, a leader, a desk. What they do with a document is drawn from the seed and the
//! document's identity, so that the same run has the same decisions in whatever order documents come.

use std::hash::Hasher as _;

use jiff::SignedDuration;
use jiff::Timestamp;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;

use super::desk::Desk;
use crate::model::BusinessType;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::StatusCode;

/// How an office behaves.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Seed of every decision.
    pub seed: u64,
    /// From arrival to 03 (or 02).
    pub accept: Delay,
    /// From 03 to 04.
    pub assign: Delay,
    /// From 04 to 05.
    pub process: Delay,
    /// From 05 to 06.
    pub finish: Delay,
    /// From a recall or update to its answer.
    pub answer_change: Delay,
    /// Share of documents that are returned (02).
    pub rejected_share: f64,
    /// Share of accepted documents that somebody has to work on (04, 05, 06).
    pub worked_on_share: f64,
    /// Share of recalls and updates that are declined (16).
    pub declined_share: f64,
    /// What a clerk writes when a document is returned.
    pub rejection_reasons: Vec<String>,
    /// What an office writes when it declines a change.
    pub decline_reasons: Vec<String>,
}

/// How long a step takes, in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// Shortest.
    pub least: u32,
    /// Half take at most this.
    pub median: u32,
    /// Longest.
    pub most: u32,
}

/// Something that reached the office.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A document; `problem` when its check failed.
    Document {
        header: Box<DocumentHeader>,
        problem: Option<String>,
    },
    /// The sender wants one back.
    Recall { document_id: DocumentId },
}

/// One status the office will report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Task {
    pub(super) due: Timestamp,
    pub(super) document_id: DocumentId,
    pub(super) code: StatusCode,
    pub(super) description: String,
}

impl Habits {
    /// An office that answers at once: accepts everything, works on nothing.
    pub fn prompt() -> Self {
        let at_once = Delay {
            least: 0,
            median: 0,
            most: 0,
        };
        Self {
            seed: 0,
            accept: at_once,
            assign: at_once,
            process: at_once,
            finish: at_once,
            answer_change: at_once,
            rejected_share: 0.0,
            worked_on_share: 0.0,
            declined_share: 0.0,
            rejection_reasons: Vec::new(),
            decline_reasons: Vec::new(),
        }
    }

    /// What the office will do about an arrival, in the order of time.
    pub(super) fn respond(&self, own: OrganId, arrival: &Arrival, now: Timestamp) -> Vec<Task> {
        match arrival {
            Arrival::Document { header, problem } => {
                self.document(own, header, problem.as_deref(), now)
            }
            Arrival::Recall { document_id } => vec![self.change(own, document_id, now)],
        }
    }

    fn document(
        &self,
        own: OrganId,
        header: &DocumentHeader,
        problem: Option<&str>,
        now: Timestamp,
    ) -> Vec<Task> {
        let id = &header.document_id;
        let mut desk = Desk::new(id.clone(), now);
        // Automatic, by the system, at once (QĐ 28/2018, Art. 6.3).
        desk.report(SignedDuration::ZERO, StatusCode::Arrived, "");
        let mut rng = self.rng(own, id, b'd');
        let after = |delay: Delay, rng: &mut Pcg64Mcg| delay.draw(rng);
        let accept = after(self.accept, &mut rng);
        if let Some(problem) = problem {
            desk.report(accept, StatusCode::Rejected, problem);
            return desk.tasks();
        }
        if rng.random_bool(self.rejected_share) {
            let reason = pick(&self.rejection_reasons, &mut rng);
            desk.report(accept, StatusCode::Rejected, reason);
            return desk.tasks();
        }
        desk.report(accept, StatusCode::Accepted, "");
        if rng.random_bool(self.worked_on_share) {
            desk.report(after(self.assign, &mut rng), StatusCode::Assigned, "");
            desk.report(after(self.process, &mut rng), StatusCode::Processing, "");
            desk.report(after(self.finish, &mut rng), StatusCode::Finished, "");
        }
        let mut tasks = desk.tasks();
        if matches!(
            header.business_type,
            BusinessType::Recall | BusinessType::Update
        ) {
            let concerned = header.response_for.iter();
            tasks.extend(concerned.map(|earlier| self.change(own, &earlier.document_id, now)));
        }
        tasks
    }

    /// The answer to a recall or an update. The law has a recalled document destroyed
    /// (QĐ 28/2018, Art. 9.2); a few offices decline all the same, and must say why.
    fn change(&self, own: OrganId, id: &DocumentId, now: Timestamp) -> Task {
        let mut rng = self.rng(own, id, b'c');
        let declined = rng.random_bool(self.declined_share);
        let (code, description) = if declined {
            (
                StatusCode::ChangeRejected,
                pick(&self.decline_reasons, &mut rng),
            )
        } else {
            (StatusCode::ChangeAccepted, "")
        };
        let due = now
            .saturating_add(self.answer_change.draw(&mut rng))
            .unwrap_or(now);
        Task {
            due,
            document_id: id.clone(),
            code,
            description: description.to_owned(),
        }
    }

    fn rng(&self, own: OrganId, id: &DocumentId, salt: u8) -> Pcg64Mcg {
        let mut hash = crc32fast::Hasher::new();
        hash.update(own.as_str().as_bytes());
        hash.update(id.to_string().as_bytes());
        hash.write_u8(salt);
        Pcg64Mcg::seed_from_u64(self.seed ^ (u64::from(hash.finalize()) << 8 | u64::from(salt)))
    }
}

impl Delay {
    fn draw(self, rng: &mut Pcg64Mcg) -> SignedDuration {
        let (from, to) = if rng.random_bool(0.5) {
            (self.least, self.median)
        } else {
            (self.median, self.most)
        };
        let minutes = rng.random_range(from..=to.max(from));
        SignedDuration::from_mins(i64::from(minutes))
    }
}

fn pick<'a>(texts: &'a [String], rng: &mut Pcg64Mcg) -> &'a str {
    // Reasons are mandatory: an empty list still gives one.
    match texts.len() {
        0 => "không đúng thẩm quyền",
        count => &texts[rng.random_range(0..count)],
    }
}
