//! A Government CA and the papers of many agencies, kept on disk between load runs: keys are dear to
//! make, and documents signed for one run serve the next.
//!
//! ```text
//! ca.pem hub.pem hub.key root.crl issuing.crl    what `docaxis hub --pki` reads
//! root.pem root.key issuing.pem issuing.key      the CA, to renew the lists
//! agencies/ORGAN/  expired/ORGAN/  revoked/ORGAN/    papers, as `docaxis ca issue` writes them
//! revoked.txt      serial numbers        complete    made last
//! ```
//!
//! For simulations only: the keys lie in a cache.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::AxisError;
use super::people;
use super::people::write_new_secret;
use crate::files;
use crate::files::Readers;
use crate::model::OrganId;
use crate::node::Identity;
use crate::trust::Authority;
use crate::trust::Credential;
use crate::trust::DocumentSigner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::RevokedSerial;
use crate::trust::TrustStore;
use crate::trust::Validity;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Certificates begin this long before the site is made, and last for so many days.
const BEGUN_BEFORE_DAYS: i32 = 30;
const VALID_DAYS: i32 = 5 * 365;

/// Days the revocation lists are believed; they are renewed when they are a few days old.
const LIST_DAYS: i32 = 30;
const LIST_AGE_MAX: std::time::Duration = std::time::Duration::from_secs(5 * 24 * 3600);

/// Agencies that also have papers which ended, and papers which are revoked.
const BAD: usize = 4;

/// An opened site.
#[derive(Debug)]
pub struct Site {
    directory: PathBuf,
    /// The agencies, in the order asked for.
    pub agencies: Vec<(OrganId, Identity)>,
    /// Signers of some of them whose certificates ended.
    pub expired: Vec<(OrganId, Identity)>,
    /// Signers of some of them whose certificates are revoked.
    pub revoked: Vec<(OrganId, Identity)>,
}

impl Site {
    /// Opens the site in `directory`, which is made when it is not there whole. `made` hears how many
    /// agencies have their papers.
    ///
    /// # Errors
    /// [`AxisError`].
    pub fn open(
        directory: &Path,
        agencies: &[(OrganId, String)],
        key_kind: KeyKind,
        now: Timestamp,
        made: impl Fn(usize) + Sync,
    ) -> Result<Self, AxisError> {
        if !directory.join("complete").exists() {
            make(directory, agencies, key_kind, now, &made)?;
        }
        let age = fs::metadata(directory.join("issuing.crl"))?
            .modified()?
            .elapsed();
        if age.is_ok_and(|age| age > LIST_AGE_MAX) {
            renew_lists(directory, now)?;
        }
        let trust = Arc::new(TrustStore::from_pem(&read(directory, "ca.pem")?)?);
        trust.replace_crls(&[
            fs::read(directory.join("root.crl"))?,
            fs::read(directory.join("issuing.crl"))?,
        ])?;
        let all = |folder: &str, organs: &[(OrganId, String)]| {
            let papers = organs.iter().map(|(organ, _)| {
                let own = directory.join(folder).join(organ.as_str());
                Ok((*organ, identity(&own, &trust)?))
            });
            papers.collect::<Result<Vec<_>, AxisError>>()
        };
        let some = agencies.get(..BAD).unwrap_or(agencies);
        Ok(Self {
            directory: directory.to_owned(),
            agencies: all("agencies", agencies)?,
            expired: all("expired", some)?,
            revoked: all("revoked", some)?,
        })
    }

