//! Words of the console: labels, and the sentences that say how to read what is shown.

use super::bilingual::bilingual;

bilingual! {
    /// A label of the console in both languages.
    ConsolePhrase {
    /// Summary of what a step is.
    AboutStep = "About this step", "Về bước này";
    /// When the hub accepted a document.
    Accepted = "Accepted", "Tiếp nhận lúc";
    /// Deliveries owed to a recipient.
    Addressed = "Addressed", "Đã gửi đến";
    /// Page and table of agencies.
    Agencies = "Agencies", "Cơ quan";
    /// One agency.
    Agency = "Agency", "Tên cơ quan";
    /// Back from one sheet to all.
    AllAgencies = "all agencies", "tất cả cơ quan";
    /// Nothing needs looking at.
    AllWell = "All is well", "Mọi thứ đều ổn";
    /// So many more wait.
    AndMore = "and {} more", "và {} văn bản khác";
    /// A chart's figures as a table.
    AsTable = "As a table", "Xem dạng bảng";
    /// Files of a document.
    Attachments = "Attachments", "Tệp đính kèm";
    /// Before the time of the hub's clock.
    AxisTime = "Axis time", "Giờ của Trục";
    /// Every equation of the ledger holds.
    Balanced = "balanced", "cân bằng";
    /// A locality starts at its first step.
    BeginAgain = "Begin", "Bắt đầu";
    /// Heading of a list of senders.
    Busiest = "Busiest senders", "Cơ quan gửi nhiều nhất";
    /// Heading of a list of pairs.
    BusiestPairs = "Busiest pairs", "Các cặp gửi – nhận nhiều nhất";
    /// Chart of days.
    ByDay = "Day by day", "Theo ngày";
    /// How to read it.
    ByDayHow = "Documents sent and deliveries received on each day, by the hub's clock.", "Số văn bản gửi và số lượt nhận mỗi ngày, theo giờ của Trục.";
    /// What ends first if the rate grows.
    Ceiling = "Ceiling", "Giới hạn sẽ chạm trước tiên";
    /// The commit thread is nearest its limit.
    CeilingCommit = "the thread that decides and writes is busy {} of the time", "luồng quyết định và ghi sổ bận {} thời gian";
    /// The cores are nearest their limit.
    CeilingCores = "the hub uses {} of all cores", "Trục đang dùng {} năng lực của tất cả các nhân xử lý";
    /// The disk is nearest its limit.
    CeilingDisk = "the disk is being waited for {} of the time", "{} thời gian là chờ đĩa";
    /// No load.
    CeilingIdle = "no documents are under way, so nothing limits them", "hiện không có văn bản nào đang xử lý nên chưa có giới hạn nào";
    /// End of a certificate's validity.
    CertificateUntil = "Certificate until", "Chứng thư số có hiệu lực đến";
    /// Measure: recalls and updates that were answered.
    ChangesAnswered = "Recalls and updates answered", "Đã trả lời yêu cầu lấy lại, cập nhật";
    /// The rule behind it.
    ChangesAnsweredRule = "QĐ 28/2018, Art. 9", "QĐ 28/2018, Điều 9";
    /// An organisation's code.
    Code = "Code", "Mã định danh";
    /// Work that waits for the thread that writes.
    CommitQueue = "Waiting to be written", "Chờ ghi sổ";
    /// Open connections.
    Connections = "Connections", "Kết nối";
    /// After a number of processors.
    Cores = "cores", "nhân xử lý";
    /// A day.
    Day = "Day", "Ngày";
    /// After a rate of deliveries.
    DeliveriesPerSecond = "deliveries/s", "lượt nhận/giây";
    /// Space on the disk.
    DiskFree = "Free disk space", "Dung lượng đĩa còn trống";
    /// What a full disk means.
    DiskFullHow = "Make room: on a full disk documents are refused with STORAGE_FULL, and none is lost.", "Cần giải phóng dung lượng: khi đĩa đầy, văn bản bị từ chối với lý do STORAGE_FULL, không văn bản nào bị mất.";
    /// A document.
    Document = "Document", "Văn bản";
    /// After a rate of documents.
    DocumentsPerSecond = "documents/s", "văn bản/giây";
    /// What a receipt promises.
    Durability = "Durability", "Mức bền vững";
    /// A search button.
    Find = "Find", "Tìm";
    /// A form came from elsewhere.
    ForeignForm = "This request was not sent by a page of this console.", "Yêu cầu này không được gửi từ trang của bảng điều khiển.";
    /// What to do about it.
    ForeignFormRemedy = "Open the page here and press the button there.", "Hãy mở trang tương ứng tại đây rồi bấm nút trên trang đó.";
    /// Sender.
    From = "From", "Bên gửi";
    /// After a number of documents with both signatures.
    FullLower = "with full legal value", "có đầy đủ giá trị pháp lý";
    /// Legal value of a signed document.
    FullValue = "full legal value", "đầy đủ giá trị pháp lý";
    /// Page of the hub's health.
    Health = "Health", "Tình trạng";
    /// The hub.
    Hub = "Hub", "Trục";
    /// CPU of the hub for each document.
    HubCpu = "Hub CPU per document", "CPU của Trục mỗi văn bản";
    /// A document's identity.
    Identity = "Document identity", "Mã văn bản";
    /// Measure: documents sent in time.
    InTime = "Sent in time", "Gửi đúng hạn";
    /// The rule behind it.
    InTimeRule = "the day of signing or the next working morning: QĐ 28/2018, Art. 6.2", "trong ngày ký, chậm nhất là sáng ngày làm việc tiếp theo: QĐ 28/2018, Điều 6 khoản 2";
    /// Index rows in memory.
    IndexRows = "Index rows still to be written out", "Dòng chỉ mục chưa ghi ra đĩa";
    /// Page of sheets.
    Inspection = "Inspection", "Kiểm tra";
    /// How to read the sheets.
    InspectionHow = "What the hub counted of each agency, beside the rule it is held against. That shares are compared, and the order by signed share, is the simulator's own.", "Số liệu Trục đếm được của từng cơ quan, kèm quy định làm căn cứ. Cách so sánh theo tỷ lệ và xếp hạng theo tỷ lệ ký số là của phần mềm mô phỏng.";
    /// One agency's sheet.
    InspectionSheet = "Inspection sheet", "Phiếu kiểm tra";
    /// Heading of the page.
    InspectionTitle = "Before the visit: each agency as the axis saw it", "Trước buổi kiểm tra: từng cơ quan qua số liệu của Trục";
    /// Every step is done.
    Joined = "The locality is on the axis.", "Địa phương đã kết nối vào Trục.";
    /// The journal.
    Journal = "Journal", "Sổ nhật ký";
    /// What a full journal means.
    JournalFullHow = "Raise --journal-max-bytes: a full journal refuses documents with STORAGE_FULL.", "Cần tăng --journal-max-bytes: khi sổ đầy, văn bản bị từ chối với lý do STORAGE_FULL.";
    /// A document's way.
    Journey = "Journey", "Hành trình";
    /// Business type of a document.
    Kind = "Business type", "Loại nghiệp vụ";
    /// When an agency was last connected.
    LastSeen = "Last seen", "Kết nối gần nhất";
    /// Heading of a list of documents.
    LatestDocuments = "Latest documents", "Văn bản mới nhất";
    /// Heading of a list of agencies.
    LeastSigned = "Least signed to the Government Office", "Tỷ lệ ký số gửi Văn phòng Chính phủ thấp nhất";
    /// The ledger's verdict.
    Ledger = "Ledger", "Sổ cái";
    /// Agencies that are not drawn.
    LeftOut = "{} agencies with less traffic are not drawn", "không vẽ {} cơ quan có ít văn bản hơn";
    /// Layers of security.
    Layers = "Layers of security", "Các lớp bảo mật";
    /// What fewer than all mean.
    LayersHow = "UNSAFE: for measuring only. Callers or signatures are believed without the checks that are left out.", "KHÔNG AN TOÀN: chỉ để đo. Bên gọi hoặc chữ ký được tin mà không qua các bước kiểm tra đã bỏ.";
    /// Legal value.
    LegalValue = "Legal value", "Giá trị pháp lý";
    /// Revocation lists.
    Lists = "Revocation lists good until", "Danh sách thu hồi có hiệu lực đến";
    /// What stale lists mean.
    ListsStaleHow = "Publish a new list: without one, signed documents are refused with REVOCATION_UNKNOWN.", "Cần công bố danh sách mới: nếu không, văn bản ký số bị từ chối với lý do REVOCATION_UNKNOWN.";
    /// Figures move.
    Live = "live", "trực tiếp";
    /// Page of load and verification.
    Load = "Load and verification", "Tải và kiểm tra chữ ký";
    /// How to read it.
    LoadHow = "The last few seconds, as the hub measures itself. Receipt times run from admission until the answer leaves, the disk included; what a sender waits on the way is not in them: docaxis load measures that.", "Vài giây gần nhất, theo số đo của chính Trục. Thời gian biên nhận tính từ lúc tiếp nhận đến lúc trả lời, gồm cả ghi đĩa; không gồm thời gian chờ trên đường truyền của bên gửi: lệnh docaxis load đo phần đó.";
    /// The heat map.
    Matrix = "Senders and recipients", "Bên gửi và bên nhận";
    /// How to read it.
    MatrixHow = "One row for each sender, one column for each recipient; the stronger the colour, the more documents (by the cube root, so that a few large figures do not hide the others).", "Mỗi hàng là một bên gửi, mỗi cột là một bên nhận; màu càng đậm thì càng nhiều văn bản (theo căn bậc ba, để vài số lớn không che lấp các số khác).";
    /// Memory of the process.
    Memory = "Memory", "Bộ nhớ";
    /// Central agencies in the picture.
    Ministries = "ministries and central agencies", "bộ, ngành, cơ quan trung ương";
    /// Axis of a chart.
    Minutes = "minutes", "phút";
    /// What the menu is.
    Navigation = "Pages", "Các trang";
    /// The button for the next step.
    Next = "Next", "Bước tiếp theo";
    /// No directory of reports was given.
    NoDirectory = "Start the hub with --reports DIR to list what load and bench verify wrote there.", "Khởi động Trục với --reports THƯ_MỤC để xem các báo cáo do load và bench verify ghi ra.";
    /// No revocation list is known.
    NoLists = "none", "chưa có";
    /// What that means.
    NoListsHow = "Without a revocation list, signed documents are refused with REVOCATION_UNKNOWN.", "Khi chưa có danh sách thu hồi, văn bản ký số bị từ chối với lý do REVOCATION_UNKNOWN.";
    /// Who sent nothing to the Government Office.
    NoRank = "sent nothing to the Government Office", "chưa gửi văn bản nào đến Văn phòng Chính phủ";
    /// No report of verification rates.
    NoRates = "No report yet: docaxis bench verify --json FILE writes one.", "Chưa có báo cáo: lệnh docaxis bench verify --json TỆP sẽ ghi báo cáo.";
    /// Nobody can join here.
    NoStage = "Nobody can join at this hub.", "Không thể thực hiện kết nối tại Trục này.";
    /// What to do about it.
    NoStageRemedy = "Start it with docaxis demo, or with docaxis hub --web and the CA's directory.", "Hãy khởi động bằng docaxis demo, hoặc docaxis hub --web cùng thư mục của cơ quan cấp chứng thư số.";
    /// An address without a page.
    NoSuchPage = "There is no such page.", "Không có trang này.";
    /// What to do about it.
    NoSuchPageRemedy = "Choose one of the pages above.", "Hãy chọn một trang ở phía trên.";
    /// A text that is no code.
    NotACode = "This is not an organisation's code.", "Đây không phải là mã định danh cơ quan.";
    /// What to do about it.
    NotACodeRemedy = "A code has four groups, such as 000.00.00.H26. Choose an agency from the table.", "Mã định danh có bốn nhóm, ví dụ 000.00.00.H26. Hãy chọn cơ quan trong bảng.";
    /// A text that is no identity.
    NotAnIdentity = "This is not a document's identity.", "Đây không phải là mã văn bản.";
    /// What to do about it.
    NotAnIdentityRemedy = "It has the sender's code, the date and the number, such as 000.00.00.H26,2019/06/03,12/UBND-VP.", "Mã văn bản gồm mã bên gửi, ngày và số ký hiệu, ví dụ 000.00.00.H26,2019/06/03,12/UBND-VP.";
    /// A query that cannot be read.
    NotUnderstood = "What follows the question mark in this address cannot be understood.", "Không hiểu được phần sau dấu hỏi trong địa chỉ này.";
    /// An equation of the ledger does not hold.
    NotBalanced = "NOT balanced", "KHÔNG cân bằng";
    /// What that means.
    NotBalancedHow = "A figure was counted on one side only. Keep the data and run docaxis journal verify.", "Có số liệu chỉ được đếm ở một phía. Hãy giữ nguyên dữ liệu và chạy docaxis journal verify.";
    /// A step failed.
    NotDone = "not done", "chưa thực hiện được";
    /// The figures stand still.
    NotLive = "no connection", "mất kết nối";
    /// An agency that did not connect.
    NotSeen = "not since the hub started", "chưa kết nối từ khi Trục khởi động";
    /// Heading of an answer that is no page.
    NotShown = "This cannot be shown", "Không thể hiển thị";
    /// Something needs looking at.
    NotWell = "Something needs attention", "Có điểm cần xử lý";
    /// An empty queue.
    NothingWaits = "Nothing waits.", "Không có văn bản nào đang chờ.";
    /// An empty list.
    NothingYet = "Nothing yet.", "Chưa có số liệu.";
    /// What received is to be held against.
    OfAddressed = "deliveries owed", "lượt gửi phải giao";
    /// The first page.
    Overview = "Overview", "Tổng quan";
    /// Its heading.
    OverviewTitle = "The document axis now", "Trục liên thông văn bản lúc này";
    /// Page of pairs.
    Pairs = "Pairs", "Cặp gửi – nhận";
    /// After a number of pairs.
    PairsLower = "pairs of sender and recipient", "cặp bên gửi – bên nhận";
    /// Whom an agency exchanges documents with.
    Partners = "Partners", "Cơ quan trao đổi";
    /// Reports of runs.
    PastRuns = "Past runs", "Các lần chạy trước";
    /// Figures that were told to stand still.
    Paused = "paused", "đang tạm dừng";
    /// The button for it.
    Pause = "Pause", "Tạm dừng";
    /// Deliveries that wait.
    Pending = "Pending", "Chờ nhận";
    /// What that is.
    PendingHow = "deliveries not acknowledged yet", "lượt gửi chưa được xác nhận";
    /// Axis of a chart.
    PerDay = "per day", "mỗi ngày";
    /// Axis of a chart.
    PerSecond = "per second", "mỗi giây";
    /// The picture of the axis.
    Picture = "The axis", "Toàn cảnh Trục";
    /// What it shows.
    PictureHow = "The hub in the middle, agencies around it. The wider a line, the more documents pass along it in a second.", "Trục ở giữa, các cơ quan ở xung quanh. Đường càng rộng thì số văn bản đi qua mỗi giây càng nhiều.";
    /// Chart of bad signatures in a batch.
    Poisoned = "Bad signatures in a batch", "Chữ ký sai trong một lô";
    /// How to read it.
    PoisonedHow = "Rate with this share of bad signatures, as a part of the rate without: 1.00 means that bad ones cost the others nothing.", "Tốc độ khi có tỷ lệ chữ ký sai này, so với khi không có: 1,00 nghĩa là chữ ký sai không làm chậm chữ ký khác.";
    /// A button that prints.
    Print = "Print", "In";
    /// Priority of a document.
    Priority = "Priority", "Độ khẩn";
    /// Page of joining.
    Procedure = "Connection procedure", "Thủ tục kết nối";
    /// How it works.
    ProcedureHow = "Eight steps, each a real call to a real hub. Press, and it happens; press a later step too early, and the hub says why it refuses.", "Tám bước, mỗi bước là một lời gọi thật đến Trục thật. Bấm nút là bước được thực hiện; bấm một bước quá sớm thì Trục từ chối và nêu lý do.";
    /// Its heading.
    ProcedureTitle = "A locality joins the axis", "Một địa phương kết nối vào Trục";
    /// What a step produces.
    Produces = "Produces", "Kết quả";
    /// Provinces in the picture.
    Provinces = "provinces and cities", "tỉnh, thành phố";
    /// What a full queue means.
    QueueFullHow = "The hub is at its limit: senders wait, or are refused with OVERLOADED.", "Trục đã đến giới hạn: bên gửi phải chờ hoặc bị từ chối với lý do OVERLOADED.";
    /// Place in an order.
    Rank = "Rank (1 is the least signed)", "Thứ hạng (1 là ký số ít nhất)";
    /// All in order.
    Ranking = "All agencies, the least signed first", "Tất cả cơ quan, tỷ lệ ký số thấp nhất trước";
    /// Chart of the last minutes.
    Rates = "The last ten minutes", "Mười phút gần nhất";
    /// How to read it.
    RatesHow = "Documents accepted and deliveries acknowledged in a second.", "Số văn bản tiếp nhận và số lượt nhận được xác nhận mỗi giây.";
    /// The signed proof that a locality is ready.
    ReadinessCertificate = "readiness certificate", "giấy chứng nhận sẵn sàng";
    /// Before a percentile of receipt times.
    Receipt = "Receipt", "Biên nhận";
    /// Measure: receipt notices the same day.
    ReceiptSameDay = "Receipt notice the same day", "Báo nhận trong ngày";
    /// The rule behind it.
    ReceiptSameDayRule = "NĐ 30/2020, Art. 21.2c (later than the reference period)", "NĐ 30/2020, Điều 21 khoản 2 điểm c (ban hành sau giai đoạn tham chiếu)";
    /// Deliveries acknowledged.
    Received = "Received", "Đã nhận";
    /// Column of documents from a partner.
    ReceivedFrom = "Received from", "Nhận từ";
    /// Whom a document is for.
    Recipients = "Recipients", "Nơi nhận";
    /// After a number of unsigned documents.
    ReferenceLower = "for reference only", "chỉ để tham khảo";
    /// Legal value of an unsigned document.
    ReferenceValue = "for reference only", "chỉ để biết, tham khảo";
    /// Refused documents.
    RefusalsByReason = "Refused, by reason", "Bị từ chối, theo lý do";
    /// A number of refused documents.
    Refused = "Refused", "Bị từ chối";
    /// What that is.
    RefusedHow = "documents, each with its reason", "văn bản, mỗi văn bản có lý do";
    /// Measure: documents refused.
    RefusedOfSubmitted = "Refused of what was accepted or refused", "Bị từ chối trên tổng số được nhận hoặc bị từ chối";
    /// The rule behind it.
    RefusedOfSubmittedRule = "the reasons are below", "lý do ở bên dưới";
    /// A replay runs.
    Replay = "Replay", "Diễn lại";
    /// The button after a pause.
    Resume = "Resume", "Tiếp tục";
    /// A report's name.
    Report = "Report", "Báo cáo";
    /// The validation report on a page of its own.
    ReportAlone = "the report on its own", "mở riêng báo cáo";
    /// Figures of the press for the period.
    ReportedThen = "Reported for the whole period: more than {} documents sent, {} received", "Số liệu đã công bố cho cả giai đoạn: trên {} văn bản gửi, trên {} lượt nhận";
    /// The directory of reports does not answer.
    ReportsLate = "The directory of reports does not answer; what is shown was read before.", "Thư mục báo cáo không phản hồi; nội dung hiển thị là kết quả đọc trước đó.";
    /// What to do.
    ReportsLateRemedy = "Look whether the disk of the directory given with --reports answers, then load this page again.", "Kiểm tra ổ đĩa của thư mục chỉ định bằng --reports, rồi tải lại trang này.";
    /// More reports than are shown.
    ReportsOlder = "Only the newest reports are shown; {} more are in the directory.", "Chỉ hiển thị các báo cáo mới nhất; trong thư mục còn {} báo cáo khác.";
    /// Files that are not read.
    ReportsTooLarge = "Larger than 8 MB and therefore not read: {}", "Lớn hơn 8 MB nên không đọc: {}";
    /// The directory is not there, or may not be read.
    ReportsUnreadable = "The directory of reports cannot be read.", "Không đọc được thư mục báo cáo.";
    /// The rule of a step.
    RestsOn = "Rests on", "Căn cứ";
    /// A step is being done.
    Running = "This step is being done …", "Đang thực hiện bước này …";
    /// Scenario of a run.
    Scenario = "Scenario", "Kịch bản";
    /// Label of a search field.
    Search = "Search", "Tìm kiếm";
    /// Documents accepted.
    Sent = "Sent", "Đã gửi";
    /// Column of documents to a partner.
    SentTo = "Sent to", "Gửi đến";
    /// Number of a document at the hub.
    Sequence = "Number at the hub", "Số thứ tự tại Trục";
    /// The hub takes documents.
    Serving = "serving", "đang phục vụ";
    /// Deliveries that cannot be made for now.
    SetAside = "Deliveries set aside, subscriptions waiting", "Lượt gửi tạm để lại, kênh nhận đang chờ";
    /// What that means.
    SetAsideHow = "Documents on the disk cannot be read. They are tried again every minute and everything else is delivered; the log names them. Run docaxis journal verify.", "Có văn bản trên đĩa không đọc được. Trục thử lại mỗi phút, các văn bản khác vẫn được chuyển; nhật ký nêu rõ từng văn bản. Hãy chạy docaxis journal verify.";
    /// It takes no more.
    ShuttingDown = "shutting down", "đang dừng";
    /// What that means.
    ShuttingDownHow = "No new documents are taken.", "Không tiếp nhận văn bản mới.";
    /// Eight sheets.
    SideBySide = "Eight localities side by side", "Tám địa phương cạnh nhau";
    /// Which.
    SideBySideHow = "The reference period's report speaks of eight inspected localities; our sources name six of them. The least signed of the other provinces make up the number.", "Báo cáo của giai đoạn tham chiếu nói đến tám địa phương được kiểm tra; nguồn của chúng tôi nêu tên sáu. Các tỉnh khác có tỷ lệ ký số thấp nhất được thêm cho đủ.";
    /// To become the operator.
    SignIn = "Sign in", "Đăng nhập";
    /// An action without it.
    SignInFirst = "Only the operator may do this.", "Chỉ người vận hành được thực hiện việc này.";
    /// What to do about it.
    SignInFirstRemedy = "Sign in with the token that was printed when the console started.", "Hãy đăng nhập bằng mã được in ra khi khởi động bảng điều khiển.";
    /// What it takes.
    SignInHow = "Everything can be read without signing in. To act, enter the token: it was printed when the console started, or is in the file named then, or in the one it was given.", "Không cần đăng nhập vẫn xem được mọi thứ. Để thao tác, hãy nhập mã: mã được in ra khi khởi động bảng điều khiển, hoặc nằm trong tệp được nêu tên lúc đó, hoặc trong tệp đã chỉ định.";
    /// Before the link.
    SignInToJoin = "To press the buttons, sign in with the operator's token.", "Để bấm được các nút, hãy đăng nhập bằng mã của người vận hành.";
    /// To be a reader again.
    SignOut = "Sign out", "Đăng xuất";
    /// Signatures of a document.
    Signatures = "Signatures", "Chữ ký số";
    /// Share of signed documents.
    SignedShare = "Signed", "Tỷ lệ ký số";
    /// Of what.
    SignedShareHow = "Signed: share of documents with full legal value among those sent to the Government Office.", "Tỷ lệ ký số: tỷ lệ văn bản có đầy đủ giá trị pháp lý trong số văn bản gửi Văn phòng Chính phủ.";
    /// Measure: signed share to the Government Office.
    SignedToOffice = "Signed, of what was sent to the Government Office", "Ký số trong văn bản gửi Văn phòng Chính phủ";
    /// The same over a column.
    SignedToOfficeShort = "Signed to the Government Office", "Ký số gửi Văn phòng Chính phủ";
    /// The rule behind it.
    SignedToOfficeRule = "full legal value: NĐ 30/2020, Art. 5; QĐ 28/2018", "giá trị pháp lý đầy đủ: NĐ 30/2020, Điều 5; QĐ 28/2018";
    /// What this software is.
    Simulated = "a simulator: real protocol, real signatures, simulated agencies", "phần mềm mô phỏng: giao thức thật, chữ ký số thật, cơ quan mô phỏng";
    /// The first link of a page.
    SkipToContent = "Skip to content", "Đến nội dung chính";
    /// The stage could not be made ready.
    StageFailed = "the stage could not be made ready", "không chuẩn bị được môi trường";
    /// CPU of each stage.
    Stages = "CPU of the hub by stage", "CPU của Trục theo công đoạn";
    /// How to read it.
    StagesHow = "Microseconds for each document, over the last few seconds.", "Micrô giây cho mỗi văn bản, trong vài giây gần nhất.";
    /// State of an agency or a delivery.
    State = "State", "Trạng thái";
    /// Exchanges documents.
    StateActive = "active", "đang hoạt động";
    /// On its way onto the axis.
    StateJoining = "joining", "đang kết nối";
    /// Absorbed by another.
    StateMerged = "merged", "đã sáp nhập";
    /// Off the axis.
    StateRevoked = "revoked", "đã thu hồi";
    /// Locked by the operator.
    StateSuspended = "suspended", "tạm khóa";
    /// On the test axis.
    StateTesting = "testing", "đang kiểm thử";
    /// Statuses of a delivery.
    Statuses = "Statuses", "Các trạng thái";
    /// Conformance tests.
    Tests = "Conformance tests", "Kiểm thử tuân thủ";
    /// Colours that are easy in a dark room.
    ThemeDark = "Dark", "Nền tối";
    /// Colours that are easy by daylight.
    ThemeLight = "Light", "Nền sáng";
    /// Recipient.
    To = "To", "Bên nhận";
    /// Of what was sent there.
    ToOffice = "to the Government Office", "gửi Văn phòng Chính phủ";
    /// Two calendars.
    TodayAndAutomated = "Today beside automation", "Hiện nay so với tự động hóa";
    /// How long a step takes today.
    TodayTakes = "Takes today", "Hiện nay mất";
    /// The operator's secret.
    Token = "Operator token", "Mã của người vận hành";
    /// Nobody may guess the token fast.
    TooManyAttempts = "Too many attempts to sign in are waiting.", "Có quá nhiều lượt đăng nhập đang chờ.";
    /// What to do.
    TooManyAttemptsRemedy = "Wait a few seconds, then enter the token again. If it goes on, somebody is guessing: the hub's log says from where.", "Đợi vài giây rồi nhập lại mã. Nếu vẫn tiếp diễn thì có người đang dò mã: nhật ký của Trục cho biết từ địa chỉ nào.";
    /// A button before its time.
    TryNow = "Try it now", "Thử ngay";
    /// Submissions of which nothing is on record.
    TurnedAwayLower = "turned away", "không được tiếp nhận";
    /// KiB of documents between admission and receipt.
    UnderWay = "Under way, KiB", "Đang xử lý, KiB";
    /// Submissions whose outcome is open.
    UnderWayLower = "under way", "đang xử lý";
    /// Durability below fsync.
    Unsafe = "UNSAFE", "KHÔNG AN TOÀN";
    /// What that means.
    UnsafeHow = "Accepted documents may be lost in a crash.", "Văn bản đã tiếp nhận có thể mất khi có sự cố.";
    /// Rates of signature verification.
    Verification = "Signature verification", "Kiểm tra chữ ký số";
    /// Documents that wait for verification.
    VerifyQueue = "Waiting to be verified", "Chờ kiểm tra chữ ký";
    /// Version of the program.
    Version = "Version", "Phiên bản";
    /// Queue of one agency.
    WaitsHere = "Waits here", "Đang chờ tại đây";
    /// Rate with each check added.
    Waterfall = "What each check costs", "Chi phí của từng bước kiểm tra";
    /// How to read it.
    WaterfallHow = "Documents verified in a second on one core, each line with one check more than the line above.", "Số văn bản kiểm tra được mỗi giây trên một nhân, mỗi dòng thêm một bước kiểm tra so với dòng trên.";
    /// What a step does.
    WhatHappens = "What happens", "Diễn biến";
    /// Before a remedy.
    WhatToDo = "What to do:", "Cần làm gì:";
    /// Before the choice of a locality.
    WhoJoins = "Who joins", "Địa phương kết nối";
    /// The sequence diagram.
    WhoSaidWhat = "Who said what to whom", "Ai gửi gì cho ai";
    /// A token that is not ours.
    WrongToken = "This is not the token.", "Mã không đúng.";
    }
}
