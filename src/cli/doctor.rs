//! `docaxis doctor`.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::output;
use super::telemetry;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::procedure::doctor::HubAddress;
use crate::procedure::doctor::Patient;
use crate::procedure::doctor::diagnose;
use crate::text::Language;

/// Say why a participant cannot exchange documents, and what to do about it.
///
/// Looks, from the outside in, at everything that can keep a participant from exchanging documents: the
/// way to the hub (name, port, tls, api), its own papers (files, key_match, chain, purpose, expiry,
/// revocation, organisation), its clock, and what the hub makes of it (peer, state, quota, disk). A check
/// that cannot be made because another failed is skipped and says which; what can be looked at without the
/// hub is looked at even if the hub is down. Nothing is changed.
///
/// Marks: ✓ in order, ! in order for now, ✗ not in order, – not checked.
///
/// Exit codes: 0 nothing failed; 1 something did; 2 bad usage.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Address of the hub, https://HOST:PORT.
    #[arg(long)]
    hub: HubAddress,
    /// Directory of the participant, as `docaxis ca issue` writes it.
    #[arg(long)]
    identity: PathBuf,
    /// Organisation code of the participant.
    #[arg(long)]
    organ: OrganId,
    /// Trust anchors, PEM [default: ca.pem of the identity directory].
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Language of the report: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
    /// Write the diagnosis as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Runs `docaxis doctor`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    telemetry::log("warn");
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let patient = Patient {
        hub: arguments.hub.clone(),
        identity: arguments.identity.clone(),
        organ: arguments.organ,
        anchors: arguments.ca.clone(),
    };
    let diagnosis = output::runtime("doctor")?.block_on(diagnose(&patient, &Clock::system()));
    let on_standard_output = |path: &PathBuf| path.as_os_str() == "-";
    if !arguments.json.as_ref().is_some_and(on_standard_output) {
        output::print(&diagnosis.to_text(language))?;
    }
    if let Some(path) = &arguments.json {
        output::json(path, &diagnosis.to_json())?;
    }
    if diagnosis.is_healthy() {
        Ok(())
    } else {
        Err(Failure::Check(diagnosis.conclusion(language)))
    }
}
