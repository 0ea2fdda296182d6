//! Reports of a run that is the same every time, in both languages.

use std::time::Duration;

use super::Figure;
use super::Ladder;
use super::Measured;
use super::Paced;
use super::Run;
use super::Rung;
use super::run::Corpus;
use super::to_html;
use super::to_json;
use super::to_text;
use crate::load::drive::BANDS_US;
use crate::load::drive::Counts;
use crate::load::drive::Driven;
use crate::load::drive::Second;
use crate::load::drive::Totals;
use crate::load::objective::Objective;
use crate::load::report::UnavoidableParts;
use crate::load::search::Searched;
use crate::load::search::Step;
use crate::load::sizing::Model;
use crate::load::sizing::Observed;
use crate::load::sizing::Sheet;
use crate::load::traffic::Spacing;
use crate::model::OrganId;
use crate::model::Reason;
use crate::node::HubCost;
use crate::node::HubTotals;
use crate::node::PairTotals;
use crate::node::StageCost;
use crate::page::Host;
use crate::page::Machine;
use crate::text::Language;

const SECONDS: u64 = 30;
const RATE: u64 = 400;

fn organ(text: &str) -> OrganId {
    text.parse().unwrap()
}

/// Twelve seconds in, the hub stood still for a moment.
fn driven() -> Driven {
    let mut totals = Totals::default();
    let mut seconds = Vec::new();
    for second in 1..=SECONDS {
        let slow = if second == 12 { 20 } else { 1 };
        for sample in 1..=RATE {
            let micros = slow * (800 + sample * 12);
            let histograms = &mut totals.histograms;
            histograms.receipt_us.record(micros).unwrap();
            histograms.service_us.record(micros - 100).unwrap();
            histograms.slip_us.record(90).unwrap();
            for recipient in 1..=3 {
                histograms
                    .delivery_us
                    .record(micros + 900 * recipient)
                    .unwrap();
            }
        }
        let mut counts = Counts {
            intended: RATE,
            accepted: RATE - 4,
            delivered: 3 * (RATE - 4),
            bytes: RATE * 9_000,
            ..Counts::default()
        };
        counts.refused.insert(Reason::SignatureInvalid, 3);
        counts.refused.insert(Reason::CertificateRevoked, 1);
        totals.counts.add(&counts);
        let mut bands = [0; BANDS_US.len()];
        for (band, count) in bands
            .iter_mut()
            .skip(if slow > 1 { 8 } else { 1 })
            .zip([200, 150, 50])
        {
            *band = count;
        }
        seconds.push(Second {
            at: Duration::from_secs(second),
            counts,
            receipt_us: [slow * 3200, slow * 5500, slow * 5600],
            bands,
        });
    }
    let accepted = SECONDS * (RATE - 4);
    let stage = |name: &str, us: u64| StageCost {
        name: name.to_owned(),
        cpu: Duration::from_micros(us * accepted),
        elapsed: Duration::from_micros(2 * us * accepted),
    };
    let pair = PairTotals {
        addressed: accepted,
        received: accepted,
    };
    let office = organ("000.00.00.G22");
    let pairs = ["000.00.00.H26", "000.00.00.H62", "000.00.00.G09"];
    let pairs = pairs.map(|to| ((office, organ(to)), pair));
    Driven {
        totals,
        seconds,
        elapsed: Duration::from_millis(30_042),
        measured: Duration::from_secs(SECONDS),
        due_until: Duration::from_secs(SECONDS),
        pairs: pairs.into_iter().collect(),
        hub_pairs: pairs.into_iter().collect(),
        hub: HubTotals {
            submitted: SECONDS * RATE,
            repeated: 0,
            turned_away: 0,
            under_way: 0,
            sent: accepted,
            refused: SECONDS * 4,
            addressed: 3 * accepted,
            received: 3 * accepted,
            balanced: true,
        },
        cost: Some(HubCost {
            cpu: Duration::from_micros(160 * accepted),
            memory: 150_000_000,
            documents: accepted,
            deliveries: 3 * accepted,
            payload_bytes: 9_000 * accepted,
            digested_bytes: 4_000 * accepted,
            signatures: 2 * accepted,
            commits: 1_000,
            durability: "fsync".to_owned(),
            git: "0123456".to_owned(),
            stages: vec![
                stage("receive", 20),
                stage("decode", 25),
                stage("verify", 45),
                stage("commit", 40),
                stage("send", 30),
            ],
        }),
        generator: (Duration::from_secs(6), Duration::from_secs(SECONDS)),
        ..Driven::default()
    }
}

