//! What the conformance tests are called, what they ask, what has to come of it, and what to do when it
//! does not; and what was found, in one sentence.

mod words;

use super::Language;
use super::status_name;
use crate::model::LegalValue;
use crate::model::conformance::Basis;
use crate::model::conformance::ConformanceTest;
use crate::model::conformance::Finding;
use words::Both;
use words::words;

/// The name of a test.
pub fn test_title(test: ConformanceTest, language: Language) -> &'static str {
    pick(words(test).title, language)
}

/// What the candidate is asked to do, or gets.
pub fn test_asked(test: ConformanceTest, language: Language) -> &'static str {
    pick(words(test).asked, language)
}

/// What has to come of it.
pub fn test_expected(test: ConformanceTest, language: Language) -> &'static str {
    pick(words(test).expected, language)
}

/// What to do when it does not.
pub fn test_remedy(test: ConformanceTest, language: Language) -> &'static str {
    pick(words(test).remedy, language)
}

/// What a test rests on.
pub fn basis_text(basis: Basis, language: Language) -> &'static str {
    match basis {
        Basis::Law(article) => article,
        Basis::Practice => language.pick(
            "practice of the axis' clients, no rule was found",
            "theo thực tế các phần mềm đang kết nối, chưa thấy quy định",
        ),
        Basis::Ours => language.pick(
            "our conclusion, no rule",
            "suy luận của chúng tôi, không phải quy định",
        ),
    }
}

fn pick((english, vietnamese): Both, language: Language) -> &'static str {
    language.pick(english, vietnamese)
}

/// What was found, in one sentence.
pub fn finding_text(finding: &Finding, language: Language) -> String {
    let vi = language == Language::Vi;
    let status = |code| status_name(code, language);
    match finding {
        Finding::AsExpected => language.pick("as expected", "đúng như yêu cầu").to_owned(),
        Finding::TimedOut { seconds } if vi => {
            format!("sau {seconds} giây phần mềm vẫn chưa báo đã thực hiện xong")
        }
        Finding::TimedOut { seconds } => {
            format!("the client did not say in {seconds} s that it is done")
        }
        Finding::NotOnRecord { document_id, said } => match (vi, said.is_empty()) {
            (true, true) => format!("Trục không có văn bản {document_id}"),
            (true, false) => format!("Trục không có văn bản {document_id}; phần mềm báo: {said}"),
            (false, true) => format!("the hub has no document {document_id}"),
            (false, false) => {
                format!("the hub has no document {document_id}; the client says: {said}")
            }
        },
        Finding::OnRecord { document_id } if vi => {
            format!("Trục đã nhận văn bản {document_id}, lẽ ra văn bản này không được gửi đi")
        }
        Finding::OnRecord { document_id } => {
            format!("{document_id} is on record and should not be")
        }
        Finding::Worth { document_id, found } => {
            let worth = worth(*found, language);
            if vi {
                format!("văn bản {document_id} có giá trị: {worth}")
            } else {
                format!("{document_id} is worth: {worth}")
            }
        }
        Finding::Recipients {
            document_id,
            found,
            expected,
        } if vi => {
            format!("văn bản {document_id} đến {found} nơi nhận, yêu cầu {expected}")
        }
        Finding::Recipients {
            document_id,
            found,
            expected,
        } => {
            format!("{document_id} has {found} recipients, expected {expected}")
        }
        Finding::Attachments { document_id } if vi => {
            format!("tệp đính kèm của văn bản {document_id} không đúng như yêu cầu")
        }
        Finding::Attachments { document_id } => {
            format!("the attachments of {document_id} are not those asked for")
        }
        Finding::NotRefused { reason } if vi => {
            format!("Trục không nhận được văn bản nào phải từ chối với lý do {reason}")
        }
        Finding::NotRefused { reason } => {
            format!("nothing came that the hub refused with {reason}")
        }
        Finding::Said { said, is } if vi => format!("phần mềm báo “{said}”, thực tế là “{is}”"),
        Finding::Said { said, is } => format!("the client says `{said}`, it is `{is}`"),
        Finding::NotAcknowledged { document_id } if vi => {
            format!("chưa xác nhận đã nhận văn bản {document_id}")
        }
        Finding::NotAcknowledged { document_id } => format!("{document_id} is not acknowledged"),
        Finding::StatusMissing { document_id, code } if vi => {
            format!(
                "thiếu trạng thái {} của văn bản {document_id}",
                status(*code)
            )
        }
        Finding::StatusMissing { document_id, code } => {
            format!("status {} of {document_id} is missing", status(*code))
        }
        Finding::StatusUnexpected { document_id, code } if vi => {
            format!(
                "văn bản {document_id} có trạng thái {} không đúng",
                status(*code)
            )
        }
        Finding::StatusUnexpected { document_id, code } => {
            format!("{document_id} has status {}, which is wrong", status(*code))
        }
        Finding::Order { document_id } if vi => {
            format!("văn bản khẩn {document_id} bị xử lý sau văn bản thường")
        }
        Finding::Order { document_id } => {
            format!("the urgent {document_id} was taken after the other")
        }
        Finding::Clock { seconds } if vi => {
            format!("đồng hồ của phần mềm lệch {seconds} giây so với Trục")
        }
        Finding::Clock { seconds } => format!("the client's clock is {seconds} s off the hub's"),
        Finding::Counts {
            what,
            hub,
            candidate,
        } => {
            let what = match (*what, vi) {
                ("sent", true) => "đã gửi",
                ("refused", true) => "bị từ chối",
                ("received", true) => "đã nhận",
                (what, _) => what,
            };
            if vi {
                format!("số văn bản {what}: Trục đếm {hub}, phần mềm đếm {candidate}")
            } else {
                format!("{what}: the hub counted {hub}, the client {candidate}")
            }
        }
    }
}

fn worth(value: LegalValue, language: Language) -> &'static str {
    match value {
        LegalValue::Full => language.pick("full legal value", "đầy đủ giá trị pháp lý"),
        LegalValue::ReferenceOnly => language.pick("for reference only", "chỉ để biết, tham khảo"),
    }
}
