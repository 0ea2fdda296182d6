//! Events become spans with the ids that follow from the document.

use std::sync::Arc;

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::telemetry::JOURNEY;

const DOCUMENT: &str = "000.00.00.H26,2019/06/03,1/VB-TN";

/// What the layer makes of what is told.
fn spans(ratio: &str, tell: impl FnOnce()) -> Vec<SpanData> {
    let (queue, mut waiting) = Queue::new(16);
    let wanted = Targets::new().with_target(JOURNEY, LevelFilter::TRACE);
    let layer = Journeys::new(ratio.parse().unwrap(), queue).with_filter(wanted);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, tell);
    std::iter::from_fn(|| waiting.try_recv().ok()).collect()
}

fn tell() {
    tracing::event!(
        name: "node.send",
        target: JOURNEY,
        Level::TRACE,
        document = %DOCUMENT,
        organ = "000.00.00.H26",
        root = true,
        began_us = 2_000_000_u64,
        took_us = 1500_u64,
    );
    tracing::event!(
        name: "hub.verify",
        target: JOURNEY,
        Level::TRACE,
        document = %DOCUMENT,
        sequence = 7_u64,
        refused = Some("CLOCK_SKEW"),
        began_us = 2_000_300_u64,
        took_us = 20_u64,
    );
    tracing::event!(name: "other", target: JOURNEY, Level::TRACE, took_us = 20_u64);
    tracing::event!(name: "timeless", target: JOURNEY, Level::TRACE, document = %DOCUMENT);
    tracing::trace!(document = %DOCUMENT, began_us = 1_u64, "not a step");
}

#[test]
fn steps_of_a_document_are_spans_of_its_trace() {
    let spans = spans("1", tell);
    let [root, step] = spans.as_slice() else {
        panic!("{spans:?}");
    };
    let ids = Ids::of(DOCUMENT);
    assert_eq!(root.span_context.trace_id(), ids.trace);
    assert_eq!(root.span_context.span_id(), ids.root);
    assert_eq!(root.parent_span_id, SpanId::INVALID);
    assert_eq!(root.name, "node.send");
    let since_1970 = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(since_1970(root.start_time), Duration::from_secs(2));
    assert_eq!(since_1970(root.end_time), Duration::from_micros(2_001_500));
    let organ = KeyValue::new("organ", "000.00.00.H26");
    assert_eq!(
        root.attributes,
        [organ, KeyValue::new("document", DOCUMENT)]
    );
    assert_eq!(step.span_context.trace_id(), ids.trace);
    assert_eq!(step.parent_span_id, ids.root);
    assert_ne!(step.span_context.span_id(), ids.root);
    assert_eq!(step.status, Status::error("CLOCK_SKEW"));
    assert!(step.attributes.contains(&KeyValue::new("sequence", 7)));
}

#[test]
fn a_document_outside_of_the_share_is_not_followed() {
    assert_eq!(spans("0", tell), []);
}

#[test]
fn nobody_formats_an_identity_that_nobody_follows() {
    struct Told(Arc<std::sync::atomic::AtomicBool>);
    impl fmt::Display for Told {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        }
    }
    let told = Arc::default();
    let document = Told(Arc::clone(&told));
    let logs_only = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO));
    tracing::subscriber::with_default(logs_only, || {
        assert!(!tracing::enabled!(target: JOURNEY, Level::TRACE));
        tracing::event!(name: "step", target: JOURNEY, Level::TRACE, %document);
    });
    assert!(!told.load(std::sync::atomic::Ordering::Relaxed));
}
