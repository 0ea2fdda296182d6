//! PDFs that were changed between signatures and after them, and PDFs as odd programs write them. Every
//! file is written here, byte by byte.

use std::fmt::Write as _;
use std::path::Path;

use docaxis::trust::Credential;

use crate::validation::credential;
use crate::validation::found;
use crate::validation::papers;
use crate::validation::verify;

/// Number of the object that is the first signature; each further one has the next.
const SIGNATURE: u32 = 20;

/// A PDF that grows by revisions.
#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    previous: Option<usize>,
    signatures: u32,
    /// Added to every trailer.
    trailer: &'static str,
}

impl File {
    /// A page of text with a form of these fields, behind some bytes that are no PDF.
    fn new(before: &[u8], fields: &str, objects: &[(u32, &str)]) -> Self {
        let mut file = Self {
            bytes: [before, b"%PDF-1.7\n"].concat(),
            previous: None,
            signatures: 0,
            trailer: "",
        };
        let catalog = catalog(fields);
        let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>";
        let mut all = vec![
            (1, catalog.as_str()),
            (2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
            (3, page),
            (4, PAY_100),
        ];
        all.extend_from_slice(objects);
        file.revise(&all);
        file
    }

    fn start(&self, number: u32, offsets: &mut Vec<(u32, usize)>) -> String {
        offsets.push((number, self.bytes.len()));
        format!("{number} 0 obj\n")
    }

    /// Adds a revision of these objects.
    fn revise(&mut self, objects: &[(u32, &str)]) {
        let mut offsets = Vec::new();
        for (number, object) in objects {
            let begins = self.start(*number, &mut offsets);
            self.bytes
                .extend_from_slice(format!("{begins}{object}\nendobj\n").as_bytes());
        }
        self.finish(&offsets);
    }

    fn finish(&mut self, offsets: &[(u32, usize)]) {
        let at = self.bytes.len();
        let mut table = "xref\n".to_owned();
        for (number, offset) in offsets {
            write!(table, "{number} 1\n{offset:010} 00000 n \n").unwrap();
        }
        let previous = self.previous.map(|at| format!("/Prev {at}"));
        let (previous, more) = (previous.unwrap_or_default(), self.trailer);
        write!(
            table,
            "trailer\n<< /Size 40 /Root 1 0 R {previous} {more} >>\nstartxref\n{at}\n%%EOF\n"
        )
        .unwrap();
        self.bytes.extend_from_slice(table.as_bytes());
        self.previous = Some(at);
    }

    /// Adds a revision of these objects that is signed; `more` stands in the signature.
    fn sign(&mut self, seal: &Credential, objects: &[(u32, &str)], more: &str) {
        let mut offsets = Vec::new();
        for (number, object) in objects {
            let begins = self.start(*number, &mut offsets);
            self.bytes
                .extend_from_slice(format!("{begins}{object}\nendobj\n").as_bytes());
        }
        let room = seal.signature_bytes_max();
        let begins = self.start(SIGNATURE + self.signatures, &mut offsets);
        let unknown = "0 4294967295 4294967295 4294967295";
        let dictionary = format!(
            "{begins}<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached {more} \
             /ByteRange [{unknown}] /Contents <"
        );
        self.bytes.extend_from_slice(dictionary.as_bytes());
        let contents = self.bytes.len() - 1;
        self.bytes
            .extend_from_slice("0".repeat(room * 2).as_bytes());
        self.bytes.extend_from_slice(b"> >>\nendobj\n");
        let behind = contents + room * 2 + 2;
        self.finish(&offsets);
        let range = format!("0 {contents} {behind} {}", self.bytes.len() - behind);
        let range = format!("{range:<width$}", width = unknown.len());
        let at = contents - unknown.len() - "] /Contents ".len();
        self.bytes[at..at + range.len()].copy_from_slice(range.as_bytes());
        let signed = [&self.bytes[..contents], &self.bytes[behind..]].concat();
        let signature = seal.sign_pdf(&signed).unwrap();
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        self.bytes[contents + 1..][..digits.len()].copy_from_slice(digits.as_bytes());
        self.signatures += 1;
    }

    fn replaced(&self, what: &str, by: &str) -> Self {
        let mut windows = self.bytes.windows(what.len());
        let at = windows.position(|found| found == what.as_bytes()).unwrap();
        let mut file = self.clone();
        file.bytes.splice(at..at + what.len(), by.bytes());
        file
    }

    fn verdict(&self, here: &Path) -> String {
        std::fs::write(here.join("file.pdf"), &self.bytes).unwrap();
        found(here, &["file.pdf"])
    }

    /// What is said of it in English.
    fn report(&self, here: &Path) -> String {
        std::fs::write(here.join("file.pdf"), &self.bytes).unwrap();
        let (_, report) = verify(here, &["file.pdf", "--pki", "pki"]);
        report.to_string()
    }
}

const PAY_100: &str = "<< /Length 24 >>\nstream\nBT (Pay 100) Tj ET % /En\nendstream";
const PAY_999: &str = "<< /Length 24 >>\nstream\nBT (Pay 999) Tj ET % /En\nendstream";
const FIRST: &str = "<< /FT /Sig /T (First) /V 20 0 R >>";
const SECOND: &str = "<< /FT /Sig /T (Second) /V 21 0 R >>";
const UNDECIDED: &str = "INDETERMINATE SIG_CONSTRAINTS_FAILURE";

fn catalog(fields: &str) -> String {
    format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [{fields}] >> >>")
}

/// A signed letter: what stands in the signature, and in its field.
fn signed(seal: &Credential, more: &str, first: &str) -> File {
    let mut file = File::new(b"", "10 0 R 12 0 R", &[(12, "<< /FT /Tx /T (Name) >>")]);
    file.sign(seal, &[(10, first)], more);
    file
}

/// Objects with their numbers.
fn numbered<'t>(numbers: &[u32], objects: &'t [String]) -> Vec<(u32, &'t str)> {
    let objects = objects.iter().map(String::as_str);
    numbers.iter().copied().zip(objects).collect()
}

