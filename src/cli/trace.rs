//! `docaxis trace`: the journey of one document.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::output;
use super::telemetry;
use crate::axis::pki;
use crate::clock::Clock;
use crate::node::Connection;
use crate::node::Identity;
use crate::procedure::document_journey;
use crate::text::Language;
use crate::wire::reason_of;
use crate::wire::v1;

/// Arguments of `docaxis trace`: who sent a document to whom, when it arrived and what was reported.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Identity of the document: ORGAN,yyyy/MM/dd,NUMBER/NOTATION.
    document: String,
    /// Address of the hub, https://HOST:PORT.
    #[arg(long)]
    hub: String,
    /// Directory of the identity: the sender's, a recipient's or the operator's.
    #[arg(long)]
    identity: PathBuf,
    /// Write the sequence as SVG to a file.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Write the sequence as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Language: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
}

/// Runs `docaxis trace`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,warn");
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let identity = Identity::read(&arguments.identity)
        .map_err(|error| Failure::input("read the identity", error))?;
    let journey = output::runtime("trace")?.block_on(async {
        let (certificates, key) = &identity.connection;
        let identity = Some((certificates.as_str(), key.as_str()));
        let anchors = pki::read_text(&arguments.identity.join("ca.pem"))?;
        let connection = Connection::new(&arguments.hub, &anchors, identity, &Clock::system())
            .map_err(|error| Failure::input("dial the hub", error))?;
        let request = v1::TrackRequest {
            document_id: arguments.document.clone(),
        };
        let tracked = connection.exchange().track(request).await;
        tracked.map_err(|status| match reason_of(&status) {
            Some(explained) => {
                let [message, remedy] = explained.text(language);
                Failure::Check(format!(
                    "{}: {message}. {remedy}",
                    explained.reason.as_str()
                ))
            }
            None => Failure::input("reach the hub", status.message()),
        })
    })?;
    let sequence = document_journey(&journey.into_inner(), language);
    if let Some(path) = &arguments.svg {
        pki::write_file(path, sequence.svg(language).as_bytes())?;
    }
    match &arguments.json {
        Some(path) => output::json(path, &sequence.json()),
        None => output::print(&sequence.text(language)),
    }
}
