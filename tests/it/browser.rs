//! The harness of the browser tests, tried on pages of its own: it finds what is planted, and no more.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::webdriver::living;

/// A page, or what belongs to one.
struct Served {
    kind: &'static str,
    policy: &'static str,
    body: &'static str,
}

const GOOD: Served = Served {
    kind: "text/html; charset=utf-8",
    policy: "default-src 'self'; style-src 'unsafe-inline'",
    body: r##"<!doctype html>
<html lang="vi">
<meta name="viewport" content="width=device-width">
<title>Trục liên thông</title>
<style>
    body { background: #fff; color: #222 }
    @media (prefers-color-scheme: dark) { body { background: oklch(0.2 0 0); color: #ddd } }
    .row { overflow-x: auto }
    .long { width: 3000px }
    .for-ears { position: absolute; width: 1px; height: 1px; overflow: hidden; color: #fefefe }
    .late { background: rgb(0 0 0 / 80%); color: #fff }
    #below { margin-top: 2000px }
</style>
<h1>Văn bản đến</h1>
<p hidden><img src="/dot.svg"></p>
<form><label>Số <input name="number" placeholder="12" value="7"></label>
<label for="organ">Cơ quan</label>
<select id="organ"><option value="H26">Hà Nội</option><option value="H44">Phú Thọ</option></select>
<button type="button" id="open" aria-label="Mở"><svg aria-hidden="true"></svg></button></form>
<ul><li>một</li><li>hai <span class="for-ears">ba</span></li></ul>
<div class="row"><div class="long">bảng</div></div>
<p class="late" id="state">đóng</p>
<a href="/cookies" id="onward"><img alt="Tiếp" src="/dot.svg"></a>
<p id="below">cuối</p>
<script src="/good.js"></script>
</html>"##,
};

/// Opens at the second frame after the click, so that a test must wait.
const SCRIPT: Served = Served {
    kind: "text/javascript",
    policy: "",
    body: "document.getElementById('open').addEventListener('click', () =>
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const number = document.querySelector('[name=number]').value;
            const organ = document.getElementById('organ').value;
            document.getElementById('state').textContent = `mở ${number} ${organ}`;
            document.getElementById('state').dataset.open = 'yes';
        })));",
};

const DOT: Served = Served {
    kind: "image/svg+xml",
    policy: "",
    body: "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><path d='M0 0h20v20z'/></svg>",
};

const FAULTY: Served = Served {
    kind: "text/html; charset=utf-8",
    policy: "script-src 'unsafe-inline'",
    body: r##"<!doctype html>
<title>Faulty</title>
<style>
    body { margin: 0; background: white }
    .faint { opacity: 0.5 }
    .large { font-size: 24px; color: #949494 }
    #wide { width: 1300px }
</style>
<h1>One</h1><h1>Two</h1>
<p id="twice">a</p><p id="twice">b</p>
<img class="pixel" src="http://elsewhere.invalid/pixel.png">
<button class="bare"><svg></svg></button>
<a href="/"></a>
<label><select name="choice"><option>text that is no label</option></select></label>
<input name="unlabelled" placeholder="no label either">
<p id="grey" style="color: #777">seven, seven, seven</p>
<p class="faint">black at half</p>
<p class="large">large text may be fainter</p>
<div style="background: #222"><div style="background: rgb(0 0 0 / 50%)"><b id="dark">dark</b></div></div>
<div id="wide">wide</div>
<script>throw new Error("planted");</script>
<script src="/good.js"></script>
"##,
};

/// Serves the pages on a port of its own while the test runs; the address, without a scheme.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // A browser opens connections it may never use: each has a thread.
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(socket));
        }
    });
    address
}

