//! Labels and sentences of `docaxis doctor`. `{}` is a fact, quoted as it came.
//!
//! What was found is a fragment that fits after a colon; what to do is a sentence of its own.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence of a diagnosis.
    DoctorPhrase {
        /// Found: the agency exchanges documents.
        AgencyActive = "{} is active on the axis", "{} đang hoạt động trên Trục";
        /// Found: on its way, and the application says how far.
        AgencyJoining = "{} is still joining; its application stands at: {}", "{} đang trong quá trình kết nối; hồ sơ ở trạng thái: {}";
        /// Found: on its way.
        AgencyJoiningUnclear = "{} is still joining and exchanges no documents yet", "{} đang trong quá trình kết nối, chưa được trao đổi văn bản";
        /// Found: absorbed.
        AgencyMerged = "{} was merged into {}", "{} đã sáp nhập vào {}";
        /// Found: off the axis.
        AgencyRevoked = "{} was taken off the axis for good", "{} đã bị hủy kết nối, không còn trên Trục";
        /// Found: a state this program does not know.
        AgencyStateUnsaid = "the hub does not say in which state {} is", "Trục không cho biết trạng thái của {}";
        /// Found: locked.
        AgencySuspended = "{} is suspended: it may fetch what already waits for it, and may not send", "{} đang bị tạm khóa: chỉ được lấy các văn bản đã gửi đến, không được gửi đi";
        /// Found: on the test axis.
        AgencyTesting = "{} is on the test axis: it exchanges documents with others there only", "{} đang ở trục thử nghiệm: chỉ trao đổi văn bản với các cơ quan thử nghiệm";
        /// Found: not in the directory, which has so many.
        AgencyUnknown = "{} is not among the agencies of the hub's directory", "{} không có trong danh mục cơ quan của Trục";
        /// To do.
        AgencyUnknownRemedy = "Check the code after --organ. An agency that has not joined yet applies first.", "Kiểm tra lại mã định danh sau --organ. Cơ quan chưa kết nối thì nộp hồ sơ đăng ký trước.";
        /// To do: whose turn, which step.
        AgencyJoiningRemedy = "The next step of the connection procedure is {}; it is the turn of {}.", "Bước tiếp theo của quy trình kết nối là {}; đến lượt {} thực hiện.";
        /// To do.
        AgencyJoiningUnclearRemedy = "Go on with the connection procedure until the agency is active.", "Thực hiện tiếp quy trình kết nối cho đến khi cơ quan được kích hoạt.";
        /// To do.
        AgencyMergedRemedy = "Write and sign as {}, with certificates of that agency.", "Gửi và ký văn bản với tư cách {}, bằng chứng thư số của cơ quan đó.";
        /// To do: the operator.
        AgencyRevokedRemedy = "Ask the operator of the axis ({}); nothing can be done about it from here.", "Liên hệ cơ quan vận hành Trục ({}); từ phía máy này không thể khắc phục.";
        /// To do: the operator.
        AgencySuspendedRemedy = "Ask the operator of the axis ({}) why, settle it, and have the agency activated again.", "Hỏi cơ quan vận hành Trục ({}) lý do tạm khóa, khắc phục rồi đề nghị kích hoạt lại.";
        /// To do.
        AgencyStateUnsaidRemedy = "Update docaxis: the hub may use a state this version does not know.", "Cập nhật docaxis: Trục có thể dùng trạng thái mà phiên bản này chưa biết.";
        /// Found: nothing usable in the file of anchors.
        AnchorsMalformed = "{} has no usable trust anchors: {}", "{} không có chứng thư số gốc dùng được (chi tiết kỹ thuật: {})";
        /// Found: the version.
        ApiFound = "the hub speaks version {} of the API", "Trục dùng phiên bản {} của giao diện kết nối";
        /// Found: another major version than this program's.
        ApiOther = "the hub speaks version {} of the API, this program version {}", "Trục dùng phiên bản {} của giao diện kết nối, còn chương trình này dùng phiên bản {}";
        /// To do.
        ApiOtherRemedy = "Install the version of docaxis that the operator of the axis names.", "Cài đặt phiên bản docaxis do cơ quan vận hành Trục công bố.";
        /// Label.
        Cause = "cause", "nguyên nhân";
        /// Found: a file that holds no certificate.
        CertificateMalformed = "{} holds no usable certificate in PEM: {}", "{} không chứa chứng thư số PEM dùng được (chi tiết kỹ thuật: {})";
        /// Found: every certificate leads to an anchor.
        ChainFound = "{} lead to a trust anchor in {}", "{} dẫn tới chứng thư số gốc trong {}";
        /// Found: no path.
        ChainUntrusted = "{} does not lead to a trust anchor in {}: {}", "{} không dẫn tới chứng thư số gốc nào trong {} (chi tiết kỹ thuật: {})";
        /// To do.
        ChainUntrustedRemedy = "Put the certificate's whole chain into its file. If another authority issued it, ask the CA of this axis for a certificate.", "Đưa toàn bộ chuỗi chứng thư số vào tệp. Nếu chứng thư số do tổ chức khác cấp thì đề nghị cơ quan cấp chứng thư số của Trục cấp mới.";
        /// Found: ahead, by how much, and what is tolerated.
        ClockAhead = "this machine's clock is {} ahead of the hub's; the hub tolerates {}", "đồng hồ của máy này nhanh hơn đồng hồ của Trục {}; mức cho phép là {}";
        /// Found: behind, by how much, and what is tolerated.
        ClockBehind = "this machine's clock is {} behind the hub's; the hub tolerates {}", "đồng hồ của máy này chậm hơn đồng hồ của Trục {}; mức cho phép là {}";
        /// Found: how far apart.
        ClockFound = "this machine's clock and the hub's are {} apart", "đồng hồ của máy này và của Trục lệch nhau {}";
        /// To do.
        ClockRemedy = "Synchronise this machine's clock (NTP); the hub is the reference of time on the axis (QĐ 28/2018/QĐ-TTg, Art. 14).", "Đồng bộ đồng hồ của máy này (NTP); thời gian của Trục là chuẩn chung cho các bên (Quyết định 28/2018/QĐ-TTg, Điều 14).";
        /// Found: no time.
        ClockUnsaid = "the hub does not say what time it has", "Trục không cho biết thời gian của mình";
        /// Found: room left.
        DiskFound = "the hub has {} free", "Trục còn trống {}";
        /// Found: too little room left.
        DiskLow = "the hub has only {} free", "Trục chỉ còn trống {}";
        /// To do.
        DiskLowRemedy = "Tell the operator of the axis: a hub without room refuses documents with STORAGE_FULL. Nothing is wrong on this side.", "Báo cho cơ quan vận hành Trục: khi hết chỗ, Trục từ chối văn bản với lý do STORAGE_FULL. Phía máy này không có lỗi.";
        /// Found: no disk.
        DiskUnsaid = "the hub keeps nothing on a disk, or does not say", "Trục không lưu trên ổ đĩa hoặc không cho biết";
        /// Found: over.
        Expired = "{} expired on {}", "{} đã hết hạn lúc {}";
        /// To do.
        ExpiredRemedy = "Have a new certificate issued and put it, with its key, in the place of the old one.", "Đề nghị cấp chứng thư số mới, thay tệp chứng thư số và khóa cũ bằng tệp mới.";
        /// Found: soon over, and in how long.
        ExpiresSoon = "{} expires on {}, in {}", "{} sẽ hết hạn lúc {}, còn {}";
        /// To do.
        ExpiresSoonRemedy = "Ask for a new certificate now; the old one stays valid beside it until it ends.", "Đề nghị cấp chứng thư số mới ngay từ bây giờ; chứng thư số cũ vẫn dùng được đến khi hết hạn.";
        /// Found: all valid, the first to end.
        ExpiryFound = "all are valid; the first ends on {}", "tất cả còn hiệu lực; sớm nhất hết hạn lúc {}";
        /// To do.
        FileMalformedRemedy = "Copy the file again from where it was issued, as PEM text (not DER, not PKCS#12), or have it issued again.", "Sao chép lại tệp từ nơi cấp ở dạng văn bản PEM (không phải DER hay PKCS#12), hoặc đề nghị cấp lại.";
        /// Found: not there.
        FileMissing = "{} is missing", "thiếu tệp {}";
        /// To do.
        FileMissingRemedy = "Copy the file from where the certificates were issued, or have them issued again (`docaxis ca issue`).", "Sao chép tệp từ nơi cấp chứng thư số, hoặc đề nghị cấp lại (`docaxis ca issue`).";
        /// Found: the system does not give it.
        FileUnreadable = "{} cannot be read: {}", "không đọc được tệp {} (chi tiết kỹ thuật: {})";
        /// To do.
        FileUnreadableRemedy = "See that it is a plain file which this user may read, and its directory too.", "Bảo đảm đây là tệp thông thường và người dùng hiện tại có quyền đọc tệp và thư mục chứa tệp.";
        /// Found: how many files.
        FilesFound = "all {} files are there, and the keys are their owner's alone", "đủ {} tệp; chỉ chủ sở hữu đọc được các khóa bí mật";
        /// Heading: hub, organisation.
        Heading = "docaxis doctor · {} · {}", "docaxis doctor · {} · {}";
        /// Everything is in order.
        Healthy = "Nothing stands in the way of exchanging documents.", "Không có gì cản trở việc trao đổi văn bản.";
        /// In order, with how many warnings.
        HealthyWarned = "Nothing stands in the way of exchanging documents; warnings: {}.", "Không có gì cản trở việc trao đổi văn bản; số cảnh báo: {}.";
        /// Found: the hub's own words.
        HubRefuses = "the hub refuses the call: {}", "Trục từ chối: {}";
        /// Found: a key for everybody to read: file, mode.
        KeyExposed = "others than its owner may use {} (mode {})", "người khác ngoài chủ sở hữu có thể truy cập {} (quyền {})";
        /// To do.
        KeyExposedRemedy = "Run `chmod 600 {}`. If anybody else could use this machine meanwhile, have new certificates issued.", "Chạy `chmod 600 {}`. Nếu đã có người khác dùng được máy này, hãy đề nghị cấp chứng thư số mới.";
        /// Found: a file that holds no key.
        KeyMalformed = "{} holds no private key in PKCS#8 PEM", "{} không chứa khóa bí mật PKCS#8 dạng PEM";
        /// Found: key and certificate of different pairs.
        KeyMismatch = "{} does not belong to {}", "{} không khớp với {}";
        /// To do.
        KeyMismatchRemedy = "Put each key beside the certificate it was made with. Where the key is lost, have a new certificate issued.", "Đặt mỗi khóa bên cạnh chứng thư số được cấp cho khóa đó. Nếu khóa bị mất thì đề nghị cấp chứng thư số mới.";
        /// Found: they fit.
        KeysFound = "each key belongs to its certificate", "mỗi khóa đều khớp với chứng thư số của mình";
        /// Found: a file that holds no list.
        ListMalformed = "{} cannot be used as a revocation list: {}", "{} không dùng được làm danh sách chứng thư số bị thu hồi (chi tiết kỹ thuật: {})";
        /// Found: how a name was looked up.
        NameFound = "{} has the address {}", "{} có địa chỉ {}";
        /// Found: nothing to look up.
        NameIsAddress = "{} is an address", "{} là địa chỉ IP";
        /// Found: nobody answered in so long.
        NameSilent = "no answer within {} about the address of {}", "không có trả lời trong {} khi tra địa chỉ của {}";
        /// Found: not known.
        NameUnknown = "{} has no address: {}", "không tra được địa chỉ của {} (chi tiết kỹ thuật: {})";
        /// To do.
        NameUnknownRemedy = "Check the host name in --hub, this machine's network connection and its DNS server.", "Kiểm tra lại tên máy chủ trong --hub, kết nối mạng và máy chủ DNS của máy này.";
        /// Found: nothing comes back.
        NoAnswer = "the hub does not answer: {}", "Trục không trả lời (chi tiết kỹ thuật: {})";
        /// Found: nothing comes back in so long.
        NoAnswerInTime = "the hub does not answer within {}", "Trục không trả lời trong {}";
        /// To do.
        NoAnswerRemedy = "Try again in a minute. If it stays so, tell the operator of the axis.", "Thử lại sau một phút. Nếu vẫn như vậy, báo cho cơ quan vận hành Trục.";
        /// Found: something else than a hub.
        NotAHub = "{} is no hub of an axis: {}", "{} không phải là Trục (chi tiết kỹ thuật: {})";
        /// To do.
        NotAHubRemedy = "Check host and port in --hub: another service answers there.", "Kiểm tra lại tên máy chủ và cổng trong --hub: dịch vụ ở đó là dịch vụ khác.";
        /// Found: the handshake was met with something else.
        NotTls = "{} answers, but not in TLS: {}", "{} có trả lời nhưng không phải bằng TLS (chi tiết kỹ thuật: {})";
        /// Found: the connection was closed.
        NotTlsClosed = "{} closes the connection instead of answering in TLS", "{} đóng kết nối thay vì trả lời bằng TLS";
        /// Found: nothing came.
        NotTlsSilent = "{} takes the connection and says nothing for {}", "{} nhận kết nối nhưng không trả lời gì trong {}";
        /// To do.
        NotTlsRemedy = "Check that host and port in --hub are the hub's, and that no proxy stands in between.", "Kiểm tra tên máy chủ và cổng trong --hub đúng là của Trục và không có máy chủ trung gian ở giữa.";
        /// Found: too early.
        NotYetValid = "{} is valid from {} only", "{} chỉ có hiệu lực từ {}";
        /// To do.
        NotYetValidRemedy = "Use the certificate that is valid now, or wait until this one is.", "Dùng chứng thư số đang còn hiệu lực, hoặc đợi đến khi chứng thư số này có hiệu lực.";
        /// Found: all certificates are of the organisation.
        OrganisationFound = "the certificates name {}", "các chứng thư số đều nêu {}";
        /// Found: of another organisation.
        OrganisationOther = "{} names {}, not {}", "{} nêu {}, không phải {}";
        /// To do.
        OrganisationOtherRemedy = "Use the certificates of {}, or correct --organ: nobody may send in another's name.", "Dùng chứng thư số của {}, hoặc sửa lại --organ: không được gửi thay cơ quan khác.";
        /// Found: accepted.
        PeerFound = "the hub takes the connection certificate", "Trục chấp nhận chứng thư số kết nối";
        /// Found: nothing listens.
        PortClosed = "{} refuses the connection: nothing listens there", "{} từ chối kết nối: không có dịch vụ nào ở cổng này";
        /// To do.
        PortClosedRemedy = "Check the port in --hub, and ask the operator of the axis whether the hub is running.", "Kiểm tra lại số cổng trong --hub và hỏi cơ quan vận hành xem Trục có đang chạy không.";
        /// Found: connected.
        PortFound = "{} takes connections", "{} nhận kết nối";
        /// Found: no answer in so long.
        PortSilent = "{} does not answer within {}", "{} không trả lời trong {}";
        /// Found: no way there.
        PortUnreachable = "{} cannot be reached: {}", "không kết nối được tới {} (chi tiết kỹ thuật: {})";
        /// To do.
        PortUnreachableRemedy = "Have this address and port opened in the firewalls on both sides and in the network between (TSLCD, VPN).", "Đề nghị mở địa chỉ và cổng này trên tường lửa của hai bên và trên mạng kết nối (mạng TSLCD, VPN).";
        /// Found: for what the file says.
        PurposeFound = "each certificate is for what its file says", "mỗi chứng thư số đúng mục đích như tên tệp";
        /// Found: for something else.
        PurposeOther = "{} holds a certificate for use as `{}`, not `{}`", "{} chứa chứng thư số dùng cho mục đích “{}”, không phải “{}”";
        /// To do.
        PurposeOtherRemedy = "Put each certificate and its key into the files named after its use.", "Đặt mỗi chứng thư số và khóa của nó vào tệp mang tên mục đích sử dụng tương ứng.";
        /// Found: no purpose of the axis, or one its key usage forbids.
        PurposeWrong = "{} may not be used on the axis: {}", "{} không dùng được trên Trục (chi tiết kỹ thuật: {})";
        /// To do.
        PurposeWrongRemedy = "Ask the CA of this axis for a certificate of this use.", "Đề nghị cơ quan cấp chứng thư số của Trục cấp chứng thư số đúng mục đích này.";
        /// Found: a limit a day, and under way.
        QuotaFound = "at most {} documents a day, {} under way at once", "tối đa {} văn bản mỗi ngày, {} văn bản xử lý cùng lúc";
        /// Found: no limit a day.
        QuotaUnlimited = "no daily limit, at most {} documents under way at once", "không giới hạn theo ngày, tối đa {} văn bản xử lý cùng lúc";
        /// Label.
        Remedy = "what to do", "cách xử lý";
        /// Found: none revoked; until when the lists hold.
        RevocationFound = "none is revoked; the hub's lists are due for renewal on {}", "không chứng thư số nào bị thu hồi; hạn cập nhật danh sách của Trục là {}";
        /// Found: none revoked by the participant's own lists.
        RevocationFoundAlone = "none is revoked by the lists in the identity directory; the hub's were not seen", "không chứng thư số nào bị thu hồi theo danh sách trong thư mục của máy này; chưa xem được danh sách của Trục";
        /// Found: lists past their date, still believed.
        RevocationLate = "the hub's revocation lists were due for renewal on {}; they are believed for 24 hours longer", "danh sách chứng thư số bị thu hồi của Trục đã quá hạn cập nhật từ {}; chỉ còn được chấp nhận thêm 24 giờ";
        /// Found: the hub cannot tell.
        RevocationUnknown = "the hub's lists do not tell whether {} is revoked: {}", "danh sách của Trục không cho biết {} có bị thu hồi hay không (chi tiết kỹ thuật: {})";
        /// Found: the hub's lists are not of this axis.
        RevocationUnbelieved = "the hub's revocation lists are not to be believed: {}", "danh sách chứng thư số bị thu hồi của Trục không đáng tin cậy (chi tiết kỹ thuật: {})";
        /// To do.
        RevocationUnknownRemedy = "Tell the operator of the axis to load the present revocation lists of the CA; until then signatures are refused. Nothing is wrong on this side.", "Báo cơ quan vận hành Trục nạp danh sách chứng thư số bị thu hồi mới nhất; cho đến khi đó chữ ký số bị từ chối. Phía máy này không có lỗi.";
        /// Found: the participant's own lists do not tell.
        RevocationUnknownHere = "the revocation lists in the identity directory do not tell: {}", "danh sách chứng thư số bị thu hồi trong thư mục của máy này không dùng được (chi tiết kỹ thuật: {})";
        /// Found: no lists of its own.
        RevocationMissingHere = "the identity directory has no {}", "thư mục của máy này không có {}";
        /// To do.
        RevocationUnknownHereRemedy = "Put the present root.crl and issuing.crl of the CA there; without them this participant believes nobody's signature.", "Đặt root.crl và issuing.crl mới nhất của cơ quan cấp chứng thư số vào đó; nếu không, máy này không xác nhận được chữ ký của bên nào.";
        /// Found: revoked: file, serial.
        Revoked = "{} (serial number {}) is revoked", "{} (số sê-ri {}) đã bị thu hồi";
        /// To do.
        RevokedRemedy = "Stop using the certificate and its key at once, and have a new one issued. If the key was lost or copied, check what was sent with it.", "Ngừng ngay việc sử dụng chứng thư số và khóa này, đề nghị cấp mới. Nếu khóa bị mất hoặc bị lộ, rà soát các văn bản đã gửi bằng khóa đó.";
        /// Found: the hub's certificate is over; what time it is here.
        ServerExpired = "the hub's certificate expired on {}; this machine's clock shows {}", "chứng thư số của Trục đã hết hạn lúc {}; đồng hồ của máy này chỉ {}";
        /// To do.
        ServerExpiredRemedy = "If this machine's clock is right, tell the operator of the axis to renew the hub's certificate; if not, set the clock.", "Nếu đồng hồ của máy này đúng, báo cơ quan vận hành gia hạn chứng thư số của Trục; nếu sai, chỉnh lại đồng hồ.";
        /// Found: of another name: names in the certificate, name asked for.
        ServerNameMismatch = "the hub's certificate is for {}, not for {}", "chứng thư số của Trục cấp cho {}, không phải cho {}";
        /// To do.
        ServerNameMismatchRemedy = "Write one of the certificate's names in --hub, or tell the operator of the axis that {} is missing in it.", "Ghi một trong các tên có trong chứng thư số vào --hub, hoặc báo cơ quan vận hành bổ sung tên {}.";
        /// Found: too early; what time it is here.
        ServerNotYetValid = "the hub's certificate is valid from {} only; this machine's clock shows {}", "chứng thư số của Trục chỉ có hiệu lực từ {}; đồng hồ của máy này chỉ {}";
        /// To do.
        ServerNotYetValidRemedy = "If this machine's clock is right, tell the operator of the axis; if not, set the clock.", "Nếu đồng hồ của máy này đúng, báo cơ quan vận hành Trục; nếu sai, chỉnh lại đồng hồ.";
        /// Found: not of an anchor.
        ServerUntrusted = "the certificate of {} does not lead to a trust anchor in {}: {}", "chứng thư số của {} không dẫn tới chứng thư số gốc nào trong {} (chi tiết kỹ thuật: {})";
        /// To do.
        ServerUntrustedRemedy = "Compare the SHA-256 of the trust anchors with what the operator of the axis published. If they are right, somebody else answers at this address: send nothing there.", "Đối chiếu SHA-256 của chứng thư số gốc với giá trị do cơ quan vận hành công bố. Nếu khớp thì bên trả lời ở địa chỉ này không phải Trục: không gửi gì tới đó.";
        /// Not looked at: which check is in the way.
        Skipped = "not checked, because this is not in order: {}", "chưa kiểm tra, do mục này chưa đạt: {}";
        /// Name of a check.
        TitleApi = "API", "giao diện kết nối";
        /// Name of a check.
        TitleChain = "certificate chains", "chuỗi chứng thư số";
        /// Name of a check.
        TitleClock = "clock", "đồng hồ";
        /// Name of a check.
        TitleDisk = "hub's disk", "ổ đĩa của Trục";
        /// Name of a check.
        TitleExpiry = "validity", "thời hạn hiệu lực";
        /// Name of a check.
        TitleFiles = "files", "tệp của cơ quan";
        /// Name of a check.
        TitleKeyMatch = "keys", "khóa bí mật";
        /// Name of a check.
        TitleName = "host name", "tên máy chủ";
        /// Name of a check.
        TitleOrganisation = "organisation", "mã định danh";
        /// Name of a check.
        TitlePeer = "mutual TLS", "xác thực với Trục";
        /// Name of a check.
        TitlePort = "port", "cổng kết nối";
        /// Name of a check.
        TitlePurpose = "purpose", "mục đích sử dụng";
        /// Name of a check.
        TitleQuota = "quota", "hạn mức";
        /// Name of a check.
        TitleRevocation = "revocation", "tình trạng thu hồi";
        /// Name of a check.
        TitleState = "state", "trạng thái trên Trục";
        /// Name of a check.
        TitleTls = "TLS", "kết nối TLS";
        /// Found: a handshake.
        TlsFound = "TLS 1.3, with a certificate for {} that leads to {}", "TLS 1.3, chứng thư số của {} dẫn tới chứng thư số gốc trong {}";
        /// Found: broken off.
        TlsFailed = "the TLS handshake with {} fails: {}", "thiết lập TLS với {} không thành công (chi tiết kỹ thuật: {})";
        /// Found: another version.
        TlsVersion = "{} does not speak TLS 1.3: {}", "{} không hỗ trợ TLS 1.3 (chi tiết kỹ thuật: {})";
        /// To do.
        TlsVersionRemedy = "A hub speaks TLS 1.3. Find what ends the connection before it gets there (a proxy, an inspecting firewall) and have it let TLS through.", "Trục dùng TLS 1.3. Tìm thiết bị chặn kết nối ở giữa (máy chủ trung gian, tường lửa kiểm tra nội dung) và cấu hình để cho TLS đi qua.";
        /// Something is wrong: how many, where to begin, its code.
        Unhealthy = "Not in order: {}. Begin with: {} ({}).", "Số mục chưa đạt: {}. Xử lý trước: {} ({}).";
        /// A length of time.
        UnitDays = "{} days", "{} ngày";
        /// A length of time.
        UnitHours = "{} h", "{} giờ";
        /// A length of time.
        UnitMinutes = "{} min", "{} phút";
        /// A length of time.
        UnitSeconds = "{} s", "{} giây";
    }
}

