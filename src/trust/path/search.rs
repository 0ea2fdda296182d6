//! The paths of the signers of one signature, and what its lists say of them.

mod believed;

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::SignedDuration;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::Paths;
use crate::trust::algorithms::Signed;
use crate::trust::certificate::Window;
use crate::trust::certificate::hex;
use crate::trust::certificate::shortened;
use crate::trust::chains::Candidate;
use crate::trust::chains::Chains;
use crate::trust::chains::Index;
use crate::trust::chains::Pool;
use crate::trust::facts::ChainFacts;
use crate::trust::facts::GivenList;
use crate::trust::facts::LinkFacts;
use crate::trust::facts::ListFacts;
use crate::trust::facts::ListFate;
use crate::trust::facts::PathFacts;
use crate::trust::facts::PathProblem;
use crate::trust::facts::UnusedList;
use crate::trust::lists::Entry;
use crate::trust::lists::Link;
use crate::trust::lists::List;
use crate::trust::lists::REMOVE_FROM_CRL;
use crate::trust::rules;
use crate::trust::rules::Rule;

/// Certificates of a signature that are looked at.
pub(in crate::trust) const CERTIFICATES_MAX: usize = 2_000;

/// Revocation lists of a signature that are looked at.
pub(in crate::trust) const LISTS_MAX: usize = 500;

/// Certificates of one name with whose keys a list is tried.
const LIST_SIGNERS_MAX: usize = 32;

/// How far ahead of the clock a list may be: the tolerance for clocks.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(10);

/// What came along with a signature, beside what is given, as it was read.
pub(super) struct Search<'a> {
    paths: &'a Paths,
    pool: Pool<'a>,
    /// Whether more came along than is looked at.
    is_cut: bool,
    embedded: Vec<List<'a>>,
    unreadable: Vec<String>,
    /// Which certificate's key signed which list.
    signed: HashMap<(usize, Index), Signed>,
    /// Chains that were looked for, and what their rules say.
    chains: HashMap<Index, std::rc::Rc<Chains>>,
    rules: HashMap<Vec<Index>, Result<(), rules::Broken>>,
    links: HashMap<Index, Option<Link>>,
}

/// What the lists say of one certificate.
#[derive(Default)]
struct Told {
    lists: Vec<ListFacts>,
    unused: Vec<(usize, UnusedList)>,
    used: Vec<(usize, ListFate)>,
}

impl<'a> Search<'a> {
    pub(super) fn new(paths: &'a Paths, embedded: &[&'a [u8]], lists: &[&'a [u8]]) -> Self {
        let along = embedded.iter().take(CERTIFICATES_MAX);
        let along = along.filter_map(|der| Candidate::read(Cow::Borrowed(der), false));
        let pool = Pool::new(paths.given.iter().map(Candidate::lend).chain(along));
        let (mut read, mut unreadable) = (Vec::new(), Vec::new());
        for (number, der) in (1..).zip(lists.iter().take(LISTS_MAX)) {
            let name = format!("embedded {number}");
            match List::read(name.clone(), Cow::Borrowed(der)) {
                Some(list) => read.push(list),
                None => unreadable.push(name),
            }
        }
        Self {
            paths,
            pool,
            is_cut: embedded.len() > CERTIFICATES_MAX || lists.len() > LISTS_MAX,
            embedded: read,
            unreadable,
            signed: HashMap::new(),
            chains: HashMap::new(),
            rules: HashMap::new(),
            links: HashMap::new(),
        }
    }

    /// The path of a certificate.
    pub(super) fn path(&mut self, der: &[u8]) -> PathFacts {
        let facts = PathFacts {
            policies: self.paths.policies.clone(),
            ..PathFacts::default()
        };
        let no_path = |problem| PathFacts {
            problem: Some(problem),
            ..facts.clone()
        };
        let Some(signer) = Candidate::read(Cow::Owned(der.to_vec()), false) else {
            return no_path(PathProblem::NoAnchor);
        };
        let signer = self.pool.add(signer);
        let chains = self.chains_of(signer);
        let mut fates = vec![ListFate::NoIssuer; self.list_count()];
        let mut all: Vec<ChainFacts> = Vec::new();
        for chain in &chains.found {
            let facts = self.chain(chain, &mut fates);
            all.push(facts);
        }
        // Stable: of those that keep the rules, the first that was found comes first.
        all.sort_by_key(|chain| chain.problem.is_some());
        let mut all = all.into_iter();
        let first = all.next().unwrap_or_else(|| ChainFacts {
            problem: Some(self.why_none(&chains)),
            links: self.link(signer).into_iter().collect(),
        });
        PathFacts {
            problem: first.problem,
            links: first.links,
            others: all.collect(),
            is_cut: chains.is_cut || self.is_cut,
            lists: self.told(fates),
            ..facts
        }
    }