/// Answers one request; `/cookies` shows the cookies that came.
fn answer(mut socket: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(socket.try_clone()?).lines();
    let Some(request) = lines.next() else {
        return Ok(());
    };
    let headers: BTreeMap<String, String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect();
    let path = request?.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, kind, policy, body) = match path.as_str() {
        "/good" => page(GOOD),
        "/good.js" => page(SCRIPT),
        "/dot.svg" => page(DOT),
        "/faulty" => page(FAULTY),
        "/cookies" => {
            let cookies = headers.get("cookie").cloned().unwrap_or_default();
            ("200 OK", "text/plain", "", cookies)
        }
        _ => ("404 Not Found", "text/plain", "", String::new()),
    };
    let length = body.len();
    write!(
        socket,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Security-Policy: {policy}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn page(served: Served) -> (&'static str, &'static str, &'static str, String) {
    ("200 OK", served.kind, served.policy, served.body.to_owned())
}

const NONE: [&str; 0] = [];

#[test]
fn a_page_is_read_and_used_and_has_no_faults() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let host = serve();
    browser.visit(&format!("http://{host}/good"));
    assert_eq!(browser.text("h1"), "Văn bản đến");
    assert_eq!(browser.texts("title"), ["Trục liên thông"]);
    assert_eq!(browser.texts("li").len(), 2);
    assert_eq!(browser.texts("table"), NONE);
    assert_eq!(browser.attribute("html", "lang").as_deref(), Some("vi"));
    assert_eq!(browser.attribute("h1", "class"), None);
    assert_eq!(
        browser.eval("[1 + 1, navigator.language]"),
        json!([2, "en-US"])
    );

    browser.fill("[name=number]", "1234");
    browser.fill("#organ", "Phú");
    browser.click("#open");
    browser.wait_until("it opens", || browser.text("#state") != "đóng");
    assert_eq!(browser.text("#state"), "mở 1234 H44");
    assert_eq!(browser.text("[data-open=yes]"), "mở 1234 H44");

    assert_eq!(browser.accessibility_faults(), NONE);
    browser.resize(390, 844);
    browser.prefers_dark(true);
    assert_eq!(browser.accessibility_faults(), NONE);
    browser.click("#onward");
    browser.wait_until("it goes on", || {
        browser.eval("location.pathname") == "/cookies"
    });
    assert_eq!(browser.foreign_requests(&host), NONE);
    assert_eq!(browser.console_errors(), NONE);
}

#[test]
fn planted_faults_are_found_and_nothing_else() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let host = serve();
    browser.resize(800, 600);
    browser.visit(&format!("http://{host}/faulty"));
    assert_eq!(
        browser.accessibility_faults(),
        [
            "html without lang",
            "2 h1 instead of one",
            "2 elements have the id twice",
            "img.pixel without a name",
            "button.bare without a name",
            "a without a name",
            "select[name=choice] without a label",
            "input[name=unlabelled] without a label",
            "p#grey “seven, seven, seven” has a contrast of 4.47:1, below 4.5:1",
            "p.faint “black at half” has a contrast of 3.97:1, below 4.5:1",
            "b#dark “dark” has a contrast of 1.11:1, below 4.5:1",
            "page is 1300 px wide in a window of 800 px: div#wide sticks out",
        ]
    );
    let foreign = ["http://elsewhere.invalid/pixel.png"];
    assert_eq!(browser.foreign_requests(&host), foreign);
    assert_eq!(browser.foreign_requests(&host), NONE, "told once");
    let errors = browser.console_errors();
    for planted in [
        "Error: planted",
        "elsewhere.invalid/pixel.png - Failed to load resource",
        "violates the following Content Security Policy",
    ] {
        let told = errors.iter().filter(|error| error.contains(planted));
        assert_eq!(told.count(), 1, "{planted}: {errors:#?}");
    }
    assert_eq!(errors.len(), 3, "{errors:#?}");
    assert_eq!(browser.console_errors(), NONE, "told once");
}

#[test]
fn a_page_sees_the_cookies_the_size_and_the_colours_it_is_given() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let host = serve();
    browser.set_cookie("language", "en");
    browser.set_cookie("theme", "dark");
    browser.visit(&format!("http://{host}/cookies"));
    assert_eq!(browser.text("body"), "language=en; theme=dark");

    browser.resize(390, 844);
    browser.visit(&format!("http://{host}/good"));
    assert_eq!(browser.eval("[innerWidth, innerHeight]"), json!([390, 844]));
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    for prefers in [true, false] {
        browser.prefers_dark(prefers);
        assert_eq!(browser.eval(dark), prefers);
    }

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.png");
    browser.screenshot(&path);
    let png = std::fs::read(path).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(number(16), 390);
    assert!(number(20) > 2000, "only {} px high", number(20));
}

#[test]
fn no_process_outlives_a_test_that_panics() {
    let mut processes = Vec::new();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let Some(browser) = Browser::start() else {
            return;
        };
        browser.visit("about:blank");
        processes = browser.processes();
        assert!(processes.len() > 3, "{processes:?}");
        panic!("as a test that fails");
    }));
    let alive = living();
    let left = processes
        .iter()
        .filter(|process| alive.iter().any(|living| living.is(process)));
    assert_eq!(left.count(), 0);
    assert_eq!(ended.is_err(), !processes.is_empty());
}

#[tokio::test]
#[should_panic(expected = "multi_thread")]
async fn a_runtime_of_one_thread_would_stand_still_and_is_refused() {
    let _ = Browser::start();
}
