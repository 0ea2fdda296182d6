//! The console under those who want it to fail: by clients of bytes, not by ours.

use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use docaxis::web;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

use crate::console::TOKEN;
use crate::console::ask;
use crate::console::get;
use crate::console::parts;
use crate::console::post;
use crate::console::started;
use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VPCP;
use crate::support::document;
use crate::support::eventually;
use crate::support::start;

/// More than there are places.
const MANY: usize = 640;

/// Long after which somebody is told, rather than a test that never ends.
const DEADLINE: Duration = Duration::from_secs(20);

/// Both ends of many connections are in this process.
fn take_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, most).unwrap();
}

/// A connection that says something and reads nothing.
fn says(to: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    // It may have had to make room already.
    let _ = stream.write_all(text);
    stream
}

/// Whether the other side ended a connection.
fn is_over(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let mut some = [0; 4096];
    loop {
        match stream.read(&mut some) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

fn request(at: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {at}\r\n\r\n")
}

fn assert_probed(at: SocketAddr, meanwhile: &str) {
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(at, path).status, 200, "{path} while {meanwhile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_documents_are_answered_whoever_holds_the_places() {
    take_open_files();
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let console = started(parts(&axis));
    let at = console.address();
    let heavy = request(at, "/agencies").repeat(100);
    let events = request(at, "/events");
    let floods: [(&str, &str); 6] = [
        ("nothing is said", ""),
        (
            "half a request is said",
            "GET /healthz HTTP/1.1\r\nhost: h\r\nx: ",
        ),
        (
            "half a form is said",
            "POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\ntoken=",
        ),
        ("events are not read", events.as_str()),
        ("pages are asked for in a row and not read", heavy.as_str()),
        (
            "wrong hosts are asked for",
            "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        ),
    ];
    let mut held = Vec::new();
    for (number, (name, said)) in (1u32..).zip(floods) {
        held.extend((0..MANY).map(|_| says(at, said.as_bytes())));
        assert_probed(at, name);
        let signed = document(number, HANOI, &[VPCP]).signed_by(&hanoi, start());
        hanoi.submit(signed).await.unwrap();
        // Everybody at once would be more files than some systems give.
        held.drain(..held.len() - MANY / 4);
    }
    drop(held);
    assert_probed(at, "nobody is left");
    eventually("pages are written again", || async {
        get(at, "/agencies").status == 200
    })
    .await;
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_events_have_half_of_the_places_and_the_oldest_goes() {
    take_open_files();
    let axis = Axis::start().await;
    let console = started(parts(&axis));
    let at = console.address();
    let events = request(at, "/events");
    let listening: Vec<_> = (0..400).map(|_| says(at, events.as_bytes())).collect();
    eventually("the first hundred made room for the last", || async {
        listening.iter().filter(|stream| is_over(stream)).count() == 100
    })
    .await;
    // Whoever is told to go comes back, and is served.
    let mut again = says(at, events.as_bytes());
    let mut head = [0; 15];
    again.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    console.stop();
    axis.stop().await;
}

fn form_code(at: SocketAddr, session: &str) -> Option<String> {
    let page = ask(at, "GET", "/health", &[("cookie", session)], "");
    let code = page.body.split("name=\"form_code\" value=\"").nth(1)?;
    Some(code.split('"').next()?.to_owned())
}

fn sign_in(at: SocketAddr) -> String {
    let answer = post(at, "/sign-in", &[], &format!("token={TOKEN}"));
    assert_eq!(answer.status, 303);
    let cookie = &answer.headers["set-cookie"];
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_signed_out_and_with_the_process() {
    let axis = Axis::start().await;
    let console = started(parts(&axis));
    let at = console.address();
    let (one, other) = (sign_in(at), sign_in(at));
    assert_ne!(one, other, "a session cannot be had from the token");
    let (code, code_of_other) = (form_code(at, &one).unwrap(), form_code(at, &other).unwrap());
    let press = |session: &str, code: &str, path: &str| {
        let form = format!("organ={PHU_THO}&form_code={code}");
        post(at, path, &[("cookie", session)], &form).status
    };
    // Here nobody can join, so a press that is taken finds nothing.
    assert_eq!(press(&one, &code, "/procedure/begin"), 404);
    assert_eq!(press(&one, &code_of_other, "/procedure/begin"), 403);
    assert_eq!(press(&one, "", "/procedure/begin"), 403);
    assert_eq!(press(&one, &code, "/sign-out"), 303);
    assert_eq!(press(&one, &code, "/procedure/begin"), 403);
    assert!(form_code(at, &one).is_none());
    assert_eq!(press(&other, &code_of_other, "/procedure/begin"), 404);
    console.stop();

    // The same token, another process.
    let console = started(parts(&axis));
    assert!(form_code(console.address(), &other).is_none());
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_signs_in_while_others_guess() {
    let axis = Axis::start().await;
    let console = started(parts(&axis));
    let at = console.address();
    let failures = move || -> u64 {
        let metrics = get(at, "/metrics").body;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("docaxis_sign_in_failures_total "));
        line.unwrap().parse().unwrap()
    };
    assert_eq!(failures(), 0);
    let goes_on = Arc::new(AtomicBool::new(true));
    let guessers: Vec<_> = (0..16)
        .map(|guesser| {
            let goes_on = Arc::clone(&goes_on);
            std::thread::spawn(move || {
                let form = format!("token=guess-number-{guesser:08}");
                let head = format!(
                    "POST /sign-in HTTP/1.1\r\nhost: {at}\r\ncontent-length: {}\r\n\
                     content-type: application/x-www-form-urlencoded\r\n\r\n",
                    form.len()
                );
                // As fast as it goes, on a connection of its own each time, with its end.
                while goes_on.load(Ordering::Relaxed) {
                    let mut stream = says(at, format!("{head}{form}").as_bytes());
                    let mut some = [0; 64];
                    let _ = stream.read(&mut some);
                }
            })
        })
        .collect();
    eventually("guesses are counted", || async { failures() >= 10 }).await;
    let session = sign_in(at);
    assert!(form_code(at, &session).is_some());
    goes_on.store(false, Ordering::Relaxed);
    console.stop();
    for guesser in guessers {
        // Ends when it finds nobody.
        let _ = guesser.join();
    }
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_is_refused_whatever_it_names() {
    let axis = Axis::start().await;
    let console = started(parts(&axis));
    let at = console.address();
    let form = format!("token={TOKEN}");
    let status = |headers: &[(&str, &str)]| post(at, "/sign-in", headers, &form).status;
    let own = format!("http://{at}");
    assert_eq!(status(&[("origin", own.as_str())]), 303);
    for foreign in [
        format!("https://{at}"),
        format!("http://{}", at.ip()),
        format!("http://evil.example@{at}"),
        "null".to_owned(),
    ] {
        assert_eq!(status(&[("origin", foreign.as_str())]), 403, "{foreign}");
    }
    assert_eq!(status(&[("origin", own.as_str()), ("origin", "null")]), 403);
    // A request is for one host.
    let here = at.to_string();
    let twice = [("host", here.as_str()), ("host", "evil.example")];
    assert_eq!(ask(at, "GET", "/", &twice, "").status, 421);
    assert_eq!(get(at, "http://evil.example/").status, 421);
    // A probe has a name of its own.
    let probe = [("host", "hub.example:8080")];
    assert_eq!(ask(at, "GET", "/healthz", &probe, "").status, 200);
    assert_eq!(ask(at, "GET", "/metrics", &probe, "").status, 421);
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_traps_is_shown_and_the_console_ends() {
    let axis = Axis::start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let fifo = rustix::fs::FileType::Fifo;
    for name in ["x.json", "x.html"] {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, path.join(name), fifo, mode, 0).unwrap();
    }
    std::fs::write(path.join("passwd.json"), "{\"docs_per_s\": 1.0}").unwrap();
    symlink("/etc/passwd", path.join("passwd.html")).unwrap();
    let large = std::fs::File::create(path.join("large.json")).unwrap();
    large.set_len(9 * 1024 * 1024).unwrap();
    let console = started(web::Parts {
        reports: Some(path.to_path_buf()),
        ..parts(&axis)
    });
    let at = console.address();
    for _ in 0..12 {
        let page = get(at, "/load");
        assert_eq!(page.status, 200);
        assert!(page.body.contains(">passwd<") && page.body.contains("large.json"));
        for name in ["x", "passwd", "large", "..%2Fpasswd"] {
            let report = get(at, &format!("/load/report/{name}"));
            assert_eq!(report.status, 404, "{name}");
            assert!(!report.body.contains("root:"));
        }
    }
    console.stop();
    axis.stop().await;
}

#[test]
fn a_service_prints_no_token() {
    let directory = tempfile::tempdir().unwrap();
    let demo = std::process::Command::new(env!("CARGO_BIN_EXE_docaxis"))
        .args(["demo", "--documents", "200", "--web", "127.0.0.1:0"])
        .arg("--data")
        .arg(directory.path().join("data"))
        .output()
        .unwrap();
    assert!(demo.status.success());
    let path = directory.path().join("data/console.token");
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let token = std::fs::read_to_string(&path).unwrap();
    assert_eq!(token.trim().len(), 32);
    let told = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(
        told.contains(&format!("token in {}", path.display())),
        "{told}"
    );
    for said in [demo.stdout, demo.stderr] {
        assert!(!String::from_utf8_lossy(&said).contains(token.trim()));
    }
}
