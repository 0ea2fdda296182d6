//! The picture of the axis: the hub in the middle, agencies around it, what flows between them as
//! moving weight on the lines. Drawn once; the script sets the weights.

use std::f64::consts::TAU;

use super::live::AGENCIES_MAX;
use super::live::Look;
use crate::hub::AgencyFigures;
use crate::page::svg::escape;
use crate::page::svg::push;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 820.0;

/// Half axes of the ring of agencies.
const RING: (f64, f64) = (440.0, 265.0);

/// How far the two directions of a line lie apart.
const APART: f64 = 2.2;

/// The picture. `title` and `how` are for those who do not see it; its links are for a pointer only, the
/// same agencies are in the table of agencies.
pub(super) fn drawn(look: &Look, title: &str, how: &str, hub: &str) -> String {
    let agencies: Vec<&AgencyFigures> = look.figures.agencies.iter().take(AGENCIES_MAX).collect();
    let mut out = format!(
        "<svg class=\"axis\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{}</title>\
         <desc>{}</desc>",
        escape(title),
        escape(how)
    );
    for (index, agency) in agencies.iter().enumerate() {
        let angle = TAU * index as f64 / agencies.len().max(1) as f64 - TAU / 4.0;
        spoke(&mut out, index, angle, agency);
    }
    push(
        &mut out,
        format_args!(
            "<circle class=\"hub\" cx=\"{0}\" cy=\"{1}\" r=\"58\"/>\
             <text class=\"mid hub-name\" x=\"{0}\" y=\"{2}\">{3}</text></svg>",
            WIDTH / 2.0,
            HEIGHT / 2.0,
            HEIGHT / 2.0 + 7.0,
            escape(hub)
        ),
    );
    out
}

/// One agency: two lines, a point, a name along the ray.
fn spoke(out: &mut String, index: usize, angle: f64, agency: &AgencyFigures) {
    let (sin, cos) = angle.sin_cos();
    let (x, y) = (WIDTH / 2.0 + RING.0 * cos, HEIGHT / 2.0 + RING.1 * sin);
    let (dx, dy) = (WIDTH / 2.0 - x, HEIGHT / 2.0 - y);
    let length = dx.hypot(dy).max(1.0);
    // Across the line.
    let (ax, ay) = (-dy / length * APART, dx / length * APART);
    let kind = match agency.organ.as_str().rsplit('.').next() {
        Some(group) if group.starts_with('H') => "province",
        _ => "ministry",
    };
    push(
        out,
        format_args!(
            "<path class=\"spoke\" d=\"M{x:.1} {y:.1}L{:.1} {:.1}\"/>\
             <path class=\"flow up\" stroke-width=\"0\" data-up=\"{index}\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>\
             <path class=\"flow down\" stroke-width=\"0\" data-down=\"{index}\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
            WIDTH / 2.0,
            HEIGHT / 2.0,
            x + ax,
            y + ay,
            WIDTH / 2.0 + ax,
            HEIGHT / 2.0 + ay,
            WIDTH / 2.0 - ax,
            HEIGHT / 2.0 - ay,
            x - ax,
            y - ay,
        ),
    );
    let turn = (dy.atan2(dx).to_degrees() + 180.0).rem_euclid(360.0);
    // Names are never upside down.
    let (turn, side, place) = if (90.0..270.0).contains(&turn) {
        (turn - 180.0, "end", -12.0)
    } else {
        (turn, "start", 12.0)
    };
    push(
        out,
        format_args!(
            "<a href=\"/agency?organ={organ}\" tabindex=\"-1\"><title>{name}</title>\
             <circle class=\"agency {kind}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"/>\
             <text class=\"name {side}\" transform=\"translate({x:.1} {y:.1}) rotate({turn:.1})\" \
             x=\"{place}\" y=\"4\">{short}</text></a>",
            organ = agency.organ,
            name = escape(&agency.name),
            short = escape(&agency.short_name),
        ),
    );
}
