//! `runner schema`: the JSON Schema of the report format.

use anyhow::Result;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use shared::report::{FORMAT_VERSION, Index, Run, Scenario};

use crate::console::print;
use crate::exit::Exit;

/// Print the JSON Schema of the report files.
///
/// It is generated from the types that write and read them. A file is one of the three documents under `oneOf`:
/// run.json is a Run, <scenario>.json a Scenario, index.json an Index.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  runner schema > docs/report.schema.json")]
pub(crate) struct Args {}

/// Prints the schema.
///
/// # Errors
/// Where standard output cannot take it.
pub(crate) fn run(_: &Args) -> Result<Exit> {
    print(&text()?)?;
    Ok(Exit::Done)
}

fn text() -> Result<String> {
    Ok(serde_json::to_string_pretty(&schema())? + "\n")
}

fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let documents = [
        generator.subschema_for::<Run>(),
        generator.subschema_for::<Scenario>(),
        generator.subschema_for::<Index>(),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Statebench report files, format {FORMAT_VERSION}"),
        "oneOf": documents,
        "$defs": generator.take_definitions(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_current() {
        let committed = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/report.schema.json"
        ));
        assert!(
            committed.unwrap() == text().unwrap(),
            "docs/report.schema.json is not what the types say; run: make schema"
        );
    }

    #[test]
    fn unknown_members_are_refused_and_fields_are_described() {
        let schema = schema();
        let run = &schema["$defs"]["Run"];
        assert_eq!(run["additionalProperties"], json!(false));
        assert_eq!(
            run["properties"]["seed"]["description"],
            json!("The seed that plan, order and dataset follow from.")
        );
        assert_eq!(schema["oneOf"][1]["$ref"], json!("#/$defs/Scenario"));
    }
}
