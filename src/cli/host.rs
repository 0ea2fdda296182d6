//! Where a run took place, as every report says it.

use std::path::Path;

use crate::clock::Clock;
use crate::page::Host;
use crate::page::Ticks;

/// This machine, and the file system of `data`.
pub(super) fn describe(data: Option<&Path>) -> Host {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?
                .split(':')
                .nth(1)
                .map(str::trim)
                .map(str::to_owned)
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kernel = read("/proc/sys/kernel/osrelease");
    let distribution = read("/etc/os-release")
        .lines()
        .find_map(|line| {
            Some(
                line.strip_prefix("PRETTY_NAME=")?
                    .trim_matches('"')
                    .to_owned(),
            )
        })
        .unwrap_or_else(|| std::env::consts::OS.to_owned());
    Host {
        name: read("/proc/sys/kernel/hostname").trim().to_owned(),
        date: Clock::system()
            .now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        cpu,
        flags: flags(&read("/proc/cpuinfo")),
        memory: memory(&read("/proc/meminfo")),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        os: format!("{distribution}, kernel {}", kernel.trim()),
        filesystem: data
            .and_then(filesystem)
            .unwrap_or_else(|| "none".to_owned()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git: env!("DOCAXIS_GIT").to_owned(),
    }
}

/// What the machine and this process have done so far. `None` where Linux does not say.
pub(super) fn ticks() -> Option<Ticks> {
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let own = std::fs::read_to_string("/proc/self/stat").ok()?;
    Ticks::parse(&machine, &own)
}

/// Instruction sets that decide how fast signatures, digests and TLS are.
const FLAGS: [&str; 10] = [
    "aes",
    "avx2",
    "avx512f",
    "avx512ifma",
    "avx512vl",
    "bmi2",
    "adx",
    "sha_ni",
    "vaes",
    "vpclmulqdq",
];

fn flags(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("flags"));
    let has = |flag: &&str| line.is_some_and(|line| line.split(' ').any(|word| word == *flag));
    let found: Vec<&str> = FLAGS.into_iter().filter(has).collect();
    found.join(" ")
}

/// Bytes.
fn memory(meminfo: &str) -> u64 {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Type of the file system that holds `path`: the longest mount point above it.
fn filesystem(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        path.starts_with(point)
            .then(|| (point.len(), kind.to_owned()))
    });
    above.max().map(|(_, kind)| kind)
}
