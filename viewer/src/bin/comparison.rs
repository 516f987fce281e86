//! The page that holds two runs, or two arms, side by side.

fn main() {
    viewer::mount_comparison();
}
