//! Several paths, several lists: which counts.

use jiff::SignedDuration;

use super::DAY;
use super::at;
use super::judged;
use super::sound;
use crate::text::Language;
use crate::trust::ChainFacts;
use crate::trust::ListFacts;
use crate::trust::ListFate;
use crate::trust::PathProblem;
use crate::trust::Rule;
use crate::trust::SignatureFacts;
use crate::trust::UnusedList;
use crate::validation::Block;
use crate::validation::Indication;
use crate::validation::Policy;
use crate::validation::RevocationRule;
use crate::validation::judge;

/// What a change to a sound signature leads to.
fn found(policy: &Policy, change: impl FnOnce(&mut SignatureFacts)) -> String {
    match judged(policy, change) {
        (Indication::Passed, ..) => "PASSED".to_owned(),
        (indication, sub, _) => format!("{} {}", indication.as_str(), sub.unwrap_or_default()),
    }
}

/// The sentences of a block, as a person reads them.
fn said(policy: &Policy, block: Block, change: impl FnOnce(&mut SignatureFacts)) -> Vec<String> {
    let mut facts = sound("seal");
    change(&mut facts);
    let judged = judge(&super::document(vec![facts]), policy);
    let blocks = &judged.signatures[0].blocks;
    let (_, findings) = blocks.iter().find(|(one, _)| *one == block).unwrap();
    findings.iter().map(|one| one.said(Language::En)).collect()
}

fn other(facts: &SignatureFacts) -> ChainFacts {
    ChainFacts {
        problem: None,
        links: facts.path.links.clone(),
    }
}

fn if_present() -> Policy {
    Policy {
        revocation: RevocationRule::IfPresent,
        ..Policy::default()
    }
}

fn list(facts: &mut SignatureFacts) -> &mut ListFacts {
    &mut facts.path.links[0].lists[0]
}

#[test]
fn one_good_path_is_enough_wherever_it_stands() {
    let policy = Policy::default();
    let broken = || {
        let certificate = "CN=old".to_owned();
        let rule = Rule::Authority;
        Some(PathProblem::Rule { certificate, rule })
    };
    let first = found(&policy, |facts| {
        facts.path.others.push(other(facts));
        facts.path.problem = broken();
    });
    assert_eq!(first, "PASSED");
    let second = found(&policy, |facts| {
        let mut bad = other(facts);
        bad.problem = broken();
        facts.path.others.push(bad);
    });
    assert_eq!(second, "PASSED");
    let expired = found(&policy, |facts| {
        facts.path.others.push(other(facts));
        facts.path.links[1].not_after = at() - DAY * 3;
    });
    assert_eq!(expired, "PASSED");
}

#[test]
fn revoked_is_what_every_path_says() {
    let policy = Policy::default();
    let revoke = |list: &mut ListFacts| list.revoked_at = Some(at() - DAY * 2);
    let one = found(&policy, |facts| {
        facts.path.others.push(other(facts));
        revoke(list(facts));
    });
    assert_eq!(one, "PASSED");
    let both = found(&policy, |facts| {
        revoke(list(facts));
        facts.path.others.push(other(facts));
    });
    assert_eq!(both, "FAILED REVOKED");
}

#[test]
fn a_broken_rule_names_certificate_and_rule_and_other_paths_are_told() {
    let policy = Policy::default();
    let chain = said(&policy, Block::Chain, |facts| {
        let mut second = other(facts);
        second.links[1].not_after = at() - DAY * 3;
        facts.path.others.push(second);
        facts.path.problem = Some(PathProblem::Rule {
            certificate: "CN=issuing".to_owned(),
            rule: Rule::PermittedName,
        });
    });
    // Which of the two is told first does not matter: both are.
    let all = chain.join("\n");
    assert!(
        all.contains("CN=issuing: a name in it is none of those"),
        "{all}"
    );
    assert!(
        all.contains("another path, over CN=issuing → CN=root"),
        "{all}"
    );
    assert!(all.contains("was not valid on"), "{all}");
}

