//! What can be done with a page.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser;
use crate::route::Route;

#[derive(Properties, PartialEq)]
pub(crate) struct ActionsProps {
    /// The file that the page is made from.
    pub(crate) file: AttrValue,
    /// The run that can be compared from here.
    #[prop_or_default]
    pub(crate) compare: Option<String>,
}

/// Copy link, download, print.
#[component]
pub(crate) fn Actions(props: &ActionsProps) -> Html {
    let said = use_state(|| "Copy link");
    let setter = said.setter();
    let copy = Callback::from(move |_: MouseEvent| {
        let setter = setter.clone();
        spawn_local(async move {
            let copied = browser::copy(&browser::address()).await;
            setter.set(if copied {
                "Link copied"
            } else {
                "Copy it from the address bar"
            });
        });
    });
    let print = Callback::from(|_: MouseEvent| browser::print());
    html! {
        <div class="actions">
            <button class="btn" type="button" onclick={copy} aria-live="polite">{ *said }</button>
            if let Some(run) = &props.compare {
                <a class="btn" href={Route::Choose(Some(run.clone())).to_string()}>{ "Compare" }</a>
            }
            <a class="btn" href={props.file.clone()} download="">{ "Download JSON" }</a>
            <button class="btn" type="button" onclick={print}>{ "Print" }</button>
        </div>
    }
}
