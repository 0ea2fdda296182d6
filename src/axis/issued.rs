//! What a CA issued: `issued.json`, and in `issued.new` what came after it was last written, a line each.
//! One certificate costs one line; the whole is written anew when the lines have become many, so that what
//! is written for each certificate does not grow with what was issued before.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::pki::PkiError;
use super::pki::read_text;
use super::pki::write_file;

/// The whole.
const WHOLE: &str = "issued.json";

/// What came after it.
const NEW: &str = "issued.new";

/// Lines after which the whole is written anew.
const LINES_MAX: usize = 256;

/// One certificate that was issued.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Issued {
    pub(super) serial: String,
    pub(super) organ: String,
    pub(super) r#use: String,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
}

/// Everything that was issued, in the order it was.
#[derive(Debug, Default)]
pub(super) struct Register {
    rows: Vec<Issued>,
    /// How many of them are in the whole.
    whole: usize,
    /// How many of them are on disk.
    kept: usize,
    /// Whether the next line may be put behind the last.
    is_clean: bool,
}

impl Register {
    /// Reads the register of a CA directory.
    ///
    /// # Errors
    /// [`PkiError`].
    pub(super) fn read(directory: &Path) -> Result<Self, PkiError> {
        let wrong = |error: serde_json::Error| PkiError::new("read what was issued", error);
        let whole = read_text(&directory.join(WHOLE))?;
        let mut rows: Vec<Issued> = serde_json::from_str(&whole).map_err(wrong)?;
        let whole = rows.len();
        let new = directory.join(NEW);
        let lines = if new.exists() {
            read_text(&new)?
        } else {
            String::new()
        };
        // A line without its end was never finished, and its certificate never given out.
        let finished = lines.rsplit_once('\n').map_or("", |(finished, _)| finished);
        let mut is_clean = finished.is_empty() || finished.len() + 1 == lines.len();
        for line in finished.lines() {
            let row: Issued = serde_json::from_str(line).map_err(wrong)?;
            let tail = rows[..whole].iter().rev().take(2 * LINES_MAX);
            if tail.into_iter().any(|known| known.serial == row.serial) {
                // A crash came between the whole, which has them, and their removal.
                is_clean = false;
                break;
            }
            rows.push(row);
        }
        let kept = rows.len();
        Ok(Self {
            rows,
            whole,
            kept,
            is_clean: is_clean && (lines.is_empty() || kept > whole),
        })
    }

    pub(super) fn push(&mut self, issued: Issued) {
        self.rows.push(issued);
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Issued> {
        self.rows.iter()
    }

    /// Marks what is concerned as revoked; says how many were not before.
    pub(super) fn revoke(&mut self, now: Timestamp, concerned: impl Fn(&Issued) -> bool) -> usize {
        let mut count = 0;
        for issued in &mut self.rows {
            if issued.revoked_at.is_none() && concerned(issued) {
                issued.revoked_at = Some(now);
                count += 1;
            }
        }
        count
    }

    /// Adds what is not on disk yet, and has it reach the disk.
    ///
    /// # Errors
    /// [`PkiError`].
    pub(super) fn append(&mut self, directory: &Path) -> Result<(), PkiError> {
        if self.rows.len() - self.whole > LINES_MAX || !self.is_clean {
            return self.write(directory);
        }
        let failed = |error: &dyn std::fmt::Display| PkiError::new("write what was issued", error);
        let mut text = String::new();
        for row in &self.rows[self.kept..] {
            text.push_str(&serde_json::to_string(row).map_err(|error| failed(&error))?);
            text.push('\n');
        }
        let mut options = fs::File::options();
        let file = options.append(true).create(true).open(directory.join(NEW));
        file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_data()
        })
        .map_err(|error| failed(&error))?;
        self.kept = self.rows.len();
        Ok(())
    }

    /// Writes the whole anew.
    ///
    /// # Errors
    /// [`PkiError`].
    pub(super) fn write(&mut self, directory: &Path) -> Result<(), PkiError> {
        let text = serde_json::to_string_pretty(&self.rows)
            .map_err(|error| PkiError::new("write issued.json", error))?;
        write_file(&directory.join(WHOLE), text.as_bytes())?;
        match fs::remove_file(directory.join(NEW)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(PkiError::new("remove issued.new", error));
            }
            _ => {}
        }
        self.whole = self.rows.len();
        self.kept = self.whole;
        self.is_clean = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(number: usize) -> Issued {
        Issued {
            serial: format!("{number:08x}"),
            organ: "000.00.00.K77".to_owned(),
            r#use: "seal".to_owned(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            revoked_at: None,
        }
    }

    fn add(directory: &Path, number: usize) {
        let mut register = Register::read(directory).unwrap();
        register.push(issued(number));
        register.append(directory).unwrap();
    }

    fn numbers(directory: &Path) -> Vec<String> {
        let register = Register::read(directory).unwrap();
        register.rows().map(|row| row.serial.clone()).collect()
    }

    #[test]
    fn a_certificate_costs_a_line_and_the_whole_is_written_once_in_many() {
        let temporary = tempfile::tempdir().unwrap();
        let here = temporary.path();
        Register::default().write(here).unwrap();
        let (mut wholes, mut before) = (0, fs::read(here.join(WHOLE)).unwrap());
        let many = 3 * LINES_MAX;
        for number in 0..many {
            add(here, number);
            let whole = fs::read(here.join(WHOLE)).unwrap();
            wholes += usize::from(whole != before);
            before = whole;
        }
        assert!((1..=3).contains(&wholes), "{wholes}");
        let expected: Vec<String> = (0..many).map(|number| issued(number).serial).collect();
        assert_eq!(numbers(here), expected);
    }

    #[test]
    fn a_torn_line_is_left_out_and_the_next_is_whole() {
        let temporary = tempfile::tempdir().unwrap();
        let here = temporary.path();
        Register::default().write(here).unwrap();
        add(here, 1);
        add(here, 2);
        let lines = fs::read(here.join(NEW)).unwrap();
        for torn in 1..lines.len() {
            fs::write(here.join(WHOLE), "[]").unwrap();
            fs::write(here.join(NEW), &lines[..torn]).unwrap();
            let before = numbers(here);
            add(here, 3);
            let expected = [before, vec![issued(3).serial]].concat();
            assert_eq!(numbers(here), expected, "{torn}");
        }
    }

    #[test]
    fn lines_that_the_whole_has_are_not_counted_twice() {
        let temporary = tempfile::tempdir().unwrap();
        let here = temporary.path();
        Register::default().write(here).unwrap();
        add(here, 1);
        add(here, 2);
        let lines = fs::read(here.join(NEW)).unwrap();
        let mut register = Register::read(here).unwrap();
        assert_eq!(
            register.revoke(Timestamp::UNIX_EPOCH, |row| row.serial == issued(1).serial),
            1
        );
        register.write(here).unwrap();
        fs::write(here.join(NEW), lines).unwrap();
        assert_eq!(numbers(here).len(), 2);
        add(here, 3);
        assert_eq!(numbers(here).len(), 3);
        let register = Register::read(here).unwrap();
        assert!(register.rows().next().unwrap().revoked_at.is_some());
    }
}
