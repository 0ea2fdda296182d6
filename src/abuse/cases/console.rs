//! The console: readers that never read, requests that never end, pages that are dear.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;

use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::dial::Counted;
use crate::abuse::dial::Dial;
use crate::abuse::floods::Held;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;

/// More than a console has places for.
const READERS: usize = 700;

/// Reports beside the console, and their size: what it looks at, a little below what it reads.
const REPORTS: usize = 50;
const REPORT_BYTES: usize = 7_500_000;

/// Time between two bytes of a request that never ends.
const TRICKLE_EVERY: Duration = Duration::from_millis(250);

pub(super) fn cases() -> Vec<Case> {
    let cases = vec![
        Case::new(
            "console-events",
            "R16",
            "700 readers of /events that never read",
            events,
        ),
        Case::new(
            "console-half-requests",
            "R16",
            "700 requests to the console that come a byte every 250 ms",
            half_requests,
        ),
        Case::new(
            "console-load-page",
            "R16",
            "the page of 50 reports of 7.5 MB, 8 at once",
            |ground| pages(ground, "/load", 8),
        ),
        Case::new(
            "console-pages",
            "R16",
            "the page of all pairs, 32 at once",
            |ground| pages(ground, "/pairs", 32),
        ),
        Case::new(
            "console-tokens",
            "R23",
            "guesses at the token, 16 at once",
            guesses,
        ),
    ];
    cases.into_iter().map(Case::with_console).collect()
}

/// Makes the reports of [`REPORTS`], where they are not there yet. Blocking.
///
/// # Errors
/// The disk's.
pub(in crate::abuse) fn make_reports(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut text = String::from("{\"scenario\":\"abuse\",\"docs_per_s\":1.0,\"seconds\":[0");
    while text.len() < REPORT_BYTES {
        // Writing to a String does not fail.
        let _ = write!(text, ",{}", text.len());
    }
    text.push_str("]}");
    for number in 0..REPORTS {
        let path = directory.join(format!("report-{number:02}.json"));
        if !path.exists() {
            fs::write(path, &text)?;
        }
    }
    Ok(())
}

fn console(ground: &Ground) -> Result<Dial, String> {
    ground
        .console
        .clone()
        .ok_or_else(|| "there is no console".to_owned())
}

fn request(dial: &Dial, method: &str, path: &str, further: &str) -> Vec<u8> {
    let host = dial.address;
    format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n{further}").into_bytes()
}

/// Reads until the end; whether an answer began well.
async fn read_answer(socket: &mut Counted) -> bool {
    let mut buffer = vec![0; 64 * 1024];
    let mut first = None;
    while let Ok(read) = socket.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        first.get_or_insert_with(|| buffer[..read.min(12)].to_vec());
    }
    first.is_some_and(|first| first.ends_with(b" 200"))
}

async fn events(ground: Ground) -> Result<(), String> {
    let dial = console(&ground)?;
    hold(&ground, READERS, move |_| {
        let dial = dial.clone();
        Box::pin(async move {
            let mut socket = dial.tcp().await?;
            let asked = request(&dial, "GET", "/events", "accept: text/event-stream\r\n\r\n");
            dial.tally.connected();
            let held = async move {
                let mut written = socket.write_all(&asked).await;
                dial.tally.called(1);
                // Whether it is still there is asked with bytes of a second request: reading is what is
                // not done.
                while written.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    written = socket.write_all(b"\r\n").await;
                }
                dial.tally.refused("closed");
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

async fn half_requests(ground: Ground) -> Result<(), String> {
    let dial = console(&ground)?;
    hold(&ground, READERS, move |_| {
        let dial = dial.clone();
        Box::pin(async move {
            let mut socket = dial.tcp().await?;
            dial.tally.connected();
            let begun = request(&dial, "GET", "/", "x: ");
            let held = async move {
                let mut written = socket.write_all(&begun).await;
                dial.tally.called(1);
                while written.is_ok() {
                    tokio::time::sleep(TRICKLE_EVERY).await;
                    written = socket.write_all(b"y").await;
                }
                dial.tally.refused("closed");
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

async fn pages(ground: Ground, path: &'static str, at_once: usize) -> Result<(), String> {
    let dial = console(&ground)?;
    let asked = request(&dial, "GET", path, "connection: close\r\n\r\n");
    requests(&ground, dial, asked, at_once).await;
    Ok(())
}

async fn guesses(ground: Ground) -> Result<(), String> {
    let dial = console(&ground)?;
    let form = "token=0123456789abcdef0123456789abcdef";
    let further = format!(
        "connection: close\r\norigin: http://{}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        dial.address,
        form.len()
    );
    let asked = request(&dial, "POST", "/sign-in", &further);
    requests(&ground, dial, asked, 16).await;
    Ok(())
}

/// One request after the other, each on a connection of its own; for good.
async fn requests(ground: &Ground, dial: Dial, asked: Vec<u8>, at_once: usize) {
    ground.ready().await;
    let asked = Arc::new(asked);
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (dial, asked) = (dial.clone(), Arc::clone(&asked));
        tasks.spawn(async move {
            loop {
                let Some(mut socket) = dial.tcp().await else {
                    pause().await;
                    continue;
                };
                dial.tally.connected();
                dial.tally.called(1);
                let answered = socket.write_all(&asked).await.is_ok();
                if answered && read_answer(&mut socket).await {
                    dial.tally.served();
                } else {
                    dial.tally.refused("not 200");
                }
            }
        });
    }
    tasks.join_all().await;
}
