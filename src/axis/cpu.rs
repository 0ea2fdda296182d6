//! CPU time by thread name, from `/proc`: how the hub's share is told from the rest of a process.

use std::time::Duration;

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
