//! However many watch, a second has one look; nobody watching, none.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::*;

type Looks = watch::Receiver<Option<Arc<u64>>>;

/// A look that says how many there were.
fn counted(taken: &Arc<AtomicU64>) -> impl Fn() -> u64 + Send + 'static {
    let taken = Arc::clone(taken);
    move || taken.fetch_add(1, Ordering::Relaxed) + 1
}

async fn seen(looks: &mut Looks, least: u64) -> Arc<u64> {
    let found = looks.wait_for(|now| now.as_ref().is_some_and(|now| **now >= least));
    found.await.unwrap().clone().unwrap()
}

#[tokio::test]
async fn a_hundred_watchers_share_one_look_and_the_last_one_ends_it() {
    let shared: Arc<SharedLook<u64>> = Arc::default();
    let taken = Arc::new(AtomicU64::new(0));
    let end = CancellationToken::new();
    let mut watchers: Vec<Looks> = (0..100)
        .map(|_| shared.watch(counted(&taken), end.clone()))
        .collect();
    let mut first = Vec::new();
    for watcher in &mut watchers {
        first.push(seen(watcher, 1).await);
    }
    assert!(first.iter().all(|look| Arc::ptr_eq(look, &first[0])));
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    // Whoever comes later has the last look at once, and causes none.
    let mut late = shared.watch(counted(&taken), end.clone());
    late.changed().await.unwrap();
    assert_eq!(*seen(&mut late, 1).await, 1);
    assert_eq!(*seen(&mut late, 2).await, 2, "another one in its time");
    assert_eq!(taken.load(Ordering::Relaxed), 2);

    let mut last = shared.last.subscribe();
    drop((watchers, late));
    // `last` watches too, until it sees nothing any more.
    let after = seen(&mut last, 3).await;
    drop(last);
    let is_over = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while *shared.is_looking() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), is_over)
        .await
        .expect("nobody watches any more");
    assert_eq!(taken.load(Ordering::Relaxed), *after);
    let mut again = shared.watch(counted(&taken), end);
    assert_eq!(*seen(&mut again, 1).await, *after + 1, "no old news");
}

#[tokio::test]
async fn looking_ends_when_the_hub_does() {
    let shared: Arc<SharedLook<u64>> = Arc::default();
    let taken = Arc::new(AtomicU64::new(0));
    let end = CancellationToken::new();
    let mut looks = shared.watch(counted(&taken), end.clone());
    assert_eq!(*seen(&mut looks, 1).await, 1);
    end.cancel();
    let of_the_look = Arc::downgrade(&taken);
    drop(taken);
    let is_over = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while of_the_look.strong_count() > 0 {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), is_over)
        .await
        .expect("the task ends");
}
