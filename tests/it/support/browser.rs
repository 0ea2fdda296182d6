//! A real Chromium, headless, for tests of pages: what a person sees, does, and must not run into.
//!
//! Calls block the thread. A test whose server runs on Tokio beside it must have the multi-thread
//! flavour. What is looked for on a page is waited for, ten seconds at most.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use docaxis::clock::Clock;
use serde_json::Value;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::runtime::RuntimeFlavor;

use super::webdriver::Answer;
use super::webdriver::Driver;
use super::webdriver::NO_ANSWER;
use super::webdriver::Process;
use super::webdriver::Refused;

/// How long something may take to come onto a page.
const APPEARS_WITHIN: Duration = Duration::from_secs(10);

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Names Chromium goes by, the first that is there is taken.
const CHROMIUM: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A browser with an empty profile; its processes end when it is dropped, also by a panic.
pub(crate) struct Browser {
    driver: Driver,
    clock: Clock,
}

impl Browser {
    /// `None` where Chromium or its driver is not there, which is a failure where skipping is
    /// forbidden.
    #[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
    pub(crate) fn start() -> Option<Self> {
        let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
        assert!(
            !matches!(flavor, Ok(RuntimeFlavor::CurrentThread)),
            "a browser blocks the only thread: #[tokio::test(flavor = \"multi_thread\")]"
        );
        let missing = match (installed(&["chromedriver"]), installed(CHROMIUM)) {
            (Some(driver), Some(chromium)) => {
                return Some(Self {
                    driver: Driver::start(&driver, &chromium),
                    clock: Clock::system(),
                });
            }
            (None, _) => "chromedriver",
            (_, None) => "chromium",
        };
        assert!(
            std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
            "{missing} not found"
        );
        eprintln!("SKIPPED: {missing} not found");
        None
    }

    /// The browser's processes and its driver's.
    pub(crate) fn processes(&self) -> Vec<Process> {
        self.driver.processes()
    }

    /// Goes to a page and waits until it has loaded.
    #[track_caller]
    pub(crate) fn visit(&self, url: &str) {
        let visited = self.driver.post("/url", json!({"url": url}));
        done(visited, &format!("visiting {url}"));
    }

    /// What the first such element shows.
    #[track_caller]
    pub(crate) fn text(&self, css: &str) -> String {
        let script = "const found = document.querySelector(arguments[0]);
            return found && (found.innerText ?? found.textContent).trim();";
        self.found(css, || {
            let text = self.run(script, json!([css]))?;
            Ok(text.as_str().map(str::to_owned))
        })
    }

