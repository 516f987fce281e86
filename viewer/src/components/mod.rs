//! The parts that pages are laid out from. None of them computes a figure.
//!
//! What does not react is written with maud, which makes text of it: an element of a virtual tree costs six times
//! the code, and all code is part of the download. What reacts is a component of Yew.

pub(crate) mod actions;
pub(crate) mod arms_key;
pub(crate) mod compare_tables;
pub(crate) mod costs;
pub(crate) mod criteria_table;
pub(crate) mod facts;
pub(crate) mod figure;
pub(crate) mod forest;
pub(crate) mod headline;
pub(crate) mod key_table;
pub(crate) mod mark;
pub(crate) mod notice;
pub(crate) mod percentile_table;
pub(crate) mod plain_table;
pub(crate) mod scenario_list;
pub(crate) mod shell;
pub(crate) mod strip;
pub(crate) mod switches;
pub(crate) mod trend_grid;
pub(crate) mod work_table;

use maud::Markup;
use yew::{AttrValue, Html};

/// Puts markup onto the page. maud has escaped every text in it.
pub(crate) fn shown(markup: Markup) -> Html {
    Html::from_html_unchecked(AttrValue::from(markup.into_string()))
}
