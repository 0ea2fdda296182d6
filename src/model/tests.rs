//! Laws of the model: what is printed is read back, no text panics, the status table is the one
//! written out here, and published names and bytes are stable and unique.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

fn organ_text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[0-9A-Z]{1,6}", 1..=5).prop_map(|groups| groups.join("."))
}

fn date_text() -> impl Strategy<Value = String> {
    (0i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| format!("{y:04}/{m:02}/{d:02}"))
}

fn document_text() -> impl Strategy<Value = String> {
    (
        organ_text(),
        date_text(),
        "[0-9A-Za-zĐđ ]{1,11}",
        "[0-9A-ZĐ/& -]{1,30}",
    )
        .prop_map(|(organ, date, number, notation)| format!("{organ},{date},{number}/{notation}"))
}

/// Text that is nearly right: a valid one with one character put somewhere in it, or one cut off.
fn nearly(valid: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (
        valid,
        any::<proptest::sample::Index>(),
        any::<char>(),
        any::<bool>(),
    )
        .prop_map(|(text, at, character, cut)| {
            let mut characters: Vec<char> = text.chars().collect();
            let at = at.index(characters.len());
            if cut {
                characters.truncate(at);
            } else {
                characters[at] = character;
            }
            characters.into_iter().collect()
        })
}

/// Reading may fail; it may not panic, and what was read prints as it was written.
fn reads_back<T: FromStr + ToString>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

fn organs(count: usize) -> Vec<OrganId> {
    (0..count)
        .map(|number| format!("H{number:05}").parse().unwrap())
        .collect()
}

proptest! {
    #[test]
    fn an_organ_id_prints_as_it_was_read(text in organ_text()) {
        prop_assert_eq!(text.parse::<OrganId>().unwrap().to_string(), text);
    }

    #[test]
    fn a_document_id_prints_as_it_was_read(text in document_text()) {
        prop_assert_eq!(text.parse::<DocumentId>().unwrap().to_string(), text);
    }

    #[test]
    fn a_digest_prints_as_it_was_read(bytes in any::<[u8; 32]>()) {
        let digest = Digest::from(bytes);
        let text = digest.to_string();
        prop_assert_eq!(text.len(), 64);
        prop_assert_eq!(text.parse::<Digest>(), Ok(digest));
        prop_assert_eq!(text.to_uppercase().parse::<Digest>(), Ok(digest));
        prop_assert_eq!(Digest::try_from(bytes.as_slice()), Ok(digest));
    }

    #[test]
    fn a_date_prints_as_it_was_read(text in date_text()) {
        prop_assert_eq!(format_date(parse_date(&text).unwrap()), text);
    }

    #[test]
    fn no_text_panics(any_text in any::<String>()) {
        reads_back::<OrganId>(&any_text);
        reads_back::<DocumentId>(&any_text);
        let _ = any_text.parse::<Digest>();
        let _ = parse_date(&any_text);
        let _ = Reason::from_name(&any_text);
    }

    #[test]
    fn no_text_that_is_nearly_right_panics(
        organ in nearly(organ_text()),
        document in nearly(document_text()),
        digest in nearly("[0-9a-f]{64}"),
        date in nearly(date_text()),
    ) {
        reads_back::<OrganId>(&organ);
        reads_back::<DocumentId>(&document);
        let _ = digest.parse::<Digest>();
        prop_assert_eq!(parse_date(&date).map(format_date).unwrap_or_else(|| date.clone()), date);
    }

    #[test]
    fn recipients_keep_their_order(list in Just(organs(40)).prop_shuffle(), count in 1usize..=40) {
        let list = list[..count].to_vec();
        let recipients = Recipients::try_from(list.clone()).unwrap();
        prop_assert_eq!(recipients.as_slice(), list.as_slice());
        prop_assert_eq!(recipients.count(), count);
    }

    #[test]
    fn a_recipient_that_stands_twice_is_named(
        mut list in Just(organs(40)).prop_shuffle(),
        first in 0usize..40,
        second in 0usize..=40,
    ) {
        let organ = list[first];
        list.insert(second, organ);
        let (first, second) = if second <= first { (second, first + 1) } else { (first, second) };
        prop_assert_eq!(
            Recipients::try_from(list),
            Err(InvalidRecipients::Duplicate { organ, first, second })
        );
    }
}

#[test]
fn a_list_of_recipients_has_a_floor_and_a_ceiling() {
    assert_eq!(
        Recipients::try_from(Vec::new()),
        Err(InvalidRecipients::Empty)
    );
    let most = Recipients::try_from(organs(Recipients::MAX)).unwrap();
    assert_eq!(most.count(), Recipients::MAX);
    let found = Recipients::MAX + 1;
    assert_eq!(
        Recipients::try_from(organs(found)),
        Err(InvalidRecipients::TooMany { found })
    );
}

