//! Reports of past runs in a directory: what `load`, `demo` and `bench verify` wrote with `--json`,
//! with the page of the same name beside it where there is one.
//!
//! A directory may be on a disk that does not answer, and a name in it may be a device, a pipe or a link to
//! something that is nobody's business. So one thread of its own looks at it, reads each file once, and keeps
//! little of it; pages are shown what it found last. That thread may hang for ever: nothing waits for it.

mod directory;
mod kept;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::oneshot;

pub(super) use kept::Report;

use directory::Directory;

use crate::clock::Clock;

/// Questions that wait for the thread.
const WAITING_MAX: usize = 8;

/// How long a page waits for the directory before it shows what was found last.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the thread found last.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Newest first.
    pub(super) reports: Vec<Arc<Report>>,
    /// Files that were left out for their size.
    pub(super) too_large: Vec<String>,
    /// Files that were left out because there are newer ones, or because there are too many.
    pub(super) older: usize,
    /// Whether the directory cannot be read.
    pub(super) is_unreadable: bool,
}

/// A listing, and whether the directory did not answer in time, so that it is an old one.
pub(super) struct Seen {
    pub(super) listing: Arc<Listing>,
    pub(super) is_late: bool,
}

/// The page of a report.
pub(super) enum Page {
    Found(Bytes),
    Absent,
    /// The directory did not answer in time.
    Late,
}

/// The reports of a directory.
#[derive(Debug)]
pub(super) struct Reports {
    questions: mpsc::SyncSender<Question>,
    last: Arc<ArcSwap<Listing>>,
}

enum Question {
    List(oneshot::Sender<()>),
    Page(String, oneshot::Sender<Option<Bytes>>),
}

impl Reports {
    /// Starts the thread. It ends with the reports, unless it hangs; nothing waits for its end.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(super) fn of(path: PathBuf, clock: Clock) -> std::io::Result<Self> {
        let (questions, asked) = mpsc::sync_channel(WAITING_MAX);
        let last = Arc::new(ArcSwap::<Listing>::default());
        let shown = Arc::clone(&last);
        let answer = move || {
            let mut directory = Directory::new(path, clock);
            for question in asked {
                match question {
                    Question::List(done) => {
                        if let Some(listing) = directory.look() {
                            shown.store(Arc::new(listing));
                        }
                        // Whoever asked may be gone.
                        let _ = done.send(());
                    }
                    Question::Page(name, page) => {
                        let _ = page.send(directory.page(&name));
                    }
                }
            }
        };
        let name = "console-reports".to_owned();
        std::thread::Builder::new().name(name).spawn(answer)?;
        Ok(Self { questions, last })
    }

    /// What the directory has now, or had when it last answered.
    pub(super) async fn listing(&self) -> Seen {
        let (done, seen) = oneshot::channel();
        let answer = self.answer(Question::List(done), seen).await;
        Seen {
            listing: self.last.load_full(),
            is_late: answer.is_none(),
        }
    }

    /// The page of a report.
    pub(super) async fn page(&self, name: String) -> Page {
        let (found, page) = oneshot::channel();
        match self.answer(Question::Page(name, found), page).await {
            None => Page::Late,
            Some(None) => Page::Absent,
            Some(Some(page)) => Page::Found(page),
        }
    }

    async fn answer<T>(&self, question: Question, answer: oneshot::Receiver<T>) -> Option<T> {
        self.questions.try_send(question).ok()?;
        tokio::time::timeout(PATIENCE, answer).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests;
