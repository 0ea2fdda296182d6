//! Labels and sentences of `docaxis bench verify`. `{}` is a figure.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence of a report on verification rates.
    RatesPhrase {
        /// Heading of a column.
        Added = "adds", "thêm";
        /// Heading of a column.
        Algorithm = "algorithm", "thuật toán";
        /// Heading of a column.
        Backend = "backend", "bộ máy";
        /// Heading of a column.
        BadShare = "bad", "hỏng";
        /// Heading.
        Batches = "Signatures together", "Số chữ ký kiểm tra cùng lúc";
        /// How to read the chart of batches.
        BatchesHow = "Verifications a second on one core against signatures verified together; known signers, 1 KiB messages. One signature alone is never held back.", "Số lần kiểm tra mỗi giây trên một lõi theo số chữ ký kiểm tra cùng lúc; bên ký đã biết, thông điệp 1 KiB. Một chữ ký đến lẻ không bao giờ phải chờ.";
        /// Heading of a column.
        Best = "best", "cao nhất";
        /// Heading of the slice over cores.
        Cores = "Cores", "Số lõi";
        /// Heading of the digests.
        Digests = "Digests of independent messages", "Băm nhiều thông điệp độc lập";
        /// How to read the digests.
        DigestsHow = "64 messages together on one core.", "64 thông điệp cùng lúc trên một lõi.";
        /// After a rate.
        DocumentsPerSecond = "documents/s", "văn bản/giây";
        /// Name of a row.
        FirstMeeting = "to the policy, first meeting", "tới bước xét chính sách, bên ký gặp lần đầu";
        /// Name of a step: revocation looked up anew.
        NewLists = "to the policy, new revocation lists", "tới bước xét chính sách, danh sách thu hồi mới";
        /// Name of a signer that has tables.
        Known = "known", "đã biết";
        /// Heading of the latencies.
        Lone = "A lone signature, µs", "Một chữ ký đến lẻ, µs";
        /// How to read the latencies.
        LoneHow = "The time one signature takes when nothing waits beside it, with its interval; × is against aws-lc-rs.", "Thời gian của một chữ ký khi không có gì chờ bên cạnh, kèm khoảng tin cậy; × là so với aws-lc-rs.";
        /// Line on the measurement: keys, signatures, rounds, milliseconds.
        Made = "{} keys and {} distinct signatures of each algorithm · median of {} rounds of {} ms that take turns", "mỗi thuật toán {} khóa và {} chữ ký khác nhau · trung vị của {} vòng {} ms xen kẽ";
        /// Heading of a column.
        MessageBytes = "message", "thông điệp";
        /// Heading of a column.
        Named = "found", "tìm ra";
        /// There is no openssl.
        NoOpenssl = "openssl is not on this machine: no ratio to it", "máy này không có openssl nên không có tỷ lệ so sánh";
        /// The processor has no lanes.
        NoLanes = "this processor has no AVX-512 IFMA: signatures are verified by aws-lc-rs, one after the other", "bộ xử lý này không có AVX-512 IFMA: chữ ký do aws-lc-rs kiểm tra lần lượt";
        /// Heading of bad signatures.
        Poisoned = "Bad signatures among good ones", "Chữ ký hỏng lẫn trong chữ ký tốt";
        /// How to read them.
        PoisonedHow = "Verifications a second on one core against the share of bad signatures, × none of them bad; each bad one is found, and no other.", "Số lần kiểm tra mỗi giây trên một lõi theo tỷ lệ chữ ký hỏng, × so với khi không có chữ ký hỏng; mọi chữ ký hỏng đều bị chỉ ra, không nhầm chữ ký nào khác.";
        /// Heading of the main table.
        Rates = "Verifications a second on one core, hashing included", "Số lần kiểm tra mỗi giây trên một lõi, gồm cả băm";
        /// A row: openssl.
        RowOpenssl = "openssl speed: one, digest given", "openssl speed: một, cho sẵn giá trị băm";
        /// A row: aws-lc-rs.
        RowAwsLc = "aws-lc-rs: one signature", "aws-lc-rs: một chữ ký";
        /// A row: one signature.
        RowOne = "one signature, key not met", "một chữ ký, khóa chưa gặp";
        /// A row: how many together.
        RowTogether = "{} together, keys not met", "{} chữ ký cùng lúc, khóa chưa gặp";
        /// A row: how many together.
        RowKnown = "{} together, known signers", "{} chữ ký cùng lúc, bên ký đã biết";
        /// How to read the summary: slots, seconds of each, how sure intervals are.
        SummaryHow = "1 KiB messages, {} slots of {} s that take turns with those of `openssl speed`; intervals hold the median with {} % certainty. Like for like are the rows of one signature: keys are parsed beforehand, and openssl is given the digest. Then what batches add; then what tables of known signers' keys add, made when a certificate leads to an anchor: a comparison of systems, not of kernels. Ratios are to the rows printed here, ≈ 1 where intervals overlap. `openssl speed` cannot measure PSS: no ratio.", "Thông điệp 1 KiB, {} lượt đo dài {} giây, xen kẽ với `openssl speed`; khoảng tin cậy của trung vị là {} %. Các dòng một chữ ký là so sánh cùng điều kiện: khóa được đọc sẵn, openssl được cho sẵn giá trị băm. Tiếp theo là phần lợi khi kiểm tra nhiều chữ ký cùng lúc; cuối cùng là phần lợi của bảng tính sẵn từ khóa bên ký đã biết, lập khi chứng thư số dẫn về một gốc tin cậy, tức là so sánh hai hệ thống chứ không phải hai thuật toán. Tỷ lệ tính theo các dòng in tại đây, ghi ≈ 1 khi hai khoảng tin cậy trùm lên nhau. `openssl speed` không đo được PSS nên không có tỷ lệ.";
        /// On intervals: how sure they are.
        Intervals = "other figures: intervals hold the median with {} % certainty; ± is half of what lies between the quartiles", "các số liệu khác: khoảng tin cậy {} % của trung vị; ± là nửa khoảng tứ phân vị";
        /// Heading of a column.
        Interval = "interval", "khoảng tin cậy";
        /// What a quick run is worth.
        Quick = "QUICK: few keys and signatures, which stay in the processor's cache and flatter known signers, and short rounds: for a look, not for publication", "ĐO NHANH: ít khóa và chữ ký, nằm gọn trong bộ nhớ đệm nên có lợi cho bên ký đã biết, vòng đo ngắn: chỉ để xem, không dùng để công bố";
        /// Heading: against an earlier run.
        Baseline = "Against the earlier run of docaxis", "So với lần đo trước của docaxis";
        /// The earlier run had a warning.
        BaselineDisturbed = "WARNING: the machine was disturbed during the earlier run", "CẢNH BÁO: máy bị ảnh hưởng trong lần đo trước";
        /// How to read it: figures, regressions, noise.
        BaselineHow = "{} figures compared, {} slower by more than {} % and by more than both intervals explain; listed is what differs beyond the intervals, now as a multiple of then.", "So sánh {} số liệu, {} số liệu chậm hơn quá {} % và ngoài khoảng tin cậy của cả hai lần; liệt kê các số liệu khác nhau ngoài khoảng tin cậy, tỷ lệ lần này so với lần trước.";
        /// How to repeat it.
        Repeat = "to repeat it", "để đo lại";
        /// Heading of the revocation.
        Revocation = "A revocation under load", "Thu hồi khi đang tải nặng";
        /// What was found: repeats, in force p50, max, first refusal p50, max, begun after, passed after.
        RevocationFound = "{} times, all cores verifying: in force {} µs after the list was handed in (longest {}), first refusal after {} µs (longest {}); of {} documents begun after that, {} passed", "{} lần, mọi lõi đang kiểm tra: có hiệu lực {} µs sau khi nộp danh sách (lâu nhất {}), từ chối đầu tiên sau {} µs (lâu nhất {}); trong {} văn bản bắt đầu sau đó có {} văn bản lọt qua";
        /// Heading of a column.
        Share = "share", "tỷ lệ";
        /// Heading of the slice over sizes.
        Sizes = "Size of the message", "Kích thước thông điệp";
        /// A step of a run: its number, of how many, what, seconds left.
        ProgressSeconds = "measuring {} of {}: {} · about {} s left", "đang đo {}/{}: {} · còn khoảng {} giây";
        /// The same with minutes left.
        ProgressMinutes = "measuring {} of {}: {} · about {} min left", "đang đo {}/{}: {} · còn khoảng {} phút";
        /// What a step measures: an algorithm.
        ToSummary = "{} beside openssl", "{} xen kẽ với openssl";
        /// What a step measures: an algorithm.
        ToMatrix = "{} in every way", "{} với mọi cách kiểm tra";
        /// What a step measures: an algorithm.
        ToPoisoned = "{}, bad signatures", "{}, chữ ký hỏng";
        /// What a step does.
        ToCertificates = "keys and certificates are made", "tạo khóa và chứng thư số";
        /// Before anything is measured: number, of how many, algorithm.
        Making = "making keys and signatures {} of {}: {}", "đang tạo khóa và chữ ký {}/{}: {}";
        /// Name of the page.
        Title = "signature verification rates", "tốc độ kiểm tra chữ ký số";
        /// Name of a signer that has none.
        Unknown = "unknown", "chưa biết";
        /// Heading of the waterfall.
        Waterfall = "The whole path of a document", "Toàn bộ đường đi của một văn bản";
        /// How to read it: signatures, batch.
        WaterfallHow = "One core, {} RSA-2048 signatures a document, {} documents together; each row includes those above it. Where intervals overlap with the last row that adds something, nothing can be said (≈ 0), and the next counts from that row. The last two are other paths, without a report: revocation lists that are new, so that each signer is looked up again, and signers met for the first time.", "Một lõi, mỗi văn bản {} chữ ký RSA-2048, {} văn bản cùng lúc; mỗi dòng gồm cả các dòng trên. Khi khoảng tin cậy trùm lên dòng có số liệu gần nhất thì không kết luận được (≈ 0) và dòng sau tính từ dòng ấy. Hai dòng cuối là đường đi khác, không có báo cáo: danh sách thu hồi mới nên mọi bên ký được tra lại, và mọi bên ký đều gặp lần đầu.";
        /// Before two times: chain of a known signer, of a new one.
        ChainFound = "certificate chain and revocation: {} µs for a signer met before, {} µs for a new one ({} %)", "đường dẫn chứng thư và thu hồi: {} µs với bên ký đã gặp, {} µs với bên ký mới ({} %)";
        /// A step of the waterfall.
        StepSignature = "bare signatures", "chỉ chữ ký";
        /// A step of the waterfall.
        StepParse = "+ reading the CMS", "+ đọc CMS";
        /// A step of the waterfall.
        StepDigest = "+ digest of the content", "+ băm nội dung";
        /// A step of the waterfall.
        StepChain = "+ certificate chain", "+ đường dẫn chứng thư";
        /// A step of the waterfall.
        StepRevocation = "+ validity and revocation", "+ hiệu lực và thu hồi";
        /// A step of the waterfall.
        StepPolicy = "+ policy: use, sender, clock", "+ chính sách: mục đích, bên gửi, đồng hồ";
        /// A step of the waterfall.
        StepReport = "+ validation report", "+ báo cáo xác thực";
    }
}