#[cfg(test)]
mod tests {
    use super::DoctorPhrase;
    use crate::text::Language;

    #[test]
    fn every_phrase_has_the_same_facts_in_both_languages() {
        for phrase in DoctorPhrase::ALL {
            let [english, vietnamese] = [Language::En, Language::Vi].map(|one| phrase.text(one));
            let facts = |text: &str| text.matches("{}").count();
            assert_eq!(facts(english), facts(vietnamese), "{phrase:?}");
            for text in [english, vietnamese] {
                assert!(!text.is_empty() && text.trim() == text && !text.contains("  "));
            }
            let is_vietnamese =
                |c: char| "ăâđêôơưạảấầẩậắặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữự".contains(c);
            // Names of Vietnamese laws stay as they are.
            let prose = english.replace("QĐ 28/2018/QĐ-TTg", "");
            assert!(
                !prose.contains(is_vietnamese),
                "{phrase:?}: Vietnamese under English"
            );
        }
    }

    #[test]
    fn what_to_do_is_a_sentence_and_what_was_found_is_none() {
        for phrase in DoctorPhrase::ALL {
            let name = format!("{phrase:?}");
            let is_sentence = (name.ends_with("Remedy") && name != "Remedy")
                || name.starts_with("Healthy")
                || name == "Unhealthy";
            for language in Language::ALL {
                let text = phrase.text(language);
                assert_eq!(text.ends_with('.'), is_sentence, "{text}");
            }
        }
    }
}
