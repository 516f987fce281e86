//! `runner manual`: the manual pages, for whoever makes a package.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::exit::Exit;

/// Write a manual page of every command into a folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder; made where it is missing.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages of the whole command line `command`.
///
/// # Errors
/// Where the folder cannot be made or written into.
pub(crate) fn run(args: &Args, command: clap::Command) -> Result<Exit> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .with_context(|| format!("cannot write manual pages into {}", folder.display()))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::fs;

    #[test]
    fn every_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            folder: folder.path().join("man1"),
        };
        run(&args, crate::cli::Cli::command()).unwrap();
        for command in crate::cli::Cli::command().get_subcommands() {
            let page = args.folder.join(format!("runner-{}.1", command.get_name()));
            assert_eq!(page.is_file(), !command.is_hide_set(), "{}", page.display());
        }
        let whole = fs::read_to_string(args.folder.join("runner.1")).unwrap();
        assert!(whole.contains("runner\\-publish(1)"), "{whole}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        fs::write(&file, "").unwrap();
        let refused = run(&Args { folder: file }, clap::Command::new("runner")).unwrap_err();
        assert!(refused.to_string().contains("taken"), "{refused}");
    }
}