#[test]
fn identifiers_that_break_the_form_say_where() {
    let organ = |text: &str| text.parse::<OrganId>().unwrap_err();
    assert_eq!(organ(""), InvalidOrganId::Length { found: 0 });
    assert_eq!(organ(&"A".repeat(36)), InvalidOrganId::Length { found: 36 });
    assert_eq!(organ("000..00"), InvalidOrganId::EmptyGroup { position: 4 });
    assert_eq!(organ(".H26"), InvalidOrganId::EmptyGroup { position: 0 });
    assert_eq!(organ("H26."), InvalidOrganId::EmptyGroup { position: 3 });
    assert_eq!(organ("H26.đ"), InvalidOrganId::Character { position: 4 });
    let document = |text: &str| text.parse::<DocumentId>().unwrap_err();
    assert_eq!(
        document("H26,2019/03/12"),
        InvalidDocumentId::Parts { found: 2 }
    );
    assert_eq!(document("H26,2019/02/29,1/A"), InvalidDocumentId::Date);
    assert_eq!(document("H26,2019/03/12,/A"), InvalidDocumentId::Number);
    assert_eq!(document("H26,2019/03/12,1/"), InvalidDocumentId::Notation);
    assert_eq!(
        document("H26,2019/03/12,1/A,B"),
        InvalidDocumentId::Notation
    );
    assert_eq!(parse_date("2019/03/12"), Some(Date::constant(2019, 3, 12)));
    assert_eq!(parse_date("2019-03-12"), None);
    assert_eq!(parse_date("+019/03/12"), None);
}

/// Stage by row, code by column, what follows; a dot is a refusal. Written from the meaning of the
/// codes (DOMAIN, section 3.3), not from the code: `r/` waits for an answer to a recall, `u/` to an
/// update, each with the stage before it. Repeating the present status changes nothing.
const TRANSITIONS: &str = "
              01         02        03        04        05          06        13            15          16
sent          arrived    .         .         .         .           .         r/sent        .           .
arrived       arrived    rejected  accepted  .         .           .         r/arrived     .           .
rejected      .          rejected  .         .         .           .         .             .           .
accepted      .          .         accepted  assigned  processing  finished  r/accepted    .           .
assigned      .          .         .         assigned  processing  finished  r/assigned    .           .
processing    .          .         .         .         processing  finished  r/processing  .           .
finished      .          .         .         .         .           finished  r/finished    .           .
recalled      .          .         .         .         .           .         .             recalled    .
r/sent        r/arrived  .         .         .         .           .         r/sent        recalled    sent
r/arrived     r/arrived  .         .         .         .           .         r/arrived     recalled    arrived
r/accepted    .          .         .         .         .           .         r/accepted    recalled    accepted
r/assigned    .          .         .         .         .           .         r/assigned    recalled    assigned
r/processing  .          .         .         .         .           .         r/processing  recalled    processing
r/finished    .          .         .         .         .           .         r/finished    recalled    finished
u/sent        u/arrived  .         .         .         .           .         r/sent        sent        sent
u/arrived     u/arrived  .         .         .         .           .         r/arrived     arrived     arrived
u/accepted    .          .         .         .         .           .         r/accepted    accepted    accepted
u/assigned    .          .         .         .         .           .         r/assigned    assigned    assigned
u/processing  .          .         .         .         .           .         r/processing  processing  processing
u/finished    .          .         .         .         .           .         r/finished    finished    finished
";

fn settled_name(settled: Settled) -> &'static str {
    match settled {
        Settled::Sent => "sent",
        Settled::Arrived => "arrived",
        Settled::Accepted => "accepted",
        Settled::Assigned => "assigned",
        Settled::Processing => "processing",
        Settled::Finished => "finished",
    }
}

fn stage_name(stage: Stage) -> String {
    match stage {
        Stage::Sent => "sent".into(),
        Stage::Arrived => "arrived".into(),
        Stage::Rejected => "rejected".into(),
        Stage::Accepted => "accepted".into(),
        Stage::Assigned => "assigned".into(),
        Stage::Processing => "processing".into(),
        Stage::Finished => "finished".into(),
        Stage::RecallRequested(settled) => format!("r/{}", settled_name(settled)),
        Stage::UpdateRequested(settled) => format!("u/{}", settled_name(settled)),
        Stage::Recalled => "recalled".into(),
    }
}

/// Sender for 13, recipient for the rest: who may report a code, written out a second time.
fn reporter(code: &str) -> Party {
    if code == "13" {
        Party::Sender
    } else {
        Party::Recipient
    }
}

