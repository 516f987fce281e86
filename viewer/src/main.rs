//! The report site.
fn main() {}
