//! The field's words in plain language. A page that uses one explains it where it first stands, by [`term`].

use maud::{Markup, html};

use crate::route::Route;

/// A word and what it means.
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

macro_rules! words {
    ($($constant:ident: $name:literal, $meaning:literal;)+) => {
        $(pub(crate) const $constant: Word = Word { name: $name, meaning: $meaning };)+

        /// All words, as the glossary lists them.
        pub(crate) const WORDS: &[Word] = &[$($constant,)+];
    };
}

words! {
    ARM: "arm", "One side of a comparison: the baseline or the candidate. Each runs in a process of its own.";
    BASELINE: "baseline", "What is compared with: the standard service, or an earlier build.";
    BLOCK: "block", "A slice of the planned saves, run on one arm.";
    CANDIDATE: "candidate", "What is looked at: the optimized service, or a later build.";
    CHECKPOINT: "checkpoint", "A moment at which a state is saved, and the kind of save it asks for.";
    CONFIDENCE: "confidence interval", "The range that the true figure lies in, in 95 of 100 such measurements. The wider it is, the less is known.";
    DEDUPLICATION: "deduplication", "Leaving out a save whose state is already stored.";
    GROUP_COMMIT: "group commit", "Making several waiting saves durable together, with one write to the disk.";
    HISTOGRAM: "histogram", "How many saves took how long: counts over ranges of time, from which every percentile follows.";
    HIT_RATIO: "hit ratio", "The share of look-ups that the cache could answer.";
    INCONCLUSIVE: "inconclusive", "The interval holds the limit, or there is too little evidence: neither pass nor fail.";
    LEDGER: "ledger", "The record of every acknowledged save, kept outside the service, that the database is checked against.";
    NOISE_FLOOR: "noise floor", "The difference that the service shows against itself. Smaller changes cannot be told from chance.";
    OPEN_MODEL: "open model", "Saves come when they are planned, whether or not the earlier ones are done; so a slow service makes them wait, and the waiting counts.";
    PAIR: "pair", "The same slice of the plan on both arms, one right after the other in random order.";
    PERCENTILE: "percentile", "P95 is the time that 95 of 100 saves stay within; 5 of 100 take longer.";
    POLICY: "policy", "A named set of targets that a run is judged by.";
    RESPONSE: "response time", "From the instant that a save was planned for until it is acknowledged: waiting counts.";
    SATURATED: "saturated", "More came than the arm could take, so that its backlog grew; such blocks give no latencies.";
    SCHEDULE_LAG: "schedule lag", "From the planned instant of a save until it is called.";
    SERVICE: "service time", "From the call of a save until it is acknowledged, without the waiting before.";
    STATE: "state", "One JSON document of an agent, saved at a checkpoint.";
    THROUGHPUT: "throughput", "Saves a second that a service sustains.";
    WRITE_AHEAD_LOG: "write-ahead log", "Where a database writes a change first, so that a crash cannot lose it.";
}

/// A word with its meaning on hover and on focus, as `text` has it; it leads to the glossary.
pub(crate) fn term(word: &Word, text: &str) -> Markup {
    let id = word.name.replace(' ', "-");
    html! {
        span.explained {
            a.term href=(Route::Glossary) aria-describedby={ "term-" (id) } { (text) }
            span.meaning role="tooltip" id={ "term-" (id) } { (word.meaning) }
        }
    }
}

/// Several words that a page needs, each with its meaning.
pub(crate) fn terms(words: &[&Word]) -> Markup {
    html! {
        p.note.below {
            "Words: "
            @for (i, word) in words.iter().enumerate() { @if i > 0 { ", " } (term(word, word.name)) }
            "."
        }
    }
}

/// The page that lists all words.
pub(crate) fn page() -> Markup {
    html! {
        div.head.first { h1 { "Glossary" } }
        p.lede { "The words of these pages in plain language. Where one of them is underlined with dots, its meaning shows when it is pointed at or reached by the keyboard." }
        dl.glossary.below { @for word in WORDS { dt { (word.name) } dd { (word.meaning) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order_and_each_has_a_meaning() {
        assert!(WORDS.is_sorted_by_key(|word| word.name));
        assert!(WORDS.iter().all(|word| word.meaning.ends_with('.')));
    }

    #[test]
    fn a_word_is_described_by_its_meaning() {
        let text = term(&CONFIDENCE, "95 % interval").into_string();
        assert!(
            text.contains("aria-describedby=\"term-confidence-interval\""),
            "{text}"
        );
        assert!(text.contains("id=\"term-confidence-interval\""), "{text}");
    }
}
