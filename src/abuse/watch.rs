//! Watching a case from outside: before, during, after.

use std::time::Duration;

use super::attacker::Ended;
use super::case::Case;
use super::figures::Memory;
use super::figures::Newcomers;
use super::figures::Phase;
use super::figures::QUICK_TIMES;
use super::figures::recovered;
use super::outcome::Outcome;
use super::outcome::QuietFigures;
use super::process;
use super::process::Look;
use super::quiet::Heard;
use super::quiet::NEWCOMER_MAX;
use super::run::Range;
use super::run::Scene;
use super::tally::Tally;
use crate::clock::whole_micros;

/// Time the quiet agency is watched before an attack, where the attack is not shorter.
const BEFORE_MAX: Duration = Duration::from_secs(5);

/// Time it is given before that to connect.
const WARM_UP: Duration = Duration::from_secs(1);

/// Least and longest time it is watched after an attack: a little more than memory has to come back.
const AFTER_MIN: Duration = Duration::from_secs(3);
const AFTER_MAX: Duration = Duration::from_secs(12);

/// Time between two looks at the hub's process.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What was seen of a case, by the clock of this process.
pub(super) struct Watched {
    before: u64,
    begin: u64,
    end: u64,
    now: u64,
    first: Option<Look>,
    last: Option<Look>,
    at_end: Option<Look>,
    growth_kib: u64,
    back: Option<Duration>,
    recovery: Option<Duration>,
    ended: Ended,
}

impl Range {
    /// Lets the attack begin and end, and looks.
    pub(super) async fn watch(&self, scene: &Scene) -> Watched {
        let attack = self.settings.attack;
        tokio::time::sleep(WARM_UP).await;
        let before = self.micros();
        tokio::time::sleep(BEFORE_MAX.min(attack.max(WARM_UP))).await;
        let begin = self.micros();
        let first = process::look(scene.hub.id());
        let base = first.map_or(0, |look| look.resident_kib);
        scene.attack.begin();
        let mut highest = base;
        let mut at_end = first;
        let begun = self.clock.monotonic();
        while self.clock.monotonic() - begun < attack {
            tokio::time::sleep(LOOK_EVERY).await;
            at_end = process::look(scene.hub.id());
            highest = highest.max(at_end.map_or(0, |look| look.resident_kib));
        }
        let ended = scene.attack.stop().await;
        let end = self.micros();
        let quick = self.quick(scene, before, begin);
        let kept = self.settings.bounds.memory_kept_mib;
        let (mut recovery, mut back) = (None, None);
        let mut last;
        let over = self.clock.monotonic();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let since = self.clock.monotonic() - over;
            last = process::look(scene.hub.id());
            let resident = last.map_or(0, |look| look.resident_kib);
            highest = highest.max(resident);
            if mib(resident.saturating_sub(base)) <= kept {
                back = back.or(Some(since));
            }
            recovery = recovery.or_else(|| recovered(&scene.quiet.heard().sent, end, quick));
            let is_over = recovery.is_some() && back.is_some() && since >= AFTER_MIN;
            if is_over || since >= AFTER_MAX || last.is_none() {
                break;
            }
        }
        // A peak between two looks; before the attack there is none worth the name.
        let peak = last.map_or(0, |look| look.peak_kib);
        if first.is_some_and(|first| peak > first.peak_kib) {
            highest = highest.max(peak);
        }
        Watched {
            before,
            begin,
            end,
            now: self.micros(),
            first,
            last,
            at_end,
            growth_kib: highest.saturating_sub(base),
            back,
            recovery,
            ended,
        }
    }

    /// What is quick, in microseconds: by the quiet agency's own measure before the attack.
    fn quick(&self, scene: &Scene, before: u64, begin: u64) -> u64 {
        let phase = Phase::of(&scene.quiet.heard().sent, before, begin, self.micros());
        let quick = Duration::from_secs_f64(phase.p99_ms * QUICK_TIMES / 1000.0);
        whole_micros(quick)
    }

    /// Everything that is reported of a case.
    pub(super) fn outcome(
        &self,
        case: &Case,
        watched: &Watched,
        heard: &Heard,
        tally: &Tally,
    ) -> Outcome {
        let phase = |from, until| Phase::of(&heard.sent, from, until, watched.now);
        // Newcomers of the last seconds had no time to be served or not.
        let patience = whole_micros(NEWCOMER_MAX);
        let waited = watched.now.saturating_sub(patience).max(watched.begin);
        let asked_until = watched.end.min(waited);
        let resident = |look: Option<Look>| mib(look.map_or(0, |look| look.resident_kib));
        let cpu = |look: Option<Look>| look.map_or(Duration::ZERO, |look| look.cpu);
        let (refused, mut notes) = tally.said();
        notes.extend(watched.ended.trouble.clone());
        let mut outcome = Outcome {
            name: case.name.to_owned(),
            finding: case.finding.to_owned(),
            what: case.what.to_owned(),
            quiet: QuietFigures {
                before: phase(watched.before, watched.begin),
                during: phase(watched.begin, watched.end),
                after: phase(watched.end, watched.now),
                refused: heard.refused.clone(),
            },
            newcomers: Newcomers::of(&heard.newcomers, watched.begin, asked_until),
            memory: Memory {
                before_mib: resident(watched.first),
                growth_mib: mib(watched.growth_kib),
                kept_mib: (resident(watched.last) - resident(watched.first)).max(0.0),
                back: watched.back,
            },
            hub_cpu_s: cpu(watched.at_end)
                .saturating_sub(cpu(watched.first))
                .as_secs_f64(),
            hub_ended: watched.last.is_none(),
            recovery: watched.recovery,
            watched: Duration::from_micros(watched.now.saturating_sub(watched.end)),
            attacker: tally.attacker(watched.ended.cpu),
            refused,
            notes,
            missed: Vec::new(),
        };
        outcome.missed = self.settings.bounds.missed(&outcome);
        outcome
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
