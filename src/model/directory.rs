//! The agencies of 2019, from `agencies.csv`, compiled in.
//!
//! 95 of level 1: the Office of the Party Central Committee, 31 ministries and agencies of the
//! Government, 63 provinces; those the launch of the axis on 12 March 2019 counted. Each row says how
//! certain its *code* is ([`Certainty`]); no official list of codes could be read. The mergers of
//! 2025 are not entered: the codes they left behind are not known, so `valid_to` is open everywhere.
//! This module never decides who may send: that is the hub's registry.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::civil::date;

use super::organ::InvalidOrganId;
use super::organ::OrganId;

/// Most units below one agency: what two groups of two digits can number.
pub const UNITS_MAX: u32 = 9_999;

/// Code of a unit below an agency, by its number from 1 to [`UNITS_MAX`]; 0 is the agency itself. The
/// second and third group count the unit (QCVN 102:2016 has them for the levels below).
pub fn unit_of(organ: OrganId, number: u32) -> OrganId {
    let Some((_, agency)) = organ.as_str().rsplit_once('.').filter(|_| number > 0) else {
        return organ;
    };
    let code = format!("000.{:02}.{:02}.{agency}", number / 100, number % 100);
    // Only a number above the most makes a code that is none.
    code.parse().unwrap_or(organ)
}

/// The agencies valid on one day, in the order of their codes.
#[derive(Debug)]
pub struct Directory {
    agencies: Vec<Agency>,
    positions: BTreeMap<OrganId, usize>,
}

/// One agency of level 1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agency {
    /// Its identifier.
    pub organ: OrganId,
    /// Full Vietnamese name.
    pub name: String,
    /// The name used in tables: `VPCP`, `Vĩnh Phúc`.
    pub short_name: String,
    /// Which of the three groups it belongs to.
    pub kind: AgencyKind,
    /// How certain its code is.
    pub certainty: Certainty,
    /// First day on which the row holds.
    pub valid_from: Date,
    /// Last day on which the row holds; `None` while it is open.
    pub valid_to: Option<Date>,
}

/// The group of level 1 an agency belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AgencyKind {
    /// Bodies of the Party (codes A).
    Party,
    /// Ministries and agencies of the Government (codes G).
    Ministry,
    /// People's Committees of provinces and cities (codes H).
    Province,
}

/// How certain the code of an agency is. The agency itself is not in doubt.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// Read in a source.
    Seen,
    /// Follows from the alphabetical order between codes that were seen.
    Ordered,
    /// Remembered, not verified.
    Memory,
    /// Concluded: the letter of its group is known, or it is the only agency left for the number.
    Inferred,
}

/// Why a table is not a directory.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidDirectory {
    /// The same code stands in two rows.
    #[error("line {line}: {organ} stands there already")]
    Duplicate {
        /// Line of the second row, from 1.
        line: usize,
        /// The code.
        organ: OrganId,
    },
    /// A field does not hold what its column is for.
    #[error("line {line}: {column} is `{found}`")]
    Field {
        /// Line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
    },
    /// The first line is not the list of columns.
    #[error("line 1 is not `{COLUMNS}`")]
    Heading,
    /// A code is not well formed.
    #[error("line {line}: code is not well formed")]
    Organ {
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        source: InvalidOrganId,
    },
    /// A row has more or fewer fields than there are columns.
    #[error("line {line}: {found} fields, expected 8")]
    Width {
        /// Line, from 1.
        line: usize,
        /// Fields found.
        found: usize,
    },
}

