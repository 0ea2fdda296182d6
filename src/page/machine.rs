//! Whether a machine was left alone while figures were taken on it: what a report must say before its
//! figures are believed.

use serde_json::Value;
use serde_json::json;

use crate::text::Language;
use crate::text::MachinePhrase;
use crate::text::filled;

/// Most that a quiet clock strays from its median, as a share: lowest to highest.
const CLOCK_MAX: f64 = 0.05;

/// Most of the processors' time that a hypervisor may keep, as a share.
const STOLEN_MAX: f64 = 0.01;

/// Most that other programs may use, in cores.
const OTHERS_MAX: f64 = 0.1;

/// Ticks of the processors since the machine started, and what of them was this process and those it
/// waited for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ticks {
    /// Of all cores together, idle ones too.
    pub all: u64,
    /// In which programs ran.
    pub used: u64,
    /// In which the machine was ready and the hypervisor ran something else.
    pub stolen: u64,
    /// In which this process ran, and its children that have ended.
    pub own: u64,
    /// Cores of the machine.
    pub cores: u64,
}

impl Ticks {
    /// From `/proc/stat` and `/proc/self/stat` (proc(5)). `None`: they are not there, or not as expected.
    pub fn parse(machine: &str, own: &str) -> Option<Self> {
        let of_all = machine.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let fields: Vec<u64> = of_all
            .split_whitespace()
            .map_while(|field| field.parse().ok())
            .collect();
        let [user, nice, system, idle, waiting, irq, soft, stolen, ..] = fields[..] else {
            return None;
        };
        let is_core = |line: &&str| {
            let number = line
                .strip_prefix("cpu")
                .and_then(|line| line.chars().next());
            number.is_some_and(|digit| digit.is_ascii_digit())
        };
        let cores = machine.lines().filter(is_core).count().max(1);
        // The name of a program may have blanks and brackets; figures begin behind the last one.
        let (_, own) = own.rsplit_once(')')?;
        let own: Vec<u64> = own
            .split_whitespace()
            .skip(11)
            .take(4)
            .map_while(|field| field.parse().ok())
            .collect();
        if own.len() < 4 {
            return None;
        }
        let used = user.saturating_add(nice).saturating_add(system);
        Some(Self {
            all: [idle, waiting, irq, soft, stolen]
                .iter()
                .fold(used, |sum, part| sum.saturating_add(*part)),
            used,
            stolen,
            own: own.iter().fold(0, |sum, part| sum.saturating_add(*part)),
            cores: u64::try_from(cores).unwrap_or(1),
        })
    }
}

/// What became of the machine while figures were taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// The processor's clock in MHz: lowest, median, highest. Zeros: it was not looked at.
    pub mhz: [f64; 3],
    /// Share of the processors' time that the hypervisor kept.
    pub stolen: Option<f64>,
    /// Cores that other programs used.
    pub others: Option<f64>,
    /// Figures whose rounds disagree.
    pub unsteady: Option<Unsteady>,
}

/// Figures whose rounds disagree by more than a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsteady {
    /// How many of them.
    pub figures: usize,
    /// Of how many.
    pub of: usize,
    /// The limit, as a share.
    pub limit: f64,
    /// Name of the one that disagrees most.
    pub worst: String,
    /// By how much it does, as a share.
    pub spread: f64,
}

/// Something that makes figures worthless.
#[derive(Clone, Debug, PartialEq)]
pub enum Disturbance {
    /// The clock strayed.
    Clock {
        /// Lowest, median, highest, in MHz.
        mhz: [f64; 3],
    },
    /// Other programs ran.
    Others {
        /// How many cores they used.
        cores: f64,
    },
    /// The hypervisor ran something else.
    Stolen {
        /// Share of the processors' time.
        share: f64,
    },
    /// Rounds disagree.
    Unsteady(Unsteady),
}

