//! What a document cannot avoid, measured bare: its verifications, its digests, one TLS stream in,
//! one out for each recipient, one journal append. In microseconds of CPU, in the process and on the
//! cores where the run took place, so that the hub's overhead is a ratio and not a boast.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use futures_util::Stream;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::Streaming;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::NamedService;

use super::AxisError;
use crate::clock::Clock;
use crate::clock::cpu_of_threads;
use crate::clock::thread_cpu;
use crate::load::report::UnavoidableParts;
use crate::store::Batch;
use crate::store::Durability;
use crate::store::Journal;
use crate::store::JournalConfig;
use crate::trust::Authority;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::Validity;
use crate::trust::server_config;
use crate::trust::sha256;
use crate::wire::v1;

/// Verifications and digests timed.
const ROUNDS: u32 = 4_000;

/// Messages streamed each way.
const MESSAGES: usize = 10_000;

/// Records appended in one batch, as many as a busy hub's batches have.
const BATCH: usize = 16;

/// Batches appended.
const BATCHES: usize = 128;

/// The average document of a run.
#[derive(Clone, Copy, Debug)]
pub struct AverageDocument {
    /// Bytes of header, signature and inline attachments.
    pub bytes: usize,
    /// Of these, digested: header and attachments.
    pub digested: usize,
    /// Signatures.
    pub signatures: f64,
    /// Recipients.
    pub recipients: f64,
}

/// Measures. Takes about two seconds.
///
/// # Errors
/// [`AxisError`].
pub async fn measure(
    average: AverageDocument,
    durability: Durability,
    scratch: Option<&Path>,
) -> Result<UnavoidableParts, AxisError> {
    let scratch = scratch.map(|path| path.join("parts"));
    let beside = tokio::task::spawn_blocking(move || {
        let verify = verification()? * average.signatures;
        let digest = digesting(average.digested);
        let journal = appending(average.bytes, durability, scratch.as_deref())?;
        Ok::<_, AxisError>((verify, digest, journal))
    });
    let (verify, digest, journal) = beside.await.map_err(|_| AxisError::Panicked)??;
    let (transport_in, out) = transport(average.bytes).await?;
    let transport_out = out * average.recipients;
    Ok(UnavoidableParts {
        verify,
        digest,
        transport_in,
        transport_out,
        journal,
    })
}

/// One RSA-2048 verification, hash of a short message included.
fn verification() -> Result<f64, AxisError> {
    let failed = || AxisError::Io(std::io::Error::other("the library refuses its own key"));
    let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(|_| failed())?;
    let message = [7; 128];
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        &message,
        &mut signature,
    )
    .map_err(|_| failed())?;
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key())
        .map_err(|_| failed())?;
    Ok(cpu_us_of(ROUNDS, || {
        std::hint::black_box(public.verify_sig(&message, &signature).is_ok());
    }))
}

fn digesting(bytes: usize) -> f64 {
    let content = vec![7; bytes];
    cpu_us_of(ROUNDS, || {
        std::hint::black_box(sha256(&content));
    })
}

/// One record of a batch, at the run's durability.
fn appending(
    bytes: usize,
    durability: Durability,
    scratch: Option<&Path>,
) -> Result<f64, AxisError> {
    let config = JournalConfig {
        durability,
        ..JournalConfig::default()
    };
    let failed = |error: &dyn std::fmt::Display| std::io::Error::other(error.to_string());
    let mut journal = match scratch {
        Some(path) => {
            Journal::open::<std::convert::Infallible>(path, config, None, &mut |_, _, _| Ok(()))
                .map_err(|error| failed(&error))?
                .0
        }
        None => Journal::in_memory(config).map_err(|error| failed(&error))?,
    };
    let body = vec![7; bytes];
    let begun = thread_cpu();
    let mut batch = Batch::new();
    for _ in 0..BATCHES {
        batch.clear();
        (0..BATCH).for_each(|_| batch.push(1, &[&body]));
        journal.append(&batch).map_err(|error| failed(&error))?;
    }
    let spent = thread_cpu() - begun;
    if let Some(path) = scratch {
        std::fs::remove_dir_all(path)?;
    }
    Ok(spent.as_secs_f64() * 1e6 / (BATCHES * BATCH) as f64)
}

fn cpu_us_of(rounds: u32, work: impl Fn()) -> f64 {
    let begun = thread_cpu();
    (0..rounds).for_each(|_| work());
    (thread_cpu() - begun).as_secs_f64() * 1e6 / f64::from(rounds)
}

