//! The report site: turns the files of a run into pages. Everything is computed in the browser by the same
//! code that the runner judges with.
//!
//! It is three programs, so that a reader downloads only what the page needs: `overview` shows what the list of runs
//! tells, `evidence` what the files of one run tell, `comparison` two runs side by side. `web/start.js` loads the one
//! that an address belongs to; each shows nothing while the address belongs to another.

mod address;
mod api;
mod app;
mod browser;
mod changing;
mod charts;
mod components;
mod files;
mod glossary;
mod load;
mod opened;
mod pages;
mod place;
mod route;
mod theme;
mod view_model;

pub use app::comparison::mount as mount_comparison;
pub use app::evidence::mount as mount_evidence;
pub use app::overview::mount as mount_overview;

/// A third of the code of the standard library's allocator, and as fast: each step of it takes constant time.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
