//! Getting a run's metrics and reading them.

use anyhow::{Context, Result, bail};
use axum::http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most that is read of an answer, bytes: a hundred scenarios stay far below.
const LARGEST: u64 = 16 << 20;

/// The text that is served at an address.
///
/// # Errors
/// Nothing answers there, or not with success.
pub(super) async fn fetch(uri: &Uri) -> Result<String> {
    let authority = uri.authority().context("the address names no host")?;
    let mut stream = TcpStream::connect(authority.as_str())
        .await
        .context("nothing answers")?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n",
        uri.path()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(LARGEST).read_to_string(&mut answer).await?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("the answer is not HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if !status.contains(" 200 ") {
        bail!("the answer is `{status}`");
    }
    if !body.contains("statebench_build_info") {
        bail!("what answers is no run");
    }
    Ok(body.to_owned())
}

/// One series: its name, its labels, its value.
struct One {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// All series of a scrape.
pub(super) struct Series(Vec<One>);

impl Series {
    /// Reads the text format. Lines that are none are left out.
    pub(super) fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(one).collect())
    }

    /// The sum of the series with this name and these labels; absent where there are none.
    pub(super) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let fits = |one: &&One| {
            one.name == name
                && labels
                    .iter()
                    .all(|(name, value)| one.label(name) == Some(*value))
        };
        let values = self.0.iter().filter(fits).map(|one| one.value);
        values.reduce(|a, b| a + b)
    }

    /// The values that a label of a metric has, in the order of the text.
    pub(super) fn values<'a>(&'a self, name: &str, label: &str) -> Vec<&'a str> {
        let named = self.0.iter().filter(|one| one.name == name);
        named.filter_map(|one| one.label(label)).collect()
    }
}

impl One {
    fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// `name{a="b",c="d"} 1.5`.
fn one(line: &str) -> Option<One> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix("\"}")?),
        None => (series, ""),
    };
    let labels = labels.split("\",").filter_map(|label| {
        let (name, value) = label.split_once("=\"")?;
        Some((name.to_owned(), value.to_owned()))
    });
    Some(One {
        name: name.to_owned(),
        labels: labels.collect(),
        value: value.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_found_by_their_labels_and_summed() {
        let series = Series::of(
            "# HELP a A.\na_total{arm=\"x\",service=\"s:b=1,c=2\"} 1.5\na_total{arm=\"y\"} 2.0\nb 4.0\n# EOF\n",
        );
        assert_eq!(series.sum("a_total", &[]), Some(3.5));
        let with_commas = [("arm", "x"), ("service", "s:b=1,c=2")];
        assert_eq!(series.sum("a_total", &with_commas), Some(1.5));
        assert_eq!(series.sum("a_total", &[("arm", "z")]), None);
        assert_eq!(series.sum("b", &[]), Some(4.0));
        assert_eq!(series.values("a_total", "arm"), ["x", "y"]);
    }
}