/// `DocMDP` with this number.
fn certified(level: u8) -> String {
    format!(
        "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type \
         /TransformParams /V /1.2 /P {level} >> >>]"
    )
}

#[test]
fn what_was_changed_between_two_signatures_is_found_and_named() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let both = catalog("10 0 R 12 0 R 11 0 R");
    let again = |file: &File, objects: &[(u32, &str)]| {
        let mut file = file.clone();
        let all = [objects, &[(1, both.as_str()), (11, SECOND)]].concat();
        file.sign(&seal, &all, "");
        file
    };
    let plain = signed(&seal, "", FIRST);
    assert_eq!(plain.verdict(here), "PASSED");
    assert_eq!(again(&plain, &[]).verdict(here), "PASSED");
    let changed = again(&plain, &[(4, PAY_999)]);
    assert_eq!(changed.verdict(here), UNDECIDED);
    let report = changed.report(here);
    assert!(
        report.contains("page 1 was changed after it was signed"),
        "{report}"
    );
    assert!(
        report.contains("trang 1 bị thay đổi sau khi ký"),
        "{report}"
    );
    // A page in the place of another, and a page more.
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R >>";
    let other = again(&plain, &[(3, page), (5, PAY_999)]);
    assert_eq!(other.verdict(here), UNDECIDED);
    let pages = "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>";
    let more = again(&plain, &[(2, pages), (6, page), (5, PAY_999)]);
    assert_eq!(more.verdict(here), UNDECIDED);
    // What is written again without a change is none.
    assert_eq!(again(&plain, &[(4, PAY_100)]).verdict(here), "PASSED");
}

