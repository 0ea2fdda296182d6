//! What people call the steps of joining, what is done in them and by whom, and the labels of the
//! drawings that show it.
//!
//! An activity is a gerund in English and a verb in Vietnamese, at most [`ACTIVITY_MAX`] letters, so
//! that it labels a bar and stands after "begins" and "finishes" alike. `{}` is a fact.

use super::Language;
use super::bilingual::bilingual;
use crate::model::joining::Step;

/// Letters of an activity's name: the width of its column where a calendar is drawn with letters.
pub const ACTIVITY_MAX: usize = 34;

bilingual! {
    /// Something done on the way onto the axis, today or by a program.
    JoiningActivity {
        /// Today, step 1.
        RequestDrafted = "drafting request and regulation", "soạn văn bản đề nghị và quy chế";
        /// Today, step 1.
        RequestSigned = "signing the request", "ký văn bản đề nghị";
        /// Today, step 1.
        RequestAnswered = "answering the request", "trả lời văn bản đề nghị";
        /// Today, step 2.
        CodesDrawnUp = "listing its units and their codes", "lập danh sách mã của các đơn vị";
        /// Today, step 2.
        CodesRegistered = "entering the codes in the list", "cập nhật mã vào danh mục quốc gia";
        /// Today, step 3.
        CertificatesRequested = "requesting certificates by letter", "gửi văn bản xin cấp chứng thư số";
        /// Today, step 3.
        CertificatesIssued = "issuing the certificates", "cấp chứng thư số";
        /// Today, step 3.
        TokensDelivered = "delivering the key tokens", "bàn giao thiết bị lưu khóa bí mật";
        /// Today, step 4.
        LineOrdered = "ordering the dedicated line", "đăng ký đường truyền chuyên dùng";
        /// Today, step 4.
        LineOpened = "opening the dedicated line", "mở đường truyền chuyên dùng";
        /// Today, step 4.
        FirewallOpened = "opening the firewalls", "mở tường lửa hai phía";
        /// Today, step 4.
        AdapterInstalled = "installing the connecting software", "cài đặt phần mềm kết nối";
        /// Today and by a program, step 4.
        ConnectionChecked = "checking the connection", "kiểm tra kết nối";
        /// Today, step 5.
        RegistrationRequested = "asking for the test axis", "đề nghị đăng ký thử nghiệm";
        /// Today, step 5.
        RegistrationApproved = "approving, handing over accounts", "duyệt đăng ký, cấp tài khoản";
        /// Today, step 6.
        ConformanceRun = "testing conformance on site", "kiểm thử tuân thủ tại chỗ";
        /// Today, step 6.
        FaultsMended = "mending what the tests found", "khắc phục lỗi kiểm thử phát hiện";
        /// Today, step 6.
        ConformanceRepeated = "testing conformance again", "kiểm thử tuân thủ lại";
        /// Today and by a program, step 7.
        CapacityTested = "testing the capacity", "kiểm thử năng lực xử lý";
        /// Today, step 7.
        ReadinessCertified = "signing that it is ready", "ký giấy xác nhận sẵn sàng";
        /// Today, step 8.
        PilotDecided = "deciding on the pilot", "quyết định cho vận hành thử";
        /// Today, step 8.
        FirstStage = "running 1–30 % of documents", "vận hành với 1–30 % văn bản";
        /// Today, step 8.
        SecondStage = "running 30–70 % of documents", "vận hành với 30–70 % văn bản";
        /// Today, step 8.
        LastStage = "switching over all documents", "chuyển toàn bộ văn bản qua Trục";
        /// By a program, step 1.
        ApplicationSent = "sending the application", "gửi hồ sơ đề nghị kết nối";
        /// By people, step 1.
        ApplicationDecided = "deciding on the application", "xét duyệt hồ sơ";
        /// By a program, step 2.
        CodesEntered = "entering the codes", "ghi nhận mã định danh";
        /// By a program, step 3.
        CertificatesEnrolled = "making keys, getting certificates", "tạo khóa, nhận chứng thư số";
        /// By a program, step 5.
        RegistrationSent = "sending the registration", "gửi thông tin đăng ký";
        /// By people, step 5.
        RegistrationDecided = "deciding on the registration", "xét duyệt đăng ký";
        /// By a program, step 6.
        ConformanceTested = "testing conformance", "kiểm thử tuân thủ tự động";
        /// By people, step 8.
        FirstStageDecided = "deciding on the first stage", "quyết định giai đoạn thứ nhất";
        /// By a program, step 8.
        FirstStageOpened = "opening the first stage", "mở giai đoạn thứ nhất";
        /// By people, step 8.
        SecondStageDecided = "deciding on the second stage", "quyết định giai đoạn thứ hai";
        /// By a program, step 8.
        SecondStageOpened = "opening the second stage", "mở giai đoạn thứ hai";
        /// By people, step 8.
        LastStageDecided = "deciding on the last stage", "quyết định giai đoạn cuối";
        /// By a program, step 8.
        LastStageOpened = "opening the last stage", "mở giai đoạn cuối";
    }
}