impl Directory {
    /// The agencies connected when the axis was launched, 12 March 2019.
    pub fn of_2019() -> &'static Self {
        static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| {
            Directory::parse(include_str!("agencies.csv"), LAUNCH)
                .expect("the compiled-in table, which a test parses")
        });
        &DIRECTORY
    }

    /// Reads a table with the columns of `agencies.csv` and keeps the rows valid on `day`.
    ///
    /// # Errors
    /// [`InvalidDirectory`], naming the first line that breaks a rule.
    pub fn parse(table: &str, day: Date) -> Result<Self, InvalidDirectory> {
        let mut lines = table.lines().zip(1..);
        if lines.next().is_none_or(|(heading, _)| heading != COLUMNS) {
            return Err(InvalidDirectory::Heading);
        }
        let mut agencies: Vec<Agency> = Vec::new();
        let mut positions = BTreeMap::new();
        for (text, line) in lines {
            let agency = Agency::parse(text, line)?;
            if !agency.is_valid_on(day) {
                continue;
            }
            let organ = agency.organ;
            if positions.insert(organ, agencies.len()).is_some() {
                return Err(InvalidDirectory::Duplicate { line, organ });
            }
            agencies.push(agency);
        }
        Ok(Self {
            agencies,
            positions,
        })
    }

    /// Every agency, in the order of the table.
    pub fn agencies(&self) -> &[Agency] {
        &self.agencies
    }

    /// Every agency, each followed by so many units below it, at most [`UNITS_MAX`]: a directory of
    /// any size, for load tests. Codes and names of units are ours.
    pub fn with_units(&self, units: u32) -> Vec<Agency> {
        let all = self.agencies.iter().flat_map(|agency| {
            (0..=units.min(UNITS_MAX)).map(move |number| match number {
                0 => agency.clone(),
                _ => Agency {
                    organ: unit_of(agency.organ, number),
                    name: format!("{}, đơn vị {number}", agency.name),
                    short_name: format!("{} {number}", agency.short_name),
                    ..agency.clone()
                },
            })
        });
        all.collect()
    }

    /// The agency with this identifier.
    pub fn find(&self, organ: OrganId) -> Option<&Agency> {
        self.positions
            .get(&organ)
            .and_then(|position| self.agencies.get(*position))
    }
}

impl Agency {
    /// Whether the row holds on `day`.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    fn parse(text: &str, line: usize) -> Result<Self, InvalidDirectory> {
        let fields = fields(text);
        let Ok([code, name, short_name, level, kind, certainty, from, to]) =
            <[String; 8]>::try_from(fields.clone())
        else {
            return Err(InvalidDirectory::Width {
                line,
                found: fields.len(),
            });
        };
        let wrong = |column, found: &str| InvalidDirectory::Field {
            line,
            column,
            found: found.into(),
        };
        for (column, text) in [("name", &name), ("short_name", &short_name)] {
            if text.is_empty() {
                return Err(wrong(column, text));
            }
        }
        if level != "1" {
            return Err(wrong("level", &level));
        }
        Ok(Self {
            organ: code
                .parse()
                .map_err(|source| InvalidDirectory::Organ { line, source })?,
            kind: AgencyKind::from_name(&kind).ok_or_else(|| wrong("kind", &kind))?,
            certainty: Certainty::from_name(&certainty)
                .ok_or_else(|| wrong("certainty", &certainty))?,
            valid_from: Date::from_str(&from).map_err(|_| wrong("valid_from", &from))?,
            valid_to: match to.as_str() {
                "" => None,
                day => Some(Date::from_str(day).map_err(|_| wrong("valid_to", day))?),
            },
            name,
            short_name,
        })
    }
}

impl AgencyKind {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "party" => Some(Self::Party),
            "ministry" => Some(Self::Ministry),
            "province" => Some(Self::Province),
            _ => None,
        }
    }
}

impl Certainty {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "seen" => Some(Self::Seen),
            "ordered" => Some(Self::Ordered),
            "memory" => Some(Self::Memory),
            "inferred" => Some(Self::Inferred),
            _ => None,
        }
    }
}

/// The fields of one line: separated by commas, quoted where a name has a comma of its own. A quote
/// inside a field and a line break inside quotes do not occur and are not read.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match (character, fields.last_mut()) {
            ('"', _) => is_quoted = !is_quoted,
            (',', _) if !is_quoted => fields.push(String::new()),
            (_, Some(field)) => field.push(character),
            (_, None) => {}
        }
    }
    fields
}

/// The first line of the table.
const COLUMNS: &str = "code,name,short_name,level,kind,certainty,valid_from,valid_to";

