//! A hub of one's own in a directory: a CA, a hub with a journal, and the Government Office's
//! participant, so that a locality can join on a laptop with nothing prepared. Whatever is in the
//! directory is gone on with.
//!
//! ```text
//! pki/     the CA, as `docaxis ca init` makes it
//! data/    the hub's journal and index
//! office/  papers of the Government Office
//! ```

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::Semaphore;
use tokio::sync::oneshot;

use super::AxisError;
use super::DirectoryOffices;
use super::pki;
use super::pki::Pki;
use super::serve;
use crate::clock::Clock;
use crate::hub;
use crate::hub::Approvals;
use crate::hub::Hub;
use crate::hub::ServeError;
use crate::model::Directory;
use crate::model::OrganId;
use crate::node;
use crate::node::Connection;
use crate::node::Habits;
use crate::node::Identity;
use crate::node::Participant;
use crate::store::Durability;
use crate::trust::KeyKind;
use crate::trust::TrustStore;
use crate::trust::Validity;
use crate::trust::server_config;

/// Days the Government Office's papers are valid: within the five years of NĐ 68/2024.
const PAPERS_DAYS: i32 = 5 * 365;

/// A running hub with its CA and the Government Office.
#[derive(Debug)]
pub struct OwnHub {
    /// What the process may see of the hub.
    pub hub: hub::Handle,
    /// Where it listens.
    pub address: SocketAddr,
    /// The Government Office's participant.
    pub office: Participant,
    /// Directory of the Government Office's identity: whoever runs this hub is its operator.
    pub operator: PathBuf,
    shutdown: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), ServeError>>,
}

impl OwnHub {
    /// Starts it, on the present runtime. Blocks for the tenths of a second it takes to make keys.
    ///
    /// # Errors
    /// [`AxisError`].
    pub fn start(directory: &Path, clock: &Clock, approvals: Approvals) -> Result<Self, AxisError> {
        let papers = directory.join("pki");
        if !papers.join("root.key").exists() {
            Pki::init(&papers, clock.now())?;
        }
        let anchors = pki::read_text(&papers.join("ca.pem"))?;
        let trust = Arc::new(TrustStore::from_pem(&anchors)?);
        trust.replace_crls(&pki::read_lists(&papers)?)?;
        let tls = server_config(
            &pki::read_text(&papers.join("hub.pem"))?,
            &pki::read_text(&papers.join("hub.key"))?,
            Arc::new(clock.clone()),
        )?;
        let offices = DirectoryOffices::open(&papers)?;
        let parts = hub::Parts {
            clock: clock.clone(),
            trust,
            tls,
            offices: offices.map(|offices| Arc::new(offices) as Arc<dyn hub::Offices>),
        };
        let data = directory.join("data");
        std::fs::create_dir_all(&data)?;
        let mut config = hub::Config::new(Some(data), Durability::Fsync);
        config.approvals = approvals;
        let hub = Hub::open(config, parts)?;
        let handle = hub.handle();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (shutdown, told) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("hub-main".to_owned())
            .spawn(move || serve(hub, listener, told))?;
        let operator = directory.join("office");
        office_papers(&papers, &operator, clock)?;
        let office = office(&operator, address, clock)?;
        Ok(Self {
            hub: handle,
            address,
            office,
            operator,
            shutdown,
            thread,
        })
    }

    /// Writes new revocation lists and puts them in force; a calendar that is moved by weeks needs it.
    ///
    /// # Errors
    /// [`AxisError`].
    pub fn renew_lists(&self, directory: &Path, clock: &Clock) -> Result<(), AxisError> {
        let papers = directory.join("pki");
        Pki::open(&papers)?.write_lists(clock.now(), pki::LIST_DAYS)?;
        self.hub.replace_crls(&pki::read_lists(&papers)?)?;
        Ok(())
    }

    /// Its address as participants dial it.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Stops the office, then the hub, and waits for both.
    ///
    /// # Errors
    /// [`AxisError::Serve`] or [`AxisError::Panicked`].
    pub async fn stop(self) -> Result<(), AxisError> {
        self.office.stop().await;
        // A hub that is gone already has nothing to be told.
        let _ = self.shutdown.send(());
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(served)) => Ok(served?),
            _ => Err(AxisError::Panicked),
        }
    }
}

/// Papers of the Government Office in a directory, issued by the CA in another where there are none.
///
/// # Errors
/// [`AxisError`].
pub fn office_papers(pki: &Path, own: &Path, clock: &Clock) -> Result<(), AxisError> {
    let organ = OrganId::government_office();
    if !own.join("ca.pem").exists() {
        let known = Directory::of_2019().find(organ);
        let name = known.map_or_else(|| organ.to_string(), |agency| agency.name.clone());
        let day = jiff::SignedDuration::from_hours(24);
        let not_before = clock.now() - day;
        let validity = Validity {
            not_before,
            not_after: not_before + day * PAPERS_DAYS,
        };
        Pki::open(pki)?.issue(organ, &name, KeyKind::EcdsaP256, validity, own)?;
    }
    Ok(())
}

/// The Government Office's participant.
fn office(directory: &Path, address: SocketAddr, clock: &Clock) -> Result<Participant, AxisError> {
    let identity = Identity::read(directory)?;
    let (certificates, key) = &identity.connection;
    let connection = Connection::new(
        &format!("https://{address}"),
        &identity.anchors,
        Some((certificates, key)),
        clock,
    )?;
    Ok(Participant::start(node::Parts {
        organ: OrganId::government_office(),
        identity: Arc::new(identity),
        connection,
        habits: Habits::prompt(),
        clock: clock.clone(),
        signing: Arc::new(Semaphore::new(1)),
        cabinet: None,
    }))
}
