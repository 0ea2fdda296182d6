//! What a process says of itself: its log, and the journeys of documents.
//!
//! ```text
//!                         ┌─▶ log ──────▶ standard error, a line of text or a JSON object each
//! hub, node ── tracing ───┤
//!                         └─▶ journeys ─▶ [bounded queue] ─▶ OTLP over gRPC, where somebody wants it
//! ```
//!
//! One trace follows one document through all processes, and nothing about it is on the wire: whoever
//! has the document has its identity, and from the identity come the trace and its root
//! (`identity`). Rooms tell steps of a journey as events of the target [`JOURNEY`], at the level
//! `TRACE`, which nobody listens to unless an exporter is installed; the fields are in `journeys`.
//!
//! A span that finds the queue full is dropped and counted. Nothing here ever makes a document wait.

mod collector;
mod identity;
mod journeys;
mod outlet;

use std::io;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use collector::Collector;
pub use collector::InvalidCollector;
pub use identity::InvalidRatio;
pub use identity::Ratio;
pub use outlet::StartError;

use journeys::Journeys;
use outlet::Outlet;

/// Target of the events that are steps of a document's journey.
pub const JOURNEY: &str = "docaxis::journey";

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// A text that is no [`LogFormat`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not one of text, json")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Traces {
    /// Who takes them.
    pub collector: Collector,
    /// The share of documents that is followed.
    pub ratio: Ratio,
    /// Name of the service: `docaxis-hub`.
    pub service: &'static str,
    /// The organisation whose process this is.
    pub organ: Option<String>,
}

/// Ends what was installed. Keep it until the process has nothing more to say.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// Sends what is left when it is dropped, within a bounded time. Dropped outside of any runtime.
    _outlet: Option<Outlet>,
}

/// Installs the subscriber of this process. `RUST_LOG` decides what is logged; where it does not,
/// `default`.
///
/// # Errors
/// [`StartError`]. A collector that cannot be reached is none: that is said in the log when spans are
/// due, once.
pub fn install(
    default: &str,
    format: LogFormat,
    traces: Option<Traces>,
) -> Result<Telemetry, StartError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = match format {
        LogFormat::Text => lines
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .boxed(),
        LogFormat::Json => lines.json().with_ansi(false).boxed(),
    };
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
        vec![log.with_filter(filter).boxed()];
    let mut outlet = None;
    if let Some(traces) = traces {
        let (queue, started) = Outlet::start(&traces)?;
        let wanted = Targets::new().with_target(JOURNEY, LevelFilter::TRACE);
        let journeys = Journeys::new(traces.ratio, queue);
        layers.push(journeys.with_filter(wanted).boxed());
        outlet = Some(started);
    }
    // A second call, in a test, keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(Telemetry { _outlet: outlet })
}
