//! CPU time: of this thread, of this process, of its threads by name. How the hub's share is told from
//! the rest of a process.

use std::time::Duration;

/// How long threads are kept whose CPU is told by their name: a thread that ends takes what it used out of
/// [`cpu_of_threads`]. A hundred years.
pub const THREADS_STAY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// CPU this thread has used since it began.
pub fn thread_cpu() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

/// CPU this process has used since it began, over all threads.
pub fn process_cpu() -> Duration {
    read(rustix::time::ClockId::ProcessCPUTime)
}

fn read(clock: rustix::time::ClockId) -> Duration {
    let spent = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(spent.tv_sec).unwrap_or(0),
        u32::try_from(spent.tv_nsec).unwrap_or(0),
    )
}

/// CPU time of every thread of this process whose name begins with `prefix`, since the thread began.
/// `None` where the system does not tell.
pub fn cpu_of_threads(prefix: &str) -> Option<Duration> {
    let mut nanos = 0u64;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let path = task.ok()?.path();
        // A thread may end between the listing and the reading.
        let Ok(name) = std::fs::read_to_string(path.join("comm")) else {
            continue;
        };
        if !name.starts_with(prefix) {
            continue;
        }
        let Ok(times) = std::fs::read_to_string(path.join("schedstat")) else {
            continue;
        };
        nanos += times.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanos))
}
