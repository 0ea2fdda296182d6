//! What a hub says of itself while something is wrong, by the health service, the probes, the metrics: and
//! that it stops saying so when it is over.

use docaxis::hub;
use docaxis::model::Reason;
use docaxis::store::Durability;
use jiff::SignedDuration;
use tonic::Code;
use tonic::Streaming;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::console::get;
use crate::console::parts;
use crate::console::started;
use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::document;
use crate::support::eventually;
use crate::support::lists;
use crate::support::reason;
use crate::support::start;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn check(party: &Party, service: &str) -> Result<ServingStatus, tonic::Status> {
    let mut client = HealthClient::new(party.connection.channel());
    let answer = client.check(about(service)).await?;
    Ok(answer.into_inner().status())
}

async fn watch(party: &Party) -> Streaming<HealthCheckResponse> {
    let mut client = HealthClient::new(party.connection.channel());
    client.watch(about("")).await.unwrap().into_inner()
}

async fn next(watching: &mut Streaming<HealthCheckResponse>) -> Option<ServingStatus> {
    let message = watching.message().await.unwrap();
    message.map(|message| message.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_is_not_serving_by_every_way_to_ask() {
    let mut config = hub::Config::new(None, Durability::Memory);
    config.journal_max_bytes = Some(128 * 1024);
    let axis = Axis::start_with(config).await;
    let hanoi = axis.party(HANOI);
    let console = started(parts(&axis));
    let at = console.address();
    let mut watching = watch(&hanoi).await;
    assert_eq!(next(&mut watching).await, Some(ServingStatus::Serving));
    assert_eq!(get(at, "/readyz").body, "ready\n");

    for number in 1.. {
        let writing = document(number, HANOI, &[PHU_THO]).attach("a.pdf", &[7; 8 * 1024]);
        let answered = hanoi.submit(writing.unsigned()).await;
        if answered.is_err() {
            assert_eq!(reason(answered), Reason::StorageFull);
            break;
        }
    }
    assert_eq!(next(&mut watching).await, Some(ServingStatus::NotServing));
    for (service, status) in [
        ("", ServingStatus::NotServing),
        ("docaxis.v1.Exchange", ServingStatus::NotServing),
        ("docaxis.v1.Registry", ServingStatus::NotServing),
        ("docaxis.v1.Monitor", ServingStatus::Serving),
    ] {
        assert_eq!(check(&hanoi, service).await.unwrap(), status, "{service}");
    }
    let unknown = check(&hanoi, "docaxis.v1.Nothing").await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    let ready = get(at, "/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body.starts_with("disk_full: "), "{}", ready.body);
    // A new start would not help.
    assert_eq!(get(at, "/healthz").status, 200);
    assert!(get(at, "/health").body.contains("disk_full"));
    let metrics = axis.hub.open_metrics();
    for line in [
        "docaxis_condition{condition=\"disk_full\"} 1\n",
        "docaxis_condition{condition=\"thread_dead\"} 0\n",
        "docaxis_journal_writable 0\n",
        "docaxis_index_writable 1\n",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_is_told_that_the_hub_stops_and_does_not_hold_it_up() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let mut watching = watch(&hanoi).await;
    assert_eq!(next(&mut watching).await, Some(ServingStatus::Serving));
    axis.stop().await;
    assert_eq!(next(&mut watching).await, Some(ServingStatus::NotServing));
    assert_eq!(next(&mut watching).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_come_to_their_end_are_said_before_and_after() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let console = started(parts(&axis));
    let at = console.address();
    let says = |line: &'static str| move || async move { get(at, "/readyz").body.contains(line) };
    let mut watching = watch(&hanoi).await;
    assert_eq!(next(&mut watching).await, Some(ServingStatus::Serving));
    axis.clock.jump_to(start() + DAY * 24);
    eventually("a week before", says("revocation_lists_end_soon")).await;
    assert_eq!(get(at, "/readyz").status, 200);
    axis.clock.jump_to(start() + DAY * 30);
    eventually("they are due", says("revocation_lists_overdue")).await;
    assert_eq!(get(at, "/readyz").status, 200);
    hanoi
        .submit(document(1, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    axis.clock.jump_to(start() + DAY * 32);
    assert_eq!(next(&mut watching).await, Some(ServingStatus::NotServing));
    assert_eq!(get(at, "/readyz").status, 503);
    let refused = hanoi
        .submit(document(2, HANOI, &[PHU_THO]).unsigned())
        .await;
    assert_eq!(reason(refused), Reason::RevocationUnknown);
    let metrics = axis.hub.open_metrics();
    assert!(metrics.contains("docaxis_condition{condition=\"revocation_lists_ended\"} 1\n"));

    let newer = lists(&axis.authority, &[], axis.clock.now());
    axis.hub.replace_crls(&newer).unwrap();
    assert_eq!(next(&mut watching).await, Some(ServingStatus::Serving));
    hanoi
        .submit(document(2, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    console.stop();
    axis.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_served_again_when_the_clock_is_right_again() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let submit = |number| hanoi.submit(document(number, HANOI, &[PHU_THO]).unsigned());
    submit(1).await.unwrap();
    for (number, (days, expected)) in (2..).zip([
        (400, Reason::CertificateExpired),
        (-400, Reason::CertificateNotYetValid),
        (40, Reason::RevocationUnknown),
    ]) {
        axis.clock.jump_to(start() + DAY * days);
        assert_eq!(reason(submit(number).await), expected, "{days} days off");
        axis.clock.jump_to(start());
        submit(number).await.unwrap();
    }
    // One that began while the clock was wrong is not kept among strangers, with their small messages.
    axis.clock.jump_to(start() + DAY * 40);
    let other = axis.party(HANOI);
    let large = document(9, HANOI, &[PHU_THO]).attach("a.pdf", &vec![7; 200 * 1024]);
    let large = large.unsigned();
    assert!(other.submit(large.clone()).await.is_err());
    axis.clock.jump_to(start());
    eventually("it is served as before", || async {
        other.submit(large.clone()).await.is_ok()
    })
    .await;
    axis.stop().await;
}
