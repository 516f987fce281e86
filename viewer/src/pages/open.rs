//! Files of this computer: runs are shown as if they were published, histograms of other tools beside each other.

use maud::{Markup, html as markup};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::address;
use crate::browser::{self, FILES, Listener, Slices};
use crate::changing::{Changing, use_changing};
use crate::components::figure::figure;
use crate::components::notice::{faults, pending};
use crate::components::plain_table::plain_table;
use crate::components::shown;
use crate::opened::{Opened, open};
use crate::route::Route;
use crate::view_model::foreign::{self, Content, UNITS, Units};

/// How far opening is.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Nothing was opened yet.
    Asking,
    Reading,
    Done(Opened),
}

#[component]
pub(crate) fn Open() -> Html {
    let state = use_state(|| State::Asking);
    let units = use_changing::<Units>();
    {
        let state = state.setter();
        use_effect_with((), move |()| {
            take(state.clone());
            let listener = Listener::new(FILES, move || take(state.clone()));
            move || drop(listener)
        });
    }
    html! {
        <>
            { shown(head()) }
            {
                match &*state {
                    State::Asking => Html::default(),
                    State::Reading => shown(pending("Reading the files …")),
                    State::Done(opened) => html! {
                        <>
                            { shown(told(opened)) }
                            if !opened.histograms.is_empty() { { histograms(opened, &units) } }
                        </>
                    },
                }
            }
        </>
    }
}

/// Opens what arrived, and goes to it where it is one run.
fn take(state: UseStateSetter<State>) {
    let files = browser::take_arrived();
    if files.is_empty() {
        return;
    }
    state.set(State::Reading);
    spawn_local(async move {
        let opened = open(&files, &Slices::new()).await;
        if let Some(run) = opened.only_run() {
            address::change(&Route::Open, |_| Some(Route::Report(run.to_owned())));
        }
        state.set(State::Done(opened));
    });
}

/// The choice itself is heard by `web/page.js`, as everywhere on the site.
fn head() -> Markup {
    markup! {
        div.head.first { h1 { "Open files" } }
        p.lede.below {
            "Drop files anywhere on this site, or choose them here: the folder of a run, or its run.json with the scenarios’ files; "
            "HdrHistogram interval logs (.hlog) and percentile files (.hgrm) of other tools, several at once. "
            "They stay on this computer and are open as long as this tab is."
        }
        div.tools.below {
            label.field { "Files" input type="file" multiple; }
            label.field { "A folder" input type="file" webkitdirectory; }
        }
    }
}

fn told(opened: &Opened) -> Markup {
    markup! {
        @if !opened.runs.is_empty() {
            section.tight aria-labelledby="h-runs" {
                h2.list #h-runs { "Runs that are open in this tab" }
                ul { @for (id, title) in &opened.runs { li { a href=(Route::Report(id.clone())) { (title) } " " small.why { (id) } } } }
            }
        }
        @if !opened.faults.is_empty() {
            section.tight {
                (faults("Not all files could be opened", &opened.faults))
                @if opened.more_faults > 0 { p.note.below { "And " (opened.more_faults) " more." } }
            }
        }
    }
}

fn histograms(opened: &Opened, units: &Changing<Units>) -> Html {
    let read_in = *units.get();
    let found = foreign::shown(&opened.histograms, read_in);
    let any = |log: bool| {
        let is_log = |content: &Content| matches!(content, Content::Log(_));
        opened.histograms.iter().any(|f| is_log(&f.content) == log)
    };
    let choose = |edit: fn(&mut Units, usize)| {
        let units = units.clone();
        move |unit| units.change(|units| edit(units, unit))
    };
    let log = choose(|units, log| units.log = log);
    let percentiles = choose(|units, percentiles| units.percentiles = percentiles);
    html! {
        <section class="tight" aria-labelledby="h-histograms">
            <h2 id="h-histograms" class="list">{ "Histograms of other tools" }</h2>
            <div class="tools">
                if any(true) { { unit("Values of logs are", read_in.log, log) } }
                if any(false) { { unit("Values of percentile files are", read_in.percentiles, percentiles) } }
            </div>
            { shown(markup! {
                div.two {
                    (figure(&found.chart))
                    dl.note { @for (name, told) in &found.told { dt { b { (name) } } dd { (told) } } }
                }
                (plain_table("Percentiles", &found.columns, 1, &found.rows))
            }) }
        </section>
    }
}

fn unit(label: &'static str, chosen: usize, choose: impl Fn(usize) + 'static) -> Html {
    let onchange = Callback::from(move |e: Event| {
        let select: HtmlSelectElement = e.target_unchecked_into();
        choose(usize::try_from(select.selected_index()).unwrap_or_default());
    });
    let option = |(i, (name, _)): (usize, &(&'static str, u64))| html! { <option selected={i == chosen}>{ *name }</option> };
    html! {
        <label class="field">{ label }
            <select {onchange}>{ for UNITS.iter().enumerate().map(option) }</select>
        </label>
    }
}
