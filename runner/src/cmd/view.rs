//! `runner view`: the site on this machine.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::console::print;
use crate::exit::{Exit, usage};
use crate::output::headers::{FOR_ALL, REVALIDATE, cache_control};

/// The port where none is asked for; any free one where it is in use.
const USUAL_PORT: u16 = 8080;

/// Serve the site on this machine and open it in the browser.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner view
  runner view site --port 9000 --no-open

The page is served to this machine alone unless --bind says otherwise. Ctrl-C ends it.")]
pub(crate) struct Args {
    /// Folder of the site, as made by `runner publish`.
    #[arg(value_name = "DIR", default_value = "site")]
    site: PathBuf,
    /// Port; 0 for any free one [default: 8080, or any free one where that is in use]
    #[arg(long)]
    port: Option<u16>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Do not open the browser.
    #[arg(long)]
    no_open: bool,
}

/// Serves until Ctrl-C.
///
/// # Errors
/// Where the folder holds no site or the port cannot be had.
pub(crate) async fn run(args: Args) -> Result<Exit> {
    check_site(&args.site)?;
    let listener = listen(args.bind, args.port).await?;
    let address = listener.local_addr().context("the port has no address")?;
    let url = format!("http://{address}/");
    if !args.bind.is_loopback() {
        eprintln!(
            "warning: other machines can read these reports too; leave --bind out to keep them to this one"
        );
    }
    print(&format!("{url}\n"))?;
    eprintln!("serving {}; Ctrl-C ends", args.site.display());
    if !args.no_open {
        open_browser(&url);
    }
    serve(listener, &args.site, async {
        drop(tokio::signal::ctrl_c().await)
    })
    .await?;
    Ok(Exit::Done)
}

fn check_site(site: &Path) -> Result<()> {
    if site.join("index.html").is_file() {
        return Ok(());
    }
    Err(usage(anyhow!(
        "{0} holds no site: make one of the reports here with `runner publish {0}`; where there are none yet, `runner --all` comes first",
        site.display()
    )))
}

async fn listen(bind: IpAddr, port: Option<u16>) -> Result<TcpListener> {
    let first = TcpListener::bind(SocketAddr::new(bind, port.unwrap_or(USUAL_PORT))).await;
    match first {
        Err(e) if e.kind() == io::ErrorKind::AddrInUse && port.is_none() => {
            TcpListener::bind(SocketAddr::new(bind, 0)).await
        }
        other => other,
    }
    .map_err(|e| {
        let port = port.unwrap_or(USUAL_PORT);
        usage(anyhow!(
            "cannot listen on {bind} port {port}: {e}; name a free port with --port, or 0 for any"
        ))
    })
}

/// Serves the site until `end` is over. Requests that are under way are not waited for: they read files only.
async fn serve(listener: TcpListener, site: &Path, end: impl Future<Output = ()>) -> Result<()> {
    let files = ServeDir::new(site).precompressed_br().precompressed_gzip();
    let router = Router::new()
        .fallback_service(files)
        .layer(from_fn(with_headers));
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served.context("the server ended"),
        () = end => Ok(()),
    }
}

/// Adds what a host of the site should say.
async fn with_headers(request: Request, next: Next) -> Response {
    let kept = cache_control(Path::new(request.uri().path()));
    let mut response = next.run(request).await;
    // What is not there may be there later.
    let found = !response.status().is_client_error() && !response.status().is_server_error();
    let kept = if found { kept } else { REVALIDATE };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    for (name, value) in FOR_ALL {
        if let Ok(name) = name.parse::<HeaderName>() {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Opens the page where there is a browser; the URL is printed in any case, so a failure is none.
fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some()
    {
        "xdg-open"
    } else {
        return;
    };
    let spawned = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut browser) = spawned {
        // Waited for, so that no zombie stays behind.
        std::thread::spawn(move || drop(browser.wait()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    async fn get(address: SocketAddr, path: &str) -> String {
        get_accepting(address, path, "identity").await
    }

    async fn get_accepting(address: SocketAddr, path: &str, encodings: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {encodings}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_site_is_served_until_the_end() {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("reports")).unwrap();
        std::fs::write(site.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(site.path().join("reports/index.json"), "{}").unwrap();
        std::fs::write(site.path().join("app.wasm"), "").unwrap();
        let listener = listen(LOOPBACK, Some(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let folder = site.path().to_path_buf();
        let server =
            tokio::spawn(
                async move { serve(listener, &folder, async { drop(ended.await) }).await },
            );

        assert!(get(address, "/").await.ends_with("<!doctype html>"));
        let reports = get(address, "/reports/index.json").await;
        assert!(
            reports.contains("cache-control: no-cache") && reports.contains("application/json"),
            "{reports}"
        );
        assert!(get(address, "/app.wasm").await.contains("application/wasm"));
        assert!(
            get(address, "/missing.json")
                .await
                .starts_with("HTTP/1.1 404")
        );
        assert!(
            !get(address, "/../Cargo.toml")
                .await
                .starts_with("HTTP/1.1 200")
        );

        end.send(()).unwrap();
        server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn answers_say_what_a_host_should() {
        let site = tempfile::tempdir().unwrap();
        let code = "start-212e4c2f177eb1d8.js";
        std::fs::write(site.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(site.path().join(code), "plain").unwrap();
        std::fs::write(site.path().join(format!("{code}.gz")), "gzip").unwrap();
        std::fs::write(site.path().join(format!("{code}.br")), "brotli").unwrap();
        let listener = listen(LOOPBACK, Some(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let folder = site.path().to_path_buf();
        let server =
            tokio::spawn(async move { serve(listener, &folder, std::future::pending()).await });

        let page = get(address, "/").await;
        for (name, value) in FOR_ALL {
            let line = format!("{}: {value}\r\n", name.to_lowercase());
            assert!(page.contains(&line), "{page}");
        }
        assert!(page.contains("cache-control: no-cache\r\n"), "{page}");
        let path = format!("/{code}");
        for (accepted, body) in [
            ("identity", "plain"),
            ("gzip", "gzip"),
            ("gzip, deflate, br", "brotli"),
        ] {
            let answer = get_accepting(address, &path, accepted).await;
            assert!(
                answer.ends_with(&format!("\r\n\r\n{body}")),
                "{accepted}: {answer}"
            );
            assert!(answer.contains("immutable") && answer.contains("text/javascript"));
        }
        let missing = get(address, "/start-0000000000000000.js").await;
        assert!(missing.contains("cache-control: no-cache\r\n"), "{missing}");
        server.abort();
    }

    #[tokio::test]
    async fn a_port_in_use_says_what_to_do() {
        let taken = listen(LOOPBACK, Some(0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = listen(LOOPBACK, Some(port)).await.unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(refused.to_string().contains("--port"), "{refused}");
    }

    #[test]
    fn a_folder_without_a_site_says_what_to_do() {
        let refused = check_site(Path::new("nowhere")).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(
            refused.to_string().contains("runner publish nowhere"),
            "{refused}"
        );
    }
}
