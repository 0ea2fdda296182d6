//! The rules a scenario keeps as a whole, and its errors.

use super::scenario::Delay;
use super::scenario::Scenario;
use super::subject;
use crate::model::INLINE_MAX;
use crate::model::OrganId;
use crate::model::length;

/// Why a text is not a scenario.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidScenario {
    /// A field does not fit, alone or beside another.
    #[error("{}`{field}` {rule}", place(*.line))]
    Field {
        /// Line from 1, where it could be found.
        line: Option<usize>,
        /// The field with the tables it is in: `signed.lowest.share`.
        field: String,
        /// What it must be.
        rule: String,
    },
    /// Not TOML, a field missing or unknown, or a value of another kind.
    #[error("{}`{excerpt}`: {message}", place(*.line))]
    Text {
        /// Line from 1, where toml names it.
        line: Option<usize>,
        /// The line's text.
        excerpt: String,
        /// What toml says.
        message: String,
    },
}

impl InvalidScenario {
    pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        // An empty span, or one at the start, stands for the whole text: no line to name.
        let start = error.span().map(|span| span.start.min(text.len()));
        let line = start
            .and_then(|start| text.get(..start))
            .map(|before| before.bytes().filter(|byte| *byte == b'\n').count());
        Self::Text {
            line: line.map(|line| line + 1),
            excerpt: line
                .and_then(|line| text.lines().nth(line))
                .unwrap_or_default()
                .trim()
                .to_owned(),
            message: error.message().trim().to_owned(),
        }
    }

    /// The same with the line of the field, if `text` has it in the usual form.
    pub(super) fn located_in(self, text: &str) -> Self {
        match self {
            Self::Field { field, rule, .. } => Self::Field {
                line: line_of(text, &field),
                field,
                rule,
            },
            other @ Self::Text { .. } => other,
        }
    }
}

fn place(line: Option<usize>) -> String {
    line.map(|line| format!("line {line}: "))
        .unwrap_or_default()
}

/// The line, from 1, of `table.key` in a text with one key a line and `[table]` headings. In a list
/// of tables (`fan_out[2].to`) the number counts from 0.
fn line_of(text: &str, field: &str) -> Option<usize> {
    let (table, key) = field.rsplit_once('.').unwrap_or(("", field));
    let mut current = String::new();
    let mut seen: Vec<String> = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if let Some(list) = line
            .strip_prefix("[[")
            .and_then(|rest| rest.split("]]").next())
        {
            let before = seen.iter().filter(|name| *name == list).count();
            seen.push(list.to_owned());
            current = format!("{list}[{before}]");
        } else if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            current = name.to_owned();
        } else if current == table
            && line
                .split('=')
                .next()
                .is_some_and(|name| name.trim() == key)
        {
            return Some(number);
        }
    }
    None
}

/// The 29 types of administrative documents (NĐ 30/2020/NĐ-CP, Art. 7).
pub(super) const DOCUMENT_TYPES: [&str; 29] = [
    "Nghị quyết",
    "Quyết định",
    "Chỉ thị",
    "Quy chế",
    "Quy định",
    "Thông cáo",
    "Thông báo",
    "Hướng dẫn",
    "Chương trình",
    "Kế hoạch",
    "Phương án",
    "Đề án",
    "Dự án",
    "Báo cáo",
    "Biên bản",
    "Tờ trình",
    "Hợp đồng",
    "Công văn",
    "Công điện",
    "Bản ghi nhớ",
    "Bản thỏa thuận",
    "Giấy ủy quyền",
    "Giấy mời",
    "Giấy giới thiệu",
    "Giấy nghỉ phép",
    "Phiếu gửi",
    "Phiếu chuyển",
    "Phiếu báo",
    "Thư công",
];

pub(super) fn require(holds: bool, field: &str, rule: &str) -> Result<(), InvalidScenario> {
    if holds {
        return Ok(());
    }
    Err(InvalidScenario::Field {
        line: None,
        field: field.to_owned(),
        rule: rule.to_owned(),
    })
}

/// Most documents a plan is made for: it is held in memory, about 1 KiB each.
const DOCUMENTS_MAX: u64 = 10_000_000;

impl Scenario {
    /// Checks what the fields must be together.
    ///
    /// # Errors
    /// [`InvalidScenario::Field`] without a line.
    pub fn check(&self) -> Result<(), InvalidScenario> {
        require(!self.name.trim().is_empty(), "name", "must not be empty")?;
        require(
            (1..=DOCUMENTS_MAX).contains(&self.documents),
            "documents",
            "must be 1 to 10000000",
        )?;
        require(
            self.deliveries >= self.documents,
            "deliveries",
            "must be at least `documents`: each has a recipient",
        )?;
        require(
            !self.key_algorithm.is_empty(),
            "key_algorithm",
            "must not be empty",
        )?;
        let period = &self.period;
        require(
            period.first <= period.last,
            "period.last",
            "must not be before `period.first`",
        )?;
        require(
            crate::model::calendar::working_days(period.first, period.last)
                .next()
                .is_some(),
            "period.last",
            "must leave at least one working day",
        )?;
        require(
            !self
                .recipients
                .named
                .contains_key(&OrganId::government_office()),
            "recipients.named",
            "must not name the Government Office: `recipients.government_office_share` decides",
        )?;
        self.check_fan_out()?;
        self.check_attachments()?;
        self.check_signed()?;
        self.check_office()?;
        self.check_subjects()?;
        self.load.check()
    }

