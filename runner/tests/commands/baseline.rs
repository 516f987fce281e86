//! What a gate compares against: the kept build, or a run of this machine.

use std::process::{Command, Output};

use crate::gate::{counting_policy, gate, load};
use crate::support::{Desk, RUNNER, assert_exit, stderr, stdout};

fn baseline(desk: &Desk, arguments: &[&str]) -> Output {
    Command::new(RUNNER)
        .arg("baseline")
        .args(arguments)
        .arg("--reports")
        .arg(desk.out())
        .output()
        .unwrap()
}

#[test]
fn a_kept_baseline_is_what_a_gate_compares_against() {
    let desk = Desk::new();
    let scenario = load(&desk, 2);
    let policy = counting_policy(&desk);
    let policy = ["--policy", policy.to_str().unwrap()];
    let nothing = gate(&desk, &scenario, &policy).output().unwrap();
    assert_exit(&nothing, 2);
    assert!(
        stderr(&nothing).contains("baseline set"),
        "{}",
        stderr(&nothing)
    );

    assert_exit(&baseline(&desk, &["set", RUNNER]), 0);
    let shown = baseline(&desk, &["show"]);
    assert_exit(&shown, 0);
    assert!(stdout(&shown).contains("debug build"), "{}", stdout(&shown));
    assert_exit(&gate(&desk, &scenario, &policy).output().unwrap(), 0);

    let kept = std::fs::read_dir(desk.out().join("baseline"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("runner-")
        })
        .unwrap();
    std::fs::remove_file(&kept).unwrap();
    std::fs::write(&kept, "another").unwrap();
    for output in [
        baseline(&desk, &["show"]),
        gate(&desk, &scenario, &policy).output().unwrap(),
    ] {
        assert_exit(&output, 2);
        assert!(
            stderr(&output).contains("changed since"),
            "{}",
            stderr(&output)
        );
    }
    assert_exit(&baseline(&desk, &["clear"]), 0);
    assert!(stderr(&baseline(&desk, &["show"])).contains("no baseline is kept"));
}

#[test]
fn a_run_of_this_machine_is_measured_anew_and_one_of_another_is_3() {
    let desk = Desk::new();
    let scenario = load(&desk, 2);
    let policy = counting_policy(&desk);
    let policy = ["--policy", policy.to_str().unwrap()];
    assert_exit(&desk.run(&[&scenario], &["--profile", "ci"]), 0);
    let stored = desk.only_run();
    let against = ["--against", stored.to_str().unwrap(), policy[0], policy[1]];
    let output = gate(&desk, &scenario, &against).output().unwrap();
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("Errors"), "{}", stdout(&output));

    let file = stored.join("run.json");
    let mut run = shared::report::read_run(&std::fs::read_to_string(&file).unwrap()).unwrap();
    run.environment.fingerprint = "another-machine".to_owned();
    let (text, _) = shared::report::seal(&run).unwrap();
    std::fs::write(&file, text).unwrap();
    let output = gate(&desk, &scenario, &against).output().unwrap();
    assert_exit(&output, 3);
    let said = stdout(&output);
    assert!(
        said.contains("another machine") && said.contains("--against BINARY"),
        "{said}"
    );
}