    /// Why there is no chain: what whoever asks has given counts, and then what came along.
    fn why_none(&self, chains: &Chains) -> PathProblem {
        let subject = |index: Index| subject(&self.pool.get(index).der);
        let of = |wanted| {
            let given = |found: &&(Index, Index, Signed)| {
                found.2 == wanted && self.pool.get(found.1).is_given
            };
            let (certificate, issuer, _) = chains.not_signed.iter().find(given)?;
            Some((subject(*certificate), subject(*issuer)))
        };
        if let Some((certificate, issuer)) = of(Signed::Unsupported) {
            PathProblem::Algorithm {
                certificate,
                issuer,
            }
        } else if chains.is_cut || self.is_cut {
            PathProblem::TooMany
        } else if let Some((certificate, issuer)) = of(Signed::No) {
            PathProblem::NotSigned {
                certificate,
                issuer,
            }
        } else {
            PathProblem::NoAnchor
        }
    }

    fn chains_of(&mut self, from: Index) -> std::rc::Rc<Chains> {
        let pool = &self.pool;
        let made = self.chains.entry(from);
        std::rc::Rc::clone(made.or_insert_with(|| std::rc::Rc::new(pool.chains(from))))
    }

    fn rules_of(&mut self, chain: &[Index]) -> Result<(), rules::Broken> {
        if let Some(known) = self.rules.get(chain) {
            return *known;
        }
        let ders: Vec<&[u8]> = chain.iter().map(|one| &*self.pool.get(*one).der).collect();
        let verdict = rules::check(&ders, &self.paths.policies);
        self.rules.insert(chain.to_vec(), verdict);
        verdict
    }

    /// The facts of one chain.
    fn chain(&mut self, chain: &[Index], fates: &mut [ListFate]) -> ChainFacts {
        let broken = self.rules_of(chain).err();
        let problem = broken.and_then(|broken| {
            let certificate = subject(&self.pool.get(*chain.get(broken.link)?).der);
            let rule = broken.rule;
            Some(PathProblem::Rule { certificate, rule })
        });
        let mut links = Vec::new();
        for (position, index) in chain.iter().enumerate() {
            let Some(mut link) = self.link(*index) else {
                let certificate = subject(&self.pool.get(*index).der);
                let rule = Rule::Unreadable;
                return ChainFacts {
                    problem: Some(PathProblem::Rule { certificate, rule }),
                    links,
                };
            };
            if !link.is_anchor {
                let told = self.lists_of(chain, position);
                for (list, fate) in told.used {
                    better(&mut fates[list], fate);
                }
                for (list, unused) in &told.unused {
                    better(&mut fates[*list], unused.fate.clone());
                }
                link.lists = told.lists;
                link.unused = told.unused.into_iter().map(|(_, unused)| unused).collect();
            }
            links.push(link);
        }
        ChainFacts { problem, links }
    }

    /// What is known of a certificate without its lists.
    fn link(&self, index: Index) -> Option<LinkFacts> {
        let one = self.pool.get(index);
        let (_, read) = X509Certificate::from_der(&one.der).ok()?;
        let window = Window::of(&read);
        Some(LinkFacts {
            subject: shortened(read.subject().to_string()),
            serial: hex(read.raw_serial()),
            not_before: window.from,
            not_after: window.to,
            is_anchor: one.is_anchor,
            lists: Vec::new(),
            unused: Vec::new(),
        })
    }

    fn list_count(&self) -> usize {
        self.paths.lists.len() + self.embedded.len()
    }

