//! The report on disk: writing run folders, reading and checking them, the index and the site.

mod atomic;
mod baseline;
mod broken;
mod capacity;
mod counts;
mod index;
mod integrity;
mod read;
mod resources;
mod run_folder;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod sheet;
mod site;

pub(crate) use atomic::write_atomically;
pub(crate) use baseline::{
    Baseline, Kept, age, clear_baseline, keep_binary, keep_run, read_baseline,
};
pub(crate) use index::{INDEX_FILE, rebuild_index, write_index};
pub(crate) use integrity::{RunCheck, check_run};
pub(crate) use read::{RUN_FILE, locate, read_run_folder, read_text, scenario_path};
pub(crate) use run_folder::{RunFolder, check_writable};
pub(crate) use site::{Publication, Publisher, SiteUrl, Viewer, headers, publish};
