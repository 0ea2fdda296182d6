//! What people read of a hub's conditions: what is the matter, and what to do.

use super::Language;
use crate::model::Condition;

/// What is the matter, as a sentence without its full stop.
pub fn condition_name(condition: Condition, language: Language) -> &'static str {
    let (english, vietnamese) = match condition {
        Condition::ConnectionsFull => (
            "every place for connections of agencies is in use",
            "đã hết chỗ kết nối dành cho các cơ quan",
        ),
        Condition::DescriptorsUsedUp => (
            "the process may open no more files or connections",
            "tiến trình không mở thêm được tệp hoặc kết nối",
        ),
        Condition::DiskFull => (
            "there is no room for another record: documents are refused with STORAGE_FULL",
            "không còn chỗ ghi: văn bản bị từ chối với lý do STORAGE_FULL",
        ),
        Condition::DocumentsSetAside => (
            "documents whose record is damaged were set aside",
            "có văn bản bị để riêng vì bản ghi hỏng",
        ),
        Condition::IndexAway => (
            "the index cannot be read or written",
            "không đọc hoặc ghi được chỉ mục",
        ),
        Condition::IndexBehind => (
            "the index is written more slowly than documents come",
            "chỉ mục được ghi chậm hơn tốc độ văn bản đến",
        ),
        Condition::JournalPoisoned => (
            "a write to the journal failed, and the hub is to be started again",
            "ghi nhật ký thất bại, cần khởi động lại Trục",
        ),
        Condition::JournalUnavailable => (
            "the journal cannot be written: documents are refused with STORAGE_UNAVAILABLE",
            "không ghi được nhật ký: văn bản bị từ chối với lý do STORAGE_UNAVAILABLE",
        ),
        Condition::ListsEndSoon => (
            "a revocation list ends within a week",
            "một danh sách thu hồi hết hạn trong vòng một tuần",
        ),
        Condition::ListsEnded => (
            "a revocation list is too old to be believed: everything of its issuer is refused with \
             REVOCATION_UNKNOWN",
            "một danh sách thu hồi đã quá cũ: mọi thứ của bên cấp đó bị từ chối với lý do \
             REVOCATION_UNKNOWN",
        ),
        Condition::ListsNotRenewed => (
            "new revocation lists cannot be written",
            "không ghi được danh sách thu hồi mới",
        ),
        Condition::ListsOverdue => (
            "a revocation list should have been replaced and is believed for 24 hours more at most",
            "một danh sách thu hồi đã quá hạn thay thế và chỉ còn được tin tối đa 24 giờ",
        ),
        Condition::ShuttingDown => (
            "the hub is stopping and takes nothing new",
            "Trục đang dừng và không tiếp nhận thêm",
        ),
        Condition::StoreUnreadable => (
            "something that is stored could not be read",
            "có dữ liệu đã lưu không đọc được",
        ),
        Condition::ThreadDead => (
            "a part of the hub ended by itself, and the hub is to be started again",
            "một bộ phận của Trục tự dừng, cần khởi động lại Trục",
        ),
    };
    language.pick(english, vietnamese)
}

/// What to do, as a sentence.
pub fn condition_remedy(condition: Condition, language: Language) -> &'static str {
    let (english, vietnamese) = match condition {
        Condition::ConnectionsFull => (
            "Wait until connections close, or raise the limit of open files.",
            "Chờ các kết nối đóng lại, hoặc tăng giới hạn tệp mở.",
        ),
        Condition::DescriptorsUsedUp => (
            "Raise the limit of open files of the process (ulimit -n).",
            "Tăng giới hạn tệp mở của tiến trình (ulimit -n).",
        ),
        Condition::DiskFull => (
            "Make room on the disk, or raise --journal-max-bytes; the hub goes on by itself.",
            "Giải phóng ổ đĩa, hoặc tăng --journal-max-bytes; Trục tự hoạt động lại.",
        ),
        Condition::DocumentsSetAside => (
            "Look into the log for which they are; their senders can send them again.",
            "Xem nhật ký hoạt động để biết văn bản nào; bên gửi có thể gửi lại.",
        ),
        Condition::IndexAway => (
            "Look at the disk; the hub makes the index anew from the journal by itself.",
            "Kiểm tra ổ đĩa; Trục tự lập lại chỉ mục từ nhật ký.",
        ),
        Condition::IndexBehind => (
            "Nothing is lost: senders wait. If it lasts, the disk is too slow.",
            "Không mất gì: bên gửi phải chờ. Nếu kéo dài thì ổ đĩa quá chậm.",
        ),
        Condition::JournalPoisoned | Condition::ThreadDead => (
            "The process ends by itself with exit code 4: start it again.",
            "Tiến trình tự kết thúc với mã 4: hãy khởi động lại.",
        ),
        Condition::JournalUnavailable => (
            "Look at the disk and at the limit of open files; the hub goes on by itself.",
            "Kiểm tra ổ đĩa và giới hạn tệp mở; Trục tự hoạt động lại.",
        ),
        Condition::ListsEndSoon | Condition::ListsOverdue | Condition::ListsEnded => (
            "Have the CA publish new lists and put them where the hub reads them.",
            "Đề nghị CA công bố danh sách mới và đặt vào nơi Trục đọc.",
        ),
        Condition::ListsNotRenewed => (
            "Look at the CA's directory; the hub tries again by itself.",
            "Kiểm tra thư mục của CA; Trục tự thử lại.",
        ),
        Condition::ShuttingDown => ("Nothing.", "Không cần làm gì."),
        Condition::StoreUnreadable => (
            "Look into the log and at the disk.",
            "Xem nhật ký hoạt động và kiểm tra ổ đĩa.",
        ),
    };
    language.pick(english, vietnamese)
}
