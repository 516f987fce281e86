//! `runner completions`: what a shell completes.

use anyhow::Result;
use clap_complete::Shell;

use crate::console::print;
use crate::exit::Exit;

/// Print the completion script of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner completions bash > ~/.local/share/bash-completion/completions/runner
  runner completions fish > ~/.config/fish/completions/runner.fish")]
pub(crate) struct Args {
    /// Shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for the whole command line `command`.
///
/// # Errors
/// Where standard output cannot take it.
pub(crate) fn run(args: &Args, command: &mut clap::Command) -> Result<Exit> {
    print(&script(args.shell, command))?;
    Ok(Exit::Done)
}

fn script(shell: Shell, command: &mut clap::Command) -> String {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args as _, ValueEnum};

    #[test]
    fn every_shell_gets_a_script_that_names_the_command() {
        for shell in Shell::value_variants() {
            let mut command =
                super::super::verify::Args::augment_args(clap::Command::new("runner"));
            let script = script(*shell, &mut command);
            assert!(
                script.contains("runner") && script.contains("reports"),
                "{shell}"
            );
        }
    }
}