impl JoiningActivity {
    /// The name in reports for machines; once published it is never given to another activity.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestDrafted => "request_drafted",
            Self::RequestSigned => "request_signed",
            Self::RequestAnswered => "request_answered",
            Self::CodesDrawnUp => "codes_drawn_up",
            Self::CodesRegistered => "codes_registered",
            Self::CertificatesRequested => "certificates_requested",
            Self::CertificatesIssued => "certificates_issued",
            Self::TokensDelivered => "tokens_delivered",
            Self::LineOrdered => "line_ordered",
            Self::LineOpened => "line_opened",
            Self::FirewallOpened => "firewall_opened",
            Self::AdapterInstalled => "adapter_installed",
            Self::ConnectionChecked => "connection_checked",
            Self::RegistrationRequested => "registration_requested",
            Self::RegistrationApproved => "registration_approved",
            Self::ConformanceRun => "conformance_run",
            Self::FaultsMended => "faults_mended",
            Self::ConformanceRepeated => "conformance_repeated",
            Self::CapacityTested => "capacity_tested",
            Self::ReadinessCertified => "readiness_certified",
            Self::PilotDecided => "pilot_decided",
            Self::FirstStage => "first_stage",
            Self::SecondStage => "second_stage",
            Self::LastStage => "last_stage",
            Self::ApplicationSent => "application_sent",
            Self::ApplicationDecided => "application_decided",
            Self::CodesEntered => "codes_entered",
            Self::CertificatesEnrolled => "certificates_enrolled",
            Self::RegistrationSent => "registration_sent",
            Self::RegistrationDecided => "registration_decided",
            Self::ConformanceTested => "conformance_tested",
            Self::FirstStageDecided => "first_stage_decided",
            Self::FirstStageOpened => "first_stage_opened",
            Self::SecondStageDecided => "second_stage_decided",
            Self::SecondStageOpened => "second_stage_opened",
            Self::LastStageDecided => "last_stage_decided",
            Self::LastStageOpened => "last_stage_opened",
        }
    }
}

bilingual! {
    /// Who acts on the way onto the axis; in English without its article.
    JoiningActor {
        /// Who signs for the locality.
        LocalityLeader = "locality's leader", "lãnh đạo địa phương";
        /// Who writes its letters.
        LocalityOffice = "locality's office", "văn phòng của địa phương";
        /// Who runs its machines.
        LocalityStaff = "locality's IT staff", "cán bộ CNTT địa phương";
        /// Who keeps the national list of identifier codes: a ministry that was renamed since QĐ 28/2018.
        CodeMinistry = "ministry for codes", "bộ quản lý mã định danh";
        /// Who issues certificates for official use.
        CipherCommittee = "Cipher Committee", "Ban Cơ yếu Chính phủ";
        /// Who lays the dedicated line.
        NetworkProvider = "network provider", "nhà cung cấp mạng";
        /// Whose software writes and reads the locality's documents.
        SoftwareSupplier = "software supplier", "nhà cung cấp phần mềm";
        /// Who operates the axis.
        GovernmentOffice = "Government Office", "Văn phòng Chính phủ";
        /// Nobody: what is automated.
        Program = "program", "phần mềm tự động";
    }
}

impl JoiningActor {
    /// The name in reports for machines; once published it is never given to another actor.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LocalityLeader => "locality_leader",
            Self::LocalityOffice => "locality_office",
            Self::LocalityStaff => "locality_staff",
            Self::CodeMinistry => "code_ministry",
            Self::CipherCommittee => "cipher_committee",
            Self::NetworkProvider => "network_provider",
            Self::SoftwareSupplier => "software_supplier",
            Self::GovernmentOffice => "government_office",
            Self::Program => "program",
        }
    }
}

