//! What is scraped after which event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;
use prost::Message;
use shared::arms::{ArmRole, Arms, ByClass};
use shared::histogram::{Histogram, recording};
use shared::report::{
    Allocator, Block, Build, CacheActivity, DatabaseCounters, DatabaseWork, Fault, Incident,
    Latencies, LedgerCheck, Mode, Network, Outcomes, Resident, Resources, Sample,
};

use super::family::Exposition;
use super::messages::{Kind, Metric, MetricFamily};
use super::{About, Meter};
use crate::run::{Event, Listener};
use crate::scenario::{Profile, Spec, load};

fn meter() -> (Meter, Exposition) {
    Meter::new(About {
        build: Build {
            version: "1.2.3".to_owned(),
            revision: String::new(),
            profile: "debug".to_owned(),
            target: Some("x86_64-unknown-linux-gnu".to_owned()),
        },
        profile: "ci".to_owned(),
        services: Arms {
            baseline: "standard".to_owned(),
            candidate: "optimized:cache=5".to_owned(),
        },
    })
}

fn spec() -> Spec {
    load("low-load")
        .unwrap()
        .resolve(Profile::Ci, None)
        .unwrap()
}

fn scrape(exposition: &Exposition) -> String {
    exposition.text().unwrap()
}

fn histogram(values: &[u64]) -> Histogram {
    let mut recorded = recording();
    for value in values {
        recorded.saturating_record(*value);
    }
    Histogram::from_recording(&recorded).unwrap()
}

/// A block in which nothing was measured that may be absent.
fn block(mode: Mode, latencies_ns: &[u64]) -> Block {
    let latencies = Latencies {
        response: histogram(latencies_ns),
        service: histogram(latencies_ns),
        schedule_lag: Histogram::default(),
    };
    Block {
        pair: 0,
        arm: ArmRole::Candidate,
        mode,
        pattern: None,
        started_ns: 0,
        duration_ns: 2_000_000_000,
        planned: 3,
        latencies: ByClass {
            duplicate: Latencies::default(),
            unique: latencies,
        },
        dispatch_lag: Histogram::default(),
        outcomes: Outcomes {
            written: 2,
            deduplicated: 0,
            errors: [("timeout".to_owned(), 1)].into(),
        },
        phases: ByClass::default(),
        database: DatabaseWork::default(),
        cpu_ns: None,
        resident: None,
        cache: None,
        implied: None,
        backlog: None,
        resources: None,
    }
}

fn hear_block(meter: &mut Meter, spec: &Spec, block: &Block, last: Option<&Sample>) {
    meter.hear(&Event::BlockDone {
        spec,
        arm: block.arm,
        done: 1,
        blocks: 20,
        seconds: 2.0,
        block,
        last,
    });
}

/// Asserts that a line is scraped.
fn has(text: &str, line: &str) {
    let found = text.lines().any(|other| other == line);
    assert!(found, "`{line}` is not in\n{text}");
}

const OF: &str = r#"arm="candidate",scenario="low-load""#;

