//! The journey of one document as a sequence: from its sender through the hub to each recipient, with the
//! statuses that came back.

use jiff::Timestamp;

use super::sequence::Lane;
use super::sequence::Message;
use super::sequence::Sequence;
use super::sequence::Verdict;
use crate::model::OrganId;
use crate::model::StatusCode;
use crate::text::Language;
use crate::text::status_name;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// The sequence of a journey, as far as the hub showed it.
pub fn document_journey(journey: &v1::Journey, language: Language) -> Sequence {
    let receipt = journey.receipt.clone().unwrap_or_default();
    let lane = |organ: &str| organ.parse::<OrganId>().map_or(Lane::Hub, Lane::Agency);
    let instant = |at: Option<&prost_types::Timestamp>| at.and_then(timestamp_from_wire);
    let accepted_at = instant(receipt.accepted_at.as_ref()).unwrap_or_default();
    let sender = lane(&journey.from);
    let message = |at: Timestamp, from: Lane, to: Lane, what: String, verdict: Verdict| Message {
        at,
        from,
        to,
        what,
        verdict,
    };
    let mut messages = vec![
        message(
            accepted_at,
            sender,
            Lane::Hub,
            language.pick("Submit", "Gửi lên Trục").to_owned(),
            Verdict::Done,
        ),
        message(
            accepted_at,
            Lane::Hub,
            sender,
            receipt_words(&receipt, language),
            Verdict::Done,
        ),
    ];
    let delivery = language.pick("Delivery", "Chuyển đến bên nhận");
    for result in receipt.recipients.iter().filter(|result| !result.accepted) {
        let refused = Verdict::Refused {
            reason: result.reason.clone(),
            remedy: String::new(),
        };
        let to = lane(&result.organ_id);
        messages.push(message(
            accepted_at,
            Lane::Hub,
            to,
            delivery.to_owned(),
            refused,
        ));
    }
    for recipient in &journey.recipients {
        let organ = lane(&recipient.organ_id);
        if let Some(at) = instant(recipient.acknowledged_at.as_ref()) {
            messages.push(message(
                at,
                Lane::Hub,
                organ,
                delivery.to_owned(),
                Verdict::Done,
            ));
        }
        for event in &recipient.events {
            let at = instant(event.reported_at.as_ref()).unwrap_or(accepted_at);
            let Some(code) = StatusCode::from_number(event.code) else {
                continue;
            };
            let name = status_name(code, language);
            let what = match event.description.as_str() {
                "" => name.to_owned(),
                why => format!("{name}: {why}"),
            };
            let (from, to) = match code {
                StatusCode::RecallRequested => (sender, organ),
                _ => (organ, sender),
            };
            messages.push(message(at, from, to, what, Verdict::Note));
        }
    }
    messages.sort_by_key(|message| message.at);
    Sequence {
        title: receipt.document_id,
        messages,
    }
}

fn receipt_words(receipt: &v1::Receipt, language: Language) -> String {
    let number = receipt.hub_sequence;
    let value = receipt.legal_value();
    match language {
        Language::En => format!("Receipt {number}, {}", value.as_str_name()),
        Language::Vi => {
            let worth = if value == v1::LegalValue::Full {
                "đầy đủ giá trị pháp lý"
            } else {
                "để tham khảo"
            };
            format!("Biên nhận số {number}, {worth}")
        }
    }
}