bilingual! {
    /// A label or sentence of the drawings of a joining.
    JoiningPhrase {
        /// Sentence beneath a calendar.
        Assumed = "Today's durations are our assumption, not measurements: they are drawn from ranges that come to one to three months in all. With automation the program's times are measured; the time people take to decide is an assumption too.", "Thời gian theo cách làm hiện nay là giả định của chúng tôi, không phải số đo: lấy ngẫu nhiên trong các khoảng, cả quá trình mất từ một đến ba tháng. Khi tự động hóa, thời gian chạy của phần mềm là số đo thực; thời gian con người xem xét, quyết định cũng là giả định.";
        /// Heading of a group of bars.
        Automated = "with automation", "khi tự động hóa";
        /// An activity begins: who, what.
        Begins = "the {} begins {}", "{} bắt đầu {}";
        /// Title of a calendar.
        CalendarTitle = "Joining the axis: today and with automation", "Kết nối vào Trục: cách làm hiện nay và khi tự động hóa";
        /// How to read a calendar.
        CalendarHow = "Each bar is an activity; the longer, the more time it takes. Pale bars wait for somebody else, green ones are the program's; shaded days are not worked.", "Mỗi thanh là một việc; càng dài càng mất nhiều thời gian. Thanh nhạt là thời gian chờ bên khác, thanh màu xanh lá là phần mềm tự làm; ngày tô nền là ngày nghỉ.";
        /// A day of a calendar: its number, its date, what happens.
        Day = "day {}, {}: {}", "ngày thứ {}, {}: {}";
        /// A length, short.
        Days = "{} d", "{} ngày";
        /// An activity ends: who, what.
        Ends = "the {} finishes {}", "{} hoàn thành việc {}";
        /// Name of a lane.
        LaneAuthority = "Certificate authority", "Cơ quan cấp chứng thư số";
        /// Name of a lane.
        LaneHub = "Hub", "Trục";
        /// Name of a lane.
        LaneLocality = "Locality", "Địa phương";
        /// Name of a lane.
        LaneOperator = "Government Office", "Văn phòng Chính phủ";
        /// What law wants: the act, its article.
        Law = "{} (Art. {})", "{} (Điều {})";
        /// Beneath a drawing that has not everything.
        LeftOut = "{} more messages are not drawn", "còn {} thông điệp không vẽ ở đây";
        /// A length, short.
        Minutes = "{} min", "{} phút";
        /// Sentence beneath a calendar.
        Presumed = "With automation the line is presumed open and certificates to be issued at once; the law of today asks for a written request first (NĐ 68/2024/NĐ-CP, Art. 10).", "Khi tự động hóa, giả định đường truyền đã mở và chứng thư số được cấp ngay; pháp luật hiện hành yêu cầu phải có văn bản đề nghị trước (Điều 10 NĐ 68/2024/NĐ-CP).";
        /// Before why a message was refused.
        Reason = "reason", "lý do";
        /// Before what to do about it.
        Remedy = "remedy", "cách khắc phục";
        /// A length, short.
        Seconds = "{} s", "{} giây";
        /// How to read a sequence of messages.
        SequenceHow = "Time runs downwards; each arrow goes from who sent a message to who received it, red where it was refused.", "Thời gian chạy từ trên xuống; mỗi mũi tên đi từ bên gửi đến bên nhận thông điệp, màu đỏ là bị từ chối.";
        /// Heading of a group of bars.
        Today = "today", "hiện nay";
        /// How long it takes: which way, from when, days, working days.
        Total = "{}, from {}: {} calendar days, {} working days", "{}, từ {}: {} ngày theo lịch, {} ngày làm việc";
        /// Label of a kind of bar.
        Waiting = "waiting for somebody else", "chờ bên khác";
        /// Label of the axis of time.
        Week = "week", "tuần";
        /// Label of a kind of bar.
        Working = "work", "thực hiện";
        /// Label of a kind of bar.
        Measured = "the program, measured", "phần mềm, đo thực tế";
    }
}

/// The name of a step of joining.
pub fn step_name(step: Step, language: Language) -> &'static str {
    let (english, vietnamese) = match step {
        Step::Application => ("application", "hồ sơ đề nghị kết nối"),
        Step::Codes => ("identifier codes", "mã định danh"),
        Step::Certificates => ("keys and certificates", "khóa và chứng thư số"),
        Step::Connection => ("connection", "đường truyền và kết nối"),
        Step::Registration => (
            "registration on the test axis",
            "đăng ký trên Trục thử nghiệm",
        ),
        Step::Conformance => ("conformance", "kiểm thử tuân thủ"),
        Step::Capacity => ("capacity and readiness", "năng lực và mức sẵn sàng"),
        Step::Activation => ("activation in stages", "kích hoạt theo giai đoạn"),
    };
    language.pick(english, vietnamese)
}

#[cfg(test)]
mod tests;
