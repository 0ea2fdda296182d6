//! What people call stages, statuses and those who must act.

use super::Language;
use super::joining::step_name;
use crate::model::BusinessType;
use crate::model::CertificateUse;
use crate::model::Fault;
use crate::model::Settled;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::model::joining::Actor;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;

/// The number and name of a status: `03 accepted`, `03 đã tiếp nhận`.
pub fn status_name(code: StatusCode, language: Language) -> &'static str {
    let (english, vietnamese) = match code {
        StatusCode::Arrived => ("01 arrived", "01 đã đến"),
        StatusCode::Rejected => ("02 rejected", "02 từ chối tiếp nhận"),
        StatusCode::Accepted => ("03 accepted", "03 đã tiếp nhận"),
        StatusCode::Assigned => ("04 assigned", "04 phân công"),
        StatusCode::Processing => ("05 processing", "05 đang xử lý"),
        StatusCode::Finished => ("06 finished", "06 hoàn thành"),
        StatusCode::RecallRequested => ("13 recall requested", "13 thu hồi"),
        StatusCode::ChangeAccepted => ("15 change accepted", "15 đồng ý cập nhật, lấy lại"),
        StatusCode::ChangeRejected => ("16 change rejected", "16 từ chối cập nhật, lấy lại"),
    };
    language.pick(english, vietnamese)
}

/// What a document is sent for.
pub fn business_type_name(business: BusinessType, language: Language) -> &'static str {
    let (english, vietnamese) = match business {
        BusinessType::New => ("new", "văn bản mới"),
        BusinessType::Recall => ("recall", "lấy lại"),
        BusinessType::Update => ("update", "cập nhật"),
        BusinessType::Replace => ("replacement", "thay thế"),
    };
    language.pick(english, vietnamese)
}

/// The name of a stage; one that waits for an answer also says where it came from.
pub fn stage_name(stage: Stage, language: Language) -> String {
    let settled = |settled| language.pick_settled(settled);
    let (english, vietnamese) = match stage {
        Stage::Sent => ("sent", "đã gửi"),
        Stage::Arrived => ("arrived", "đã đến"),
        Stage::Rejected => ("rejected", "bị từ chối tiếp nhận"),
        Stage::Accepted => ("accepted", "đã tiếp nhận"),
        Stage::Assigned => ("assigned", "đã phân công"),
        Stage::Processing => ("processing", "đang xử lý"),
        Stage::Finished => ("finished", "hoàn thành"),
        Stage::Recalled => ("recalled", "đã thu hồi"),
        Stage::RecallRequested(before) => {
            return match language {
                Language::En => format!("recall requested (was {})", settled(before)),
                Language::Vi => format!("chờ trả lời thu hồi (trước đó: {})", settled(before)),
            };
        }
        Stage::UpdateRequested(before) => {
            return match language {
                Language::En => format!("update requested (was {})", settled(before)),
                Language::Vi => format!("chờ trả lời cập nhật (trước đó: {})", settled(before)),
            };
        }
    };
    language.pick(english, vietnamese).to_owned()
}

/// A stage as the wire names it, in words; the name itself where it is none we know.
pub fn wire_stage_name(name: &str, language: Language) -> String {
    let settled = [
        Stage::Sent,
        Stage::Arrived,
        Stage::Rejected,
        Stage::Accepted,
        Stage::Assigned,
        Stage::Processing,
        Stage::Finished,
        Stage::Recalled,
    ];
    if let Some(stage) = settled.into_iter().find(|stage| stage.as_str() == name) {
        return stage_name(stage, language);
    }
    let words = match name {
        "RECALL_REQUESTED" => language.pick("recall requested", "chờ trả lời thu hồi"),
        "UPDATE_REQUESTED" => language.pick("update requested", "chờ trả lời cập nhật"),
        "ARCHIVED" => language.pick("acknowledged, archived", "đã xác nhận, đã chuyển lưu trữ"),
        "LOCKED" => language.pick(
            "not delivered: the recipient is locked",
            "chưa chuyển: bên nhận đang bị khóa",
        ),
        unknown => unknown,
    };
    words.to_owned()
}

