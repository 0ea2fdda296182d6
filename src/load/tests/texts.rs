//! What a scenario's text must be, and what is said of one that is not.

use super::*;

fn error_of(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    Scenario::parse(&TEXT.replacen(from, to, 1))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_text_that_breaks_a_rule_names_field_and_line() {
    let line = |needle: &str| {
        1 + TEXT
            .lines()
            .position(|line| line.starts_with(needle))
            .unwrap()
    };
    let is_named = |found: String, field: &str, number: usize| {
        assert!(found.contains(field), "{found}");
        assert!(found.starts_with(&format!("line {number}: ")), "{found}");
    };
    let found = error_of("deliveries = 263_000", "deliveries = 85_999");
    is_named(found, "`deliveries`", line("deliveries"));
    let found = error_of("overall = 0.737", "overall = 1.737");
    is_named(found, "overall", line("overall"));
    let found = error_of("overall = 0.737", "overall = 0.437");
    is_named(found, "`signed.overall`", line("overall"));
    let found = error_of("first = \"2019-03-12\"", "first = \"2019-03-32\"");
    is_named(found, "first", line("first"));
    let found = error_of("organ = \"000.00.00.H62\"", "organ = \"H62.\"");
    is_named(found, "organ", line("organ"));
    let found = error_of("least_documents = 300", "at_least = 300");
    assert!(found.contains("at_least"), "{found}");
    let found = error_of("name = \"Công điện\"", "name = \"Điện\"");
    is_named(found, "`types[7].name`", line("name = \"Công điện\""));
    let found = error_of("to = 12\n", "to = 4\n");
    is_named(found, "`fan_out[2].to`", line("to = 12"));
    let found = error_of("median = 60", "median = 4");
    is_named(found, "`office.assign.median`", line("median = 60"));
    let found = error_of("documents = 86_000", "");
    assert!(found.contains("documents"), "{found}");
    let found = error_of("weight = 13.0", "weight = -1.0");
    is_named(found, "weight", line("weight = 13.0"));
    let found = error_of("seed = 2019", "seed = ");
    is_named(found, "seed", line("seed"));
}

#[test]
fn a_scenario_that_does_not_fit_the_directory_has_no_plan() {
    let directory = Directory::of_2019();
    let few = preset().scaled_to(94);
    assert_eq!(
        Plan::of(&few, directory),
        Err(InvalidPlan::TooFew {
            documents: 94,
            agencies: 95
        })
    );
    let organ: OrganId = "000.00.00.H64".parse().unwrap();
    let mut unknown = preset().scaled_to(200);
    unknown.senders.named.insert(organ, 1.0);
    assert_eq!(
        Plan::of(&unknown, directory),
        Err(InvalidPlan::Unknown { organ })
    );
    let mut many = preset().scaled_to(200);
    many.deliveries = 200 * 94 + 1;
    assert_eq!(
        Plan::of(&many, directory),
        Err(InvalidPlan::Deliveries {
            deliveries: 18_801,
            most: 18_800
        })
    );
    many.deliveries -= 1;
    assert!(Plan::of(&many, directory).is_ok());
}

#[test]
fn every_preset_is_valid_and_keeps_its_name() {
    for name in Scenario::PRESETS {
        assert_eq!(Scenario::preset(name).unwrap().name, *name);
    }
    assert_eq!(Scenario::preset("period-2018"), None);
}

#[test]
fn half_of_all_delays_are_at_most_the_median() {
    let delay = preset().office.accept;
    assert_eq!(delay.at_quantile(0.0), delay.least);
    assert_eq!(delay.at_quantile(0.5), delay.median);
    assert_eq!(delay.at_quantile(1.0), delay.most);
    assert!(delay.at_quantile(0.75) > delay.median);
}
