//! `docaxis node`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::exit::Failure;
use super::output;
use super::telemetry;
use crate::axis::pki;
use crate::clock::Clock;
use crate::model::Directory;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::calendar::local;
use crate::node;
use crate::node::Cabinet;
use crate::node::Connection;
use crate::node::Draft;
use crate::node::Habits;
use crate::node::Identity;
use crate::node::Outcome;
use crate::node::Participant;
use crate::node::Signing;
use crate::pdf::Letter;
use crate::pdf::signed_letter;

/// Arguments of `docaxis node`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// File with the same settings in TOML: hub, identity, organ, to, count.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Address of the hub, https://HOST:PORT.
    #[arg(long)]
    hub: Option<String>,
    /// Directory of the participant, as `docaxis ca issue` writes it.
    #[arg(long)]
    identity: Option<PathBuf>,
    /// Organisation code of the participant.
    #[arg(long)]
    organ: Option<OrganId>,
    /// Send a document to these organisations (repeat, or separate by commas).
    #[arg(long, value_delimiter = ',')]
    to: Vec<OrganId>,
    /// How many documents to send [default: 1 when --to is given].
    #[arg(long)]
    count: Option<u32>,
    /// Subject of the documents.
    #[arg(
        long,
        default_value = "V/v thử nghiệm kết nối trục liên thông văn bản quốc gia"
    )]
    subject: String,
    /// Number of the first document; by default the seconds of the day, so that runs do not collide.
    #[arg(long)]
    first_number: Option<u32>,
    /// Send without signatures: for reference only.
    #[arg(long)]
    unsigned: bool,
    /// Attach this file (repeatable).
    #[arg(long)]
    attach: Vec<PathBuf>,
    /// Attach the document itself as a PDF of one page, signed with the seal.
    #[arg(long)]
    letter: bool,
    /// Keep each document received, and the attachments inside it, in a folder of its own below this
    /// directory; `docaxis verify` reads them.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Stop after this many seconds; by default when the documents are answered, or never without --to.
    #[arg(long)]
    stay_s: Option<u64>,
    /// Write the participant's own account as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(flatten)]
    telemetry: telemetry::Arguments,
}

/// The file behind `--config`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hub: Option<String>,
    identity: Option<PathBuf>,
    organ: Option<String>,
    to: Option<Vec<String>>,
    count: Option<u32>,
}

/// What is meant.
struct Meant {
    hub: String,
    identity: PathBuf,
    organ: OrganId,
    to: Vec<OrganId>,
    count: u32,
}

impl Arguments {
    fn meant(&self) -> Result<Meant, Failure> {
        let file = match &self.config {
            None => File::default(),
            Some(path) => toml::from_str(&pki::read_text(path)?)
                .map_err(|error| Failure::input(&format!("read {}", path.display()), error))?,
        };
        let missing = |flag: &str| {
            Failure::Input(format!(
                "--{flag} is missing, on the command line or in --config"
            ))
        };
        let organ = |text: &str| {
            text.parse::<OrganId>()
                .map_err(|error| Failure::Input(format!("organisation code `{text}`: {error}")))
        };
        let own = match (self.organ, &file.organ) {
            (Some(own), _) => own,
            (None, Some(text)) => organ(text)?,
            (None, None) => return Err(missing("organ")),
        };
        let to = if self.to.is_empty() {
            let listed = file.to.unwrap_or_default();
            listed
                .iter()
                .map(|text| organ(text))
                .collect::<Result<_, _>>()?
        } else {
            self.to.clone()
        };
        let count = match (self.count.or(file.count), to.is_empty()) {
            (Some(count), false) => count,
            (None, false) => 1,
            (Some(1..), true) => return Err(missing("to")),
            (_, true) => 0,
        };
        Ok(Meant {
            hub: self
                .hub
                .clone()
                .or(file.hub)
                .ok_or_else(|| missing("hub"))?,
            identity: self
                .identity
                .clone()
                .or(file.identity)
                .ok_or_else(|| missing("identity"))?,
            organ: own,
            to,
            count,
        })
    }
}

