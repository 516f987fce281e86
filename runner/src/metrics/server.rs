//! The HTTP server that Prometheus scrapes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::family::Exposition;
use super::format::Format;
use crate::exit::usage;

/// The longest that a run waits at its end for its last figures to be scraped. Prometheus' own default interval is a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(65);
/// How often a run that waits looks whether it should not.
const POLL: Duration = Duration::from_millis(100);
/// How long an answer that is under way at the end may take.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// Reads `IP:PORT`.
///
/// # Errors
/// What it should look like.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an IP address and a port, such as 127.0.0.1:9464; port 0 takes any free one"
            .to_owned()
    })
}

/// A port that is taken, before there is anything to serve.
pub(crate) struct Server {
    listener: TcpListener,
}

/// A server that answers.
pub(crate) struct Serving {
    task: JoinHandle<()>,
    end: oneshot::Sender<()>,
    scrapes: Arc<Scrapes>,
}

/// When somebody came for the figures.
#[derive(Default)]
struct Scrapes {
    /// The last scrape, and how long after the one before it came.
    last: Mutex<Option<(Instant, Option<Duration>)>>,
    came: Notify,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// The port is in use, or the address is not this machine's.
    pub(crate) async fn take(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|e| {
            usage(anyhow!(
                "--metrics: {address} cannot be listened on: {e}; name a free port, or 0 for any, on an address of this \
                 machine"
            ))
        })?;
        let url = format!(
            "http://{}/metrics",
            listener.local_addr().context("the port has no address")?
        );
        eprintln!("metrics: {url}");
        if !address.ip().is_loopback() {
            eprintln!(
                "warning: other machines can read these metrics too; say --metrics 127.0.0.1:{} to keep them to this one",
                address.port()
            );
        }
        Ok(Self { listener })
    }

    /// Begins to answer.
    pub(crate) fn serve(self, exposition: Exposition) -> Serving {
        let scrapes = Arc::new(Scrapes::default());
        let router = Router::new()
            .route("/metrics", get(metrics))
            .with_state((Arc::new(exposition), Arc::clone(&scrapes)));
        let (end, ended) = oneshot::channel();
        let served = axum::serve(self.listener, router)
            .with_graceful_shutdown(async { drop(ended.await) })
            .into_future();
        let task = tokio::spawn(async move {
            if let Err(e) = served.await {
                eprintln!("warning: metrics are no longer served: {e}");
            }
        });
        Serving { task, end, scrapes }
    }
}

impl Serving {
    /// Ends the server. Where somebody scrapes at intervals, it waits for them to come once more, or for twice their
    /// interval: the ledger is checked at the very end, and its result must not be what is never seen. It does not wait once
    /// `asked_to_stop`.
    pub(crate) async fn end(self, asked_to_stop: impl Fn() -> bool) {
        if let Some(interval) = self.scrapes.interval() {
            let wait = (interval * 2).min(LONGEST_WAIT);
            let stop = async {
                while !asked_to_stop() {
                    tokio::time::sleep(POLL).await;
                }
            };
            tokio::select! {
                () = self.scrapes.came.notified() => {}
                () = tokio::time::sleep(wait) => {}
                () = stop => {}
            }
        }
        // Where the server is gone already, there is nothing to end.
        let _gone = self.end.send(());
        let _cut_off = tokio::time::timeout(LAST_ANSWER, self.task).await;
    }
}

impl Scrapes {
    fn note(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *last = Some((now, last.map(|(before, _)| now - before)));
        self.came.notify_waiters();
    }

    fn interval(&self) -> Option<Duration> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.and_then(|(_, interval)| interval)
    }
}

type Shared = (Arc<Exposition>, Arc<Scrapes>);

async fn metrics(State((exposition, scrapes)): State<Shared>, headers: HeaderMap) -> Response {
    // Several headers of a name mean the same as one with all values.
    let accept = headers.get_all(header::ACCEPT).into_iter();
    let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
    let format = Format::wanted(&accept.join(","));
    let Some(body) = format.encode(&exposition) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    scrapes.note();
    ([(header::CONTENT_TYPE, format.content_type())], body).into_response()
}
