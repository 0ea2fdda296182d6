//! Does `docaxis verify` ever pass a file that nobody made?
//!
//! Files are raw bytes, or genuine CMS signatures, documents and PDFs that the input edits.
//! Examining, judging and reporting must not panic; an earlier report must give the same verdict
//! again; and a file that is PASSED must be signed by certificates that the CA issued and did not
//! revoke, over content that they signed: a PDF may differ from a genuine one in nothing but the
//! signature's own digits.

#![no_main]

use std::sync::Arc;
use std::sync::LazyLock;

use docaxis::pdf;
use docaxis::pdf::Letter;
use docaxis::text::Language;
use docaxis::trust::Backend;
use docaxis::trust::Engine;
use docaxis::trust::Examiner;
use docaxis::validation::Detail;
use docaxis::validation::Examination;
use docaxis::validation::Indication;
use docaxis::validation::Input;
use docaxis::validation::Kind;
use docaxis::validation::Policy;
use docaxis::validation::Report;
use docaxis::validation::examine;
use docaxis::wire::v1;
use docaxis_fuzz::choices::Choices;
use docaxis_fuzz::der;
use docaxis_fuzz::der::Node;
use docaxis_fuzz::edit;
use docaxis_fuzz::hex;
use docaxis_fuzz::papers;
use docaxis_fuzz::papers::PAPERS;
use docaxis_fuzz::papers::Party;
use jiff::SignedDuration;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

/// What the CMS files sign.
const CONTENT: &[u8] =
    b"what is signed, long enough not to stand in a file by accident \x00\r\n\xff";

const SETUP: &str = "the papers are good";

struct Scene {
    header: Vec<u8>,
    /// The first two of each are genuine; then of a revoked signer, and of a CA nobody believes.
    signatures: Vec<Vec<u8>>,
    documents: Vec<v1::SignedDocument>,
    letters: Vec<Vec<u8>>,
    examiner: Examiner,
    policy: Policy,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let header = papers::header_bytes();
    let time = PAPERS.now - SignedDuration::from_hours(2);
    let parties = || {
        PAPERS
            .good
            .iter()
            .chain([&PAPERS.revoked, &PAPERS.stranger])
    };
    let sign = |party: &Party, content: &[u8]| party.both.sign(content, time).expect(SETUP);
    let documents = parties().map(|party| v1::SignedDocument {
        header: header.clone().into(),
        signature: sign(party, &header).into(),
        attachments: vec![v1::Attachment {
            sha256: docaxis::trust::sha256(papers::ATTACHED)
                .as_bytes()
                .to_vec()
                .into(),
            content: papers::ATTACHED.into(),
        }],
    });
    let letter = Letter {
        organ: "Ủy ban nhân dân thành phố Hà Nội",
        code: "7/UBND",
        document_type: "Công văn",
        subject: "V/v kiểm thử <chữ ký> (số) \\",
        signer: ["Chủ tịch", "Nguyễn Văn A"],
    };
    let letters =
        parties().map(|party| pdf::signed_letter(&letter, party.seal(), time).expect(SETUP));
    let engine = Arc::new(Engine::new(Backend::detect()));
    let scene = Scene {
        signatures: parties().map(|party| sign(party, CONTENT)).collect(),
        documents: documents.collect(),
        letters: letters.collect(),
        header,
        examiner: Examiner::new(&PAPERS.anchors, PAPERS.lists.clone(), engine).expect(SETUP),
        policy: Policy::default(),
    };
    // A fuzzer whose genuine files do not pass finds nothing, and would not say so.
    for at in 0..4 {
        let document = scene.documents[at].encode_to_vec();
        let attached = attached(&scene.signatures[at], CONTENT).expect(SETUP);
        for (file, content) in [
            (&scene.signatures[at], Some(CONTENT)),
            (&attached, None),
            (&document, None),
            (&scene.letters[at], None),
        ] {
            let examination = examination(&scene, file, content).expect(SETUP);
            let verdict = Report::new(examination, &scene.policy).verdict();
            let is_passed = verdict.indication == Indication::Passed;
            assert_eq!(is_passed, at < 2, "{verdict:?} of number {at}");
        }
    }
    scene
});

