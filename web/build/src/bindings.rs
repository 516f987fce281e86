//! What a browser runs: a program's WebAssembly, and the JavaScript that wasm-bindgen writes for it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::folder::Files;

/// Shrinks WebAssembly; part of Binaryen.
const OPTIMIZER: &str = "wasm-opt";
/// For size, with what stable Rust's compiler takes for granted in a browser.
const OPTIONS: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The files `PROGRAM.js` and `PROGRAM_bg.wasm`, made from `PROGRAM.wasm` in the folder of compiled modules.
///
/// # Errors
/// Where there is no such module, or wasm-bindgen does not understand it.
pub(crate) fn of(program: &str, modules: &Path) -> Result<Files> {
    let module = modules.join(program).with_extension("wasm");
    let mut output = Bindgen::new()
        .input_path(&module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("cannot write the bindings of {}", module.display()))?;
    let code = output.wasm_mut().emit_wasm();
    Ok(Files::from([
        (format!("{program}.js"), output.js().as_bytes().to_vec()),
        (format!("{program}_bg.wasm"), optimized(code, modules)?),
    ]))
}

/// The code made smaller, or as it is where the optimizer is missing or too old for it.
fn optimized(code: Vec<u8>, work: &Path) -> Result<Vec<u8>> {
    let [before, after] = ["before.wasm", "after.wasm"].map(|name| work.join(name));
    fs::write(&before, &code).with_context(|| format!("cannot write {}", before.display()))?;
    let run = Command::new(OPTIMIZER)
        .args(OPTIONS)
        .arg(&before)
        .arg("-o")
        .arg(&after)
        .output();
    let smaller = match run {
        Ok(run) if run.status.success() => Some(crate::folder::read(&after)?),
        Ok(run) => {
            let said = String::from_utf8_lossy(&run.stderr);
            let why = said.lines().next().unwrap_or("no reason given");
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                eprintln!("{OPTIMIZER} is left out, it cannot read these programs: {why}")
            });
            None
        }
        Err(_) => None,
    };
    Ok(smaller
        .filter(|smaller| smaller.len() < code.len())
        .unwrap_or(code))
}
