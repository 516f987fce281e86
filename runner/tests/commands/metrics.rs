//! `--metrics`: what is scraped while a run goes on, and what is refused before it begins.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use crate::support::{Desk, RUNNER, Small, assert_exit, stderr, stdout};

/// Between two scrapes.
const INTERVAL: Duration = Duration::from_millis(20);

/// The answer to a GET, with its head.
fn get(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The sum of all series whose line begins so.
fn sum(answer: &str, begin: &str) -> f64 {
    let lines = answer.lines().filter(|line| line.starts_with(begin));
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

/// Starts a run that serves metrics on any free port, and says where.
fn start(desk: &Desk, small: &Small) -> (Child, String, BufReader<impl Read + use<>>) {
    let scenario = desk.scenario(small);
    let mut run = desk
        .command(&[&scenario], &["--metrics", "127.0.0.1:0"])
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let address = line
        .strip_prefix("metrics: http://")
        .and_then(|rest| rest.trim().strip_suffix("/metrics"))
        .unwrap();
    (run, address.to_owned(), said)
}

#[test]
fn a_run_can_be_scraped_in_the_middle_of_a_block_and_the_server_ends_with_it() {
    let desk = Desk::new();
    let small = Small {
        operations: 800,
        pairs: 2,
        ..Small::default()
    };
    let (mut run, address, mut said) = start(&desk, &small);
    // The first block takes two seconds, during which there is an answer that knows of no block.
    let first = loop {
        let answer = get(&address).unwrap();
        if answer.contains("statebench_scenario_info{") {
            break answer;
        }
        std::thread::sleep(INTERVAL);
    };
    assert!(
        first.starts_with("HTTP/1.1 200")
            && first.contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{first}"
    );
    assert!(first.ends_with("# EOF\n") && !first.contains("statebench_blocks_total"));
    let mut last = first;
    while let Ok(answer) = get(&address) {
        if answer.ends_with("# EOF\n") {
            last = answer;
        }
        std::thread::sleep(INTERVAL);
    }
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(run.wait().unwrap().success(), "{rest}");
    // What is known at the very end was still scraped: the ledger, and all saves of the report.
    assert!(
        last.contains(
            r#"statebench_ledger_saves{arm="candidate",scenario="small",result="lost"} 0.0"#
        ),
        "{last}"
    );
    let report = desk.scenario_report("small");
    let saves: u64 = report
        .blocks
        .iter()
        .map(|block| block.outcomes.acknowledged() + block.outcomes.failed())
        .sum();
    assert_eq!(sum(&last, "statebench_saves_total{"), saves as f64);
    let latencies: u64 = report
        .blocks
        .iter()
        .map(|block| {
            block.latencies.duplicate.response.count() + block.latencies.unique.response.count()
        })
        .sum();
    assert_eq!(
        sum(&last, "statebench_save_response_seconds_count{"),
        latencies as f64
    );
}

/// Runs with a bad address; returns what was said.
fn refused(desk: &Desk, address: &str) -> String {
    let output = Command::new(RUNNER)
        .args(["run", "low-load", "--metrics", address])
        .current_dir(desk.path())
        .output()
        .unwrap();
    assert_exit(&output, 2);
    assert!(
        !desk.path().join("reports").exists(),
        "a refused run leaves nothing behind"
    );
    stderr(&output)
}

#[test]
fn a_port_in_use_is_refused_before_any_load() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&Desk::new(), &address);
    assert!(
        said.contains(&address) && said.contains("in use") && said.contains("free port"),
        "{said}"
    );
}

#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    for wrong in ["9464", "localhost", "127.0.0.1:99999", "nowhere:1"] {
        let said = refused(&Desk::new(), wrong);
        assert!(
            said.contains(wrong) && said.contains("127.0.0.1:9464"),
            "{said}"
        );
    }
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let said = refused(&Desk::new(), "192.0.2.1:9464");
    assert!(said.contains("192.0.2.1:9464"), "{said}");
}

#[test]
fn a_run_is_watched_until_its_end() {
    let desk = Desk::new();
    let (mut run, address, mut said) = start(&desk, &Small::default());
    let watched = Command::new(RUNNER)
        .args(["watch", &address])
        .output()
        .unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(run.wait().unwrap().success(), "{rest}");
    assert_exit(&watched, 0);
    let shown = stdout(&watched);
    // The ledger is checked last: it was seen, and nothing is drawn over where there is no terminal.
    let mut candidate = shown.lines().filter(|line| line.contains("candidate"));
    let last: Vec<&str> = candidate.next_back().unwrap().split_whitespace().collect();
    assert_eq!(
        (last[0], last[2], last[3], last[4]),
        ("small", "2", "200", "0")
    );
    assert_eq!(last.last(), Some(&"0"));
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn watching_nothing_says_how_to_begin() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let output = Command::new(RUNNER)
        .args(["watch", &address])
        .output()
        .unwrap();
    assert_exit(&output, 2);
    let said = stderr(&output);
    assert!(
        said.contains(&address) && said.contains("--metrics"),
        "{said}"
    );
}
