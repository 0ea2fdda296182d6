//! The queue never blocks, and what is in it goes out, as far as the collector takes it.

use std::sync::Mutex;

use opentelemetry_sdk::error::OTelSdkError;

use super::*;
use crate::telemetry::journeys::span_of;

fn span() -> SpanData {
    span_of("000.00.00.H26,2019/06/03,1/VB-TN")
}

/// A collector that takes what comes while it is reached.
#[derive(Debug, Default)]
struct Stub {
    is_away: std::sync::atomic::AtomicBool,
    batches: Mutex<Vec<usize>>,
}

impl Stub {
    fn take(&self, batch: &[SpanData]) -> OTelSdkResult {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(OTelSdkError::Timeout(EXPORT_MAX));
        }
        self.batches.lock().unwrap().push(batch.len());
        Ok(())
    }
}

async fn sent(stub: &Stub, spans: usize) -> Arc<Lost> {
    let (queue, waiting) = Queue::new(2 * BATCH_MAX);
    (0..spans).for_each(|_| queue.put(span()));
    let stop = CancellationToken::new();
    stop.cancel();
    let export = |batch: Vec<SpanData>| std::future::ready(stub.take(&batch));
    let lost = Arc::clone(&queue.lost);
    send(waiting, stop, Arc::clone(&lost), String::new(), export).await;
    lost
}

#[tokio::test]
async fn what_waits_when_told_to_stop_still_goes() {
    let stub = Stub::default();
    let lost = sent(&stub, BATCH_MAX + 3).await;
    assert_eq!(*stub.batches.lock().unwrap(), [BATCH_MAX, 3]);
    assert_eq!(lost.dropped.load(Ordering::Relaxed), 0);
    assert_eq!(lost.unsent.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_full_queue_drops_and_counts() {
    let stub = Stub::default();
    let lost = sent(&stub, 2 * BATCH_MAX + 5).await;
    assert_eq!(
        stub.batches.lock().unwrap().iter().sum::<usize>(),
        2 * BATCH_MAX
    );
    assert_eq!(lost.dropped.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn what_a_collector_does_not_take_is_lost_and_counted() {
    let stub = Stub::default();
    stub.is_away.store(true, Ordering::Relaxed);
    let lost = sent(&stub, 3).await;
    assert_eq!(lost.unsent.load(Ordering::Relaxed), 3);
}

#[test]
fn a_process_ends_in_time_without_a_collector() {
    let traces = Traces {
        // Nobody listens on the port of discard.
        collector: crate::telemetry::Collector::on_loopback("http://127.0.0.1:9").unwrap(),
        ratio: crate::telemetry::Ratio::ALL,
        service: "docaxis-test",
        organ: None,
    };
    let (queue, outlet) = Outlet::start(&traces).unwrap();
    queue.put(span());
    let lost = Arc::clone(&outlet.lost);
    drop(outlet);
    assert_eq!(lost.unsent.load(Ordering::Relaxed), 1);
}
