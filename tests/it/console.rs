//! The console: what anybody may read, what only the operator may do, and every page as people see it
//! in a browser.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use docaxis::web;
use docaxis::web::Console;
use docaxis::web::Token;
use serde_json::Value;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VPCP;
use crate::support::browser::Browser;
use crate::support::document;
use crate::support::start;

pub(crate) const TOKEN: &str = "a-token-of-the-tests";

/// Every page a reader can open without pressing anything.
const PAGES: [&str; 10] = [
    "/",
    "/agencies",
    "/agency?organ=000.00.00.H26",
    "/inspection",
    "/inspection?organ=000.00.00.H62",
    "/pairs",
    "/document",
    "/procedure",
    "/load",
    "/health",
];

/// An answer: status, headers by lower-case name, body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// One request over a connection of its own.
pub(crate) fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(to).unwrap();
    let host = ("host", to.to_string());
    let has_host = headers.iter().any(|(name, _)| *name == "host");
    let given = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let length = ("content-length", body.len().to_string());
    let close = ("connection", "close".to_owned());
    let lines: Vec<String> = given
        .chain([close, length])
        .chain((!has_host).then_some(host))
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!("{method} {path} HTTP/1.1\r\n{}\r\n{body}", lines.concat());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_owned())
    });
    Answer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: body.to_owned(),
    }
}

pub(crate) fn get(from: SocketAddr, path: &str) -> Answer {
    ask(from, "GET", path, &[], "")
}

/// Sends a form.
pub(crate) fn post(to: SocketAddr, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    ask(to, "POST", path, &all, form)
}

fn token() -> Token {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), TOKEN).unwrap();
    Token::read(file.path()).unwrap()
}

pub(crate) fn parts(axis: &Axis) -> web::Parts {
    web::Parts {
        hub: axis.hub.clone(),
        anchors: axis.authority.anchors_pem(),
        token: token(),
        stage: None,
        replay: web::Replay::default(),
        reports: None,
        origin: None,
    }
}

pub(crate) fn started(parts: web::Parts) -> Console {
    Console::start(([127, 0, 0, 1], 0).into(), parts).unwrap()
}

/// A console of a hub in this process, on a free port.
fn console(axis: &Axis) -> Console {
    started(parts(axis))
}

