//! Headings of the load report's page, and how to read each of its charts.

use super::bilingual::bilingual;

bilingual! {
    /// A heading or sentence of the load report's page.
    PagePhrase {
        /// Label of what a receipt promises.
        Durability = "durability", "độ bền của biên nhận";
        /// Label of a series.
        Answered = "answered", "đã trả lời";
        /// Heading.
        Command = "command", "lệnh";
        /// Heading.
        Date = "date", "thời điểm đo";
        /// Heading.
        Corpus = "prepared documents", "văn bản chuẩn bị sẵn";
        /// After counts of documents, signatures and keys.
        CorpusFacts = "{} documents of {} bytes on average, {} signatures by {} keys, all made before the clock started", "{} văn bản, trung bình {} byte, {} chữ ký số của {} khóa, tất cả được tạo trước khi bấm giờ";
        /// Heading.
        Curve = "Latency by percentile", "Độ trễ theo bách phân vị";
        /// How to read it.
        CurveHow = "The further right, the rarer: at 99.9 % one document in a thousand took at least as long as the line is high.", "Càng sang phải càng hiếm: tại 99,9 %, cứ một nghìn văn bản có một văn bản chậm ít nhất bằng độ cao của đường.";
        /// Label of a series.
        Delivered = "delivered", "đã giao";
        /// Label of a series.
        Due = "due", "đến hạn gửi";
        /// Heading.
        Heat = "Where the receipts lie", "Biên nhận rơi vào đâu";
        /// How to read it.
        HeatHow = "Each column is a stretch of time, each row a band of latency; the darker a field, the more receipts fell into it.", "Mỗi cột là một khoảng thời gian, mỗi hàng là một dải độ trễ; ô càng đậm càng nhiều biên nhận rơi vào.";
        /// Heading.
        HowItWasRun = "How it was run", "Cách chạy";
        /// Heading.
        Invalid = "INVALID: these figures may not be used", "KHÔNG HỢP LỆ: không được dùng các số liệu này";
        /// Heading.
        Ladder = "What each layer of security costs", "Giá của từng lớp bảo vệ";
        /// How to read it.
        LadderHow = "Each bar has one layer more than the one above; the longer, the more documents a second.", "Mỗi thanh thêm một lớp so với thanh trên; càng dài càng nhiều văn bản mỗi giây.";
        /// Heading.
        Latency = "Latency over time", "Độ trễ theo thời gian";
        /// How to read it.
        LatencyHow = "From the moment a document was due to its receipt, whatever the reason for waiting; a steady line is a steady hub.", "Từ lúc văn bản đến hạn gửi tới khi có biên nhận, dù chờ vì lý do gì; đường phẳng là Trục ổn định.";
        /// Heading.
        Matrix = "Who sent to whom", "Ai gửi cho ai";
        /// How to read it.
        MatrixHow = "Rows send, columns receive; the darker a field, the more documents. The busiest are shown, the rest summed.", "Hàng là bên gửi, cột là bên nhận; ô càng đậm càng nhiều văn bản. Chỉ hiện các bên nhiều nhất, phần còn lại gộp chung.";
        /// Label of a row or column.
        Others = "others", "khác";
        /// Heading.
        Probes = "The search for the highest rate", "Tìm tốc độ cao nhất";
        /// How to read it.
        ProbesHow = "Each attempt is a point: to the right more documents a second, upwards a longer wait at p99; crossed are those where something did not hold.", "Mỗi lần thử là một điểm: sang phải là nhiều văn bản mỗi giây hơn, lên cao là p99 lâu hơn; dấu chéo là lần không đạt.";
        /// Heading.
        Rates = "Documents over time", "Văn bản theo thời gian";
        /// How to read it.
        RatesHow = "Where the answered line stays on the due line the hub keeps up; deliveries are more, as a document has several recipients.", "Đường đã trả lời bám sát đường đến hạn nghĩa là Trục theo kịp; lượt giao nhiều hơn vì mỗi văn bản có nhiều nơi nhận.";
        /// Heading.
        Refusals = "Refused documents", "Văn bản bị từ chối";
        /// How to read it.
        RefusalsHow = "By reason; those the scenario plans are part of the load, not errors.", "Theo lý do; các trường hợp kịch bản đã định là một phần của tải, không phải lỗi.";
        /// Heading.
        Repeats = "All runs", "Các lần đo";
        /// Label of an axis.
        Seconds = "seconds", "giây";
        /// Heading.
        Stages = "Where the hub's time goes", "Thời gian của Trục đi đâu";
        /// How to read it.
        StagesHow = "CPU microseconds for one document, stage by stage; the paler bars below are what no hub can avoid, measured bare in the same run.", "Số micrô giây CPU cho một văn bản, theo từng công đoạn; các thanh nhạt bên dưới là phần không Trục nào tránh được, đo riêng trong cùng lần chạy.";
        /// Title.
        Title = "Load report", "Báo cáo tải";
        /// Heading.
        Valid = "valid: nothing lost, nothing twice, hub and generator counted the same", "hợp lệ: không mất, không trùng, Trục và bộ sinh tải đếm như nhau";
        /// Before objectives.
        Wanted = "what had to hold", "điều kiện phải đạt";
    }
}