fn measured(runs: Vec<Run>) -> Measured {
    Measured {
        scenario: "normal-day".to_owned(),
        seed: 1,
        keys: "rsa2048".to_owned(),
        durability: "fsync".to_owned(),
        agencies: 95,
        pace: Paced::Open {
            spacing: Spacing::Poisson,
            rate: 400.0,
            seconds: 30.0,
        },
        target: Some(RATE as f64),
        warm_up_s: 3.0,
        corpus: Corpus {
            documents: 20_000,
            signatures: 29_480,
            keys: 190,
            mean_bytes: 9_012.0,
        },
        runs,
        search: None,
        ladder: None,
        sizing: None,
        host: Host {
            name: "a-machine".to_owned(),
            date: "2026-11-28T01:00:00Z".to_owned(),
            cpu: "a processor".to_owned(),
            flags: "avx2 sha_ni".to_owned(),
            cores: 2,
            memory: 24_000_000_000,
            os: "Linux 6.12".to_owned(),
            filesystem: "ext4".to_owned(),
            version: "0.1.0".to_owned(),
            git: "0123456".to_owned(),
        },
        machine: Machine::default(),
        command: "docaxis load --html page.html".to_owned(),
    }
}

fn run(driven: Driven) -> Run {
    let objectives = ["p99<20ms", "errors<0.1%", "rate>=0.98"];
    let objectives = objectives.map(|text| text.parse::<Objective>().unwrap());
    let parts = UnavoidableParts {
        verify: 36.0,
        digest: 3.0,
        transport_in: 6.0,
        transport_out: 20.0,
        journal: 12.0,
    };
    Run::judge(driven, parts, &objectives, 2)
}

/// A text without everything from each `open` to its `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let kept = text
        .split(open)
        .enumerate()
        .map(|(place, part)| match place {
            0 => part,
            _ => part.split_once(close).map_or("", |(_, kept)| kept),
        });
    kept.collect()
}

/// The words of a page, a line each, without its charts.
fn words(page: &str) -> String {
    let page = without(page, "<style", "</style>");
    let page = without(&page, "<svg", "</svg>");
    let words = page.split('<').filter_map(|tag| tag.split_once('>'));
    let words = words.map(|(_, text)| text.trim());
    let words: Vec<&str> = words.filter(|text| !text.is_empty()).collect();
    words.join("\n")
}

#[test]
fn a_run_is_told_in_both_languages() {
    let measured = measured(vec![run(driven())]);
    insta::assert_snapshot!("text_en", to_text(&measured, Language::En));
    insta::assert_snapshot!("text_vi", to_text(&measured, Language::Vi));
}

#[test]
fn a_page_says_how_each_chart_is_read() {
    let measured = measured(vec![run(driven()), run(driven())]);
    insta::assert_snapshot!("page_en", words(&to_html(&measured, Language::En)));
    insta::assert_snapshot!("page_vi", words(&to_html(&measured, Language::Vi)));
}

