//! The formats in which figures are scraped, and which of them is wanted.

use super::family::Exposition;

/// A format of exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text, in which histograms have classic buckets only.
    OpenMetrics,
    /// Protocol buffers, in which histograms have native buckets besides. Prometheus asks for them first where it is to take
    /// native histograms.
    Protobuf,
}

impl Format {
    /// The one that the value of an `Accept` header wants more; text where it does not care.
    pub(super) fn wanted(accept: &str) -> Self {
        let best = |is_wanted: fn(&str) -> bool| {
            let ranges = accept.split(',').filter(|range| is_wanted(range));
            ranges.map(quality).fold(0.0, f64::max)
        };
        if best(is_protobuf) > best(is_text) {
            Self::Protobuf
        } else {
            Self::OpenMetrics
        }
    }

    /// What it is called in a `Content-Type` header.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// All figures in this format; none where the encoder cannot write one.
    pub(super) fn encode(self, exposition: &Exposition) -> Option<Vec<u8>> {
        match self {
            Self::OpenMetrics => exposition.text().map(String::into_bytes),
            Self::Protobuf => Some(exposition.protobuf()),
        }
    }
}

fn is_protobuf(range: &str) -> bool {
    let has = |wanted: &str| parameters(range).any(|parameter| parameter == wanted);
    media_type(range) == "application/vnd.google.protobuf"
        && has("proto=io.prometheus.client.metricfamily")
        && has("encoding=delimited")
}

fn is_text(range: &str) -> bool {
    matches!(
        media_type(range).as_str(),
        "application/openmetrics-text" | "text/plain" | "text/*" | "*/*"
    )
}

fn media_type(range: &str) -> String {
    let name = range.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// Parameters of a media range, without white space and quotes, in lower case.
fn parameters(range: &str) -> impl Iterator<Item = String> {
    let clean = |text: &str| text.replace([' ', '"'], "").to_ascii_lowercase();
    range.split(';').skip(1).map(clean)
}

/// How much a media range is wanted, 0 to 1; 1 where it does not say.
fn quality(range: &str) -> f64 {
    let said =
        parameters(range).find_map(|parameter| Some(parameter.strip_prefix("q=")?.to_owned()));
    said.map_or(1.0, |number| number.parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn what_is_wanted_most_is_sent() {
        let text = "application/openmetrics-text;version=1.0.0";
        let cases = [
            (format!("{PROTOBUF},{text};q=0.8,*/*;q=0.1"), Format::Protobuf),
            (format!("{text};q=0.4, {PROTOBUF};q=0.6"), Format::Protobuf),
            (format!("{text};q=0.6,{PROTOBUF};q=0.4"), Format::OpenMetrics),
            (format!("{text},{PROTOBUF}"), Format::OpenMetrics),
            (format!("{PROTOBUF};q=0"), Format::OpenMetrics),
            (
                "Application/vnd.google.protobuf; Proto=\"io.prometheus.client.MetricFamily\"; encoding=delimited"
                    .to_owned(),
                Format::Protobuf,
            ),
        ];
        for (accept, expected) in cases {
            assert_eq!(Format::wanted(&accept), expected, "{accept}");
        }
    }

    #[test]
    fn text_is_sent_to_whoever_asks_for_nothing_that_is_there() {
        for accept in [
            "",
            "*/*",
            "application/json",
            "text/plain;q=high",
            ",;,q=",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "application/vnd.google.protobuf;proto=another.Message;encoding=delimited",
        ] {
            assert_eq!(Format::wanted(accept), Format::OpenMetrics, "{accept}");
        }
    }
}
