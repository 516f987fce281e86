//! Writes one agent document of an exact length, straight as canonical JSON text.

use std::fmt::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::words::{
    AGENTS, ELSEWHERE, ENDINGS, MODELS, OBJECTS, OPENINGS, REGIONS, ROLES, STATUSES, SUBJECTS,
    TOOLS, TOPICS, VERBS,
};

/// Shortest document that can be composed, bytes.
const SMALLEST: usize = 900;

/// Kept free for what follows the lists and is not text: metrics, the plan's goal, names of keys. Bytes.
const RESERVE: usize = 340;

/// Least room that a list item is written into, bytes: its fixed part and a sentence.
const LEAST_ITEM: usize = 200;

/// Most bytes of a list item beside its free text.
const ITEM_FRAME: usize = 150;

/// A document of exactly `size` bytes, at least [`SMALLEST`].
pub(super) fn state(rng: &mut ChaCha8Rng, size: usize) -> String {
    let size = size.max(SMALLEST);
    let mut composer = Composer {
        rng,
        out: String::with_capacity(size),
    };
    composer.head();
    // The lists share what is left; working notes take the rest.
    let room = size - composer.out.len() - RESERVE;
    composer.context(room * 15 / 100);
    composer.messages(room * 40 / 100);
    composer.metrics();
    composer.plan(room * 15 / 100);
    composer.tool_calls(room * 22 / 100);
    composer.working_notes(size);
    composer.out
}

/// One more message of a document, as its list of messages holds them: about 600 bytes, at most 1,050.
pub(super) fn message(rng: &mut ChaCha8Rng, id: u32) -> String {
    let mut composer = Composer {
        rng,
        out: String::new(),
    };
    composer.message(id, usize::MAX);
    composer.out
}

/// Other metrics for a document, as it holds them: 58 to 85 bytes.
pub(super) fn metrics(rng: &mut ChaCha8Rng) -> String {
    let mut composer = Composer {
        rng,
        out: String::new(),
    };
    composer.measures();
    composer.out
}

struct Composer<'a> {
    rng: &'a mut ChaCha8Rng,
    out: String,
}