/// The day the axis was launched with 95 of 95 agencies connected.
const LAUNCH: Date = date(2019, 3, 12);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn counted(matches: impl Fn(&Agency) -> bool) -> usize {
        Directory::of_2019()
            .agencies()
            .iter()
            .filter(|agency| matches(agency))
            .count()
    }

    fn refused(row: &str) -> InvalidDirectory {
        let table = format!("{COLUMNS}\n{row}\n");
        Directory::parse(&table, LAUNCH).expect_err("the row breaks a rule")
    }

    #[test]
    fn the_directory_of_2019_holds_95_agencies_in_three_groups() {
        assert_eq!(counted(|_| true), 95);
        assert_eq!(counted(|agency| agency.kind == AgencyKind::Party), 1);
        assert_eq!(counted(|agency| agency.kind == AgencyKind::Ministry), 31);
        assert_eq!(counted(|agency| agency.kind == AgencyKind::Province), 63);
    }

    #[test]
    fn certainty_is_claimed_only_where_a_source_was_read() {
        assert_eq!(
            counted(|agency| agency.certainty == Certainty::Seen),
            25 + 13
        );
        assert_eq!(counted(|agency| agency.certainty == Certainty::Ordered), 50);
        assert_eq!(counted(|agency| agency.certainty == Certainty::Memory), 5);
        assert_eq!(counted(|agency| agency.certainty == Certainty::Inferred), 2);
    }

    #[test]
    fn codes_and_names_are_unique_and_codes_have_four_groups() {
        let agencies = Directory::of_2019().agencies();
        let unique = |text: fn(&Agency) -> &str| agencies.iter().map(text).collect::<BTreeSet<_>>();
        assert_eq!(unique(|agency| &agency.name).len(), 95);
        assert_eq!(unique(|agency| &agency.short_name).len(), 95);
        for agency in agencies {
            assert!(agency.organ.is_qcvn_102(), "{}", agency.organ);
            assert_eq!(Directory::of_2019().find(agency.organ), Some(agency));
        }
        assert!(agencies.is_sorted_by_key(|agency| agency.organ));
    }

    #[test]
    fn units_have_codes_and_names_of_their_own() {
        let all = Directory::of_2019().with_units(105);
        assert_eq!(all.len(), 95 * 106);
        let codes: BTreeSet<_> = all.iter().map(|agency| agency.organ).collect();
        let names: BTreeSet<_> = all.iter().map(|agency| &agency.name).collect();
        assert_eq!((codes.len(), names.len()), (all.len(), all.len()));
        assert!(codes.iter().all(OrganId::is_qcvn_102));
        let hanoi = "000.00.00.H26".parse().unwrap();
        assert_eq!(unit_of(hanoi, 0), hanoi);
        assert_eq!(unit_of(hanoi, 105).as_str(), "000.01.05.H26");
    }

    #[test]
    fn an_agency_is_found_by_its_code() {
        let name = |code: &str| {
            let organ = code.parse().unwrap();
            Directory::of_2019()
                .find(organ)
                .map(|agency| agency.short_name.as_str())
        };
        assert_eq!(name("000.00.00.G22"), Some("VPCP"));
        assert_eq!(name("000.00.00.H62"), Some("Vĩnh Phúc"));
        assert_eq!(name("000.00.00.G16"), Some("Bộ VHTT&DL"));
        assert_eq!(name("000.00.00.H64"), None);
        assert!(
            Directory::of_2019()
                .find(OrganId::government_office())
                .is_some()
        );
    }

    #[test]
    fn a_row_that_breaks_a_rule_is_named() {
        let code: OrganId = "000.00.00.H26".parse().unwrap();
        assert_eq!(
            Directory::parse("", LAUNCH).unwrap_err(),
            InvalidDirectory::Heading
        );
        assert_eq!(
            refused("a,b"),
            InvalidDirectory::Width { line: 2, found: 2 }
        );
        let field = |column, found: &str| InvalidDirectory::Field {
            line: 2,
            column,
            found: found.into(),
        };
        let row = "000.00.00.H26,A,B,1,province,seen,2016-04-01,";
        assert_eq!(refused(&row.replace("A,B", "A,")), field("short_name", ""));
        assert_eq!(
            refused(&row.replace("province", "town")),
            field("kind", "town")
        );
        assert_eq!(
            refused(&row.replace("seen", "sure")),
            field("certainty", "sure")
        );
        assert_eq!(refused(&row.replace(",1,", ",2,")), field("level", "2"));
        assert_eq!(
            refused(&row.replace("04-01", "04-31")),
            field("valid_from", "2016-04-31")
        );
        assert_eq!(
            refused(&format!("{row}\n{row}")),
            InvalidDirectory::Duplicate {
                line: 3,
                organ: code
            },
        );
        assert!(matches!(
            refused(&row.replace("H26", "h26")),
            InvalidDirectory::Organ { .. }
        ));
    }

    #[test]
    fn a_row_outside_its_days_is_left_out() {
        let table = format!("{COLUMNS}\n000.00.00.H26,A,B,1,province,seen,2016-04-01,2019-03-11\n");
        assert!(
            Directory::parse(&table, LAUNCH)
                .unwrap()
                .agencies()
                .is_empty()
        );
        assert_eq!(
            Directory::parse(&table, date(2019, 3, 11))
                .unwrap()
                .agencies()
                .len(),
            1
        );
    }
}
