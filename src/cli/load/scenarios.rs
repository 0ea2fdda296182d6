//! The presets, listed and explained.

use super::Failure;
use super::output;
use crate::load::Scenario;

/// Prints name, rate and first words of every preset.
pub(super) fn list() -> Result<(), Failure> {
    for name in Scenario::PRESETS {
        let (Some(text), Some(scenario)) = (Scenario::preset_text(name), Scenario::preset(name))
        else {
            continue;
        };
        let first: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .map(|line| line.trim_start_matches(['#', ' ']))
            .filter(|line| !line.is_empty())
            .collect();
        let about = first.first().copied().unwrap_or_default();
        let load = &scenario.load;
        output::line(&format!(
            "{name:<16} {:>6.0} documents/s {:>4.0} s   {about}",
            load.rate, load.duration_s
        ))?;
    }
    Ok(())
}

/// Prints the text of a preset.
pub(super) fn explain(name: &str) -> Result<(), Failure> {
    match Scenario::preset_text(name) {
        Some(text) => output::print(text),
        None => Err(Failure::Input(format!(
            "`{name}` is not a preset; there are {}",
            Scenario::PRESETS.join(", ")
        ))),
    }
}
