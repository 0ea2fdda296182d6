//! Plan of the process's file descriptors: how many each kind of use may take, so that no flood of one
//! takes them from another, and some are always left for journal, index, revocation lists and the
//! operator.

use rustix::process::Resource;
use rustix::process::getrlimit;

use super::config::STRANGERS_MAX;

/// Descriptors for the hub's own files, the console and the operator's connections.
const RESERVE: usize = 256;

/// Handshakes under way: whoever is slow with one gives way to whoever comes.
const HANDSHAKES_MAX: usize = 1024;

/// Files that uploads and downloads hold open.
const FILES_MAX: usize = 512;

/// What each kind of use may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Descriptors {
    /// Connections whose handshake is under way.
    pub(super) handshakes: usize,
    /// Files of attachments on their way in or out.
    pub(super) files: usize,
    /// Connections of agencies.
    pub(super) agencies: usize,
}

impl Descriptors {
    /// The plan for the limit of this process.
    pub(super) fn of_this_process(connections_max: usize) -> Self {
        let limit = getrlimit(Resource::Nofile).current;
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        Self::within(limit, connections_max)
    }

    fn within(limit: usize, connections_max: usize) -> Self {
        let share = limit / 8;
        let (handshakes, files) = (HANDSHAKES_MAX.min(share), FILES_MAX.min(share));
        let reserve = RESERVE.min(limit / 4);
        let others = reserve + STRANGERS_MAX.min(share) + handshakes + files;
        Self {
            handshakes: handshakes.max(1),
            files: files.max(1),
            agencies: connections_max.min(limit.saturating_sub(others)).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_left_whatever_the_limit() {
        for limit in [64, 256, 1024, 1060, 4096, 1 << 20, usize::MAX] {
            let plan = Descriptors::within(limit, 16_384);
            let taken = plan.handshakes + plan.files + plan.agencies + STRANGERS_MAX.min(limit / 8);
            assert!(
                taken + RESERVE.min(limit / 4) <= limit,
                "{plan:?} of {limit}"
            );
            assert!(
                plan.agencies >= limit.min(16_384 * 2) / 8,
                "{plan:?} of {limit}"
            );
        }
        assert_eq!(Descriptors::within(1 << 20, 16_384).agencies, 16_384);
    }
}
