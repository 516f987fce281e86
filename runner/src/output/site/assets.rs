//! What a site remembers of its publishing: who did it, and which of its files came from a viewer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::compressed;
use super::headers::is_hashed;
use super::publisher::{Publisher, Replaced};
use super::viewer::ViewerFile;
use super::{PAGE, Writer};

/// The site's list of the files that came from a viewer, with the publisher.
const LIST: &str = ".statebench-assets.json";
/// How long a file stays that the newest viewer does not have: a page that somebody has open since before still loads
/// parts of it when another page is gone to. A month is more than a browser tab lives between two restarts.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The files in a site that came from a viewer, by path, and who published them last.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assets {
    /// `None` in a site that was published before sites said so.
    published_by: Option<Publisher>,
    files: BTreeMap<PathBuf, Asset>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asset {
    /// BLAKE3 of what was written.
    blake3: String,
    /// When a viewer without this file was published; absent while the newest has it.
    replaced_at: Option<Timestamp>,
}

impl Assets {
    /// What the site says. A list that is missing or unreadable is empty: then the files of earlier builds stay. In older
    /// sites it is the files alone.
    pub(super) fn read(site: &Path) -> Self {
        let text = fs::read_to_string(site.join(LIST)).unwrap_or_default();
        let mut assets: Self = serde_json::from_str(&text)
            .or_else(|_| {
                serde_json::from_str(&text).map(|files| Self {
                    published_by: None,
                    files,
                })
            })
            .unwrap_or_default();
        let inside = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_)));
        assets.files.retain(|path, _| inside(path));
        assets
    }

    /// Notes who publishes the site. Says whose work that replaces, if it is another's.
    pub(super) fn publish_by(&mut self, site: &Path, this: &Publisher) -> Option<Replaced> {
        match self.published_by.replace(this.clone()) {
            Some(before) => (before != *this).then_some(Replaced::Other(before)),
            None => site.join(PAGE).exists().then_some(Replaced::Unnamed),
        }
    }

    /// Notes a file of the newest viewer. Says whether another one had its name, though that name holds a digest.
    pub(super) fn note(&mut self, file: &Path, bytes: &[u8]) -> bool {
        let asset = Asset {
            blake3: blake3::hash(bytes).to_hex().to_string(),
            replaced_at: None,
        };
        let digest = asset.blake3.clone();
        let before = self.files.insert(file.to_path_buf(), asset);
        is_hashed(file) && before.is_some_and(|before| before.blake3 != digest)
    }

    /// Removes the files that no viewer of the last [`KEPT`] had, and writes the list. A file that somebody changed
    /// stays. `files` are those of the newest viewer.
    ///
    /// # Errors
    /// Where a file cannot be removed or the list not be written.
    pub(super) fn sweep(
        &mut self,
        writer: &mut Writer<'_>,
        files: &[ViewerFile],
        now: Timestamp,
    ) -> Result<()> {
        for (path, asset) in &mut self.files {
            if !files.iter().any(|file| file.name == *path) {
                asset.replaced_at.get_or_insert(now);
            }
        }
        let due = |asset: &Asset| {
            asset
                .replaced_at
                .is_some_and(|at| now.duration_since(at) > KEPT)
        };
        for (path, asset) in self.files.extract_if(.., |_, asset| due(asset)) {
            let path = writer.site.join(path);
            let ours = |bytes: Vec<u8>| blake3::hash(&bytes).to_hex().as_str() == asset.blake3;
            if fs::read(&path).is_ok_and(ours) {
                compressed::discard(&path)?;
                compressed::remove(&path)?;
            }
        }
        let text = serde_json::to_string_pretty(self).context("cannot serialize the assets")?;
        writer.write(&format!("{text}\n").into_bytes(), Path::new(LIST))
    }
}
