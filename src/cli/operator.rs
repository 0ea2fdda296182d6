//! `docaxis operator`: what the Government Office decides about those who join.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use super::exit::Failure;
use super::output;
use super::telemetry;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Connection;
use crate::node::Identity;
use crate::text::Language;
use crate::text::state_name;
use crate::wire::hold_name;
use crate::wire::joining_state;
use crate::wire::reason_of;
use crate::wire::v1;

/// Arguments of `docaxis operator`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Address of the hub, https://HOST:PORT.
    #[arg(long, global = true)]
    hub: Option<String>,
    /// Directory of the operator's identity, as `docaxis ca issue` writes it.
    #[arg(long, global = true)]
    identity: Option<PathBuf>,
    /// Language: en or vi [default: what LANG says].
    #[arg(long, global = true)]
    lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List applications: code, state, whose turn it is.
    List {
        /// Write every application with its history as JSON to a file, or to standard output for `-`.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Grant the step an application waits for.
    Approve(Decision),
    /// Send an application back to the step before; --reason is what the locality reads.
    Reject(Decision),
    /// Delete an application, whatever its state: the certificates issued on it are revoked, and an agency
    /// that was on the axis before is what it was.
    Delete(Decision),
    /// Grant the next stage of activation, or let a suspended agency in again.
    Activate(Decision),
    /// Lock an agency.
    Suspend(Decision),
    /// Take an agency off the axis for good and revoke its certificates.
    Revoke(Decision),
    /// Merge an agency into another: provinces merged on 1 July 2025.
    Merge {
        #[command(flatten)]
        decision: Decision,
        /// The agency that goes on.
        #[arg(long)]
        into: OrganId,
    },
}

#[derive(Args, Debug)]
struct Decision {
    /// Organisation code.
    #[arg(long)]
    organ: OrganId,
    /// Why; logged with the change.
    #[arg(long, default_value = "")]
    reason: String,
}

impl Decision {
    fn request(self) -> v1::ChangeAgencyRequest {
        v1::ChangeAgencyRequest {
            organ_id: self.organ.to_string(),
            reason: self.reason,
        }
    }
}

/// Runs `docaxis operator`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,warn");
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let missing = |flag: &str| Failure::Input(format!("--{flag} is missing"));
    let hub = arguments.hub.ok_or_else(|| missing("hub"))?;
    let directory = arguments.identity.ok_or_else(|| missing("identity"))?;
    let identity =
        Identity::read(&directory).map_err(|error| Failure::input("read the identity", error))?;
    output::runtime("operator")?.block_on(async move {
        let (certificates, key) = &identity.connection;
        let connection = Connection::new(
            &hub,
            &identity.anchors,
            Some((certificates, key)),
            &Clock::system(),
        )
        .map_err(|error| Failure::input("dial the hub", error))?;
        decide(arguments.command, &connection, language).await
    })
}

async fn decide(
    command: Command,
    connection: &Connection,
    language: Language,
) -> Result<(), Failure> {
    let mut registry = connection.registry();
    let refused = |status: tonic::Status| refused(&status, language);
    let agency = match command {
        Command::List { json } => {
            let request = v1::ListApplicationsRequest {};
            let listed = registry.list_applications(request).await.map_err(refused)?;
            return list(&listed.into_inner().applications, json, language);
        }
        Command::Approve(decision) => {
            let approved = registry
                .approve(decision.request())
                .await
                .map_err(refused)?;
            return show(&approved.into_inner(), language);
        }
        Command::Reject(decision) => {
            let rejected = registry.reject(decision.request()).await.map_err(refused)?;
            return show(&rejected.into_inner(), language);
        }
        Command::Delete(decision) => {
            let organ = decision.organ;
            let request = decision.request();
            let deleted = registry
                .delete_application(request)
                .await
                .map_err(refused)?;
            let agency = deleted.into_inner().agency;
            let state = agency.map_or("-", |agency| agency.state().as_str_name());
            return output::line(&format!("{organ} {state}"));
        }
        Command::Activate(decision) => {
            let request = v1::ActivateRequest {
                organ_id: decision.organ.to_string(),
                reason: decision.reason,
                ..v1::ActivateRequest::default()
            };
            registry.activate(request).await
        }
        Command::Suspend(decision) => registry.suspend(decision.request()).await,
        Command::Revoke(decision) => registry.revoke(decision.request()).await,
        Command::Merge { decision, into } => {
            let request = v1::MergeRequest {
                organ_id: decision.organ.to_string(),
                into: into.to_string(),
                reason: decision.reason,
            };
            registry.merge(request).await
        }
    };
    let agency = agency.map_err(refused)?.into_inner();
    output::line(&format!(
        "{} {}",
        agency.organ_id,
        agency.state().as_str_name()
    ))
}

fn refused(status: &tonic::Status, language: Language) -> Failure {
    match reason_of(status) {
        Some(explained) => {
            let [message, remedy] = explained.text(language);
            Failure::Check(format!(
                "{}: {message}. {remedy}",
                explained.reason.as_str()
            ))
        }
        None => Failure::input("reach the hub", status.message()),
    }
}

fn show(application: &v1::Application, language: Language) -> Result<(), Failure> {
    let state = joining_state(application);
    let hold = hold_name(application.hold(), language);
    let hold = hold.map_or_else(String::new, |hold| format!(" · {hold}"));
    output::line(&format!(
        "{} {state} ({}) → {}{hold}",
        application.organ_id,
        state_name(state, language),
        application.waits_for().as_str_name()
    ))
}

fn list(
    applications: &[v1::Application],
    json: Option<PathBuf>,
    language: Language,
) -> Result<(), Failure> {
    let Some(path) = json else {
        return applications
            .iter()
            .try_for_each(|application| show(application, language));
    };
    let instant = |at: &Option<prost_types::Timestamp>| {
        at.as_ref()
            .and_then(crate::wire::timestamp_from_wire)
            .map(|at| at.to_string())
    };
    let listed: Vec<serde_json::Value> = applications
        .iter()
        .map(|application| {
            let history: Vec<serde_json::Value> = application
                .history
                .iter()
                .map(|transition| {
                    serde_json::json!({
                        "at": instant(&transition.at),
                        "from": transition.from().as_str_name(),
                        "to": transition.to().as_str_name(),
                        "by": transition.by,
                        "automatic": transition.automatic,
                        "why": transition.why,
                    })
                })
                .collect();
            let held = application.hold() != v1::Hold::Unspecified;
            serde_json::json!({
                "organ": application.organ_id,
                "name": application.name,
                "state": joining_state(application).as_str(),
                "stage": application.stage,
                "waits_for": application.waits_for().as_str_name().to_lowercase(),
                "rejected_because": application.rejected_because,
                "hold": held.then(|| application.hold().as_str_name().to_lowercase()),
                "documents_per_day": application.documents_per_day,
                "history": history,
            })
        })
        .collect();
    output::json(&path, &serde_json::Value::Array(listed))
}
