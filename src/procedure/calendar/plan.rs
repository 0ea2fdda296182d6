//! What is done today, by whom, after what, and in how many working days.
//!
//! Certainty: that a paper or a test is asked for is law where a row names an article (read in QĐ
//! 28/2018/QĐ-TTg; NĐ 68/2024/NĐ-CP, Art. 10 as the press quotes it). **Every duration is our
//! assumption**: no figure was found. The rows come to one to three months together, which is the
//! order of magnitude a province reckons with; each has its reason beside it. Least, likely and
//! most days make a triangle; half days are the grain.

use rand::RngExt;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::HalfDays;
use super::Law;
use crate::model::joining::Step;
use crate::procedure::Activity;
use crate::procedure::Actor;

/// One activity as it is planned.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) step: Step,
    pub(super) activity: Activity,
    pub(super) actor: Actor,
    /// Whether the locality can only wait.
    pub(super) wait: bool,
    /// What must have ended; those stand earlier in the plan.
    pub(super) after: &'static [Activity],
    pub(super) days: Days,
    pub(super) law: Option<Law>,
}

/// A range of working days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    pub(super) least: f64,
    pub(super) likely: f64,
    pub(super) most: f64,
}

impl Days {
    /// A duration from the triangle over the range, of the stream of this activity.
    pub(super) fn drawn(self, seed: u64, activity: Activity) -> HalfDays {
        let mut stream = Pcg64Mcg::seed_from_u64(seed ^ salt(activity.as_str()));
        let point: f64 = stream.random();
        let width = self.most - self.least;
        let rising = self.likely - self.least;
        let days = if point * width < rising {
            self.least + (point * width * rising).sqrt()
        } else {
            self.most - ((1.0 - point) * width * (self.most - self.likely)).sqrt()
        };
        HalfDays(halves(days))
    }
}

/// Days as halves, at least one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a range ends far below the largest number, and `as` saturates"
)]
fn halves(days: f64) -> u16 {
    ((2.0 * days).round() as u16).max(1)
}

