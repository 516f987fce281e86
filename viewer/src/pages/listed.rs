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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture::reviewed;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use shared::estimate::Interval;
    use shared::report::{Index, Review};

    const ODD: [f64; 10] = [
        0.0,
        -1.0,
        -0.999,
        1e308,
        -1e308,
        5e-324,
        f64::NAN,
        f64::INFINITY,
        1.0,
        -0.5,
    ];

    /// Figures at random, some of them such as no run has.
    fn harm(review: &mut Review, random: &mut ChaCha8Rng) {
        let mut odd = || {
            let value = ODD.get(random.random_range(0..ODD.len() * 2)).copied();
            value.filter(|_| random.random_bool(0.9))
        };
        for figure in &mut review.figures {
            figure.arms.baseline = odd().or(figure.arms.baseline);
            figure.arms.candidate = odd();
            figure.change = odd().or(figure.change);
            figure.interval = odd().zip(odd()).map(|(low, high)| Interval { low, high });
            figure.scenario = odd().map_or(0, |value| value as u32);
        }
        review.demand = odd();
    }

    fn pages(index: &Index) -> String {
        let weeks = ["2025-W46", "2025-W47", "2025-W52", "undated", "x"];
        let weeks = weeks.map(|name| week::week(index, name).into_string());
        let metrics = ["response.p99", "capacity.rate", "cache.hit_ratio", "x"];
        let trends = metrics.map(|metric| trends::one(index, metric, None).into_string());
        weeks.concat() + &trends.concat() + &trends::all(index, None).into_string()
    }

    #[test]
    fn no_figure_breaks_a_page() {
        for seed in 0..300 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut index = reviewed(&[-0.7, -0.7, -0.7, -0.5, -0.5, -0.5, -0.4]);
            for run in &mut index.runs {
                run.review.iter_mut().for_each(|r| harm(r, &mut random));
            }
            let drawn = pages(&index);
            for undrawable in ["=\"NaN", "=\"inf", "=\"-inf"] {
                assert!(!drawn.contains(undrawable), "seed {seed}");
            }
        }
    }

    #[test]
    fn texts_of_a_list_are_escaped() {
        let mut index = reviewed(&[-0.7; 3]);
        for run in &mut index.runs {
            run.title = "<script>".to_owned();
            run.revision = "<script>".to_owned();
            run.headline.sentence = "<script>".to_owned();
            let review = run.review.as_mut().unwrap();
            review.scenarios = vec!["<script>".to_owned()];
        }
        assert!(!pages(&index).contains("<script"));
    }
}