/// What the table, and the two rules beside it, say about one report.
fn expected(
    from: &str,
    to: &str,
    code: &str,
    party: Party,
    description: &str,
) -> Result<String, TransitionError> {
    if party != reporter(code) {
        return Err(TransitionError::WrongParty(reporter(code)));
    }
    if ["02", "16"].contains(&code) && description.trim().is_empty() {
        return Err(TransitionError::ReasonMissing);
    }
    if to == "." {
        Err(match (from, code) {
            ("rejected" | "recalled", _) => TransitionError::Ended,
            (_, "01") => TransitionError::NotFromHere,
            _ if from.contains('/') => TransitionError::AnswerFirst,
            _ => TransitionError::NotFromHere,
        })
    } else {
        Ok(to.into())
    }
}

#[test]
fn every_transition_is_the_one_in_the_table() {
    let mut rows = TRANSITIONS.trim().lines().map(str::split_whitespace);
    let codes: Vec<&str> = rows.next().unwrap().collect();
    let mut seen = BTreeSet::new();
    for mut row in rows {
        let name = row.next().unwrap();
        let stage = Stage::all()
            .find(|stage| stage_name(*stage) == name)
            .unwrap();
        assert!(seen.insert(stage), "{name} stands twice");
        let cells: Vec<&str> = row.collect();
        assert_eq!(cells.len(), codes.len(), "{name}");
        for (code, to) in codes.iter().zip(cells) {
            let reported = StatusCode::from_number(code.parse().unwrap()).unwrap();
            for party in [Party::Recipient, Party::Sender] {
                for description in ["", " \t", "sai nơi nhận"] {
                    assert_eq!(
                        stage.after(reported, party, description).map(stage_name),
                        expected(name, to, code, party, description),
                        "{name}, {code} from the {party:?} saying {description:?}",
                    );
                }
            }
        }
    }
    assert_eq!(codes.len(), StatusCode::ALL.len());
    assert_eq!(seen, Stage::all().collect());
}

#[test]
fn an_update_waits_at_settled_stages_only() {
    let waiting: Vec<String> = Stage::all()
        .filter_map(Stage::after_update)
        .map(stage_name)
        .collect();
    let expected = [
        "u/sent",
        "u/arrived",
        "u/accepted",
        "u/assigned",
        "u/processing",
        "u/finished",
    ];
    assert_eq!(waiting, expected);
}

#[test]
fn a_stage_and_its_byte_are_the_same_thing() {
    let stages: Vec<Stage> = Stage::all().collect();
    assert_eq!(stages.len(), 8 + 6 + 6);
    for (byte, stage) in (0u8..).zip(&stages) {
        assert_eq!(stage.to_byte(), byte);
        assert_eq!(Stage::from_byte(byte), Some(*stage));
    }
    for byte in 20..=u8::MAX {
        assert_eq!(Stage::from_byte(byte), None);
    }
    // Bytes that journals hold: a change here breaks what was written.
    assert_eq!(Stage::Sent.to_byte(), 0);
    assert_eq!(Stage::Finished.to_byte(), 6);
    assert_eq!(Stage::Recalled.to_byte(), 7);
    assert_eq!(Stage::RecallRequested(Settled::Sent).to_byte(), 8);
    assert_eq!(Stage::UpdateRequested(Settled::Finished).to_byte(), 19);
}

#[test]
fn numbers_on_the_wire_lead_back() {
    for code in StatusCode::ALL {
        assert_eq!(StatusCode::from_number(code.number().into()), Some(code));
    }
    for number in [0, 7, 12, 14, 17, 257, u32::MAX] {
        assert_eq!(StatusCode::from_number(number), None);
    }
    for priority in Priority::ALL {
        assert_eq!(
            Priority::from_level(priority.level().into()),
            Some(priority)
        );
    }
    assert_eq!(Priority::from_level(5), None);
    for code in 0..4 {
        assert_eq!(
            BusinessType::from_code(code)
                .map(BusinessType::code)
                .map(u32::from),
            Some(code)
        );
    }
    assert_eq!(BusinessType::from_code(4), None);
}

#[test]
fn reasons_are_sorted_unique_and_lead_back() {
    let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    assert!(Reason::ALL.is_sorted_by(|one, next| one < next));
    for reason in Reason::ALL {
        assert_eq!(Reason::from_name(reason.as_str()), Some(*reason));
        assert_eq!(Reason::from_name(&reason.as_str().to_lowercase()), None);
    }
}

#[test]
fn only_both_signatures_earn_full_legal_value() {
    for (person, seal) in [(false, false), (false, true), (true, false)] {
        assert_eq!(
            LegalValue::earned_by(person, seal),
            LegalValue::ReferenceOnly
        );
    }
    assert_eq!(LegalValue::earned_by(true, true), LegalValue::Full);
}
