//! What is wrong with a file is named with its place.

use proptest::prelude::*;

use super::*;

const VALID: &str = include_str!("../../scenarios/low-load.toml");

/// The message for the low-load file with one piece of text replaced.
fn refused(from: &str, to: &str) -> String {
    assert!(VALID.contains(from), "{from}");
    ScenarioFile::parse("mine.toml", &VALID.replacen(from, to, 1))
        .unwrap_err()
        .to_string()
}

fn line_of(text: &str) -> usize {
    VALID.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn an_unknown_name_proposes_close_ones() {
    let refused = load("hihg-load").unwrap_err().to_string();
    assert!(
        refused.contains("no scenario `hihg-load`: did you mean `high-load`")
            && refused.contains("stability"),
        "{refused}"
    );
    let refused = load("qqq").unwrap_err().to_string();
    assert!(
        !refused.contains("did you mean") && refused.contains("low-load, medium-load"),
        "{refused}"
    );
}

#[test]
fn a_file_is_loaded_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, VALID.replace("low-load", "mine")).unwrap();
    assert_eq!(load(path.to_str().unwrap()).unwrap().name(), "mine");
    let missing = folder.path().join("missing.toml");
    let refused = load(missing.to_str().unwrap()).unwrap_err().to_string();
    assert!(refused.contains("missing.toml"), "{refused}");
}

#[test]
fn figures_out_of_range_name_line_field_and_range() {
    let users = line_of("users = 10");
    assert_eq!(
        refused("users = 10", "users = 0"),
        format!("mine.toml:{users}: `load.users`: 0 is out of range: 1 to 100000")
    );
    let size = line_of("state_size");
    assert_eq!(
        refused("max = \"10 KB\"", "max = \"17 MB\""),
        format!(
            "mine.toml:{size}: `load.state_size.max`: \"17 MB\" is out of range: 1000 to 16777216 bytes"
        )
    );
    let rate = line_of("rate = \"600/s\"");
    assert_eq!(
        refused("rate = \"600/s\"", "rate = 0"),
        format!(
            "mine.toml:{rate}: `profiles.quick.rate`: 0 is out of range: 0.001 to 1000000 a second"
        )
    );
}

