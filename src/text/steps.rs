//! What each step of joining is, what it rests on, and how long it takes today. What is law, what is
//! practice and what is our conclusion stay apart.

use super::Language;
use crate::model::joining::Step;

/// The texts of one step, in English and Vietnamese.
struct Words {
    what: (&'static str, &'static str),
    produces: (&'static str, &'static str),
    law: (&'static str, &'static str),
    today: (&'static str, &'static str),
}

/// What happens in a step.
pub fn step_what(step: Step, language: Language) -> &'static str {
    let (english, vietnamese) = words(step).what;
    language.pick(english, vietnamese)
}

/// What a step produces.
pub fn step_produces(step: Step, language: Language) -> &'static str {
    let (english, vietnamese) = words(step).produces;
    language.pick(english, vietnamese)
}

/// What a step rests on.
pub fn step_rule(step: Step, language: Language) -> &'static str {
    let (english, vietnamese) = words(step).law;
    language.pick(english, vietnamese)
}

/// How long it takes today: an assumption, and said to be one.
pub fn step_today(step: Step, language: Language) -> &'static str {
    let (english, vietnamese) = words(step).today;
    language.pick(english, vietnamese)
}

fn words(step: Step) -> Words {
    match step {
        Step::Application => Words {
            what: (
                "The locality says who it is, which units it has and how many documents a day it expects to send. It has no certificate yet: a secret it keeps to itself proves later that the same applicant is speaking.",
                "Địa phương khai báo tên cơ quan, các đơn vị trực thuộc và số văn bản dự kiến gửi mỗi ngày. Lúc này chưa có chứng thư số, nên địa phương giữ riêng một mã bí mật để các bước sau chứng minh vẫn là mình.",
            ),
            produces: (
                "an application on record at the hub",
                "hồ sơ đăng ký được Trục ghi nhận",
            ),
            law: (
                "law: connect as the Government Office guides (QĐ 28/2018/QĐ-TTg, Art. 14.1, 15); own regulation and software first (Art. 19.1). Ours: the form of the application",
                "quy định: kết nối theo hướng dẫn của Văn phòng Chính phủ (Điều 14.1, 15 QĐ 28/2018/QĐ-TTg); trước đó phải có quy chế và phần mềm (Điều 19.1). Phần suy luận: mẫu hồ sơ",
            ),
            today: (
                "one to two weeks of letters (assumption)",
                "một đến hai tuần trao đổi công văn (giả định)",
            ),
        },
        Step::Codes => Words {
            what: (
                "The Government Office looks the application over, and the codes of the agency and its units enter the directory.",
                "Văn phòng Chính phủ xem xét hồ sơ; mã định danh của cơ quan và các đơn vị trực thuộc được đưa vào danh mục.",
            ),
            produces: (
                "identifier codes in the directory",
                "mã định danh trong danh mục",
            ),
            law: (
                "law: the agency issues its units' codes and sends them for the national list (QĐ 28/2018/QĐ-TTg, Art. 10.2a, 16.1, 19.1c; QĐ 20/2020/QĐ-TTg)",
                "quy định: cơ quan ban hành mã định danh của các đơn vị và gửi để đưa vào danh sách chung (Điều 10.2a, 16.1, 19.1c QĐ 28/2018/QĐ-TTg; QĐ 20/2020/QĐ-TTg)",
            ),
            today: (
                "one to two weeks (assumption)",
                "một đến hai tuần (giả định)",
            ),
        },
        Step::Certificates => Words {
            what: (
                "Three key pairs are made on the locality's own machine and never leave it. The CA checks that the applicant holds each key and issues three certificates: for the connection, for the competent person, for the organisation's seal.",
                "Ba cặp khóa được tạo ngay trên máy của địa phương và khóa bí mật không rời khỏi máy. Cơ quan cấp chứng thư số kiểm tra bên đăng ký đang giữ từng khóa rồi cấp ba chứng thư số: cho kết nối, cho người có thẩm quyền và cho cơ quan.",
            ),
            produces: ("three certificates", "ba chứng thư số"),
            law: (
                "law: certificates come from the cipher committee's CA (QĐ 28/2018/QĐ-TTg, Art. 18), on the managing agency's written request (NĐ 68/2024/NĐ-CP, Art. 10), for at most five years; two signatures give full legal value (NĐ 30/2020/NĐ-CP, Art. 5.1)",
                "quy định: chứng thư số do Ban Cơ yếu Chính phủ cấp (Điều 18 QĐ 28/2018/QĐ-TTg), theo văn bản đề nghị của cơ quan quản lý (Điều 10 NĐ 68/2024/NĐ-CP), thời hạn tối đa năm năm; đủ hai chữ ký mới có đầy đủ giá trị pháp lý (Điều 5.1 NĐ 30/2020/NĐ-CP)",
            ),
            today: (
                "two to four weeks, with tokens by post (assumption)",
                "hai đến bốn tuần, gồm cả gửi thiết bị lưu khóa (giả định)",
            ),
        },
        Step::Connection => Words {
            what: (
                "The locality connects with its new certificate over an encrypted line on which each side proves who it is, and both clocks are compared.",
                "Địa phương dùng chứng thư số mới để kết nối qua đường truyền mã hóa, hai bên xác thực lẫn nhau và so đồng hồ.",
            ),
            produces: ("a working, authenticated connection", "kết nối đã xác thực"),
            law: (
                "law: the link is encrypted and authenticated (QĐ 28/2018/QĐ-TTg, Art. 13.2), over the state's dedicated network (Art. 12.1); one time for all (Art. 14.4). Ours: TLS 1.3 with certificates on both sides",
                "quy định: kết nối phải được mã hóa và xác thực (Điều 13.2 QĐ 28/2018/QĐ-TTg), qua Mạng truyền số liệu chuyên dùng (Điều 12.1), thời gian thống nhất (Điều 14.4). Phần suy luận: TLS 1.3 với chứng thư số hai phía",
            ),
            today: (
                "one to three weeks for firewalls and lines (assumption)",
                "một đến ba tuần mở tường lửa và đường truyền (giả định)",
            ),
        },
        Step::Registration => Words {
            what: (
                "The locality asks to be registered, and the Government Office puts it on the test axis: it can exchange documents with test agencies, and with nobody else.",
                "Địa phương đề nghị đăng ký, Văn phòng Chính phủ đưa vào trục thử nghiệm: chỉ gửi, nhận được với các đơn vị thử nghiệm, chưa liên thông với bên nào khác.",
            ),
            produces: ("a place on the test axis", "tài khoản trên trục thử nghiệm"),
            law: (
                "law: first a pilot, then official (QĐ 28/2018/QĐ-TTg, Art. 21.1). Practice: test credentials before real ones",
                "quy định: thí điểm trước, chính thức sau (Điều 21.1 QĐ 28/2018/QĐ-TTg). Thực tế: dùng tài khoản thử nghiệm trước khi chính thức",
            ),
            today: ("about a week (assumption)", "khoảng một tuần (giả định)"),
        },
        Step::Conformance => Words {
            what: (
                "The hub sets 27 tests, one after another, in both directions: sending, receiving, statuses, recall, urgent documents, and documents that are wrong on purpose. It judges from its own records. A test that fails may be run again twice.",
                "Trục lần lượt giao 27 phép kiểm thử theo cả hai chiều: gửi, nhận, cập nhật trạng thái, thu hồi, văn bản khẩn và cả những văn bản cố ý sai. Trục kết luận theo số liệu của chính mình. Phép thử không đạt được chạy lại tối đa hai lần.",
            ),
            produces: ("a verdict on each test", "kết luận của từng phép thử"),
            law: (
                "law: the rule each test names, most of all: check before accepting (QĐ 28/2018/QĐ-TTg, Art. 9.1). Ours: that there is a suite; the tests of PIX are its model",
                "quy định: điều khoản ghi ở từng phép thử, nhất là phải kiểm tra trước khi tiếp nhận (Điều 9.1 QĐ 28/2018/QĐ-TTg). Phần suy luận: bộ kiểm thử này, theo mẫu của PIX",
            ),
            today: (
                "two to four weeks on site (assumption)",
                "hai đến bốn tuần kiểm thử tại chỗ (giả định)",
            ),
        },
        Step::Capacity => Words {
            what: (
                "The locality sends at twice its busiest hour, on a schedule the hub makes. The hub measures each document from the moment it was due until it is on disk. Whoever keeps up gets a readiness certificate, signed by the Government Office.",
                "Địa phương gửi văn bản với tốc độ gấp đôi giờ cao điểm theo lịch do Trục đặt ra. Trục đo từng văn bản từ thời điểm phải gửi đến khi ghi xuống đĩa. Đạt yêu cầu thì được cấp giấy chứng nhận sẵn sàng kết nối có chữ ký số của Văn phòng Chính phủ.",
            ),
            produces: (
                "a readiness certificate that verifies offline",
                "giấy chứng nhận sẵn sàng, kiểm tra được khi không có mạng",
            ),
            law: (
                "ours, after PIX; no rule of the axis asks for it",
                "suy luận của chúng tôi, theo mẫu của PIX; chưa thấy quy định nào yêu cầu",
            ),
            today: (
                "not done today, as far as is known",
                "theo chỗ chúng tôi biết, hiện chưa thực hiện",
            ),
        },
        Step::Activation => Words {
            what: (
                "The Government Office lets the locality onto the axis in three stages: up to 30 %, up to 70 %, then all of its traffic. Each stage is used before the next is granted.",
                "Văn phòng Chính phủ cho địa phương vào Trục theo ba giai đoạn: tối đa 30 %, tối đa 70 %, rồi toàn bộ lưu lượng. Phải dùng giai đoạn trước rồi mới được cấp giai đoạn sau.",
            ),
            produces: (
                "an agency that exchanges documents with everybody",
                "cơ quan gửi, nhận văn bản với mọi đơn vị trên Trục",
            ),
            law: (
                "law: official operation (QĐ 28/2018/QĐ-TTg, Art. 21.1). Ours: the stages",
                "quy định: vận hành chính thức (Điều 21.1 QĐ 28/2018/QĐ-TTg). Phần suy luận: chia giai đoạn",
            ),
            today: (
                "two to four weeks of pilot (assumption)",
                "hai đến bốn tuần chạy thử (giả định)",
            ),
        },
    }
}