    /// What each such element shows at this moment.
    #[track_caller]
    pub(crate) fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .map(found => (found.innerText ?? found.textContent).trim());";
        strings(done(self.run(script, json!([css])), css))
    }

    /// An attribute of the first such element, where it has one.
    #[track_caller]
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let script = "const found = document.querySelector(arguments[0]);
            return found && [found.getAttribute(arguments[1])];";
        self.found(css, || {
            let found = self.run(script, json!([css, name]))?;
            let value = found.as_array().map(|found| found[0].as_str());
            Ok(value.map(|value| value.map(str::to_owned)))
        })
    }

    /// Clicks on the first such element, as a person: it must be visible, with nothing over it.
    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        self.found(css, || self.act(css, "click", json!({})).map(Some));
    }

    /// Types into a field in place of what it held. A `select` takes the option that begins so.
    #[track_caller]
    pub(crate) fn fill(&self, css: &str, text: &str) {
        self.found(css, || {
            match self.act(css, "clear", json!({})) {
                // What cannot be typed into cannot be emptied.
                Err(refused) if refused.error != "invalid element state" => return Err(refused),
                _ => {}
            }
            self.act(css, "value", json!({"text": text})).map(Some)
        });
    }

    /// The value of a JavaScript expression on the page.
    #[track_caller]
    pub(crate) fn eval(&self, js: &str) -> Value {
        done(self.run(&format!("return ({js}\n);"), json!([])), js)
    }

    /// Looks at a state until it holds, for ten seconds at most.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let held = self.look(|| holds().then_some(()));
        assert!(held.is_some(), "never happened: {what}; {}", self.place());
    }

    /// Gives the browser a cookie for every port of this machine, before or after a page is visited.
    #[track_caller]
    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        for url in ["http://127.0.0.1/", "http://localhost/"] {
            let cookie = json!({"name": name, "value": value, "url": url});
            self.devtools("Network.setCookie", cookie);
        }
    }

    /// Makes the window as large as this in CSS pixels, also narrower than Chromium's least.
    #[track_caller]
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Whether pages are told that the person prefers dark colours.
    #[track_caller]
    pub(crate) fn prefers_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let feature = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": feature}));
    }

    /// Writes a PNG of the whole page, also of what lies below the window.
    #[track_caller]
    pub(crate) fn screenshot(&self, path: &Path) {
        let metrics = self.devtools("Page.getLayoutMetrics", json!({}));
        let mut clip = metrics["cssContentSize"].clone();
        clip["scale"] = json!(1);
        let options = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.devtools("Page.captureScreenshot", options);
        let png = BASE64_STANDARD.decode(taken["data"].as_str().unwrap());
        std::fs::write(path, png.unwrap()).unwrap();
    }

    /// Errors on the browser's console since it was last asked: of scripts, of what did not load, of
    /// what the content security policy forbade. Not of `/favicon.ico`, which a browser asks for at a
    /// moment of its own where a page names no icon.
    #[track_caller]
    pub(crate) fn console_errors(&self) -> Vec<String> {
        let entries = self.log("browser").into_iter();
        let errors = entries.filter(|entry| {
            entry["level"] == "SEVERE" || entry["source"].as_str() == Some("security")
        });
        let messages = errors.filter_map(|entry| Some(entry["message"].as_str()?.to_owned()));
        messages
            .filter(|message| {
                let about = message.split(' ').next().unwrap_or_default();
                !about.ends_with("/favicon.ico")
            })
            .collect()
    }

    /// Addresses off this host (`127.0.0.1:8080`) that pages asked for since it was last asked, also
    /// where nothing was sent.
    #[track_caller]
    pub(crate) fn foreign_requests(&self, host: &str) -> Vec<String> {
        let entries = self.log("performance").into_iter();
        entries
            .filter_map(|entry| {
                let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
                let event = &event["message"];
                let url = match event["method"].as_str()? {
                    "Network.requestWillBeSent" => &event["params"]["request"]["url"],
                    "Network.webSocketCreated" => &event["params"]["url"],
                    _ => return None,
                };
                let url = url.as_str()?;
                let (scheme, rest) = url.split_once("://")?;
                let network = ["http", "https", "ws", "wss"].contains(&scheme);
                let asked = rest.split(['/', '?', '#']).next()?;
                (network && asked != host).then(|| url.to_owned())
            })
            .collect()
    }

    /// What keeps people out of this page, each fault in words; `accessibility.js` has what is looked
    /// at.
    #[track_caller]
    pub(crate) fn accessibility_faults(&self) -> Vec<String> {
        strings(self.eval(include_str!("accessibility.js")))
    }

    /// Entries of a log since they were last taken.
    #[track_caller]
    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = done(self.driver.post("/se/log", json!({"type": kind})), kind);
        entries.as_array().cloned().unwrap_or_default()
    }

    #[track_caller]
    fn devtools(&self, method: &str, parameters: Value) -> Value {
        let command = json!({"cmd": method, "params": parameters});
        done(self.driver.post("/goog/cdp/execute", command), method)
    }

    /// Runs the body of a function on the page.
    fn run(&self, script: &str, arguments: Value) -> Answer {
        let call = json!({"script": script, "args": arguments});
        self.driver.post("/execute/sync", call)
    }

    /// Does something with the first such element.
    fn act(&self, css: &str, verb: &str, body: Value) -> Answer {
        let by = json!({"using": "css selector", "value": css});
        let element = self.driver.post("/element", by)?;
        let id = element[ELEMENT].as_str().unwrap_or_default();
        self.driver.post(&format!("/element/{id}/{verb}"), body)
    }

    /// Tries until there is something; a page that is being built or left may refuse meanwhile.
    #[track_caller]
    fn found<T>(&self, css: &str, attempt: impl Fn() -> Result<Option<T>, Refused>) -> T {
        let refused = std::cell::RefCell::new(String::from("there is none"));
        let found = self.look(|| match attempt() {
            Ok(found) => found,
            Err(reason) => {
                assert_ne!(reason.error, NO_ANSWER, "{}", reason.message);
                refused.replace(reason.message);
                None
            }
        });
        found.unwrap_or_else(|| panic!("`{css}`: {}; {}", refused.borrow(), self.place()))
    }

    fn look<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        let deadline = self.clock.monotonic() + APPEARS_WITHIN;
        loop {
            let seen = look();
            if seen.is_some() || self.clock.monotonic() >= deadline {
                return seen;
            }
            // The browser waits, so that nobody spins; while a page is being left it may refuse.
            let call = json!({"script": "setTimeout(arguments[0], 10);", "args": []});
            let _ = self.driver.post("/execute/async", call);
        }
    }

    /// Where the browser is and how the page begins, for a test that fails.
    fn place(&self) -> String {
        let script = "return location.href + ' shows: ' + document.body.innerText.slice(0, 300);";
        let place = self.run(script, json!([]));
        place.map_or_else(
            |refused| refused.message,
            |place| place.as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// A program in the search path, or where Debian puts it; the first name that is there.
fn installed(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/bin")])
        .collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|place| place.is_file())
}

/// What was answered; a refusal fails the test.
#[track_caller]
fn done(answer: Answer, what: &str) -> Value {
    match answer {
        Ok(value) => value,
        Err(Refused { error, message }) => panic!("{what}: {error}: {message}"),
    }
}

#[track_caller]
fn strings(list: Value) -> Vec<String> {
    serde_json::from_value(list).unwrap()
}
