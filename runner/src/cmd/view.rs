//! `runner view`: the site on this machine.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::console::print;
use crate::exit::{Exit, usage};

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
        "{0} holds no site: make one with `make report`, or from existing reports with `runner publish {0}`",
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
    // File names are stable, so that a browser must ask whether they have changed: a new run replaces the list.
    let router = Router::new()
        .fallback_service(ServeDir::new(site))
        .layer(map_response(revalidate));
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served.context("the server ended"),
        () = end => Ok(()),
    }
}

async fn revalidate(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
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
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
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
        assert!(refused.to_string().contains("make report"), "{refused}");
    }
}