    fn check_fan_out(&self) -> Result<(), InvalidScenario> {
        require(
            !self.fan_out.is_empty(),
            "fan_out",
            "must have at least one band",
        )?;
        for (position, band) in self.fan_out.iter().enumerate() {
            let field = |name| format!("fan_out[{position}].{name}");
            require(band.from >= 1, &field("from"), "must be at least 1")?;
            require(
                band.from <= band.to,
                &field("to"),
                "must not be below `from`",
            )?;
        }
        let sum: f64 = self.fan_out.iter().map(|band| band.share).sum();
        require(
            (sum - 1.0).abs() < 1e-6,
            "fan_out[0].share",
            "must add up to 1 with the others",
        )
    }

    fn check_attachments(&self) -> Result<(), InvalidScenario> {
        let sizes = &self.attachments;
        require(
            sizes.median_bytes >= 1,
            "attachments.median_bytes",
            "must be at least 1",
        )?;
        require(
            sizes.most_bytes >= sizes.median_bytes && u64::from(sizes.most_bytes) <= INLINE_MAX,
            "attachments.most_bytes",
            "must lie between `median_bytes` and 262144, what a message carries inline",
        )?;
        require(
            u64::from(sizes.large_from_bytes) > INLINE_MAX,
            "attachments.large_from_bytes",
            "must be above 262144, what a message carries inline",
        )?;
        require(
            sizes.large_to_bytes >= sizes.large_from_bytes,
            "attachments.large_to_bytes",
            "must not be below `large_from_bytes`",
        )?;
        require(
            sizes.large_documents <= self.documents,
            "attachments.large_documents",
            "must not be above `documents`",
        )?;
        require(
            self.recall.from_minutes <= self.recall.to_minutes,
            "recall.to_minutes",
            "must not be below `from_minutes`",
        )
    }

    fn check_signed(&self) -> Result<(), InvalidScenario> {
        let signed = &self.signed;
        require(
            signed.from <= signed.to,
            "signed.to",
            "must not be below `from`",
        )?;
        let between = signed.from..=signed.to;
        for (name, share) in [
            ("signed.overall", signed.overall),
            ("signed.to_government_office", signed.to_government_office),
        ] {
            require(
                between.contains(&share),
                name,
                "must lie between `from` and `to`",
            )?;
        }
        require(
            signed.lowest.share < signed.lowest.below,
            "signed.lowest.share",
            "must be below `below`",
        )?;
        require(
            signed.lowest.below <= signed.from,
            "signed.lowest.below",
            "must not be above `signed.from`: no other agency signs less",
        )?;
        require(
            signed.lowest.organ != OrganId::government_office(),
            "signed.lowest.organ",
            "must not be the Government Office: it does not send to itself",
        )
    }

    fn check_office(&self) -> Result<(), InvalidScenario> {
        let office = &self.office;
        for (name, reasons, share) in [
            (
                "office.reject_reasons",
                &office.reject_reasons,
                office.reject_share,
            ),
            (
                "office.refuse_change_reasons",
                &office.refuse_change_reasons,
                office.refuse_change_share,
            ),
        ] {
            let is_said = reasons.iter().all(|reason| !reason.trim().is_empty());
            require(
                is_said && (share == 0.0 || !reasons.is_empty()),
                name,
                "must have reasons, none empty: these statuses say why",
            )?;
        }
        let in_order = |delay: &Delay| delay.least <= delay.median && delay.median <= delay.most;
        for (name, delay) in [
            ("office.accept.median", &office.accept),
            ("office.assign.median", &office.assign),
            ("office.process.median", &office.process),
            ("office.finish.median", &office.finish),
        ] {
            require(in_order(delay), name, "must lie between `least` and `most`")?;
        }
        Ok(())
    }

    fn check_subjects(&self) -> Result<(), InvalidScenario> {
        let is_filled = |texts: &[String]| {
            !texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty())
        };
        require(
            is_filled(&self.subjects.topics),
            "subjects.topics",
            "must have at least one, none empty",
        )?;
        require(!self.types.is_empty(), "types", "must have at least one")?;
        let longest_topic = subject::longest(&self.subjects.topics);
        for (position, kind) in self.types.iter().enumerate() {
            let field = |name| format!("types[{position}].{name}");
            require(
                DOCUMENT_TYPES.contains(&kind.name.as_str()),
                &field("name"),
                "must be one of the 29 administrative types of NĐ 30/2020, Art. 7",
            )?;
            require(
                kind.symbol.chars().count() <= 8 && !kind.symbol.contains([',', '/']),
                &field("symbol"),
                "must be at most 8 characters without `,` and `/`",
            )?;
            require(
                is_filled(&kind.subjects),
                &field("subjects"),
                "must have at least one, none empty",
            )?;
            for template in &kind.subjects {
                require(
                    subject::is_template(template),
                    &field("subjects"),
                    "may only have {topic}, {province}, {month} and {quarter} in braces",
                )?;
                require(
                    subject::length_at_most(template, longest_topic) <= length::SUBJECT,
                    &field("subjects"),
                    "must stay within 500 characters with the longest topic filled in",
                )?;
            }
        }
        Ok(())
    }
}
