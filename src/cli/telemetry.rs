//! Flags about the log and traces, which `hub`, `node` and `demo` share.

use clap::Args;

use super::exit::Failure;
use crate::telemetry::Collector;
use crate::telemetry::InvalidCollector;
use crate::telemetry::LogFormat;
use crate::telemetry::Ratio;
use crate::telemetry::Telemetry;
use crate::telemetry::Traces;
use crate::telemetry::install;

/// Where a command that was given no flag looks for the format of its log.
const LOG_FORMAT: &str = "DOCAXIS_LOG_FORMAT";

/// How the log is written and where traces go.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
pub(super) struct Arguments {
    /// How the log is written: text, or json, one object a line. RUST_LOG says what is in it.
    #[arg(
        long,
        value_name = "FORMAT",
        env = LOG_FORMAT,
        hide_env_values = true,
        default_value = "text"
    )]
    log_format: LogFormat,
    /// Send traces to this OTLP collector over gRPC, as http://127.0.0.1:4317. It must be on this
    /// machine: traces name documents.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// Share of the documents that are followed, 0 to 1. It is decided by their identities, so that
    /// processes with one ratio follow the same ones.
    #[arg(long, value_name = "SHARE", requires = "otlp", default_value = "1")]
    otlp_ratio: Ratio,
    /// The collector may be on another machine.
    #[arg(long, requires = "otlp")]
    otlp_beyond_loopback: bool,
}

impl Arguments {
    /// Installs what the flags ask for.
    ///
    /// # Errors
    /// The collector is not one, or may not be used.
    pub(super) fn install(
        &self,
        default: &str,
        service: &'static str,
        organ: Option<String>,
    ) -> Result<Telemetry, Failure> {
        let traces = match &self.otlp {
            None => None,
            Some(url) => Some(Traces {
                collector: self.collector(url)?,
                ratio: self.otlp_ratio,
                service,
                organ,
            }),
        };
        install(default, self.log_format, traces)
            .map_err(|error| Failure::input("send traces", error))
    }

    fn collector(&self, url: &str) -> Result<Collector, Failure> {
        let parsed = if self.otlp_beyond_loopback {
            Collector::anywhere(url)
        } else {
            Collector::on_loopback(url)
        };
        parsed.map_err(|error| {
            let hint = match error {
                InvalidCollector::BeyondLoopback { .. } => "; --otlp-beyond-loopback tells",
                InvalidCollector::NotAnAddress | InvalidCollector::Scheme { .. } => "",
            };
            Failure::Input(format!("cannot use --otlp {url}: {error}{hint}"))
        })
    }
}

/// Sends the log to standard error, of a command without flags for it. `RUST_LOG` decides what; by
/// default what is given here.
pub(super) fn log(default: &str) {
    let asked = std::env::var(LOG_FORMAT).ok();
    let format = asked.and_then(|format| format.parse().ok());
    // Without traces there is nothing that can fail.
    let _ = install(default, format.unwrap_or_default(), None);
}
