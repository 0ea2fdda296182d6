//! The last minutes of a hub's rates, one point a second, bounded.

use std::collections::VecDeque;

/// Points kept: ten minutes.
pub(super) const POINTS_MAX: usize = 600;

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
    pub(super) fn push(&mut self, point: Point) {
        if self.0.len() == POINTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    pub(super) fn points(&self) -> impl ExactSizeIterator<Item = Point> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_point_goes_first() {
        let mut history = History::default();
        for number in 0..POINTS_MAX + 3 {
            let sent = number as f64;
            history.push(Point {
                sent,
                received: 0.0,
            });
        }
        assert_eq!(history.points().len(), POINTS_MAX);
        assert_eq!(history.points().next().unwrap().sent, 3.0);
    }
}
