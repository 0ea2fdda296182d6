//! Where a run took place, as every report says it.

use std::path::Path;

use crate::load::report::Host;

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
        cpu,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        os: format!("{distribution}, kernel {}", kernel.trim()),
        filesystem: data
            .and_then(filesystem)
            .unwrap_or_else(|| "none".to_owned()),
        git: env!("DOCAXIS_GIT").to_owned(),
    }
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
