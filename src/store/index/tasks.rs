//! What there is to do for whoever keeps an index, and who waits for it.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

/// What the keeper of an index is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Task {
    /// Write out what is frozen.
    Flush,
    /// The file failed: open it again, or make it anew.
    Mend,
    /// A row is damaged: make the file anew; the one there is serves meanwhile.
    MakeAnew,
    /// Nothing for now.
    Nothing,
    /// Nothing more will come.
    End,
}

/// How writing out goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// What was frozen is in the file.
    Written,
    /// It is being written, and takes longer than was waited.
    Slow,
    /// It cannot be written: the file is away or the disk is full.
    Stuck,
}

#[derive(Debug, Default)]
pub(super) struct Tasks {
    asked: Mutex<Asked>,
    /// Rings for the keeper.
    bell: Condvar,
    /// Rings for those who wait for the keeper.
    done: Condvar,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
struct Asked {
    flush: bool,
    mend: bool,
    anew: bool,
    is_stuck: bool,
    is_closed: bool,
}

impl Tasks {
    pub(super) fn ask_to_flush(&self) {
        self.asked().flush = true;
        self.bell.notify_all();
    }

    pub(super) fn ask_to_mend(&self) {
        let mut asked = self.asked();
        asked.mend = true;
        asked.is_stuck = true;
        drop(asked);
        self.bell.notify_all();
        self.done.notify_all();
    }

    pub(super) fn ask_to_make_anew(&self) {
        self.asked().anew = true;
        self.bell.notify_all();
    }

    pub(super) fn close(&self) {
        self.asked().is_closed = true;
        self.bell.notify_all();
    }

    /// The file is there and has what was frozen.
    pub(super) fn written(&self) {
        self.asked().is_stuck = false;
        self.done.notify_all();
    }

    /// The most urgent task; [`Task::Nothing`] after a while without one.
    pub(super) fn next(&self, patience: Duration) -> Task {
        let asked = self.asked();
        let is_idle =
            |asked: &mut Asked| !(asked.flush || asked.mend || asked.anew || asked.is_closed);
        let waited = self.bell.wait_timeout_while(asked, patience, is_idle);
        let (mut asked, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut asked.mend) {
            Task::Mend
        } else if std::mem::take(&mut asked.flush) {
            Task::Flush
        } else if asked.is_closed {
            Task::End
        } else if std::mem::take(&mut asked.anew) {
            Task::MakeAnew
        } else {
            Task::Nothing
        }
    }

    /// Whoever waits for a flush learns that there will be none soon.
    pub(super) fn stuck(&self) {
        self.asked().is_stuck = true;
        self.done.notify_all();
    }

    pub(super) fn wait_written(&self, patience: Duration, is_written: impl Fn() -> bool) -> Pace {
        let asked = self.asked();
        let waits = |asked: &mut Asked| !asked.is_stuck && !is_written();
        let waited = self.done.wait_timeout_while(asked, patience, waits);
        let (asked, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if is_written() {
            Pace::Written
        } else if asked.is_stuck {
            Pace::Stuck
        } else {
            Pace::Slow
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
