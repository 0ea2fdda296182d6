//! What monitoring and tracing see of documents on their way.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use docaxis::model::Reason;
use docaxis::trust::sha256;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceService;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio_stream::wrappers::TcpListenerStream;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::reason;
use crate::support::start;

/// The value of one sample.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_follow_a_document_and_agree_with_the_ledger() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(sent).await.unwrap();
    hanoi
        .submit(document(2, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    let stranger = document(3, HANOI, &["000.00.00.Z99"]).unsigned();
    assert_eq!(
        reason(hanoi.submit(stranger).await),
        Reason::RecipientUnknown
    );
    assert_eq!(phu_tho.acknowledge(&[receipt.hub_sequence]).await, 1);
    let text = axis.hub.open_metrics();
    let of = |name: &str| sample(&text, name).unwrap_or_else(|| panic!("{name} in {text}"));
    let totals = axis.hub.ledger().totals();
    assert_eq!(
        of("docaxis_documents_total{outcome=\"accepted_full\"}"),
        1.0
    );
    assert_eq!(
        of("docaxis_documents_total{outcome=\"accepted_reference\"}"),
        1.0
    );
    assert_eq!(
        of("docaxis_refusals_total{reason=\"RECIPIENT_UNKNOWN\"}"),
        totals.refused as f64
    );
    assert_eq!(of("docaxis_deliveries_pending"), totals.pending as f64);
    assert_eq!(
        of("docaxis_deliveries_total{state=\"acknowledged\"}"),
        totals.received as f64
    );
    assert_eq!(of("docaxis_receipt_seconds_count"), 2.0);
    assert_eq!(of("docaxis_signatures_verified_total"), 2.0);
    assert_eq!(of("docaxis_connections"), 2.0);
    assert_eq!(of("docaxis_ledger_balanced"), 1.0);
    let times = axis.hub.stages().receipt_times();
    assert_eq!(times.count(), 2);
    assert!(times.quantile(0.5) <= times.quantile(1.0) && !times.sum().is_zero());
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");

/// Steps of one document to one recipient.
const STEPS: [&str; 8] = [
    "hub.commit",
    "hub.deliver",
    "hub.verify",
    "node.acknowledge",
    "node.check",
    "node.send",
    "node.submit",
    "node.write",
];

/// A span, with the service and the organisation of the process it came from.
#[derive(Clone, Debug)]
struct Received {
    service: String,
    organ: String,
    span: Span,
}

/// A collector as any that speaks OTLP over gRPC.
struct Collector(watch::Sender<Vec<Received>>);

impl Collector {
    async fn start() -> (String, watch::Receiver<Vec<Received>>) {
        let (collector, received) = watch::channel(Vec::new());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(Self(collector)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        (url, received)
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.0.send_modify(|received| {
            for of_resource in request.into_inner().resource_spans {
                let resource = of_resource.resource.unwrap_or_default();
                let spans = of_resource.scope_spans.into_iter().flat_map(|of| of.spans);
                received.extend(spans.map(|span| Received {
                    service: attribute(&resource.attributes, "service.name"),
                    organ: attribute(&resource.attributes, "organ"),
                    span,
                }));
            }
        });
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

fn attribute(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        _ => String::new(),
    }
}

/// A process that is killed when it is dropped.
struct Running(Child);

impl Running {
    /// Starts it; ready once it has printed a line, which comes back.
    fn start(directory: &Path, arguments: &[&str], log: &str) -> (Self, String) {
        let mut process = Command::new(PROGRAM)
            .args(arguments)
            .env("RUST_LOG", "debug")
            .current_dir(directory)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(directory.join(log)).unwrap())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        // What else it prints goes to the test's own output.
        std::thread::spawn(move || said.lines().map_while(Result::ok).for_each(drop));
        (Self(process), line)
    }

    /// Asks it to end, as an administrator would, and waits until it has.
    fn end(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn docaxis(directory: &Path, arguments: &[&str]) -> String {
    let ran = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let why = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}: {said}{why}");
    said
}

fn node<'a>(organ: &'a str, hub: &'a str, collector: &'a str) -> Vec<&'a str> {
    vec![
        "node",
        "--hub",
        hub,
        "--organ",
        organ,
        "--identity",
        organ,
        "--otlp",
        collector,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_follows_a_document_through_three_processes() {
    let (collector, mut received) = Collector::start().await;
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (hub, recipient, document) = block_in_place(|| {
        docaxis(here, &["ca", "init", "--dir", "pki"]);
        for organ in [HANOI, PHU_THO] {
            let keys = ["--keys", "p256", "--organ", organ, "--out", organ];
            docaxis(
                here,
                &[&["ca", "issue", "--dir", "pki"], &keys[..]].concat(),
            );
        }
        let hub = [
            "hub",
            "--data",
            "data",
            "--pki",
            "pki",
            "--listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
            "--otlp",
            &collector,
        ];
        let (hub, line) = Running::start(here, &hub, "hub.log");
        let url = line.split(' ').find(|word| word.starts_with("https://"));
        let url = url.unwrap();
        let (recipient, _) = Running::start(here, &node(PHU_THO, url, &collector), "node.log");
        let send = [node(HANOI, url, &collector), vec!["--to", PHU_THO]].concat();
        let said = docaxis(here, &send);
        let accepted = said.lines().find_map(|line| line.strip_prefix("accepted "));
        let document = accepted.unwrap().split(" as ").next().unwrap().to_owned();
        (hub, recipient, document)
    });
    let digest = sha256(document.as_bytes());
    let (trace, root) = digest.as_bytes()[..24].split_at(16);
    let of_document = |received: &Vec<Received>| -> Vec<Received> {
        let of_trace = received.iter().filter(|one| one.span.trace_id == trace);
        of_trace.cloned().collect()
    };
    let all = received.wait_for(|received| of_document(received).len() >= STEPS.len());
    let all = tokio::time::timeout(Duration::from_secs(30), all).await;
    let mut steps = of_document(&all.expect("every step is told").unwrap());
    steps.sort_by(|a, b| a.span.name.cmp(&b.span.name));
    let names: Vec<&str> = steps.iter().map(|step| step.span.name.as_str()).collect();
    assert_eq!(names, STEPS);
    let from: Vec<(&str, &str)> = steps
        .iter()
        .map(|step| (step.service.as_str(), step.organ.as_str()))
        .collect();
    let (hub_s, sender_s) = (("docaxis-hub", ""), ("docaxis-node", HANOI));
    let recipient_s = ("docaxis-node", PHU_THO);
    assert_eq!(
        from,
        [
            hub_s,
            hub_s,
            hub_s,
            recipient_s,
            recipient_s,
            sender_s,
            sender_s,
            sender_s
        ]
    );
    for Received { span, .. } in &steps {
        assert_eq!(attribute(&span.attributes, "document"), document);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        if span.name == "node.send" {
            assert_eq!(
                (span.span_id.as_slice(), span.parent_span_id.len()),
                (root, 0)
            );
        } else {
            assert_eq!(span.parent_span_id, root, "{}", span.name);
            assert_ne!(span.span_id, root);
        }
    }
    let step = |name: &str| {
        let at = STEPS.iter().position(|step| *step == name).unwrap();
        let span = &steps[at].span;
        (span.start_time_unix_nano, span.end_time_unix_nano)
    };
    let (begins, ends) = step("node.send");
    assert!(begins <= step("node.write").0 && step("node.submit").1 <= ends);
    assert!(begins < step("hub.verify").1 && step("hub.commit").1 <= ends + 1000);
    assert!(step("hub.commit").0 < step("node.check").1);
    block_in_place(|| {
        recipient.end();
        hub.end();
    });
    let log = std::fs::read_to_string(here.join("hub.log")).unwrap();
    assert!(
        log.lines().count() > 0,
        "at debug there is something to say"
    );
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(
            entry["level"].is_string() && entry["target"].is_string(),
            "{line}"
        );
        assert_ne!(entry["target"], "docaxis::journey", "steps are for traces");
    }
}

/// Names of metrics in a text: those of the hub and of its process.
fn metrics_in(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("docaxis_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

/// Every query of a dashboard, wherever it stands.
fn queries_in(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(query) if name == "expr" || name == "query" => {
                        found.push(query.to_owned())
                    }
                    _ => queries_in(field, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| queries_in(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_documentation_name_what_there_is() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(sent).await.unwrap();
    phu_tho.acknowledge(&[receipt.hub_sequence]).await;
    let text = axis.hub.open_metrics();
    let samples: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| metrics_in(line.split(['{', ' ']).next().unwrap_or_default()))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dashboard = std::fs::read_to_string(root.join("docs/grafana/docaxis.json")).unwrap();
    let mut queries = Vec::new();
    queries_in(&serde_json::from_str(&dashboard).unwrap(), &mut queries);
    let asked: Vec<String> = queries.iter().flat_map(|query| metrics_in(query)).collect();
    assert!(asked.len() > 20, "the queries were found: {queries:?}");
    for name in &asked {
        assert!(samples.contains(name), "the dashboard asks for {name}");
    }
    // The other way round: what there is is written down.
    let page = std::fs::read_to_string(root.join("docs/telemetry.md")).unwrap();
    let documented = metrics_in(&page);
    for name in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let family = name.split(' ').next().unwrap();
        let is_there = documented.iter().any(|name| name.starts_with(family));
        assert!(is_there, "docs/telemetry.md does not name {family}");
    }
    for name in &documented {
        let is_family = text.contains(&format!("# TYPE {name} "));
        assert!(samples.contains(name) || is_family, "there is no {name}");
    }
}
