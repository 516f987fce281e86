//! Reading report files: version first, then the document with the place of any fault.

use serde::Serialize;
#[cfg(feature = "field-paths")]
use serde::{Deserialize, de::DeserializeOwned as Document};

#[cfg(not(feature = "field-paths"))]
use super::tree::{FromTree as Document, Misfit, read_tree};
use super::{FORMAT_VERSION, Index, Run, Scenario};
use crate::criteria::Policy;

/// Why a report file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or it ends early.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser met.
        message: String,
    },
    /// JSON, but not this document.
    #[error("field {field}: {message}")]
    Field {
        /// Path of the field, `blocks[3].latencies.unique.response`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// Written by a newer build.
    #[error(
        "report format {found} is newer than format {known} that this build reads: use a newer build"
    )]
    Newer {
        /// Format of the file.
        found: u32,
        /// Newest format of this build.
        known: u32,
    },
    /// Format numbers begin at 1.
    #[error("report format 0 does not exist")]
    NoFormat,
}

#[cfg(feature = "field-paths")]
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// Reads `run.json`.
///
/// # Errors
/// [`ReadError`] with line or field.
pub fn read_run(text: &str) -> Result<Run, ReadError> {
    read(text)
}

/// Reads `<scenario>.json`.
///
/// # Errors
/// [`ReadError`] with line or field.
pub fn read_scenario(text: &str) -> Result<Scenario, ReadError> {
    read(text)
}

/// Reads `index.json`.
///
/// # Errors
/// [`ReadError`] with line or field.
pub fn read_index(text: &str) -> Result<Index, ReadError> {
    read(text)
}

/// Names and titles of the runs in `index.json`, for who needs no more of it; what cannot be read is left out.
#[must_use]
pub fn listed_runs(text: &str) -> Vec<(String, String)> {
    let index: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let listed = |run: &serde_json::Value| {
        let member = |name| Some(run.get(name)?.as_str()?.to_owned());
        Some((member("id")?, member("title")?))
    };
    let runs = index.get("runs").and_then(serde_json::Value::as_array);
    runs.map_or_else(Vec::new, |runs| runs.iter().filter_map(listed).collect())
}

/// Reads `policies.json`, the policies that a site judges comparisons by.
///
/// # Errors
/// [`ReadError`] with line or field.
pub fn read_policies(text: &str) -> Result<Vec<Policy>, ReadError> {
    parse(text)
}

/// The text of a document without a seal (the index): each run on a line.
///
/// # Errors
/// Where the document cannot be serialized.
pub fn to_json<T: Serialize>(document: &T) -> Result<String, serde_json::Error> {
    Ok(super::layout::lines(document)? + "\n")
}

const fn check_format(format: u32) -> Result<(), ReadError> {
    match format {
        0 => Err(ReadError::NoFormat),
        found if found > FORMAT_VERSION => Err(ReadError::Newer {
            found,
            known: FORMAT_VERSION,
        }),
        _ => Ok(()),
    }
}

#[cfg(feature = "field-paths")]
fn read<T: Document>(text: &str) -> Result<T, ReadError> {
    let version: Version = parse(text)?;
    check_format(version.format)?;
    parse(text)
}

#[cfg(not(feature = "field-paths"))]
fn read<T: Document>(text: &str) -> Result<T, ReadError> {
    let tree = tree(text)?;
    let format = tree.get("format").cloned().unwrap_or_default();
    check_format(
        read_tree(format).map_err(|Misfit { message, .. }| ReadError::Field {
            field: "format".to_owned(),
            message,
        })?,
    )?;
    read_tree(tree).map_err(misplaced)
}

#[cfg(feature = "field-paths")]
fn parse<T: Document>(text: &str) -> Result<T, ReadError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let document = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let field = e.path().to_string();
        let inner = e.into_inner();
        if inner.is_data() && field != "." {
            ReadError::Field {
                field,
                message: without_place(&inner),
            }
        } else {
            syntax(&inner)
        }
    })?;
    json.end().map_err(|e| syntax(&e))?;
    Ok(document)
}

#[cfg(not(feature = "field-paths"))]
fn parse<T: Document>(text: &str) -> Result<T, ReadError> {
    read_tree(tree(text)?).map_err(misplaced)
}

#[cfg(not(feature = "field-paths"))]
fn tree(text: &str) -> Result<serde_json::Value, ReadError> {
    serde_json::from_str(text).map_err(|e| syntax(&e))
}

#[cfg(not(feature = "field-paths"))]
fn misplaced(Misfit { field, message }: Misfit) -> ReadError {
    let field = if field.is_empty() {
        "(top level)".to_owned()
    } else {
        field
    };
    ReadError::Field { field, message }
}

fn syntax(e: &serde_json::Error) -> ReadError {
    ReadError::Syntax {
        line: e.line(),
        column: e.column(),
        message: without_place(e),
    }
}

fn without_place(e: &serde_json::Error) -> String {
    let message = e.to_string();
    match message.rfind(" at line ") {
        Some(at) => message[..at].to_owned(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_named_before_anything_else() {
        let refused = read_run(r#"{"format": 7, "whatever": []}"#).unwrap_err();
        assert_eq!(
            refused,
            ReadError::Newer {
                found: 7,
                known: FORMAT_VERSION
            }
        );
    }

    #[test]
    fn a_truncated_file_names_the_line() {
        let refused = read_index("{\n  \"format\": 1,\n  \"runs\": [").unwrap_err();
        assert!(
            matches!(refused, ReadError::Syntax { line: 3, .. }),
            "{refused}"
        );
    }

    #[test]
    fn a_wrong_field_is_named() {
        let refused =
            read_index(r#"{"format": 1, "runs": [{"id": 3}], "unreadable": []}"#).unwrap_err();
        assert!(
            matches!(&refused, ReadError::Field { field, .. } if field == "runs[0].id"),
            "{refused}"
        );
    }

    #[test]
    fn the_names_of_a_list_are_read_as_far_as_they_are_there() {
        let text = r#"{"format": 9, "runs": [{"id": "a", "title": "A", "x": 1}, {"id": 3}, 7]}"#;
        assert_eq!(listed_runs(text), [("a".to_owned(), "A".to_owned())]);
        assert_eq!(listed_runs("[{"), []);
    }

    #[test]
    fn text_behind_the_document_is_refused() {
        let refused =
            read_index("{\"format\": 1, \"runs\": [], \"unreadable\": []} x").unwrap_err();
        assert!(matches!(refused, ReadError::Syntax { .. }), "{refused}");
    }
}