/// Runs `docaxis node`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let meant = arguments.meant()?;
    let organ = Some(meant.organ.to_string());
    let _telemetry = arguments
        .telemetry
        .install("docaxis=info,warn", "docaxis-node", organ)?;
    let clock = Clock::system();
    let identity = Identity::read(&meant.identity)
        .map_err(|error| Failure::input("read the identity", error))?;
    let attachments = arguments
        .attach
        .iter()
        .map(|path| {
            let content = std::fs::read(path)
                .map_err(|error| Failure::input(&format!("read {}", path.display()), error))?;
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            Ok((name, "application/octet-stream".to_owned(), content))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    output::runtime("node")?.block_on(async move {
        let (certificates, key) = &identity.connection;
        let connection = Connection::new(
            &meant.hub,
            &identity.anchors,
            Some((certificates, key)),
            &clock,
        )
        .map_err(|error| Failure::input("dial the hub", error))?;
        greet(&connection, &meant.hub).await?;
        let participant = Participant::start(node::Parts {
            organ: meant.organ,
            identity: Arc::new(identity),
            connection,
            habits: Habits::prompt(),
            clock: clock.clone(),
            signing: Arc::new(Semaphore::new(1)),
            cabinet: arguments.keep.clone().map(Cabinet::new),
        });
        let mut refused = 0;
        for number in 0..meant.count {
            let mut draft = draft(&arguments, &meant, number, clock.now(), &attachments)?;
            if arguments.letter {
                draft
                    .attachments
                    .insert(0, letter(&draft, participant.identity())?);
            }
            let id = draft.header.document_id.clone();
            let outcome = participant.send(draft, None).await;
            match outcome.map_err(|error| Failure::input("send", error))? {
                Outcome::Accepted(receipt) => output::line(&format!(
                    "accepted {id} as {} ({})",
                    receipt.hub_sequence,
                    receipt.legal_value().as_str_name()
                ))?,
                Outcome::Refused { reason, message } => {
                    refused += 1;
                    output::line(&format!("refused {id}: {} {message}", reason.as_str()))?;
                }
            }
        }
        let stay = async {
            match (arguments.stay_s, meant.count) {
                (Some(seconds), _) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                (None, 0) => std::future::pending().await,
                (None, _) => {}
            }
        };
        tokio::select! {
            () = stay => {}
            () = output::asked_to_end() => {}
        }
        report(&arguments, &participant)?;
        participant.stop().await;
        match refused {
            0 => Ok(()),
            count => Err(Failure::Check(format!("{count} documents were refused"))),
        }
    })
}

/// One call, so that a wrong address or certificate is explained before anything else.
async fn greet(connection: &Connection, hub: &str) -> Result<(), Failure> {
    // A suspended agency may still take in what waits, so it is asked for what everybody may ask who does.
    let request = crate::wire::v1::ListPendingRequest {
        page_size: 1,
        ..Default::default()
    };
    match connection.exchange().list_pending(request).await {
        Ok(_) => output::line(&format!("connected to {hub}")),
        Err(status) => Err(match crate::wire::reason_of(&status) {
            Some(explained) => Failure::Input(format!(
                "the hub refuses this participant: {} {} {}",
                explained.reason.as_str(),
                explained.message,
                explained.remedy
            )),
            None => Failure::input(&format!("reach {hub}"), status.message()),
        }),
    }
}

fn draft(
    arguments: &Arguments,
    meant: &Meant,
    number: u32,
    now: Timestamp,
    attachments: &[(String, String, Vec<u8>)],
) -> Result<Draft, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::input("write the document", error);
    let today = local(now);
    let seconds = u32::try_from(now.as_second().rem_euclid(86_400)).unwrap_or(0);
    let number = arguments.first_number.unwrap_or(seconds * 100) + number;
    let code = DocumentCode::new(&number.to_string(), "VB-TN").map_err(|error| bad(&error))?;
    let to = Recipients::try_from(meant.to.clone()).map_err(|error| bad(&error))?;
    Ok(Draft {
        header: DocumentHeader::letter(
            DocumentId::new(meant.organ, today.date(), code),
            to,
            &arguments.subject,
        ),
        attachments: attachments.to_vec(),
        signing: if arguments.unsigned {
            Signing::None
        } else {
            Signing::Both
        },
        at: now,
        mistake: None,
    })
}

/// The document as a PDF, as an attachment.
fn letter(draft: &Draft, identity: &Identity) -> Result<(String, String, Vec<u8>), Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::input("write the letter", error);
    let header = &draft.header;
    let directory = Directory::of_2019();
    let organ = header.from.to_string();
    let agency = directory.find(header.from);
    let code = header.code.to_string();
    let letter = Letter {
        organ: agency.map_or(&organ, |agency| &agency.name),
        code: &code,
        document_type: &header.document_type,
        subject: &header.subject,
        signer: [&header.signer.position, &header.signer.full_name],
    };
    let seal = identity
        .signer
        .seal()
        .ok_or_else(|| cannot(&"there is no seal"))?;
    let file = signed_letter(&letter, seal, draft.at).map_err(|error| cannot(&error))?;
    let name = format!("{}.pdf", code.replace('/', "_"));
    Ok((name, "application/pdf".to_owned(), file))
}

fn report(arguments: &Arguments, participant: &Participant) -> Result<(), Failure> {
    let counts = participant.account().counts().clone();
    let received: u64 = counts.received.values().sum();
    if let Some(path) = &arguments.json {
        let by_sender: serde_json::Map<String, serde_json::Value> = counts
            .received
            .iter()
            .map(|(organ, n)| (organ.to_string(), (*n).into()))
            .collect();
        let refused: serde_json::Map<String, serde_json::Value> = counts
            .refused
            .iter()
            .map(|(reason, n)| (reason.as_str().to_owned(), (*n).into()))
            .collect();
        let value = serde_json::json!({
            "organ": participant.organ().to_string(),
            "sent": counts.sent.len(),
            "refused": refused,
            "received": received,
            "received_from": by_sender,
            "delivered_twice": counts.delivered_twice,
            "disagreements": counts.disagreements,
            "subscription_replaced": counts.replaced,
        });
        output::json(path, &value)?;
    }
    output::line(&format!("sent {}, received {received}", counts.sent.len()))
}
