//! The last minutes of a hub's rates, one point a second, bounded.

use std::collections::VecDeque;
use std::time::Duration;

/// Points kept: ten minutes.
pub(super) const POINTS_MAX: usize = 600;

/// Rounds to whole seconds.
const HALF: Duration = Duration::from_millis(500);

/// One second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Documents a second.
    pub(super) sent: f64,
    /// Deliveries a second.
    pub(super) received: f64,
}

/// Points from the oldest to the newest.
#[derive(Clone, Debug, Default)]
pub(super) struct History(VecDeque<Point>);

impl History {
    /// What was so for the time since the last point.
    pub(super) fn push(&mut self, point: Point, since: Duration) {
        let seconds = usize::try_from(since.saturating_add(HALF).as_secs()).unwrap_or(POINTS_MAX);
        for _ in 0..seconds.clamp(1, POINTS_MAX) {
            if self.0.len() == POINTS_MAX {
                self.0.pop_front();
            }
            self.0.push_back(point);
        }
    }

    pub(super) fn points(&self) -> impl ExactSizeIterator<Item = Point> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(number: usize) -> Point {
        Point {
            sent: number as f64,
            received: 0.0,
        }
    }

    #[test]
    fn the_oldest_point_goes_first() {
        let mut history = History::default();
        for number in 0..POINTS_MAX + 3 {
            history.push(point(number), Duration::from_millis(1003));
        }
        assert_eq!(history.points().len(), POINTS_MAX);
        assert_eq!(history.points().next().unwrap().sent, 3.0);
    }

    #[test]
    fn a_late_look_fills_the_seconds_before_it() {
        let mut history = History::default();
        history.push(point(1), Duration::from_secs(1));
        history.push(point(2), Duration::from_millis(3600));
        let sent: Vec<f64> = history.points().map(|point| point.sent).collect();
        assert_eq!(sent, [1.0, 2.0, 2.0, 2.0, 2.0]);
    }
}
