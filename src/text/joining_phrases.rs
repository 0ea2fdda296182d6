//! Labels and sentences of the connection procedure.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence in both languages; `{}` takes a fact.
    JoiningPhrase {
    /// Heading of the readiness certificate.
    ReadinessCertificate = "READINESS CERTIFICATE", "GIẤY CHỨNG NHẬN SẴN SÀNG KẾT NỐI";
    /// Its body: name, code, tests, documents a day, documents, seconds, milliseconds.
    ReadinessCertificateBody = "{} (code {}) passed {} conformance tests. Declared volume: {} documents a day. Capacity test: {} documents on record in {} s; 99 of 100 within {} ms of when they were due.", "{} (mã định danh {}) đã đạt {} phép kiểm thử tuân thủ. Khối lượng đăng ký: {} văn bản/ngày. Kiểm tra năng lực: {} văn bản được ghi nhận trong {} giây; 99% số văn bản được ghi nhận trong vòng {} mili giây kể từ thời điểm phải gửi.";
    }
}