/// Who must act so that the next attempt succeeds.
pub fn fault_name(fault: Fault, language: Language) -> &'static str {
    let (english, vietnamese) = match fault {
        Fault::Caller => ("the caller", "bên gọi"),
        Fault::Hub => ("the hub", "Trục"),
        Fault::Operator => ("the operator of the axis", "cơ quan vận hành Trục"),
        Fault::Recipient => ("the recipient", "bên nhận"),
        Fault::Sender => ("the sender", "bên gửi"),
    };
    language.pick(english, vietnamese)
}

impl Language {
    /// Of two texts the one in this language.
    pub(crate) fn pick<'text>(self, english: &'text str, vietnamese: &'text str) -> &'text str {
        match self {
            Self::En => english,
            Self::Vi => vietnamese,
        }
    }

    fn pick_settled(self, settled: Settled) -> &'static str {
        let (english, vietnamese) = match settled {
            Settled::Sent => ("sent", "đã gửi"),
            Settled::Arrived => ("arrived", "đã đến"),
            Settled::Accepted => ("accepted", "đã tiếp nhận"),
            Settled::Assigned => ("assigned", "đã phân công"),
            Settled::Processing => ("processing", "đang xử lý"),
            Settled::Finished => ("finished", "hoàn thành"),
        };
        self.pick(english, vietnamese)
    }
}

/// A step with its number: `3 (keys and certificates)`.
pub(super) fn numbered(step: Step, language: Language) -> String {
    format!("{} ({})", step.number(), step_name(step, language))
}

/// The name of a state of an application.
pub fn state_name(state: JoiningState, language: Language) -> &'static str {
    let (english, vietnamese) = match state {
        JoiningState::Applied => ("applied", "đã nộp hồ sơ"),
        JoiningState::CodeRegistered => ("code registered", "đã cấp mã định danh"),
        JoiningState::NetworkReady => ("network ready", "đã thông mạng"),
        JoiningState::CertIssued => ("certificates issued", "đã cấp chứng thư số"),
        JoiningState::AdapterInstalled => ("connected", "đã kết nối được"),
        JoiningState::RegPending => ("registration pending", "chờ đăng ký"),
        JoiningState::RegisteredTest => ("on the test axis", "trên trục thử nghiệm"),
        JoiningState::ConformancePassed => ("tests passed", "đã đạt kiểm thử tuân thủ"),
        JoiningState::Accepted => ("ready", "đã chứng nhận sẵn sàng"),
        JoiningState::Active => ("active", "đang hoạt động"),
        JoiningState::Suspended => ("suspended", "tạm khóa"),
        JoiningState::Revoked => ("revoked", "đã thu hồi quyền kết nối"),
        JoiningState::Merged => ("merged", "đã sáp nhập"),
    };
    language.pick(english, vietnamese)
}

/// The name of who acts.
pub fn actor_name(actor: Actor, language: Language) -> &'static str {
    let (english, vietnamese) = match actor {
        Actor::Authority => (
            "the cipher committee's CA",
            "cơ quan cấp chứng thư số (Ban Cơ yếu Chính phủ)",
        ),
        Actor::Locality => ("the locality", "địa phương"),
        Actor::Nobody => ("nobody", "không bên nào"),
        Actor::Operator => ("the Government Office", "Văn phòng Chính phủ"),
    };
    language.pick(english, vietnamese)
}

/// What a certificate is for.
pub fn use_name(usage: CertificateUse, language: Language) -> &'static str {
    let (english, vietnamese) = match usage {
        CertificateUse::Connection => ("connection", "kết nối"),
        CertificateUse::Person => ("person's", "cá nhân"),
        CertificateUse::Seal => ("organisation's", "cơ quan, tổ chức"),
    };
    language.pick(english, vietnamese)
}
