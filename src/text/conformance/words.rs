//! The texts of each test, English and Vietnamese beside each other.

use crate::model::conformance::ConformanceTest;

/// One text in both languages.
pub(super) type Both = (&'static str, &'static str);

/// The texts of one test.
pub(super) struct Words {
    pub(super) title: Both,
    pub(super) asked: Both,
    pub(super) expected: Both,
    pub(super) remedy: Both,
}

/// The texts of a test.
pub(super) fn words(test: ConformanceTest) -> Words {
    use ConformanceTest as T;
    let of = |title, asked, expected, remedy| Words {
        title,
        asked,
        expected,
        remedy,
    };
    let check_yourself: Both = (
        "check digest, both signatures, path, revocation and signer of every document yourself, whatever the delivery announces; return it with 02 and the reason",
        "tự kiểm tra giá trị băm, chữ ký số, đường dẫn chứng thư số, tình trạng thu hồi và chủ thể ký của từng văn bản, không dựa vào thông tin kèm theo; trả lại bằng trạng thái 02 kèm lý do",
    );
    let returned: Both = (
        "it is acknowledged and returned: 01, then 02 with a reason, and no 03",
        "xác nhận đã nhận rồi trả lại: 01, sau đó 02 kèm lý do, không có 03",
    );
    match test {
        T::Directory => of(
            ("the directory", "lấy danh mục cơ quan"),
            (
                "read the directory of agencies",
                "lấy danh mục cơ quan trên Trục",
            ),
            (
                "as many agencies as the hub has",
                "đúng số cơ quan có trên Trục",
            ),
            (
                "call ListAgencies and read every row",
                "gọi ListAgencies và đọc đủ mọi dòng",
            ),
        ),
        T::SendOne => of(
            ("send to one recipient", "gửi văn bản đến một nơi nhận"),
            (
                "send a signed document to T01",
                "gửi một văn bản có chữ ký số đến T01",
            ),
            (
                "it is on record with full legal value",
                "Trục ghi nhận văn bản với đầy đủ giá trị pháp lý",
            ),
            (
                "write the header as asked, sign its exact bytes by person and seal, submit it",
                "lập phần thông tin đúng yêu cầu, ký nguyên văn bằng chữ ký của người có thẩm quyền và của cơ quan, rồi gửi",
            ),
        ),
        T::SendMany => of(
            (
                "send to several recipients",
                "gửi văn bản đến nhiều nơi nhận",
            ),
            (
                "send one document to T01, T02 and T03",
                "gửi một văn bản đến T01, T02 và T03",
            ),
            ("one document, three recipients", "một văn bản, ba nơi nhận"),
            (
                "put every recipient into the one header",
                "ghi đủ nơi nhận trong cùng một văn bản",
            ),
        ),
        T::ReceiveOne => of(
            ("receive and acknowledge", "nhận và xác nhận"),
            ("a good document from T01", "một văn bản hợp lệ từ T01"),
            (
                "it is acknowledged, and 01 is reported by itself",
                "xác nhận đã nhận và tự động báo trạng thái 01",
            ),
            (
                "acknowledge every delivery after it is stored, and report 01 at once",
                "xác nhận từng văn bản sau khi đã lưu và báo ngay trạng thái 01",
            ),
        ),
        T::ReturnOne => of(
            ("return with a reason", "trả lại kèm lý do"),
            (
                "a good document that is to be returned",
                "một văn bản hợp lệ nhưng phải trả lại",
            ),
            (
                "01, then 02 with a reason",
                "trạng thái 01, sau đó 02 kèm lý do",
            ),
            (
                "report 02 with a description",
                "báo trạng thái 02 kèm nội dung giải thích",
            ),
        ),
        T::ReportAll => of(
            ("report the handling", "cập nhật quá trình xử lý"),
            (
                "a good document to be handled to its end",
                "một văn bản hợp lệ cần xử lý đến khi hoàn thành",
            ),
            (
                "01, 03, 04, 05 and 06 in this order",
                "các trạng thái 01, 03, 04, 05, 06 theo đúng thứ tự",
            ),
            (
                "report each status when it is reached",
                "báo từng trạng thái khi đạt đến",
            ),
        ),
        T::AgreeToRecall => of(
            ("a recall is obeyed", "thực hiện thu hồi"),
            (
                "T01 recalls a document it sent",
                "T01 thu hồi một văn bản đã gửi",
            ),
            (
                "15; the document is destroyed",
                "trạng thái 15; văn bản được hủy",
            ),
            (
                "read status notices, destroy the document, answer 15",
                "đọc thông báo trạng thái, hủy văn bản, trả lời 15",
            ),
        ),
        T::DeclineRecall => of(
            (
                "a recall is declined with a reason",
                "từ chối thu hồi kèm lý do",
            ),
            (
                "T01 recalls a document that was handled",
                "T01 thu hồi một văn bản đã xử lý xong",
            ),
            ("16 with a reason", "trạng thái 16 kèm lý do"),
            (
                "answer 16 with a description",
                "trả lời 16 kèm nội dung giải thích",
            ),
        ),
        T::AgreeToUpdate => of(
            ("an update is taken over", "tiếp nhận cập nhật"),
            (
                "T01 sends an update of a document",
                "T01 gửi bản cập nhật của một văn bản",
            ),
            (
                "the update is taken in, and 15 reported for the earlier document",
                "tiếp nhận bản cập nhật và báo 15 cho văn bản trước",
            ),
            (
                "answer a document of type update with 15 for each document it names",
                "với văn bản loại cập nhật, trả lời 15 cho từng văn bản được nêu",
            ),
        ),
        T::ReceiveReplacement => of(
            ("a replacement is taken in", "tiếp nhận văn bản thay thế"),
            (
                "T01 sends a document of type replacement",
                "T01 gửi một văn bản loại thay thế",
            ),
            ("01 and 03", "trạng thái 01 và 03"),
            (
                "take documents of every business type in",
                "tiếp nhận văn bản của mọi loại nghiệp vụ",
            ),
        ),
        T::UrgentFirst => of(
            ("urgent first", "ưu tiên văn bản khẩn"),
            (
                "a normal document, then an express one; both wait",
                "một văn bản thường rồi một văn bản hỏa tốc, cùng đang chờ",
            ),
            (
                "the express one is taken first",
                "văn bản hỏa tốc được xử lý trước",
            ),
            (
                "take what waits in the order of the list, most urgent first",
                "xử lý theo thứ tự danh sách chờ, khẩn nhất trước",
            ),
        ),
        T::SignTwice => of(
            (
                "two signatures and an attachment",
                "hai chữ ký và tệp đính kèm",
            ),
            (
                "send a document with one attachment, signed by person and seal",
                "gửi một văn bản có một tệp đính kèm, ký bởi người có thẩm quyền và cơ quan",
            ),
            (
                "full legal value, the attachment whole",
                "đầy đủ giá trị pháp lý, tệp đính kèm nguyên vẹn",
            ),
            (
                "compute the digest over the bytes you send, sign last, change nothing after",
                "tính giá trị băm trên đúng nội dung gửi đi, ký sau cùng, không sửa sau khi ký",
            ),
        ),
        T::FindTamperedAttachment => of(
            ("a changed attachment", "tệp đính kèm bị sửa"),
            (
                "a document whose attachment was changed after signing",
                "văn bản có tệp đính kèm bị sửa sau khi ký",
            ),
            returned,
            check_yourself,
        ),
        T::FindRevoked => of(
            ("a revoked signer", "chứng thư số ký đã bị thu hồi"),
            (
                "a document signed with revoked certificates",
                "văn bản ký bằng chứng thư số đã bị thu hồi",
            ),
            returned,
            (
                "fetch the revocation lists in force (GetAxis) and look every signer up",
                "lấy danh sách thu hồi đang có hiệu lực (GetAxis) và tra từng chứng thư số ký",
            ),
        ),
        T::TakeUnsigned => of(
            ("an unsigned document", "văn bản không có chữ ký số"),
            (
                "a document without signatures",
                "một văn bản không có chữ ký số",
            ),
            (
                "it is taken in (03) and held to be for reference only",
                "tiếp nhận (03) và xác định chỉ để biết, tham khảo",
            ),
            (
                "accept it, and mark it REFERENCE_ONLY",
                "tiếp nhận và ghi nhận REFERENCE_ONLY",
            ),
        ),
        T::HearDuplicate => of(
            (
                "a second document with the same identity",
                "trùng mã định danh văn bản",
            ),
            (
                "send two different documents with one identity",
                "gửi hai văn bản khác nội dung cùng mã định danh",
            ),
            (
                "the second is refused with DUPLICATE_DOCUMENT, and the client says so",
                "văn bản thứ hai bị từ chối với lý do DUPLICATE_DOCUMENT và phần mềm báo đúng lý do",
            ),
            (
                "read the reason of a refusal (ErrorInfo) and do not send again",
                "đọc lý do từ chối (ErrorInfo) và không gửi lại",
            ),
        ),
        T::HearRecipients => of(
            (
                "an unknown and a locked recipient",
                "nơi nhận không tồn tại hoặc bị khóa",
            ),
            (
                "send to a code that does not exist, and to an agency that cannot be reached from here",
                "gửi đến mã không tồn tại và đến cơ quan chưa thể liên thông từ trục thử nghiệm",
            ),
            (
                "refused with RECIPIENT_UNKNOWN and RECIPIENT_LOCKED, and the client says so",
                "bị từ chối với lý do RECIPIENT_UNKNOWN và RECIPIENT_LOCKED, phần mềm báo đúng lý do",
            ),
            (
                "read the reason of each refusal",
                "đọc lý do của từng lần từ chối",
            ),
        ),
        T::KeepSecrets => of(
            ("a state secret", "văn bản bí mật nhà nước"),
            ("a document marked confidential", "một văn bản có độ mật"),
            (
                "it is not on record, and the client says SECRET_REFUSED",
                "Trục không có văn bản này và phần mềm báo SECRET_REFUSED",
            ),
            (
                "refuse documents with a degree of secrecy before they leave",
                "từ chối văn bản có độ mật ngay tại đơn vị",
            ),
        ),
        T::TellTime => of(
            ("time", "thời gian"),
            (
                "say your time; send a document dated next week",
                "báo thời gian của phần mềm; gửi một văn bản ghi ngày của tuần sau",
            ),
            (
                "the clocks agree within a minute; refused with CLOCK_SKEW",
                "đồng hồ lệch không quá một phút; bị từ chối với lý do CLOCK_SKEW",
            ),
            (
                "synchronise with the axis (Monitor.GetTime)",
                "đồng bộ thời gian với Trục (Monitor.GetTime)",
            ),
        ),
        T::SendLarge => of(
            ("send a large attachment", "gửi tệp đính kèm lớn"),
            (
                "send a document with an attachment of 3 MiB",
                "gửi văn bản có tệp đính kèm 3 MiB",
            ),
            (
                "on record with the whole attachment",
                "Trục ghi nhận cùng toàn bộ tệp đính kèm",
            ),
            (
                "upload what is above 256 KiB with PutAttachment first",
                "tải tệp trên 256 KiB bằng PutAttachment trước khi gửi",
            ),
        ),
        T::Reconnect => of(
            ("a broken connection", "mất kết nối giữa chừng"),
            (
                "three documents; the connection breaks after the first is fetched",
                "ba văn bản; kết nối bị ngắt sau khi lấy văn bản đầu",
            ),
            (
                "all three acknowledged, each taken in once",
                "cả ba được xác nhận, mỗi văn bản chỉ tiếp nhận một lần",
            ),
            (
                "recognise documents by their identity; acknowledge again what was not",
                "nhận biết văn bản theo mã định danh; xác nhận lại những văn bản chưa xác nhận",
            ),
        ),
        T::Counters => of(
            ("counters", "số liệu thống kê"),
            (
                "say what you sent, what was refused, what you received in this run",
                "báo số văn bản đã gửi, bị từ chối, đã nhận trong lần chạy này",
            ),
            (
                "the same numbers as the hub's",
                "trùng với số liệu của Trục",
            ),
            (
                "count receipts, refusals and acknowledged documents",
                "đếm biên nhận, lần từ chối và văn bản đã xác nhận",
            ),
        ),
        T::FindTamperedHeader => of(
            ("a changed header", "thông tin văn bản bị sửa"),
            (
                "a document whose header was changed after signing",
                "văn bản có phần thông tin bị sửa sau khi ký",
            ),
            returned,
            check_yourself,
        ),
        T::FindWrongSigner => of(
            (
                "another organisation's signature",
                "chữ ký của cơ quan khác",
            ),
            (
                "a document of T01 signed by T02",
                "văn bản của T01 nhưng do T02 ký",
            ),
            returned,
            check_yourself,
        ),
        T::RecallOwn => of(
            ("recall", "thu hồi văn bản của mình"),
            (
                "ask the document of C02 back",
                "thu hồi văn bản đã gửi ở C02",
            ),
            (
                "13 is on record for it",
                "Trục ghi nhận trạng thái 13 của văn bản",
            ),
            (
                "report status 13 for your own document",
                "báo trạng thái 13 cho văn bản của mình",
            ),
        ),
        T::SendUpdate => of(
            ("send an update", "gửi bản cập nhật"),
            (
                "send a document of type update that names the one of C03",
                "gửi văn bản loại cập nhật cho văn bản ở C03",
            ),
            (
                "it is on record and asks the recipients for the change",
                "Trục ghi nhận và yêu cầu nơi nhận cập nhật",
            ),
            (
                "set business_type to UPDATE and name the earlier document in response_for",
                "đặt business_type là UPDATE và ghi văn bản trước vào response_for",
            ),
        ),
        T::ReceiveLarge => of(
            ("receive a large attachment", "nhận tệp đính kèm lớn"),
            (
                "a document with an attachment of 1 MiB, and the question how it ends",
                "văn bản có tệp đính kèm 1 MiB và câu hỏi về phần cuối của tệp",
            ),
            (
                "taken in, and the last bytes are right",
                "tiếp nhận và trả lời đúng các byte cuối",
            ),
            (
                "fetch attachments that are not in the message with GetAttachment, and check the digest",
                "tải tệp không nằm trong thông điệp bằng GetAttachment và kiểm tra giá trị băm",
            ),
        ),
    }
}
