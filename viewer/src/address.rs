//! How controls change the address. A page is drawn anew some time after its address changed, so what the last drawing
//! said may be old by then: every change starts from the address as it is at that moment, and changes its own part alone.

use crate::browser;
use crate::route::{Route, value};

/// What an address says whichever page it names.
const OF_ALL: [&str; 2] = ["src", "theme"];

/// Changes what the address says of a page. Nothing changes where it has gone on to another page, or where `change` has
/// nothing to change.
pub(crate) fn change(page: &Route, change: impl FnOnce(Route) -> Option<Route>) {
    browser::change_hash(|hash| changed(hash, page, change));
}

fn changed(
    hash: &str,
    page: &Route,
    change: impl FnOnce(Route) -> Option<Route>,
) -> Option<String> {
    let route = Route::parse(hash).filter(|route| route.is_same_page(page))?;
    let mut address = change(route)?.within_place();
    let query = hash.split_once('?').map_or("", |(_, query)| query);
    for key in OF_ALL {
        if let Some(value) = value(query, key) {
            let sign = if address.contains('?') { '&' } else { '?' };
            address += &format!("{sign}{key}={value}");
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes one after the other, as controls make them before any page is drawn anew.
    fn after<const N: usize>(
        hash: &str,
        changes: [fn(Route) -> Option<Route>; N],
    ) -> Option<String> {
        let page = Route::parse(hash)?;
        changes
            .into_iter()
            .try_fold(hash.to_owned(), |hash, change| {
                changed(&hash, &page, change)
            })
    }

    #[test]
    fn prices_come_together_whatever_the_page_shows() {
        let found = after(
            "#/run/r1",
            [
                |route| route.with_price("currency", "EUR").ok(),
                |route| route.with_price("million_rows", "0.2").ok(),
                |route| route.with_price("currency", "USD").ok(),
            ],
        );
        assert_eq!(
            found.as_deref(),
            Some("#/run/r1?currency=USD&million_rows=0.2")
        );
        let emptied = after(
            "#/run/r1?million_rows=0.2",
            [|route| route.with_price("million_rows", "").ok()],
        );
        assert_eq!(emptied.as_deref(), Some("#/run/r1"));
    }

    #[test]
    fn choices_come_together_and_leave_the_range_alone() {
        let found = after(
            "#/run/r1/low?from=1&to=2.5",
            [
                |route| route.with_choice("class", "unique"),
                |route| route.with_choice("time", "service"),
                |route| route.with_choice("mark", "99"),
                |route| route.with_choice("scale", "linear"),
                |route| route.with_choice("arms", "candidate"),
            ],
        );
        assert_eq!(
            found.as_deref(),
            Some(
                "#/run/r1/low?class=unique&time=service&mark=99&scale=linear&arms=candidate&from=1&to=2.5"
            )
        );
    }

    #[test]
    fn place_and_theme_stay_as_the_address_has_them() {
        let found = after(
            "#/run/r1?theme=dark&src=archive/2025",
            [|route| route.with_price("million_rows", "3").ok()],
        );
        assert_eq!(
            found.as_deref(),
            Some("#/run/r1?million_rows=3&src=archive/2025&theme=dark")
        );
    }

    #[test]
    fn another_page_is_left_alone() {
        let page = Route::Report("r1".to_owned());
        for hash in ["#/run/r2", "#/run/r1/low", "#/", "#main", "#/nowhere"] {
            let change = |route: Route| route.with_price("million_rows", "3").ok();
            assert_eq!(changed(hash, &page, change), None, "{hash}");
        }
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let refused = after(
            "#/run/r1?million_rows=3",
            [|route| route.with_price("million_rows", "cheap").ok()],
        );
        assert_eq!(refused, None);
        assert_eq!(after("#/run/r1", [|r| r.with_choice("mark", "99")]), None);
    }
}
