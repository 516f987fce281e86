//! What can be chosen, and what is refused before any load.

use super::super::messages::PROTOCOL;
use super::*;

/// A file that may be executed.
fn executable(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn refused(text: &str) -> String {
    let arms = Arms {
        baseline: "standard",
        candidate: text,
    };
    let options = Arms {
        baseline: "--baseline",
        candidate: "--candidate",
    };
    let error = choose(arms, options).await.unwrap_err();
    assert_eq!(crate::exit::Exit::of(&error), crate::exit::Exit::Usage);
    format!("{error:#}")
}

fn source(service: &str, revision: Option<&str>) -> ArmSource {
    let build = revision.map(|revision| Build {
        version: "0.1.0".to_owned(),
        revision: revision.to_owned(),
        profile: "release".to_owned(),
        target: None,
    });
    ArmSource {
        build,
        ..ArmSource::of_this_binary(service).unwrap()
    }
}

#[test]
fn a_binary_follows_the_last_at_sign_unless_that_is_the_time_of_a_freeze() {
    for (text, expected) in [
        ("optimized", ("optimized", None)),
        ("optimized@old/runner", ("optimized", Some("old/runner"))),
        (
            "optimized:freeze=1000@500",
            ("optimized:freeze=1000@500", None),
        ),
        (
            "optimized:freeze=1000@500,lose=3",
            ("optimized:freeze=1000@500,lose=3", None),
        ),
        (
            "optimized:freeze=1000@500@./7",
            ("optimized:freeze=1000@500", Some("./7")),
        ),
    ] {
        assert_eq!(split(text), expected);
    }
}

#[test]
fn arms_are_told_apart_by_build_then_by_service_then_by_side() {
    let labels = |baseline, candidate| {
        let identities = identities(&Arms {
            baseline,
            candidate,
        });
        [identities.baseline.label, identities.candidate.label]
    };
    let new = || source("optimized", None);
    assert_eq!(
        labels(source("standard", None), new()),
        ["Standard", "Optimized"]
    );
    assert_eq!(
        labels(source("optimized", Some("4c1d7e2")), new()),
        ["Optimized (4c1d7e2)", "Optimized"]
    );
    assert_eq!(
        labels(source("optimized:cache=5", None), new()),
        ["optimized:cache=5", "optimized"]
    );
    assert_eq!(
        labels(new(), new()),
        ["Optimized (baseline)", "Optimized (candidate)"]
    );
}

#[test]
fn a_scenario_may_name_the_runs_arms_or_services() {
    let run = Arms {
        baseline: source("standard", Some("4c1d7e2")),
        candidate: source("optimized", None),
    };
    let own = |baseline: &str, candidate: &str| {
        let own = Arms {
            baseline: baseline.to_owned(),
            candidate: candidate.to_owned(),
        };
        own_arms(&own, &run)
    };
    let noise = own("baseline", "baseline").unwrap();
    assert_eq!(
        (&noise.baseline, &noise.candidate),
        (&run.baseline, &run.baseline)
    );
    assert!(own("null", "null").unwrap().candidate.is_this_build());
    assert!(own("null", "fast").is_err());
}

#[tokio::test]
async fn a_binary_that_cannot_serve_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("optimized@{}", folder.path().join(name).display());
    std::fs::write(folder.path().join("plain"), "text").unwrap();
    executable(folder.path(), "garbage", "\u{7f}ELFgarbage");
    executable(folder.path(), "silent", "#!/bin/sh\nexit 3\n");
    executable(folder.path(), "talkative", "#!/bin/sh\necho hello\n");
    for (name, expected) in [
        ("missing", "cannot be used: No such file"),
        ("plain", "is no executable file"),
        ("garbage", "does not start: "),
        (
            "silent",
            "is no runner: called as an arm it ended at once (exit status: 3)",
        ),
        ("talkative", "is no runner: "),
    ] {
        let message = refused(&at(name)).await;
        assert!(
            message.starts_with("--candidate: ") && message.contains(expected),
            "{name}: {message}"
        );
    }
}

#[tokio::test]
async fn a_binary_of_another_protocol_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let hello = r#"{"is":"hello","protocol":1}"#;
    let old = executable(
        folder.path(),
        "old",
        &format!("#!/bin/sh\necho '{hello}'\ncat >/dev/null\n"),
    );
    let message = refused(&format!("optimized@{}", old.display())).await;
    assert!(
        message.contains("of an unknown build, speaks protocol 1, this runner, ")
            && message.contains(&format!("speaks {PROTOCOL}")),
        "{message}"
    );
}

#[tokio::test]
async fn a_binary_that_says_which_build_it_is_is_known_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let build = r#"{"version":"0.1.0","revision":"4c1d7e2","profile":"release"}"#;
    let hello = format!(r#"{{"is":"hello","protocol":{PROTOCOL},"build":{build}}}"#);
    let old = executable(
        folder.path(),
        "old",
        &format!("#!/bin/sh\necho '{hello}'\ncat >/dev/null\n"),
    );
    let chosen = ArmSource::choose(&format!("faster@{}", old.display()))
        .await
        .unwrap();
    assert_eq!(chosen.label(), "faster (4c1d7e2)");
    assert_eq!(chosen.binary, old.canonicalize().unwrap());
}

#[test]
fn a_build_of_the_same_revision_is_known_by_its_target() {
    let this = crate::environment::build();
    let labelled = |target: Option<&str>| {
        let other = Build {
            target: target.map(str::to_owned),
            ..this.clone()
        };
        apart(&other, &this).to_owned()
    };
    let musl = "x86_64-unknown-linux-musl";
    assert_eq!(labelled(Some(musl)), musl);
    let by_revision = if this.revision.is_empty() {
        "other build"
    } else {
        &this.revision
    };
    assert_eq!(labelled(None), by_revision);
}

#[test]
fn variants_are_told_apart_by_their_options() {
    let run = Arms {
        baseline: source("standard", None),
        candidate: source("optimized", Some("4c1d7e2")),
    };
    let own = ["optimized", "optimized:batch=off", "standard", "candidate"].map(str::to_owned);
    let services = own_services(&own, &run).unwrap();
    assert_eq!(
        labels(&services),
        [
            "Optimized",
            "optimized:batch=off",
            "Standard",
            run.candidate.label().as_str()
        ]
    );
    assert!(own_services(&["fast".to_owned()], &run).is_err());
}
