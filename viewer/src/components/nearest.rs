//! What may have been meant by the name of a run that is not there.

use maud::html as markup;
use yew::prelude::*;

use super::shown;
use crate::load::{Loading, use_index};
use crate::route::Route;
use crate::view_model::choice;

#[derive(Properties, PartialEq)]
pub(crate) struct NearestProps {
    /// The file that is not there: `reports/<run>/run.json`.
    pub(crate) file: AttrValue,
    /// Whether the names lead to the choice of a comparison, or else to the runs' reports.
    #[prop_or_default]
    pub(crate) comparing: bool,
}

/// The listed runs that may have been meant.
#[component]
pub(crate) fn Nearest(props: &NearestProps) -> Html {
    let index = use_index();
    let run = props.file.rsplit('/').nth(1).unwrap_or_default();
    let Loading::Ready(index) = index else {
        return html! {};
    };
    let link = |run: &str| {
        if props.comparing {
            Route::Choose(Some(run.to_owned()))
        } else {
            Route::Report(run.to_owned())
        }
    };
    let near = (*index).as_ref().map(|index| choice::nearest(index, run));
    shown(markup! {
        @if let Some(near) = near.filter(|near| !near.is_empty()) {
            section.tight {
                h2.list { "Runs with the nearest names" }
                ul.near { @for run in near { li { a href=(link(&run.id)) { (run.id) } " " small { (choice::label(run)) } } } }
            }
        }
    })
}