#[test]
fn whatever_is_wrong_is_named() {
    for (from, to, expected) in [
        (
            "users = 10",
            "user = 10",
            "`load.user`: unknown field `user`",
        ),
        ("users = 10", "user = 10", "did you mean `users`?"),
        ("users = 10\n", "", "`load.users`: is missing"),
        ("[profiles.full]", "[profiles.ful]", "`ful`"),
        ("users = 10", "users = 1.5", "1.5 is no whole number"),
        (
            "users = 10",
            "users = \"10 ms\"",
            "this must be a plain number",
        ),
        (
            "users = 10",
            "users = true",
            "`load.users`: invalid type: boolean `true`",
        ),
        ("users = 10", "users = ", "mine.toml:10: "),
        (
            "min = \"1 KB\"",
            "min = \"20 KB\"",
            "\"10 KB\" is out of range: 20000 to 16777216 bytes",
        ),
        ("min = \"1 KB\", ", "", "`load.state_size.min`: is missing"),
        (
            "\"30 %\"",
            "\"130 %\"",
            "`load.duplicates`: \"130 %\" is out of range: 0 to 1",
        ),
        ("\"mixed\"", "\"mixd\"", "did you mean `mixed`?"),
        (
            "\"mixed\"",
            "\"thrashing\"",
            "`load.duplicates`: pattern `thrashing` implies 0.5",
        ),
        (
            "\"mixed\"",
            "\"overflow\"",
            "`load.runs`: every save of an overflow has a run of its own",
        ),
        (
            "runs = 200",
            "runs = 5",
            "`load.runs`: 5 is out of range: 10 to 10000000",
        ),
        ("runs = 200\n", "", "`load` needs `runs`"),
        (
            "pairs = 14",
            "pairs = 7001",
            "7001 is out of range: 1 to 7000",
        ),
        (
            "operations = 7000",
            "operations = 7000\nduration = \"1 s\"",
            "either `operations` or `duration`",
        ),
        (
            "duration = \"10 min\"",
            "duration = \"100 ms\"",
            "0 operations: 1 to 10000000 are possible",
        ),
        (
            "name = \"low-load\"",
            "name = \"run\"",
            "`name`: 1 to 64 lower-case letters",
        ),
        (
            "name = \"low-load\"",
            "name = \"../x\"",
            "`name`: 1 to 64 lower-case letters",
        ),
        (
            "id = \"memory\"",
            "id = \"errors\"",
            "two criteria have this id",
        ),
        (
            "metric = \"memory.growth\"",
            "metric = \"memory.grwth\"",
            "did you mean `memory.growth`",
        ),
        (
            "pass = \"10 MB\"",
            "pass = \"10 ms\"",
            "`criteria.pass`: this limit is a size",
        ),
        (
            "pass = \"10 MB\"",
            "pass = \"10 MB\"\nfail = \"9 MB\"",
            "it must be at least 10000000 bytes",
        ),
        ("pass = \"10 MB\"", "pass = nan", "is no finite number"),
        (
            "metric = \"memory.growth\"",
            "metric = \"memory.growth\"\nscenario = \"low-load\"",
            "criteria name no scenario",
        ),
    ] {
        let message = refused(from, to);
        assert!(
            message.starts_with("mine.toml:") && message.contains(expected),
            "{to}: {message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn arrangements_that_make_no_sense_are_refused() {
    let arms = |baseline: &str| {
        format!("[arms]\nbaseline = \"{baseline}\"\ncandidate = \"null\"\n\n[load]\n")
    };
    assert!(
        ScenarioFile::parse(
            "mine.toml",
            &VALID.replacen("[load]\n", &arms("baseline"), 1)
        )
        .is_ok()
    );
    let capacity = "pairs = 14\ncapacity = { target = { duplicate = \"200 ms\", unique = \"500 ms\" }, pairs = 5, step = \"600 ms\" }";
    assert!(ScenarioFile::parse("mine.toml", &VALID.replacen("pairs = 14", capacity, 1)).is_ok());
    let fresh = "key_skew = 0.8\nfresh_arms = true";
    for (from, to, expected) in [
        (
            "[load]\n",
            arms("fast").as_str(),
            "`arms.baseline`: unknown service `fast`",
        ),
        (
            "pairs = 14",
            "pairs = 14\nlooks = 2",
            "`profiles.quick.looks`: a look needs the ledger",
        ),
        (
            "pairs = 14",
            "pairs = 14\nlooks = 9",
            "9 is out of range: 1 to 5",
        ),
        (
            "key_skew = 0.8",
            "key_skew = 0.8\nfresh_arms = 1",
            "`load.fresh_arms`: invalid type",
        ),
        (
            "key_skew = 0.8",
            "key_skew = 0.8\nfresh_arms = true\nsplit = true",
            "`load.fresh_arms`: `split` needs arms that live longer",
        ),
        (
            "pairs = 14",
            "pairs = 14\ncapacity = { target = { duplicate = \"200 ms\", unique = \"500 ms\" }, pairs = 0, step = \"1 s\" }",
            "`profiles.quick.capacity.pairs`: 0 is out of range: 1 to 100",
        ),
        (
            "pairs = 14",
            "pairs = 14\ncapacity = { target = { duplicate = \"200 ms\", unique = \"500 ms\" }, pairs = 5 }",
            "`profiles.quick.capacity.step`: is missing",
        ),
    ] {
        let message = refused(from, to);
        assert!(message.contains(expected), "{to}: {message}");
    }
    for (added, expected) in [
        ("looks = 3", "14 pairs cannot be shared evenly by 3 looks"),
        (
            "memory_profile = true",
            "`load.fresh_arms`: `memory_profile` needs arms that live longer",
        ),
    ] {
        let both = VALID.replacen("key_skew = 0.8", fresh, 1).replacen(
            "pairs = 14",
            &format!("pairs = 14\n{added}"),
            1,
        );
        let message = ScenarioFile::parse("mine.toml", &both)
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// The message for the low-load file with a table `faults`, and what else it replaces.
fn refused_faults(faults: &str, from: &str, to: &str) -> String {
    let table = format!("[faults]\n{faults}\n\n[profiles.full]\n");
    let text = VALID
        .replacen("[profiles.full]\n", &table, 1)
        .replacen(from, to, 1);
    match ScenarioFile::parse("mine.toml", &text) {
        Ok(_) => "accepted".to_owned(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn faults_that_make_no_sense_are_refused_with_their_place() {
    let line = line_of("[profiles.full]") + 1;
    assert_eq!(
        refused_faults("kind = \"errors\"\nshare = \"60 %\"", "", ""),
        format!(
            "mine.toml:{}: `faults.share`: \"60 %\" is out of range: 0.001 to 0.5",
            line + 1
        )
    );
    let outage = "kind = \"database-outage\"\nat = \"100 ms\"\nlength = \"200 ms\"";
    let cache = "kind = \"cache-failure\"\nat = \"100 ms\"\nlength = \"200 ms\"";
    let timeout = |timeout: &str| format!("{outage}\nstatement_timeout = \"{timeout}\"");
    for (faults, from, to, expected) in [
        ("kind = \"crash\"", "", "", "accepted"),
        (cache, "", "", "accepted"),
        (timeout("50 ms").as_str(), "", "", "accepted"),
        ("kind = \"errors\"\nshare = 0.5", "", "", "accepted"),
        ("kind = \"crsh\"", "", "", "did you mean `crash`?"),
        ("at = \"1 s\"", "", "", "`faults.kind`: is missing"),
        (
            "kind = \"crash\"\nlose = 1",
            "",
            "",
            "`faults.lose`: unknown field",
        ),
        (
            "kind = \"crash\"\nat = \"1 s\"",
            "",
            "",
            "`faults.at`: `crash` takes no `at`: leave this out",
        ),
        (
            outage,
            "",
            "",
            "`faults.kind`: `database-outage` needs `statement_timeout` beside it",
        ),
        (
            timeout("300 ms").as_str(),
            "",
            "",
            "`faults.statement_timeout`: \"300 ms\" is out of range: 1000000 to 200000000 ns",
        ),
        (
            "kind = \"cache-failure\"\nat = \"1 KB\"\nlength = \"1 s\"",
            "",
            "",
            "`faults.at`: this must be a time",
        ),
        (
            "kind = \"cache-failure\"\nat = \"400 ms\"\nlength = \"5 s\"",
            "",
            "",
            "`faults.kind`: a block of 0.833 s ends before the fault does, after 5.400 s",
        ),
        (
            cache,
            "cache_entries = 1000",
            "cache_entries = 199",
            "all 200 runs must fit into the cache of 199 entries",
        ),
        (
            "kind = \"errors\"\nshare = \"50 %\"",
            "duplicates = \"30 %\"",
            "duplicates = \"51 %\"",
            "with 0.51 duplicates there are not 0.5 others",
        ),
        (
            "kind = \"crash\"",
            "key_skew = 0.8",
            "key_skew = 0.8\nfresh_arms = true",
            "leave out `fresh_arms` and `split`",
        ),
        (
            "kind = \"crash\"",
            "pairs = 14",
            "pairs = 1",
            "`pairs` must be at least 2",
        ),
        (
            "kind = \"crash\"",
            "pairs = 14",
            "pairs = 14\nclosed = { pairs = 1, operations = 10 }",
            "breaks open blocks",
        ),
    ] {
        assert!(VALID.contains(from), "{from}");
        let message = refused_faults(faults, from, to);
        assert!(message.contains(expected), "{faults}: {message}");
    }
}

#[test]
fn more_kills_make_more_blocks_of_the_same_length() {
    let spec = |name| load(name).unwrap().resolve(Profile::Quick, None).unwrap();
    let (quick, more) = (spec("crash"), spec("crash").with_kills(100));
    assert_eq!((quick.pairs, more.pairs), (26, 101));
    let length = |spec: &Spec| spec.offered.seconds / f64::from(spec.pairs);
    assert!((length(&quick) - length(&more)).abs() < 1e-9);
    assert_eq!(more.offered.operations, 101 * 120);
    assert_eq!(spec("errors").with_kills(100), spec("errors"));
}

#[test]
fn an_overflow_must_overflow() {
    let text = include_str!("../../scenarios/cache-overflow.toml");
    let refused = ScenarioFile::parse(
        "mine.toml",
        &text.replacen("operations = 6000", "operations = 4000", 1),
    )
    .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("4000 operations do not overflow a cache of 1000: at least 5000"),
        "{refused}"
    );
}

#[test]
fn a_profile_that_is_not_there_is_asked_for_by_name() {
    let text = &VALID[..VALID.find("[profiles.ci]").unwrap()];
    let refused = ScenarioFile::parse("mine.toml", text)
        .unwrap()
        .resolve(Profile::Ci, None)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("`[profiles.ci]`") && refused.contains("mine.toml"),
        "{refused}"
    );
}

#[test]
fn a_policy_names_known_scenarios() {
    let text = include_str!("../../policies/release.toml").replacen(
        "scenario = \"medium-load\"",
        "scenario = \"medium\"",
        1,
    );
    let refused = criteria::policy("p.toml", &text, &["medium-load"])
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("unknown scenario") && refused.contains("did you mean `medium-load`?"),
        "{refused}"
    );
}

proptest! {
    /// Whatever is cut out of a file, reading it gives a scenario or a message with a line, never a panic.
    #[test]
    fn a_mutilated_file_is_refused_in_order(begin in 0..VALID.len(), length in 0_usize..200, with in "[ -~\n]{0,6}") {
        let end = (begin + length).min(VALID.len());
        prop_assume!(VALID.is_char_boundary(begin) && VALID.is_char_boundary(end));
        let text = format!("{}{with}{}", &VALID[..begin], &VALID[end..]);
        if let Err(refused) = ScenarioFile::parse("mine.toml", &text) {
            prop_assert!(refused.to_string().starts_with("mine.toml:"), "{refused}");
        }
    }
}
