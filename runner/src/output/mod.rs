//! The report on disk: writing run folders, reading and checking them, the index and the site.

mod atomic;
mod counts;
mod index;
mod integrity;
mod read;
mod run_folder;
#[cfg(test)]
pub(crate) mod sample;
mod site;

pub(crate) use index::{INDEX_FILE, rebuild_index, write_index};
pub(crate) use integrity::{RunCheck, check_run};
pub(crate) use read::{RUN_FILE, locate, read_text, scenario_path};
pub(crate) use run_folder::RunFolder;
pub(crate) use site::publish;
