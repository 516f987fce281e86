use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// Writes a file in a folder of its own and reads it.
fn read_bytes(name: &str, bytes: &[u8]) -> Result<Import, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    Import::read(&file)
}

fn read(text: &str) -> Result<Import, ImportError> {
    read_bytes("saves.jsonl", text.as_bytes())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn line(run: &str, thread: &str, user: &str, more: &str) -> String {
    format!("{{\"run_id\":\"{run}\",\"thread_id\":\"{thread}\",\"user_id\":\"{user}\",{more}}}\n")
}

const GOOD: &str = "{\"run_id\":\"r\",\"thread_id\":\"t\",\"user_id\":\"u\",\"state\":{\"a\":1}}\n";

/// A good line, then a wrong one: what is said, behind the name of the file.
fn refused(second: &str) -> String {
    let said = read(&format!("{GOOD}{second}\n")).unwrap_err().to_string();
    let (_, place) = said.split_once("saves.jsonl:").unwrap();
    place.to_owned()
}

#[test]
fn lines_become_numbers_in_their_order() {
    let text = [
        line("b", "t2", "ann", r#""state":{"y":1,"x":2}"#),
        line(
            "a",
            "t1",
            "bob",
            r#""state":{},"checkpoint_type":"full","is_recovery_point":true,"agent_phase":"p","execution_context":{"k":[1]}"#,
        ),
        line("b", "t2", "ann", r#""state":{ "x": 2, "y": 1 }"#),
        line("c", "t2", "ann", r#""state":{},"agent_phase":null"#),
    ]
    .concat();
    let import = read(&text).unwrap();
    let numbers: Vec<_> = import
        .lines()
        .iter()
        .map(|l| (l.run, l.thread, l.user, l.state))
        .collect();
    assert_eq!(
        numbers,
        [(0, 0, 0, 0), (1, 1, 1, 1), (0, 0, 0, 0), (2, 0, 0, 1)]
    );
    assert_eq!((import.runs(), import.threads(), import.users()), (3, 2, 2));
    assert_eq!(&import.state(0).unwrap()[..], br#"{"x":2,"y":1}"#);
    assert_eq!(import.state(2), None);
    let second = &import.lines()[1];
    assert_eq!(
        (second.checkpoint, second.recovery_point),
        (Checkpoint::Full, true)
    );
    assert_eq!(second.agent_phase.as_deref(), Some("p"));
    assert_eq!(
        second.execution_context.as_deref(),
        Some(&br#"{"k":[1]}"#[..])
    );
    assert_eq!(import.lines()[0].checkpoint, Checkpoint::Auto);
    assert!((import.duplicate_share() - 0.25).abs() < 1e-12);
    assert_eq!(import.state_bytes(), BytesRange { min: 2, max: 13 });
}

#[test]
fn a_compressed_file_says_the_same() {
    let plain = read(GOOD).unwrap();
    for name in ["saves.jsonl.gz", "saves"] {
        let compressed = read_bytes(name, &gzip(GOOD)).unwrap();
        assert_eq!(compressed.fingerprint(), plain.fingerprint());
        assert_eq!(compressed.describe(), plain.describe());
    }
}

#[test]
fn marks_carriage_returns_and_empty_lines_at_the_end_do_no_harm() {
    let text = format!("\u{feff}{}\r\n\n  \n", GOOD.trim());
    assert_eq!(read(&text).unwrap().lines(), read(GOOD).unwrap().lines());
}

#[test]
fn a_description_says_sizes_and_types_only() {
    let text = [
        line("r", "t", "u", r#""state":{"secret":"x"}"#),
        line(
            "r",
            "t",
            "u",
            r#""state":{"secret":"y"},"checkpoint_type":"manual""#,
        ),
        line(
            "r",
            "t",
            "u",
            &format!(r#""state":{{"secret":"{}"}}"#, "z".repeat(6_000)),
        ),
        line("r", "t", "u", r#""state":{"secret":"x"}"#),
    ]
    .concat();
    let described = read(&text).unwrap().describe();
    assert_eq!(
        (described.source.as_str(), described.states),
        ("imported", 3)
    );
    let classes: Vec<_> = described
        .size_classes
        .iter()
        .map(|c| (c.name.as_str(), c.states, c.smallest_bytes, c.largest_bytes))
        .collect();
    assert_eq!(
        classes,
        [
            ("smaller_state", 2, 14, 14),
            ("grown_agent_state", 1, 6_013, 6_013)
        ]
    );
    assert_eq!(described.bytes, 6_041);
    let types: Vec<_> = described.checkpoint_types.into_iter().collect();
    assert_eq!(
        types,
        [("auto".to_owned(), 0.75), ("manual".to_owned(), 0.25)]
    );
}

#[test]
fn every_part_of_a_line_changes_the_fingerprint() {
    let whole =
        r#""state":{"a":1},"checkpoint_type":"auto","agent_phase":"p","execution_context":1"#;
    let fingerprint = |more: &str| {
        let text = [line("r", "t", "u", more), line("s", "t", "u", more)].concat();
        read(&text).unwrap().fingerprint()
    };
    let first = fingerprint(whole);
    for (part, other) in [
        (r#"{"a":1}"#, r#"{"a":2}"#),
        ("auto", "manual"),
        (r#""p""#, r#""q""#),
        (r#""p""#, "null"),
        (r#"context":1"#, r#"context":2"#),
        (r#"context":1"#, r#"context":1,"is_recovery_point":true"#),
    ] {
        assert_ne!(first, fingerprint(&whole.replace(part, other)), "{other}");
    }
}

#[test]
fn what_is_wrong_is_said_with_line_and_field() {
    let id = |name: &str, value: &str| {
        GOOD.trim().replace(
            &format!("\"{name}\":\"{}\"", &name[..1]),
            &format!("\"{name}\":{value}"),
        )
    };
    let state = |value: &str| GOOD.trim().replace(r#"{"a":1}"#, value);
    let more = |field: &str| {
        GOOD.trim()
            .replace("{\"a\":1}", &format!("{{\"a\":1}},{field}"))
    };
    let long = format!("\"{}\"", "x".repeat(257));
    for (wrong, expected) in [
        ("[1]".to_owned(), "2: a list is no save request"),
        ("{\"run_id\"".to_owned(), "2: no valid JSON at byte 9"),
        ("{} {}".to_owned(), "2: no valid JSON at byte 4"),
        ("{}".to_owned(), "2: `run_id`: the field is missing"),
        (id("run_id", "\"\""), "2: `run_id`: it is empty"),
        (
            id("thread_id", "5"),
            "2: `thread_id`: this is a number; give a text",
        ),
        (
            id("user_id", &long),
            "2: `user_id`: it has 257 bytes; at most 256",
        ),
        (
            id("user_id", r#""a\u0000""#),
            "2: `user_id`: it contains a NUL",
        ),
        (
            state("[]"),
            "2: `state`: this is a list; a state is a JSON object",
        ),
        (
            state(r#"{"a":["\u0000"]}"#),
            "2: `state`: it contains a NUL",
        ),
        (state(r#"{"\u0000":1}"#), "2: `state`: it contains a NUL"),
        (
            more(r#""statte":1"#),
            "2: `statte`: unknown field; known are run_id",
        ),
        (
            more(r#""checkpoint_type":"often""#),
            "2: `checkpoint_type`: unknown checkpoint type \"often\"; known are",
        ),
        (
            more(r#""is_recovery_point":1"#),
            "2: `is_recovery_point`: this is a number; give true or false",
        ),
        (
            more(r#""agent_phase":[]"#),
            "2: `agent_phase`: this is a list; give a text",
        ),
        (
            id("thread_id", "\"t2\""),
            "2: `run_id`: it has another thread_id than on line 1",
        ),
        (
            id("user_id", "\"u2\""),
            "2: `thread_id`: it has another user_id than on line 1",
        ),
        (
            format!("\n{}", GOOD.trim()),
            "2: the line is empty: remove it",
        ),
    ] {
        let said = refused(&wrong);
        assert!(said.starts_with(expected), "{wrong}: {said}");
    }
}

#[test]
fn a_nul_that_is_spelled_out_is_no_nul() {
    let text = line("r", "t", "u", r#""state":{"a":"\\u0000"}"#);
    assert_eq!(
        &read(&text).unwrap().state(0).unwrap()[..],
        br#"{"a":"\\u0000"}"#
    );
}

#[test]
fn states_of_the_largest_size_are_accepted_and_no_larger_ones() {
    let state = |bytes: usize| format!(r#""state":{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    let largest = line("r", "t", "u", &state(16_777_216));
    assert_eq!(read(&largest).unwrap().state_bytes().max, 16_777_216);
    let said = read(&line("r", "t", "u", &state(16_777_217)))
        .unwrap_err()
        .to_string();
    assert!(
        said.contains(":1: `state`: it has 16777217 bytes; at most 16777216"),
        "{said}"
    );
}

#[test]
fn nesting_beyond_what_services_accept_is_refused() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        line("r", "t", "u", &format!(r#""state":{{"a":{open}{close}}}"#))
    };
    assert!(read(&deep(100)).is_ok());
    let said = read(&deep(200)).unwrap_err().to_string();
    assert!(said.contains("recursion limit"), "{said}");
}

#[test]
fn bytes_that_are_no_utf_8_are_named() {
    let said = read_bytes("saves.jsonl", b"{\"run_id\":\"\xff\"}\n")
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("saves.jsonl:1: byte 12 is no UTF-8"),
        "{said}"
    );
}

#[test]
fn what_is_no_file_of_requests_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Import::read(&folder.path().join("none.jsonl")).unwrap_err();
    assert!(missing.to_string().contains("none.jsonl"), "{missing}");
    let directory = Import::read(folder.path()).unwrap_err();
    assert!(
        directory.to_string().contains("no regular file"),
        "{directory}"
    );
    for (name, bytes) in [
        ("saves.jsonl", Vec::new()),
        ("saves.jsonl", b"\n\n".to_vec()),
        ("saves.jsonl.gz", gzip("")),
    ] {
        let said = read_bytes(name, &bytes).unwrap_err().to_string();
        assert!(said.contains("is empty"), "{said}");
    }
}

#[test]
fn damaged_compression_is_named() {
    let text: String = (0..500)
        .map(|n| {
            line(
                "r",
                "t",
                "u",
                &format!(r#""state":{{"n":{}}}"#, n * n * 7_919 % 10_007),
            )
        })
        .collect();
    let whole = gzip(&text);
    let cut = read_bytes("saves.jsonl.gz", &whole[..whole.len() / 2]).unwrap_err();
    let said = cut.to_string();
    assert!(said.contains("damaged or cut off"), "{said}");
    assert!(cut.place().starts_with("line "), "{}", cut.place());
    let mut altered = whole.clone();
    let checksum = altered.len() - 8;
    altered[checksum] ^= 1;
    let said = read_bytes("saves.jsonl.gz", &altered)
        .unwrap_err()
        .to_string();
    assert!(said.contains("damaged or cut off"), "{said}");
    let said = read_bytes("saves.jsonl.gz", GOOD.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("not compressed by gzip, or damaged"),
        "{said}"
    );
}

#[test]
fn the_place_of_an_error_names_neither_file_nor_contents() {
    let wrong = read(&format!("{GOOD}{{\"secret\":1}}\n")).unwrap_err();
    assert_eq!(wrong.place(), "line 2");
}
