//! Who signs at an agency, and how it writes the notation of its documents. All names are invented.

use rand::Rng;

use super::random::one_of;
use crate::model::Agency;
use crate::model::AgencyKind;
use crate::model::DocumentCode;
use crate::model::Signer;

/// What an agency puts on its documents.
#[derive(Clone, Debug)]
pub(super) struct House {
    /// Its abbreviation: `VPCP`, `BTC`, `UBND`.
    abbreviation: String,
    units: &'static [&'static str],
    signers: Vec<Signer>,
}

impl House {
    pub(super) fn of(agency: &Agency, random: &mut impl Rng) -> Self {
        let abbreviation = match agency.kind {
            AgencyKind::Province => "UBND".to_owned(),
            AgencyKind::Ministry | AgencyKind::Party => initials(&agency.name),
        };
        let units = match agency.kind {
            AgencyKind::Province => PROVINCE_UNITS,
            AgencyKind::Ministry if agency.short_name == "VPCP" => GOVERNMENT_OFFICE_UNITS,
            AgencyKind::Ministry | AgencyKind::Party => MINISTRY_UNITS,
        };
        let signers = positions(agency)
            .into_iter()
            .map(|(competence, position)| Signer {
                competence: competence.to_owned(),
                position: position.to_owned(),
                full_name: full_name(random),
            })
            .collect();
        Self {
            abbreviation,
            units,
            signers,
        }
    }

    /// A signer: mostly a deputy, as in practice.
    pub(super) fn signer(&self, random: &mut impl Rng) -> Signer {
        one_of(&self.signers, random).cloned().unwrap_or_default()
    }

    /// `BC-BTC` with a symbol, `BTC-KHTC` without; cut to what a notation may hold.
    pub(super) fn notation(&self, symbol: &str, random: &mut impl Rng) -> String {
        let notation = if symbol.is_empty() {
            let unit = one_of(self.units, random).copied().unwrap_or("VP");
            format!("{}-{unit}", self.abbreviation)
        } else {
            format!("{symbol}-{}", self.abbreviation)
        };
        notation.chars().take(DocumentCode::NOTATION_MAX).collect()
    }
}

/// First letters of the words of a name: `Bộ Tài nguyên và Môi trường` is BTNMT.
fn initials(name: &str) -> String {
    name.split(|character: char| !character.is_alphabetic())
        .filter(|word| !matches!(*word, "và" | "tại"))
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .take(12)
        .collect()
}

fn full_name(random: &mut impl Rng) -> String {
    let mut part = |list| one_of(list, random).copied().unwrap_or("An");
    format!(
        "{} {} {}",
        part(FAMILY_NAMES),
        part(MIDDLE_NAMES),
        part(GIVEN_NAMES)
    )
}

fn positions(agency: &Agency) -> [(&'static str, &'static str); 5] {
    match agency.kind {
        AgencyKind::Province => [
            ("TM.", "Chủ tịch"),
            ("KT.", "Phó Chủ tịch"),
            ("KT.", "Phó Chủ tịch"),
            ("KT.", "Phó Chủ tịch"),
            ("TL.", "Chánh Văn phòng"),
        ],
        AgencyKind::Ministry if agency.short_name == "VPCP" => [
            ("", "Bộ trưởng, Chủ nhiệm"),
            ("KT.", "Phó Chủ nhiệm"),
            ("KT.", "Phó Chủ nhiệm"),
            ("KT.", "Phó Chủ nhiệm"),
            ("TL.", "Vụ trưởng Vụ Hành chính"),
        ],
        AgencyKind::Ministry if agency.name.starts_with("Bộ ") => [
            ("", "Bộ trưởng"),
            ("KT.", "Thứ trưởng"),
            ("KT.", "Thứ trưởng"),
            ("KT.", "Thứ trưởng"),
            ("TL.", "Chánh Văn phòng"),
        ],
        AgencyKind::Ministry | AgencyKind::Party => [
            ("", "Thủ trưởng cơ quan"),
            ("KT.", "Phó Thủ trưởng cơ quan"),
            ("KT.", "Phó Thủ trưởng cơ quan"),
            ("KT.", "Phó Thủ trưởng cơ quan"),
            ("TL.", "Chánh Văn phòng"),
        ],
    }
}

const GOVERNMENT_OFFICE_UNITS: &[&str] = &[
    "KSTT", "TTĐT", "KTTH", "CN", "NN", "KGVX", "QHQT", "PL", "ĐMDN", "TCCV", "V.I", "TH",
];
const MINISTRY_UNITS: &[&str] = &[
    "VP", "TCCB", "KHTC", "PC", "HTQT", "CNTT", "TTr", "TH", "KHCN", "TĐKT",
];
const PROVINCE_UNITS: &[&str] = &[
    "VP", "TH", "KT", "NN", "KGVX", "NC", "CN", "XDCB", "HC", "TD",
];

const FAMILY_NAMES: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý", "Đinh", "Mai", "Trịnh", "Lương", "Tạ", "Cao",
];
const MIDDLE_NAMES: &[&str] = &[
    "Văn", "Thị", "Đức", "Minh", "Quang", "Hữu", "Ngọc", "Thanh", "Xuân", "Thu", "Công", "Đình",
    "Bích", "Khắc",
];
const GIVEN_NAMES: &[&str] = &[
    "An", "Bình", "Chi", "Cường", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hiếu", "Hòa", "Hương",
    "Khôi", "Lan", "Long", "Mai", "Nam", "Nga", "Phúc", "Quân", "Sơn", "Tâm", "Thắng", "Thảo",
    "Trang", "Tuấn", "Việt", "Yến",
];
