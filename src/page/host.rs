//! Where a run took place.

/// The machine.
#[derive(Clone, Debug)]
pub struct Host {
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
    /// Revision of this program.
    pub git: String,
}
