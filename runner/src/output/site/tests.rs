//! Sites as a whole.

use super::super::check_run;
use super::super::sample::written_into;
use super::*;
use crate::exit::Exit;
use tempfile::TempDir;

struct Place {
    _root: TempDir,
    site: PathBuf,
    reports: PathBuf,
    viewer: PathBuf,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let [site, reports, viewer] = ["site", "reports", "dist"].map(|name| root.path().join(name));
    fs::create_dir_all(viewer.join("icons")).unwrap();
    fs::create_dir(&reports).unwrap();
    fs::write(viewer.join(PAGE), "<!doctype html>").unwrap();
    fs::write(viewer.join("icons/mark.svg"), "<svg/>").unwrap();
    Place {
        _root: root,
        site,
        reports,
        viewer,
    }
}

impl Place {
    fn publish(&self) -> Published {
        self.try_publish().unwrap()
    }

    fn try_publish(&self) -> Result<Published> {
        self.publish_at("2026-11-25T12:00:00Z")
    }

    fn publish_at(&self, now: &str) -> Result<Published> {
        self.publish_by(&Publisher::this(), now)
    }

    fn publish_by(&self, by: &Publisher, now: &str) -> Result<Published> {
        publish(&Publication {
            site: &self.site,
            reports: &self.reports,
            viewer: &Viewer::in_folder(&self.viewer)?,
            url: None,
            by,
            now: now.parse().unwrap(),
        })
    }