/// A file, and the content given with it.
struct Made {
    file: Vec<u8>,
    content: Option<Vec<u8>>,
}

fuzz_target!(|input: &[u8]| {
    let scene = &*SCENE;
    let mut choices = Choices::new(input);
    let made = make(scene, &mut choices);
    let Some(examination) = examination(scene, &made.file, made.content.as_deref()) else {
        return;
    };
    let report = Report::new(examination.clone(), &scene.policy);
    let json = report.to_json().to_string();
    for language in [Language::En, Language::Vi] {
        // Looked at only that they can be made.
        for detail in [Detail::Simple, Detail::Detailed] {
            std::hint::black_box(report.to_text(detail, language));
        }
        std::hint::black_box(report.to_html(language));
    }
    let again = Report::again(json.as_bytes(), &scene.policy);
    let again = again.map(|report| report.verdict());
    assert_eq!(again, Ok(report.verdict()), "{}", hex(&made.file));
    if report.verdict().indication == Indication::Passed {
        check(scene, &made, &examination);
    }
});

fn examination(scene: &Scene, file: &[u8], content: Option<&[u8]>) -> Option<Examination> {
    let input = Input {
        file: "fuzz",
        bytes: file,
        content,
        certificates: &[],
    };
    examine(&scene.examiner, &[input], PAPERS.now)
        .remove(0)
        .ok()
}

/// Makes a file.
fn make(scene: &Scene, choices: &mut Choices<'_>) -> Made {
    let how = choices.byte();
    let content = match how / 16 % 4 {
        0 => None,
        1 => Some(scene.header.clone()),
        2 => Some(b"something else".to_vec()),
        _ => Some(CONTENT.to_vec()),
    };
    // All that may come into a signature: signatures, a list that is not in force any more.
    let others: Vec<&[u8]> = scene
        .signatures
        .iter()
        .chain(scene.documents.iter().map(|_| &PAPERS.old_list))
        .map(Vec::as_slice)
        .collect();
    let at = usize::from(how / 64);
    let nothing = None;
    match how % 8 {
        0 => Made {
            file: choices.rest().to_vec(),
            content: nothing,
        },
        1 => Made {
            file: edit::edited(&scene.signatures[at], &others, choices),
            content,
        },
        2 => Made {
            file: der::edited(&scene.signatures[at], &others, choices),
            content,
        },
        3 => {
            let with = attached(&scene.signatures[at], CONTENT).unwrap_or_default();
            Made {
                file: der::edited(&with, &others, choices),
                content: nothing,
            }
        }
        4 => {
            let file = der::edited(&scene.signatures[at], &others, choices);
            Made {
                file: pem(&file),
                content,
            }
        }
        5 => Made {
            file: document(scene, at, &others, choices),
            content: nothing,
        },
        6 => {
            let letters: Vec<&[u8]> = scene.letters.iter().map(Vec::as_slice).collect();
            Made {
                file: edit::edited(letters[at], &letters, choices),
                content: nothing,
            }
        }
        _ => Made {
            file: letter(scene, at, &others, choices),
            content: nothing,
        },
    }
}

/// A document whose parts are edited.
fn document(scene: &Scene, at: usize, others: &[&[u8]], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut document = scene.documents[at].clone();
    let what = choices.byte();
    if what & 1 != 0 {
        let signatures: Vec<&[u8]> = scene.documents.iter().map(|one| &*one.signature).collect();
        let others = [others, &signatures].concat();
        document.signature = der::edited(&document.signature, &others, choices).into();
    }
    if what & 2 != 0 {
        let edits = choices.bytes(64);
        let mut choices = Choices::new(edits);
        document.header = edit::edited(&document.header, &[], &mut choices).into();
    }
    if what & 4 != 0 {
        let content = edit::edited(papers::ATTACHED, others, choices);
        document.attachments.push(v1::Attachment {
            sha256: docaxis::trust::sha256(&content).as_bytes().to_vec().into(),
            content: content.into(),
        });
    }
    if what & 8 != 0 {
        document.attachments.remove(0);
    }
    let bytes = document.encode_to_vec();
    if what & 16 != 0 {
        edit::edited(&bytes, others, choices)
    } else {
        bytes
    }
}

