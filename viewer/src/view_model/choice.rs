//! Choosing two runs, and finding the ones that somebody may have meant.

use shared::report::{Index, IndexEntry};
use shared::summary::profile_name;

use super::dates;

/// Runs that are offered in place of one that is not there.
const NEAREST: usize = 3;

/// The runs to compare, reference first: the one asked for, or else the newest, with the one before it of the same
/// profile. `None` where the list has no two runs.
pub(crate) fn default_pair<'a>(
    index: &'a Index,
    candidate: Option<&str>,
) -> Option<(&'a IndexEntry, &'a IndexEntry)> {
    let has_earlier = |run: &IndexEntry| before(index, run).is_some();
    let asked = index
        .runs
        .iter()
        .find(|run| candidate == Some(run.id.as_str()));
    let candidate = asked
        .or_else(|| index.runs.iter().find(|run| has_earlier(run)))
        .or_else(|| index.runs.first())?;
    let other = |run: &&IndexEntry| run.id != candidate.id;
    let reference = before(index, candidate).or_else(|| index.runs.iter().find(other))?;
    Some((reference, candidate))
}

/// The run before this one of the same profile.
fn before<'a>(index: &'a Index, run: &IndexEntry) -> Option<&'a IndexEntry> {
    let at = index.runs.iter().position(|other| other.id == run.id)?;
    index.runs[at + 1..]
        .iter()
        .find(|other| other.profile == run.profile)
}

/// A run in a list to choose from.
pub(crate) fn label(run: &IndexEntry) -> String {
    let revision = if run.revision.is_empty() {
        String::new()
    } else {
        format!(", {}", run.revision)
    };
    format!(
        "{}, {}{revision}: {}",
        dates::date_time(&run.started_at),
        profile_name(run),
        run.headline.verdict.word()
    )
}

/// The listed runs whose names begin most like this one, the likest first. Names begin with the time.
pub(crate) fn nearest(mut listed: Vec<(String, String)>, id: &str) -> Vec<(String, String)> {
    let common = |(name, _): &(String, String)| {
        let same = name.bytes().zip(id.bytes()).take_while(|(a, b)| a == b);
        same.count()
    };
    let mut near = Vec::new();
    while near.len() < NEAREST {
        // Of equals the first, which is the newest.
        let next = (0..listed.len()).rev().max_by_key(|i| common(&listed[*i]));
        let Some(next) = next else { break };
        near.push(listed.remove(next));
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    fn ids(index: &Index, candidate: Option<&str>) -> Option<(String, String)> {
        default_pair(index, candidate).map(|(r, c)| (r.id.clone(), c.id.clone()))
    }

    fn pair(reference: &str, candidate: &str) -> Option<(String, String)> {
        Some((reference.to_owned(), candidate.to_owned()))
    }

    #[test]
    fn the_newest_two_of_one_profile_are_proposed() {
        let mut index = fixture::index();
        assert_eq!(ids(&index, None), pair("20251119-1610", "20251120-0942"));
        index.runs[0].profile = "full".to_owned();
        assert_eq!(ids(&index, None), pair("20251113-0940", "20251119-1610"));
    }

    #[test]
    fn the_run_asked_for_is_the_candidate() {
        let index = fixture::index();
        assert_eq!(
            ids(&index, Some("20251119-1610")),
            pair("20251113-0940", "20251119-1610")
        );
        let oldest = ids(&index, Some("20251113-0940"));
        assert_eq!(oldest, pair("20251120-0942", "20251113-0940"));
        assert_eq!(ids(&index, Some("gone")), ids(&index, None));
    }

    #[test]
    fn one_run_is_no_pair() {
        let mut index = fixture::index();
        index.runs.truncate(1);
        assert_eq!(ids(&index, None), None);
    }

    #[test]
    fn the_nearest_names_begin_alike() {
        let listed = [
            "20251120-0942",
            "20251119-1610",
            "20251119-1400",
            "20251112-0900",
        ];
        let near = nearest(
            listed
                .map(|id| (id.to_owned(), format!("Run {id}")))
                .to_vec(),
            "20251119-0000",
        );
        let names: Vec<&str> = near.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(names, ["20251119-1610", "20251119-1400", "20251112-0900"]);
    }
}
