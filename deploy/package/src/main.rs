//! Makes the archive of a release from a folder that holds the built program: adds the licences of what is in it, a bill of
//! materials and checksums. The same commit and compiler give the same bytes.

mod archive;
mod crates;
mod licences;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use jiff::Timestamp;

use crate::crates::Crates;

/// What the bill of materials is called in an archive.
const SBOM: &str = "sbom.cdx.json";
/// What the licences are called in an archive.
const LICENCES: &str = "THIRD-PARTY-LICENCES.txt";

/// Make a release's archive.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folder of what is to be in the archive, named as it is to unpack; licences, bill of materials and checksums are added.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Target that the program was built for.
    #[arg(long, value_name = "TRIPLE")]
    target: String,
    /// When the archive's files were last changed, seconds since 1970: the commit's time.
    #[arg(long, value_name = "SECONDS")]
    time: i64,
}

fn main() -> Result<()> {
    let Arguments {
        folder,
        target,
        time,
    } = Arguments::parse();
    let time = Timestamp::from_second(time)
        .with_context(|| format!("--time {time} is no time: name seconds since 1970"))?;
    ensure!(
        folder.is_dir(),
        "{} is no folder: name the one that holds what is to be packed",
        folder.display()
    );
    let crates = Crates::of_product(&target)?;
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write(LICENCES, licences::text(&crates)?)?;
    write(SBOM, sbom::json(&crates, time)?)?;
    write(
        archive::SUMS,
        archive::sums(&folder, &archive::files(&folder)?)?,
    )?;
    let packed = archive::pack(&folder, time)?;
    let beside = packed.parent().unwrap_or(Path::new("")).join(archive::SUMS);
    fs::write(&beside, archive::sums_of_archive(&packed)?)
        .with_context(|| format!("cannot write {}", beside.display()))?;
    println!("{}", packed.display());
    Ok(())
}
