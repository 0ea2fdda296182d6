//! Where a run took place.

/// The machine, and when.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// When it was described, which is when the run began: RFC 3339, UTC.
    pub date: String,
    /// Model name of the processor.
    pub cpu: String,
    /// What of its instruction set matters here: `avx512ifma sha_ni …`.
    pub flags: String,
    /// Cores the process may use.
    pub cores: usize,
    /// Memory of the machine, in bytes.
    pub memory: u64,
    /// Operating system and kernel.
    pub os: String,
    /// File system of the data directory.
    pub filesystem: String,
    /// Version of this program.
    pub version: String,
    /// Revision of this program.
    pub git: String,
}
