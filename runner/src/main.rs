//! The instrument.
fn main() {}