/// Server CPU of one message in and of one message out, over mTLS and HTTP/2, pipelined.
async fn transport(bytes: usize) -> Result<(f64, f64), AxisError> {
    let clock = Clock::system();
    let now = clock.now();
    let hour = jiff::SignedDuration::from_hours(1);
    let validity = Validity {
        not_before: now - hour,
        not_after: now + hour,
    };
    let authority = Authority::create(now - hour)?;
    let key = KeyPair::generate(KeyKind::EcdsaP256)?;
    let address = [std::net::Ipv4Addr::LOCALHOST.into()];
    let issued = authority.issue_server(&key, &["localhost"], &address, validity)?;
    let time = Arc::new(clock.clone());
    let tls = server_config(&issued.pem_with_chain, &key.to_pkcs8_pem(), time)?;
    let document = v1::SignedDocument {
        header: vec![7; bytes].into(),
        ..Default::default()
    };

    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let bare = Bare {
        document: document.clone(),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::Builder::new()
        .name("parts-main".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .thread_name("parts-io")
                .enable_all()
                .build()?;
            runtime.block_on(serve(listener, tls, bare, stopped))
        })?;
    let connection = crate::node::Connection::new(
        &format!("https://{address}"),
        &authority.anchors_pem(),
        None,
        &clock,
    )?;
    let failed = |status: Status| AxisError::Io(std::io::Error::other(status.to_string()));
    let cpu = || cpu_of_threads("parts-").unwrap_or_default();

    let begun = cpu();
    let requests = (1..=MESSAGES as u64).map(move |tag| {
        let document = Some(document.clone());
        v1::SubmitStreamRequest { tag, document }
    });
    let mut exchange = connection.exchange();
    let answers = exchange
        .submit_stream(tokio_stream::iter(requests))
        .await
        .map_err(failed)?;
    let mut answers = answers.into_inner();
    while answers.message().await.map_err(failed)?.is_some() {}
    let after_in = cpu();
    let deliveries = exchange
        .subscribe(tokio_stream::iter([]))
        .await
        .map_err(failed)?;
    let mut deliveries = deliveries.into_inner();
    while deliveries.message().await.map_err(failed)?.is_some() {}
    let after_out = cpu();

    let _ = stop.send(());
    let joined = tokio::task::spawn_blocking(move || server.join()).await;
    joined
        .map_err(|_| AxisError::Panicked)?
        .map_err(|_| AxisError::Panicked)??;
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / MESSAGES as f64;
    Ok((
        each(after_in.saturating_sub(begun)),
        each(after_out.saturating_sub(after_in)),
    ))
}

async fn serve(
    listener: std::net::TcpListener,
    tls: rustls::ServerConfig,
    bare: Bare,
    stopped: tokio::sync::oneshot::Receiver<()>,
) -> std::io::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let incoming = TcpListenerStream::new(TcpListener::from_std(listener)?).then(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            let socket = socket?;
            socket.set_nodelay(true)?;
            acceptor.accept(socket).await
        }
    });
    tonic::transport::Server::builder()
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024)
        .add_service(bare)
        .serve_with_incoming_shutdown(incoming, async {
            let _ = stopped.await;
        })
        .await
        .map_err(std::io::Error::other)
}

/// The two streams of the exchange with nothing behind them.
#[derive(Clone, Debug)]
struct Bare {
    document: v1::SignedDocument,
}

impl NamedService for Bare {
    const NAME: &'static str = "docaxis.v1.Exchange";
}

type Answer<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Ready<T> = std::future::Ready<Result<Response<Answer<T>>, Status>>;

impl tower::Service<http::Request<Body>> for Bare {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let bare = self.clone();
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::default();
            Ok(if request.uri().path().ends_with("SubmitStream") {
                tonic::server::Grpc::new(codec)
                    .streaming(Take, request)
                    .await
            } else {
                let codec = tonic_prost::ProstCodec::default();
                tonic::server::Grpc::new(codec)
                    .streaming(Give(bare.document), request)
                    .await
            })
        })
    }
}

/// Answers every document with a small message.
struct Take;

impl tonic::server::StreamingService<v1::SubmitStreamRequest> for Take {
    type Response = v1::SubmitStreamResponse;
    type ResponseStream = Answer<v1::SubmitStreamResponse>;
    type Future = Ready<v1::SubmitStreamResponse>;

    fn call(&mut self, request: Request<Streaming<v1::SubmitStreamRequest>>) -> Self::Future {
        let answers = request.into_inner().map(|message| {
            message.map(|message| v1::SubmitStreamResponse {
                tag: message.tag,
                outcome: None,
            })
        });
        std::future::ready(Ok(Response::new(Box::pin(answers))))
    }
}

/// Sends the same document again and again.
struct Give(v1::SignedDocument);

impl tonic::server::StreamingService<v1::SubscribeRequest> for Give {
    type Response = v1::Delivery;
    type ResponseStream = Answer<v1::Delivery>;
    type Future = Ready<v1::Delivery>;

    fn call(&mut self, _: Request<Streaming<v1::SubscribeRequest>>) -> Self::Future {
        let document = self.0.clone();
        let deliveries = (1..=MESSAGES as u64).map(move |hub_sequence| {
            let document = Some(document.clone());
            let item = v1::DocumentDelivery {
                hub_sequence,
                document,
                ..Default::default()
            };
            Ok(v1::Delivery {
                item: Some(v1::delivery::Item::Document(item)),
            })
        });
        std::future::ready(Ok(Response::new(Box::pin(tokio_stream::iter(deliveries)))))
    }
}
