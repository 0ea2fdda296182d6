//! The attacker's thread: one, because on two cores whoever burns both slows down everybody, however well
//! the hub bounds what it does for each.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::case::Case;
use super::case::Ground;
use super::case::Stage;
use crate::clock::thread_cpu;

/// An attack under way; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Attack {
    over: CancellationToken,
    stage: watch::Sender<Stage>,
    ended: Arc<Mutex<Ended>>,
    thread: Option<JoinHandle<()>>,
}

/// How an attack ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// CPU of its thread in all.
    pub(super) cpu: Duration,
    /// Why it could not be made, or ended before its time.
    pub(super) trouble: Option<String>,
}

impl Attack {
    /// Starts to prepare it.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(super) fn prepare(case: &Case, ground: Ground) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let over = CancellationToken::new();
        let stage = ground.stage.clone();
        let ended = Arc::new(Mutex::new(Ended::default()));
        let (attack, until, result) = (Arc::clone(&case.attack), over.clone(), Arc::clone(&ended));
        let (tells, mut began) = (stage.clone(), stage.subscribe());
        let thread = std::thread::Builder::new()
            .name("abuse-io".to_owned())
            .spawn(move || {
                let trouble = runtime.block_on(async {
                    let attacking = tokio::spawn(attack(ground));
                    tokio::select! {
                        ended = attacking => match ended {
                            Ok(Ok(())) => Some("it was over before its time".to_owned()),
                            Ok(Err(trouble)) => Some(trouble),
                            Err(_panicked) => Some("it panicked: a bug".to_owned()),
                        },
                        () = until.cancelled() => None,
                    }
                });
                // An attack that cannot be made must not keep everybody waiting.
                if trouble.is_some() && *began.borrow_and_update() == Stage::Preparing {
                    tells.send_replace(Stage::Ready);
                }
                {
                    let mut ended = result.lock().unwrap_or_else(PoisonError::into_inner);
                    ended.trouble = trouble;
                }
                runtime.block_on(until.cancelled());
                let mut ended = result.lock().unwrap_or_else(PoisonError::into_inner);
                ended.cpu = thread_cpu();
                drop(ended);
                // With the runtime go all tasks and sockets.
                drop(runtime);
                tells.send_replace(Stage::Over);
            })?;
        Ok(Self {
            over,
            stage,
            ended,
            thread: Some(thread),
        })
    }

    /// Waits until it could begin.
    pub(super) async fn ready(&self) {
        let mut stage = self.stage.subscribe();
        // The sender is our own.
        let _ = stage.wait_for(|stage| *stage != Stage::Preparing).await;
    }

    /// Lets it begin.
    pub(super) fn begin(&self) {
        self.stage.send_replace(Stage::Attacking);
    }

    /// Ends it, with everything it has open.
    pub(super) async fn stop(&self) -> Ended {
        self.over.cancel();
        let mut stage = self.stage.subscribe();
        // The sender is our own.
        let _ = stage.wait_for(|stage| *stage == Stage::Over).await;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.clone()
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.over.cancel();
        if let Some(thread) = self.thread.take() {
            // It does not panic: attacks that do are caught.
            let _ = thread.join();
        }
    }
}
