//! The pages that the list of runs alone tells and that do not react: a week, the trends.

use maud::html as markup;
use yew::prelude::*;

use super::{trends, week};
use crate::components::notice::{faults, pending};
use crate::components::shown;
use crate::load::{Loading, use_index};
use crate::route::Route;

#[derive(Properties, PartialEq)]
pub(crate) struct ListedProps {
    pub(crate) route: Route,
}

#[component]
pub(crate) fn Listed(props: &ListedProps) -> Html {
    let index = use_index();
    let empty = Default::default();
    let heading = match &props.route {
        Route::Week(week) => format!("Week {week}"),
        _ => "Trends".to_owned(),
    };
    shown(match &index {
        Loading::Ready(index) => {
            let index = index.as_ref().as_ref().unwrap_or(&empty);
            match &props.route {
                Route::Week(name) => week::week(index, name),
                Route::Trend { metric, profile } => trends::one(index, metric, profile.as_deref()),
                Route::Trends(profile) => trends::all(index, profile.as_deref()),
                _ => markup! {},
            }
        }
        Loading::Pending(what) => {
            markup! { div.head.first { h1 { (heading) } } (pending(what)) }
        }
        Loading::Failed(fault) => markup! {
            div.head.first { h1 { (heading) } }
            (faults("The list of runs cannot be read", std::slice::from_ref(fault)))
        },
    })
}
