//! A case: a name, what it does, and the attack; and the ground it takes place on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::sync::watch;

use super::dial::Dial;
use super::papers::Papers;
use crate::clock::Clock;
use crate::clock::thread_cpu;

/// An attack until it is stopped; it says why it cannot be made.
type Attack = dyn Fn(Ground) -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// One way to misuse a hub.
#[derive(Clone)]
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// The finding it comes from: of the hub (`R1` to `R27`, `1` to `26`) or of the service (`F1` to `F14`).
    pub finding: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
    pub(super) console: bool,
    pub(super) attack: Arc<Attack>,
}

impl Case {
    /// A case against the hub's own port.
    pub(super) fn new<F>(
        name: &'static str,
        finding: &'static str,
        what: &'static str,
        attack: impl Fn(Ground) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self {
            name,
            finding,
            what,
            console: false,
            attack: Arc::new(move |ground| Box::pin(attack(ground))),
        }
    }

    /// The same with a console beside the hub, which is probed too.
    pub(super) fn with_console(mut self) -> Self {
        self.console = true;
        self
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// How far a case is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// What the attack needs is made.
    Preparing,
    /// It could begin.
    Ready,
    /// It goes on.
    Attacking,
    /// It ended, and everything it had open is closed.
    Over,
}

/// What an attack has at hand.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) hub: Dial,
    pub(super) console: Option<Dial>,
    pub(super) papers: Arc<Papers>,
    pub(super) clock: Clock,
    /// Connections this process may have open at once.
    pub(super) connections_max: usize,
    pub(super) seed: u64,
    pub(super) begun: Arc<AtomicBool>,
    pub(super) stage: watch::Sender<Stage>,
}

impl Ground {
    /// Says that everything is prepared, and waits for the beginning.
    pub(super) async fn ready(&self) {
        self.stage.send_if_modified(|stage| {
            let is_first = *stage == Stage::Preparing;
            if is_first {
                *stage = Stage::Ready;
            }
            is_first
        });
        let mut stage = self.stage.subscribe();
        // The sender is our own.
        let _ = stage.wait_for(|stage| *stage == Stage::Attacking).await;
        // An attack in several parts begins once.
        if !self.begun.swap(true, Ordering::Relaxed) {
            self.hub.tally.begin(thread_cpu());
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How an attacker connects, or somebody without a certificate.
    pub(super) fn attacker(&self, number: usize) -> Arc<ClientConfig> {
        Arc::clone(&self.papers.attacker(number).tls)
    }

    /// How somebody without a certificate connects.
    pub(super) fn stranger(&self) -> Arc<ClientConfig> {
        Arc::clone(self.papers.stranger())
    }

    /// So many connections, or as many as this process may have; the difference is noted.
    pub(super) fn at_most(&self, connections: usize) -> usize {
        if connections > self.connections_max {
            let most = self.connections_max;
            self.hub.tally.note(format!(
                "{most} connections in place of {connections}: open files of this process"
            ));
        }
        connections.min(self.connections_max)
    }
}
