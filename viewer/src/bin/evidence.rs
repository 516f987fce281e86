//! The pages made from the files of one run.

fn main() {
    viewer::mount_evidence();
}
