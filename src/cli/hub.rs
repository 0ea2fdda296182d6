//! `docaxis hub`.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::ValueEnum;
use serde::Deserialize;

use super::console;
use super::exit::Failure;
use super::lists;
use super::lists::Followed;
use super::output;
use super::telemetry;
use crate::axis::DirectoryOffices;
use crate::axis::pki;
use crate::clock::Clock;
use crate::hub;
use crate::hub::Hub;
use crate::hub::Layers;
use crate::model::OrganId;
use crate::store::Durability;
use crate::trust::Backend;
use crate::trust::Engine;
use crate::trust::TrustStore;
use crate::trust::server_config;
use crate::web::Replay;

/// Arguments of `docaxis hub`. What a flag leaves open, the file says; what both leave open has a
/// default.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// File with the same settings in TOML: data, pki, listen, durability, operator,
    /// journal_max_bytes, retain_days, retain_bytes, archive, stream_idle_s, web.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Directory for journal, index and attachments. One hub at a time.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Directory of the CA, as `docaxis ca init` makes it.
    #[arg(long)]
    pki: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:7443].
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// What a receipt promises: fsync (on disk), os (in the kernel, UNSAFE), memory (UNSAFE)
    /// [default: fsync].
    #[arg(long)]
    durability: Option<Durability>,
    /// Where documents are kept.
    #[arg(long, default_value = "embedded")]
    store: StoreKind,
    /// Organisation code of the operator, who may activate and suspend [default: 000.00.00.G22].
    #[arg(long)]
    operator: Option<OrganId>,
    /// Who approves applications to join: automatic (the hub, what is complete and is for a code nobody
    /// uses yet) or operator (a person, with `docaxis operator approve`)
    /// [default: automatic on loopback, operator beyond].
    #[arg(long)]
    approvals: Option<ApprovalsKind>,
    /// Largest journal in bytes; beyond it documents are refused with STORAGE_FULL.
    #[arg(long)]
    journal_max_bytes: Option<u64>,
    /// Keep documents so many days after they were accepted; what somebody waits for is kept longer
    /// [default: for ever].
    #[arg(long)]
    retain_days: Option<u32>,
    /// Drop the oldest documents while the journal has more bytes; what somebody waits for is kept.
    #[arg(long)]
    retain_bytes: Option<u64>,
    /// Directory where segments and attachments are copied before they are dropped.
    #[arg(long)]
    archive: Option<PathBuf>,
    /// Bytes of one segment of the journal: what is dropped at once.
    #[arg(long, hide = true, value_parser = clap::value_parser!(u64).range(4096..))]
    segment_bytes: Option<u64>,
    /// Seconds between two looks for what need not be kept.
    #[arg(long, hide = true, default_value_t = 600)]
    retain_every_s: u64,
    /// Start although acknowledged records are gone from the journal: without this the hub refuses, and
    /// says what is missing. What proves the loss is kept under another name.
    #[arg(long)]
    accept_loss: bool,
    /// Seconds a submission or status stream may be silent [default: 600].
    #[arg(long)]
    stream_idle_s: Option<u64>,
    /// What verifies signatures: auto (the fastest this processor has), aws-lc, avx512.
    #[arg(long, default_value = "auto")]
    verify_backend: Backend,
    /// Leave out what comes after this layer: plain, mtls, signatures, chain. For `load --ladder`.
    #[arg(long, hide = true, default_value = "all")]
    layers: Layers,
    /// Register so many units below each agency of a new hub too. For `load --agencies`.
    #[arg(long, hide = true, default_value_t = 0)]
    units: u32,
    /// File to write the address to once the hub serves.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    #[command(flatten)]
    console: console::Arguments,
    #[command(flatten)]
    telemetry: telemetry::Arguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ApprovalsKind {
    /// The hub, where everything the step demands is there.
    Automatic,
    /// A person.
    Operator,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StoreKind {
    /// Journal and index in the data directory.
    Embedded,
}

/// The file behind `--config`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    pki: Option<PathBuf>,
    listen: Option<SocketAddr>,
    durability: Option<String>,
    operator: Option<String>,
    journal_max_bytes: Option<u64>,
    retain_days: Option<u32>,
    retain_bytes: Option<u64>,
    archive: Option<PathBuf>,
    stream_idle_s: Option<u64>,
    web: Option<SocketAddr>,
}

/// What is meant: every setting, checked before a port is bound.
struct Meant {
    pki: PathBuf,
    listen: SocketAddr,
    web: Option<SocketAddr>,
    config: hub::Config,
}

