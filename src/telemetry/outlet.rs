//! From spans to the collector: a bounded queue, and one task on a thread of its own that empties it.
//!
//! The thread is not one of the hub's or of the node's, so that what sending costs is not told as theirs.
//! What the collector does not take within a few seconds is lost, and the first time that is said in the
//! log.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_otlp::RetryPolicy;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_otlp::WithTonicConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;

use super::Traces;

/// Spans that wait. Some 600 bytes each: 10 MB, or a second of 5,000 documents.
const QUEUE_MAX: usize = 16 * 1024;

/// Spans sent at once.
const BATCH_MAX: usize = 512;

/// How long a span waits for company.
const COMPANY_WITHIN: Duration = Duration::from_millis(200);

/// Time for the collector to take a batch.
const EXPORT_MAX: Duration = Duration::from_secs(3);

/// Time for what is left when the process ends.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The exporter could not be built.
    #[error("cannot build the exporter")]
    Exporter(#[source] ExporterBuildError),
    /// The system refuses a thread.
    #[error("cannot start the thread that sends traces")]
    Thread(#[source] std::io::Error),
    /// The address.
    #[error("cannot use the collector's address")]
    Address(#[source] tonic::transport::Error),
}

/// Spans that did not arrive.
#[derive(Debug, Default)]
struct Lost {
    /// For want of room in the queue.
    dropped: AtomicU64,
    /// Because the collector did not take them.
    unsent: AtomicU64,
}

/// The end of the queue that takes spans.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
    lost: Arc<Lost>,
}

impl Queue {
    pub(super) fn new(bound: usize) -> (Self, mpsc::Receiver<SpanData>) {
        let (spans, waiting) = mpsc::channel(bound);
        let lost = Arc::default();
        (Self { spans, lost }, waiting)
    }

    /// Puts a span in where there is room, and drops it where there is none.
    pub(super) fn put(&self, span: SpanData) {
        let is_first = || self.lost.dropped.fetch_add(1, Ordering::Relaxed) == 0;
        if self.spans.try_send(span).is_err() && is_first() {
            tracing::warn!("spans are dropped: they come faster than the collector takes them");
        }
    }
}

/// The task, while it runs. Dropped, it sends what is left and ends.
#[derive(Debug)]
pub(super) struct Outlet {
    /// Taken when it ends.
    running: Option<(Runtime, JoinHandle<()>)>,
    stop: CancellationToken,
    lost: Arc<Lost>,
}

impl Outlet {
    /// Starts the task. The collector is dialled when the first span is due.
    ///
    /// # Errors
    /// [`StartError`].
    pub(super) fn start(traces: &Traces) -> Result<(Queue, Self), StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("telemetry")
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let endpoint = Endpoint::from_shared(traces.collector.url().to_owned())
            .map_err(StartError::Address)?
            .connect_timeout(EXPORT_MAX)
            .timeout(EXPORT_MAX);
        let entered = runtime.enter();
        let mut exporter = SpanExporter::builder()
            .with_tonic()
            .with_channel(endpoint.connect_lazy())
            .with_timeout(EXPORT_MAX)
            // Retries would hold up what comes after: a batch that is not taken is lost, and counted.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(StartError::Exporter)?;
        drop(entered);
        exporter.set_resource(&resource(traces));
        let exporter = Arc::new(exporter);
        let export = move |batch| {
            let exporter = Arc::clone(&exporter);
            async move { exporter.export(batch).await }
        };
        let (queue, waiting) = Queue::new(QUEUE_MAX);
        let (stop, lost) = (CancellationToken::new(), Arc::clone(&queue.lost));
        let url = traces.collector.to_string();
        let task = send(waiting, stop.clone(), Arc::clone(&lost), url, export);
        let task = runtime.spawn(task);
        let running = Some((runtime, task));
        Ok((
            queue,
            Self {
                running,
                stop,
                lost,
            },
        ))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.stop.cancel();
        let Some((runtime, task)) = self.running.take() else {
            return;
        };
        let ended = runtime.block_on(async { tokio::time::timeout(SHUTDOWN_MAX, task).await });
        let dropped = self.lost.dropped.load(Ordering::Relaxed);
        let unsent = self.lost.unsent.load(Ordering::Relaxed);
        if ended.is_err() || dropped + unsent > 0 {
            let in_time = ended.is_ok();
            tracing::warn!(dropped, unsent, in_time, "not every span arrived");
        }
        runtime.shutdown_background();
    }
}

fn resource(traces: &Traces) -> Resource {
    let organ = traces.organ.clone();
    Resource::builder_empty()
        .with_service_name(traces.service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(organ.map(|organ| KeyValue::new("organ", organ)))
        .build()
}

/// Sends batches until told to stop, and then what is left.
async fn send<F: Future<Output = OTelSdkResult>>(
    mut waiting: mpsc::Receiver<SpanData>,
    stop: CancellationToken,
    lost: Arc<Lost>,
    url: String,
    export: impl Fn(Vec<SpanData>) -> F,
) {
    let mut is_reached = true;
    while let Some(batch) = next(&mut waiting, &stop).await {
        let count = batch.len() as u64;
        match export(batch).await {
            Ok(()) if is_reached => {}
            Ok(()) => {
                tracing::info!(%url, "traces reach the collector again");
                is_reached = true;
            }
            Err(error) => {
                lost.unsent.fetch_add(count, Ordering::Relaxed);
                if is_reached {
                    tracing::warn!(%url, %error, "traces do not reach the collector and are lost");
                }
                is_reached = false;
            }
        }
    }
}

/// The next batch; `None` when told to stop and nothing is left.
async fn next(
    waiting: &mut mpsc::Receiver<SpanData>,
    stop: &CancellationToken,
) -> Option<Vec<SpanData>> {
    let mut batch = Vec::new();
    if !stop.is_cancelled() {
        tokio::select! {
            first = waiting.recv() => batch.extend(first),
            () = stop.cancelled() => {}
        }
        // A call for each span would cost the collector more than the spans do.
        let company = if waiting.len() < BATCH_MAX {
            COMPANY_WITHIN
        } else {
            Duration::ZERO
        };
        let _ = tokio::time::timeout(company, stop.cancelled()).await;
    }
    if stop.is_cancelled() {
        // What is in the queue still goes; nothing more comes in.
        waiting.close();
    }
    while batch.len() < BATCH_MAX
        && let Ok(span) = waiting.try_recv()
    {
        batch.push(span);
    }
    (!batch.is_empty()).then_some(batch)
}

#[cfg(test)]
mod tests;
