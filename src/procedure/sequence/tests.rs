//! A recorded sequence reads the same in every form.

use jiff::SignedDuration;

use super::*;
use crate::procedure::gantt::tests::is_well_formed;

fn message(second: i64, from: Lane, to: Lane, what: &str, verdict: Verdict) -> Message {
    let start: Timestamp = "2026-01-14T01:00:00Z".parse().unwrap();
    Message {
        at: start + SignedDuration::from_millis(second * 1_101),
        from,
        to,
        what: what.to_owned(),
        verdict,
    }
}

fn refused() -> Verdict {
    Verdict::Refused {
        reason: "chứng thư số của máy chủ đã hết hạn ngày 31/12/2025, trong khi Trục chỉ nhận \
                 chứng thư số còn hiệu lực"
            .to_owned(),
        remedy: "đề nghị cấp chứng thư số mới <bằng văn bản> & gửi lại".to_owned(),
    }
}

/// A joining that fails once.
fn joining() -> Sequence {
    use Lane::*;
    Sequence {
        title: "000.00.00.H26 & Trục".to_owned(),
        messages: vec![
            message(0, Locality, Hub, "Registry.Apply", Verdict::Done),
            message(1, Hub, Operator, "hồ sơ chờ xét duyệt", Verdict::Note),
            message(90_000, Operator, Hub, "Registry.Approve", Verdict::Done),
            message(90_001, Locality, Locality, "tạo khóa", Verdict::Done),
            message(
                90_002,
                Locality,
                Authority,
                "Authority.Enroll",
                Verdict::Done,
            ),
            message(90_003, Authority, Locality, "chứng thư số", Verdict::Done),
            message(90_004, Locality, Hub, "TLS <hello>", refused()),
        ],
    }
}

/// As many lanes as agencies, and one more.
fn with_agencies(agencies: usize, messages: usize) -> Sequence {
    let agency = |number: usize| {
        let code = format!("000.00.00.H{:02}", number % agencies);
        Lane::Agency(code.parse().unwrap())
    };
    let sent = |number: usize| {
        message(
            1,
            Lane::Hub,
            agency(number),
            "Exchange.Subscribe",
            Verdict::Done,
        )
    };
    Sequence {
        title: "mọi cơ quan".to_owned(),
        messages: (0..messages).map(sent).collect(),
    }
}

fn is_at_most_100_columns_wide(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn four_lanes_are_drawn_beside_each_other() {
    for (name, language) in [("drawn_en", Language::En), ("drawn_vi", Language::Vi)] {
        let text = joining().text(language);
        is_at_most_100_columns_wide(&text);
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn more_lanes_are_a_line_for_each_message() {
    let mut sequence = joining();
    let agency = Lane::Agency(OrganId::government_office());
    sequence.messages.push(message(
        90_005,
        Lane::Hub,
        agency,
        "Exchange.Deliver",
        Verdict::Done,
    ));
    for (name, language) in [("listed_en", Language::En), ("listed_vi", Language::Vi)] {
        let text = sequence.text(language);
        is_at_most_100_columns_wide(&text);
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn programs_read_stable_names() {
    let json = serde_json::to_string_pretty(&joining().json()).unwrap();
    insta::assert_snapshot!("json", json);
}

#[test]
fn a_drawing_is_well_formed_and_escapes_what_it_quotes() {
    for language in Language::ALL {
        let svg = joining().svg(language);
        is_well_formed(&svg);
        assert!(svg.contains("TLS &lt;hello&gt;"), "{svg}");
        assert!(svg.contains("<title>000.00.00.H26 &amp; Trục</title>"));
        assert_eq!(
            svg.matches("<line class=\"s1\"").count(),
            1,
            "one arrow is refused"
        );
    }
}

#[test]
fn a_drawing_is_bounded_and_says_what_it_leaves_out() {
    let svg = with_agencies(3, 450).svg(Language::En);
    assert_eq!(svg.matches("<g>").count(), svg::MESSAGES_MAX);
    assert!(svg.contains("50 more messages are not drawn"), "{svg}");
    let svg = with_agencies(20, 40).svg(Language::Vi);
    is_well_formed(&svg);
    let drawn = 2 * (svg::LANES_MAX - 1);
    assert_eq!(svg.matches("<g>").count(), drawn);
    assert!(
        svg.contains(&format!("còn {} thông điệp", 40 - drawn)),
        "{svg}"
    );
}

#[test]
fn nothing_recorded_is_still_a_drawing() {
    let empty = Sequence::default();
    is_well_formed(&empty.svg(Language::En));
    assert_eq!(empty.text(Language::Vi), "\n\n");
    let hostile = Sequence {
        title: "a\u{1b}[2J\nb".to_owned(),
        messages: vec![message(0, Lane::Hub, Lane::Hub, "\u{202e}x\ny", refused())],
    };
    for language in Language::ALL {
        let text = hostile.text(language);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(!hostile.svg(language).contains(['\u{1b}', '\u{202e}', '\n']));
        is_at_most_100_columns_wide(&text);
    }
}