    /// Where it is: what `docaxis hub --pki` wants.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

fn make(
    directory: &Path,
    agencies: &[(OrganId, String)],
    key_kind: KeyKind,
    now: Timestamp,
    made: &(impl Fn(usize) + Sync),
) -> Result<(), AxisError> {
    let place = directory;
    let directory = &place.with_extension(format!("unfinished-{}", std::process::id()));
    fs::create_dir_all(files::parent(place))?;
    // Left there by a process of this number that was killed.
    let _ = fs::remove_dir_all(directory);
    fs::create_dir(directory)?;
    let not_before = now - DAY * BEGUN_BEFORE_DAYS;
    let validity = Validity {
        not_before,
        not_after: not_before + DAY * VALID_DAYS,
    };
    let authority = Authority::create(not_before)?;
    for (name, (certificate, key)) in [
        ("root", authority.root_pem()),
        ("issuing", authority.issuing_pem()),
    ] {
        fs::write(directory.join(format!("{name}.pem")), certificate)?;
        write_new_secret(&directory.join(format!("{name}.key")), &key)?;
    }
    fs::write(directory.join("ca.pem"), authority.anchors_pem())?;
    let key = KeyPair::generate(KeyKind::EcdsaP256)?;
    let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let server = authority.issue_server(&key, &["localhost"], &addresses, validity)?;
    fs::write(directory.join("hub.pem"), server.pem_with_chain)?;
    write_new_secret(&directory.join("hub.key"), &key.to_pkcs8_pem())?;

    for (organ, papers) in people::issue(&authority, agencies, key_kind, validity, made)? {
        papers.write(&directory.join("agencies").join(organ.as_str()))?;
    }
    let some = agencies.get(..BAD).unwrap_or(agencies);
    let ended = Validity {
        not_before,
        not_after: now - DAY,
    };
    for (organ, papers) in people::issue(&authority, some, key_kind, ended, &|_| {})? {
        papers.write(&directory.join("expired").join(organ.as_str()))?;
    }
    let mut serials = String::new();
    for (organ, papers) in people::issue(&authority, some, key_kind, validity, &|_| {})? {
        papers.write(&directory.join("revoked").join(organ.as_str()))?;
        for serial in papers.signing_serials() {
            serials.extend(serial.iter().map(|byte| format!("{byte:02x}")));
            serials.push('\n');
        }
    }
    fs::write(directory.join("revoked.txt"), serials)?;
    renew_lists(directory, now)?;
    fs::write(directory.join("complete"), "")?;
    if !place.join("complete").exists() {
        // Left there by an earlier version, not whole.
        let _ = fs::remove_dir_all(place);
    }
    match fs::rename(directory, place) {
        // Another run was faster: its site is as good.
        Err(_) if place.join("complete").exists() => Ok(fs::remove_dir_all(directory)?),
        renamed => Ok(renamed?),
    }
}

fn renew_lists(directory: &Path, now: Timestamp) -> Result<(), AxisError> {
    let text = |name: &str| read(directory, name);
    let root = (text("root.pem")?, text("root.key")?);
    let issuing = (text("issuing.pem")?, text("issuing.key")?);
    let authority = Authority::from_pem((&root.0, &root.1), (&issuing.0, &issuing.1))?;
    let revoked: Vec<RevokedSerial> = text("revoked.txt")?
        .lines()
        .filter_map(unhex)
        .map(|serial| RevokedSerial {
            serial,
            at: now - DAY,
        })
        .collect();
    let lists = authority.revocation_lists(&revoked, now, now + DAY * LIST_DAYS)?;
    let mut readers = vec![directory.to_owned()];
    for entry in fs::read_dir(directory.join("agencies"))? {
        readers.push(entry?.path());
    }
    for reader in readers {
        for (name, list) in [("root.crl", &lists.root), ("issuing.crl", &lists.issuing)] {
            // Not waited for: there may be thousands of readers, and lists can be made again.
            files::replace_unflushed(&reader.join(name), list, Readers::Everybody)?;
        }
    }
    Ok(())
}

/// Papers from disk; all participants believe the same.
fn identity(directory: &Path, trust: &Arc<TrustStore>) -> Result<Identity, AxisError> {
    let credential = |usage: &str| -> Result<Credential, AxisError> {
        let certificates = read(directory, &format!("{usage}.pem"))?;
        let key = read(directory, &format!("{usage}.key"))?;
        Ok(Credential::from_pem(&certificates, &key)?)
    };
    Ok(Identity {
        anchors: read(directory, "ca.pem")?,
        connection: (
            read(directory, "connection.pem")?,
            read(directory, "connection.key")?,
        ),
        signer: DocumentSigner::new(credential("person")?, credential("seal")?),
        trust: Arc::clone(trust),
    })
}

fn read(directory: &Path, name: &str) -> io::Result<String> {
    fs::read_to_string(directory.join(name))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