/// A number of a name, FNV-1a: a stream is the activity's whatever stands before it in the plan.
fn salt(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

const fn days(least: f64, likely: f64, most: f64) -> Days {
    Days {
        least,
        likely,
        most,
    }
}

/// An article of the decision on the axis.
const fn decision_28(article: &'static str) -> Option<Law> {
    Some(Law {
        act: "QĐ 28/2018/QĐ-TTg",
        article,
    })
}

/// An article of the decree on digital signatures for official use.
const fn decree_68(article: &'static str) -> Option<Law> {
    Some(Law {
        act: "NĐ 68/2024/NĐ-CP",
        article,
    })
}

/// The plan, in an order in which nothing stands before what it waits for.
pub(super) const PLAN: [Work; 24] = [
    // A regulation of its own is needed; most adapt a neighbour's, and departments are asked.
    Work {
        step: Step::Application,
        activity: Activity::RequestDrafted,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[],
        days: days(2.0, 4.0, 6.0),
        law: decision_28("19.1a"),
    },
    // A letter waits for the leader's day at the desk.
    Work {
        step: Step::Application,
        activity: Activity::RequestSigned,
        actor: Actor::LocalityLeader,
        wait: false,
        after: &[Activity::RequestDrafted],
        days: days(0.5, 1.0, 3.0),
        law: None,
    },
    // Incoming post, a unit that examines, a leader who signs: a week, two with questions. Law says
    // that one connects by the Government Office's guidance, not how soon it answers.
    Work {
        step: Step::Application,
        activity: Activity::RequestAnswered,
        actor: Actor::GovernmentOffice,
        wait: true,
        after: &[Activity::RequestSigned],
        days: days(2.0, 5.0, 10.0),
        law: decision_28("14.1, 15.2"),
    },
    // Hundreds of units, down to communes, checked by hand; need not wait for the answer.
    Work {
        step: Step::Codes,
        activity: Activity::CodesDrawnUp,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::RequestSigned],
        days: days(1.0, 2.0, 4.0),
        law: decision_28("19.1c"),
    },
    // Another letter to another ministry, entered by hand; wrong lists come back once.
    Work {
        step: Step::Codes,
        activity: Activity::CodesRegistered,
        actor: Actor::CodeMinistry,
        wait: true,
        after: &[Activity::CodesDrawnUp],
        days: days(2.0, 4.0, 8.0),
        law: decision_28("16.1"),
    },
    // A written request of the managing agency with papers for each holder; certificates name
    // codes, so the codes come first.
    Work {
        step: Step::Certificates,
        activity: Activity::CertificatesRequested,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::CodesRegistered],
        days: days(1.0, 2.0, 3.0),
        law: decree_68("10"),
    },
    // Examined, keys made on tokens, entered in the directory: about a week for a batch.
    Work {
        step: Step::Certificates,
        activity: Activity::CertificatesIssued,
        actor: Actor::CipherCommittee,
        wait: true,
        after: &[Activity::CertificatesRequested],
        days: days(2.0, 5.0, 8.0),
        law: decision_28("18"),
    },
    // Tokens hold private keys: handed over in person or by official post, against a signature.
    Work {
        step: Step::Certificates,
        activity: Activity::TokensDelivered,
        actor: Actor::CipherCommittee,
        wait: true,
        after: &[Activity::CertificatesIssued],
        days: days(1.0, 2.0, 4.0),
        law: None,
    },
    // A form and a letter; the answer to the request has the addresses to ask for.
    Work {
        step: Step::Connection,
        activity: Activity::LineOrdered,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::RequestAnswered],
        days: days(0.5, 1.0, 2.0),
        law: None,
    },
    // A port on the dedicated network: days where fibre is in the house, weeks where it is not.
    Work {
        step: Step::Connection,
        activity: Activity::LineOpened,
        actor: Actor::NetworkProvider,
        wait: true,
        after: &[Activity::LineOrdered],
        days: days(3.0, 7.0, 12.0),
        law: decision_28("12"),
    },
    // Two administrations, two change requests, and the first rule is seldom right.
    Work {
        step: Step::Connection,
        activity: Activity::FirewallOpened,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::LineOpened],
        days: days(0.5, 2.0, 4.0),
        law: None,
    },
    // On site or remote, with the locality's own document system to be joined to it.
    Work {
        step: Step::Connection,
        activity: Activity::AdapterInstalled,
        actor: Actor::SoftwareSupplier,
        wait: false,
        after: &[Activity::RequestAnswered, Activity::TokensDelivered],
        days: days(1.0, 3.0, 5.0),
        law: None,
    },
    // Encrypted and authenticated on both sides; half a day if it works at once.
    Work {
        step: Step::Connection,
        activity: Activity::ConnectionChecked,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::FirewallOpened, Activity::AdapterInstalled],
        days: days(0.5, 1.0, 2.0),
        law: decision_28("13.2"),
    },
    // A letter with what was checked.
    Work {
        step: Step::Registration,
        activity: Activity::RegistrationRequested,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::ConnectionChecked],
        days: days(0.5, 1.0, 2.0),
        law: None,
    },
    // Approved, then accounts of the test axis are made and handed over apart.
    Work {
        step: Step::Registration,
        activity: Activity::RegistrationApproved,
        actor: Actor::GovernmentOffice,
        wait: true,
        after: &[Activity::RegistrationRequested],
        days: days(1.0, 2.0, 4.0),
        law: None,
    },
    // Sending, receiving, statuses and recall by hand, with engineers on site as in 2019.
    Work {
        step: Step::Conformance,
        activity: Activity::ConformanceRun,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::RegistrationApproved],
        days: days(2.0, 3.0, 6.0),
        law: decision_28("14.2"),
    },
    // A wrong field is an hour, a wrong reading of the format a release.
    Work {
        step: Step::Conformance,
        activity: Activity::FaultsMended,
        actor: Actor::SoftwareSupplier,
        wait: true,
        after: &[Activity::ConformanceRun],
        days: days(0.5, 3.0, 6.0),
        law: None,
    },
    // What failed, again.
    Work {
        step: Step::Conformance,
        activity: Activity::ConformanceRepeated,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::FaultsMended],
        days: days(0.5, 1.0, 2.0),
        law: None,
    },
    // A day to prepare documents, a day to send them.
    Work {
        step: Step::Capacity,
        activity: Activity::CapacityTested,
        actor: Actor::LocalityStaff,
        wait: false,
        after: &[Activity::ConformanceRepeated],
        days: days(1.0, 2.0, 3.0),
        law: None,
    },
    // Minutes of the tests, signed by both sides.
    Work {
        step: Step::Capacity,
        activity: Activity::ReadinessCertified,
        actor: Actor::GovernmentOffice,
        wait: true,
        after: &[Activity::CapacityTested],
        days: days(1.0, 2.0, 4.0),
        law: None,
    },
    // Law has a pilot before official operation; the leader decides with minutes in hand.
    Work {
        step: Step::Activation,
        activity: Activity::PilotDecided,
        actor: Actor::LocalityLeader,
        wait: false,
        after: &[Activity::ReadinessCertified],
        days: days(0.5, 1.0, 2.0),
        law: decision_28("21.1"),
    },
    // Some days with a few units, so that each kind of document went once.
    Work {
        step: Step::Activation,
        activity: Activity::FirstStage,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::PilotDecided],
        days: days(1.0, 3.0, 5.0),
        law: None,
    },
    // Fewer surprises than in the first.
    Work {
        step: Step::Activation,
        activity: Activity::SecondStage,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::FirstStage],
        days: days(1.0, 2.0, 5.0),
        law: None,
    },
    // A letter to all units, and no paper from the next day on.
    Work {
        step: Step::Activation,
        activity: Activity::LastStage,
        actor: Actor::LocalityOffice,
        wait: false,
        after: &[Activity::SecondStage],
        days: days(0.5, 1.0, 2.0),
        law: None,
    },
];
