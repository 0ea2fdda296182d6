//! The shapes most attacks have: calls without a pause, streams that are filled as far as they let,
//! connections that are held.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::future::join_all;
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::calls::Answer;
use super::calls::Link;
use super::calls::Windows;
use super::calls::framed;
use super::calls::send_all;
use super::case::Ground;

/// Handshakes an attacker has under way at once; more do not make it faster.
const HANDSHAKES: usize = 64;

/// How long an attacker that was thrown out waits before it comes again: not at all would spend its own
/// core on reconnecting.
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Makes the message of a number.
pub(super) type Messages = Arc<dyn Fn(u64) -> Bytes + Send + Sync>;

/// Waits before coming again.
pub(super) async fn pause() {
    tokio::time::sleep(AGAIN_AFTER).await;
}

/// Calls or streams without a pause.
#[derive(Clone)]
pub(super) struct Flood {
    pub(super) connections: usize,
    /// Calls or streams on each connection at once.
    pub(super) in_flight: usize,
    /// As whom; connections take turns.
    pub(super) who: Vec<Arc<ClientConfig>>,
    pub(super) call: &'static str,
    pub(super) messages: Messages,
}

impl Flood {
    /// Unary calls, each followed by the next as soon as it is answered; for good.
    pub(super) async fn calls(self, ground: &Ground) {
        let call = self.call;
        let messages = Arc::clone(&self.messages);
        let next = Arc::new(AtomicU64::new(0));
        self.each(ground, move |link| {
            let (messages, next) = (Arc::clone(&messages), Arc::clone(&next));
            Box::pin(async move {
                let message = messages(next.fetch_add(1, Ordering::Relaxed));
                link.unary(call, &message).await
            })
        })
        .await;
    }

    /// Streams of messages, each as full as it lets; for good. `answered` reads an answer: `None` where
    /// the hub did it, else its reason.
    pub(super) async fn streams(self, ground: &Ground, answered: fn(&[u8]) -> Option<String>) {
        let call = self.call;
        let messages = Arc::clone(&self.messages);
        let next = Arc::new(AtomicU64::new(0));
        let tally = Arc::clone(&ground.hub.tally);
        self.each(ground, move |link| {
            let (messages, next) = (Arc::clone(&messages), Arc::clone(&next));
            let tally = Arc::clone(&tally);
            Box::pin(async move {
                let Some((mut send, response)) = link.open(call).await else {
                    return Answer::Broken;
                };
                let filling = async {
                    loop {
                        let message = messages(next.fetch_add(1, Ordering::Relaxed));
                        if send_all(&mut send, framed(&message)).await.is_err() {
                            // Why is in the answer.
                            return std::future::pending::<Answer>().await;
                        }
                        tally.called(1);
                    }
                };
                let reading = link.read(response, |answer| match answered(&answer) {
                    None => tally.served(),
                    Some(reason) => tally.refused(&reason),
                });
                tokio::select! {
                    answer = filling => answer,
                    answer = reading => answer,
                }
            })
        })
        .await;
    }

    async fn each(
        self,
        ground: &Ground,
        one: impl Fn(Arc<Link>) -> BoxFuture<'static, Answer> + Clone + Send + Sync + 'static,
    ) {
        let connections = ground.at_most(self.connections);
        ground.ready().await;
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            let Some(who) = self.who.get(number % self.who.len().max(1)).cloned() else {
                return;
            };
            let (dial, in_flight, one) = (ground.hub.clone(), self.in_flight, one.clone());
            tasks.spawn(async move {
                loop {
                    if let Some(link) = Link::dial(&dial, &who, Windows::OPEN).await {
                        let link = Arc::new(link);
                        let places = (0..in_flight).map(|_| async {
                            while !link.is_closed() {
                                if one(Arc::clone(&link)).await == Answer::Broken {
                                    break;
                                }
                                // An answer that was there already must not keep the others waiting.
                                tokio::task::yield_now().await;
                            }
                        });
                        join_all(places).await;
                    }
                    pause().await;
                }
            });
        }
        tasks.join_all().await;
    }
}

/// What a held connection is, once it is there: resolves when the hub has ended it.
pub(super) type Held = BoxFuture<'static, ()>;

/// Keeps so many of something open; whatever the hub ends is made again. For good.
pub(super) async fn hold(
    ground: &Ground,
    count: usize,
    make: impl Fn(usize) -> BoxFuture<'static, Option<Held>> + Send + Sync + 'static,
) {
    let count = ground.at_most(count);
    ground.ready().await;
    let make = Arc::new(make);
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (make, places) = (Arc::clone(&make), Arc::clone(&places));
        tasks.spawn(async move {
            loop {
                let held = {
                    let Ok(_place) = places.acquire().await else {
                        return;
                    };
                    make(number).await
                };
                if let Some(held) = held {
                    held.await;
                }
                pause().await;
            }
        });
    }
    tasks.join_all().await;
}
