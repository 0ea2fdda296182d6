//! Labels and sentences of the connection procedure.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence in both languages; `{}` takes a fact.
    ProcedurePhrase {
    /// After a step that was found done.
    AlreadyDone = "done before", "đã thực hiện từ trước";
    /// After the steps, before the time: the whole took so long.
    AllDone = "on the axis after {} s; the first document was received by the Government Office after {} s", "đã vào Trục sau {} giây; văn bản đầu tiên đến Văn phòng Chính phủ sau {} giây";
    /// The application was made: number of units, fingerprint of the trust anchors.
    ApplicationMade = "application on record; units: {}; trust anchors {}…", "hồ sơ đã được ghi nhận; số đơn vị trực thuộc: {}; chứng thư số gốc {}…";
    /// Stages reached, and documents.
    Activated = "stage {} of 3; documents to the Government Office: {}", "giai đoạn {} trên 3; văn bản gửi Văn phòng Chính phủ: {}";
    /// The answer of the Government Office.
    AnswerReceived = "answer of the Government Office received and checked: {}", "đã nhận và kiểm tra văn bản trả lời của Văn phòng Chính phủ: {}";
    /// Capacity: documents, per second, p99 in ms.
    CapacityFound = "{} documents, {} a second; 99 of 100 on record within {} ms of when they were due", "{} văn bản, {} văn bản/giây; 99% được ghi nhận trong vòng {} mili giây kể từ thời điểm phải gửi";
    /// The capacity test was not passed: on record, of how many, p99 in ms, the most allowed.
    CapacityFailed = "not enough: {} of {} documents on record; 99 of 100 within {} ms of when they were due, allowed are {} ms", "chưa đạt: {} trên {} văn bản được ghi nhận; 99% trong vòng {} mili giây kể từ thời điểm phải gửi, cho phép {} mili giây";
    /// Before a certificate's use, serial number and last day.
    CertificateIssued = "{} certificate: serial number {}…, valid until {}", "chứng thư số {}: số sê-ri {}…, có hiệu lực đến {}";
    /// Before the codes.
    CodesRegistered = "registered: {}", "đã đăng ký: {}";
    /// Heading of a conformance report.
    ConformanceReport = "Conformance report", "Báo cáo kiểm thử tuân thủ";
    /// The connection is checked.
    Connected = "TLS 1.3, both sides authenticated, clocks agree", "TLS 1.3, hai bên đã xác thực, đồng hồ khớp";
    /// Column: what had to come of it.
    Expected = "expected", "yêu cầu";
    /// Column: what was found.
    Found = "found", "kết quả";
    /// A test failed.
    Failed = "failed", "không đạt";
    /// Why a person decides: the code is in use.
    HeldCodeInUse = "a person decides: this code is in use on the axis (its agency is registered, has certificates in force, or was seen)", "phải có người xét duyệt: mã này đang được dùng trên Trục (cơ quan đã đăng ký, có chứng thư số còn hiệu lực hoặc đã từng kết nối)";
    /// Why a person decides: it was sent back.
    HeldSentBack = "a person decides: the application was sent back before", "phải có người xét duyệt: hồ sơ này đã bị trả lại trước đó";
    /// Why a person decides: the hub approves no more.
    HeldTooMany = "a person decides: the hub approved many by itself that are not on the axis yet", "phải có người xét duyệt: Trục đã tự động duyệt nhiều hồ sơ mà địa phương chưa vào Trục";
    /// Something of one's own failed: what.
    HereFailed = "cannot go on here: {}", "không thể tiếp tục tại máy này: {}";
    /// The hub does not answer: what the connection said.
    HubSilent = "the hub cannot be reached; is it running, and is the address right? ({})", "không kết nối được tới Trục; kiểm tra Trục có đang chạy và địa chỉ có đúng không ({})";
    /// Before the directory.
    KeptIn = "everything is kept in {}; run the same command again to go on", "mọi thứ được lưu tại {}; chạy lại đúng lệnh này để tiếp tục";
    /// Between steps on a terminal.
    PressEnter = "Enter: next step, q: stop", "Enter: bước tiếp theo, q: dừng";
    /// A test passed.
    Passed = "passed", "đạt";
    /// Before what a step produces.
    Produces = "produces", "kết quả";
    /// Heading of the plan.
    Plan = "The connection procedure, eight steps", "Thủ tục kết nối, tám bước";
    /// Heading of the readiness certificate.
    ReadinessCertificate = "READINESS CERTIFICATE", "GIẤY CHỨNG NHẬN SẴN SÀNG KẾT NỐI";
    /// Its body: name, code, tests, documents a day, documents, seconds, milliseconds.
    ReadinessCertificateBody = "{} (code {}) passed {} conformance tests. Declared volume: {} documents a day. Capacity test: {} documents on record in {} s; 99 of 100 within {} ms of when they were due.", "{} (mã định danh {}) đã đạt {} phép kiểm thử tuân thủ. Khối lượng đăng ký: {} văn bản/ngày. Kiểm tra năng lực: {} văn bản được ghi nhận trong {} giây; 99% số văn bản được ghi nhận trong vòng {} mili giây kể từ thời điểm phải gửi.";
    /// The certificate's file and what verifying it offline says.
    ReadinessVerified = "readiness certificate {}, verified offline: {}", "giấy chứng nhận sẵn sàng {}, kiểm tra không cần mạng: {}";
    /// On the test axis.
    Registered = "on the test axis, with T01, T02 and T03", "đã vào trục thử nghiệm cùng T01, T02 và T03";
    /// Before what a failed test asks for.
    Remedy = "what to do", "cần làm gì";
    /// Before what a step rests on.
    RestsOn = "rests on", "căn cứ";
    /// The application came back: why.
    SentBack = "the application was sent back: {}", "hồ sơ bị trả lại: {}";
    /// Column: what the hub asked or sent.
    SentToCandidate = "task", "nhiệm vụ";
    /// Column of the test's name.
    Test = "test", "phép thử";
    /// Verdicts: passed, of how many.
    TestsPassed = "{} of {} tests passed", "đạt {} trên {} phép thử";
    /// Before how long it takes today.
    TodayTakes = "today", "hiện nay";
    /// An application waits: for whom.
    WaitsFor = "waits for {}", "đang chờ {}";
    /// Before what happens in a step.
    WhatHappens = "what happens", "nội dung";
    }
}