#[test]
fn what_a_signer_forbade_is_not_passed_over() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let both = catalog("10 0 R 12 0 R 11 0 R");
    let filled_in = "<< /FT /Tx /T (Name) /V (Mallory) >>";
    let verdicts = |more: &str, first: &str| {
        let file = signed(&seal, more, first);
        let mut again = file.clone();
        again.sign(&seal, &[(1, &both), (11, SECOND)], "");
        let mut filled = file.clone();
        filled.sign(&seal, &[(1, &both), (11, SECOND), (12, filled_in)], "");
        [file, again, filled].map(|file| file.verdict(here))
    };
    let passed = "PASSED";
    assert_eq!(verdicts("", FIRST), [passed, passed, UNDECIDED]);
    assert_eq!(
        verdicts(&certified(1), FIRST),
        [passed, UNDECIDED, UNDECIDED]
    );
    assert_eq!(verdicts(&certified(2), FIRST), [passed; 3]);
    // FieldMDP by the lock of the field.
    let lock = |action: &str| {
        format!(
            "<< /FT /Sig /T (First) /V 20 0 R /Lock << /Type /SigFieldLock /Action /{action} \
             /Fields [(Name)] >> >>"
        )
    };
    assert_eq!(verdicts("", &lock("Include")), [passed, passed, UNDECIDED]);
    // The field of another signature is none of those left free.
    assert_eq!(
        verdicts("", &lock("Exclude").replace("(Name)", "(Name) (Second)")),
        [passed; 3]
    );
    assert_eq!(
        verdicts("", &lock("Exclude")),
        [passed, UNDECIDED, UNDECIDED]
    );
}

#[test]
fn a_hundred_changes_that_may_stand_hide_none_that_may_not() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let numbers: Vec<u32> = (100..200).collect();
    let list: String = numbers.iter().map(|n| format!("{n} 0 R ")).collect();
    let fields = |value: &str| -> Vec<String> {
        let field = |n: &u32| format!("<< /FT /Tx /T (F{n}) {value} >>");
        numbers.iter().map(field).collect()
    };
    let (empty, filled) = (fields(""), fields("/V (x)"));
    let mut file = File::new(b"", &format!("10 0 R {list}"), &numbered(&numbers, &empty));
    file.sign(&seal, &[(10, FIRST)], &certified(2));
    let mut changes = numbered(&numbers, &filled);
    let mut harmless = file.clone();
    harmless.revise(&changes);
    assert_eq!(harmless.verdict(here), "PASSED");
    changes.push((4, PAY_999));
    file.revise(&changes);
    assert_eq!(file.verdict(here), UNDECIDED);
}

#[test]
fn a_lock_goes_by_whole_names_however_long() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let verdict = |letters: usize| {
        let name = "n".repeat(letters);
        let field = |value: &str| format!("<< /FT /Tx /T ({name}) {value} >>");
        let mut file = File::new(b"", "10 0 R 12 0 R", &[(12, field("").as_str())]);
        let lock = format!(
            "<< /FT /Sig /T (First) /V 20 0 R /Lock << /Type /SigFieldLock /Action /Include \
             /Fields [({name})] >> >>"
        );
        file.sign(&seal, &[(10, &lock)], "");
        let before = file.verdict(here);
        file.revise(&[(12, field("/V (Mallory)").as_str())]);
        [before, file.verdict(here)]
    };
    for letters in [10, 121, 4000] {
        assert_eq!(verdict(letters), ["PASSED", UNDECIDED], "{letters}");
    }
    // Longer ones are not read, which is no fault.
    assert_eq!(verdict(5000), [UNDECIDED; 2]);
}