impl Composer<'_> {
    fn head(&mut self) {
        let (agent, model) = (self.pick(&AGENTS), self.pick(&MODELS));
        let (number, sequence) = (self.number(1_000), self.number(10_000));
        self.put(format_args!(
            r#"{{"agent":{{"id":"{agent}-{number:03}","model":"{model}","role":"{agent}"}},"checkpoint":{{"schema":3,"sequence":{sequence}}},"#
        ));
    }

    fn context(&mut self, room: usize) {
        let (region, topic) = (self.pick(&REGIONS), self.pick(&TOPICS));
        let (tokens, steps, debug) = (
            self.number(128) * 1024,
            self.number(200),
            self.number(2) == 1,
        );
        self.put(format_args!(
            r#""context":{{"environment":{{"limits":{{"max_steps":{steps},"max_tokens":{tokens}}},"region":"{region}"}},"retrieved":["#
        ));
        self.list(room, |composer, room| {
            let (score, topic, page) = (
                composer.ratio(),
                composer.pick(&TOPICS),
                composer.number(400),
            );
            composer.put(format_args!(
                r#"{{"score":{score},"source":"handbook/{topic}/page-{page}","text":""#
            ));
            composer.text(room);
            composer.out.push_str("\"}");
        });
        self.put(format_args!(
            r#"],"session":{{"flags":{{"debug":{debug},"resumed":null}},"topic":"{topic}"}}}},"#
        ));
        let (day, hour, minute) = (self.number(28) + 1, self.number(24), self.number(60));
        self.put(format_args!(
            r#""created_at":"2025-06-{day:02}T{hour:02}:{minute:02}:00Z","#
        ));
    }

    fn messages(&mut self, room: usize) {
        self.out.push_str(r#""messages":["#);
        let mut id = self.number(5_000);
        self.list(room, |composer, room| {
            id += 1;
            composer.message(id, room);
        });
        self.out.push_str("],");
    }

    fn message(&mut self, id: u32, room: usize) {
        let (role, tokens) = (self.pick(&ROLES), self.number(2_000));
        self.out.push_str(r#"{"content":""#);
        self.text(room);
        self.put(format_args!(
            r#"","id":"msg-{id:05}","role":"{role}","tokens":{tokens}}}"#
        ));
    }

    fn metrics(&mut self) {
        self.out.push_str(r#""metrics":"#);
        self.measures();
        self.out.push(',');
    }

    fn measures(&mut self) {
        let (cost, progress) = (f64::from(self.number(90_000)) / 10_000.0, self.ratio());
        let (latency, retries, tokens) =
            (self.number(30_000), self.number(6), self.number(900_000));
        self.put(format_args!(
            r#"{{"cost":{cost},"latency_ms":{latency},"progress":{progress},"retries":{retries},"tokens":{tokens}}}"#
        ));
    }

    fn plan(&mut self, room: usize) {
        let (topic, current) = (self.pick(&TOPICS), self.number(40));
        self.put(format_args!(
            r#""plan":{{"current":{current},"goal":"settle the question of {topic}","steps":["#
        ));
        let mut step = 0;
        self.list(room, |composer, room| {
            let (after, status) = (composer.number(step + 1), composer.pick(&STATUSES));
            composer.put(format_args!(r#"{{"after":[{after}],"description":""#));
            composer.text(room);
            step += 1;
            composer.put(format_args!(r#"","status":"{status}","step":{step}}}"#));
        });
        self.out.push_str("]},");
    }

    fn tool_calls(&mut self, room: usize) {
        self.out.push_str(r#""tool_calls":["#);
        self.list(room, |composer, room| {
            let (topic, limit) = (composer.pick(&TOPICS), composer.number(50));
            let (duration, tool, score) = (composer.number(9_000), composer.pick(&TOOLS), composer.ratio());
            composer.put(format_args!(
                r#"{{"arguments":{{"filter":["{topic}",{limit}]}},"duration_ms":{duration},"name":"{tool}","result":{{"rows":[{{"score":{score},"summary":""#
            ));
            composer.text(room);
            composer.out.push_str("\"}]}}");
        });
        self.out.push_str("],");
    }

    /// Text that ends, cut within a word where need be, so that the document has `size` bytes.
    fn working_notes(&mut self, size: usize) {
        const END: &str = "\"}";
        self.out.push_str(r#""working_notes":""#);
        let end = size - END.len();
        while let room = end - self.out.len()
            && room > 0
        {
            let subject = self.pick(&SUBJECTS);
            self.out.push_str(&subject[..subject.len().min(room)]);
            self.sentence(end);
        }
        self.out.push_str(END);
    }

    /// Items until the room is used up; each is handed the room for its free text.
    fn list(&mut self, room: usize, mut item: impl FnMut(&mut Self, usize)) {
        let end = self.out.len() + room;
        let mut first = true;
        while end.saturating_sub(self.out.len()) >= LEAST_ITEM {
            if !first {
                self.out.push(',');
            }
            first = false;
            let text_room = end - self.out.len() - ITEM_FRAME;
            item(self, text_room);
        }
    }

    /// A few sentences, never more than `room` bytes.
    fn text(&mut self, room: usize) {
        let length = self.rng.random_range(40..900_usize).min(room);
        let end = self.out.len() + length;
        while self.sentence(end) {}
    }

    /// One sentence if it ends before `end`; whether it did.
    fn sentence(&mut self, end: usize) -> bool {
        let begin = self.out.len();
        if self.number(32) == 0 {
            let sentence = self.pick(&ELSEWHERE);
            self.out.push_str(sentence);
        } else {
            for part in [
                self.pick(&OPENINGS),
                self.pick(&SUBJECTS),
                self.pick(&VERBS),
                self.pick(&OBJECTS),
                self.pick(&ENDINGS),
            ] {
                self.out.push_str(part);
            }
        }
        let fits = self.out.len() <= end;
        if !fits {
            self.out.truncate(begin);
        }
        fits
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.rng.random_range(0..words.len())]
    }

    /// From 0 up to, not including, `end`.
    fn number(&mut self, end: u32) -> u32 {
        self.rng.random_range(0..end)
    }

    /// From 0 to 0.999 in thousandths, which print as they are read.
    fn ratio(&mut self) -> f64 {
        f64::from(self.number(1_000)) / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_length_is_met() {
        for size in (SMALLEST..3_000).chain([9_999, 50_000, 123_457]) {
            for seed in 0..4 {
                let text = state(&mut ChaCha8Rng::seed_from_u64(seed), size);
                assert_eq!(text.len(), size);
                assert!(
                    serde_json::from_str::<serde_json::Value>(&text)
                        .unwrap()
                        .is_object()
                );
            }
        }
    }

    #[test]
    fn a_document_holds_what_an_agent_keeps() {
        let text = state(&mut ChaCha8Rng::seed_from_u64(1), 20_000);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for list in [
            "/messages",
            "/plan/steps",
            "/tool_calls",
            "/context/retrieved",
        ] {
            assert!(
                document.pointer(list).unwrap().as_array().unwrap().len() > 2,
                "{list}"
            );
        }
        assert!(document["working_notes"].as_str().unwrap().len() < 4_000);
    }
}