    /// Builds a viewer whose page loads this file.
    fn build(&self, code: &str, bytes: &str) {
        fs::remove_dir_all(&self.viewer).unwrap();
        fs::create_dir(&self.viewer).unwrap();
        let page = format!("<!doctype html><script src=./{code} type=module></script>");
        fs::write(self.viewer.join(PAGE), page).unwrap();
        fs::write(self.viewer.join(code), bytes).unwrap();
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.site).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_site_holds_the_viewer_the_runs_and_their_list() {
    let place = place();
    let run = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
    let published = place.publish();
    assert_eq!(published.page, place.site.join("index.html"));
    assert!(place.site.join("icons/mark.svg").is_file());
    assert!(place.site.join("reports").join(INDEX_FILE).is_file());
    let copied = place.site.join("reports").join(run.file_name().unwrap());
    assert_eq!(check_run(&copied).findings, []);
}

#[test]
fn a_site_holds_the_policies_that_its_pages_judge_by() {
    let place = place();
    place.publish();
    let text = fs::read_to_string(place.site.join("reports").join(POLICIES_FILE)).unwrap();
    let policies: Vec<shared::criteria::Policy> = serde_json::from_str(&text).unwrap();
    let names: Vec<(&str, bool)> = policies.iter().map(|p| (p.name.as_str(), p.gate)).collect();
    assert_eq!(names, [("release", false), ("ci", true)]);
}

#[test]
fn publishing_again_writes_nothing_and_keeps_runs_that_are_gone() {
    let place = place();
    let old = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
    assert!(place.publish().written > 5);
    assert_eq!(place.publish().written, 0);
    fs::remove_dir_all(old).unwrap();
    written_into(&place.reports, &["low-load"], "2026-11-24T03:15:00Z");
    let published = place.publish();
    // The run and its scenario, picture and page, each text with its copy, and the list with its copy.
    assert_eq!(published.written, 9);
    assert_eq!(published.index.runs.len(), 2);
}

#[test]
fn a_run_is_published_under_its_id_and_once() {
    let place = place();
    let run = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
    fs::rename(&run, place.reports.join("mine")).unwrap();
    let index = place.publish().index;
    assert_eq!(index.runs[0].id, run.file_name().unwrap().to_str().unwrap());
    assert_eq!(index.unreadable, []);
    fs::create_dir(place.reports.join("copy")).unwrap();
    for file in ["run.json", "low-load.json"] {
        fs::copy(
            place.reports.join("mine").join(file),
            place.reports.join("copy").join(file),
        )
        .unwrap();
    }
    let index = place.publish().index;
    assert_eq!((index.runs.len(), index.unreadable.len()), (1, 1));
}

#[test]
fn damage_is_listed_and_stops_nothing() {
    let place = place();
    let lost = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
    let scratched = written_into(&place.reports, &["low-load"], "2026-11-24T03:15:00Z");
    fs::write(lost.join(RUN_FILE), "").unwrap();
    fs::write(scratched.join("low-load.json"), "").unwrap();
    let index = place.publish().index;
    assert_eq!(index.runs.len(), 1);
    let files: Vec<&str> = index
        .unreadable
        .iter()
        .map(|u| u.file.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(files, ["low-load.json", "run.json"]);
}

#[test]
fn a_missing_viewer_says_what_to_do() {
    let place = place();
    fs::remove_file(place.viewer.join(PAGE)).unwrap();
    let refused = place.try_publish().unwrap_err();
    assert_eq!(Exit::of(&refused), Exit::Usage);
    assert!(refused.to_string().contains("make viewer"), "{refused}");
    assert!(!place.site.exists());
}

#[test]
fn files_that_shrink_have_compressed_copies_beside_them() {
    let place = place();
    let code = "start-212e4c2f177eb1d8.js";
    place.build(code, &"load();".repeat(1_000));
    let run = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
    place.publish();
    let reports = place.site.join(REPORTS);
    for copy in [
        place.site.join(format!("{code}.gz")),
        place.site.join(format!("{code}.br")),
        reports.join(run.file_name().unwrap()).join("run.json.gz"),
        reports.join("policies.json.gz"),
    ] {
        assert!(copy.is_file(), "{}", copy.display());
    }
    assert!(!reports.join("policies.json.br").exists());
    assert_eq!(
        place.files(),
        [
            NO_JEKYLL,
            ".statebench-assets.json",
            "_headers",
            "index.html",
            "r",
            "reports",
            code,
            &format!("{code}.br"),
            &format!("{code}.gz"),
        ]
    );
    let headers = fs::read_to_string(place.site.join("_headers")).unwrap();
    assert!(headers.contains(&format!("/{code}\n")), "{headers}");
}

#[test]
fn code_of_earlier_builds_stays_for_a_month() {
    let place = place();
    let [old, new] = ["start-1111111111111111.js", "start-2222222222222222.js"];
    place.build(old, &"old();".repeat(1_000));
    place.publish_at("2026-01-01T00:00:00Z").unwrap();
    place.build(new, "new();");
    place.publish_at("2026-03-01T00:00:00Z").unwrap();
    assert!(
        place.site.join(old).exists(),
        "it was the newest until today"
    );
    place.publish_at("2026-03-30T00:00:00Z").unwrap();
    assert!(place.site.join(old).exists(), "a tab may still load it");
    place.publish_at("2026-04-01T00:00:00Z").unwrap();
    let left: Vec<String> = place.files();
    assert!(!left.iter().any(|name| name.starts_with(old)), "{left:?}");
    assert!(left.iter().any(|name| name == new), "{left:?}");
}

#[test]
fn a_build_that_comes_back_is_kept() {
    let place = place();
    let [old, new] = ["start-1111111111111111.js", "start-2222222222222222.js"];
    for (code, day) in [
        (old, "01-01"),
        (new, "01-02"),
        (old, "01-03"),
        (old, "06-01"),
    ] {
        place.build(code, "load();");
        place.publish_at(&format!("2026-{day}T00:00:00Z")).unwrap();
    }
    assert!(place.site.join(old).exists() && !place.site.join(new).exists());
}

#[test]
fn files_of_others_are_never_removed() {
    let place = place();
    let [old, new] = ["start-1111111111111111.js", "start-2222222222222222.js"];
    place.build(old, "old();");
    place.publish_at("2026-01-01T00:00:00Z").unwrap();
    fs::write(place.site.join(old), "somebody's").unwrap();
    fs::write(place.site.join("CNAME"), "example.org").unwrap();
    let outside = place.reports.join("outside");
    fs::write(&outside, "").unwrap();
    let list = place.site.join(".statebench-assets.json");
    let text = fs::read_to_string(&list).unwrap();
    let digest = blake3::hash(b"").to_hex();
    let harmed = text.replacen(
        '{',
        &format!(
            "{{\"../reports/outside\": {{\"blake3\": \"{digest}\", \"replaced_at\": \"2020-01-01T00:00:00Z\"}},"
        ),
        1,
    );
    fs::write(&list, harmed).unwrap();
    place.build(new, "new();");
    place.publish_at("2026-01-02T00:00:00Z").unwrap();
    place.publish_at("2026-06-01T00:00:00Z").unwrap();
    assert!(place.site.join(old).exists() && place.site.join("CNAME").exists());
    assert!(outside.exists());
}

#[test]
fn a_damaged_list_of_assets_removes_nothing() {
    let place = place();
    let [old, new] = ["start-1111111111111111.js", "start-2222222222222222.js"];
    place.build(old, "old();");
    place.publish_at("2026-01-01T00:00:00Z").unwrap();
    fs::write(place.site.join(".statebench-assets.json"), "{\"").unwrap();
    place.build(new, "new();");
    place.publish_at("2026-06-01T00:00:00Z").unwrap();
    assert!(place.site.join(old).exists());
}

#[test]
fn another_content_under_a_name_with_a_digest_is_said() {
    let place = place();
    let code = "start-1111111111111111.js";
    place.build(code, "one();");
    assert_eq!(place.publish().renewed, [] as [PathBuf; 0]);
    place.build(code, "two();");
    assert_eq!(place.publish().renewed, [Path::new(code)]);
    assert_eq!(place.publish().renewed, [] as [PathBuf; 0]);
}

#[test]
fn files_of_two_builds_are_refused_and_the_site_stays() {
    let place = place();
    let code = "start-1111111111111111.js";
    place.build(code, "import('./evidence-2222222222222222.js')");
    let refused = place.try_publish().unwrap_err();
    assert_eq!(Exit::of(&refused), Exit::Usage);
    let text = refused.to_string();
    assert!(
        text.contains("names evidence-2222222222222222.js"),
        "{text}"
    );
    assert!(text.contains("make viewer"), "{text}");
    assert!(!place.site.exists());
}

#[test]
fn a_page_with_a_script_in_it_is_refused() {
    let place = place();
    let page = "<!doctype html><script type=module>import init from './start.js'</script>";
    fs::write(place.viewer.join(PAGE), page).unwrap();
    let refused = place.try_publish().unwrap_err();
    assert_eq!(Exit::of(&refused), Exit::Usage);
    assert!(refused.to_string().contains("holds a script"), "{refused}");
}

#[test]
fn a_site_says_whose_it_replaces() {
    let place = place();
    let now = "2026-11-25T12:00:00Z";
    let other = Publisher {
        version: semver::Version::new(9, 0, 0),
        ..Publisher::this()
    };
    assert_eq!(place.publish().replaced, None, "there was none");
    assert_eq!(place.publish().replaced, None, "it is the same");
    let over_this = place.publish_by(&other, now).unwrap().replaced;
    assert_eq!(over_this, Some(Replaced::Other(Publisher::this())));
    let over_other = place.publish().replaced;
    assert_eq!(over_other, Some(Replaced::Other(other)));
}

#[test]
fn a_site_of_before_sites_named_their_publisher_is_told_and_keeps_its_files() {
    let place = place();
    let [old, new] = ["start-1111111111111111.js", "start-2222222222222222.js"];
    place.build(old, "old();");
    place.publish_at("2026-01-01T00:00:00Z").unwrap();
    // The list as version 0.1.0 wrote it.
    let digest = blake3::hash(b"old();").to_hex();
    let list = format!("{{\"{old}\": {{\"blake3\": \"{digest}\", \"replaced_at\": null}}}}");
    fs::write(place.site.join(".statebench-assets.json"), list).unwrap();
    place.build(new, "new();");
    let published = place.publish_at("2026-01-02T00:00:00Z").unwrap();
    assert_eq!(published.replaced, Some(Replaced::Unnamed));
    let published = place.publish_at("2026-06-01T00:00:00Z").unwrap();
    assert_eq!(published.replaced, None);
    assert!(!place.site.join(old).exists(), "the old list counts");
}

#[test]
fn a_site_that_cannot_be_written_says_what_to_do() {
    let place = place();
    fs::write(&place.site, "a file").unwrap();
    let refused = place.try_publish().unwrap_err();
    assert_eq!(Exit::of(&refused), Exit::Usage);
    let text = refused.to_string();
    assert!(text.contains("name another folder"), "{text}");
    assert_eq!(fs::read_to_string(&place.site).unwrap(), "a file");
}

#[test]
fn the_viewer_s_own_folder_becomes_no_site() {
    let mut place = place();
    place.site = place.viewer.join("icons/..");
    let refused = place.try_publish().unwrap_err();
    assert_eq!(Exit::of(&refused), Exit::Usage);
    assert!(refused.to_string().contains("another folder"), "{refused}");
    assert_eq!(place.files(), ["icons", "index.html"]);
}
