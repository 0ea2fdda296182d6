//! A refusal's facts in one Vietnamese sentence.

use super::Language;
use super::names::numbered;
use super::stage_name;
use super::state_name;
use super::status_name;
use super::use_name;
use crate::model::Party;
use crate::model::Refusal;
use crate::model::TransitionError;

/// No wildcard arm: a new refusal does not compile until it has a sentence.
pub(super) fn describe(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AgencyUnknown { organ } => {
            format!("cơ quan {organ} không có trong danh mục của Trục")
        }
        Refusal::ApplicationExists { organ } => {
            format!("mã định danh {organ} đã có bên khác đăng ký")
        }
        Refusal::ApplicationUnknown { organ } => {
            format!("không có hồ sơ đăng ký kết nối của {organ} mà bên gọi được phép xem")
        }
        Refusal::AttachmentMissing { name, sha256 } => {
            format!("tệp đính kèm “{name}” (SHA-256 {sha256}) chưa được gửi tới")
        }
        Refusal::CertificateExpired {
            subject,
            not_after,
            at,
        } => format!(
            "chứng thư số của {subject} đã hết hạn lúc {not_after}; thời điểm được xét là {at}"
        ),
        Refusal::CertificateNotYetValid {
            subject,
            not_before,
            at,
        } => format!(
            "chứng thư số của {subject} chỉ có hiệu lực từ {not_before}; thời điểm được xét là {at}"
        ),
        Refusal::CertificateRevoked { subject, serial } => {
            format!("chứng thư số của {subject}, số sê-ri {serial}, đã bị thu hồi")
        }
        Refusal::CertificateUsage { subject, problem } => {
            format!("chứng thư số của {subject} không được dùng cho mục đích này: {problem}")
        }
        Refusal::ChainUntrusted { subject, problem } => format!(
            "chứng thư số của {subject} không dẫn tới chứng thư số gốc được tin cậy: {problem}"
        ),
        Refusal::ClockSkew { field, found, hub } => {
            format!("thời gian tại “{field}” là {found}, đi trước đồng hồ của Trục là {hub}")
        }
        Refusal::CsrInvalid { usage, problem } => format!(
            "không cấp chứng thư số {} theo yêu cầu này: {problem}",
            use_name(*usage, Language::Vi)
        ),
        Refusal::DigestMismatch {
            what,
            expected,
            found,
        } => {
            format!("giá trị băm không khớp ({what}): nhận được {found}, đã công bố {expected}")
        }
        Refusal::DocumentArchived { document_id } => {
            format!("văn bản “{document_id}” đã được chuyển lưu trữ; Trục chỉ còn giữ biên nhận")
        }
        Refusal::DocumentRecalled { document_id } => {
            format!(
                "văn bản “{document_id}” đã được thu hồi; cơ quan đã đồng ý thu hồi bằng trạng thái 15"
            )
        }
        Refusal::DocumentUnknown { document_id } => {
            format!("không có văn bản “{document_id}” mà bên gọi được phép xem")
        }
        Refusal::DuplicateDocument { document_id } => {
            format!("mã định danh “{document_id}” đã thuộc về một văn bản có nội dung khác")
        }
        Refusal::HeaderInvalid { violations } => {
            let rules: Vec<String> = violations
                .iter()
                .map(|violation| format!("“{}”: {}", violation.field, violation.problem))
                .collect();
            format!(
                "gói tin không đúng quy định về thể thức dữ liệu: {}",
                rules.join("; ")
            )
        }
        Refusal::JoiningClosed => "Trục này không tiếp nhận hồ sơ đăng ký kết nối".to_owned(),
        Refusal::OperatorOnly { caller, operator } => format!(
            "chỉ cơ quan vận hành {operator} được thực hiện thao tác này, bên gọi là {caller}"
        ),
        Refusal::Overloaded { what } => format!("Trục đang quá tải: {what}"),
        Refusal::QuotaExceeded { organ, what } => {
            format!("cơ quan {organ} đã dùng hết hạn mức: {what}")
        }
        Refusal::ReadinessMissing { organ, problem } => {
            format!("{organ} chưa chứng minh được đã sẵn sàng kết nối: {problem}")
        }
        Refusal::RecipientLocked { organ } => {
            format!("bên nhận {organ} đang bị khóa, không nhận văn bản")
        }
        Refusal::RecipientUnknown { organ } => {
            format!("bên nhận “{organ}” không có trong danh mục của Trục")
        }
        Refusal::RevocationUnknown { subject, problem } => format!(
            "không xác định được chứng thư số của {subject} có bị thu hồi hay không: {problem}"
        ),
        Refusal::SecretRefused { secrecy } => {
            format!("văn bản có dấu chỉ độ mật ({secrecy}); văn bản mật không được gửi qua Trục")
        }
        Refusal::SenderMismatch {
            certificate,
            header,
        } => format!(
            "chứng thư số của kết nối thuộc {certificate}, còn văn bản ghi bên gửi là {header}"
        ),
        Refusal::SenderNotActive { organ, state } => {
            format!("bên gửi {organ} chưa hoạt động trên Trục; trạng thái hiện tại: {state}")
        }
        Refusal::ShuttingDown => "Trục đang dừng hoạt động và không tiếp nhận thêm".to_owned(),
        Refusal::SignatureInvalid { problem } => {
            format!("chữ ký số không hợp lệ trên thông tin đầu của văn bản: {problem}")
        }
        Refusal::SignerMismatch {
            certificate,
            sender,
        } => {
            format!("chứng thư số của người ký thuộc {certificate}, không thuộc bên gửi {sender}")
        }
        Refusal::StepNotAllowed {
            organ,
            state,
            waits_for,
        } => {
            let state = state_name(*state, Language::Vi);
            let next = waits_for.map_or_else(
                || "thủ tục đã kết thúc".to_owned(),
                |step| format!("đang chờ bước {}", numbered(step, Language::Vi)),
            );
            format!("hồ sơ của {organ} đang ở trạng thái {state}; {next}")
        }
        Refusal::StorageFull { problem } => {
            format!("ổ đĩa của Trục không còn chỗ cho bản ghi mới: {problem}")
        }
        Refusal::StorageUnavailable { problem } => {
            format!("Trục không ghi được bản ghi một cách bền vững: {problem}")
        }
        Refusal::StreamIdle { limit_s } => {
            format!("luồng kết nối không có thông điệp nào trong hơn {limit_s} giây")
        }
        Refusal::SubscriptionReplaced { organ } => format!(
            "một kết nối nhận văn bản khác của {organ} đã mở và từ nay nhận thay kết nối này"
        ),
        Refusal::TestsExhausted { organ, test, runs } => {
            format!("{organ} đã chạy phép kiểm thử {test} {runs} lần, không còn lần chạy nào")
        }
        Refusal::TooLarge { what, found, limit } => {
            format!("dung lượng vượt giới hạn ({what}): {found} byte, tối đa {limit} byte")
        }
        Refusal::TransitionNotAllowed {
            document_id,
            from,
            to,
            problem,
        } => {
            let from = stage_name(*from, Language::Vi);
            let to = status_name(*to, Language::Vi);
            let problem = transition_problem(*problem);
            format!(
                "văn bản “{document_id}” đang ở trạng thái “{from}”, không thể chuyển sang “{to}”: \
                 {problem}"
            )
        }
        Refusal::UnauthenticatedPeer { problem } => {
            format!("kết nối không có chứng thư số nêu tên cơ quan, tổ chức: {problem}")
        }
    }
}

/// Why a status may not follow.
fn transition_problem(error: TransitionError) -> String {
    match error {
        TransitionError::AnswerFirst => {
            "bên gửi đang yêu cầu thu hồi hoặc cập nhật; cần trả lời trước bằng trạng thái 15 hoặc 16"
        }
        TransitionError::Ended => {
            "văn bản đã ở trạng thái cuối cùng; nội dung cần sửa được gửi bằng văn bản mới"
        }
        TransitionError::NotFromHere => "trạng thái này không được đi sau trạng thái hiện tại",
        TransitionError::ReasonMissing => "trạng thái này phải nêu lý do",
        TransitionError::TooOften { answered, most } => {
            return format!(
                "bên nhận đã trả lời {answered} yêu cầu thu hồi, cập nhật đối với văn bản này, tối đa {most}"
            );
        }
        TransitionError::WrongParty(Party::Recipient) => {
            "chỉ bên nhận được cập nhật trạng thái này"
        }
        TransitionError::WrongParty(Party::Sender) => "chỉ bên gửi được cập nhật trạng thái này",
    }
    .to_owned()
}