#[test]
fn what_programs_may_read_in_two_ways_is_not_passed() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let file = signed(&seal, "", FIRST);
    let verdict = |objects: &[(u32, &str)]| {
        let mut file = file.clone();
        file.revise(objects);
        file.verdict(here)
    };
    let twice = "/Contents 5 0 R /Contents 4 0 R";
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {twice} >>");
    assert_eq!(verdict(&[(3, &page), (5, PAY_999)]), UNDECIDED);
    let other = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R >>";
    let pages = "<< /Type /Pages /Kids [6 0 R] /Count 1 /Kids [3 0 R] >>";
    assert_eq!(verdict(&[(2, pages), (6, other), (5, PAY_999)]), UNDECIDED);
    let catalog = catalog("10 0 R 12 0 R").replace("/Pages", "/Pages 7 0 R /Pages");
    let hidden = "<< /Type /Pages /Kids [6 0 R] /Count 1 >>";
    let all = [(1, catalog.as_str()), (7, hidden), (6, other), (5, PAY_999)];
    assert_eq!(verdict(&all), UNDECIDED);
    // Two roots, and two places for one object in one table.
    let mut rooted = file.clone();
    rooted.trailer = "/Root 1 0 R";
    rooted.revise(&[(13, "null")]);
    assert_eq!(rooted.verdict(here), UNDECIDED);
    assert_eq!(
        verdict(&[(13, "null"), (4, PAY_100), (4, PAY_999)]),
        UNDECIDED
    );
    assert_eq!(verdict(&[(13, "null"), (4, PAY_100)]), "PASSED");
}

#[test]
fn fields_of_later_signatures_do_not_cover_a_page_together() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let file = signed(&seal, "", FIRST);
    std::fs::write(here.join("policy.toml"), "allow_pdf_additions = true\n").unwrap();
    // Fields that nobody signed: anybody can add them, and a policy may let them.
    let verdict = |count: u32, rectangle: &str| {
        let numbers: Vec<u32> = (100..100 + count).collect();
        let fields: Vec<String> = numbers
            .iter()
            .map(|n| format!("<< /FT /Sig /T (S{n}) /Subtype /Widget /Rect [{rectangle}] >>"))
            .collect();
        let list: String = numbers.iter().map(|n| format!("{n} 0 R ")).collect();
        let catalog = catalog(&format!("10 0 R 12 0 R {list}"));
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [{list}] >>"
        );
        let mut objects = vec![(1, catalog.as_str()), (3, page.as_str())];
        objects.extend(numbered(&numbers, &fields));
        let mut file = file.clone();
        file.revise(&objects);
        assert_eq!(file.verdict(here), UNDECIDED);
        found(here, &["file.pdf", "--policy", "policy.toml"])
    };
    assert_eq!(verdict(1, "0 0 300 300"), "PASSED");
    assert_eq!(verdict(2, "0 0 300 300"), UNDECIDED);
    assert_eq!(verdict(1, "0 0 400 400"), UNDECIDED);
    assert_eq!(verdict(3, "0 0 0 0"), "PASSED");
}

#[test]
fn validation_data_after_the_last_signature_is_harmless_and_nothing_else_is() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let file = signed(&seal, "", FIRST);
    let verdict = |objects: &[(u32, &str)]| {
        let mut file = file.clone();
        file.revise(objects);
        file.verdict(here)
    };
    let stored = catalog("10 0 R 12 0 R").replace("/Pages", "/DSS 15 0 R /Pages");
    let store = [(1, stored.as_str()), (15, "<< /Type /DSS /Certs [] >>")];
    assert_eq!(verdict(&store), "PASSED");
    assert_eq!(verdict(&[store[0], store[1], (4, PAY_999)]), UNDECIDED);
    // What was there when it was signed must not be taken away again.
    let mut stripped = File::new(b"", "10 0 R 12 0 R", &[(12, "<< /FT /Tx /T (Name) >>")]);
    stripped.sign(&seal, &[(10, FIRST), store[0], store[1]], "");
    assert_eq!(stripped.verdict(here), "PASSED");
    stripped.revise(&[(1, &catalog("10 0 R 12 0 R"))]);
    assert_eq!(stripped.verdict(here), UNDECIDED);
    let tabs = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Tabs /S >>";
    assert_eq!(verdict(&[(3, tabs)]), UNDECIDED);
    let opened = catalog("10 0 R 12 0 R").replace("/Pages", "/OpenAction 16 0 R /Pages");
    let action = (16, "<< /S /JavaScript /JS (app.alert(1)) >>");
    assert_eq!(verdict(&[(1, &opened), action]), UNDECIDED);
    // Bytes that no table leads to.
    let mut junk = file.clone();
    junk.bytes.extend_from_slice(b"99 0 obj null endobj\n");
    assert_eq!(junk.verdict(here), UNDECIDED);
}

