//! One line: a save request as JSON.

use serde_json::{Map, Value};

use super::error::Wrong;
use crate::plan::Checkpoint;

/// Bytes of a state or a context; the services accept no more.
pub(super) const MOST_STATE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of an id or a phase; the services accept no more.
const MOST_ID_BYTES: usize = 256;

/// All fields, those that a line must have first.
const FIELDS: [&str; 8] = [
    "run_id",
    "thread_id",
    "user_id",
    "state",
    "checkpoint_type",
    "agent_phase",
    "execution_context",
    "is_recovery_point",
];
const REQUIRED: usize = 4;

/// A request as it stands on its line, every field within the services' limits.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) run_id: String,
    pub(super) thread_id: String,
    pub(super) user_id: String,
    /// In canonical form.
    pub(super) state: String,
    pub(super) checkpoint: Checkpoint,
    pub(super) agent_phase: Option<String>,
    /// In canonical form.
    pub(super) execution_context: Option<String>,
    pub(super) recovery_point: bool,
}

impl Request {
    /// Reads a line without its end.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Wrong> {
        let text = std::str::from_utf8(line).map_err(|e| {
            let byte = e.valid_up_to() + 1;
            Wrong::line(format!("byte {byte} is no UTF-8: save the file as UTF-8"))
        })?;
        let value: Value = serde_json::from_str(text).map_err(|e| Wrong::line(no_json(&e)))?;
        let Value::Object(mut fields) = value else {
            return Err(Wrong::line(format!(
                "{} is no save request: write a JSON object with {}",
                kind(&value),
                FIELDS[..REQUIRED].join(", ")
            )));
        };
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let problem = format!("unknown field; known are {}", FIELDS.join(", "));
            return Err(Wrong::field(unknown, problem));
        }
        Ok(Self {
            run_id: id(&mut fields, "run_id")?,
            thread_id: id(&mut fields, "thread_id")?,
            user_id: id(&mut fields, "user_id")?,
            state: state(&mut fields)?,
            checkpoint: checkpoint(&mut fields)?,
            agent_phase: optional_text(&mut fields, "agent_phase")?,
            execution_context: context(&mut fields)?,
            recovery_point: recovery_point(&mut fields)?,
        })
    }
}

/// What the parser says, without its `line 1`: the line's number is the file's.
fn no_json(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let what = said
        .split_once(" at line ")
        .map_or(said.as_str(), |(what, _)| what);
    format!(
        "no valid JSON at byte {}: {what}; write one whole object a line",
        error.column()
    )
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn id(fields: &mut Map<String, Value>, name: &'static str) -> Result<String, Wrong> {
    let Some(value) = fields.remove(name) else {
        return Err(missing(name));
    };
    let text = text(name, value)?;
    if text.is_empty() {
        let problem = format!("it is empty; give 1 to {MOST_ID_BYTES} bytes");
        return Err(Wrong::field(name, problem));
    }
    Ok(text)
}

fn missing(name: &str) -> Wrong {
    let required = FIELDS[..REQUIRED].join(", ");
    Wrong::field(
        name,
        format!("the field is missing; each request has {required}"),
    )
}

fn text(name: &str, value: Value) -> Result<String, Wrong> {
    let Value::String(text) = value else {
        let problem = format!("this is {}; give a text", kind(&value));
        return Err(Wrong::field(name, problem));
    };
    if text.len() > MOST_ID_BYTES {
        let problem = format!(
            "it has {} bytes; at most {MOST_ID_BYTES} are accepted",
            text.len()
        );
        return Err(Wrong::field(name, problem));
    }
    if text.contains('\0') {
        return Err(Wrong::field(name, NUL));
    }
    Ok(text)
}

/// PostgreSQL's JSON and texts refuse it, so no service accepts it.
const NUL: &str = "it contains a NUL character, which no database keeps; remove it";

fn optional_text(
    fields: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, Wrong> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => text(name, value).map(Some),
    }
}

fn state(fields: &mut Map<String, Value>) -> Result<String, Wrong> {
    const NAME: &str = "state";
    let Some(value) = fields.remove(NAME) else {
        return Err(missing(NAME));
    };
    if !value.is_object() {
        let problem = format!("this is {}; a state is a JSON object", kind(&value));
        return Err(Wrong::field(NAME, problem));
    }
    canonical(NAME, &value)
}

fn context(fields: &mut Map<String, Value>) -> Result<Option<String>, Wrong> {
    const NAME: &str = "execution_context";
    match fields.remove(NAME) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => canonical(NAME, &value).map(Some),
    }
}

/// Compact JSON with sorted keys: `serde_json`'s objects are sorted maps.
fn canonical(name: &str, value: &Value) -> Result<String, Wrong> {
    if contains_nul(value) {
        return Err(Wrong::field(name, NUL));
    }
    let text = value.to_string();
    if text.len() > MOST_STATE_BYTES {
        let problem = format!(
            "it has {} bytes; at most {MOST_STATE_BYTES} are accepted",
            text.len()
        );
        return Err(Wrong::field(name, problem));
    }
    Ok(text)
}

/// No deeper than the parser allows.
fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(contains_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || contains_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn checkpoint(fields: &mut Map<String, Value>) -> Result<Checkpoint, Wrong> {
    const NAME: &str = "checkpoint_type";
    let Some(name) = optional_text(fields, NAME)? else {
        return Ok(Checkpoint::Auto);
    };
    let known = |kind: &Checkpoint| kind.as_str() == name;
    Checkpoint::ALL.into_iter().find(known).ok_or_else(|| {
        let names = Checkpoint::ALL.map(Checkpoint::as_str).join(", ");
        Wrong::field(
            NAME,
            format!("unknown checkpoint type {name:?}; known are {names}"),
        )
    })
}

fn recovery_point(fields: &mut Map<String, Value>) -> Result<bool, Wrong> {
    const NAME: &str = "is_recovery_point";
    match fields.remove(NAME) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(other) => {
            let problem = format!("this is {}; give true or false", kind(&other));
            Err(Wrong::field(NAME, problem))
        }
    }
}