/// A PDF whose signature is edited, in the room there is for it.
fn letter(scene: &Scene, at: usize, others: &[&[u8]], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut file = scene.letters[at].clone();
    let Some((from, to)) = digits_of(&file) else {
        return file;
    };
    let room: Vec<u8> = file[from..to]
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let mut signature = der::edited(&room, others, choices);
    signature.resize(room.len(), 0);
    file[from..to].copy_from_slice(hex(&signature).as_bytes());
    file
}

/// Where the digits of a PDF's signature stand.
fn digits_of(file: &[u8]) -> Option<(usize, usize)> {
    let mark = b"/Contents <";
    let from = file.windows(mark.len()).position(|found| found == mark)? + mark.len();
    let length = file[from..].iter().position(|byte| *byte == b'>')?;
    Some((from, from + length))
}

/// A signature that carries its content.
fn attached(signature: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let (mut tree, _) = Node::read(signature)?;
    let Node::Inner(_, info) = &mut tree else {
        return None;
    };
    let Node::Inner(_, inside) = info.get_mut(1)? else {
        return None;
    };
    let Node::Inner(_, data) = inside.get_mut(0)? else {
        return None;
    };
    let Node::Inner(_, encapsulated) = data.get_mut(2)? else {
        return None;
    };
    encapsulated.push(Node::Inner(0xa0, vec![Node::Leaf(0x04, content.to_vec())]));
    Some(tree.write())
}

fn pem(der: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = b"-----BEGIN CMS-----\n".to_vec();
    for (at, three) in der.chunks(3).enumerate() {
        let mut number = 0;
        for place in 0..3 {
            number = number << 8 | usize::from(three.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            let letter = LETTERS[number >> (18 - 6 * place) & 63];
            out.push(if place > three.len() { b'=' } else { letter });
        }
        if at % 16 == 15 {
            out.push(b'\n');
        }
    }
    out.extend_from_slice(b"\n-----END CMS-----\n");
    out
}

/// That a file which passed is one that was made.
fn check(scene: &Scene, made: &Made, examination: &Examination) {
    let file = &made.file;
    assert!(
        !examination.signatures.is_empty(),
        "nobody signed {}",
        hex(file)
    );
    for placed in &examination.signatures {
        let certificate = placed.facts.certificate.as_ref();
        let mut good = PAPERS.good.iter().flat_map(|party| &party.certificates);
        let is_good = certificate.is_some_and(|found| good.any(|good| *good == found.sha256));
        assert!(is_good, "{certificate:?} must not pass: {}", hex(file));
    }
    let is_genuine = match examination.kind {
        Kind::Cms => match &made.content {
            Some(content) => content == CONTENT || *content == scene.header,
            None => Node::read(file).is_some_and(|(tree, _)| {
                let octets = tree.octets();
                let has =
                    |content: &[u8]| octets.windows(content.len()).any(|found| found == content);
                has(CONTENT) || has(&scene.header)
            }),
        },
        Kind::Document => v1::SignedDocument::decode(file.as_slice()).is_ok_and(|document| {
            let contents = document.attachments.iter().map(|one| &one.content[..]);
            let mut contents = contents.filter(|content| *content != papers::ATTACHED);
            document.header == scene.header && contents.next().is_none()
        }),
        Kind::Pdf => scene.letters[..2].iter().any(|letter| {
            digits_of(letter).is_some_and(|(from, to)| {
                letter.len() == file.len()
                    && letter[..from] == file[..from]
                    && letter[to..] == file[to..]
            })
        }),
    };
    assert!(
        is_genuine,
        "a {:?} passed that nobody made: {}",
        examination.kind,
        hex(file)
    );
}