#[test]
fn a_field_whose_value_is_no_signature_is_a_signature_that_failed() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let failed = "FAILED FORMAT_FAILURE";
    let file = signed(&seal, "", FIRST);
    let both = catalog("10 0 R 12 0 R 11 0 R");
    for (what, by) in [
        ("/Contents <", "/Kontents <"),
        ("/ByteRange [", "/ByteRangf ["),
        ("20 0 obj\n<<", "20 0 obj\n>>"),
    ] {
        let broken = file.replaced(what, by);
        assert_eq!(broken.verdict(here), failed, "{by}");
        // Somebody else's signature over it all makes it no better.
        let mut covered = broken.clone();
        covered.sign(&seal, &[(1, &both), (11, SECOND)], "");
        assert_eq!(covered.verdict(here), failed, "{by}");
        assert!(covered.report(here).contains("First"), "{by}");
    }
    for value in ["null", "(text)", "[1 2]", "<< /Type /Sig >>", "<< /Type"] {
        let mut two = File::new(b"", "11 0 R 10 0 R", &[(11, SECOND), (21, value)]);
        two.sign(&seal, &[(10, FIRST)], "");
        assert_eq!(two.verdict(here), failed, "{value}");
    }
}

#[test]
fn an_object_larger_than_is_read_is_a_limit_and_no_fault() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let large = format!("<< /FT /Ch /T (Name) /Opt [{}] >>", "0 ".repeat(400_001));
    let fields = "10 0 R 12 0 R";
    let mut in_form = File::new(b"", fields, &[(12, large.as_str())]);
    in_form.sign(&seal, &[(10, FIRST)], "");
    let catalog = catalog(fields).replace(
        "/Pages",
        &format!("/Extra [{}] /Pages", "0 ".repeat(400_001)),
    );
    let mut in_catalog = File::new(b"", fields, &[]);
    in_catalog.sign(&seal, &[(1, &catalog), (10, FIRST)], "");
    for file in [in_form, in_catalog] {
        assert_eq!(file.verdict(here), UNDECIDED);
        let report = file.report(here);
        assert!(
            report.contains("more objects, or larger ones, than are looked at"),
            "{report}"
        );
    }
}

#[test]
fn how_a_program_writes_its_file_is_no_fault() {
    let directory = papers("p256");
    let here = directory.path();
    let seal = credential(here, "seal");
    let file = signed(&seal, "", FIRST);
    // White space in the string of digits, which it does not cover, and a last digit alone.
    for by in ["\n\r\t   > >>", "000\n00> >>", "00000 > >>"] {
        assert_eq!(
            file.replaced("000000> >>", by).verdict(here),
            "PASSED",
            "{by:?}"
        );
    }
    let hidden = file.replaced("000000> >>", "0000 1> >>");
    assert_ne!(hidden.verdict(here), "PASSED");
    // The word alone encrypts nothing.
    let mut spoken = File::new(b"", "10 0 R", &[(13, "(/Encrypt 5 0 R) % /Encrypt")]);
    spoken.sign(&seal, &[(10, FIRST)], "");
    assert_eq!(spoken.verdict(here), "PASSED");
    let mut encrypted = file.clone();
    encrypted.trailer = "/Encrypt << /Filter /Standard >>";
    encrypted.revise(&[]);
    assert_eq!(encrypted.verdict(here), UNDECIDED);
    assert!(encrypted.report(here).contains("encrypted"));
    // A header within the first 1,024 bytes, and places counted from there or from the start.
    let mut late = File::new(&[b'-'; 1000], "10 0 R", &[]);
    late.sign(&seal, &[(10, FIRST)], "");
    assert_eq!(late.verdict(here), "PASSED");
}