impl Machine {
    /// The clock by these looks at it, in MHz, and what others took between two readings. Less than a
    /// tenth of a second tells nothing.
    pub fn between(mut mhz: Vec<f64>, ticks: Option<[Ticks; 2]>) -> Self {
        mhz.sort_by(f64::total_cmp);
        let at = |place: usize| mhz.get(place).copied().unwrap_or_default();
        let taken = ticks.and_then(|[before, after]| {
            let all = after.all.checked_sub(before.all)?;
            let wall = all / after.cores.max(1);
            (wall >= 10).then(|| {
                let used = after.used.saturating_sub(before.used);
                let own = after.own.saturating_sub(before.own);
                let stolen = after.stolen.saturating_sub(before.stolen);
                (
                    stolen as f64 / all as f64,
                    used.saturating_sub(own) as f64 / wall as f64,
                )
            })
        });
        Self {
            mhz: [at(0), at(mhz.len() / 2), at(mhz.len().saturating_sub(1))],
            stolen: taken.map(|(stolen, _)| stolen),
            others: taken.map(|(_, others)| others),
            unsteady: None,
        }
    }

    /// Everything that disturbed it; nothing of a machine that was left alone.
    pub fn disturbances(&self) -> Vec<Disturbance> {
        let [low, median, high] = self.mhz;
        let clock =
            (high - low > CLOCK_MAX * median).then_some(Disturbance::Clock { mhz: self.mhz });
        let stolen = self.stolen.filter(|share| *share > STOLEN_MAX);
        let others = self.others.filter(|cores| *cores > OTHERS_MAX);
        [
            clock,
            stolen.map(|share| Disturbance::Stolen { share }),
            others.map(|cores| Disturbance::Others { cores }),
            self.unsteady.clone().map(Disturbance::Unsteady),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The same for machines, each with its `kind`.
    pub fn disturbances_to_json(&self) -> Vec<Value> {
        let found = self.disturbances();
        found.iter().map(Disturbance::to_json).collect()
    }

    /// The warning as lines: that figures are not to be used, then why. Nothing where there is none.
    pub fn warning(&self, language: Language) -> Vec<String> {
        let found = self.disturbances();
        if found.is_empty() {
            return Vec::new();
        }
        let headline = MachinePhrase::Disturbed.text(language).to_owned();
        let why = found.iter().map(|what| what.text(language));
        std::iter::once(headline).chain(why).collect()
    }

    /// The warning in one line.
    pub fn complaint(&self, language: Language) -> Option<String> {
        let lines = self.warning(language);
        let (headline, why) = lines.split_first()?;
        Some(format!("{headline} {}", why.join("; ")))
    }
}

impl Disturbance {
    /// The name in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Clock { .. } => "clock",
            Self::Others { .. } => "others",
            Self::Stolen { .. } => "stolen",
            Self::Unsteady(_) => "unsteady",
        }
    }

    fn to_json(&self) -> Value {
        let round = |value: f64, scale: f64| (value * scale).round() / scale;
        let mut found = match self {
            Self::Clock { mhz } => {
                let [min, median, max] = mhz.map(|mhz| round(mhz, 1.0));
                json!({ "min_mhz": min, "median_mhz": median, "max_mhz": max })
            }
            Self::Others { cores } => json!({ "cores": round(*cores, 1e4) }),
            Self::Stolen { share } => json!({ "share": round(*share, 1e4) }),
            Self::Unsteady(unsteady) => json!({
                "figures": unsteady.figures,
                "of": unsteady.of,
                "limit": unsteady.limit,
                "worst": unsteady.worst,
                "spread": round(unsteady.spread, 1e4),
            }),
        };
        found["kind"] = self.kind().into();
        found
    }

