//! kill -9 of a hub in the middle of a run, again and again: nothing acknowledged is lost, nothing
//! reaches an application twice, and the journal verifies.
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only, not in what they share"
)]

use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use docaxis::clock::Clock;
use docaxis::model::BusinessType;
use docaxis::model::DocumentCode;
use docaxis::model::DocumentHeader;
use docaxis::model::DocumentId;
use docaxis::model::OrganId;
use docaxis::model::Priority;
use docaxis::model::Recipients;
use docaxis::model::Secrecy;
use docaxis::model::Signer;
use docaxis::model::calendar;
use docaxis::node;
use docaxis::node::Connection;
use docaxis::node::Delay;
use docaxis::node::Draft;
use docaxis::node::Habits;
use docaxis::node::Identity;
use docaxis::node::Outcome;
use docaxis::node::Participant;
use docaxis::node::Signing;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");
const ORGANS: [&str; 3] = ["000.00.00.H26", "000.00.00.H44", "000.00.00.H62"];
const DOCUMENTS: u32 = 900;
const KILLS: u32 = 6;

/// A hub process, killed when dropped.
struct Hub {
    process: Child,
}

impl Hub {
    fn start(directory: &Path, port: u16) -> Self {
        let ready = directory.join("ready");
        let _ = std::fs::remove_file(&ready);
        let process = Command::new(PROGRAM)
            .args(["hub", "--data"])
            .arg(directory.join("data"))
            .arg("--pki")
            .arg(directory.join("pki"))
            .args(["--listen", &format!("127.0.0.1:{port}"), "--ready-file"])
            .arg(&ready)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(arguments: &[&str], directory: &Path) -> std::process::Output {
    let ran = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    ran
}

fn seed() -> u64 {
    std::env::var("DOCAXIS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(2019)
}

fn participant(directory: PathBuf, organ: &str, port: u16) -> Participant {
    let clock = Clock::system();
    let identity = Identity::read(&directory.join(organ)).unwrap();
    let (certificates, key) = &identity.connection;
    let connection = Connection::new(
        &format!("https://127.0.0.1:{port}"),
        &identity.anchors,
        Some((certificates, key)),
        &clock,
    )
    .unwrap();
    let at_once = Delay {
        least: 0,
        median: 0,
        most: 0,
    };
    Participant::start(node::Parts {
        organ: organ.parse().unwrap(),
        identity: Arc::new(identity),
        connection,
        habits: Habits {
            seed: seed(),
            accept: at_once,
            assign: at_once,
            process: at_once,
            finish: at_once,
            answer_change: at_once,
            rejected_share: 0.1,
            worked_on_share: 0.5,
            declined_share: 0.0,
            rejection_reasons: vec!["gửi nhầm".to_owned()],
            decline_reasons: Vec::new(),
        },
        clock,
        signing: Arc::new(tokio::sync::Semaphore::new(2)),
        cabinet: None,
    })
}

fn draft(number: u32, from: OrganId) -> Draft {
    let now = Clock::system().now();
    let date = calendar::local(now).date();
    let code = DocumentCode::new(&number.to_string(), "VB-TN").unwrap();
    let to = ORGANS
        .iter()
        .map(|organ| organ.parse().unwrap())
        .filter(|organ| *organ != from);
    Draft {
        header: DocumentHeader {
            document_id: DocumentId::new(from, date, code.clone()),
            from,
            to: Recipients::try_from(to.collect::<Vec<OrganId>>()).unwrap(),
            code,
            promulgation_date: date,
            document_type: "Công văn".to_owned(),
            subject: "V/v thử sự cố".to_owned(),
            signer: Signer::default(),
            priority: Priority::Normal,
            business_type: BusinessType::New,
            response_for: Vec::new(),
            due_date: None,
            secrecy: Secrecy::None,
            attachments: Vec::new(),
        },
        attachments: vec![("a.txt".to_owned(), "text/plain".to_owned(), vec![7; 4000])],
        signing: Signing::Both,
        at: now,
        mistake: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_hub_is_killed_again_and_again() {
    println!("DOCAXIS_SEED={}", seed());
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().to_owned();
    run(&["ca", "init", "--dir", "pki"], &directory);
    for organ in ORGANS {
        let issue = [
            "ca", "issue", "--dir", "pki", "--organ", organ, "--out", organ,
        ];
        run(&[&issue[..], &["--keys", "p256"]].concat(), &directory);
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut hub = Hub::start(&directory, port);
    let participants: Vec<Arc<Participant>> = ORGANS
        .iter()
        .map(|organ| Arc::new(participant(directory.clone(), organ, port)))
        .collect();
    let answered = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut sending = tokio::task::JoinSet::new();
    let places = Arc::new(tokio::sync::Semaphore::new(32));
    for number in 0..DOCUMENTS {
        let sender = Arc::clone(&participants[number as usize % ORGANS.len()]);
        let (places, answered) = (Arc::clone(&places), Arc::clone(&answered));
        sending.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let outcome = sender
                .send(draft(number + 1, sender.organ()), None)
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
            answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
    }
    // Each kill comes when a seed-chosen number of documents has been answered, under full load.
    let mut rng = Pcg64Mcg::seed_from_u64(seed());
    let mut moments: Vec<u32> = (0..KILLS)
        .map(|_| rng.random_range(1..DOCUMENTS - 50))
        .collect();
    moments.sort_unstable();
    for moment in moments {
        let mut look = tokio::time::interval(Duration::from_millis(2));
        let reached = async {
            while answered.load(std::sync::atomic::Ordering::Relaxed) < moment {
                look.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), reached)
            .await
            .expect("documents stall");
        hub.kill();
        hub = Hub::start(&directory, port);
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }
    let owed = u64::from(DOCUMENTS) * (ORGANS.len() as u64 - 1);
    let received = || -> u64 {
        let all = participants.iter();
        all.map(|p| p.account().counts().received.values().sum::<u64>())
            .sum()
    };
    let arrived = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while received() < owed {
            look.tick().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), arrived).await;
    assert!(
        in_time.is_ok(),
        "{} of {owed} deliveries arrived",
        received()
    );
    for participant in &participants {
        let counts = participant.account().counts();
        assert!(
            counts.delivered_twice.is_empty(),
            "{:?}",
            counts.delivered_twice
        );
        assert!(
            counts.disagreements.is_empty(),
            "{:?}",
            counts.disagreements
        );
        let accepted: u32 = counts.sent.len().try_into().unwrap();
        assert_eq!(accepted, DOCUMENTS / 3);
    }
    for participant in participants {
        Arc::into_inner(participant).unwrap().stop().await;
    }
    hub.kill();
    let verified = run(&["journal", "verify", "data"], &directory);
    println!("{}", String::from_utf8_lossy(&verified.stdout));
}
