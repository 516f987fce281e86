//! A family of figures: series of one name, by their labels, as both formats have them.

use std::collections::BTreeMap;
use std::fmt::{Debug, Error};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::{Registry, Unit};
use prost::Message;

use super::messages::{Kind, LabelPair, Metric, MetricFamily, Value};

/// Names and values that tell the series of a family apart.
pub(super) type Labels = Vec<(&'static str, String)>;

/// What all names begin with.
const PREFIX: &str = "statebench";

/// What a family can be of. Clones are the same figure.
pub(super) trait Figure:
    EncodeMetric + TypedMetric + Clone + Default + Debug + Send + Sync + 'static
{
    /// What protocol buffers call it.
    const KIND: Kind;
    /// What names of its kind end with.
    const SUFFIX: &'static str = "";

    /// As a message, without labels.
    fn message(&self) -> Metric;
}

impl Figure for Gauge<f64, AtomicU64> {
    const KIND: Kind = Kind::Gauge;

    fn message(&self) -> Metric {
        let value = Value { value: self.get() };
        Metric {
            gauge: Some(value),
            ..Metric::default()
        }
    }
}

impl Figure for Counter<f64, AtomicU64> {
    const KIND: Kind = Kind::Counter;
    const SUFFIX: &'static str = "_total";

    fn message(&self) -> Metric {
        let value = Value { value: self.get() };
        Metric {
            counter: Some(value),
            ..Metric::default()
        }
    }
}

/// Series by their labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Family<F>(Arc<Mutex<BTreeMap<Labels, F>>>);

impl<F: Figure> Family<F> {
    /// The series of these labels, from now on also where it stays zero.
    pub(super) fn get_or_create(&self, labels: &Labels) -> F {
        self.series().entry(labels.clone()).or_default().clone()
    }

    fn series(&self) -> MutexGuard<'_, BTreeMap<Labels, F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn messages(&self) -> Vec<Metric> {
        let labelled = |(labels, figure): (&Labels, &F)| Metric {
            label: labels.iter().map(label).collect(),
            ..figure.message()
        };
        self.series().iter().map(labelled).collect()
    }
}

fn label((name, value): &(&'static str, String)) -> LabelPair {
    LabelPair {
        name: (*name).to_owned(),
        value: value.clone(),
    }
}

impl<F: Figure> EncodeMetric for Family<F> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), Error> {
        for (labels, figure) in self.series().iter() {
            figure.encode(encoder.encode_family(labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        F::TYPE
    }

    fn is_empty(&self) -> bool {
        self.series().is_empty()
    }
}

/// All families, to be scraped.
pub(crate) struct Exposition {
    text: Registry,
    /// Each family as a message; none where it has no series.
    messages: Vec<Box<dyn Fn() -> Option<MetricFamily> + Send + Sync>>,
}

impl Exposition {
    /// No families.
    pub(super) fn new() -> Self {
        Self {
            text: Registry::with_prefix(PREFIX),
            messages: Vec::new(),
        }
    }

    /// Takes a new family in.
    pub(super) fn add<F: Figure>(
        &mut self,
        name: &str,
        unit: Option<Unit>,
        help: &str,
    ) -> Family<F> {
        let family = Family::<F>::default();
        let described = described(name, unit.as_ref(), help, F::KIND, F::SUFFIX);
        let series = family.clone();
        self.messages.push(Box::new(move || {
            let metric = series.messages();
            let described = described.clone();
            (!metric.is_empty()).then_some(MetricFamily {
                metric,
                ..described
            })
        }));
        match unit {
            Some(unit) => self
                .text
                .register_with_unit(name, help, unit, family.clone()),
            None => self.text.register(name, help, family.clone()),
        }
        family
    }

    /// As OpenMetrics text; none where the encoder cannot write a figure.
    pub(super) fn text(&self) -> Option<String> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.text).ok()?;
        Some(text)
    }

    /// As protocol buffers, each family behind its length.
    pub(super) fn protobuf(&self) -> Vec<u8> {
        let families = self.messages.iter().filter_map(|family| family());
        families
            .flat_map(|family| family.encode_length_delimited_to_vec())
            .collect()
    }
}

/// A family without series. Its name and its help text are what the text encoder makes of them.
fn described(
    name: &str,
    unit: Option<&Unit>,
    help: &str,
    kind: Kind,
    suffix: &str,
) -> MetricFamily {
    let unit = unit.map_or("", Unit::as_str);
    let parts = [PREFIX, name, unit];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    MetricFamily {
        name: parts.join("_") + suffix,
        help: format!("{help}."),
        kind: kind.into(),
        metric: Vec::new(),
        unit: unit.to_owned(),
    }
}