impl Arguments {
    fn meant(&self) -> Result<Meant, Failure> {
        let file = match &self.config {
            None => File::default(),
            Some(path) => toml::from_str(&pki::read_text(path)?)
                .map_err(|error| Failure::input(&format!("read {}", path.display()), error))?,
        };
        let bad = |setting: &str, error: &dyn std::fmt::Display| {
            Failure::Input(format!("`{setting}` in the configuration file: {error}"))
        };
        let durability = match (self.durability, &file.durability) {
            (Some(durability), _) => durability,
            (None, Some(text)) => text.parse().map_err(|error| bad("durability", &error))?,
            (None, None) => Durability::Fsync,
        };
        let missing = |flag: &str| {
            Failure::Input(format!(
                "--{flag} is missing, on the command line or in --config"
            ))
        };
        let pki = self
            .pki
            .clone()
            .or(file.pki)
            .ok_or_else(|| missing("pki"))?;
        let data = self.data.clone().or(file.data);
        if data.is_none() && durability != Durability::Memory {
            return Err(missing("data"));
        }
        let StoreKind::Embedded = self.store;
        let mut config = hub::Config::new(data, durability);
        match (self.operator, &file.operator) {
            (Some(operator), _) => config.operator = operator,
            (None, Some(text)) => {
                config.operator = text.parse().map_err(|error| bad("operator", &error))?;
            }
            (None, None) => {}
        }
        config.layers = self.layers;
        config.units = self.units;
        config.accept_loss = self.accept_loss;
        config.journal_max_bytes = self.journal_max_bytes.or(file.journal_max_bytes);
        config.segment_bytes = self.segment_bytes.unwrap_or(config.segment_bytes);
        config.retention = hub::Retention {
            days: self.retain_days.or(file.retain_days),
            bytes: self.retain_bytes.or(file.retain_bytes),
            archive: self.archive.clone().or(file.archive),
            every: Duration::from_secs(self.retain_every_s.max(1)),
        };
        if let Some(seconds) = self.stream_idle_s.or(file.stream_idle_s) {
            config.stream_idle_max = Duration::from_secs(seconds);
        }
        let default = SocketAddr::from(([127, 0, 0, 1], 7443));
        let listen = self.listen.or(file.listen).unwrap_or(default);
        config.approvals = match self.approvals {
            Some(ApprovalsKind::Automatic) => hub::Approvals::Automatic,
            Some(ApprovalsKind::Operator) => hub::Approvals::ByOperator,
            None if listen.ip().is_loopback() => hub::Approvals::Automatic,
            None => hub::Approvals::ByOperator,
        };
        if !listen.ip().is_loopback() {
            tracing::warn!(%listen, "the hub is a simulator and listens beyond loopback");
        }
        Ok(Meant {
            pki,
            listen,
            web: self.console.web.or(file.web),
            config,
        })
    }
}

/// Runs `docaxis hub` until it is asked to end.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let _telemetry = arguments
        .telemetry
        .install("docaxis=info,warn", "docaxis-hub", None)?;
    let Meant {
        pki,
        listen,
        web,
        config,
    } = arguments.meant()?;
    let secrets = config.data.clone().unwrap_or_else(|| pki.clone());
    let papers = secrets.join("localities");
    let clock = Clock::system();
    let anchors = pki::read_text(&pki.join("ca.pem"))?;
    let trust =
        TrustStore::from_pem(&anchors).map_err(|error| Failure::input("use ca.pem", error))?;
    let engine = Arc::new(Engine::new(arguments.verify_backend));
    let trust = Arc::new(trust.with_engine(engine));
    let lists = pki::read_lists(&pki)?;
    trust
        .replace_crls(&lists)
        .map_err(|error| Failure::input("use the revocation lists", error))?;
    let followed = pki::list_paths(&pki).into_iter().zip(lists);
    let followed = followed.map(|(path, list)| Followed::new(path, list));
    let followed = followed.collect();
    let tls = server_config(
        &pki::read_text(&pki.join("hub.pem"))?,
        &pki::read_text(&pki.join("hub.key"))?,
        Arc::new(clock.clone()),
    )
    .map_err(|error| Failure::input("use hub.pem and hub.key", error))?;
    let (durability, layers) = (config.durability, config.layers);
    let approvals = config.approvals;
    let offices =
        DirectoryOffices::open(&pki)?.map(|offices| Arc::new(offices) as Arc<dyn hub::Offices>);
    let parts = hub::Parts {
        clock: clock.clone(),
        trust,
        tls,
        offices,
    };
    let hub = Hub::open(config, parts).map_err(|error| Failure::input("open the hub", error))?;
    output::runtime("hub-io")?.block_on(async move {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|error| Failure::input(&format!("listen on {listen}"), error))?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::input("learn the address", error))?;
        let handle = hub.handle();
        let following = lists::follow(followed, handle.clone());
        handle.watched("following revocation lists", following);
        let unsafe_mark = if durability == Durability::Fsync && layers == Layers::All {
            ""
        } else {
            " UNSAFE"
        };
        output::line(&format!(
            "hub listening on https://{address} ({durability}{unsafe_mark})"
        ))?;
        let console = match web {
            None => None,
            Some(web) => {
                let stage =
                    console::stage_at(address, anchors.clone(), &pki, papers, (clock, approvals))?;
                let shows = console::Shows {
                    hub: handle,
                    anchors,
                    stage,
                    replay: Replay::default(),
                    secrets: Some(secrets),
                };
                Some(arguments.console.start(web, shows)?)
            }
        };
        if let Some(path) = &arguments.ready_file {
            write_ready(path, address)?;
        }
        let served = hub.serve(listener, output::asked_to_end()).await;
        console::stop(console).await;
        Ok(served?)
    })
}

fn write_ready(path: &Path, address: SocketAddr) -> Result<(), Failure> {
    Ok(pki::write_file(path, address.to_string().as_bytes())?)
}
