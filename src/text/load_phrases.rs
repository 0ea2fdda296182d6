//! Labels and sentences of `docaxis load`. `{}` is a figure.

use super::bilingual::bilingual;

bilingual! {
    /// A label or sentence of a load report.
    LoadPhrase {
        /// What would move the ceiling where committing is it.
        AdviceCommit = "one thread orders everything: fewer recipients and statuses per document, or a faster core, would move it", "một luồng sắp thứ tự mọi việc: ít nơi nhận và ít trạng thái hơn cho mỗi văn bản, hoặc lõi nhanh hơn, sẽ nâng trần";
        /// What would move the ceiling where connections are it.
        AdviceConnections = "sockets, TLS and HTTP/2: larger batches on fewer connections, or more cores, would move it", "kết nối, TLS và HTTP/2: gom nhiều văn bản hơn trên ít kết nối hơn, hoặc thêm lõi, sẽ nâng trần";
        /// What would move the ceiling where verification is it.
        AdviceCores = "checking signatures: more or faster cores would move it in proportion", "kiểm tra chữ ký số: thêm lõi hoặc lõi nhanh hơn sẽ nâng trần theo tỷ lệ";
        /// What would move the ceiling where the disk is it.
        AdviceDisk = "writing to the disk: a disk with a shorter flush would move it", "ghi xuống đĩa: đĩa có thời gian ghi ngắn hơn sẽ nâng trần";
        /// What would move the ceiling where the index is it.
        AdviceIndex = "writing the index out: a disk with more throughput would move it", "ghi chỉ mục: đĩa có băng thông lớn hơn sẽ nâng trần";
        /// The hub cannot keep up.
        AlarmBehind = "the hub cannot take this rate: it answered {} documents a second and fell behind, so the run was ended", "Trục không chịu được tốc độ này: mỗi giây trả lời {} văn bản và tụt lại, nên lần đo đã dừng";
        /// Streams broke.
        AlarmBroken = "connections broke {} times and were made again", "kết nối bị đứt {} lần và đã được nối lại";
        /// Nothing is idle.
        AlarmCoresFull = "all cores were busy, {} % of them with the generator: on cores of its own the hub would be faster", "mọi lõi đều bận, {} % do bộ sinh tải: có lõi riêng thì Trục sẽ nhanh hơn";
        /// The corpus was too short.
        AlarmExhausted = "the prepared documents ended before the time did", "văn bản chuẩn bị sẵn đã hết trước khi hết giờ";
        /// Back-pressure.
        AlarmHeldBack = "too much was under way for {} s: the schedule was not kept, the latencies count it", "có {} giây quá nhiều văn bản đang trên đường: không giữ được lịch gửi, độ trễ đã tính cả phần này";
        /// The generator is slow.
        AlarmSlip = "the generator itself was late by {} ms (p99): these figures are partly its own", "chính bộ sinh tải bị trễ {} ms (p99): số đo có phần do nó";
        /// Hub and generator agree.
        Balanced = "ledger balanced", "sổ cái cân bằng";
        /// Before the stage that takes most.
        Ceiling = "ceiling", "trần";
        /// Row of the generator's figures.
        CountedByGenerator = "counted by the generator", "bộ sinh tải đếm được";
        /// Row of the hub's figures.
        CountedByHub = "counted by the hub", "Trục đếm được";
        /// Row of the sizing sheet.
        Cores = "cores for the hub, half used", "số lõi cho Trục, dùng một nửa";
        /// Row of the sizing sheet.
        CostModel = "CPU of a document (R recipients, S signatures)", "CPU mỗi văn bản (R nơi nhận, S chữ ký)";
        /// Before a count.
        DeliveredTwice = "delivered twice", "nhận trùng";
        /// After a rate.
        DeliveriesPerSecond = "deliveries/s", "lượt nhận/giây";
        /// Row of the sizing sheet.
        Disk = "disk a day · a year", "đĩa mỗi ngày · mỗi năm";
        /// After a count.
        DocumentsPerDay = "documents a day", "văn bản mỗi ngày";
        /// After a rate.
        DocumentsPerSecond = "documents/s", "văn bản/giây";
        /// An objective was met.
        Held = "held", "đạt";
        /// Row of the sizing sheet.
        HeldOut = "model → held-out run", "mô hình → lần đo kiểm tra";
        /// Before the result of a search.
        HighestRate = "highest rate", "tốc độ cao nhất";
        /// Before an amount of CPU.
        HubCpuPerDocument = "hub CPU per document", "CPU của Trục mỗi văn bản";
        /// Pace of a closed loop.
        ClosedLoop = "closed loop, {} documents under way", "vòng kín, {} văn bản đang trên đường";
        /// A latency.
        IntendedToAcknowledgement = "due → acknowledged", "đến hạn gửi → đã nhận";
        /// A latency.
        IntendedToReceipt = "due → receipt", "đến hạn gửi → biên nhận";
        /// Heading of the ladder.
        Layer = "layer", "lớp bảo vệ";
        /// How to read the ladder.
        LadderHow = "± of the CPU is its 95 % confidence interval; ≈ 0 where intervals overlap with the last layer that has a price, from which the next counts", "± của CPU là khoảng tin cậy 95 %; ghi ≈ 0 khi khoảng tin cậy trùm lên lớp có giá gần nhất, lớp sau tính từ lớp ấy";
        /// Row of the sizing sheet.
        Link = "network in · out, busiest half hour", "mạng vào · ra, nửa giờ cao điểm";
        /// Before a count.
        Lost = "lost", "mất";
        /// Pace of an open loop with equal distances.
        OpenLoopEven = "open loop, even, {} documents/s, {} s", "vòng mở, cách đều, {} văn bản/giây, {} giây";
        /// Pace of an open loop of independent senders.
        OpenLoopPoisson = "open loop, Poisson, {} documents/s, {} s", "vòng mở, Poisson, {} văn bản/giây, {} giây";
        /// Hub and generator do not agree.
        NotBalanced = "LEDGER DOES NOT BALANCE", "SỔ CÁI KHÔNG CÂN BẰNG";
        /// An objective was not met.
        NotHeld = "not held", "không đạt";
        /// Row of the sizing sheet.
        OneHub = "most of one hub on any cores", "tối đa của một Trục với bao nhiêu lõi";
        /// Row of the sizing sheet.
        PeakRate = "busiest half hour", "nửa giờ cao điểm";
        /// Before progress while documents are made.
        Preparing = "signing documents", "đang ký văn bản";
        /// Heading of the ladder.
        Price = "price", "giá";
        /// Before a rate.
        Rate = "rate", "tốc độ";
        /// Before a count of documents that are signed and lie ready.
        Ready = "documents ready", "văn bản đã sẵn sàng";
        /// After a count of deliveries.
        Received = "received", "nhận";
        /// After a count.
        Recipients = "recipients", "nơi nhận";
        /// Before reasons.
        Refused = "refused", "từ chối";
        /// How long it will still take.
        SecondsLeft = "about {} s left", "còn khoảng {} giây";
        /// After a count.
        Runs = "runs", "lần đo";
        /// After a count of documents.
        Sent = "sent", "gửi";
        /// A latency.
        SentToReceipt = "sent → receipt", "lúc gửi → biên nhận";
        /// After a share.
        Signed = "signed", "có chữ ký số";
        /// Heading of the sizing sheet.
        SizingFor = "sizing for", "quy mô cho";
        /// How late the generator was.
        Slip = "generator's delay", "độ trễ của bộ sinh tải";
        /// After a time: what a document cannot avoid.
        Unavoidable = "unavoidable", "không tránh được";
    }
}
