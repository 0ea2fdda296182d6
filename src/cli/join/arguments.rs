//! What `docaxis join` and `docaxis apply` are told.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use super::Meant;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::model::OrganId;
use crate::model::joining::Step;
use crate::procedure::Locality;
use crate::text::Language;
use crate::trust::KeyKind;

/// Arguments of `docaxis join`: walks a locality through the eight steps of the connection procedure.
/// Without --hub a hub of its own is started. Stopped at any point, the same command goes on where it
/// was; run again after the end, it changes nothing.
#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Organisation code of the locality, for example 000.00.00.H62.
    #[arg(long, required_unless_present = "plan")]
    pub(super) organ: Option<OrganId>,
    /// Address of the hub, https://HOST:PORT; without it, one is started in the directory.
    #[arg(long)]
    pub(super) hub: Option<String>,
    /// Trust anchors of the axis (PEM). Without them a hub on loopback is asked for its own, and their
    /// fingerprint shown.
    #[arg(long)]
    pub(super) ca: Option<PathBuf>,
    /// Directory for the locality's keys, certificates and readiness certificate
    /// [default: join-ORGAN].
    #[arg(long)]
    pub(super) dir: Option<PathBuf>,
    /// Full name; by default the one in the directory of 2019.
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Documents a working day the locality declares; the capacity test holds it to that.
    #[arg(long)]
    pub(super) documents_per_day: Option<u32>,
    /// Keys of seal and person: rsa2048, rsa3072, rsa4096, p256 or p384.
    #[arg(long, default_value = "rsa2048")]
    pub(super) keys: KeyKind,
    /// Stop at each step: on a terminal wait for Enter before it, otherwise do only the next open one.
    /// With a name (application, codes, certificates, connection, registration, conformance, capacity,
    /// activation) do that one and no other.
    #[arg(long, num_args = 0..=1, default_missing_value = "next", value_name = "NAME")]
    pub(super) step: Option<String>,
    /// Print the procedure and do nothing.
    #[arg(long)]
    pub(super) plan: bool,
    /// Only renew the certificates, with new keys: the old ones stay valid beside the new.
    #[arg(long)]
    pub(super) renew: bool,
    /// Send no document to the Government Office when a stage is granted; the stages after the first
    /// then wait for documents.
    #[arg(long)]
    pub(super) no_send: bool,
    /// Seconds to wait for a decision of the operator.
    #[arg(long, default_value_t = 600)]
    pub(super) wait_s: u64,
    /// Replay the calendar of a joining of today in seconds, drawn from this seed, beside one with
    /// automation, as a Gantt chart.
    #[arg(long, num_args = 0..=1, default_missing_value = "2019", value_name = "SEED")]
    pub(super) virtual_days: Option<u64>,
    /// Write the Gantt chart of --virtual-days, or the sequence of messages, as SVG to a file.
    #[arg(long)]
    pub(super) svg: Option<PathBuf>,
    /// Write the sequence of messages as text to a file, or to standard output for `-`.
    #[arg(long)]
    pub(super) trace: Option<PathBuf>,
    /// Write the conformance report as a page in both languages to a file.
    #[arg(long)]
    pub(super) html: Option<PathBuf>,
    /// Write the outcome as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Language: en or vi [default: what LANG says].
    #[arg(long)]
    pub(super) lang: Option<Language>,
}

/// Arguments of `docaxis apply`: brings a locality onto the axis as a file says. Run twice, nothing
/// happens the second time.
#[derive(Args, Debug)]
pub(in crate::cli) struct ApplyArguments {
    /// The file (TOML): organ, name, short_name, contact, documents_per_day, keys, hub, directory, units.
    #[arg(short, long)]
    pub(super) file: PathBuf,
    /// Trust anchors of the axis (PEM).
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Seconds to wait for a decision of the operator.
    #[arg(long, default_value_t = 600)]
    wait_s: u64,
    /// Write the outcome as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Language: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
}

/// Which steps are done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Walk {
    /// All of them.
    Through,
    /// All of them, each when somebody says so.
    Paused,
    /// The next that is open.
    Next,
    /// This one.
    Only(Step),
}

impl ApplyArguments {
    pub(super) fn into_join(self) -> Arguments {
        Arguments {
            organ: None,
            hub: None,
            ca: self.ca,
            dir: None,
            name: None,
            documents_per_day: None,
            keys: KeyKind::Rsa2048,
            step: None,
            plan: false,
            renew: false,
            no_send: false,
            wait_s: self.wait_s,
            virtual_days: None,
            svg: None,
            trace: None,
            html: None,
            json: self.json,
            lang: self.lang,
        }
    }
}

impl Arguments {
    pub(in crate::cli) fn svg(&self) -> Option<&Path> {
        self.svg.as_deref()
    }

    pub(in crate::cli) fn json(&self) -> Option<&Path> {
        self.json.as_deref()
    }

    /// Who joins.
    pub(in crate::cli) fn locality(&self) -> Result<Locality, Failure> {
        Ok(self.meant()?.locality)
    }

    pub(super) fn language(&self) -> Language {
        self.lang.unwrap_or_else(output::language_of_environment)
    }

    pub(super) fn walk(&self) -> Result<Walk, Failure> {
        match self.step.as_deref() {
            None => Ok(Walk::Through),
            Some("next") if output::is_terminal() => Ok(Walk::Paused),
            Some("next") => Ok(Walk::Next),
            Some(name) => Step::from_name(name).map(Walk::Only).ok_or_else(|| {
                let names = Step::ALL.map(Step::as_str).join(", ");
                Failure::Input(format!("--step is `{name}`, expected one of {names}"))
            }),
        }
    }

    pub(super) fn meant(&self) -> Result<Meant, Failure> {
        let organ = self
            .organ
            .ok_or_else(|| Failure::Input("--organ is missing".to_owned()))?;
        let mut locality = Locality::of(organ);
        if let Some(name) = &self.name {
            locality.name.clone_from(name);
            locality.short_name.clone_from(name);
        }
        locality.documents_per_day = self.documents_per_day.unwrap_or(locality.documents_per_day);
        locality.keys = self.keys;
        let directory = self.dir.clone();
        Ok(Meant {
            locality,
            hub: self.hub.clone(),
            directory: directory.unwrap_or_else(|| PathBuf::from(format!("join-{organ}"))),
        })
    }
}
