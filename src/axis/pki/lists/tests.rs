//! Lists that are renewed when it is time, by one of several, and with a clock that was wrong.

use super::*;
use crate::model::OrganId;
use crate::trust::KeyKind;
use crate::trust::TrustStore;
use crate::trust::Validity;

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
}

fn dates(directory: &Path) -> Vec<ListDates> {
    let lists = read_lists(directory).unwrap();
    lists
        .iter()
        .map(|list| ListDates::of(list).unwrap())
        .collect()
}

fn renewed(directory: &Path, day: i64) -> Vec<ListDates> {
    Pki::open(directory).unwrap().renew_lists(at(day)).unwrap();
    dates(directory)
}

#[test]
fn lists_are_renewed_at_half_their_life_and_not_before() {
    let temporary = tempfile::tempdir().unwrap();
    let here = temporary.path();
    Pki::init(here, at(0)).unwrap();
    let first = dates(here);
    assert_eq!(renewed(here, 14), first);
    let second = renewed(here, 15);
    assert_eq!(second[1].this_update, at(15));
    assert_eq!(second[1].next_update, at(15 + i64::from(LIST_DAYS)));
    assert!(second[1].number > first[1].number);
    // Another process that found the same is too late, and finds the new ones.
    assert_eq!(renewed(here, 15), second);
    assert_eq!(renewed(here, 16), second);
    // Of whatever life they are.
    Pki::open(here).unwrap().write_lists(at(20), 4).unwrap();
    assert_eq!(renewed(here, 21)[0].this_update, at(20));
    assert_eq!(renewed(here, 22)[0].next_update, at(26));
}

#[test]
fn who_was_revoked_stays_revoked_in_renewed_lists() {
    let temporary = tempfile::tempdir().unwrap();
    let here = temporary.path();
    let mut pki = Pki::init(here, at(0)).unwrap();
    let organ = OrganId::government_office();
    let validity = Validity {
        not_before: at(0),
        not_after: at(300),
    };
    let papers = here.join("papers");
    pki.issue(organ, "VPCP", KeyKind::EcdsaP256, validity, &papers)
        .unwrap();
    pki.revoke(organ, None, at(1)).unwrap();
    drop(pki);
    renewed(here, 20);
    let anchors = fs::read_to_string(here.join("ca.pem")).unwrap();
    let trust = TrustStore::from_pem(&anchors).unwrap();
    trust.replace_crls(&read_lists(here).unwrap()).unwrap();
    let chain = fs::read_to_string(papers.join("seal.pem")).unwrap();
    let chain = crate::trust::certificates_from_pem(&chain).unwrap();
    let judged = trust.judge(&chain[0], &[], at(20), at(20));
    assert_eq!(
        judged.unwrap_err().reason(),
        crate::model::Reason::CertificateRevoked
    );
}

#[test]
fn lists_of_a_day_that_has_not_come_are_replaced_and_what_replaces_them_is_believed() {
    let temporary = tempfile::tempdir().unwrap();
    let here = temporary.path();
    let mut pki = Pki::init(here, at(0)).unwrap();
    let anchors = pki.anchors();
    let organ = OrganId::government_office();
    let validity = Validity {
        not_before: at(0),
        not_after: at(900),
    };
    let papers = here.join("papers");
    pki.issue(organ, "VPCP", KeyKind::EcdsaP256, validity, &papers)
        .unwrap();
    let trust = TrustStore::from_pem(&anchors).unwrap();
    // The clock is ahead by 400 days; somebody is revoked meanwhile.
    pki.renew_lists(at(400)).unwrap();
    pki.revoke(organ, None, at(401)).unwrap();
    trust.replace_crls(&read_lists(here).unwrap()).unwrap();
    let lists = pki.renew_lists(at(1)).unwrap();
    trust.replace_crls(&lists).unwrap();
    assert_eq!(trust.lists_due(), Some(at(1 + i64::from(LIST_DAYS))));
    let chain = fs::read_to_string(papers.join("seal.pem")).unwrap();
    let chain = crate::trust::certificates_from_pem(&chain).unwrap();
    let judged = trust.judge(&chain[0], &[], at(2), at(2));
    assert_eq!(
        judged.unwrap_err().reason(),
        crate::model::Reason::CertificateRevoked
    );
}

#[test]
fn a_list_that_is_damaged_on_disk_is_written_anew() {
    let temporary = tempfile::tempdir().unwrap();
    let here = temporary.path();
    Pki::init(here, at(0)).unwrap();
    fs::write(here.join("issuing.crl"), "garbage").unwrap();
    assert_eq!(renewed(here, 1)[1].this_update, at(1));
}