#[test]
fn blocks_add_up_and_latencies_fall_into_their_buckets() {
    let (mut meter, exposition) = meter();
    let spec = spec();
    let ms = 1_000_000;
    hear_block(&mut meter, &spec, &block(Mode::Open, &[ms, 40 * ms]), None);
    hear_block(
        &mut meter,
        &spec,
        &block(Mode::Open, &[60 * ms, 20_000 * ms]),
        None,
    );
    let text = scrape(&exposition);
    has(
        &text,
        &format!(r#"statebench_saves_total{{{OF},mode="open",result="written"}} 4.0"#),
    );
    has(
        &text,
        &format!(r#"statebench_saves_total{{{OF},mode="open",result="failed"}} 2.0"#),
    );
    has(
        &text,
        &format!(r#"statebench_save_errors_total{{{OF},mode="open",kind="timeout"}} 2.0"#),
    );
    has(
        &text,
        &format!(r#"statebench_block_duration_seconds_total{{{OF},mode="open"}} 4.0"#),
    );
    for (bound, count) in [
        ("0.0005", 0),
        ("0.002", 1),
        ("0.05", 2),
        ("0.1", 3),
        ("10.0", 3),
        ("+Inf", 4),
    ] {
        let name = "statebench_save_response_seconds_bucket";
        has(
            &text,
            &format!(r#"{name}{{le="{bound}",{OF},class="unique"}} {count}"#),
        );
    }
    has(
        &text,
        &format!(r#"statebench_save_response_seconds_count{{{OF},class="unique"}} 4"#),
    );
    let median = text
        .lines()
        .find_map(|line| {
            let name = format!(
                r#"statebench_save_response_quantile_seconds{{{OF},class="all",quantile="0.5"}} "#
            );
            line.strip_prefix(name.as_str())
        })
        .unwrap();
    let median: f64 = median.parse().unwrap();
    assert!((median / 0.040 - 1.0).abs() < 0.001, "{median}");
}

#[test]
fn what_was_not_measured_is_absent_and_not_zero() {
    let (mut meter, exposition) = meter();
    hear_block(&mut meter, &spec(), &block(Mode::Open, &[1]), None);
    let text = scrape(&exposition);
    for absent in [
        "resident",
        "cpu",
        "cache",
        "network",
        "allocator",
        "threads",
        "wal",
        "in_use",
        "phase",
        "backlog",
        "ledger",
        "fault_",
    ] {
        assert!(!text.contains(absent), "{absent} is in\n{text}");
    }
}

#[test]
fn the_closed_model_has_throughput_and_no_latency() {
    let (mut meter, exposition) = meter();
    hear_block(
        &mut meter,
        &spec(),
        &block(Mode::Closed, &[1_000_000]),
        None,
    );
    let text = scrape(&exposition);
    assert!(!text.contains("save_response") && !text.contains("save_service"));
    has(
        &text,
        &format!(r#"statebench_block_duration_seconds_total{{{OF},mode="closed"}} 2.0"#),
    );
}

#[test]
fn what_a_platform_gives_is_there() {
    let (mut meter, exposition) = meter();
    let measured = Block {
        cpu_ns: Some(500_000_000),
        resident: Some(Resident {
            start_bytes: 10,
            peak_bytes: 30,
            end_bytes: 20,
        }),
        cache: Some(CacheActivity {
            entries: 7,
            hits: 5,
            misses: 4,
            insertions: 3,
            evictions: 2,
        }),
        resources: Some(Resources {
            network: Some(Network {
                sent_bytes: 11,
                received_bytes: 12,
            }),
            database: Some(DatabaseCounters {
                transactions: Some(12),
                wal_bytes: Some(13),
                size_bytes: Some(14),
                ..DatabaseCounters::default()
            }),
            instruments_ns: Some(250_000_000),
            ..Resources::default()
        }),
        ..block(Mode::Open, &[1])
    };
    let sample = Sample {
        at_ns: 0,
        length_ns: 1,
        pair: 0,
        acknowledged: 0,
        failed: 0,
        response: Histogram::default(),
        resident_bytes: None,
        cpu_ns: None,
        cache: None,
        connections_in_use: Some(3),
        database_bytes: Some(100),
        wal_bytes: None,
        allocator: Some(Allocator {
            allocated_bytes: 1,
            active_bytes: 2,
            resident_bytes: 3,
            retained_bytes: 4,
        }),
        threads: Some(9),
        connections_idle: Some(4),
        connections_waited_for: Some(6),
    };
    hear_block(&mut meter, &spec(), &measured, Some(&sample));
    let text = scrape(&exposition);
    for (name, more, value) in [
        ("cpu_seconds_total", "", "0.5"),
        ("resident_bytes", "", "20.0"),
        ("resident_peak_bytes", "", "30.0"),
        ("cache_entries", "", "7.0"),
        ("cache_hits_total", "", "5.0"),
        ("cache_misses_total", "", "4.0"),
        ("cache_insertions_total", "", "3.0"),
        ("cache_evictions_total", "", "2.0"),
        (
            "database_network_bytes_total",
            r#",direction="sent""#,
            "11.0",
        ),
        ("database_transactions_total", "", "12.0"),
        ("wal_written_bytes_total", "", "13.0"),
        ("instruments_cpu_seconds_total", "", "0.25"),
        ("connections_in_use", "", "3.0"),
        ("connections_idle", "", "4.0"),
        ("connections_waited_for", "", "6.0"),
        ("database_bytes", "", "100.0"),
        ("threads", "", "9.0"),
        ("allocator_bytes", r#",kind="retained""#, "4.0"),
    ] {
        has(&text, &format!("statebench_{name}{{{OF}{more}}} {value}"));
    }
    assert!(!text.contains("statebench_wal_bytes"), "{text}");
}

#[test]
fn the_longest_recovery_and_every_lost_save_are_told() {
    let (mut meter, exposition) = meter();
    let spec = spec();
    for (recovery_ns, violations) in [(1_500_000_000, 2), (300_000_000, 1)] {
        let incident = Incident {
            fault: Fault::CacheEmptied,
            arm: ArmRole::Candidate,
            number: 0,
            at_ns: 0,
            length_ns: 0,
            acknowledged: 0,
            errors: [].into(),
            meant_to_fail: 0,
            unanswered: 0,
            violations: Some(violations),
            recovery_ns: Some(recovery_ns),
        };
        meter.hear(&Event::FaultDone {
            spec: &spec,
            incident: &incident,
            done: 1,
        });
    }
    let check = Arms {
        baseline: LedgerCheck::default(),
        candidate: LedgerCheck {
            acknowledged: 10,
            lost: 1,
            ..LedgerCheck::default()
        },
    };
    meter.hear(&Event::Checked {
        spec: &spec,
        check: &check,
    });
    let text = scrape(&exposition);
    let fault = format!(r#"{OF},fault="cache_emptied""#);
    has(&text, &format!("statebench_faults_total{{{fault}}} 2.0"));
    has(
        &text,
        &format!("statebench_fault_recovery_seconds{{{fault}}} 1.5"),
    );
    has(
        &text,
        &format!("statebench_fault_violations_total{{{fault}}} 3.0"),
    );
    has(
        &text,
        &format!(r#"statebench_ledger_saves{{{OF},result="lost"}} 1.0"#),
    );
}

/// All families that are scraped as messages, by name.
fn families(exposition: &Exposition) -> BTreeMap<String, MetricFamily> {
    let encoded = exposition.protobuf();
    let mut rest = encoded.as_slice();
    let mut families = BTreeMap::new();
    while !rest.is_empty() {
        let family = MetricFamily::decode_length_delimited(&mut rest).unwrap();
        families.insert(family.name.clone(), family);
    }
    families
}

#[test]
fn messages_hold_what_the_text_holds() {
    let (mut meter, exposition) = meter();
    let spec = spec();
    let ms = 1_000_000;
    hear_block(&mut meter, &spec, &block(Mode::Open, &[ms, 40 * ms]), None);
    let (text, families) = (scrape(&exposition), families(&exposition));

    let told = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeSet<String> = told
        .map(|line| match line.split_once(' ').unwrap() {
            (name, "counter") => format!("{name}_total"),
            (name, _) => name.to_owned(),
        })
        .collect();
    assert_eq!(families.keys().cloned().collect::<BTreeSet<_>>(), told);

    let saves = &families["statebench_saves_total"];
    assert_eq!(saves.kind(), Kind::Counter);
    has(&text, &format!("# HELP statebench_saves {}", saves.help));
    let written = saves.metric.iter().find(|series| {
        let result = series.label.last().unwrap();
        (result.name.as_str(), result.value.as_str()) == ("result", "written")
    });
    assert_eq!(written.unwrap().counter.as_ref().unwrap().value, 2.0);

    let response = &families["statebench_save_response_seconds"];
    assert_eq!(response.kind(), Kind::Histogram);
    assert_eq!(response.unit, "seconds");
    let class = |series: &Metric| series.label.last().unwrap().value.clone();
    let unique = response.metric.iter().find(|one| class(one) == "unique");
    let unique = unique.unwrap().histogram.as_ref().unwrap();
    assert_eq!(unique.sample_count, 2);
    assert!((unique.sample_sum / 0.041 - 1.0).abs() < 0.001);
    let at = |bound: f64| {
        let buckets = &unique.bucket;
        let bucket = buckets.iter().find(|bucket| bucket.upper_bound == bound);
        bucket.unwrap().cumulative_count
    };
    assert_eq!([at(0.0005), at(0.002), at(f64::INFINITY)], [0, 1, 2]);
    // One value in each of two native buckets, far from each other.
    assert_eq!(unique.positive_delta, [1, 0]);
    assert_eq!(unique.positive_span.len(), 2);
}

#[test]
fn a_message_is_written_as_the_protocol_says() {
    let mut exposition = Exposition::new();
    let gauge = exposition.add::<Gauge<f64, AtomicU64>>("up", Some(Unit::Seconds), "Help");
    assert!(exposition.protobuf().is_empty());
    gauge.get_or_create(&vec![("a", "b".to_owned())]).set(1.0);
    let labels = b"\x0a\x06\x0a\x01a\x12\x01b";
    let value = b"\x12\x09\x09\0\0\0\0\0\0\xf0\x3f";
    let name = b"\x0a\x15statebench_up_seconds\x12\x05Help.\x18\x01\x22\x13";
    let family = [&name[..], labels, value, b"\x2a\x07seconds"].concat();
    let length = u8::try_from(family.len()).unwrap();
    assert_eq!(exposition.protobuf(), [&[length], &family[..]].concat());
}