    /// What happened, in words.
    pub fn text(&self, language: Language) -> String {
        let decimal = |value: f64, digits: usize| format!("{value:.digits$}");
        match self {
            Self::Clock { mhz } => {
                let [low, median, high] = mhz.map(|mhz| decimal(mhz / 1e3, 2));
                let facts = [low, high, median];
                filled(MachinePhrase::Clock.text(language), &facts)
            }
            Self::Others { cores } => {
                filled(MachinePhrase::Others.text(language), &[decimal(*cores, 2)])
            }
            Self::Stolen { share } => {
                let facts = [decimal(share * 100.0, 1)];
                filled(MachinePhrase::Stolen.text(language), &facts)
            }
            Self::Unsteady(unsteady) => {
                let facts = [
                    unsteady.figures.to_string(),
                    unsteady.of.to_string(),
                    decimal(unsteady.limit * 100.0, 0),
                    unsteady.worst.clone(),
                    decimal(unsteady.spread * 100.0, 1),
                ];
                filled(MachinePhrase::Unsteady.text(language), &facts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  100 20 30 800 5 1 4 40 0 0\ncpu0 50 10 15 400 0 0 0 20 0 0\n\
                        cpu1 50 10 15 400 0 0 0 20 0 0\nintr 1 2 3\n";

    fn quiet() -> Machine {
        Machine {
            mhz: [3640.0, 3660.0, 3680.0],
            stolen: Some(0.002),
            others: Some(0.01),
            unsteady: None,
        }
    }

    #[test]
    fn ticks_are_read_whatever_the_program_is_called() {
        let own = "7 (a ) b (c) S 1 1 1 0 -1 4194304 9 9 9 9 25 5 10 2 20 0";
        let ticks = Ticks::parse(STAT, own).unwrap();
        let expected = Ticks {
            all: 1000,
            used: 150,
            stolen: 40,
            own: 42,
            cores: 2,
        };
        assert_eq!(ticks, expected);
        for (stat, own) in [
            ("", own),
            (STAT, ""),
            ("cpu  1 2 3\n", own),
            (STAT, "7 (a) S 1"),
        ] {
            assert_eq!(Ticks::parse(stat, own), None, "{stat:?} {own:?}");
        }
    }

    #[test]
    fn a_machine_left_alone_has_no_warning() {
        assert_eq!(quiet().disturbances(), []);
        assert!(quiet().warning(Language::En).is_empty());
        assert_eq!(Machine::default().disturbances(), []);
    }

    #[test]
    fn each_disturbance_is_said() {
        let unsteady = Unsteady {
            figures: 3,
            of: 20,
            limit: 0.05,
            worst: "ed25519".to_owned(),
            spread: 0.31,
        };
        let machines = [
            (
                Machine {
                    mhz: [250.0, 3600.0, 3690.0],
                    ..quiet()
                },
                "clock",
            ),
            (
                Machine {
                    stolen: Some(0.03),
                    ..quiet()
                },
                "stolen",
            ),
            (
                Machine {
                    others: Some(1.2),
                    ..quiet()
                },
                "others",
            ),
            (
                Machine {
                    unsteady: Some(unsteady),
                    ..quiet()
                },
                "unsteady",
            ),
        ];
        for (machine, kind) in machines {
            let found = machine.disturbances();
            assert_eq!(found.len(), 1, "{kind}");
            assert_eq!(found[0].kind(), kind);
            for language in [Language::En, Language::Vi] {
                let said = machine.warning(language);
                assert_eq!(said.len(), 2);
                assert!(!said[1].contains("{}"), "{}", said[1]);
            }
        }
    }

    #[test]
    fn what_others_took_is_counted_between_two_readings() {
        let before = Ticks {
            all: 1000,
            used: 500,
            stolen: 10,
            own: 100,
            cores: 2,
        };
        let after = Ticks {
            all: 2000,
            used: 1300,
            stolen: 40,
            own: 600,
            cores: 2,
        };
        let machine = Machine::between(vec![3.0, 1.0, 2.0], Some([before, after]));
        assert_eq!(machine.mhz, [1.0, 2.0, 3.0]);
        assert_eq!((machine.stolen, machine.others), (Some(0.03), Some(0.6)));
        let same = Machine::between(Vec::new(), Some([before, before]));
        assert_eq!((same.stolen, same.others), (None, None));
    }
}