/// An axis on which a few documents went around, one refused, one with a script for a subject.
async fn busy_axis() -> Axis {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let phu_tho = axis.party(PHU_THO);
    for number in 1..=3 {
        let writing = document(number, HANOI, &[PHU_THO, VPCP]);
        let signed = writing.signed_by(&hanoi, start());
        hanoi.submit(signed).await.unwrap();
    }
    let mut writing = document(4, HANOI, &[PHU_THO]);
    writing.header.subject = "<script>document.title='taken'</script> & \"báo cáo\"".to_owned();
    hanoi.submit(writing.unsigned()).await.unwrap();
    let mut other = document(4, HANOI, &[PHU_THO]).unsigned();
    other.signature = vec![1, 2, 3].into();
    hanoi.submit(other).await.unwrap_err();
    phu_tho.acknowledge(&[1, 2]).await;
    axis
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_reads_only_the_operator_acts() {
    let axis = busy_axis().await;
    let console = console(&axis);
    let at = console.address();

    let page = get(at, "/");
    assert_eq!(page.status, 200);
    let policy = &page.headers["content-security-policy"];
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert!(!page.body.contains(" style=") && !page.body.contains("<script>"));

    // A page elsewhere that gives our address a name of its own reads nothing.
    let elsewhere = ask(at, "GET", "/", &[("host", "evil.example:80")], "");
    assert_eq!(elsewhere.status, 421);
    assert!(!elsewhere.body.contains("docaxis"));

    // Whoever is not signed in may press nothing.
    let refused = post(at, "/procedure/begin", &[], "organ=000.00.00.H62");
    assert_eq!(refused.status, 403);
    // Who signs in then comes back to the page the form stands on: a press cannot be asked for again.
    assert!(refused.body.contains("/sign-in?back=%2Fprocedure\""));
    assert_eq!(get(at, "/procedure/begin").status, 405);
    assert_eq!(post(at, "/sign-in", &[], "token=guess").status, 403);

    let signed_in = post(
        at,
        "/sign-in",
        &[],
        &format!("token={TOKEN}&back=//evil.example"),
    );
    assert_eq!(signed_in.status, 303);
    assert_eq!(signed_in.headers["location"], "/");
    let cookie = signed_in.headers["set-cookie"].clone();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert!(!cookie.contains(TOKEN), "the token itself leaves no trace");
    let session = cookie.split(';').next().unwrap();

    // Signed in, and still a form must be one of ours and come from here.
    let press = |headers: &[(&str, &str)], form: &str| {
        let mut all = vec![("cookie", session)];
        all.extend_from_slice(headers);
        post(at, "/procedure/begin", &all, form).status
    };
    assert_eq!(press(&[], "organ=000.00.00.H62&form_code=guess"), 403);
    let page = ask(at, "GET", "/health", &[("cookie", session)], "");
    let code = page
        .body
        .split("name=\"form_code\" value=\"")
        .nth(1)
        .unwrap();
    let form = format!(
        "organ=000.00.00.H62&form_code={}",
        code.split('"').next().unwrap()
    );
    let foreign = ("origin", "http://evil.example");
    assert_eq!(press(&[foreign], &form), 403);
    assert_eq!(press(&[("sec-fetch-site", "cross-site")], &form), 403);
    // Here no CA can be reached, so nobody can join: the press itself is taken.
    assert_eq!(press(&[], &form), 404);

    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_operator_signs_in() {
    let axis = Axis::start().await;
    let console = started(web::Parts {
        origin: Some("https://console.example".parse().unwrap()),
        ..parts(&axis)
    });
    let at = console.address();
    let form = format!("token={TOKEN}");
    let origin = ("origin", "https://console.example");
    // Whether the proxy keeps the host or writes its own.
    for host in ["console.example", "127.0.0.1"] {
        let answer = post(at, "/sign-in", &[("host", host), origin], &form);
        assert_eq!(answer.status, 303, "{host}");
        assert!(answer.headers["set-cookie"].ends_with("; Secure"));
    }
    let foreign = ("origin", "https://evil.example");
    assert_eq!(post(at, "/sign-in", &[foreign], &form).status, 403);
    assert_eq!(
        ask(at, "GET", "/", &[("host", "evil.example")], "").status,
        421
    );
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_can_hold_the_figures_still() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let axis = busy_axis().await;
    let console = console(&axis);
    browser.set_cookie("language", "en");
    browser.visit(&format!("http://{}/", console.address()));
    browser.wait_until("the figures", || number(&browser, "sent") == 4);
    browser.click("#pause");
    assert_eq!(browser.text("#pulse"), "paused");
    let hanoi = axis.party(HANOI);
    let signed = document(5, HANOI, &[VPCP]).signed_by(&hanoi, start());
    hanoi.submit(signed).await.unwrap();
    browser.wait_until("the console saw another document", || {
        get(console.address(), "/")
            .body
            .contains("data-number=\"sent\">5<")
    });
    assert_eq!(number(&browser, "sent"), 4);
    browser.click("#pause");
    browser.wait_until("the figures move again", || number(&browser, "sent") == 5);
    assert!(browser.console_errors().is_empty());
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_opened_stays_open_and_keeps_the_keyboard() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let axis = busy_axis().await;
    let console = console(&axis);
    browser.visit(&format!("http://{}/", console.address()));
    let refusal = "#refusal-SIGNATURE_INVALID";
    browser.wait_until("the refusal", || browser.texts(refusal).len() == 1);
    browser.click(refusal);
    let element = format!("document.querySelector('{refusal}')");
    let marked = format!("{element}.mark");
    assert_eq!(browser.eval(&format!("{marked} = 'old'")), "old");
    browser.wait_until("the part of the page is put again", || {
        browser.eval(&format!("{marked} ?? 'new'")) == "new"
    });
    let held = browser.eval(&format!("document.activeElement === {element}"));
    let open = browser.eval(&format!("{element}.parentElement.open"));
    assert_eq!((held, open), (Value::Bool(true), Value::Bool(true)));
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_programs_says_what_the_hub_counted() {
    let axis = busy_axis().await;
    let console = console(&axis);
    let at = console.address();
    assert_eq!(get(at, "/healthz").body, "ok\n");
    assert_eq!(get(at, "/readyz").status, 200);
    let metrics = get(at, "/metrics");
    assert!(metrics.headers["content-type"].starts_with("application/openmetrics-text"));
    assert!(
        metrics
            .body
            .contains("docaxis_documents_total{outcome=\"accepted_full\"} 3")
    );

    // The first look at the hub may be of before the documents.
    let sheet = |of: &str| -> Value {
        let all: Value = serde_json::from_str(&get(at, "/inspection.json").body).unwrap();
        let agencies = all["agencies"].as_array().unwrap();
        let found = agencies.iter().find(|agency| agency["organ"] == of);
        found.cloned().unwrap_or_default()
    };
    crate::support::eventually("the console looked", || async {
        sheet(HANOI)["sent_in_time"]["of"] == 4
    })
    .await;
    let hanoi = sheet(HANOI);
    assert_eq!(
        hanoi["signed_to_government_office"],
        serde_json::json!({"count": 3, "of": 3})
    );
    assert_eq!(hanoi["sent_in_time"]["count"], 4);
    assert_eq!(hanoi["refusals"]["SIGNATURE_INVALID"], 1);
    assert_eq!(sheet(PHU_THO)["receipt_same_day"]["of"], 2);
    let csv = get(at, "/inspection.csv").body;
    assert!(csv.starts_with("\u{feff}rank,organ,name,signed_to_government_office"));
    assert!(csv.contains("1,\"000.00.00.H26\",\"Ủy ban nhân dân thành phố Hà Nội\",3,3,4,4"));

    for (path, status) in [
        ("/agency?organ=nonsense", 400),
        ("/agency?organ=000.00.00.Z99", 404),
        ("/document?id=nonsense", 400),
        (
            "/document?id=000.00.00.H26%2C2019%2F06%2F03%2C999%2FVB-TN",
            404,
        ),
        ("/load/report/..%2f..%2fetc%2fpasswd", 404),
        ("/nowhere", 404),
        ("/agencies?sort=nonsense", 400),
        ("/agency?organ=1&organ=2", 400),
    ] {
        let answer = get(at, path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains("<h1>"), "{path}");
    }
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_reads_well_in_both_languages_at_every_width() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let axis = busy_axis().await;
    let reports = tempfile::tempdir().unwrap();
    let report = serde_json::json!({
        "scenario": "peak", "docs_per_s": 8000.5, "latency_ms": {"p99": 12.5}, "lost": 0,
        "ledger": {"balanced": true},
    });
    std::fs::write(reports.path().join("run.json"), report.to_string()).unwrap();
    std::fs::write(
        reports.path().join("run.html"),
        "<title>run</title><h1>run</h1>",
    )
    .unwrap();
    let rates = serde_json::json!({
        "waterfall": [{"backend": "aws-lc", "step": "digest", "docs_per_s": 90000.0}],
        "poisoned": [{"algorithm": "rsa2048", "backend": "avx512", "bad_share": 0.01, "ratio_valid": 0.99}],
    });
    std::fs::write(reports.path().join("rates.json"), rates.to_string()).unwrap();
    let console = started(web::Parts {
        reports: Some(reports.path().to_path_buf()),
        ..parts(&axis)
    });
    let host = console.address().to_string();
    let shots = std::env::var_os("DOCAXIS_SCREENSHOTS").map(std::path::PathBuf::from);
    let mut faults = Vec::new();
    for language in ["en", "vi"] {
        browser.set_cookie("language", language);
        for (width, dark) in [(1920, false), (1280, true), (390, false), (390, true)] {
            browser.resize(width, 900);
            browser.prefers_dark(dark);
            for page in PAGES {
                browser.visit(&format!("http://{host}{page}"));
                let case = format!("{page} {language} {width} dark={dark}");
                assert_eq!(browser.attribute("html", "lang").as_deref(), Some(language));
                let found = browser.accessibility_faults();
                faults.extend(found.into_iter().map(|fault| format!("{case}: {fault}")));
                if let Some(directory) = &shots {
                    let name = case.replace(['/', '?', '=', ' '], "-");
                    browser.screenshot(&directory.join(format!("{name}.png")));
                }
            }
        }
    }
    let errors = browser.console_errors();
    let foreign = browser.foreign_requests(&host);
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(foreign.is_empty(), "{foreign:#?}");

    // No text of one language stands on a page of the other.
    browser.visit(&format!("http://{host}/load"));
    assert!(browser.text("main").contains("Các lần chạy trước"));
    assert!(!browser.text("main").contains("Past runs"));
    browser.click("main table a");
    assert_eq!(browser.text("h1"), "run");
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_found_from_the_table_and_its_subject_is_only_text() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let axis = busy_axis().await;
    let console = console(&axis);
    let host = console.address().to_string();
    browser.set_cookie("language", "en");
    browser.visit(&format!("http://{host}/document"));
    // The newest is the one with a script for a subject.
    browser.click("tbody a");
    let subject = browser.text(".subject");
    assert_eq!(
        subject,
        "<script>document.title='taken'</script> & \"báo cáo\""
    );
    assert_ne!(browser.eval("document.title"), "taken");
    assert!(browser.text(".badge").contains("reference only"));

    browser.fill("#id", "000.00.00.H26,2019/06/03,1/VB-TN");
    browser.click("form.search button");
    browser.wait_until("the signed document", || {
        browser.text("main").contains("full legal value")
    });
    assert!(browser.texts(".badge").contains(&"PASSED".to_owned()));
    assert!(browser.text("pre").contains("Signature 2: PASSED"));
    let recipients = browser.texts("tbody tr td:first-child");
    assert_eq!(recipients, ["Phú Thọ", "VPCP"]);
    assert!(
        browser
            .texts("svg text")
            .iter()
            .any(|text| text.contains("Receipt 1, FULL"))
    );

    // Agencies: searched, and the least signed first by one click.
    browser.visit(&format!("http://{host}/agencies"));
    browser.wait_until("the figures", || {
        browser.visit(&format!("http://{host}/agencies?q=H26"));
        browser
            .texts("tbody td.n")
            .first()
            .is_some_and(|sent| sent == "4")
    });
    assert_eq!(browser.texts("tbody tr").len(), 1);
    browser.visit(&format!("http://{host}/agencies"));
    browser.click("th:nth-child(7) a");
    assert_eq!(
        browser.attribute("th:nth-child(7)", "aria-sort").as_deref(),
        Some("ascending")
    );
    assert_eq!(browser.text("tbody tr td:nth-child(2)"), "Hà Nội");
    assert!(browser.console_errors().is_empty());
    console.stop();
    axis.stop().await;
}

/// `docaxis demo` with its console, in a directory of its own.
struct Demo {
    process: Child,
    console: String,
    directory: tempfile::TempDir,
    said: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Asked to end, it takes its temporary data along.
        let id = self.process.id().to_string();
        if !Command::new("kill")
            .arg(id)
            .status()
            .is_ok_and(|sent| sent.success())
        {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl Demo {
    /// Until it says where its console is.
    fn start(documents: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), TOKEN).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_docaxis"))
            .args([
                "demo",
                "--keep-serving",
                "--json",
                "report.json",
                "--lang",
                "en",
            ])
            .args(["--web", "127.0.0.1:0", "--web-token", "token"])
            .args(["--documents", &documents.to_string()])
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let console = said.find_map(|line| {
            let line = line.unwrap();
            Some(line.strip_prefix("console ")?.to_owned())
        });
        Self {
            process,
            console: console.expect("the demonstration says where its console is"),
            directory,
            said,
        }
    }

    /// Until the report is there.
    fn report(&mut self) -> Value {
        let ended = self
            .said
            .find(|line| line.as_ref().unwrap().contains("hub https://"));
        assert!(ended.is_some(), "the demonstration ended without a report");
        let json = std::fs::read(self.directory.path().join("report.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }
}

/// A number as the page writes it.
fn number(browser: &Browser, name: &str) -> u64 {
    let text = browser.text(&format!("[data-number={name}]"));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn live_numbers_move_and_end_equal_to_the_report() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut demo = Demo::start(1500);
    browser.set_cookie("language", "en");
    browser.visit(&demo.console);
    browser.wait_until("documents are sent", || number(&browser, "sent") > 0);
    let first = number(&browser, "sent");
    browser.wait_until("the number moves", || number(&browser, "sent") > first);
    let moving = "document.querySelectorAll('.axis .moves').length";
    browser.wait_until("something flows", || browser.eval(moving) != 0);
    let report = demo.report();
    for name in ["sent", "received"] {
        browser.wait_until(name, || report[name] == number(&browser, name));
    }
    let refused = report["refused"].as_object().unwrap();
    let refused: u64 = refused.values().filter_map(Value::as_u64).sum();
    assert_eq!(number(&browser, "refused"), refused);
    assert_eq!(number(&browser, "pending"), 0);
    assert_eq!(browser.text("[data-flag=balanced]"), "balanced");
    assert_eq!(browser.text("[data-percent=replayed]"), "100.0\u{a0}%");
    // The figures of the period stand beside the counted ones.
    assert!(
        browser
            .text(".replay")
            .contains("86\u{a0}000 documents sent")
    );
    assert!(browser.console_errors().is_empty());
}

#[test]
fn a_locality_joins_by_clicks() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut demo = Demo::start(200);
    // The presenter has the machine for itself.
    demo.report();
    browser.set_cookie("language", "vi");
    browser.visit(&format!("{}/procedure", demo.console));
    assert!(
        browser.texts("#board button").is_empty(),
        "a reader presses nothing"
    );
    browser.click(".notice a");
    browser.fill("#token", TOKEN);
    browser.click("main form button");
    browser.wait_until("signed in", || {
        browser.text("main").contains("Địa phương kết nối")
    });
    browser.click("main form button");
    browser.wait_until("begun", || browser.texts("#next").len() == 1);

    // Too early: the hub refuses, and the page says why and what to do.
    browser.click("li.later:last-of-type summary");
    browser.click("li.later:last-of-type button");
    browser.wait_until("refused", || browser.texts(".refusal code").len() == 1);
    assert_eq!(browser.text(".refusal code"), "APPLICATION_UNKNOWN");
    assert!(browser.text(".refusal").contains("Cần làm gì:"));

    for step in 1..=8 {
        let button = format!("{step}.");
        browser.wait_until(&format!("step {step} is next"), || {
            browser
                .texts("#next")
                .first()
                .is_some_and(|text| text.contains(&button))
        });
        browser.click("#next");
        // The sixth and the seventh take seconds.
        for _ in 0..6 {
            let done = || browser.texts("li.done").len() == step;
            let in_time = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                browser.wait_until("done", done);
            }));
            if in_time.is_ok() {
                break;
            }
        }
        assert_eq!(
            browser.texts("li.done").len(),
            step,
            "{}",
            browser.text("#board")
        );
    }
    assert!(
        browser
            .text(".standing")
            .contains("Địa phương đã kết nối vào Trục.")
    );
    assert_eq!(browser.texts(".verdicts li.good").len(), 27);
    assert!(browser.texts(".verdicts li.bad").is_empty());
    assert!(browser.texts(".fly svg g").len() > 30);
    assert!(
        browser
            .text(".beside")
            .contains("Hiện nay so với tự động hóa")
    );
    let fetched = browser.eval(
        "(() => { const ask = new XMLHttpRequest(); ask.open('GET', '/procedure/certificate', false); \
         ask.send(); return ask.responseText.slice(0, 5); })()",
    );
    assert_eq!(fetched, "%PDF-");
    let faults = browser.accessibility_faults();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(browser.console_errors().is_empty());
}