#[test]
fn figures_of_a_run_have_the_names_others_rely_on() {
    let json = to_json(&measured(vec![run(driven())]));
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn what_was_lost_makes_the_figures_invalid() {
    let mut driven = driven();
    let lost = "000.00.00.G22,2019/06/03,7/TAI → 000.00.00.H26";
    driven.lost.insert(lost.to_owned());
    driven.aborted = Some(312.4);
    driven.held_back = Duration::from_secs(2);
    driven.broken = 3;
    let measured = measured(vec![run(driven)]);
    let text = to_text(&measured, Language::En);
    assert!(text.contains(lost), "{text}");
    insta::assert_snapshot!("invalid_en", text);
    insta::assert_snapshot!("invalid_vi", to_text(&measured, Language::Vi));
}

#[test]
fn a_search_is_told_attempt_by_attempt() {
    let mut searched = Searched::from(8000.0);
    while let Step::Try(rate) = searched.next_step() {
        let p99 = if rate > 5000.0 { 90_000 } else { 12_000 };
        searched.found(rate, rate, [2_000, p99], rate <= 5000.0);
    }
    let mut measured = measured(vec![run(driven())]);
    measured.search = Some(searched.into_search(vec!["p99<20ms".parse().unwrap()]));
    let text = to_text(&measured, Language::En);
    let search: Vec<&str> = text
        .lines()
        .take_while(|line| !line.contains("generator"))
        .collect();
    insta::assert_snapshot!("search_en", search.join("\n"));
    assert!(to_html(&measured, Language::Vi).contains("Tìm tốc độ cao nhất"));
}

#[test]
fn a_ladder_names_the_price_of_each_layer() {
    let mut measured = measured(vec![run(driven())]);
    let rungs = [
        ("plain", 13_163.0, 103.0),
        ("+ mTLS", 11_753.0, 113.0),
        // Within the intervals of the one before, then cheaper than it.
        ("+ chain", 11_700.0, 114.0),
        ("+ fsync", 12_200.0, 108.0),
        ("+ audit", 10_300.0, 131.0),
    ];
    let rungs = rungs.map(|(name, docs_per_s, cpu_us)| Rung {
        name: name.to_owned(),
        docs_per_s,
        spread: 0.02,
        half: docs_per_s * 0.02,
        cpu_us,
        cpu_half_us: 2.0,
    });
    let ladder = Ladder {
        rungs: rungs.to_vec(),
    };
    let prices: Vec<Option<f64>> = ladder.prices().iter().map(|(_, price)| *price).collect();
    assert_eq!(prices, [None, Some(10.0), None, None, Some(18.0)]);
    assert_eq!(ladder.unsteady(), None);
    measured.ladder = Some(ladder);
    let text = to_text(&measured, Language::Vi);
    let ladder: Vec<&str> = text.lines().take(8).collect();
    insta::assert_snapshot!("ladder_vi", ladder.join("\n"));
    assert!(to_json(&measured)["ladder"][2]["added_us"].is_null());
}

#[test]
fn a_ladder_whose_rungs_disagree_is_a_warning_above_all_figures() {
    let mut measured = measured(vec![run(driven())]);
    let rung = |name: &str, spread| Rung {
        name: name.to_owned(),
        docs_per_s: 10_000.0,
        spread,
        half: 100.0,
        cpu_us: 100.0,
        cpu_half_us: 1.0,
    };
    let ladder = Ladder {
        rungs: vec![rung("plain", 0.03), rung("+ mTLS", 0.18)],
    };
    measured.machine.unsteady = ladder.unsteady();
    measured.ladder = Some(ladder);
    let text = to_text(&measured, Language::En);
    assert!(text.trim_start().starts_with("WARNING"), "{text}");
    assert!(
        text.contains("1 of 2 figures") && text.contains("+ mTLS, ± 18.0 %"),
        "{text}"
    );
    assert!(to_html(&measured, Language::Vi).contains("CẢNH BÁO"));
    assert_eq!(to_json(&measured)["disturbances"][0]["kind"], "unsteady");
}

#[test]
fn a_sheet_says_what_to_buy() {
    let observed: Vec<Observed> = (0..8)
        .map(|number| {
            let of = |bit: u32| f64::from(number >> bit & 1);
            let (bytes, recipients, signatures) =
                (4096.0 + 8192.0 * of(0), 1.0 + 4.0 * of(1), 2.0 * of(2));
            let cpu_us = 30.0 + 12.0 * recipients + bytes / 1024.0 + 20.0 * signatures;
            Observed {
                bytes,
                recipients,
                signatures,
                cpu_us,
                serial_us: cpu_us / 5.0,
            }
        })
        .collect();
    let model = Model::fit(&observed).unwrap();
    let demand = "documents/day=200000, size=10KiB, recipients=3, signed=0.74"
        .parse()
        .unwrap();
    let mut measured = measured(vec![run(driven())]);
    measured.sizing = Some(Sheet::new(demand, &model, 0.1, (150.0, 148.0)));
    let text = to_text(&measured, Language::En);
    let sheet: Vec<&str> = text
        .lines()
        .take_while(|line| !line.contains("generator"))
        .collect();
    insta::assert_snapshot!("sizing_en", sheet.join("\n"));
}

/// Student's t for four runs is 3.182: the interval is that of standard tables.
#[test]
fn a_mean_has_its_confidence() {
    let figure = Figure::of(&[10.0, 12.0, 14.0, 12.0]);
    assert!((figure.mean - 12.0).abs() < 1e-9);
    assert!((figure.half - 3.182 * (8.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-9);
}
