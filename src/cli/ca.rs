//! `docaxis ca`.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;
use jiff::SignedDuration;
use jiff::Timestamp;
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject as _;

use super::exit::Failure;
use super::output;
use crate::axis::pki;
use crate::axis::pki::Pki;
use crate::clock::Clock;
use crate::model::CertificateUse;
use crate::model::Directory;
use crate::model::OrganId;
use crate::trust::KeyKind;
use crate::trust::Subject;
use crate::trust::Validity;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Arguments of `docaxis ca`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a CA: a root, an issuing authority, revocation lists, and the hub's certificate.
    Init {
        /// Directory of the CA.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Issue the certificates of one agency, with new keys: connection, seal and person.
    Issue {
        /// Directory of the CA.
        #[arg(long)]
        dir: PathBuf,
        /// Organisation code, for example 000.00.00.H26.
        #[arg(long)]
        organ: OrganId,
        /// Directory for the PEM files.
        #[arg(long)]
        out: PathBuf,
        /// Name on the certificates; by default the one in the directory of 2019.
        #[arg(long)]
        name: Option<String>,
        /// Keys of seal and person: rsa2048, rsa3072, rsa4096, p256 or p384.
        #[arg(long, default_value = "rsa2048")]
        keys: KeyKind,
        #[command(flatten)]
        validity: ValidityArguments,
    },
    /// Issue one certificate for a key made elsewhere, from a signing request (PEM).
    Sign {
        /// Directory of the CA.
        #[arg(long)]
        dir: PathBuf,
        /// The request; it proves that the applicant holds the key.
        #[arg(long)]
        request: PathBuf,
        /// Organisation code.
        #[arg(long)]
        organ: OrganId,
        /// What the certificate is for.
        #[arg(long = "use")]
        usage: Use,
        /// Name on the certificate.
        #[arg(long)]
        name: String,
        /// File for the certificate and its chain.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        validity: ValidityArguments,
    },
    /// Revoke an agency's certificates; a running hub takes notice within a second.
    Revoke {
        /// Directory of the CA.
        #[arg(long)]
        dir: PathBuf,
        /// Organisation code.
        #[arg(long)]
        organ: OrganId,
        /// Only the certificates of this use.
        #[arg(long = "use")]
        usage: Option<Use>,
    },
    /// Write new revocation lists.
    Crl {
        /// Directory of the CA.
        #[arg(long)]
        dir: PathBuf,
        /// Days until the next lists are due.
        #[arg(long, default_value_t = pki::LIST_DAYS)]
        days: i32,
    },
}

#[derive(Args, Clone, Copy, Debug)]
struct ValidityArguments {
    /// First instant of validity (RFC 3339); by default an hour ago.
    #[arg(long)]
    not_before: Option<Timestamp>,
    /// Last instant of validity (RFC 3339); by default a year after the first.
    #[arg(long)]
    not_after: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    /// mTLS connection.
    Connection,
    /// Signature of the competent person.
    Person,
    /// Signature of the organisation.
    Seal,
}

impl From<Use> for CertificateUse {
    fn from(usage: Use) -> Self {
        match usage {
            Use::Connection => Self::Connection,
            Use::Person => Self::Person,
            Use::Seal => Self::Seal,
        }
    }
}

impl ValidityArguments {
    fn meant(self, now: Timestamp) -> Validity {
        let not_before = self
            .not_before
            .unwrap_or(now - SignedDuration::from_hours(1));
        let not_after = self.not_after.unwrap_or(not_before + DAY * 365);
        Validity {
            not_before,
            not_after,
        }
    }
}

/// Runs `docaxis ca`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let now = Clock::system().now();
    match arguments.command {
        Command::Init { dir } => {
            Pki::init(&dir, now)?;
            output::line(&format!("CA made in {}", dir.display()))
        }
        Command::Issue {
            dir,
            organ,
            out,
            name,
            keys,
            validity,
        } => {
            let known = Directory::of_2019()
                .find(organ)
                .map(|agency| agency.name.clone());
            let name = name.or(known).unwrap_or_else(|| organ.to_string());
            Pki::open(&dir)?.issue(organ, &name, keys, validity.meant(now), &out)?;
            output::line(&format!(
                "certificates of {organ} written to {}",
                out.display()
            ))
        }
        Command::Sign {
            dir,
            request,
            organ,
            usage,
            name,
            out,
            validity,
        } => {
            let pem = pki::read_text(&request)?;
            let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
                .map_err(|error| Failure::input("read the signing request", error))?;
            let subject = Subject {
                organ,
                usage: usage.into(),
                common_name: name,
            };
            let issued = Pki::open(&dir)?.sign_request(&der, &subject, validity.meant(now))?;
            pki::write_file(&out, issued.pem_with_chain.as_bytes())?;
            output::line(&format!(
                "certificate of {organ} written to {}",
                out.display()
            ))
        }
        Command::Revoke { dir, organ, usage } => {
            match Pki::open(&dir)?.revoke(organ, usage.map(Into::into), now)? {
                0 => Err(Failure::Input(format!(
                    "{organ} has no such certificate in force"
                ))),
                count => output::line(&format!("{count} certificates of {organ} revoked")),
            }
        }
        Command::Crl { dir, days } => {
            Pki::open(&dir)?.write_lists(now, days)?;
            output::line(&format!("revocation lists written to {}", dir.display()))
        }
    }
}
