//! What can be wrong with a running hub: a closed list with names that monitoring may rely on, and what
//! each means for those who use the hub. The prose is in `text`.

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $effect:ident;)*) => {
        /// The closed list of conditions. Published names are never reused for another meaning.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Condition { $($(#[$doc])* $variant,)* }

        impl Condition {
            /// Every condition, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in metrics, logs and probes, `snake_case`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means for those who use the hub.
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)* }
            }
        }
    };
}

/// What a condition means for those who use the hub, from mild to grave.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// Everything is served, and somebody should look.
    Degraded,
    /// Whoever is connected is served, others are not let in.
    ClosedToNewcomers,
    /// Documents are not taken.
    NotServing,
}

conditions! {
    /// Every place for connections of agencies is in use.
    ConnectionsFull = "connections_full", ClosedToNewcomers;
    /// The process may open no more files or sockets.
    DescriptorsUsedUp = "descriptors_used_up", ClosedToNewcomers;
    /// The journal takes no more: the disk is full, or the largest size that was allowed is reached.
    DiskFull = "disk_full", NotServing;
    /// Documents whose record is damaged were set aside: the others are delivered.
    DocumentsSetAside = "documents_set_aside", Degraded;
    /// The index cannot be read or written.
    IndexAway = "index_away", NotServing;
    /// The index is written more slowly than documents come.
    IndexBehind = "index_behind", Degraded;
    /// A record may or may not be on disk: the journal takes nothing more until the hub is restarted.
    JournalPoisoned = "journal_poisoned", NotServing;
    /// The journal cannot be written for another reason; it is tried again with each document.
    JournalUnavailable = "journal_unavailable", NotServing;
    /// A revocation list ends within a week.
    ListsEndSoon = "revocation_lists_end_soon", Degraded;
    /// A revocation list is too old to be believed.
    ListsEnded = "revocation_lists_ended", NotServing;
    /// This hub holds the CA's key and cannot write new revocation lists.
    ListsNotRenewed = "revocation_lists_not_renewed", Degraded;
    /// A revocation list should have been replaced; it is believed for a while yet.
    ListsOverdue = "revocation_lists_overdue", Degraded;
    /// The hub is stopping.
    ShuttingDown = "shutting_down", NotServing;
    /// Something that is stored could not be read within the last moments.
    StoreUnreadable = "store_unreadable", Degraded;
    /// A part of the hub ended by itself: the process has to be started again.
    ThreadDead = "thread_dead", NotServing;
}

impl Condition {
    /// Its place in [`Condition::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether only a new start of the process helps.
    pub fn is_fatal(self) -> bool {
        matches!(self, Self::JournalPoisoned | Self::ThreadDead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_its_place_and_its_name() {
        for (place, condition) in Condition::ALL.iter().enumerate() {
            assert_eq!(condition.index(), place);
        }
        let mut names: Vec<&str> = Condition::ALL.iter().map(|one| one.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Condition::ALL.len());
    }

    #[test]
    fn what_ends_the_process_stops_documents_first() {
        for condition in Condition::ALL.iter().filter(|one| one.is_fatal()) {
            assert_eq!(condition.effect(), Effect::NotServing, "{condition:?}");
        }
    }
}
