//! Where a site will be found.

use anyhow::{Result, anyhow};
use url::Url;

use crate::exit::usage;

/// The folder that a site is served from, with a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteUrl(Url);

impl SiteUrl {
    /// Reads what somebody gave. A URL of the site's page means the page's folder.
    ///
    /// # Errors
    /// Where it is no address that a link preview can name; ends with [`crate::exit::Exit::Usage`]. Never repeats a
    /// password.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::try_parse(text).map_err(|reason| {
            usage(anyhow!(
                "--url {reason}; give the address that the site is served from, such as https://example.org/statebench/"
            ))
        })
    }

    fn try_parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|e| match text.contains('@') {
            true => format!("is no URL: {e}"),
            false => format!("`{text}` is no URL: {e}"),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password, which every reader would see".to_owned());
        }
        if !["http", "https"].contains(&url.scheme()) {
            return Err(format!("`{text}` is neither http:// nor https://"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{text}` goes on after the path, with ? or #"));
        }
        let folder = url.path().strip_suffix("index.html");
        let mut path = folder.unwrap_or(url.path()).to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of a file of the site. `path` is relative, of characters that mean nothing else in a URL.
    pub(crate) fn of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_folder_a_host_and_a_page_are_understood() {
        for (given, meant) in [
            ("https://example.org/bench", "https://example.org/bench/"),
            ("http://example.org", "http://example.org/"),
            ("https://example.org/b/index.html", "https://example.org/b/"),
        ] {
            assert_eq!(SiteUrl::parse(given).unwrap().of(""), meant);
        }
    }

    #[test]
    fn what_is_no_address_of_a_site_says_why() {
        for (given, why) in [
            ("example.org/bench", "no URL"),
            ("ftp://example.org/", "neither http"),
            ("javascript:alert(1)", "neither http"),
            ("https://example.org/?page=1", "goes on after the path"),
            ("https://example.org/#/run/x", "goes on after the path"),
            ("https://me:secret@example.org/", "password"),
            ("https://me:secret@/", "no URL"),
        ] {
            let refused = SiteUrl::parse(given).unwrap_err();
            assert_eq!(Exit::of(&refused), Exit::Usage);
            let text = refused.to_string();
            assert!(text.contains(why) && !text.contains("secret"), "{text}");
            assert!(text.contains("such as https://"), "{text}");
        }
    }
}
