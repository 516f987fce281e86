//! Where reports are read from: the site's own `reports/`, or another folder of the same origin that the address names,
//! `#/run/r1?src=archive/2025/`.
//!
//! The place belongs to the address as a whole, so each program of the site keeps the one it was last led to, and every
//! link that it writes names it.

use std::cell::RefCell;

use crate::files::Fault;
use crate::route::value;

/// The site's own reports, relative to the page.
const OWN: &str = "reports/";

/// A place to read reports from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// The site's own reports.
    #[default]
    Own,
    /// Another folder of the same origin: a path that ends in `/`.
    Elsewhere(String),
    /// What the address names cannot be read from, and why.
    Refused(String, &'static str),
}

thread_local! {
    static CURRENT: RefCell<Place> = const { RefCell::new(Place::Own) };
}

impl Place {
    /// Reads `src` of an address; `origin` is the site's own, `https://host:port`.
    fn of_address(hash: &str, origin: &str) -> Self {
        let query = hash.split_once('?').map_or("", |(_, query)| query);
        let Some(given) = value(query, "src").filter(|src| !src.is_empty()) else {
            return Self::Own;
        };
        let given = given
            .replace("%2F", "/")
            .replace("%2f", "/")
            .replace("%3A", ":")
            .replace("%3a", ":");
        let path = match given.strip_prefix(origin) {
            Some(path) if path.starts_with('/') => path,
            _ => &given,
        };
        let refusal = if path.contains(':') {
            Some("names another origin or scheme: reports are read from this site alone")
        } else if path.starts_with("//") || path.contains('\\') {
            Some("names another origin: reports are read from this site alone")
        } else if !path.bytes().all(is_plain) {
            Some(
                "holds characters that no path of this site needs: letters, digits and -_.+~%/ are read",
            )
        } else {
            None
        };
        match refusal {
            Some(reason) => Self::Refused(given, reason),
            None if path.ends_with('/') => Self::Elsewhere(path.to_owned()),
            None => Self::Elsewhere(format!("{path}/")),
        }
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'~' | b'%' | b'/')
}

/// Follows the address to the place that it names.
pub(crate) fn follow(hash: &str, origin: &str) {
    CURRENT.replace(Place::of_address(hash, origin));
}

/// The folder of the reports that the page shows, relative to it; an error says why it cannot be read from.
pub(crate) fn base() -> Result<String, Fault> {
    CURRENT.with_borrow(|place| match place {
        Place::Own => Ok(OWN.to_owned()),
        Place::Elsewhere(folder) => Ok(folder.clone()),
        Place::Refused(given, reason) => Err(Fault::damaged(given, *reason)),
    })
}

/// An address with the place that it is read from.
pub(crate) fn with_place(address: String) -> String {
    CURRENT.with_borrow(|place| match place {
        Place::Own => address,
        Place::Elsewhere(given) | Place::Refused(given, _) => {
            let sign = if address.contains('?') { '&' } else { '?' };
            format!("{address}{sign}src={given}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Route;

    const ORIGIN: &str = "https://bench.example:8443";

    fn place(src: &str) -> Place {
        Place::of_address(&format!("#/run/r1?class=all&src={src}"), ORIGIN)
    }

    #[test]
    fn a_folder_of_this_site_is_read_from() {
        let elsewhere = |path: &str| Place::Elsewhere(path.to_owned());
        assert_eq!(place("archive/2025/"), elsewhere("archive/2025/"));
        assert_eq!(place("archive%2F2025"), elsewhere("archive/2025/"));
        assert_eq!(place("../other"), elsewhere("../other/"));
        assert_eq!(place("/team/archive"), elsewhere("/team/archive/"));
        assert_eq!(
            place("https://bench.example:8443/archive"),
            elsewhere("/archive/")
        );
        assert_eq!(Place::of_address("#/run/r1", ORIGIN), Place::Own);
        assert_eq!(place(""), Place::Own);
    }

    #[test]
    fn another_origin_or_scheme_is_refused_however_it_is_written() {
        for src in [
            "https://evil.example/",
            "https%3A%2F%2Fevil.example%2F",
            "//evil.example/",
            "%2F%2Fevil.example/",
            "/\\evil.example/",
            "https://bench.example:8443.evil.example/",
            "javascript:alert(1)",
            "data:text/plain,x",
            "ht\ttps:",
            " //evil.example",
            "/\t/evil.example",
            "archive/?x",
        ] {
            assert!(matches!(place(src), Place::Refused(..)), "{src:?}");
        }
    }

    #[test]
    fn links_and_files_of_a_page_stay_in_its_place() {
        follow("#/run/r1?src=archive/2025", ORIGIN);
        assert_eq!(
            Route::Report("r1".to_owned()).to_string(),
            "#/run/r1?src=archive/2025/"
        );
        let scenario = "#/run/r1/low?class=all&time=service";
        let route = Route::parse(&format!("{scenario}&src=archive/2025")).unwrap();
        assert_eq!(route.to_string(), format!("{scenario}&src=archive/2025/"));
        assert_eq!(base().as_deref(), Ok("archive/2025/"));
        follow("#/run/r1?src=https://evil.example/", ORIGIN);
        assert!(base().is_err());
        follow("#/run/r1", ORIGIN);
        assert_eq!(base().as_deref(), Ok("reports/"));
        assert_eq!(Route::Runs.to_string(), "#/");
    }
}