    fn list(&self, number: usize) -> &List<'a> {
        match number.checked_sub(self.paths.lists.len()) {
            None => &self.paths.lists[number],
            Some(embedded) => &self.embedded[embedded],
        }
    }

    /// What the lists say of a certificate of a chain.
    fn lists_of(&mut self, chain: &[Index], position: usize) -> Told {
        let mut told = Told::default();
        let Some(link) = self.told_of(chain[position]) else {
            return told;
        };
        let mut full = Vec::new();
        let mut deltas = Vec::new();
        for number in 0..self.list_count() {
            if !link.is_told_of_by(&self.list(number).issuer) {
                continue;
            }
            match self.believed(number, chain) {
                Err(unused) => told.unused.push((number, unused)),
                Ok(()) if self.list(number).covers(&link) == 0 => {
                    told.unused
                        .push((number, self.unused(number, ListFate::OtherScope)));
                }
                Ok(()) if self.list(number).is_delta() => deltas.push(number),
                Ok(()) => full.push(number),
            }
        }
        for number in &full {
            let list = self.list(*number);
            told.used.push((*number, ListFate::Used));
            told.lists
                .extend(statement(list, list, list.entry(&link), &link));
        }
        for number in deltas {
            let delta = self.list(number);
            let bases = full.iter().map(|base| self.list(*base));
            let base = bases
                .filter(|base| delta.continues(base))
                .max_by_key(|base| base.this_update);
            let Some(base) = base else {
                let fate = self.unused(number, ListFate::DeltaWithoutBase);
                told.unused.push((number, fate));
                continue;
            };
            let entry = delta.entry(&link).or_else(|| base.entry(&link));
            told.lists.extend(statement(delta, base, entry, &link));
            told.used.push((number, ListFate::Used));
        }
        told
    }

    fn told_of(&mut self, index: Index) -> Option<Link> {
        let pool = &self.pool;
        let read = || Link::read(&pool.get(index).read_again()?);
        self.links.entry(index).or_insert_with(read).clone()
    }

    fn unused(&self, number: usize, fate: ListFate) -> UnusedList {
        let list = self.list(number).name.clone();
        UnusedList {
            list,
            fate,
            signed_at: None,
        }
    }

    /// What became of every list.
    fn told(&self, fates: Vec<ListFate>) -> Vec<GivenList> {
        let read = fates.into_iter().enumerate().map(|(number, fate)| {
            let list = self.list(number);
            GivenList {
                list: list.name.clone(),
                issuer: Some(shortened(list.issuer_text.clone())),
                this_update: Some(list.this_update),
                fate,
            }
        });
        let none = self.paths.unreadable.iter().chain(&self.unreadable);
        let none = none.map(|name| GivenList {
            list: name.clone(),
            issuer: None,
            this_update: None,
            fate: ListFate::Unreadable,
        });
        read.chain(none).collect()
    }
}

/// What a list, the newer of two, says of a certificate.
fn statement(
    list: &List<'_>,
    base: &List<'_>,
    entry: Option<Entry>,
    link: &Link,
) -> Option<ListFacts> {
    let entry = entry.filter(|entry| entry.reason != REMOVE_FROM_CRL);
    Some(ListFacts {
        this_update: list.this_update,
        next_update: list.next_update?,
        // A list that names a certificate has revoked it, whatever date it puts beside it.
        revoked_at: entry.map(|entry| entry.at.min(list.this_update)),
        reason: entry.map_or(0, |entry| entry.reason),
        list: list.name.clone(),
        series: base.series(),
        reasons: list.covers(link) & base.covers(link),
        expired_since: list.expired_since.or(base.expired_since),
    })
}

/// Keeps of two fates the one that says more.
fn better(known: &mut ListFate, found: ListFate) {
    let rank = |fate: &ListFate| match fate {
        ListFate::Used => 9,
        ListFate::Superseded => 8,
        ListFate::SignerRevoked => 7,
        ListFate::CriticalExtension(_)
        | ListFate::DeltaWithoutBase
        | ListFate::Future
        | ListFate::NoNextUpdate
        | ListFate::Unreadable => 6,
        ListFate::Signer => 5,
        ListFate::KeyUsage => 4,
        ListFate::Algorithm => 3,
        ListFate::OtherScope => 2,
        ListFate::Unsigned => 1,
        ListFate::NoIssuer => 0,
    };
    if rank(&found) > rank(known) {
        *known = found;
    }
}

/// Name of a certificate's holder, for people.
fn subject(der: &[u8]) -> String {
    crate::trust::certificate::SignedCertificate::parse(der)
        .map_or_else(|| "(unreadable)".to_owned(), |read| read.subject_text())
}
