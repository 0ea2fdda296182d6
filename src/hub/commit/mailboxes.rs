//! Mailboxes after the index was made anew.

use crate::hub::core::Core;
use crate::hub::recover::after;
use crate::hub::registry::AgencyNo;
use crate::hub::rows;
use crate::hub::transaction::ReadError;
use crate::model::Priority;

/// Rows read at once.
const ROWS_AT_ONCE: usize = 4096;

/// Every mailbox holds what waits by the index. Here, because between two batches rows and mailboxes
/// say the same.
pub(super) fn read_mailboxes(core: &Core) -> Result<(), ReadError> {
    for agency in 0..core.mailboxes.count() {
        let agency = AgencyNo(u32::try_from(agency).unwrap_or(u32::MAX));
        let slot = core.mailboxes.slot(agency);
        let mut mailbox = slot.mailbox();
        let mut waiting = [0; Priority::ALL.len()];
        let (mut from, end) = rows::pending_of(agency);
        loop {
            let found = core.index.range(from..end.clone(), ROWS_AT_ONCE)?;
            let parsed = found
                .iter()
                .filter_map(|(key, _)| rows::parse_pending_key(key));
            for (_, priority, sequence) in parsed {
                let is_waiting = !mailbox.is_on_its_way(sequence);
                waiting[usize::from(priority.level())] += usize::from(is_waiting);
            }
            match found.into_iter().next_back() {
                Some((last, _)) => from = after(last),
                None => break,
            }
        }
        let aside = mailbox.read_again(waiting);
        drop(mailbox);
        for sequence in aside {
            core.set_aside.remove(sequence, agency);
        }
        slot.bell.notify_waiters();
    }
    Ok(())
}
