//! The report site: turns the files of a run into pages. Everything is computed in the browser by the same
//! code that the runner judges with.

mod api;
mod app;
mod browser;
mod charts;
mod components;
mod load;
mod pages;
mod route;
mod view_model;

/// A third of the code of the standard library's allocator, and as fast: each step of it takes constant time.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

fn main() {
    match browser::mount_point() {
        Some(root) => {
            yew::Renderer::<app::App>::with_root(root).render();
        }
        None => {
            yew::Renderer::<app::App>::new().render();
        }
    }
}
