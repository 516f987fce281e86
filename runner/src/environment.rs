//! The machine and the build that a report names. Nothing that tells whose machine it is: no host or user name.

pub(crate) mod cgroup;
pub(crate) mod mounts;

use std::fs;

use shared::report::{Build, Environment};

use self::mounts::mount_of;
use crate::databases::Home;
use crate::place::without_password;

/// Digits of the fingerprint: enough to tell machines apart, short enough to read.
const FINGERPRINT_DIGITS: usize = 16;

/// What a run does without where `/proc` cannot be read, in a chroot for instance, and the remedy.
pub(crate) const WITHOUT_PROC: &str = "memory and threads are not measured, and the report names neither processor nor \
                                       file system; mount it with `mount -t proc proc /proc`";

/// The build of this runner.
pub(crate) fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: env!("STATEBENCH_REVISION").to_owned(),
        profile: env!("STATEBENCH_PROFILE").to_owned(),
        target: Some(env!("STATEBENCH_TARGET").to_owned()),
    }
}

/// Name of the machine's session: another one after it was started anew. None where the system does not tell.
pub(crate) fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// The machine, as far as it can be read; `databases` is where the databases are kept. What a server stores on is unknown.
pub(crate) fn environment(databases: &Home) -> Environment {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut environment = Environment {
        system: system(&file("/etc/os-release")),
        processor: processor(&file("/proc/cpuinfo")),
        cores: std::thread::available_parallelism()
            .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
        memory_bytes: memory_bytes(&file("/proc/meminfo"), "MemTotal"),
        file_system: match databases {
            Home::Folder(folder) => folder
                .canonicalize()
                .ok()
                .and_then(|path| mount_of(&file("/proc/self/mountinfo"), &path))
                .map(|mount| mount.kind),
            Home::Server(_) => None,
        },
        fingerprint: String::new(),
    };
    environment.fingerprint = fingerprint(&environment, databases);
    environment
}

/// `Debian GNU/Linux 13, Linux 6.12.1 x86_64`.
fn system(os_release: &str) -> String {
    let kernel = rustix::system::uname();
    let [name, release, machine] = [kernel.sysname(), kernel.release(), kernel.machine()]
        .map(|part| part.to_string_lossy().into_owned());
    let distribution = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map(|value| value.trim_matches('"').to_owned());
    let kernel = format!("{name} {release} {machine}");
    match distribution {
        Some(distribution) => format!("{distribution}, {kernel}"),
        None => kernel,
    }
}

fn processor(cpuinfo: &str) -> Option<String> {
    let model = field(cpuinfo, "model name")?;
    Some(model.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A figure of `/proc/meminfo`, bytes.
pub(crate) fn memory_bytes(meminfo: &str, name: &str) -> Option<u64> {
    let kibibytes: u64 = field(meminfo, name)?
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    kibibytes.checked_mul(1024)
}

/// The value behind `name:` in a file of `/proc`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// Equal where all figures are, and the database's server.
fn fingerprint(environment: &Environment, databases: &Home) -> String {
    let Environment {
        system,
        processor,
        cores,
        memory_bytes,
        file_system,
        fingerprint: _,
    } = environment;
    let mut figures = format!("{system:?} {processor:?} {cores} {memory_bytes:?} {file_system:?}");
    if let Home::Server(url) = databases {
        figures += &without_password(url);
    }
    let mut digits = blake3::hash(figures.as_bytes()).to_hex().to_string();
    digits.truncate(FINGERPRINT_DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read() {
        assert_eq!(
            processor("processor\t: 0\nmodel name\t: Sample  CPU @ 2 GHz\n").unwrap(),
            "Sample CPU @ 2 GHz"
        );
        assert_eq!(
            memory_bytes("MemTotal:        1000 kB\nMemFree: 1 kB", "MemTotal"),
            Some(1_024_000)
        );
        assert_eq!(memory_bytes("MemTotal: many kB", "MemTotal"), None);
        assert!(system("NAME=x\nPRETTY_NAME=\"Sample OS 1\"\n").starts_with("Sample OS 1, "));
    }

    #[test]
    fn the_fingerprint_follows_the_machine() {
        let home = Home::Folder(".".into());
        let here = environment(&home);
        assert!(
            here.cores > 0 && here.fingerprint.len() == FINGERPRINT_DIGITS,
            "{here:?}"
        );
        assert_eq!(environment(&home), here);
        let larger = Environment {
            cores: here.cores + 1,
            ..here.clone()
        };
        assert_ne!(fingerprint(&larger, &home), here.fingerprint);
    }

    #[test]
    fn the_fingerprint_follows_the_server_but_not_the_password() {
        let on = |url: &str| environment(&Home::Server(url.to_owned()));
        let one = on("postgres://ann:s3cret@one/states");
        assert_eq!(one.file_system, None);
        assert_eq!(one, on("postgres://ann:changed@one/states"));
        assert_ne!(
            one.fingerprint,
            on("postgres://ann:s3cret@two/states").fingerprint
        );
    }

    #[test]
    fn the_build_names_its_profile() {
        assert_eq!(
            build().profile,
            if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
        );
        assert_eq!(build().version, env!("CARGO_PKG_VERSION"));
        let target = build().target.unwrap();
        assert!(target.starts_with(std::env::consts::ARCH), "{target}");
    }
}
