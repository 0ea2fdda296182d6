//! Labels of joining fit their columns and are Vietnamese where they say so.

use std::collections::BTreeSet;

use super::*;

/// Every label, English and Vietnamese.
fn labels() -> Vec<[&'static str; 2]> {
    let both = |text: &dyn Fn(Language) -> &'static str| Language::ALL.map(text);
    let activities = JoiningActivity::ALL
        .iter()
        .map(|label| both(&|l| label.text(l)));
    let actors = JoiningActor::ALL
        .iter()
        .map(|label| both(&|l| label.text(l)));
    let phrases = JoiningPhrase::ALL
        .iter()
        .map(|label| both(&|l| label.text(l)));
    let steps = Step::ALL.iter().map(|step| both(&|l| step_name(*step, l)));
    activities
        .chain(actors)
        .chain(phrases)
        .chain(steps)
        .collect()
}

#[test]
fn vietnamese_has_its_diacritics_and_english_none() {
    for [english, vietnamese] in labels() {
        // Names of acts stay as they are in either language.
        let english = english.replace("NĐ", "");
        let letters = english.chars().filter(|letter| letter.is_alphabetic());
        assert!(letters.clone().all(|letter| letter.is_ascii()), "{english}");
        assert!(
            vietnamese
                .chars()
                .any(|letter| letter.is_alphabetic() && !letter.is_ascii()),
            "{vietnamese}"
        );
        let facts = |text: &str| text.matches("{}").count();
        assert_eq!(facts(&english), facts(vietnamese), "{english}");
    }
}

#[test]
fn activities_fit_their_column_and_have_names_of_their_own() {
    for language in Language::ALL {
        let names: BTreeSet<&str> = JoiningActivity::ALL
            .iter()
            .map(|a| a.text(language))
            .collect();
        assert_eq!(names.len(), JoiningActivity::ALL.len());
        for name in names {
            assert!(name.chars().count() <= ACTIVITY_MAX, "{name}");
        }
    }
    let names: BTreeSet<&str> = JoiningActivity::ALL.iter().map(|a| a.as_str()).collect();
    assert_eq!(names.len(), JoiningActivity::ALL.len());
    let names: BTreeSet<&str> = JoiningActor::ALL.iter().map(|a| a.as_str()).collect();
    assert_eq!(names.len(), JoiningActor::ALL.len());
}
