//! Steps of journeys: from events of the rooms to spans.
//!
//! An event of the target [`JOURNEY`](super::JOURNEY) is a step that has just ended. Its name is the
//! span's, and of its fields
//!
//! | field | type | meaning |
//! |---|---|---|
//! | `document` | display | identity of the document |
//! | `began_us` | u64 | when the step began, in microseconds of Unix time by the machine's clock |
//! | `took_us` | u64 | how many microseconds it took |
//! | `root` | bool | the whole journey as its sender sees it: all other steps are its children |
//! | `refused` | str | the step ended in a refusal, for this reason |
//!
//! and every other becomes an attribute. Without the first two an event is no step. It is an event, and
//! not a `tracing` span: a document crosses threads in batches, and what is told when a step is over needs
//! nothing carried along.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use opentelemetry::trace::SpanId;
use opentelemetry::trace::SpanKind;
use opentelemetry::trace::Status;
use opentelemetry::trace::TraceFlags;
use opentelemetry::trace::TraceState;
use opentelemetry_sdk::trace::IdGenerator as _;
use opentelemetry_sdk::trace::RandomIdGenerator;
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::trace::SpanEvents;
use opentelemetry_sdk::trace::SpanLinks;
use tracing::Event;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::identity::Ids;
use super::identity::Ratio;
use super::outlet::Queue;

/// Makes a span of each step and puts it into the queue.
#[derive(Debug)]
pub(super) struct Journeys {
    ratio: Ratio,
    queue: Queue,
    scope: InstrumentationScope,
}

impl Journeys {
    pub(super) fn new(ratio: Ratio, queue: Queue) -> Self {
        let scope = InstrumentationScope::builder("docaxis");
        Self {
            ratio,
            queue,
            scope: scope.with_version(env!("CARGO_PKG_VERSION")).build(),
        }
    }

    fn span(&self, name: &'static str, step: Step) -> Option<SpanData> {
        let (document, began) = (step.document?, step.began?);
        let start_time = SystemTime::UNIX_EPOCH.checked_add(began)?;
        let ids = Ids::of(&document);
        if !self.ratio.takes(ids.trace) {
            return None;
        }
        let (span, parent) = if step.is_root {
            (ids.root, SpanId::INVALID)
        } else {
            (RandomIdGenerator::default().new_span_id(), ids.root)
        };
        let mut attributes = step.attributes;
        attributes.push(KeyValue::new("document", document));
        Some(SpanData {
            span_context: SpanContext::new(
                ids.trace,
                span,
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: parent,
            // It may well be, and nobody here can tell.
            parent_span_is_remote: !step.is_root,
            span_kind: SpanKind::Internal,
            name: Cow::Borrowed(name),
            start_time,
            end_time: start_time.checked_add(step.took)?,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: step.refused.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        })
    }
}

impl<S: Subscriber> Layer<S> for Journeys {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut step = Step::default();
        event.record(&mut step);
        if let Some(span) = self.span(event.metadata().name(), step) {
            self.queue.put(span);
        }
    }
}

/// The fields of one event.
#[derive(Debug, Default)]
struct Step {
    document: Option<String>,
    /// Since 1970.
    began: Option<Duration>,
    took: Duration,
    is_root: bool,
    refused: Option<String>,
    attributes: Vec<KeyValue>,
}

impl Visit for Step {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "root" {
            self.is_root = value;
        } else {
            self.attributes.push(KeyValue::new(field.name(), value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "began_us" => self.began = Some(Duration::from_micros(value)),
            "took_us" => self.took = Duration::from_micros(value),
            // OTLP has signed integers only.
            _ => self.record_i64(field, i64::try_from(value).unwrap_or(i64::MAX)),
        }
    }
}

impl Step {
    fn text(&mut self, field: &Field, value: String) {
        match field.name() {
            "document" => self.document = Some(value),
            "refused" => self.refused = Some(value),
            name => self.attributes.push(KeyValue::new(name, value)),
        }
    }
}

/// A step of this document, for tests of where spans go.
#[cfg(test)]
pub(super) fn span_of(document: &str) -> SpanData {
    let (queue, _) = Queue::new(1);
    let step = Step {
        document: Some(document.to_owned()),
        began: Some(Duration::ZERO),
        ..Step::default()
    };
    let journeys = Journeys::new(Ratio::ALL, queue);
    journeys.span("step", step).expect("all are followed")
}

#[cfg(test)]
mod tests;
