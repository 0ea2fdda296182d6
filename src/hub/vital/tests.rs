//! A part that panics ends the hub with its message, and whoever waits is answered.

use std::sync::Mutex;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::*;
use crate::hub::Config;
use crate::hub::Hub;
use crate::hub::ServeError;
use crate::hub::joining::Change;
use crate::hub::pipeline::Reply;
use crate::hub::tests::opened;
use crate::model::Reason;
use crate::store::AppendError;
use crate::store::Durability;

fn hub() -> Hub {
    opened(Config::new(None, Durability::Memory))
}

/// Serves until it is told to stop or fails.
async fn serving(
    hub: Hub,
) -> (
    oneshot::Sender<()>,
    tokio::task::JoinHandle<Result<(), ServeError>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(hub.serve(listener, async {
        let _ = stopped.await;
    }));
    (stop, served)
}

/// What becomes of a change of the registry.
type Decided = oneshot::Receiver<Result<Option<Arc<wire::v1::StoredApplication>>, Refusal>>;

/// A change of the registry that panics on the commit thread.
fn planted() -> (Change, Decided) {
    let (reply, decided) = oneshot::channel();
    let change = Change {
        decide: Box::new(|_| panic!("planted")),
        by_operator: false,
        reply,
    };
    (change, decided)
}

fn cause(served: Result<(), ServeError>) -> String {
    match served {
        Err(ServeError::Fatal { cause }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_thread_that_panics_ends_the_hub_and_nobody_waits_for_ever() {
    let hub = hub();
    let core = Arc::clone(&hub.core);
    let (_stop, served) = serving(hub).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let (change, decided) = planted();
        let pushed = core.commit_change(change).await;
        // The later ones find the queue closed, when the hub was quick.
        if let Err(refusal) = &pushed {
            assert_eq!(refusal.reason(), Reason::StorageUnavailable);
        }
        waiting.push(decided);
    }
    let cause = cause(served.await.unwrap());
    assert_eq!(cause, "hub-commit panicked: planted");
    for decided in waiting {
        assert!(decided.await.is_err(), "dropped, which `change` answers");
    }
    assert_eq!(core.health.undecided().reason(), Reason::StorageUnavailable);
    assert!(core.health.is_fatal() && !core.health.is_serving());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics_or_ends_ends_the_hub() {
    for (panics, said) in [
        (true, "the planted panicked: planted"),
        (false, "the planted ended"),
    ] {
        let hub = hub();
        let core = Arc::clone(&hub.core);
        let (_stop, served) = serving(hub).await;
        task(&core, "the planted", async move {
            assert!(!panics, "planted");
        });
        assert_eq!(cause(served.await.unwrap()), said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_told_to_stop_stops_well() {
    let hub = hub();
    let core = Arc::clone(&hub.core);
    let (stop, served) = serving(hub).await;
    assert!(core.health.is_set(Condition::ShuttingDown) || !core.draining.is_cancelled());
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    assert!(core.health.is_set(Condition::ShuttingDown));
    assert_eq!(core.health.cause(), None);
    assert_eq!(core.health.undecided().reason(), Reason::ShuttingDown);
}

#[test]
fn a_reply_that_is_dropped_answers_for_itself_once() {
    let hub = hub();
    let health = &hub.core.health;
    let answers: Arc<Mutex<Vec<Option<Reason>>>> = Arc::default();
    let reply = || {
        let answers = Arc::clone(&answers);
        Reply::new(health, move |outcome| {
            let reason = outcome.err().map(|refusal| refusal.reason());
            answers.lock().unwrap().push(reason);
        })
    };
    drop(reply());
    reply().send(Err(Refusal::ShuttingDown));
    health.set(Condition::ShuttingDown, String::new);
    drop(reply());
    assert_eq!(
        *answers.lock().unwrap(),
        [
            Some(Reason::StorageUnavailable),
            Some(Reason::ShuttingDown),
            Some(Reason::ShuttingDown)
        ]
    );
}

#[tokio::test]
async fn a_request_that_panics_is_refused_and_others_go_on() {
    let hub = hub();
    let panicking = async { panic!("planted") };
    let refused = answering::<()>(&hub.core, "a call", Box::pin(panicking)).await;
    assert_eq!(refused.unwrap_err().reason(), Reason::StorageUnavailable);
    let served = answering(&hub.core, "a call", Box::pin(async { 1 })).await;
    assert_eq!(served, Ok(1));
    assert!(hub.core.health.is_serving());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_cannot_be_trusted_ends_the_hub_and_a_full_one_does_not() {
    let hub = hub();
    let core = Arc::clone(&hub.core);
    let (_stop, served) = serving(hub).await;
    let full = core.journal_failed(&AppendError::Full { needed: 1 });
    assert_eq!(full.reason(), Reason::StorageFull);
    assert!(core.health.is_set(Condition::DiskFull) && !served.is_finished());
    let error = std::io::Error::other("the disk failed");
    let refused = core.journal_failed(&AppendError::Io(error));
    assert_eq!(refused.reason(), Reason::StorageUnavailable);
    let cause = cause(served.await.unwrap());
    assert_eq!(cause, "cannot write to the journal: the disk failed");
}
