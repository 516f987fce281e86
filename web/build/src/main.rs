//! Builds the report site's code into `dist/`: compiles the viewer for WebAssembly, writes the bindings between its programs
//! and JavaScript, and puts both beside the page's own files, each under a name that changes with its contents.
//!
//! It needs cargo and the target `wasm32-unknown-unknown`, and no tool besides. Where `wasm-opt` is installed, it makes the
//! programs smaller.

mod bindings;
mod compile;
mod folder;
mod names;
mod page;
mod size;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::folder::Files;
use crate::page::Page;

/// Build the report site's code.
#[derive(Debug, Parser)]
#[command(
    name = "build-site",
    after_help = "\
Examples:
  build-site            compile the viewer and write dist/
  build-site size       what a first page of each program downloads; fails above the budget"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder that the site's code is written to; what it held is replaced.
    #[arg(long, global = true, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what a first page of each program downloads, after gzip and after Brotli; fail above the budget.
    Size,
}

fn main() -> ExitCode {
    let Cli { command, out } = Cli::parse();
    let done = match command {
        None => build(&out),
        Some(Command::Size) => size::check(&out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build(out: &Path) -> Result<()> {
    let workspace = compile::workspace();
    let web = workspace.join("web");
    let page = Page::read(&web)?;
    let mut files = Files::new();
    for name in page.assets() {
        files.insert(name.to_owned(), folder::read(&web.join(name))?);
    }
    let modules = compile::programs(workspace)?;
    for program in page.programs() {
        files.extend(bindings::of(program, &modules)?);
    }
    files.insert(page::PAGE.to_owned(), page.published()?.into_bytes());
    folder::replace(out, &names::by_contents(files)?)
}
