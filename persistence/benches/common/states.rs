//! States like those of agents: messages with roles, contents and counts, tool calls, plans; about
//! one text in twenty words has an escape. Members stand in the order in which programs write them,
//! which is not sorted.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Random, Result};

const WORDS: [&str; 24] = [
    "the", "agent", "reads", "a", "file", "and", "plans", "its", "next", "step", "after", "search",
    "result", "tool", "failed", "retry", "with", "context", "naïve", "summary", "of", "user",
    "request", "done",
];

/// The revision's place in a text; all revisions have as many digits.
const FIRST_REVISION: u64 = 100_000_000_000;
const REVISION_DIGITS: usize = 12;

/// Documents of which each state is a copy with a revision of its own: making a unique state costs
/// little more than copying it.
pub(crate) struct States {
    documents: Vec<Document>,
    revision: AtomicU64,
}

struct Document {
    received: Text,
    stored: Text,
}

struct Text {
    text: String,
    revision_at: usize,
}

impl States {
    /// `count` documents of `smallest` to `largest` bytes, sizes log-uniform.
    pub(crate) fn new(count: u32, smallest: usize, largest: usize) -> Result<Self> {
        let mut random = Random::new(1);
        let documents = (0..count)
            .map(|number| {
                let share = f64::from(number) / f64::from(count.max(2) - 1);
                let ratio = largest as f64 / smallest as f64;
                Document::new(&mut random, (smallest as f64 * ratio.powf(share)) as usize)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            documents,
            revision: AtomicU64::new(FIRST_REVISION),
        })
    }

    pub(crate) fn of_size(bytes: usize) -> Result<Self> {
        Self::new(1, bytes, bytes)
    }

    /// A state that was never given before, as an agent sends it.
    pub(crate) fn received(&self, random: &mut Random) -> String {
        self.pick(random).received.revised(self.next_revision())
    }

    /// A state that was never given before, as a database holds it.
    pub(crate) fn stored(&self, random: &mut Random) -> String {
        self.pick(random).stored.revised(self.next_revision())
    }

    fn pick(&self, random: &mut Random) -> &Document {
        let count = self.documents.len();
        &self.documents[random.below(count as u64) as usize]
    }

    fn next_revision(&self) -> u64 {
        self.revision.fetch_add(1, Ordering::Relaxed)
    }
}

impl Document {
    fn new(random: &mut Random, bytes: usize) -> Result<Self> {
        let received = document(random, bytes);
        let stored = persistence::canonical_state(received.as_bytes())?;
        Ok(Self {
            received: Text::new(received)?,
            stored: Text::new(stored)?,
        })
    }
}

impl Text {
    fn new(text: String) -> Result<Self> {
        let revision_at = text
            .find(&FIRST_REVISION.to_string())
            .ok_or("the document has no revision")?;
        Ok(Self { text, revision_at })
    }

    fn revised(&self, revision: u64) -> String {
        let mut text = self.text.clone();
        let digits = self.revision_at..self.revision_at + REVISION_DIGITS;
        text.replace_range(digits, &revision.to_string());
        text
    }
}

/// A document of this size, or a little more where the size is below 300 bytes.
fn document(random: &mut Random, bytes: usize) -> String {
    let mut text = format!(
        r#"{{"session":"{:016x}","revision":{FIRST_REVISION},"status":"running","agent":{{"name":"planner","temperature":0.7,"limits":{{"steps":64,"tokens":128000}}}},"messages":["#,
        random.next()
    );
    while text.len() + 700 < bytes {
        let message = message(random);
        text.push_str(&message);
        text.push(',');
    }
    text.push_str(&message(random));
    text.push_str(r#"],"error":null,"padding":""#);
    let rest = bytes.saturating_sub(text.len() + 2);
    text.push_str(&"x".repeat(rest));
    text.push_str("\"}");
    text
}

fn message(random: &mut Random) -> String {
    let content = words(random, 20);
    let id = random.next();
    match random.below(3) {
        0 => format!(
            r#"{{"role":"tool","name":"search","call":{{"id":"{id:016x}","arguments":{{"query":"{}","limit":{}}}}},"ok":true,"content":"{content}"}}"#,
            words(random, 4),
            random.below(100),
        ),
        kind => format!(
            r#"{{"role":"{}","content":"{content}","tokens":{},"at":17600{}.{},"score":0.{}}}"#,
            ["user", "assistant"][kind as usize - 1],
            random.below(4000),
            random.below(90_000) + 10_000,
            random.below(900) + 100,
            random.below(9000) + 1000,
        ),
    }
}

fn words(random: &mut Random, count: u64) -> String {
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(WORDS[random.below(WORDS.len() as u64) as usize]);
        text.push_str(if random.below(20) == 0 { "\\n" } else { " " });
    }
    text
}
