//! The pages made from the list of runs.

fn main() {
    viewer::mount_overview();
}
