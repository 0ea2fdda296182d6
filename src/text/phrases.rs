//! Labels of reports and of the live view. Lower case, no colon, no figure: the report adds those.

use super::bilingual::bilingual;

bilingual! {
    /// A label in both languages.
    Phrase {
    /// After a number of agencies.
    AgenciesConnected = "agencies connected", "cơ quan đã kết nối";
    /// The share over all agencies.
    AllAgencies = "all agencies", "tất cả cơ quan";
    /// Heading of a list of agencies by documents sent.
    BusiestSenders = "busiest senders", "bên gửi nhiều nhất";
    /// Before the address of the console.
    Console = "console", "bảng điều khiển";
    /// Row of the hub's figures.
    CountedByHub = "counted by the hub", "Trục đếm được";
    /// Row of the nodes' figures.
    CountedByNodes = "counted by the nodes", "các nút đếm được";
    /// After a number of deliveries in a second.
    DeliveriesPerSecond = "deliveries/s", "lượt nhận/giây";
    /// Before a number of deliveries an application got twice.
    DeliveredTwice = "delivered twice", "nhận trùng";
    /// Before a figure of the hub and another of the nodes.
    Difference = "counted differently", "số đếm khác nhau";
    /// After a number of documents in a second.
    DocumentsPerSecond = "documents/s", "văn bản/giây";
    /// Before the durability level.
    Durability = "durability", "mức bền vững";
    /// Before a time.
    Elapsed = "elapsed", "thời gian chạy";
    /// After a list's heading: ascending.
    LowestFirst = "lowest first", "từ thấp đến cao";
    /// After a list's heading: descending.
    HighestFirst = "highest first", "từ cao đến thấp";
    /// Before the address of the hub.
    Hub = "hub", "Trục";
    /// After an amount of CPU time.
    HubCpuPerDocument = "hub CPU per document", "thời gian CPU của Trục cho mỗi văn bản";
    /// The equations hold for every pair.
    LedgerBalanced = "ledger balanced", "sổ cái cân bằng";
    /// An equation does not hold.
    LedgerNotBalanced = "ledger NOT balanced", "sổ cái KHÔNG cân bằng";
    /// Before a number of documents that were accepted and never arrived.
    Lost = "lost", "thất lạc";
    /// Before a figure of the press that is a lower bound.
    MoreThan = "more than", "hơn";
    /// Before commands to go on with.
    Next = "next", "tiếp theo";
    /// Before the part of a figure that is verification.
    OfItVerifying = "of it verifying", "trong đó kiểm tra chữ ký số";
    /// After a number of pairs of sender and recipient.
    Pairs = "pairs", "cặp bên gửi – bên nhận";
    /// Before a number of deliveries not handed over yet.
    Pending = "pending", "chờ nhận";
    /// How documents are signed: both signatures.
    PersonAndSeal = "person + seal", "thủ trưởng ký + con dấu cơ quan";
    /// Before the times from sending to receipt.
    Receipt = "receipt", "biên nhận";
    /// After a number of deliveries acknowledged.
    Received = "received", "đã nhận";
    /// Without both signatures: for information only.
    ReferenceOnly = "for reference only", "chỉ để biết, tham khảo";
    /// Before numbers of refused documents by reason.
    Refused = "refused", "bị từ chối";
    /// Row of the figures of the press.
    ReportedFor2019 = "reported for 2019", "số liệu công bố năm 2019";
    /// The run's figures may not be used; the documents follow.
    RunInvalid = "INVALID: figures of this run must not be used", "KHÔNG HỢP LỆ: không được sử dụng số liệu của lần chạy này";
    /// Before the seed.
    Seed = "seed", "hạt giống ngẫu nhiên";
    /// After a number of documents accepted.
    Sent = "sent", "đã gửi";
    /// Heading of a list of agencies by share of signed documents.
    SignedShareToGovernmentOffice = "signed share of documents to the Government Office", "tỷ lệ văn bản có chữ ký số gửi Văn phòng Chính phủ";
    /// Beside every code of an agency that no source confirms.
    UnconfirmedCode = "code not confirmed by a source", "mã định danh chưa có nguồn xác nhận";
    /// Beside figures taken without fsync.
    UnsafeDurability = "UNSAFE: accepted documents may be lost in a crash", "KHÔNG AN TOÀN: văn bản đã tiếp nhận có thể mất khi có sự cố";
    }
}
