//! The screen, as a terminal would show it.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::Live;
use crate::load::drive::BANDS_US;
use crate::load::drive::Counts;
use crate::load::drive::Second;
use crate::load::drive::Seen;
use crate::load::drive::Totals;
use crate::model::Reason;
use crate::node::HubCost;
use crate::node::StageCost;
use crate::text::Language;

fn screen(language: Language, (width, height): (u16, u16)) -> String {
    let mut live = Live::new("normal-day · 2 000 documents/s".to_owned(), language);
    let mut totals = Totals::default();
    for second in 1..=20_u64 {
        let slow = if second == 12 { 40 } else { 1 };
        for sample in 1..=100 {
            let _ = totals.histograms.receipt_us.record(sample * 100 * slow);
            let _ = totals.histograms.delivery_us.record(sample * 200 * slow);
        }
        let mut bands = [0; BANDS_US.len()];
        bands[2] = 90;
        bands[9] = 10;
        let mut counts = Counts {
            intended: 2000,
            accepted: 1990 - 50 * (slow / 40),
            delivered: 6000,
            ..Counts::default()
        };
        counts.refused.insert(Reason::SignatureInvalid, 10);
        let stage = |name: &str, us: u64| StageCost {
            name: name.to_owned(),
            cpu: Duration::from_micros(us * 1000),
            elapsed: Duration::ZERO,
        };
        live.take(&Seen {
            second: &Second {
                at: Duration::from_secs(second),
                counts,
                receipt_us: [1500 * slow, 9000 * slow, 20_000 * slow],
                bands,
            },
            totals: &totals,
            due: 2000 * second,
            answered: 2000 * second,
            planned: Duration::from_secs(30),
            cost: Some(HubCost {
                cpu: Duration::from_micros(150_000),
                documents: 1000,
                stages: vec![stage("decode", 20), stage("verify", 33), stage("commit", 5)],
                ..HubCost::default()
            }),
        });
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| live.draw(frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_run_is_seen_on_one_screen() {
    insta::assert_snapshot!("live_en", screen(Language::En, (120, 40)));
    insta::assert_snapshot!("live_vi", screen(Language::Vi, (120, 40)));
}

/// Terminals are resized while a run goes on.
#[test]
fn any_size_of_terminal_will_do() {
    for width in [1, 2, 10, 80, 500] {
        for height in [1, 3, 24, 200] {
            screen(Language::Vi, (width, height));
        }
    }
}
