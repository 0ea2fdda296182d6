//! Writing an index out beside the replay that changes it: what is frozen goes to the file on a thread of
//! its own, and the replay waits only where the file is slower than it.

use std::sync::mpsc;
use std::thread::Scope;

use super::RecoverError;
use crate::store::FileError;
use crate::store::Index;
use crate::store::Position;

/// An index, and the thread that writes it out. The thread ends when this is dropped.
#[derive(Debug)]
pub(in crate::hub) struct WriteBehind<'a> {
    index: &'a Index,
    ask: mpsc::SyncSender<()>,
    written: mpsc::Receiver<Result<(), FileError>>,
    is_writing: bool,
}

impl<'a> WriteBehind<'a> {
    pub(in crate::hub) fn begin<'scope>(scope: &'scope Scope<'scope, '_>, index: &'a Index) -> Self
    where
        'a: 'scope,
    {
        let (ask, asked) = mpsc::sync_channel(1);
        let (tell, written) = mpsc::sync_channel(1);
        scope.spawn(move || {
            while asked.recv().is_ok() {
                let _ = tell.send(index.flush_frozen());
            }
        });
        Self {
            index,
            ask,
            written,
            is_writing: false,
        }
    }

    /// The index.
    pub(super) fn index(&self) -> &'a Index {
        self.index
    }

    /// Freezes what changed up to a record, as soon as what was frozen before is written.
    ///
    /// # Errors
    /// [`RecoverError::File`]: what was frozen before could not be written.
    pub(super) fn write_out(&mut self, position: Position) -> Result<(), RecoverError> {
        self.finish()?;
        self.index.freeze(position);
        self.is_writing = self.ask.send(()).is_ok();
        Ok(())
    }

    /// Waits until what was frozen is written.
    ///
    /// # Errors
    /// [`RecoverError::File`].
    pub(in crate::hub) fn finish(&mut self) -> Result<(), RecoverError> {
        if !std::mem::take(&mut self.is_writing) {
            return Ok(());
        }
        // The thread ends only after this does, or by a panic, which the scope passes on.
        self.written.recv().map_or(Ok(()), |written| Ok(written?))
    }
}
