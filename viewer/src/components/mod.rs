//! The parts that pages are laid out from. None of them computes a figure.

pub(crate) mod actions;
pub(crate) mod arms_key;
pub(crate) mod criteria_table;
pub(crate) mod facts;
pub(crate) mod figure;
pub(crate) mod headline;
pub(crate) mod mark;
pub(crate) mod notice;
pub(crate) mod percentile_table;
pub(crate) mod scenario_list;
pub(crate) mod shell;
pub(crate) mod strip;
pub(crate) mod switches;
pub(crate) mod work_table;