#[test]
fn suspended_is_not_revoked_and_the_newest_list_wins() {
    let policy = Policy::default();
    let hold = |list: &mut ListFacts| {
        list.revoked_at = Some(at() - DAY * 2);
        list.reason = 6;
    };
    let held = found(&policy, |facts| hold(list(facts)));
    assert_eq!(held, "INDETERMINATE TRY_LATER");
    let released = found(&policy, |facts| {
        let newer = list(facts).clone();
        hold(list(facts));
        list(facts).this_update = at() - DAY * 3;
        facts.path.links[0].lists.push(newer);
    });
    assert_eq!(released, "PASSED");
    // A list of another series does not replace it.
    let elsewhere = found(&policy, |facts| {
        let mut newer = list(facts).clone();
        newer.series = "another".to_owned();
        hold(list(facts));
        list(facts).this_update = at() - DAY * 3;
        facts.path.links[0].lists.push(newer);
    });
    assert_eq!(elsewhere, "INDETERMINATE TRY_LATER");
}

#[test]
fn a_list_that_was_not_used_is_said_and_counts_as_missing() {
    let unused = |facts: &mut SignatureFacts, fate: ListFate, signed: bool| {
        facts.path.links[0].unused.push(UnusedList {
            list: "issuing.crl".to_owned(),
            fate,
            signed_at: signed.then(at),
        });
    };
    for policy in [Policy::default(), if_present()] {
        let alone = |facts: &mut SignatureFacts| {
            facts.path.links[0].lists.clear();
            unused(facts, ListFate::Unsigned, false);
        };
        assert_eq!(found(&policy, alone), "INDETERMINATE TRY_LATER");
        let told = said(&policy, Block::Revocation, alone).join("\n");
        assert!(
            told.contains("revocation list issuing.crl was not used: it is not signed"),
            "{told}"
        );
        // Beside one that is used, whoever adds it changes nothing.
        let beside = |facts: &mut SignatureFacts| unused(facts, ListFate::Unsigned, false);
        assert_eq!(found(&policy, beside), "PASSED");
        let told = said(&policy, Block::Revocation, beside).join("\n");
        assert!(told.contains("issuing.crl was not used"), "{told}");
        // Unless the issuer signed it later and we do not understand it.
        let later = |facts: &mut SignatureFacts| {
            unused(facts, ListFate::CriticalExtension("1.2.3".to_owned()), true);
        };
        assert_eq!(found(&policy, later), "INDETERMINATE TRY_LATER");
    }
}

#[test]
fn nobody_is_revoked_is_said_when_a_list_covers_everybody() {
    let without = |facts: &mut SignatureFacts| facts.path.links[0].lists.clear();
    assert_eq!(found(&if_present(), without), "PASSED");
    let told = said(&if_present(), Block::Revocation, without).join("\n");
    assert!(
        !told.contains("no certificate of the path is revoked"),
        "{told}"
    );
    assert!(told.contains("of CN=signer none speaks"), "{told}");
    let reasons = |facts: &mut SignatureFacts| list(facts).reasons = 0b10;
    assert_eq!(
        found(&Policy::default(), reasons),
        "INDETERMINATE TRY_LATER"
    );
    let told = said(&if_present(), Block::Revocation, reasons).join("\n");
    assert!(
        !told.contains("no certificate of the path is revoked"),
        "{told}"
    );
    let together = found(&Policy::default(), |facts| {
        let mut second = list(facts).clone();
        second.series = "another".to_owned();
        list(facts).reasons = 0b10;
        second.reasons = ListFacts::ALL_REASONS & !0b10;
        facts.path.links[0].lists.push(second);
    });
    assert_eq!(together, "PASSED");
}

#[test]
fn a_list_made_after_a_certificate_expired_speaks_of_it_only_if_it_says_so() {
    let policy = Policy {
        trust_signing_time: true,
        ..Policy::default()
    };
    let expire = |facts: &mut SignatureFacts| {
        let expired = at() - SignedDuration::from_hours(30);
        facts.signing_time = Some(at() - DAY * 2);
        facts.certificate.as_mut().unwrap().not_after = expired;
        facts.path.links[0].not_after = expired;
    };
    assert_eq!(found(&policy, expire), "INDETERMINATE TRY_LATER");
    let says = found(&policy, |facts| {
        expire(facts);
        list(facts).expired_since = Some(at() - DAY * 300);
    });
    assert_eq!(says, "PASSED");
    let within = found(&policy, |facts| {
        expire(facts);
        list(facts).this_update = at() - DAY * 3;
    });
    assert_eq!(within, "PASSED");
}

#[test]
fn other_demands_on_policies_need_the_file_again() {
    let policy = Policy {
        require_explicit_policy: true,
        ..Policy::default()
    };
    assert_eq!(
        found(&policy, |_| {}),
        "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE"
    );
    let same = found(&policy, |facts| facts.path.policies.require_explicit = true);
    assert_eq!(same, "PASSED");
}
