//! Many metrics from run to run, side by side.

use maud::{Markup, html};

use crate::route::Route;
use crate::view_model::series::Series;
use crate::view_model::trend_charts;

/// A small chart of each metric, which leads to its own page.
pub(crate) fn trend_grid(series: &[Series<'_>], profile: Option<&str>) -> Markup {
    html! {
        div.trend.below {
            @for metric in series {
                @let route = Route::Trend { metric: metric.key.metric.to_string(), profile: profile.map(str::to_owned) };
                div {
                    h3 { a href=(route) { (metric.key.title) } }
                    div.n { (metric.now()) }
                    (trend_charts::small(metric).small())
                    p { (metric.note()) }
                }
            }
        }
    }
}
