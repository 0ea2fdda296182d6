//! The live view on this terminal: another screen while a run goes on, the user's own afterwards.

use std::io;
use std::io::IsTerminal as _;
use std::io::Stdout;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::EnterAlternateScreen;
use ratatui::crossterm::terminal::LeaveAlternateScreen;

use crate::load::drive::Seen;
use crate::load::live::Live;

/// The other screen; dropping it brings the user's own back.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    live: Live,
}

impl Screen {
    /// Whether there is a terminal that can show one.
    pub(super) fn is_possible() -> bool {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        io::stdout().is_terminal() && io::stderr().is_terminal() && !is_dumb
    }

    /// Changes to the other screen.
    pub(super) fn open(live: Live) -> io::Result<Self> {
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()));
        if terminal.is_err() {
            back();
        }
        let mut screen = Self {
            terminal: terminal?,
            live,
        };
        screen.draw();
        Ok(screen)
    }

    /// Shows one second more.
    pub(super) fn tell(&mut self, seen: &Seen<'_>) {
        self.live.take(seen);
        self.draw();
    }

    /// Brings the user's own screen back, and gives what is worth a line of it.
    pub(super) fn close(self) -> String {
        self.live.summary()
    }

    fn draw(&mut self) {
        let live = &self.live;
        // A terminal that is gone takes nothing from the run.
        let _ = self.terminal.draw(|frame| live.draw(frame));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        back();
    }
}

fn back() {
    // A terminal that is gone needs no restoring.
    let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
}
