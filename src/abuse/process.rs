//! What the system says of the hub's process: memory and CPU, without asking the hub.

use std::time::Duration;

/// One look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Look {
    /// Resident memory, in KiB.
    pub(super) resident_kib: u64,
    /// The most it ever was, in KiB.
    pub(super) peak_kib: u64,
    /// CPU used since it began.
    pub(super) cpu: Duration,
}

/// Looks at a process; `None` where it is gone.
pub(super) fn look(id: u32) -> Option<Look> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(Look {
        // A process that ended and was not waited for has no memory.
        resident_kib: field(&status, "VmRSS:")?,
        peak_kib: field(&status, "VmHWM:")?,
        cpu: cpu(&stat, rustix::param::clock_ticks_per_second())?,
    })
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time: fields 14 and 15, counted after the name, which may have blanks in it.
fn cpu(stat: &str, ticks_per_second: u64) -> Option<Duration> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let ticks = ticks()? + ticks()?;
    Some(Duration::from_secs_f64(
        ticks as f64 / ticks_per_second.max(1) as f64,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_cpu_are_read_from_what_the_kernel_writes() {
        let status = "Name:\tdocaxis\nVmHWM:\t  123456 kB\nVmRSS:\t   98304 kB\n";
        assert_eq!(field(status, "VmRSS:"), Some(98_304));
        assert_eq!(field(status, "VmHWM:"), Some(123_456));
        assert_eq!(field("Name:\tzombie\n", "VmRSS:"), None);
        let stat = "4711 (doc axis) S 1 4711 4711 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 9 0";
        assert_eq!(cpu(stat, 100), Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_process_that_is_not_there_is_gone() {
        assert!(look(std::process::id()).is_some());
        assert_eq!(look(u32::MAX), None);
    }
}
